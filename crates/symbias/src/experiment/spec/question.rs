//! What is asked of the arms: predictions to compare with, drivers to attribute to, published numbers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A driver of training (theory §4).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum DriverSpec {
    /// Initialisation, by gradient flow.
    Flow,
    /// Weight decay.
    Decay,
    /// Stochasticity.
    Noise,
    /// Momentum.
    Momentum,
    /// Moves along orbits between steps.
    #[serde(rename = "orbit_moves")]
    OrbitMoves,
}

/// Predictions of flow for an arm whose effective weights are products of numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Predict {
    /// The tensor of effective weights w in the model or among the observables.
    pub weights: String,
    /// Factors on the charges of a twin that must fit worse.
    #[serde(default = "ten")]
    pub wrong_charges: f64,
}

fn ten() -> f64 {
    10.0
}

/// By what an arm's outcome is attributed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Attribute {
    /// The observable whose end is to be explained.
    pub outcome: String,
    /// The step to look at; the end of the run without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<u64>,
    /// The observable that predicts the outcome from the initial charges, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frozen: Option<String>,
}

/// A number that was published, beside which what is measured here is put.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Published {
    /// The arm that repeats what was published.
    pub arm: String,
    /// The observable.
    pub of: String,
    /// The step; the end of the run without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<u64>,
    /// What of the observable, per replica.
    #[serde(default)]
    pub statistic: Statistic,
    /// The numbers that were published.
    pub values: Vec<f64>,
    /// What a reader should know of them.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// What of an observable is compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Statistic {
    /// Its first entries, as many as were published.
    #[default]
    Entries,
    /// Its smallest and its largest entry.
    Range,
}

impl Statistic {
    /// The numbers of one replica at one look, in the order of what was published.
    #[must_use]
    pub fn of(self, entries: &[f64], count: usize) -> Vec<f64> {
        match self {
            Statistic::Entries => entries.iter().take(count).copied().collect(),
            Statistic::Range => {
                let low = entries.iter().copied().reduce(f64::min);
                let high = entries.iter().copied().reduce(f64::max);
                low.into_iter().chain(high).collect()
            }
        }
    }
}
