//! Predicted laws beside samples: one value of each replica at the end of the run, extrapolated to step zero where an arm of
//! twice the step ran, with wrong laws that the same numbers must refute (theory §5).

mod attraction;
mod calibration;
mod effect;
mod extrapolated;
mod lever;
mod order;
mod picture;
mod predicted;
mod sampled;
mod sides;
mod subject;

pub use attraction::Attraction;
pub use calibration::{Calibration, Power, calibrate, uniform};
pub use effect::Effect;
pub use extrapolated::extrapolates;
pub use lever::Parameter;
pub use picture::Picture;
pub use predicted::{Predicted, exists};
pub use sides::Signs;

use crate::experiment::plan::Planned;
use crate::experiment::record::Measured;
use crate::experiment::spec::{Expectation, LawQuestion, PredictedSpec, StationarySpec, entry_of};
use order::Order;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sides::Side;
use std::collections::BTreeMap;
use symbias_model::error::Result;
use symbias_simulate::stats::ks;
use symbias_simulate::stats::verdict::{
    Family, Holds, Question, Sample, Verdict, judge_law, judge_twin, judge_twin_samples,
    judge_two_samples,
};

/// What became of a predicted law.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LawVerdict {
    /// One line for a reader.
    pub about: String,
    /// The arm.
    pub arm: String,
    /// Replicas that were measured.
    pub replicas: usize,
    /// The law of each observable, judged together.
    pub claims: Family,
    /// What each claim is of: an observable, or one side of 0 of it.
    #[serde(default)]
    pub of: Vec<String>,
    /// Whether it holds: all claims, and no parameter that is another at every order of the step that three steps allow.
    pub holds: Holds,
    /// What claims do not say.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<String>,
    /// The scheme, with its order and how the leaf is held.
    #[serde(default)]
    pub integrator: String,
    /// Shares of the signs of a weight that passes 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signs: Option<Signs>,
    /// Whether the leaf attracts, where an arm started off it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attraction: Option<Attraction>,
    /// What was expected of it.
    pub expected: Expectation,
    /// Its parameters as the samples have them, where the law is that of a noise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub effects: Vec<Effect>,
    /// The wrong laws.
    pub twins: BTreeMap<String, TwinVerdict>,
    /// Replicas whose watched number changed its sign, and that did not diverge.
    pub crossed: usize,
    /// Its figure, of the first observable.
    pub picture: Picture,
}

/// What became of a wrong law.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TwinVerdict {
    /// Whether the numbers refute it, as they should.
    pub refuted: bool,
    /// The smallest adjusted p-value among the observables.
    pub p_value: Option<f64>,
}

impl LawVerdict {
    /// Whether the law is confirmed, or refuted where that is expected, every twin refuted, and no charge seen to leave the
    /// leaf.
    #[must_use]
    pub fn stands(&self) -> bool {
        let expected = match self.expected {
            Expectation::Confirmed => Holds::Confirmed,
            Expectation::Refuted => Holds::Refuted,
        };
        let left = self.attraction.as_ref().map(|a| a.holds);
        self.holds == expected
            && left != Some(Holds::Refuted)
            && self.twins.values().all(|t| t.refuted)
    }
}

/// Values of one observable at the end, one for each replica that is finite.
#[derive(Clone, Debug)]
pub(super) struct Values {
    pub numbers: Vec<f64>,
    pub lost: usize,
}

/// The last look of a measurement at an observable.
///
/// # Errors
/// An observable or entry that is not recorded.
pub(super) fn values(measured: &Measured, of: &str) -> Result<Values> {
    let (name, _) = entry_of(of);
    let last = measured.series(name)?.steps.last().copied();
    values_at(measured, of, last.unwrap_or(0))
}

/// The look at a step, or the last before it.
fn values_at(measured: &Measured, of: &str, step: u64) -> Result<Values> {
    let (name, entry) = entry_of(of);
    let series = measured.series(name)?;
    let look = series.look_at(step);
    let all = (0..series.replicas).filter_map(|r| series.at(r, look).get(entry).copied());
    let numbers: Vec<f64> = all.filter(|x| x.is_finite()).collect();
    Ok(Values {
        lost: series.replicas - numbers.len(),
        numbers,
    })
}

/// The p-value of "the law at half the steps is the law at the end"; a law that still moves is not stationary. Each replica
/// is at both, which makes the two more alike than independent ones: where they differ all the same, they do.
fn still(measured: &Measured, of: &str) -> Result<Option<f64>> {
    let (name, _) = entry_of(of);
    let steps = measured.series(name)?.steps;
    let last = steps.last().copied().unwrap_or(0);
    if !steps.contains(&(last / 2)) || last == 0 {
        return Ok(None);
    }
    let (before, now) = (values_at(measured, of, last / 2)?, values(measured, of)?);
    if before.numbers.is_empty() || now.numbers.is_empty() {
        return Ok(None);
    }
    Ok(Some(ks::two_sample(&before.numbers, &now.numbers)?.p_value))
}

/// Below this p-value a law moves.
const MOVES: f64 = 1e-3;

/// Crossed replicas are among the numbers, diverged ones are not: nobody is in both counts.
fn sample(values: &Values, crossed: usize) -> Sample<'_> {
    Sample {
        lost: values.lost + crossed,
        ..Sample::independent(&values.numbers)
    }
}

/// Replicas that crossed a place which the law does not let them cross, and did not diverge.
pub(super) fn crossed(measured: &Measured) -> usize {
    let samples = &measured.samples;
    let diverged = |replica: u64| {
        let found = samples
            .diverged
            .binary_search_by_key(&replica, |d| d.replica);
        found.is_ok()
    };
    let crossings = samples.crossings.iter();
    crossings
        .filter(|c| c.count > 0 && !diverged(c.replica))
        .count()
}

/// Values of an observable at a step, at twice and at four times of it.
struct Steps {
    fine: Values,
    coarse: Option<Values>,
    coarsest: Option<Values>,
    /// Replicas of the first two that crossed.
    crossed: (usize, usize),
}

impl Steps {
    fn map(&self, of: impl Fn(&Values) -> Values) -> Steps {
        Steps {
            fine: of(&self.fine),
            coarse: self.coarse.as_ref().map(&of),
            coarsest: self.coarsest.as_ref().map(&of),
            crossed: self.crossed,
        }
    }

    fn samples(&self) -> (Sample<'_>, Option<Sample<'_>>) {
        let coarse = self.coarse.as_ref().map(|v| sample(v, self.crossed.1));
        (sample(&self.fine, self.crossed.0), coarse)
    }

    /// The verdict on a law or on one side of it, and the order that three steps show.
    fn judged(
        &self,
        asked: &Question,
        law: &Predicted,
        (side, lowest): (Option<Side>, f64),
    ) -> Result<Option<(Verdict, Option<Order>)>> {
        let (finer, coarser) = self.samples();
        let judged = |asked: &Question| match (law, law.cdf(), side) {
            (_, Some(cdf), Some(side)) => {
                judge_law(asked, finer, coarser, side.conditional(&cdf)).map(Some)
            }
            (_, Some(cdf), None) => judge_law(asked, finer, coarser, cdf).map(Some),
            (Predicted::Samples(r), ..) => {
                judge_two_samples(asked, r.sample(), finer, coarser).map(Some)
            }
            _ => Ok(None),
        };
        let Some(mut claim) = judged(asked)? else {
            return Ok(None);
        };
        let (Some(coarse), Some(coarsest)) = (&self.coarse, &self.coarsest) else {
            return Ok(Some((claim, None)));
        };
        if [&self.fine, coarse, coarsest]
            .iter()
            .any(|v| v.numbers.is_empty())
        {
            return Ok(Some((claim, None)));
        }
        let order = Order::of(&self.fine, coarse, coarsest)?.down_to(lowest);
        let first = claim.clone();
        order.reconsider(&mut claim, asked, |asked| {
            Ok(judged(asked)?.unwrap_or_else(|| first.clone()))
        })?;
        Ok(Some((claim, Some(order))))
    }
}

/// Judges a law.
///
/// # Errors
/// A law that does not exist or is not normalisable; observables that were not recorded.
pub fn judge(
    name: &str,
    question: &LawQuestion,
    arms: &[Planned],
    measured: &[Measured],
) -> Result<Option<LawVerdict>> {
    let find = |arm: &str| {
        let planned = arms.iter().find(|a| a.name == arm);
        planned.zip(measured.iter().find(|m| m.arm == arm))
    };
    let Some((arm, fine)) = find(&question.arm) else {
        return Ok(None);
    };
    let coarse = question.coarse.as_deref().and_then(find).map(|c| c.1);
    let coarsest = question.coarsest.as_deref().and_then(find).map(|c| c.1);
    let observables = question.of.all();
    let mut claims: Vec<Verdict> = Vec::new();
    let mut wrong: BTreeMap<String, Vec<Verdict>> = BTreeMap::new();
    let mut picture = Picture::default();
    // Each law once, for all observables.
    let law = |spec: &PredictedSpec| predicted::predict(spec, &observables, arm, measured);
    let (own, levers) =
        predicted::with_levers(&question.predicted, &observables, arm, measured, true)?;
    if own.is_empty() {
        // That of an arm which did not run.
        return Ok(None);
    }
    let stationary = question.predicted.arm.is_none();
    let mut twins = Vec::new();
    for (twin, spec) in &question.twins {
        twins.push((twin.clone(), law(spec)?));
    }
    let mut names = Vec::new();
    let mut shares = None;
    let mut seen_order = None;
    for (k, of) in observables.iter().enumerate() {
        let values_of = |m: &Measured| values(m, of);
        let all = Steps {
            fine: values_of(fine)?,
            coarse: coarse.map(values_of).transpose()?,
            coarsest: coarsest.map(values_of).transpose()?,
            crossed: (crossed(fine), coarse.map_or(0, crossed)),
        };
        let asked = Question {
            claim: match question.about.is_empty() {
                true => format!("{name}: law of {of}"),
                false => format!("{name}: law of {of}, {}", question.about),
            },
            predicted: question.predicted.words(),
            level: question.level,
            resolution: question.resolution,
            order: arm.weak_order(),
            step: arm.time_step(),
        };
        // Entries of one observable are of one process: an order that one of them leaves open is open for all.
        let mut lowest = f64::INFINITY;
        for other in observables
            .iter()
            .filter(|o| entry_of(o).0 == entry_of(of).0)
        {
            if let [Some(h), Some(c), Some(cc)] = [Some(fine), coarse, coarsest] {
                let three = [values(h, other)?, values(c, other)?, values(cc, other)?];
                if three.iter().all(|v| !v.numbers.is_empty()) {
                    let order = Order::of(&three[0], &three[1], &three[2])?;
                    lowest = lowest.min(order.between.0);
                }
            }
        }
        let signs = Signs::of(&own[k], &all.fine);
        // What isotropic noise crosses it crosses by the law.
        let apart = question.predicted.noise == Some(StationarySpec::Horizontal);
        let sides: Vec<Option<Side>> = match signs.filter(|_| apart) {
            Some(signs) => signs.sides().into_iter().map(Some).collect(),
            None => vec![None],
        };
        shares = shares.or(signs);
        for side in sides {
            let own_steps = match side {
                Some(side) => all.map(|v| side.of(v)),
                None => all.map(Values::clone),
            };
            let Some((mut claim, order)) = own_steps.judged(&asked, &own[k], (side, lowest))?
            else {
                continue;
            };
            seen_order = seen_order.or(order);
            if let Some(p) = still(fine, of)?.filter(|p| *p < MOVES && stationary) {
                claim.holds = Holds::Undetermined;
                claim.reasons.insert(
                    0,
                    format!("the law is not stationary: it still moves between half the steps and the end (p = {p:.1e}); run longer"),
                );
            }
            names.push(match side {
                Some(side) => format!("{of} {}", side.name()),
                None => (*of).to_owned(),
            });
            claims.push(claim);
        }
        let (finer, coarser) = all.samples();
        for (twin, laws) in &twins {
            let own = wrong.entry(twin.clone()).or_default();
            let Some(law) = laws.get(k) else { continue };
            own.push(match (law, law.cdf()) {
                (_, Some(cdf)) => judge_twin(&asked, finer, coarser, cdf)?.verdict,
                (Predicted::Samples(r), _) => {
                    judge_twin_samples(&asked, r.sample(), finer, coarser)?.verdict
                }
                _ => continue,
            });
        }
        if k == 0 {
            let first: Vec<(String, &Predicted)> = twins
                .iter()
                .filter_map(|(name, laws)| Some((name.clone(), laws.get(k)?)))
                .collect();
            picture = Picture::of(&all.fine.numbers, &own[k], &first);
        }
    }
    let claims = Family::new(claims, question.level)?;
    let at = |order: f64| effect::effects(&levers, fine, coarse, (order, question.level));
    let effects = at(arm.weak_order())?;
    let (mut holds, mut reasons) = (claims.holds(), Vec::new());
    // What the distance leaves open for the step stays so: what a step does to a parameter need not be a power of it.
    if let (Holds::Confirmed, Some(order)) = (holds, &seen_order) {
        let m = claims.verdicts.len() + effects.len();
        let found = effect::against(
            &effects,
            order,
            arm.weak_order(),
            question.level / m as f64,
            &at,
        )?;
        if let Some((judged, reason)) = found {
            holds = judged;
            reasons.push(reason);
        }
    }
    let attraction = match question.off.as_deref() {
        Some(off) => attraction::attraction(off, measured, question.level)?,
        None => None,
    };
    let twins = wrong
        .into_iter()
        .map(|(twin, verdicts)| {
            let family = Family::new(verdicts, question.level)?;
            let p_value = family.adjusted.iter().flatten().copied().reduce(f64::min);
            // Lost replicas refute nothing, however small p is.
            let refuted = family.holds() == Holds::Refuted;
            Ok((twin, TwinVerdict { refuted, p_value }))
        })
        .collect::<Result<_>>()?;
    Ok(Some(LawVerdict {
        about: question.about.clone(),
        arm: question.arm.clone(),
        replicas: (fine.samples.replicas.end - fine.samples.replicas.start) as usize,
        holds,
        reasons,
        of: names,
        integrator: arm.integrator(),
        signs: shares,
        attraction,
        expected: question.expect,
        claims,
        effects,
        twins,
        crossed: crossed(fine),
        picture,
    }))
}
