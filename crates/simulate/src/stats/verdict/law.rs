//! A law against samples: of a distribution function, or of a reference sample from the predicted law.

use super::{Holds, Kind, LOST_SHARE, POWER, Quantity, Question, Sample, Statistic, StepBias};
use super::{Verdict, short};
use crate::stats::argument;
use crate::stats::empirical::{Deviation, Empirical};
use crate::stats::ks::{self, Test};
use crate::stats::{extrapolation, power};
use symbias_model::error::Result;

/// What is predicted.
enum Prediction<'a> {
    Cdf(&'a dyn Fn(f64) -> f64),
    Reference(Sample<'a>),
}

impl Prediction<'_> {
    /// The test of a combination of empirical distribution functions with the noise of `effective` values.
    fn test(&self, parts: &[(f64, &[f64])], effective: f64) -> Result<Test> {
        match self {
            Prediction::Cdf(cdf) => ks::limit(&Empirical::combination(parts)?, effective, cdf),
            Prediction::Reference(reference) => {
                let mut all = parts.to_vec();
                all.push((-1.0, reference.values));
                let difference = Empirical::combination(&all)?;
                Ok(Test::of_limit(
                    difference.largest(),
                    self.worth(effective),
                    difference.ties(),
                ))
            }
        }
    }

    /// How many independent values a comparison is worth, if the measurement is worth so many.
    fn worth(&self, effective: f64) -> f64 {
        match self {
            Prediction::Cdf(_) => effective,
            Prediction::Reference(reference) => ks::harmonic(effective, reference.effective),
        }
    }
}

/// Samples at a step and, if there is one, at the double step, against a continuous distribution function.
///
/// - Too many lost replicas, or too few values to see the resolution: undetermined.
/// - The extrapolated distribution function (the fine one, without a coarse) deviates at the level: refuted.
/// - Only the fine one deviates: a bias of the step, if the two steps differ, and judged by the extrapolated one;
///   undetermined if they do not.
/// - Else confirmed, with the deviation that would have been seen.
///
/// # Errors
/// No values, values that are not finite; sizes, level, resolution, order or step out of range; a function that is not
/// within [0, 1] or falls.
pub fn judge_law(
    question: &Question,
    fine: Sample<'_>,
    coarse: Option<Sample<'_>>,
    cdf: impl Fn(f64) -> f64,
) -> Result<Verdict> {
    judge(question, fine, coarse, &Prediction::Cdf(&cdf), true)
}

/// The same where the prediction is a sample from the predicted law, with its own effective size; its noise counts, and so
/// do its lost values.
///
/// # Errors
/// As [`judge_law`].
pub fn judge_two_samples(
    question: &Question,
    reference: Sample<'_>,
    fine: Sample<'_>,
    coarse: Option<Sample<'_>>,
) -> Result<Verdict> {
    of_reference(question, reference, fine, coarse, true)
}

fn of_reference(
    question: &Question,
    reference: Sample<'_>,
    fine: Sample<'_>,
    coarse: Option<Sample<'_>>,
    needs_power: bool,
) -> Result<Verdict> {
    check(question, &reference, "the reference sample")?;
    if reference.values.is_empty() {
        return Ok(nothing_left(question));
    }
    judge(
        question,
        fine,
        coarse,
        &Prediction::Reference(reference),
        needs_power,
    )
}

/// As [`judge_two_samples`] for a law that should be refuted.
pub(super) fn judge_wrong_samples(
    question: &Question,
    reference: Sample<'_>,
    fine: Sample<'_>,
    coarse: Option<Sample<'_>>,
) -> Result<Verdict> {
    of_reference(question, reference, fine, coarse, false)
}

/// As [`judge_law`] for a law that should be refuted, where a small p-value speaks for itself.
pub(super) fn judge_wrong(
    question: &Question,
    fine: Sample<'_>,
    coarse: Option<Sample<'_>>,
    cdf: &dyn Fn(f64) -> f64,
) -> Result<Verdict> {
    judge(question, fine, coarse, &Prediction::Cdf(cdf), false)
}

fn check(question: &Question, sample: &Sample<'_>, name: &str) -> Result<()> {
    argument::sample(name, sample.values, usize::from(sample.lost == 0))?;
    if !sample.values.is_empty() {
        argument::positive("the effective sample size", sample.effective)?;
    }
    question.check()?;
    argument::probability("the resolution", question.resolution)
}

/// How much weight the lost replicas of both steps have in the judged distribution function.
fn distortion(fine: &Sample<'_>, coarse: Option<&Sample<'_>>, order: f64) -> f64 {
    let Some(coarse) = coarse else {
        return fine.share_lost();
    };
    let ratio = order.exp2();
    (ratio * fine.share_lost() + coarse.share_lost()) / (ratio - 1.0)
}

fn judge(
    question: &Question,
    fine: Sample<'_>,
    coarse: Option<Sample<'_>>,
    prediction: &Prediction<'_>,
    needs_power: bool,
) -> Result<Verdict> {
    check(question, &fine, "the fine sample")?;
    if let Some(coarse) = &coarse {
        check(question, coarse, "the coarse sample")?;
    }
    let mut distortion = distortion(&fine, coarse.as_ref(), question.order);
    if let Prediction::Reference(reference) = prediction {
        distortion += reference.share_lost();
    }
    if fine.values.is_empty() || coarse.is_some_and(|c| c.values.is_empty()) {
        return Ok(nothing_left(question));
    }
    let alone = prediction.test(&[(1.0, fine.values)], fine.effective)?;
    let (test, bias) = match coarse {
        None => (alone, None),
        Some(coarse) => {
            let ratio = question.order.exp2();
            let effective =
                extrapolation::effective(fine.effective, coarse.effective, question.order);
            let parts = [
                (ratio / (ratio - 1.0), fine.values),
                (-1.0 / (ratio - 1.0), coarse.values),
            ];
            let between = ks::two_sample_effective(
                fine.values,
                coarse.values,
                (fine.effective, coarse.effective),
            )?;
            let bias = StepBias {
                size: between.deviation.distance / (ratio - 1.0),
                p_value: Some(between.p_value),
                fine_p_value: Some(alone.p_value),
            };
            (prediction.test(&parts, effective)?, Some(bias))
        }
    };
    let detectable = power::detectable(test.effective, question.level, POWER)?;
    let evidence = Evidence {
        test,
        bias,
        detectable,
        distortion,
        needs_power,
    };
    let (holds, reasons) = evidence.weigh(question, prediction)?;
    Ok(Verdict {
        claim: question.claim.clone(),
        predicted: Quantity::Law(question.predicted.clone()),
        measured: Quantity::Law(said(test.deviation)),
        statistic: Statistic {
            name: Kind::Distance,
            value: test.deviation.distance,
        },
        p_value: Some(test.p_value),
        level: question.level,
        effective: test.effective,
        step: question.step,
        step_bias: bias,
        detectable,
        resolution: question.resolution,
        holds,
        reasons,
    })
}

/// The verdict where no replica is left at one of the steps.
fn nothing_left(question: &Question) -> Verdict {
    Verdict {
        claim: question.claim.clone(),
        predicted: Quantity::Law(question.predicted.clone()),
        measured: Quantity::Law("no values".to_owned()),
        // Nothing smaller than the largest possible distance can be excluded.
        statistic: Statistic {
            name: Kind::Distance,
            value: 1.0,
        },
        p_value: None,
        level: question.level,
        effective: 0.0,
        step: question.step,
        step_bias: None,
        detectable: 1.0,
        resolution: question.resolution,
        holds: Holds::Undetermined,
        reasons: vec![
            "step-size bias: every replica crossed a singular point or diverged; halve the step"
                .to_owned(),
        ],
    }
}

fn said(deviation: Deviation) -> String {
    let side = if deviation.above { "above" } else { "below" };
    format!(
        "distribution function {} {side} at {}",
        short(deviation.distance),
        short(deviation.at)
    )
}

struct Evidence {
    test: Test,
    bias: Option<StepBias>,
    detectable: f64,
    distortion: f64,
    needs_power: bool,
}

impl Evidence {
    fn weigh(
        &self,
        question: &Question,
        prediction: &Prediction<'_>,
    ) -> Result<(Holds, Vec<String>)> {
        let (level, resolution) = (question.level, question.resolution);
        let p = self.test.p_value;
        if self.distortion > LOST_SHARE * resolution {
            return Ok((
                Holds::Undetermined,
                vec![format!(
                    "step-size bias: replicas that crossed a singular point or diverged may shift the distribution \
                     function by {}, above a tenth of {resolution}; halve the step",
                    short(self.distortion)
                )],
            ));
        }
        if self.needs_power && self.detectable > resolution {
            return self.too_few(question, prediction);
        }
        if p < level {
            return Ok((Holds::Refuted, self.against(question)));
        }
        let seen = format!(
            "a deviation of {} would have been seen with power {POWER}",
            short(self.detectable)
        );
        let Some(bias) = self.bias else {
            let mut reasons = vec![seen];
            if question.step.is_some() {
                reasons
                    .push("at this step: no second one says what a smaller one gives".to_owned());
            }
            return Ok((Holds::Confirmed, reasons));
        };
        let extrapolated = "extrapolated to step 0".to_owned();
        if bias.fine_p_value.is_none_or(|fine| fine >= level) {
            return Ok((Holds::Confirmed, vec![seen, extrapolated]));
        }
        if bias.p_value.is_some_and(|between| between < level) {
            let found = format!(
                "step-size bias: the fine sample deviates (p = {}), both steps differ, by about {} from the limit, \
                 and extrapolated they agree with the prediction",
                short(bias.fine_p_value.unwrap_or(0.0)),
                short(bias.size)
            );
            return Ok((Holds::Confirmed, vec![found, seen, extrapolated]));
        }
        Ok((
            Holds::Undetermined,
            vec![format!(
                "the fine sample deviates (p = {}), but the two steps do not differ (p = {}), and extrapolation is too \
                 noisy to decide; run more replicas",
                short(bias.fine_p_value.unwrap_or(0.0)),
                short(bias.p_value.unwrap_or(1.0))
            )],
        ))
    }

    fn too_few(
        &self,
        question: &Question,
        prediction: &Prediction<'_>,
    ) -> Result<(Holds, Vec<String>)> {
        let needed = power::needed(question.resolution, question.level, POWER)?;
        // Sizes grow together, so that what is needed grows as what there is.
        let times = needed / self.test.effective;
        let of = match prediction {
            Prediction::Cdf(_) => "",
            Prediction::Reference(_) => ", of the reference too",
        };
        let mut reasons = vec![format!(
            "too few: {} effective samples see {}, a deviation of {} needs {} ({} times as many{of})",
            short(self.test.effective),
            short(self.detectable),
            question.resolution,
            needed.ceil(),
            short(times)
        )];
        if self.test.p_value < question.level {
            reasons.push(format!(
                "what there is speaks against the claim, p = {}",
                short(self.test.p_value)
            ));
        }
        Ok((Holds::Undetermined, reasons))
    }

    fn against(&self, question: &Question) -> Vec<String> {
        let distance = self.test.deviation.distance;
        let mut reasons = vec![match self.bias {
            Some(_) => "the distribution function extrapolated to step 0 deviates".to_owned(),
            None => "the distribution function deviates".to_owned(),
        }];
        if let Some(fine) = self.bias.and_then(|b| b.fine_p_value)
            && fine >= question.level
        {
            reasons.push(format!(
                "the fine sample alone does not (p = {}): the double step may be beyond the leading order, or noise",
                short(fine)
            ));
        }
        if distance < question.resolution {
            reasons.push(format!(
                "significant and not large: {} is below the resolution {}",
                short(distance),
                question.resolution
            ));
        }
        if self.bias.is_none() && question.step.is_some() {
            reasons.push(
                "a bias of the step is not excluded: measure at the double step too".to_owned(),
            );
        }
        reasons
    }
}
