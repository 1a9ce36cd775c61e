//! What flow predicts for a trained vector, and twins that must fit worse: the same path and the
//! same selection with other charges, without charges, and by norms (theory §4.1, §8).

use super::Stop;
use super::mirror::Mirror;
use super::regression::{Regression, norm};
use super::selected::Selected;
use super::sparse::sparsest;
use symbias_model::error::Result;

/// The weights that a prediction is about.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum When {
    /// After this time: learning rate times steps.
    Time(f64),
    /// For time → ∞.
    Limit,
}

/// By which geometry.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Claim {
    /// The leaf of the start: the prediction.
    Leaf,
    /// Twin: charges multiplied by this, the same w₀.
    ChargesTimes(f64),
    /// Twin: K = I; in the limit the fit with the least ‖w − w₀‖₂.
    Euclidean,
    /// Twin, in the limit only: the fit with the least ‖w‖₁.
    Sparse,
}

impl Claim {
    /// A short name, ASCII.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Claim::Leaf => "leaf".into(),
            Claim::ChargesTimes(f) => format!("charges x {f}"),
            Claim::Euclidean => "l2".into(),
            Claim::Sparse => "l1".into(),
        }
    }
}

/// Weights that a geometry predicts.
#[derive(Clone, Debug, PartialEq)]
pub struct Prediction {
    /// By which geometry.
    pub claim: Claim,
    /// When.
    pub when: When,
    /// ŵ, n numbers; empty if they were not reached.
    pub weights: Vec<f64>,
    /// Relative residual of the fit; in the limit how well the equations are solved.
    pub residual: f64,
    /// How the computation ended.
    pub stop: Stop,
}

impl Prediction {
    /// ‖w − ŵ‖/‖ŵ‖ of a measured w; infinite if nothing is predicted.
    #[must_use]
    pub fn distance(&self, w: &[f64]) -> f64 {
        if self.weights.len() != w.len() || w.is_empty() {
            return f64::INFINITY;
        }
        let difference: Vec<f64> = w.iter().zip(&self.weights).map(|(a, b)| a - b).collect();
        norm(&difference) / norm(&self.weights)
    }
}

/// Factors on the charges of the twins.
pub const OTHER_CHARGES: [f64; 2] = [10.0, 0.1];
/// Relative error of a step of the paths.
const TOLERANCE: f64 = 1e-10;

/// What flow from w₀ predicts at each of the times, which rise, and in the limit: by the leaf, and by its
/// twins. Other charges are left out where there are none.
///
/// # Errors
/// Times that do not rise; a readout of another number of weights; floating linear algebra.
pub fn predictions(mirror: &Mirror, loss: &Regression, times: &[f64]) -> Result<Vec<Prediction>> {
    let mut geometries = vec![(Claim::Leaf, mirror.clone())];
    for factor in OTHER_CHARGES.iter().filter(|_| mirror.is_charged()) {
        let other = mirror.with_charges_times(*factor)?;
        geometries.push((Claim::ChargesTimes(*factor), other));
    }
    geometries.push((Claim::Euclidean, mirror.euclidean()));
    let mut all = Vec::new();
    for (claim, geometry) in &geometries {
        let path = geometry.flow_of(loss, times, TOLERANCE)?;
        for (k, time) in times.iter().enumerate() {
            let weights = path.weights.get(k).cloned().unwrap_or_default();
            let reached = !weights.is_empty() || geometry.is_empty();
            let residual = match reached {
                true => norm(&loss.excess(&weights)?) / loss.scale(&weights)?,
                false => f64::INFINITY,
            };
            all.push(Prediction {
                claim: *claim,
                when: When::Time(*time),
                weights,
                residual,
                stop: if reached { Stop::Reached } else { path.stop },
            });
        }
        all.push(limit(*claim, geometry.selected(loss)?));
    }
    all.push(limit(Claim::Sparse, sparsest(loss)?));
    Ok(all)
}

fn limit(claim: Claim, found: Selected) -> Prediction {
    Prediction {
        claim,
        when: When::Limit,
        weights: found.weights,
        residual: found.residual,
        stop: found.stop,
    }
}
