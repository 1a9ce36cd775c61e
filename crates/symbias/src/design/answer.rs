//! The machine-readable answer of `design` (docs/design.md), schema 1.

use super::part::{Parameter, Part};
use crate::answer::{Charges, Hypothesis, Symmetry, Warning, versioned};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use symbias_bias::Driver;
use symbias_model::error::Result;

/// What `symbias design --json` prints.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct DesignAnswer {
    /// Always 1.
    pub schema: u32,
    /// Under which driver.
    pub driver: Driver,
    /// What was asked for.
    pub target: TargetAnswer,
    /// What the parameterization has.
    pub achieved: Achieved,
    /// The name of the model.
    pub model: String,
    /// Its parameters, and what they stand for.
    pub parameters: Vec<Parameter>,
    /// As `analyze` says.
    pub symmetry: Symmetry,
    /// As `analyze` says.
    pub charges: Charges,
    /// How exactly the bias is the target.
    pub certificate: DesignCertificate,
    /// Where to start.
    pub start: Start,
    /// From weights to parameters.
    pub lift: Lift,
    /// Which minima training reaches.
    pub basin: Basin,
    /// What was used.
    pub hypotheses: Vec<Hypothesis>,
    /// What a reader should know before believing the rest.
    pub warnings: Vec<Warning>,
    /// Target, bias and least norm at the given components.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<At>,
}

impl DesignAnswer {
    /// An answer of `symbias design --json`.
    ///
    /// # Errors
    /// A text that is no JSON, or an answer of another version.
    pub fn read(text: &str) -> Result<DesignAnswer> {
        versioned(text, 1, "symbias design --json")
    }
}

/// The target.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct TargetAnswer {
    /// As it was written.
    pub formula: String,
}

/// The bias of the composite.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Achieved {
    /// Its closed form.
    pub formula: Option<String>,
    /// What a density is with respect to.
    pub base_measure: String,
}

/// The comparison with the target.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct DesignCertificate {
    /// How exactly.
    pub status: CertificateStatus,
    /// The largest |achieved − target − constant| relative to max(1, |target|).
    pub error: f64,
    /// Of |component| (norm, singular value).
    pub range: [f64; 2],
    /// How it was found.
    pub how: String,
    /// At how many points.
    pub points: usize,
}

/// How exactly the bias of a design is its target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CertificateStatus {
    /// By a closed form, to rounding.
    Exact,
    /// Within bounds that were computed.
    Bounded,
    /// By numbers, as exactly as they are.
    Measured,
    /// It is not.
    Fails,
}

impl CertificateStatus {
    /// As the answer writes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            CertificateStatus::Exact => "exact",
            CertificateStatus::Bounded => "bounded",
            CertificateStatus::Measured => "measured",
            CertificateStatus::Fails => "fails",
        }
    }
}

/// What a KKT residual shows of a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Shows {
    /// The minimum, the loss being convex.
    Proves,
    /// A necessary condition: the target is not convex.
    Necessary,
    /// Nothing at weights that are 0, where R has an infinite slope.
    Empty,
}

/// A start that works.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Start {
    /// The parameters.
    pub formulas: Vec<String>,
    /// Their charges.
    pub charges: String,
    /// The reason.
    pub why: String,
}

/// A right inverse of F.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Lift {
    /// At balanced charges.
    pub formulas: Vec<String>,
    /// What `--charges C` sets.
    pub charges: String,
    /// What `symbias lift` reads: each component with its construction.
    pub parts: Vec<Part>,
    /// The weights as statements of the components, a model; null where they are the components.
    pub weights: Option<String>,
}

/// Which minima of loss + λR training reaches (theory §7.1).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Basin {
    /// Whether signs freeze on the balanced leaf.
    pub sign_frozen: bool,
    /// Whether the origin is a local minimum whatever the loss.
    pub origin_is_minimum: bool,
    /// What a KKT residual shows.
    pub kkt: Shows,
    /// In words.
    pub text: String,
}

/// Values at given components.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct At {
    /// The target.
    pub target: f64,
    /// The bias by its closed form.
    pub achieved: f64,
    /// The least ½‖θ‖² found by minimisation over the fibre.
    pub least_norm: Option<f64>,
}

/// The JSON schema of the answer.
#[must_use]
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(DesignAnswer).to_value()
}
