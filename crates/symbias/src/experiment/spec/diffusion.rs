//! Diffusions as written: dθ = −∇L dt + σ dW in place of the steps of training.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use symbias_geometry::noise::Noise;

/// A diffusion of the parameters. `steps` of the arm are steps of it, `decay` is in its drift, and the loss is that of all
/// data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DiffusionSpec {
    /// The noise σ dW.
    pub noise: Noise,
    /// Time of a step.
    pub step: f64,
    /// The integrator.
    #[serde(default)]
    pub scheme: SchemeSpec,
    /// What moves: the parameters, or the effective weights by the process that theory says they have.
    #[serde(default, skip_serializing_if = "SpaceSpec::is_parameters")]
    pub space: SpaceSpec,
    /// Keeps the parameters on the slice of vanishing charges, or near it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slice: Option<SliceSpec>,
    /// A number of the model's statements, as `w` or `w[3]`, whose changes of sign are counted at every step: replicas that
    /// crossed are lost to laws. Isotropic noise crosses lawfully, and is not watched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub watch: Option<String>,
}

/// What moves in a diffusion (theory §4, §5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SpaceSpec {
    /// θ.
    #[default]
    Parameters,
    /// w on the balanced leaf, observed as `weights`: isotropic noise of compact orbits, horizontal or predictor noise.
    Weights,
    /// (w, u² − v²) of one pair w = uv under horizontal noise, observed as `weights` and `charge`.
    WeightAndCharge,
}

impl SpaceSpec {
    fn is_parameters(&self) -> bool {
        *self == SpaceSpec::Parameters
    }
}

/// An integrator, with the order that it promises.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SchemeSpec {
    /// Euler–Maruyama, for every noise: weak order 1.
    #[default]
    Euler,
    /// The same with a drift that moves less than 1 in a step, b/√(1 + h²|b|²): where losses or the Fixman term are so steep that
    /// single steps run away.
    Tamed,
    /// Heun's method in the sense of Stratonovich, its drift corrected to that of Itô.
    Heun,
    /// Weak order 2 for additive noise.
    Weak2,
    /// Milstein's scheme for commutative noise: strong order 1.
    Milstein,
}

/// How the slice of vanishing charges is kept (theory §5.2).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum SliceSpec {
    /// Exactly, by a force along its normals; with the Fixman term or without. Horizontal noise, which does not leave an
    /// invariant leaf, is kept there in spite of steps and roundings.
    Held {
        /// Whether T·½ log det Γ is added to the loss: with it the law is the isotropic one conditioned on the charges,
        /// without it the surface measure's.
        fixman: bool,
    },
    /// By the stiff penalty (κ/2)‖μ‖² of this κ.
    Penalty(f64),
}
