//! Formulas of the laws, added up over the structures, in functions that the group leaves alone.

use crate::decay::norm_of;
use crate::noise::isotropic::Temper;
use symbias_geometry::factor::Factor;
use symbias_geometry::formula::Formula;
use symbias_geometry::structure::{Shares, joined};
use symbias_model::expression::{Model, TensorId};

/// R = ½ log pdet K + p ½ log det Γ_𝔭 + k ½ log pdet Γ_𝔨.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Volumes {
    Isotropic,
    Slice,
    LogRatios,
    Surface,
    Horizontal,
}

impl Volumes {
    /// p and k.
    pub(super) fn shares(self) -> Shares {
        let (symmetric, compact) = match self {
            Volumes::Isotropic | Volumes::Surface => (0.0, -1.0),
            Volumes::Slice => (1.0, -1.0),
            Volumes::LogRatios => (-1.0, -1.0),
            Volumes::Horizontal => (0.0, 0.0),
        };
        Shares {
            symmetric,
            compact,
            ratios: self == Volumes::LogRatios,
        }
    }
}

/// R of a law; `None` where a structure has no formula, or nothing has weights.
pub(super) fn formula(model: &Model, factors: &[Factor], law: Volumes) -> Option<Formula> {
    joined(model, factors, |part| part.law(model, law.shares())).filter(|f| !f.is_nothing())
}

/// −log of the push-forward of the Gaussian of decay at a temperature, by the structures that rules find; `None`
/// where one has no formula.
pub(super) fn decayed(model: &Model, factors: &[Factor], temper: Temper) -> Option<Formula> {
    let ratio = temper.decay / temper.temperature;
    let moved = joined(model, factors, |part| part.tempered(model, ratio))?;
    // What no symmetry moves keeps its Gaussian weight.
    let rest: Vec<TensorId> = model
        .parameters()
        .filter(|t| factors.iter().all(|f| !f.moved().contains(t)))
        .collect();
    let rest = norm_of(model, &rest).map(|n| n.power(2.0).times(ratio / 2.0));
    Some(Formula::joined([moved].into_iter().chain(rest)))
}
