//! C = 2T·I (theory §5.1): p(w) ∝ e^{−ℓ/T} vol(O_w) pdet K^{−1/2}. Exact for compact orbits; orbits of
//! infinite volume need weight decay (λ/2)‖θ‖², which makes it finite: for rank-one weights
//! z = a ⊗ b, a ∈ ℝ^m, b ∈ ℝ^n, p ∝ ‖z‖^{1−(m+n)/2} K_{|m−n|/2}(λ‖z‖/T).

use super::closed::{self, Law};
use super::singular::Leaf;
use super::{common, fill, integrable, measure};
use crate::ground::{Base, Ground};
use crate::potential::{Driver, Hypothesis, Noise, Potential, Status, joined};
use symbias_geometry::component::{components, parts};
use symbias_model::error::{Error, ErrorKind, Result};

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
    let mut hypotheses = common(ground, base, theta.len());
    if ground.is_isometric() {
        let text = if ground.split.symmetric.is_empty() {
            "orbits have finite volume (compact group)"
        } else {
            "orbits have finite volume up to translations, which have the same everywhere"
        };
        let mut text = text.to_owned();
        if temper.decay > 0.0 {
            text += "; the law is that without the weight decay given, which adds (lambda/2T)||theta||^2 to R";
        }
        hypotheses.push(Hypothesis::new("compact-orbits", text, Status::Verified));
        hypotheses.extend(integrable(
            (ground.model, ground.factors),
            &Leaf::of(ground),
            Law::Isotropic,
        ));
        let mut found = Potential::resting_on(DRIVER, measure(ground), hypotheses);
        if let Some(base) = base.filter(|_| found.exists) {
            fill(&mut found, ground, base, Law::Isotropic, theta)?;
        }
        return Ok(found);
    }
    if temper.decay <= 0.0 {
        hypotheses.push(Hypothesis::new(
            "compact-orbits",
            "orbits have finite volume (they have not: no law without weight decay; give --decay and --temperature)",
            Status::Fails,
        ));
        return Ok(Potential::resting_on(DRIVER, measure(ground), hypotheses));
    }
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
    let mut found = Potential::resting_on(DRIVER, measure(ground), hypotheses);
    let mut terms = Vec::new();
    for component in components(ground.factors, |_| true) {
        let Some(parts) = parts(ground.model, &component) else {
            return Ok(found);
        };
        for part in &parts {
            match closed::decayed(ground.model, part, Some(theta), temper) {
                Some(term) => terms.push(term),
                None => return Ok(found),
            }
        }
    }
    // What no symmetry moves keeps its Gaussian weight.
    terms.extend(closed::unmoved(
        ground.model,
        ground.factors,
        Some(theta),
        temper,
    ));
    let (text, latex, value) = joined(&terms);
    (found.formula, found.latex) = (Some(text), Some(latex));
    (found.value, found.by_formula) = (value, value);
    Ok(found)
}

const DRIVER: Driver = Driver::Noise(Noise::Isotropic);
