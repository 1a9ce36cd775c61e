//! What a fit says: for programs as JSON, for people as text.

use super::Order;
use crate::answer::versioned;
use crate::design::Kkt;
use crate::design::answer::Shows;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt::Write;
use symbias_model::error::Result;

/// The answer of `symbias fit`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct FitAnswer {
    /// Version of the format: 1.
    pub schema: u32,
    /// The name of the design.
    pub design: String,
    /// R.
    pub target: String,
    /// ℓ, as the language names it; its mean over samples, without a factor ½.
    pub loss: String,
    /// Samples.
    pub samples: usize,
    /// Folds; 0 without cross-validation.
    pub folds: usize,
    /// Names the order of the samples.
    pub seed: u64,
    /// The samples that each fold leaves out, so that other methods can be judged on the same folds.
    pub left_out: Vec<Vec<usize>>,
    /// Which way the path goes.
    pub order: Order,
    /// The largest |least ½‖θ‖² − R| over the range of the design.
    pub certificate: f64,
    /// All that was tried, λ from small to large.
    pub scores: Vec<Score>,
    /// What was chosen.
    pub chosen: Chosen,
    /// Least squares on the chosen support, where it was asked for.
    pub refit: Option<Refit>,
    /// The path of the chosen constants, λ from small to large.
    pub path: Vec<Step>,
    /// The intercept, in the units of the data.
    pub intercept: Option<f64>,
    /// What to know.
    pub warnings: Vec<String>,
}

impl FitAnswer {
    /// An answer of `symbias fit --json`.
    ///
    /// # Errors
    /// A text that is no JSON, or an answer of another version.
    pub fn read(text: &str) -> Result<FitAnswer> {
        versioned(text, 1, "symbias fit --json")
    }
}

/// The JSON schema of the answer.
#[must_use]
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(FitAnswer).to_value()
}

/// The score of one λ and choice of constants.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Score {
    /// Values of what `tune` lists.
    pub constants: BTreeMap<String, f64>,
    /// λ.
    pub lambda: f64,
    /// Mean loss on what was left out.
    pub mean: f64,
    /// Its standard error over the folds.
    pub error: f64,
    /// The same of least squares on the support of each fold.
    pub refit: Option<f64>,
}

/// The fit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Chosen {
    /// Values of what `tune` lists.
    pub constants: BTreeMap<String, f64>,
    /// λ.
    pub lambda: f64,
    /// Mean loss on what was left out; null without cross-validation.
    pub score: Option<f64>,
    /// Its standard error.
    pub error: Option<f64>,
    /// ℓ of all samples.
    pub loss: f64,
    /// R.
    pub penalty: f64,
    /// ℓ + λR.
    pub objective: f64,
    /// ℓ + (λ/2)‖θ‖², which is the same at a minimum.
    pub trained: f64,
    /// Entries of the components that are not 0; ranks of matrices.
    pub support: usize,
    /// Of the target problem.
    pub kkt: Kkt,
    /// What the residual shows.
    pub shows: Shows,
}

/// Least squares on a support.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Refit {
    /// λ whose support it is, chosen by the scores of refits.
    pub lambda: f64,
    /// Mean loss on what was left out.
    pub score: Option<f64>,
    /// ℓ of all samples.
    pub loss: f64,
    /// Entries that are not 0.
    pub support: usize,
}

/// One λ of the path.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Step {
    /// λ.
    pub lambda: f64,
    /// ℓ.
    pub loss: f64,
    /// R.
    pub penalty: f64,
    /// Entries that are not 0; ranks of matrices.
    pub support: usize,
    /// Of the target problem.
    pub kkt: f64,
    /// Steps of descent.
    pub steps: usize,
}

fn named(constants: &BTreeMap<String, f64>) -> String {
    let each = constants.iter().map(|(name, x)| format!("{name} = {x}"));
    each.collect::<Vec<_>>().join(", ")
}

/// An answer for people.
#[must_use]
pub fn text(answer: &FitAnswer) -> String {
    let mut out = String::new();
    let mut line = |label: &str, text: String| {
        let _ = writeln!(out, "{label:<13} {text}");
    };
    let c = &answer.chosen;
    line(
        "fit",
        format!(
            "{}: {} + lambda*({})",
            answer.design, answer.loss, answer.target
        ),
    );
    line(
        "samples",
        match answer.folds {
            0 => format!("{}, no cross-validation", answer.samples),
            k => format!("{}, {k} folds (seed {})", answer.samples, answer.seed),
        },
    );
    line(
        "path",
        format!(
            "{} values of lambda, {}, {:.3e} to {:.3e}",
            answer.path.len(),
            answer.order.name(),
            answer.path.first().map_or(f64::NAN, |s| s.lambda),
            answer.path.last().map_or(f64::NAN, |s| s.lambda),
        ),
    );
    let tried: std::collections::BTreeSet<String> =
        answer.scores.iter().map(|s| named(&s.constants)).collect();
    for constants in tried.iter().filter(|c| !c.is_empty()) {
        let own = answer
            .scores
            .iter()
            .filter(|s| named(&s.constants) == *constants);
        if let Some(best) = own.min_by(|a, b| a.mean.total_cmp(&b.mean)) {
            line(
                "tried",
                format!(
                    "{constants}: {:.6} +- {:.6} at lambda = {:.4e}",
                    best.mean, best.error, best.lambda
                ),
            );
        }
    }
    let with = if c.constants.is_empty() {
        String::new()
    } else {
        format!(", {}", named(&c.constants))
    };
    line("chosen", format!("lambda = {:.6e}{with}", c.lambda));
    if let (Some(score), Some(error)) = (c.score, c.error) {
        line(
            "score",
            format!("{score:.6} +- {error:.6}, mean loss on what was left out"),
        );
    }
    line(
        "loss",
        format!(
            "{:.6}, target {:.6}, objective {:.6}",
            c.loss, c.penalty, c.objective
        ),
    );
    line("support", format!("{}", c.support));
    if let Some(b) = answer.intercept {
        line("intercept", format!("{b:.6}"));
    }
    if let Some(r) = &answer.refit {
        let score = r.score.map_or(String::new(), |s| format!("score {s:.6}, "));
        line(
            "refit",
            format!(
                "{score}loss {:.6} on {} entries, at lambda = {:.4e}",
                r.loss, r.support, r.lambda
            ),
        );
    }
    let shows = match c.shows {
        Shows::Proves => "a proof of the minimum, the loss being convex".to_owned(),
        Shows::Necessary => "necessary: the target is not convex".to_owned(),
        Shows::Empty => format!(
            "says nothing of {} places at 0, where R has an infinite slope",
            c.kkt.empty
        ),
    };
    line("kkt", format!("{:.1e}; {shows}", c.kkt.residual));
    line(
        "certificate",
        format!(
            "bias and target differ by {:.1e} at most",
            answer.certificate
        ),
    );
    for w in &answer.warnings {
        line("note", w.clone());
    }
    out
}
