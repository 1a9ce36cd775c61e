//! C = 2T·I (theory §5.1): p(w) ∝ e^{−ℓ/T} vol(O_w) pdet K^{−1/2}. Exact for compact orbits; orbits of
//! infinite volume need weight decay (λ/2)‖θ‖², which makes it finite: for rank-one weights
//! z = a ⊗ b, a ∈ ℝ^m, b ∈ ℝ^n, p ∝ ‖z‖^{1−(m+n)/2} K_{|m−n|/2}(λ‖z‖/T).

use super::closed::{self, Volumes};
use super::gaussian::push_forward;
use super::singular::Leaf;
use super::{by_rules, common, fill, integrable, measure};
use crate::driver::{About, Case, Driver, Kind, Selects};
use crate::ground::{Base, Ground};
use crate::potential::{Hypothesis, Law, Potential, Status};
use symbias_geometry::factor::Factor;
use symbias_geometry::formula::{Formula, Projected};
use symbias_geometry::metric::{determines, expansion, reduced, weights};
use symbias_geometry::symmetry::Evidence;
use symbias_model::error::{Error, ErrorKind, Result};
use symbias_model::expression::Model;

/// The law of isotropic noise as a driver.
pub(crate) struct Isotropic;

impl Selects for Isotropic {
    fn about(&self) -> &'static About {
        &About {
            driver: Driver::Isotropic,
            name: "isotropic",
            topic: "noise-isotropic",
            subject: "The law of isotropic noise",
            symbol: "R_{\\text{isotropic}}",
            sources: &["A26"],
            kind: Kind::Density,
        }
    }

    fn by_rules(&self, model: &Model, factors: &[Factor]) -> Potential {
        by_rules(model, factors, Law::Isotropic)
    }

    fn potential(&self, case: &Case<'_>) -> Result<Potential> {
        isotropic(case.ground, case.base, case.theta, case.temper)
    }
}

/// Temperature and weight decay of an isotropic law.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Temper {
    /// T > 0.
    pub temperature: f64,
    /// λ ≥ 0.
    pub decay: f64,
}

impl Default for Temper {
    fn default() -> Temper {
        Temper {
            temperature: 1.0,
            decay: 0.0,
        }
    }
}

impl Temper {
    /// T > 0 and λ ≥ 0.
    ///
    /// # Errors
    /// Numbers that are not finite or have the wrong sign.
    pub fn new(temperature: f64, decay: f64) -> Result<Temper> {
        let wrong = |what: &str, value: f64, rule: &str| {
            Error::new(
                ErrorKind::Value,
                format!("{what} is {value}, and must be {rule}"),
            )
        };
        if !(temperature.is_finite() && temperature > 0.0) {
            return Err(wrong("the temperature", temperature, "a positive number")
                .remedy("give --temperature in units of the loss"));
        }
        if !(decay.is_finite() && decay >= 0.0) {
            return Err(
                wrong("the weight decay", decay, "zero or a positive number")
                    .remedy("give --decay as the lambda of (lambda/2)||theta||^2"),
            );
        }
        Ok(Temper { temperature, decay })
    }
}

/// The law of isotropic noise, at θ.
///
/// # Errors
/// Floating linear algebra that does not converge.
pub fn isotropic(
    ground: &Ground<'_>,
    base: Option<&Base>,
    theta: &[f64],
    temper: Temper,
) -> Result<Potential> {
    let isometric = ground.is_isometric();
    let mut hypotheses = common(ground, base, theta.len());
    if temper.decay > 0.0 && (!isometric || ground.split.antisymmetric.is_empty()) {
        return decayed(ground, hypotheses, theta, temper);
    }
    if !isometric {
        hypotheses.push(Hypothesis::new(
            "compact-orbits",
            "orbits have finite volume (they have not: no law without weight decay; give --decay and --temperature)",
            Status::Fails,
        ));
        return Ok(Potential::resting_on(DRIVER, measure(ground), hypotheses));
    }
    let text = if ground.split.symmetric.is_empty() {
        "orbits have finite volume (compact group)"
    } else {
        "orbits have finite volume up to translations, which have the same everywhere"
    };
    hypotheses.push(Hypothesis::new("compact-orbits", text, Status::Verified));
    hypotheses.extend(integrable(
        (ground.model, ground.factors),
        &Leaf::of(ground),
        Volumes::Isotropic,
    ));
    let mut found = Potential::resting_on(DRIVER, measure(ground), hypotheses);
    if let Some(base) = base.filter(|_| found.exists) {
        fill(&mut found, ground, base, Volumes::Isotropic, theta)?;
        if temper.decay > 0.0 {
            weigh(&mut found, theta, temper);
        }
    }
    Ok(found)
}

/// The Gaussian weight of decay, the same along orbits of rotations.
fn weigh(found: &mut Potential, theta: &[f64], temper: Temper) {
    let ratio = temper.decay / temper.temperature;
    let more = ratio / 2.0 * theta.iter().map(|x| x * x).sum::<f64>();
    found.value = found.value.map(|v| v + more);
    found.by_formula = found.by_formula.map(|v| v + more);
    if let Some(gradient) = &mut found.gradient {
        gradient
            .iter_mut()
            .zip(theta)
            .for_each(|(g, x)| *g += ratio * x);
    }
    let norm = Formula::quantity(Projected {
        names: ["||theta||".into(), "\\lVert \\theta \\rVert".into()],
        ranges: std::iter::once(0..theta.len()).collect(),
        basis: None,
    });
    let weight = norm.power(2.0).times(ratio / 2.0);
    found.formula = found.formula.take().map(|f| Formula::joined([f, weight]));
}

/// e^{−ℓ/T} times the law of F(θ), θ ~ N(0, τI): all of the fibre, whatever it is.
fn decayed(
    ground: &Ground<'_>,
    mut hypotheses: Vec<Hypothesis>,
    theta: &[f64],
    temper: Temper,
) -> Result<Potential> {
    hypotheses.push(Hypothesis::new(
        "compact-orbits",
        format!(
            "weight decay {} at temperature {} bounds the orbits' volume",
            temper.decay, temper.temperature
        ),
        Status::Verified,
    ));
    hypotheses.push(Hypothesis::new(
        "normalisable-at-infinity",
        "the loss is bounded below",
        Status::Assumed,
    ));
    let map = expansion(ground.probes, ground.given)?;
    let own = weights(ground.model, ground.factors);
    let determined = match (&map, own) {
        (Some(map), Some(own)) => determines(map, &own.map),
        (map, _) => map.is_none(),
    };
    let mut known = None;
    if determined {
        known = closed::decayed(ground.model, ground.factors, temper);
    }
    if let Some(map) = &map {
        hypotheses.retain(|h| h.topic != "fibre-is-orbit");
        if known.is_none() {
            // Mixtures of weights of separate parameters come apart.
            known = push_forward(&reduced(map), theta, temper.temperature / temper.decay)?;
        }
    }
    let mut found = Potential::resting_on(DRIVER, measure(ground), hypotheses);
    found.evidence = map.is_some().then_some(Evidence::Proven);
    if let Some(formula) = known {
        found.take(formula, theta);
    }
    Ok(found)
}

const DRIVER: Driver = Driver::Isotropic;
