//! What every law is computed from: the algebra, the effective weights, and the balanced point of
//! an orbit with its volumes.

use symbias_geometry::factor::{Factor, Split};
use symbias_geometry::field::AffineField;
use symbias_geometry::gauge::{Fixed, StopReason, balance_factors};
use symbias_geometry::metric::{
    Outputs, Polynomial, PredictorMap, Volume, determines, expansion, reduced, volume, weights,
};
use symbias_geometry::orbit::{Horizontal, OrbitFrame};
use symbias_geometry::probe::Probes;
use symbias_geometry::structure::{Branches, orthonormal};
use symbias_model::error::Result;
use symbias_model::expression::Model;

/// What the effective weights are.
#[derive(Clone, Debug, PartialEq)]
pub enum Origin {
    /// Read off the structure of the action; in words.
    Structure(String),
    /// The outputs of a model that has no inputs, or at so many given inputs.
    Outputs(u64),
    /// The coefficients of the outputs as functions of the inputs, so many independent ones.
    Coefficients(usize),
    /// Unknown: the outputs at random inputs test what they can, and laws refer to the Riemannian
    /// volume of the quotient.
    Unknown,
}

enum Map<'a> {
    Polynomial(Polynomial),
    Outputs(Outputs<'a>),
}

/// Random inputs at which the outputs stand for unknown effective weights in tests.
const TESTED: u64 = 2;
/// Outputs that serve as effective weights, at most: their metric costs a second derivative each.
pub(crate) const LARGEST: usize = 400;

/// A model with its algebra and its effective weights.
pub struct Ground<'a> {
    /// The model.
    pub model: &'a Model,
    /// Its factors.
    pub factors: &'a [Factor],
    /// Generators, orthonormal, by symmetry.
    pub split: Split,
    /// All generators.
    pub fields: Vec<AffineField>,
    /// What w is.
    pub origin: Origin,
    /// Rank of J at generic points.
    pub rank: usize,
    /// Where rows of J come from.
    pub probes: &'a Probes<'a>,
    /// Whether the probes are given data.
    pub given: bool,
    /// Components of the fibre of w, where they are known.
    pub branches: Option<Branches>,
    /// Whether F differs between them: then w is the effective weights on each, and says not which.
    pub distinct: bool,
    map: Map<'a>,
}

/// The balanced point of an orbit, and the volumes there.
#[derive(Clone, Debug)]
pub struct Base {
    /// The point and the group element that leads to it.
    pub fixed: Fixed,
    /// ½ log pdet K with its gradient, where the effective weights are known.
    pub metric: Option<Volume>,
    /// Dimension of the orbit.
    pub orbit: usize,
    /// ½ log pdet Γ of all generators, of 𝔭 and of 𝔨.
    pub log_volume: [f64; 3],
    /// Their gradients.
    pub gradients: [Vec<f64>; 3],
    /// The orbit there.
    pub frame: OrbitFrame<'static>,
    /// P_H there.
    pub horizontal: Horizontal,
}

/// Independent coefficients of the outputs as functions of free inputs, where these are polynomials in θ.
fn coefficients(probes: &Probes<'_>, given: bool) -> Option<Polynomial> {
    if given || !probes.reads_inputs() {
        return None;
    }
    let map = reduced(&expansion(probes, false).ok().flatten()?);
    (1..=LARGEST).contains(&map.entries.len()).then_some(map)
}

/// Points and samples at which components of a fibre are compared, and the share of F from which two values differ.
const COMPARED: u64 = 4;
const DIFFERS: f64 = 1e-6;
/// The points are those of no other search.
const FIRST_POINT: u64 = 1 << 46;

/// Whether F differs between components of a fibre.
fn differs(branches: &Branches, probes: &Probes<'_>) -> bool {
    let at = |flip: &Vec<usize>, number: u64| {
        let theta = probes.point(FIRST_POINT + number);
        let mut other = theta.clone();
        flip.iter().for_each(|p| other[*p] = -other[*p]);
        let value = |theta: &[f64]| probes.value(theta, number).unwrap_or_default();
        let (here, there) = (value(&theta), value(&other));
        let size = here
            .iter()
            .chain(&there)
            .fold(0.0, |s: f64, y| s.max(y.abs()));
        let apart = here.iter().zip(&there).map(|(a, b)| (a - b).abs());
        apart.fold(0.0, f64::max) > DIFFERS * size
    };
    let mut flips = branches.flips.iter();
    flips.any(|flip| (0..COMPARED).any(|number| at(flip, number)))
}

impl<'a> Ground<'a> {
    /// The ground of a model whose symmetry is what its factors say; `given` if its probes are data,
    /// `rank` that of J at generic points.
    #[must_use]
    pub fn new(
        model: &'a Model,
        factors: &'a [Factor],
        probes: &'a Probes<'a>,
        given: bool,
        rank: usize,
    ) -> Ground<'a> {
        let split = orthonormal(model, factors);
        let own = coefficients(probes, given);
        // Weights in which the outputs are not linear, or that are more than they are independent, are a spelling.
        let apt = |map: &Polynomial| {
            own.as_ref().is_none_or(|own| {
                determines(map, own) && reduced(map).entries.len() == map.entries.len()
            })
        };
        match weights(model, factors).filter(|w| apt(&w.map)) {
            Some(found) => Ground {
                distinct: found.branches.as_ref().is_some_and(|b| differs(b, probes)),
                branches: found.branches,
                fields: split.all(),
                origin: Origin::Structure(found.text),
                map: Map::Polynomial(found.map),
                rank,
                probes,
                given,
                model,
                factors,
                split,
            },
            None => Ground::with_algebra(model, factors, split, probes, given, rank),
        }
    }

    /// The ground of a model with this algebra, which need not be that of its factors.
    #[must_use]
    pub fn with_algebra(
        model: &'a Model,
        factors: &'a [Factor],
        split: Split,
        probes: &'a Probes<'a>,
        given: bool,
        rank: usize,
    ) -> Ground<'a> {
        let outputs = model
            .outputs
            .iter()
            .map(|o| model.entries(*o) as usize)
            .sum::<usize>();
        let count = match probes.reads_inputs() {
            false => Some(1),
            true => probes.count().filter(|_| given),
        };
        let count = count.filter(|n| outputs * (*n as usize) <= LARGEST);
        // Where the outputs are polynomials in θ the function has coordinates of its own.
        let own = coefficients(probes, given);
        let (origin, map) = match (own, count) {
            (Some(map), _) => (
                Origin::Coefficients(map.entries.len()),
                Map::Polynomial(map),
            ),
            (None, Some(n)) => (Origin::Outputs(n), Map::Outputs(Outputs::new(probes, n))),
            (None, None) => (Origin::Unknown, Map::Outputs(Outputs::new(probes, TESTED))),
        };
        Ground {
            branches: None,
            distinct: false,
            fields: split.all(),
            origin,
            map,
            rank,
            probes,
            given,
            model,
            factors,
            split,
        }
    }

    /// w as a map of θ; where it is unknown the outputs at a few inputs, functions of w.
    #[must_use]
    pub fn map(&self) -> &dyn PredictorMap {
        match &self.map {
            Map::Polynomial(map) => map,
            Map::Outputs(map) => map,
        }
    }

    /// Whether 𝔤 is closed under transposition and moves every point linearly or by translations
    /// that are its own: the groups for which balanced points exist (theory §3.1).
    #[must_use]
    pub fn is_reductive(&self) -> bool {
        self.split.neither.is_empty()
    }

    /// Whether every symmetry is an isometry: rotations and translations.
    #[must_use]
    pub fn is_isometric(&self) -> bool {
        self.is_reductive() && self.split.symmetric.iter().all(|f| f.linear.is_empty())
    }

    /// The balanced point of the orbit of θ.
    ///
    /// # Errors
    /// Floating linear algebra that does not converge.
    pub fn balanced(&self, theta: &[f64]) -> Result<Fixed> {
        balance_factors(self.model, self.factors, &self.split.symmetric, theta)
    }

    /// The balanced point of the orbit of θ with the volumes there; `None` where there is none.
    ///
    /// # Errors
    /// Undefined outputs; floating linear algebra that does not converge.
    pub fn base(&self, theta: &[f64]) -> Result<Option<Base>> {
        let fixed = self.balanced(theta)?;
        if fixed.stop != StopReason::Balanced {
            return Ok(None);
        }
        let at = &fixed.theta;
        let metric = match self.origin {
            Origin::Unknown => None,
            _ => Some(volume(self.map(), at)?),
        };
        let frames = [
            OrbitFrame::new(&self.fields, at)?,
            OrbitFrame::new(&self.split.symmetric, at)?,
            OrbitFrame::new(&self.split.antisymmetric, at)?,
        ];
        let log_volume = frames.each_ref().map(OrbitFrame::log_volume);
        let gradients = frames.each_ref().map(OrbitFrame::log_volume_gradient);
        let [frame, ..] = frames;
        Ok(Some(Base {
            metric,
            orbit: frame.dimension(),
            log_volume,
            gradients,
            horizontal: frame.projection(),
            frame: frame.into_owned(),
            fixed,
        }))
    }
}

impl Base {
    /// The gradient at θ of a function that the group leaves alone, from the gradient at the balanced
    /// point of any function that agrees with it on the slice: its horizontal part, carried back by
    /// gᵀ (R(gθ) = R(θ), and horizontal directions are tangent to the slice).
    #[must_use]
    pub fn pulled_back(&self, gradient: &[f64]) -> Vec<f64> {
        let horizontal = self.horizontal.of(gradient);
        self.fixed.element.transposed(&horizontal)
    }
}
