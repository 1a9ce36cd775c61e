//! A predicted number against a measured mean.

use super::{
    Estimate, Holds, Kind, POWER, Quantity, Question, Statistic, StepBias, Verdict, short,
};
use crate::stats::argument;
use crate::stats::normal;
use symbias_model::error::Result;

/// z = (measured − predicted)/standard error, two-sided, with the margin of equivalence resolution · |predicted| (the
/// resolution itself where 0 is predicted).
///
/// Confirmed needs a standard error with (z_{α/2} + z_β) error ≤ margin. Then the interval value ± z_β · error lies
/// within the margin whenever the test does not refute: the two one-sided tests of equivalence (Schuirmann 1987) come
/// out as well.
///
/// # Errors
/// A prediction that is not finite, an estimate that is not finite or has no positive error; level or resolution out of
/// range.
pub fn judge_mean(question: &Question, predicted: f64, measured: Estimate) -> Result<Verdict> {
    question.check()?;
    argument::positive("the resolution", question.resolution)?;
    argument::sample("the prediction", &[predicted], 1)?;
    argument::sample("the estimate", &[measured.value], 1)?;
    argument::positive("the standard error", measured.error)?;
    argument::positive("the effective sample size", measured.effective)?;
    let scale = if predicted == 0.0 {
        1.0
    } else {
        predicted.abs()
    };
    let z = (measured.value - predicted) / measured.error;
    let p = normal::two_sided(z);
    let detectable = Kind::Z.quantiles(question.level) * measured.error / scale;
    let mut verdict = Verdict {
        claim: question.claim.clone(),
        predicted: Quantity::Number(predicted),
        measured: Quantity::Number(measured.value),
        statistic: Statistic {
            name: Kind::Z,
            value: z,
        },
        p_value: Some(p),
        level: question.level,
        effective: measured.effective,
        step: question.step,
        step_bias: measured.bias.map(|size| StepBias {
            size,
            p_value: None,
            fine_p_value: None,
        }),
        detectable,
        resolution: question.resolution,
        holds: Holds::Confirmed,
        reasons: Vec::new(),
    };
    let kind = if predicted == 0.0 { "" } else { "relative " };
    if measured.adequate == Some(false) {
        verdict.holds = Holds::Undetermined;
        verdict.reasons.push(
            "step-size bias: the leading order does not fit the estimates; take smaller steps"
                .to_owned(),
        );
    } else if detectable > question.resolution {
        verdict.holds = Holds::Undetermined;
        let times = (detectable / question.resolution).powi(2);
        verdict.reasons.push(format!(
            "too few: {} effective samples see a {kind}deviation of {}, one of {} needs {}",
            short(measured.effective),
            short(detectable),
            question.resolution,
            (times * measured.effective).ceil()
        ));
        if p < question.level {
            verdict.reasons.push(format!(
                "what there is speaks against the claim, p = {}",
                short(p)
            ));
        }
    } else if p < question.level {
        verdict.holds = Holds::Refuted;
        verdict
            .reasons
            .push(format!("{} standard errors apart", short(z.abs())));
        if (measured.value - predicted).abs() < question.resolution * scale {
            verdict.reasons.push(format!(
                "significant and not large: below the resolution {}",
                question.resolution
            ));
        }
        if measured.bias.is_none() && question.step.is_some() {
            verdict.reasons.push(
                "a bias of the step is not excluded: measure at the double step too".to_owned(),
            );
        }
    } else {
        verdict.reasons.push(format!(
            "a {kind}deviation of {} would have been seen with power {POWER}",
            short(detectable)
        ));
    }
    Ok(verdict)
}
