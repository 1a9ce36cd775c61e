//! Predicted numbers beside means over replicas: equilibria of charges, rates, ratios.

use super::law::{Values, crossed, values};
use crate::experiment::plan::Planned;
use crate::experiment::record::Measured;
use crate::experiment::spec::{NumberQuestion, entry_of};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use symbias_model::error::Result;
use symbias_simulate::stats::extrapolation::{self, AtStep};
use symbias_simulate::stats::verdict::{
    Estimate, Holds, Kind, LOST_SHARE, Quantity, Question, Statistic, Verdict, judge_mean,
};

/// What became of a predicted number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
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

/// Why a mean of the values says nothing of the number; nothing bounds what lost replicas would have done to it.
fn unusable(measured: &Measured, values: &Values, question: &NumberQuestion) -> Option<String> {
    let all = values.numbers.len() + values.lost;
    let lost = values.lost + crossed(measured);
    if lost as f64 > LOST_SHARE * question.resolution * all as f64 {
        return Some(format!(
            "step-size bias: {lost} of {all} replicas of `{}` crossed a singular point or diverged; halve the step",
            measured.arm
        ));
    }
    match values.numbers.as_slice() {
        [] | [_] => Some(format!(
            "too few: {} of `{}` has no standard error; from two on their spread says how many are needed",
            match all {
                1 => "one replica".to_owned(),
                n => format!("the mean of {n} replicas"),
            },
            measured.arm
        )),
        [first, rest @ ..] if rest.iter().all(|x| x == first) => Some(format!(
            "all {all} values of `{}` are {first}: without spread there is no test",
            measured.arm
        )),
        _ => None,
    }
}

/// By how much the mean moved in the second half of the steps, and the standard error of that: each replica with itself.
fn moved(measured: &Measured, of: &str) -> Result<Estimate> {
    let (name, entry) = entry_of(of);
    let series = measured.series(name)?;
    let last = series.steps.last().copied().unwrap_or(0);
    let (half, end) = (series.look_at(last / 2), series.look_at(last));
    let own = |replica: usize| {
        let at = |look: usize| series.at(replica, look).get(entry).copied();
        at(end).zip(at(half)).map(|(now, before)| now - before)
    };
    let differences: Vec<f64> = (0..series.replicas)
        .filter_map(own)
        .filter(|x| x.is_finite())
        .collect();
    Estimate::of_sample(&differences, differences.len() as f64)
}

/// Standard errors beyond which a mean moves: p below 1e-3.
const MOVES: f64 = 3.29;

fn untested(asked: &Question, predicted: f64, own: &[f64], reason: String) -> Verdict {
    let mean = own.iter().sum::<f64>() / own.len() as f64;
    Verdict {
        claim: asked.claim.clone(),
        predicted: Quantity::Number(predicted),
        measured: match own.is_empty() {
            true => Quantity::Law("no values".to_owned()),
            false => Quantity::Number(mean),
        },
        statistic: Statistic {
            name: Kind::Z,
            value: 0.0,
        },
        p_value: None,
        level: asked.level,
        effective: own.len() as f64,
        step: asked.step,
        step_bias: None,
        // Any relative deviation of the size of the number itself would have passed.
        detectable: 1.0,
        resolution: asked.resolution,
        holds: Holds::Undetermined,
        reasons: vec![reason],
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
    let order = arm.weak_order();
    let asked = Question {
        claim: match question.about.is_empty() {
            true => format!("{name}: mean of {}", question.of),
            false => format!("{name}: mean of {}, {}", question.of, question.about),
        },
        predicted: question.predicted.to_string(),
        level: question.level,
        resolution: question.resolution,
        order,
        step: arm.time_step(),
    };
    let coarse = question.coarse.as_deref().and_then(find);
    let own = values(fine, &question.of)?;
    let other = coarse.map(|c| values(c, &question.of)).transpose()?;
    let all = [(fine, &own)].into_iter().chain(coarse.zip(other.as_ref()));
    if let Some(reason) = all.filter_map(|(m, v)| unusable(m, v, question)).next() {
        return Ok(Some(NumberVerdict {
            about: question.about.clone(),
            arm: question.arm.clone(),
            verdict: untested(&asked, question.predicted, &own.numbers, reason),
            twins: question.twins.keys().map(|t| (t.clone(), false)).collect(),
        }));
    }
    let mut estimate = Estimate::of_sample(&own.numbers, own.numbers.len() as f64)?;
    if let (Some(other), Some(step)) = (other, arm.time_step()) {
        let other = Estimate::of_sample(&other.numbers, other.numbers.len() as f64)?;
        let at = |step: f64, e: &Estimate| AtStep {
            step,
            value: e.value,
            error: e.error,
        };
        let fit = extrapolation::fit(&[at(2.0 * step, &other), at(step, &estimate)], order)?;
        estimate = Estimate::extrapolated(&fit, step, order, own.numbers.len() as f64);
    }
    let judged = |predicted: f64| {
        // A prediction to an accuracy is as good as the number in its range that is nearest.
        let room = question.accuracy * predicted.abs();
        let nearest = estimate.value.clamp(predicted - room, predicted + room);
        let asked = Question {
            predicted: predicted.to_string(),
            ..asked.clone()
        };
        judge_mean(&asked, nearest, estimate)
    };
    let mut verdict = judged(question.predicted)?;
    verdict.predicted = symbias_simulate::stats::verdict::Quantity::Number(question.predicted);
    if question.stationary {
        let moved = moved(fine, &question.of)?;
        let size = moved.value.abs();
        if size > MOVES * moved.error && size > question.resolution * question.predicted.abs() {
            verdict.holds = Holds::Undetermined;
            verdict.reasons.insert(
                0,
                format!(
                    "the mean is not stationary: it moved by {:.3e} ({:.1} standard errors) between half the steps and the end; run longer",
                    moved.value,
                    size / moved.error
                ),
            );
        }
    }
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
