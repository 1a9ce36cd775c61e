//! Isotropic noise conditioned on a gauge slice χ = 0 (\[A26\] Theorem 1, theory §5.2): with respect to
//! the slice's surface measure the density is ∝ e^{−L/T} det(∇χ∇χᵀ)^{−1/2}. For χ = μ the normals are
//! the generators of 𝔭, so that ℓ_eff = ℓ + (T/2) log det Γ_𝔭; other functions that vanish on the same
//! slice have other normals and give other laws (Borel–Kolmogorov).

use super::closed::Volumes;
use super::singular::{Leaf, ends_before};
use super::{by_rules, common, fill, integrable, measure};
use crate::driver::{About, Case, Driver, Kind, Selects};
use crate::ground::{Base, Ground};
use crate::potential::{Hypothesis, Law, Potential, Status};
use symbias_geometry::factor::Factor;
use symbias_geometry::field::AffineField;
use symbias_model::error::Result;
use symbias_model::expression::Model;

/// The function χ whose zero set is the slice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Chart {
    /// χ = μ, the charges.
    #[default]
    Charges,
    /// χ = log ratios of norms: ∇χ_a = ξ_a over half its squared length, for scalings one by one.
    LogRatios,
    /// The surface measure itself, no density.
    Surface,
}

impl Chart {
    /// As it is written on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Chart::Charges => "charges",
            Chart::LogRatios => "log-ratios",
            Chart::Surface => "surface",
        }
    }
}

/// The law of the gauge slice as a driver.
pub(crate) struct Slice;

impl Selects for Slice {
    fn about(&self) -> &'static About {
        &About {
            driver: Driver::Slice,
            name: "slice",
            topic: "noise-slice",
            subject: "The law on the gauge slice",
            symbol: "R_{\\text{slice}}",
            sources: &["A26", "C08"],
            kind: Kind::Density,
        }
    }

    fn by_rules(&self, model: &Model, factors: &[Factor]) -> Potential {
        by_rules(model, factors, Law::Slice)
    }

    fn potential(&self, case: &Case<'_>) -> Result<Potential> {
        slice(case.ground, case.base, case.theta, case.chart)
    }
}

/// The law on the slice, at the balanced point of the orbit of θ.
///
/// # Errors
/// Floating linear algebra that does not converge.
pub fn slice(
    ground: &Ground<'_>,
    base: Option<&Base>,
    theta: &[f64],
    chart: Chart,
) -> Result<Potential> {
    let mut hypotheses = common(ground, base, theta.len());
    hypotheses.extend(balanced(ground, base));
    let chosen = match chart {
        Chart::Charges => {
            "the slice is given by the charges; another function with the same zeros gives another law"
        }
        Chart::LogRatios => {
            "the slice is given by log ratios of norms; the charges give another law"
        }
        Chart::Surface => "the slice carries its surface measure; the charges give another law",
    };
    hypotheses.push(Hypothesis::new("slice-choice", chosen, Status::Assumed));
    let law = match chart {
        Chart::Charges => Volumes::Slice,
        // Only K and the 𝔨-orbits are left.
        Chart::Surface => Volumes::Surface,
        Chart::LogRatios => {
            let one_by_one = ground.split.antisymmetric.is_empty()
                && base.is_some_and(|b| is_diagonal(&ground.split.symmetric, b.fixed.theta.len()));
            hypotheses.push(Hypothesis::tested(
                "slice-choice",
                "every charge is a difference of two squared norms with no other charge in common, so that its log ratio is defined",
                one_by_one,
            ));
            Volumes::LogRatios
        }
    };
    let leaf = match law {
        Volumes::Slice => Leaf::with_strata(ground, theta.len())?,
        _ => Leaf::of(ground),
    };
    let mut integrable = integrable((ground.model, ground.factors), &leaf, law);
    if let Some(at_zero) = integrable
        .iter_mut()
        .find(|h| h.topic == "normalisable-at-zero" && h.status == Status::Fails)
        && ends_before(ground, base.map_or(theta, |b| &b.fixed.theta), &leaf)?
    {
        // Away from there the density is smooth in w: what is left is at infinity.
        *at_zero = Hypothesis::new(
            "normalisable-at-zero",
            "the density is integrable where effective weights vanish (the function is not defined there, and the law ends before)",
            Status::Verified,
        );
    }
    hypotheses.extend(integrable);
    let mut found = Potential::resting_on(Driver::Slice, measure(ground), hypotheses);
    // Where it is only not normalisable the function is still what [A26] adds to the loss.
    let defined = found
        .hypotheses
        .iter()
        .all(|h| h.status != Status::Fails || h.topic == "normalisable-at-zero");
    if let Some(base) = base.filter(|_| defined) {
        fill(&mut found, ground, base, law, theta)?;
    }
    Ok(found)
}

/// That there is a balanced point.
pub(super) fn balanced(ground: &Ground<'_>, base: Option<&Base>) -> [Hypothesis; 2] {
    [
        Hypothesis::tested(
            "reductive",
            "the algebra is closed under transposition",
            ground.is_reductive(),
        ),
        Hypothesis::tested(
            "minimum-attained",
            "the orbit has a balanced point, where all charges vanish",
            base.is_some(),
        ),
    ]
}

/// Whether Γ_𝔭 is diagonal in d dimensions and every generator has two blocks of opposite exponents 1.
pub(crate) fn is_diagonal(symmetric: &[AffineField], d: usize) -> bool {
    let plain = symmetric.iter().all(|f| {
        f.constant.is_empty() && f.linear.iter().all(|(i, j, x)| i == j && x.abs() == 1.0)
    });
    let mut owner = vec![false; d];
    plain
        && symmetric
            .iter()
            .flat_map(|f| &f.linear)
            .all(|(i, _, _)| !std::mem::replace(&mut owner[*i], true))
}
