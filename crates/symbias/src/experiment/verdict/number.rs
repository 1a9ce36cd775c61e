//! Predicted numbers beside means over replicas: equilibria of charges, rates, ratios.

use super::law::values;
use crate::experiment::plan::Planned;
use crate::experiment::record::Measured;
use crate::experiment::spec::NumberQuestion;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use symbias_model::error::Result;
use symbias_simulate::stats::extrapolation::{self, AtStep};
use symbias_simulate::stats::verdict::{Estimate, Holds, Question, Verdict, judge_mean};

/// What became of a predicted number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NumberVerdict {
    /// One line for a reader.
    pub about: String,
    /// The arm.
    pub arm: String,
    /// The judgement.
    pub verdict: Verdict,
    /// Whether each wrong number is refuted, as it should be.
    pub twins: BTreeMap<String, bool>,
}

impl NumberVerdict {
    /// Whether the number is confirmed and every twin refuted.
    #[must_use]
    pub fn stands(&self) -> bool {
        self.verdict.holds == Holds::Confirmed && self.twins.values().all(|t| *t)
    }
}

/// Judges a number.
///
/// # Errors
/// Observables that were not recorded.
pub fn judge(
    name: &str,
    question: &NumberQuestion,
    arms: &[Planned],
    measured: &[Measured],
) -> Result<Option<NumberVerdict>> {
    let find = |arm: &str| measured.iter().find(|m| m.arm == arm);
    let (Some(arm), Some(fine)) = (
        arms.iter().find(|a| a.name == question.arm),
        find(&question.arm),
    ) else {
        return Ok(None);
    };
    let own = values(fine, &question.of)?.numbers;
    let mut estimate = Estimate::of_sample(&own, own.len() as f64)?;
    let order = arm.weak_order();
    if let (Some(coarse), Some(step)) = (question.coarse.as_deref().and_then(find), arm.time_step())
    {
        let other = values(coarse, &question.of)?.numbers;
        let other = Estimate::of_sample(&other, other.len() as f64)?;
        let at = |step: f64, e: &Estimate| AtStep {
            step,
            value: e.value,
            error: e.error,
        };
        let fit = extrapolation::fit(&[at(2.0 * step, &other), at(step, &estimate)], order)?;
        estimate = Estimate::extrapolated(&fit, step, order, own.len() as f64);
    }
    let judged = |predicted: f64| {
        // A prediction to an accuracy is as good as the number in its range that is nearest.
        let room = question.accuracy * predicted.abs();
        let nearest = estimate.value.clamp(predicted - room, predicted + room);
        let asked = Question {
            claim: match question.about.is_empty() {
                true => format!("{name}: mean of {}", question.of),
                false => format!("{name}: mean of {}, {}", question.of, question.about),
            },
            predicted: predicted.to_string(),
            level: question.level,
            resolution: question.resolution,
            order,
            step: arm.time_step(),
        };
        judge_mean(&asked, nearest, estimate)
    };
    let mut verdict = judged(question.predicted)?;
    verdict.predicted = symbias_simulate::stats::verdict::Quantity::Number(question.predicted);
    let twins = question
        .twins
        .iter()
        .map(|(twin, number)| {
            let found = judged(*number)?;
            let refuted = found.p_value.is_some_and(|p| p < question.level);
            Ok((twin.clone(), refuted))
        })
        .collect::<Result<_>>()?;
    Ok(Some(NumberVerdict {
        about: question.about.clone(),
        arm: question.arm.clone(),
        verdict,
        twins,
    }))
}
