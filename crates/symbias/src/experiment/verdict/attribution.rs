//! Which driver explains how a run came out (theory §4.3, §8): by the motion of the charges, which flow keeps, and by
//! control runs that lack one driver. A driver is named only with its control.

use super::control::{differences, median_interval, present};
use crate::experiment::plan::Planned;
use crate::experiment::quantile::{ordered, quantile};
use crate::experiment::record::Measured;
use crate::experiment::series::Series;
use crate::experiment::spec::{Attribute, DriverSpec};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use symbias_model::error::Result;

/// Below this share an effect is none; charges that moved by less of themselves are kept.
const NONE: f64 = 0.1;
/// Above this share an effect is the whole matter; charges that moved by more are forgotten.
const ALL: f64 = 0.5;

/// Quartiles over replicas and entries.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Spread {
    /// The middle.
    pub median: f64,
    /// A quarter is below.
    pub lower: f64,
    /// A quarter is above.
    pub upper: f64,
}

impl Spread {
    /// Quartiles of the finite numbers; `None` if there is none.
    #[must_use]
    pub fn of(numbers: impl IntoIterator<Item = f64>) -> Option<Spread> {
        let all = ordered(numbers);
        if all.is_empty() {
            return None;
        }
        let at = |q: f64| quantile(&all, q);
        Some(Spread {
            median: at(0.5),
            lower: at(0.25),
            upper: at(0.75),
        })
    }
}

/// A run without one driver, beside the run in question.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ControlFinding {
    /// The arm.
    pub arm: String,
    /// The driver that it lacks.
    pub removes: DriverSpec,
    /// Its step that was looked at: the one that corresponds to the run's, or its last.
    pub step: u64,
    /// How far its charges moved, of themselves.
    pub charges_moved: Option<Spread>,
    /// Where it ends before the run does: how far its charges would have moved at the run's step (median), had they gone on
    /// at the pace of its second half.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extrapolated: Option<f64>,
    /// Distance of its outcome from that of the run, of the change of the outcome.
    pub outcome_apart: Option<Spread>,
    /// The share of the matter that goes away with the driver: of the motion of the charges where they moved, else of the
    /// change of the outcome. `None`, null in JSON, of a control that tells nothing.
    pub share: Option<f64>,
    /// An interval of its median over replicas, of coverage 0.9 where there are five or more; `None` where it is carried on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share_interval: Option<[f64; 2]>,
    /// What it differs in besides the driver, in words: then it tells nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub differs: Vec<String>,
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Attribution {
    /// `flow`, `decay`, `noise`, `momentum`, `mixed` or `undetermined`.
    pub driver: String,
    /// The step that was looked at.
    pub step: u64,
    /// How far the outcome changed, of its size.
    pub outcome_changed: Option<Spread>,
    /// How far the charges moved, of themselves: |μ(t) − μ(0)|/|μ(0)|.
    pub charges_moved: Option<Spread>,
    /// Error of the exactly predicted drift, of |μ(0)| + |drift| (theory §2.2).
    pub drift_error: Option<Spread>,
    /// Error of the outcome predicted from the initial charges, of the outcome.
    pub frozen_error: Option<Spread>,
    /// Drivers that the run has besides flow.
    pub present: Vec<DriverSpec>,
    /// Its controls.
    pub controls: Vec<ControlFinding>,
    /// In words.
    pub paragraph: String,
}

fn distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter()
        .zip(b)
        .map(|(x, y)| (x - y).powi(2))
        .sum::<f64>()
        .sqrt()
}

fn norm(a: &[f64]) -> f64 {
    a.iter().map(|x| x * x).sum::<f64>().sqrt()
}

/// |x(t) − x(0)|/|x(0)| of each entry of a replica.
fn moved_in(series: &Series<'_>, replica: usize, look: usize) -> Vec<f64> {
    let pairs = series.at(replica, look).iter().zip(series.at(replica, 0));
    pairs
        .map(|(now, then)| (now - then).abs() / then.abs())
        .collect()
}

/// The same of all replicas.
fn moved(series: &Series<'_>, look: usize) -> Option<Spread> {
    Spread::of((0..series.replicas).flat_map(|r| moved_in(series, r, look)))
}

/// Attributes the outcome of an arm.
///
/// # Errors
/// Observables that are not recorded.
pub fn attribute(
    arm: &Planned,
    by: &Attribute,
    arms: &[Planned],
    measured: &[Measured],
) -> Result<Option<Attribution>> {
    let Some(own) = measured.iter().find(|m| m.arm == arm.name) else {
        return Ok(None);
    };
    let outcome = own.series(&by.outcome)?;
    let last = outcome.steps.last().copied().unwrap_or(0);
    let look = outcome.look_at(by.at.unwrap_or(last));
    let step = outcome.steps[look];
    let charges = own.series("charges").ok();
    let outcome_changed = Spread::of((0..outcome.replicas).map(|r| {
        let (now, then) = (outcome.at(r, look), outcome.at(r, 0));
        distance(now, then) / norm(now).max(norm(then))
    }));
    let frozen_error = match &by.frozen {
        Some(name) => {
            let frozen = own.series(name)?;
            Spread::of((0..outcome.replicas).flat_map(|r| {
                let pairs = frozen.at(r, look).iter().zip(outcome.at(r, look));
                pairs
                    .map(|(p, x)| (p - x).abs() / x.abs())
                    .collect::<Vec<_>>()
            }))
        }
        None => None,
    };
    let mut found = Attribution {
        driver: String::new(),
        step,
        outcome_changed,
        charges_moved: charges.as_ref().and_then(|c| moved(c, look)),
        drift_error: drift_error(arm, own, look),
        frozen_error,
        present: present(arm),
        controls: Vec::new(),
        paragraph: String::new(),
    };
    for other in arms {
        let Some(control) = other.control.as_ref().filter(|c| c.of == arm.name) else {
            continue;
        };
        let Some(its) = measured.iter().find(|m| m.arm == other.name) else {
            continue;
        };
        let theirs = its.series(&by.outcome)?;
        let wanted = control.paced(step);
        let their_look = theirs.look_at(wanted);
        let pairs = theirs.replicas.min(outcome.replicas);
        let apart_in = |r: usize| {
            let (a, b) = (outcome.at(r, look), theirs.at(r, their_look));
            distance(a, b) / distance(a, outcome.at(r, 0))
        };
        let apart = Spread::of((0..pairs).map(apart_in));
        let their_charges = its.series("charges").ok();
        let their_motion = their_charges.as_ref().and_then(|c| moved(c, their_look));
        // A control that ends early says nothing of the outcome at later steps, and of the charges as much as its pace
        // bounds.
        let early = wanted > theirs.steps.last().copied().unwrap_or(0);
        let extrapolated = its
            .series("charges")
            .ok()
            .filter(|_| early)
            .and_then(|c| carried_on(&c, their_look, wanted));
        // Moves along orbits set the charges: what they do is told by the outcome alone.
        let charges_moved = found
            .charges_moved
            .filter(|_| control.removes != DriverSpec::OrbitMoves);
        let share = match early {
            true => share(charges_moved, extrapolated, None),
            false => share(charges_moved, their_motion.map(|m| m.median), apart),
        };
        let differs = differences(arm, other, control);
        // Of each replica beside its own, by the same rule as of all.
        let by_charges = charges_moved.is_some_and(|m| m.median > NONE);
        let share_of = |r: usize| match (&charges, &their_charges) {
            (Some(own), Some(its)) if by_charges => {
                let median = |c: &Series<'_>, look: usize| {
                    Spread::of(moved_in(c, r, look)).map_or(f64::NAN, |s| s.median)
                };
                1.0 - (median(its, their_look) / median(own, look)).min(1.0)
            }
            _ => apart_in(r).min(1.0),
        };
        let counts = differs.is_empty() && !early;
        let share_interval = counts
            .then(|| median_interval((0..pairs).map(share_of)))
            .flatten();
        found.controls.push(ControlFinding {
            arm: other.name.clone(),
            removes: control.removes,
            step: theirs.steps[their_look],
            charges_moved: their_motion,
            extrapolated,
            outcome_apart: apart.filter(|_| !early),
            share: share.filter(|_| differs.is_empty()),
            share_interval,
            differs,
        });
    }
    found.driver = decide(&found);
    found.paragraph = super::words::paragraph(&arm.name, by, &found);
    Ok(Some(found))
}

/// What goes away with a driver. Charges that are kept tell nothing of a driver's part in the outcome; then the outcome does.
fn share(own: Option<Spread>, control: Option<f64>, apart: Option<Spread>) -> Option<f64> {
    match (own, control) {
        (Some(own), Some(control)) if own.median > NONE => {
            Some(1.0 - (control / own.median).min(1.0))
        }
        _ => apart.map(|a| a.median.min(1.0)),
    }
}

/// The median motion of charges at a later step, if it went on from the last look at the pace of the second half.
fn carried_on(charges: &Series<'_>, last: usize, wanted: u64) -> Option<f64> {
    let half = charges.look_at(charges.steps[last] / 2);
    let (then, now) = (moved(charges, half)?.median, moved(charges, last)?.median);
    let steps = charges.steps[last]
        .checked_sub(charges.steps[half])
        .filter(|n| *n > 0)?;
    let pace = (now - then).abs() / steps as f64;
    Some(now + pace * (wanted - charges.steps[last]) as f64)
}

/// The driver's name.
///
/// Undetermined: the outcome has hardly changed, or a driver that is there has no control that tells. Flow: no driver has a part. One
/// driver: its removal takes away most of the matter, and where there are charges the run has forgotten them. Otherwise
/// mixed.
fn decide(found: &Attribution) -> String {
    let undetermined = "undetermined".to_owned();
    if found.outcome_changed.is_none_or(|c| c.median < NONE) {
        return undetermined;
    }
    let share = |d: &DriverSpec| {
        found
            .controls
            .iter()
            .filter(|c| c.removes == *d)
            // A control that tells nothing leaves others alone.
            .filter_map(|c| c.share)
            .reduce(f64::max)
    };
    if found.present.iter().any(|d| share(d).is_none()) {
        return undetermined;
    }
    let acting: Vec<(DriverSpec, f64)> = found
        .present
        .iter()
        .filter_map(|d| share(d).map(|s| (*d, s)))
        .filter(|(_, s)| *s >= NONE)
        .collect();
    let motion = found.charges_moved.map(|m| m.median);
    match acting.as_slice() {
        // Steps that are too large move charges, too: then it is not flow alone.
        [] if motion.is_some_and(|m| m > ALL) => "mixed".to_owned(),
        [] => "flow".to_owned(),
        [(driver, share)] if *share >= ALL && motion.is_none_or(|m| m > ALL) => {
            super::words::name(*driver).to_owned()
        }
        _ => "mixed".to_owned(),
    }
}

/// How well the account of theory §2.2 and §2.3 explains the motion of the charges with a diagonal generator.
fn drift_error(arm: &Planned, own: &Measured, look: usize) -> Option<Spread> {
    let (charges, drift) = (
        own.series("charges").ok()?,
        own.series("charge_drift").ok()?,
    );
    let keep = arm
        .training
        .descent
        .keep()
        .powf(2.0 * charges.steps[look] as f64);
    let diagonal: Vec<usize> = (0..arm.charges.len())
        .filter(|k| crate::experiment::observe::is_diagonal(&arm.charges[*k]))
        .collect();
    Spread::of((0..charges.replicas).flat_map(|r| {
        let (start, now, drift) = (charges.at(r, 0), charges.at(r, look), drift.at(r, look));
        let errors = diagonal.iter().zip(drift).map(|(k, drift)| {
            (now[*k] - keep * start[*k] - drift).abs() / (start[*k].abs() + drift.abs())
        });
        errors.collect::<Vec<_>>()
    }))
}
