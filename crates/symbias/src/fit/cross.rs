//! Cross-validation: every fold runs the whole path without its samples, and is judged on them.

use super::data::{Data, Rows, folds};
use super::path::{Scale, path};
use super::problem::{Loss, Problem};
use super::refit::refit;
use super::solve::{Effort, Solver};
use super::{LossKind, Options, Order};
use crate::watch::{self, Watch};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, mpsc};
use symbias_model::error::Result;

/// A choice of constants: its problem, its λ, its order.
pub(super) struct Candidate {
    pub constants: BTreeMap<String, f64>,
    pub problem: Problem,
    pub scale: Scale,
    pub order: Order,
}

/// Loss on what was left out, of each λ: of the fit, and of least squares on its support.
#[derive(Clone, Debug, Default)]
pub(super) struct Scores {
    pub fit: Vec<f64>,
    pub refit: Vec<Option<f64>>,
}

/// The rows of training and those left out, with inputs shifted by the means of training: with an intercept that has no
/// penalty, this changes nothing but the condition of the problem.
pub(super) fn split(problem: &Problem, rows: &Rows, left_out: &[usize]) -> (Rows, Rows, Vec<f64>) {
    let kept: Vec<usize> = (0..rows.samples())
        .filter(|n| left_out.binary_search(n).is_err())
        .collect();
    let (mut train, mut test) = (rows.take(&kept), rows.take(left_out));
    let mut means = train.means();
    let mask = problem.predictors();
    for (mean, predictor) in means.iter_mut().zip(mask) {
        if !predictor || problem.intercept.is_none() {
            *mean = 0.0;
        }
    }
    train.shift(&means);
    test.shift(&means);
    (train, test, means)
}

/// The scores of one fold.
fn fold(
    candidate: &Candidate,
    rows: &Rows,
    left_out: &[usize],
    options: &Options,
) -> Result<Scores> {
    let problem = &candidate.problem;
    let (train, test, _) = split(problem, rows, left_out);
    let mut judge = Loss::new(&problem.components, test)?;
    let mut own = Loss::new(&problem.components, train.clone())?;
    let mut solver = Solver::new(problem, train, &candidate.scale.sizes)?;
    let points = path(
        &mut solver,
        &candidate.scale.lambdas,
        candidate.order,
        Effort::FOLD,
        &mut |_| {},
    )?;
    let mut scores = Scores::default();
    let mut gradient = vec![0.0; judge.dim()];
    for point in points {
        let at = solver.point(&point.theta, &point.z);
        scores.fit.push(judge.at(&at, &mut gradient));
        let again = match options.refit {
            true => refit(problem, &mut own, &at, &point.z)?,
            false => None,
        };
        scores
            .refit
            .push(again.map(|at| judge.at(&at, &mut gradient)));
    }
    Ok(scores)
}

/// The scores of all candidates and folds. Folds are independent, so that they run side by side to the same bits.
pub(super) fn validate(
    candidates: &[Candidate],
    data: &Data,
    options: &Options,
) -> Result<Vec<Vec<Scores>>> {
    let left_out = folds(data.samples(), options.folds, options.seed);
    let jobs: Vec<(usize, usize)> = (0..candidates.len())
        .flat_map(|c| (0..left_out.len()).map(move |f| (c, f)))
        .collect();
    let rows: Vec<Rows> = candidates.iter().map(|c| c.problem.rows(data)).collect();
    let next = AtomicUsize::new(0);
    let results: Mutex<Vec<Option<Result<Scores>>>> =
        Mutex::new(jobs.iter().map(|_| None).collect());
    let threads = std::thread::available_parallelism()
        .map_or(1, usize::from)
        .min(jobs.len().max(1));
    std::thread::scope(|scope| {
        let (sender, done) = mpsc::channel();
        for _ in 0..threads {
            let sender = sender.clone();
            let (next, results, jobs, rows, left_out) = (&next, &results, &jobs, &rows, &left_out);
            let watch = Watch::current();
            let work = move || {
                loop {
                    let job = next.fetch_add(1, Ordering::Relaxed);
                    let Some((c, f)) = jobs.get(job) else { break };
                    let found = fold(&candidates[*c], &rows[*c], &left_out[*f], options);
                    if let Ok(mut all) = results.lock() {
                        all[job] = Some(found);
                    }
                    // Nobody listens any more if the caller has gone.
                    let _ = sender.send(());
                }
            };
            scope.spawn(move || watch.over(work));
        }
        drop(sender);
        for (count, ()) in done.iter().enumerate() {
            watch::share(count + 1, jobs.len());
        }
    });
    let results = results.into_inner().unwrap_or_default();
    let mut all: Vec<Vec<Scores>> = candidates.iter().map(|_| Vec::new()).collect();
    for ((c, _), found) in jobs.into_iter().zip(results) {
        if let Some(found) = found {
            all[c].push(found?);
        }
    }
    Ok(all)
}

/// Mean and standard error of the mean.
pub(super) fn mean(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (n - 1.0).max(1.0);
    (mean, (variance / n).sqrt())
}

/// Whether a refit is possible at all.
pub(super) fn refits(problem: &Problem, options: &Options) -> bool {
    !problem.made.within
        && options.loss == LossKind::Squared
        && !problem
            .made
            .parts
            .iter()
            .any(crate::design::Part::is_spectral)
}
