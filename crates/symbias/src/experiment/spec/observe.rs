//! What is looked at.

use super::FileSpec;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What to look at.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Observe {
    /// Statements of the model language besides those of the model; each name defined here is an observable. `W_start`
    /// is the initial value of a parameter `W`.
    #[serde(default)]
    pub program: String,
    /// Constants for them, as in a model file.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, serde_json::Value>")]
    pub constants: toml::Table,
    /// Axes besides those of the model.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, serde_json::Value>")]
    pub axes: toml::Table,
    /// Functions of an array by name: of an observable, or of a tensor of the model that depends on parameters alone.
    #[serde(default)]
    pub measures: BTreeMap<String, MeasureSpec>,
    /// Losses by name.
    #[serde(default)]
    pub losses: BTreeMap<String, LossSpec>,
    /// KKT residuals of loss + λR by name: ‖∇ℓ + λs‖ over the larger of ‖∇ℓ‖ and ‖λs‖, s the nearest element of ∂R, for
    /// arrays that the model computes by statements of their own. 0 at a minimum.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub kkt: BTreeMap<String, KktSpec>,
    /// The effective weights that the symmetry leaves alone, as `weights`.
    #[serde(default, skip_serializing_if = "is_false")]
    pub weights: bool,
    /// The outputs at all data, as `outputs`.
    #[serde(default, skip_serializing_if = "is_false")]
    pub outputs: bool,
    /// ½ log pdet Γ, the logarithm of the orbit's volume, as `log_volume`: by its powers the laws of noise differ.
    #[serde(default, skip_serializing_if = "is_false")]
    pub volume: bool,
    /// All charges that the symmetries of the model have, and for those of a diagonal generator their exactly predicted
    /// drift.
    #[serde(default)]
    pub charges: bool,
}

fn is_false(b: &bool) -> bool {
    !b
}

/// A function of an array.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MeasureSpec {
    /// The array.
    pub of: String,
    /// Which function.
    pub kind: MeasureKind,
}

/// A problem whose residual is looked at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KktSpec {
    /// R, as the target of a design: `sum[i](abs(w[i])^0.5)`.
    pub target: String,
    /// λ; the decay of the arm if it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lambda: Option<f64>,
}

/// Which function of an array.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MeasureKind {
    /// All singular values.
    SingularValues,
    /// Their sum.
    Nuclear,
    /// Twice the sum of their logarithms.
    LogDet,
    /// Σ |x_{i+1} − x_i|.
    TotalVariation,
}

/// A loss to look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum LossSpec {
    /// On all data.
    Data {},
    /// On so many fresh samples that stay, drawn by the laws of the inputs, with the teacher's answers free of noise.
    Fresh(usize),
    /// On samples of files that are not trained on, by input.
    Held(BTreeMap<String, FileSpec>),
}
