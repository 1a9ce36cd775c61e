//! Calibration of the judgement of laws: one run cut into many experiments, each judged alone.
//!
//! Of a true law the p-values of N experiments are N uniform numbers; a wrong one should be refuted in nearly all of them.
//! What is calibrated is the judgement that [`judge`](super::judge) passes, with its extrapolation, so that a bias of the
//! step, a law that is not reached yet and replicas that are not independent all show.

use super::Values;
use super::predicted::{Predicted, predict};
use super::sample;
use crate::experiment::plan::Planned;
use crate::experiment::record::Measured;
use crate::experiment::spec::{LawQuestion, entry_of};
use std::collections::BTreeMap;
use symbias_model::error::{Error, ErrorKind, Result};
use symbias_simulate::stats::ks::{self, Test};
use symbias_simulate::stats::verdict::{Question, Sample, judge_law, judge_twin};

/// The p-values of a law and of its twins.
#[derive(Clone, Debug, PartialEq)]
pub struct Calibration {
    /// Replicas of each experiment, at each step.
    pub replicas: usize,
    /// Independent values that one experiment is worth.
    pub effective: f64,
    /// The level of the test.
    pub level: f64,
    /// Of the law, experiment by experiment.
    pub own: Vec<f64>,
    /// Of the wrong laws, by name.
    pub twins: BTreeMap<String, Vec<f64>>,
}

/// How often a wrong law is refuted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Power {
    /// The share of the experiments.
    pub share: f64,
    /// Its standard error, not 0 where the share is 1: the deviation of the Beta(k + ½, N − k + ½) law that Jeffreys' prior
    /// gives the power after k of N refutations (Brown, Cai and DasGupta 2001, §3).
    pub error: f64,
}

impl Power {
    fn of(p_values: &[f64], level: f64) -> Power {
        let n = p_values.len() as f64;
        let k = p_values.iter().filter(|p| **p < level).count() as f64;
        let (a, b) = (k + 0.5, n - k + 0.5);
        Power {
            share: k / n,
            error: (a * b / (a + b + 1.0)).sqrt() / (a + b),
        }
    }
}

impl Calibration {
    /// The Kolmogorov-Smirnov test of the law's p-values against uniform ones.
    ///
    /// # Errors
    /// None for what [`calibrate`] gives.
    pub fn uniform(&self) -> Result<Test> {
        uniform(&self.own)
    }

    /// The share of the experiments that refute the law at the level: the level, if the test is exact.
    #[must_use]
    pub fn size(&self) -> Power {
        Power::of(&self.own, self.level)
    }

    /// How often a twin is refuted; `None` if there is no such twin.
    #[must_use]
    pub fn power(&self, twin: &str) -> Option<Power> {
        self.twins.get(twin).map(|p| Power::of(p, self.level))
    }

    /// The twin that is refuted least often.
    #[must_use]
    pub fn weakest(&self) -> Option<(&str, Power)> {
        let all = self
            .twins
            .iter()
            .map(|(name, p)| (name.as_str(), Power::of(p, self.level)));
        all.min_by(|a, b| a.1.share.total_cmp(&b.1.share))
    }
}

/// The Kolmogorov-Smirnov test of p-values against uniform ones.
///
/// # Errors
/// No values, or values that are not finite.
pub fn uniform(p_values: &[f64]) -> Result<Test> {
    ks::one_sample(p_values, |p| p.clamp(0.0, 1.0))
}

/// The values of an observable at the end, in consecutive parts of so many replicas; each part keeps what is finite.
fn parts(measured: &Measured, of: &str, replicas: usize) -> Result<Vec<Values>> {
    let (name, entry) = entry_of(of);
    let series = measured.series(name)?;
    if entry >= series.len() {
        return Err(Error::new(
            ErrorKind::Unknown,
            format!(
                "`{name}` has {} entries, and no entry {entry}",
                series.len()
            ),
        )
        .remedy("count entries from 0, in C order"));
    }
    let part = |k: usize| {
        let all = (k * replicas..(k + 1) * replicas).map(|r| series.last(r)[entry]);
        let numbers: Vec<f64> = all.filter(|x| x.is_finite()).collect();
        Values {
            lost: replicas - numbers.len(),
            numbers,
        }
    };
    Ok((0..series.replicas / replicas).map(part).collect())
}

/// The p-values of experiments of so many replicas each: replicas 0, 1, … of the arm and of the coarse one in consecutive
/// parts, what is left over unused. Laws are those of the question.
///
/// # Errors
/// Arms that did not run; a question of several observables, or whose law has no distribution function; fewer replicas
/// than one experiment has.
pub fn calibrate(
    question: &LawQuestion,
    arms: &[Planned],
    measured: &[Measured],
    replicas: usize,
) -> Result<Calibration> {
    let refuse = |text: String, remedy: &str| Error::new(ErrorKind::Value, text).remedy(remedy);
    let observables = question.of.all();
    let [of] = observables[..] else {
        return Err(refuse(
            format!("the law is of {} observables", observables.len()),
            "calibrate the law of one",
        ));
    };
    let find = |name: &str| {
        measured.iter().find(|m| m.arm == name).ok_or_else(|| {
            Error::new(ErrorKind::Unknown, format!("the arm `{name}` did not run"))
                .remedy("run it too")
        })
    };
    let arm = arms.iter().find(|a| a.name == question.arm);
    let arm = arm.ok_or_else(|| {
        let text = format!("the law is of `{}`, which is no arm", question.arm);
        Error::new(ErrorKind::Unknown, text)
    })?;
    let fine = find(&question.arm)?;
    let coarse = question.coarse.as_deref().map(find).transpose()?;
    if replicas == 0 {
        return Err(refuse("an experiment of no replicas".into(), "give some"));
    }
    let one = |spec| -> Result<Predicted> {
        let mut laws = predict(spec, &observables, arm, measured)?;
        laws.pop().filter(|l| l.cdf().is_some()).ok_or_else(|| {
            refuse(
                "the law is known by samples alone".into(),
                "give its density",
            )
        })
    };
    let own = one(&question.predicted)?;
    let twins: Vec<(&String, Predicted)> = question
        .twins
        .iter()
        .map(|(name, spec)| Ok((name, one(spec)?)))
        .collect::<Result<_>>()?;
    let asked = Question {
        claim: question.about.clone(),
        predicted: question.predicted.words(),
        level: question.level,
        resolution: question.resolution,
        order: arm.weak_order(),
        step: arm.time_step(),
    };
    let fine_parts = parts(fine, of, replicas)?;
    let coarse_parts = coarse.map(|m| parts(m, of, replicas)).transpose()?;
    let experiments = coarse_parts
        .as_ref()
        .map_or(fine_parts.len(), |c| c.len().min(fine_parts.len()));
    if experiments == 0 {
        return Err(refuse(
            format!("an experiment of {replicas} replicas is more than all that ran"),
            "run more replicas, or make the experiments smaller",
        ));
    }
    let mut found = Calibration {
        replicas,
        effective: 0.0,
        level: question.level,
        own: Vec::with_capacity(experiments),
        twins: BTreeMap::new(),
    };
    for k in 0..experiments {
        // Crossings are not of a part: they count for what they hold, and move no p-value.
        let fine: Sample<'_> = sample(&fine_parts[k], 0);
        let coarse = coarse_parts.as_ref().map(|c| sample(&c[k], 0));
        let Some(cdf) = own.cdf() else { continue };
        let verdict = judge_law(&asked, fine, coarse, cdf)?;
        found.effective = verdict.effective;
        found.own.push(verdict.p_value.unwrap_or(0.0));
        for (name, law) in &twins {
            let Some(cdf) = law.cdf() else { continue };
            let wrong = judge_twin(&asked, fine, coarse, cdf)?.verdict;
            let p_values = found.twins.entry((*name).clone()).or_default();
            p_values.push(wrong.p_value.unwrap_or(0.0));
        }
    }
    Ok(found)
}
