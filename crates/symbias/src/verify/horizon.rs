//! How long a law takes: the slowest mode of what is measured, from a pilot.
//!
//! The curvature of the loss says how fast a valley is left, and nothing of the way from one valley to the next. A pilot of few
//! replicas at the largest step is looked at many times; N looks that are worth n independent ones, Δ apart, have the
//! correlation time τ = ΔN/(2n), where replicas that stay apart count as one slow mode. A way that no replica of the pilot takes
//! is not seen.

use super::setting::Trial;
use crate::experiment::plan::plan;
use crate::experiment::record::Measured;
use crate::experiment::run::{Board, RunOptions, run};
use crate::experiment::spec::{ExperimentFile, LawQuestion, Look, entry_of};
use symbias_model::error::Result;
use symbias_simulate::stats::ess;

/// Replicas of a pilot, and how often each is looked at.
const REPLICAS: u64 = 48;
const LOOKS: u64 = 64;
/// Correlation times that a run lasts.
const LASTS: f64 = 8.0;
/// A correlation time that is larger by this factor than that of windows half as long ends with the window and not by itself: one
/// mode seen for two correlation times has (1 − e⁻²)/(1 − e⁻¹) = 1.37, one seen for half of one 1.78.
const CUT: f64 = 1.55;
/// Pilots at most, each for the time that the last one asked for: a window that is too short asks for about twice its length.
const PILOTS: usize = 12;

/// A law whose run is longer than the curvature of its loss asks for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Slow {
    /// Correlation time of the slowest observable.
    pub time: f64,
    /// Whether the steps that are allowed are fewer than it asks for.
    pub cut: bool,
}

/// Lengthens the strides of a trial until its experiment, which is written anew for each, lasts long enough.
pub(super) fn lengthen(
    trial: &mut Trial,
    (most_steps, threads): (u64, Option<usize>),
    board: &Board,
    write: &dyn Fn(&Trial) -> Result<ExperimentFile>,
) -> Result<Vec<(String, Slow)>> {
    let mut slow: Vec<(String, Slow)> = Vec::new();
    for _ in 0..PILOTS {
        let times = times(write(trial)?, threads, board)?;
        let mut longer = false;
        for (name, Seen { time, cut }) in &times {
            let Some(stride) = trial.stride_of(name) else {
                continue;
            };
            let mut asked = (LASTS * time / stride.step).ceil() as u64;
            if *cut {
                // Twice as long, and no longer than twice what was seen asks for: a mode that slows down without end has no horizon.
                asked = asked.max((2 * stride.steps).min(2 * asked));
            }
            if asked <= stride.steps {
                continue;
            }
            let steps = asked.min(most_steps) / 8 * 8;
            let found = Slow {
                time: *time,
                cut: steps < asked / 8 * 8,
            };
            slow.retain(|(n, _)| n != name);
            slow.push((name.clone(), found));
            longer |= steps > stride.steps;
            stride.steps = steps.max(stride.steps);
        }
        if !longer {
            break;
        }
    }
    Ok(slow)
}

/// A correlation time, and whether the window cuts it.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    time: f64,
    cut: bool,
}

/// The correlation time of each law's slowest observable.
fn times(
    mut file: ExperimentFile,
    threads: Option<usize>,
    board: &Board,
) -> Result<Vec<(String, Seen)>> {
    let laws: Vec<(String, LawQuestion)> = file.spec.laws.clone().into_iter().collect();
    let mut piloted = Vec::new();
    for (name, question) in &laws {
        let arm = question
            .coarsest
            .as_ref()
            .and_then(|a| file.spec.arms.get_mut(a));
        let Some(arm) = arm else { continue };
        let steps = arm.steps.unwrap_or(0);
        arm.look = Some(Look::Every((steps / LOOKS).max(1)));
        piloted.push((name, question));
    }
    file.spec.replicas = REPLICAS;
    let mut arms = plan(&file)?;
    arms.retain(|a| {
        piloted
            .iter()
            .any(|(_, q)| q.coarsest.as_ref() == Some(&a.name))
    });
    let options = RunOptions {
        replicas: REPLICAS,
        shard: None,
        threads: threads
            .unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from)),
        keep: None,
        pause: None,
    };
    let measured = run(&file, &arms, &options, board)?;
    let mut all = Vec::new();
    for (name, question) in piloted {
        let own = measured
            .iter()
            .find(|m| question.coarsest.as_ref() == Some(&m.arm));
        let arm = arms
            .iter()
            .find(|a| question.coarsest.as_ref() == Some(&a.name));
        let (Some(own), Some(step)) = (own, arm.and_then(|a| a.time_step())) else {
            continue;
        };
        let mut slowest = Seen::default();
        for of in question.of.all() {
            if let Some(Seen { time, cut }) = correlation(own, of)? {
                slowest.cut |= cut;
                slowest.time = slowest.time.max(time * step);
            }
        }
        all.push((name.clone(), slowest));
    }
    Ok(all)
}

/// Steps by which an observable forgets, from the second half of each replica; `None` where too little is finite.
fn correlation(measured: &Measured, of: &str) -> Result<Option<Seen>> {
    let (name, entry) = entry_of(of);
    let series = measured.series(name)?;
    let half = series.steps.len() / 2;
    let looks = half..series.steps.len();
    let chains: Vec<Vec<f64>> = (0..series.replicas)
        .map(|r| {
            looks
                .clone()
                .filter_map(|l| series.at(r, l).get(entry).copied())
                .collect()
        })
        .filter(|c: &Vec<f64>| c.len() == looks.len() && c.iter().all(|x| x.is_finite()))
        .collect();
    let each: Vec<&[f64]> = chains.iter().map(Vec::as_slice).collect();
    // Fewer looks say nothing of correlations.
    if each.is_empty() || looks.len() < 8 {
        return Ok(None);
    }
    let spacing = (series.steps[series.steps.len() - 1] - series.steps[half]) as f64
        / (looks.len() - 1) as f64;
    // N looks that are worth n independent ones have the correlation time ΔN/(2n).
    let time = |chains: &[&[f64]]| -> Result<f64> {
        let count = chains.iter().map(|c| c.len()).sum::<usize>() as f64;
        Ok(0.5 * spacing * count / ess::of_distribution(chains)?)
    };
    let whole = time(&each)?;
    // Windows half as long, as chains of their own.
    let short: Vec<&[f64]> = each
        .iter()
        .flat_map(|c| [&c[..c.len() / 2], &c[c.len() - c.len() / 2..]])
        .collect();
    let cut = short[0].len() >= 8 && whole > CUT * time(&short)?;
    Ok(Some(Seen { time: whole, cut }).filter(|s| s.time.is_finite()))
}
