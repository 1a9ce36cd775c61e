//! From a law as written to one that samples can be held against.

use super::lever::Lever;
use super::picture::histogram;
use super::{crossed, sampled, values};
use crate::experiment::plan::Planned;
use crate::experiment::quantile::ordered;
use crate::experiment::record::Measured;
use crate::experiment::spec::{EquationSpec, PredictedSpec};
use crate::experiment::verdict::expression::Expression;
use symbias_bias::law::Density;
use symbias_bias::quotient::fokker_planck::{PANELS, ZeroFlux, zero_flux};
use symbias_geometry::sde::{Ito, NoiseKind, Sde};
use symbias_model::error::{Error, ErrorKind, Result};
use symbias_simulate::stats::verdict::Sample;

/// A law of one observable.
#[derive(Clone, Debug)]
pub enum Predicted {
    /// By its density.
    Density(Density),
    /// By the equation whose law it is.
    Flux(ZeroFlux),
    /// By samples of it.
    Samples(Reference),
}

/// Samples of a law.
#[derive(Clone, Debug)]
pub struct Reference {
    /// In order.
    pub numbers: Vec<f64>,
    /// Independent ones that they are worth.
    pub effective: f64,
    /// Replicas of the arm whose law it is that are not among them, or crossed.
    pub lost: usize,
}

impl Reference {
    /// As a test takes it.
    #[must_use]
    pub fn sample(&self) -> Sample<'_> {
        Sample {
            values: &self.numbers,
            effective: self.effective,
            lost: self.lost,
        }
    }
}

impl Predicted {
    /// P(X ≤ x); `None` for samples.
    #[must_use]
    pub fn cdf(&self) -> Option<Box<dyn Fn(f64) -> f64 + '_>> {
        match self {
            Predicted::Density(density) => Some(Box::new(|x| density.cdf(x))),
            Predicted::Flux(flux) => Some(Box::new(|x| flux.cumulative(x))),
            Predicted::Samples(_) => None,
        }
    }

    /// Where it lives, if that is known.
    #[must_use]
    pub fn support(&self) -> Option<(f64, f64)> {
        match self {
            Predicted::Density(density) => Some(density.support()),
            Predicted::Flux(_) | Predicted::Samples(_) => None,
        }
    }

    /// Its density at points; of samples their histogram between edges.
    #[must_use]
    pub fn curve(&self, x: &[f64], edges: &[f64]) -> Vec<f64> {
        match self {
            Predicted::Density(density) => x.iter().map(|x| density.density(*x)).collect(),
            Predicted::Flux(flux) => {
                let span = edges.last().zip(edges.first()).map_or(1.0, |e| e.0 - e.1);
                let width = span / x.len().max(1) as f64;
                let mass =
                    |x: &f64| flux.cumulative(x + width / 2.0) - flux.cumulative(x - width / 2.0);
                x.iter().map(|x| mass(x) / width).collect()
            }
            Predicted::Samples(reference) => {
                let heights = histogram(&reference.numbers, edges);
                let bin = |x: &f64| edges.partition_point(|e| e <= x).saturating_sub(1);
                x.iter()
                    .map(|x| heights.get(bin(x)).copied().unwrap_or(0.0))
                    .collect()
            }
        }
    }
}

fn wrong(text: &str, remedy: &str) -> Error {
    Error::new(ErrorKind::Value, text).remedy(remedy)
}

/// Exactly one way to say a law, and for one density one observable.
fn said_once(spec: &PredictedSpec, observables: &[&str]) -> Result<()> {
    let said = [
        spec.noise.is_some(),
        spec.log_density.is_some(),
        spec.equation.is_some(),
        spec.arm.is_some(),
    ];
    if said.iter().filter(|s| **s).count() != 1 {
        return Err(wrong(
            "a law is said in none or in several ways",
            "give exactly one of noise, log_density, equation and arm",
        ));
    }
    let several = observables.len() > 1;
    if several && (spec.log_density.is_some() || spec.equation.is_some()) {
        return Err(wrong(
            "one density cannot be that of several observables",
            "ask for one observable, or for the law of a noise or an arm",
        ));
    }
    Ok(())
}

/// Whether the law exists, as far as no run is needed to see it.
///
/// # Errors
/// As `predict`.
pub fn exists(spec: &PredictedSpec, observables: &[&str], arm: &Planned) -> Result<()> {
    said_once(spec, observables)?;
    match spec.noise {
        Some(noise) => sampled::exists(noise, spec, observables, arm),
        None if spec.arm.is_some() => Ok(()),
        None => predict(spec, observables, arm, &[]).map(drop),
    }
}

/// The law of each observable; none if it is that of an arm that did not run.
///
/// # Errors
/// None or several of the ways to say a law; a law that does not exist or is not normalisable.
pub fn predict(
    spec: &PredictedSpec,
    observables: &[&str],
    arm: &Planned,
    measured: &[Measured],
) -> Result<Vec<Predicted>> {
    Ok(with_levers(spec, observables, arm, measured, false)?.0)
}

/// The same, and if they are `wanted` the parameters of the law of a noise.
pub(super) fn with_levers(
    spec: &PredictedSpec,
    observables: &[&str],
    arm: &Planned,
    measured: &[Measured],
    wanted: bool,
) -> Result<(Vec<Predicted>, Vec<Lever>)> {
    match spec.noise {
        Some(noise) => {
            said_once(spec, observables)?;
            sampled::of_noise(noise, spec, observables, arm, wanted)
        }
        None => Ok((said(spec, observables, measured)?, Vec::new())),
    }
}

/// The law of an arm, or as it is written.
fn said(
    spec: &PredictedSpec,
    observables: &[&str],
    measured: &[Measured],
) -> Result<Vec<Predicted>> {
    said_once(spec, observables)?;
    if let Some(text) = &spec.log_density {
        let expression = Expression::new(text, &spec.constants)?;
        let support = spec
            .interval()
            .unwrap_or((f64::NEG_INFINITY, f64::INFINITY));
        // Powers of |x| are singular at 0, wherever else the law is smooth.
        let inside = support.0 < 0.0 && support.1 > 0.0;
        let points: &[f64] = if inside { &[0.0] } else { &[] };
        let density = Density::new(move |x| expression.at(x), support, points)
            .map_err(|e| e.context(&format!("p(x) = exp({text})")))?;
        return Ok(vec![Predicted::Density(density)]);
    }
    if let Some(equation) = &spec.equation {
        return Ok(vec![Predicted::Flux(flux(equation, spec)?)]);
    }
    if let Some(name) = &spec.arm {
        let Some(other) = measured.iter().find(|m| m.arm == *name) else {
            return Ok(Vec::new());
        };
        return observables
            .iter()
            .map(|of| {
                let found = values(other, of)?;
                Ok(Predicted::Samples(Reference {
                    effective: found.numbers.len() as f64,
                    numbers: ordered(found.numbers),
                    lost: found.lost + crossed(other),
                }))
            })
            .collect();
    }
    Ok(Vec::new())
}

/// An Itô equation by expressions.
struct Written {
    drift: Expression,
    diffusion: Expression,
}

impl Sde for Written {
    type Sense = Ito;

    fn dimension(&self) -> usize {
        1
    }

    fn noises(&self) -> usize {
        1
    }

    fn kind(&self) -> NoiseKind {
        NoiseKind::Commutative
    }

    fn drift(&self, x: &[f64], into: &mut [f64]) {
        into[0] = self.drift.at(x[0]);
    }

    fn diffusion(&self, x: &[f64], into: &mut [f64]) {
        into[0] = self.diffusion.at(x[0]).sqrt();
    }

    fn diffusion_along(&self, x: &[f64], v: &[f64], into: &mut [f64]) {
        // Only its stationary law is asked for; no scheme integrates it.
        let h = 1e-6 * x[0].abs().max(1.0);
        let root = |x: f64| self.diffusion.at(x).sqrt();
        into[0] = v[0] * (root(x[0] + h) - root(x[0] - h)) / (2.0 * h);
    }
}

fn flux(equation: &EquationSpec, spec: &PredictedSpec) -> Result<ZeroFlux> {
    let Some((low, high)) = spec
        .interval()
        .filter(|s| s.0.is_finite() && s.1.is_finite())
    else {
        return Err(wrong(
            "the law of an equation is computed between two numbers",
            "give support = [LOW, HIGH], with all of the mass between them",
        ));
    };
    let written = Written {
        drift: Expression::new(&equation.drift, &spec.constants)?,
        diffusion: Expression::new(&equation.diffusion, &spec.constants)?,
    };
    zero_flux(&written, [low, high], PANELS)
}
