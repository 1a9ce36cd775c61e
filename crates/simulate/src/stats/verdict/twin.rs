//! [`Twin`]: the same numbers against a law that is wrong on purpose.

use super::law::{judge_wrong, judge_wrong_samples};
use super::{Holds, Question, Sample, Verdict};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use symbias_model::error::Result;

/// A wrong law, judged: numbers that agree with it too say nothing about the claim.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Twin {
    /// The judgement of the wrong law.
    pub verdict: Verdict,
    /// Whether the numbers exclude it, as they should.
    pub excluded: bool,
}

impl Twin {
    fn of(verdict: Verdict) -> Twin {
        Twin {
            excluded: verdict.holds == Holds::Refuted,
            verdict,
        }
    }

    /// One line more than the verdict says: whether the test discriminates.
    #[must_use]
    pub fn text(&self) -> String {
        let says = if self.excluded {
            "twin excluded, as expected"
        } else {
            "twin NOT excluded: these numbers do not discriminate"
        };
        format!("{says}\n{}", self.verdict.text())
    }
}

/// Samples as of [`judge_law`](super::judge_law) against the distribution function of a wrong law. A twin is excluded
/// by its p-value alone, however many values there are: refuting needs no power. Lost replicas leave it undetermined.
///
/// # Errors
/// As [`judge_law`](super::judge_law).
pub fn judge_twin(
    question: &Question,
    fine: Sample<'_>,
    coarse: Option<Sample<'_>>,
    wrong: impl Fn(f64) -> f64,
) -> Result<Twin> {
    Ok(Twin::of(judge_wrong(question, fine, coarse, &wrong)?))
}

/// The same against samples of the wrong law.
///
/// # Errors
/// As [`judge_two_samples`](super::judge_two_samples).
pub fn judge_twin_samples(
    question: &Question,
    wrong: Sample<'_>,
    fine: Sample<'_>,
    coarse: Option<Sample<'_>>,
) -> Result<Twin> {
    Ok(Twin::of(judge_wrong_samples(
        question, wrong, fine, coarse,
    )?))
}
