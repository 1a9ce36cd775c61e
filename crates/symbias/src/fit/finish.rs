//! The chosen fit with all samples: its path, the solution, what proves it.

use super::answer::{Chosen, FitAnswer, Refit, Score, Step};
use super::cross::{Candidate, refits, split};
use super::data::{Data, Rows, folds};
use super::options::with;
use super::problem::{Loss, Problem};
use super::solve::{Effort, Point, Solver};
use super::{Fit, Options, figures, path, refit, repeat};
use crate::design::{self, DesignSpec, Kkt};
use crate::watch;
use std::collections::BTreeMap;
use symbias_model::data::Named;
use symbias_model::error::Result;

/// The chosen fit with all samples.
pub(super) fn finish(
    spec: &DesignSpec,
    data: &Data,
    options: &Options,
    (chosen, k): (Candidate, usize),
    scores: Vec<Score>,
) -> Result<Fit> {
    let problem = &chosen.problem;
    let lambdas = &chosen.scale.lambdas;
    let (rows, _, means) = split(problem, &problem.rows(data), &[]);
    let mut solver = Solver::new(problem, rows.clone(), &chosen.scale.sizes)?;
    let count = lambdas.len();
    watch::stage("path");
    let mut done = 0;
    let mut points = path::path(
        &mut solver,
        lambdas,
        chosen.order,
        Effort::PATH,
        &mut |_| {
            done += 1;
            watch::share(done, count);
        },
    )?;
    watch::stage("solution");
    let last = solver.solve(&points[k].theta, lambdas[k], Effort::LAST)?;
    if last.objective <= points[k].objective {
        points[k] = last;
    }
    let mut path = Vec::new();
    for (point, lambda) in points.iter().zip(lambdas) {
        let kkt = residual(&mut solver, point, *lambda)?;
        path.push(Step {
            lambda: *lambda,
            loss: point.loss,
            penalty: problem.made.penalty.value(&point.z)?,
            support: count_support(problem, &point.z)?,
            kkt: kkt.residual,
            steps: point.steps,
        });
    }
    let point = points[k].clone();
    let lambda = lambdas[k];
    let kkt = residual(&mut solver, &point, lambda)?;
    let own = scores
        .iter()
        .find(|s| s.constants == chosen.constants && s.lambda == lambda);
    let mut warnings = notes(problem, data, &scores, (lambda, lambdas), kkt, options);
    let mut again = (None, Vec::new());
    if options.refit {
        if refits(problem, options) {
            again = least_squares(
                &mut solver,
                rows.clone(),
                &points,
                (lambdas, &chosen.constants, &scores),
                k,
                &means,
            )?;
        } else {
            warnings.push("no least squares on the support: that is for the squared loss and supports of entries or groups".into());
        }
    }
    let weights = weights_of(problem, &solver, &point, &means)?;
    let intercept = problem
        .intercept
        .is_some()
        .then(|| weights.last().map_or(0.0, |w| w.2[0]));
    let penalty = path[k].penalty;
    let basin = design::basin_of(&problem.made.parts);
    let answer = FitAnswer {
        schema: 1,
        design: options.name.clone(),
        target: spec.target.trim().into(),
        loss: problem
            .designed
            .model
            .loss
            .as_ref()
            .map_or(String::new(), |l| l.kind.clone()),
        samples: data.samples(),
        folds: options.folds,
        seed: options.seed,
        left_out: folds(data.samples(), options.folds, options.seed),
        order: chosen.order,
        certificate: {
            watch::stage("certificate");
            problem.made.error()?
        },
        chosen: Chosen {
            constants: chosen.constants.clone(),
            lambda,
            score: own.map(|s| s.mean),
            error: own.map(|s| s.error),
            loss: point.loss,
            penalty,
            objective: point.loss + lambda * penalty,
            trained: point.objective,
            support: path[k].support,
            kkt,
            shows: basin.kkt,
        },
        refit: again.0,
        path,
        intercept,
        warnings,
        scores,
    };
    let repeated = repeat::repeat(problem, &mut solver, data, &point, &means, lambda)?;
    Ok(Fit {
        figures: figures::figures(problem, &answer, &points, &weights),
        design: with(spec, &chosen.constants),
        model: problem.text.clone(),
        components: components(problem, &point.z),
        parameters: parameters(problem, &uncentred(problem, &point, &means, &solver)),
        start: repeated.start,
        path: path_arrays(problem, lambdas, &points),
        refit: again.1,
        experiment: repeated.experiment,
        trained: repeated.model,
        data: repeated.data,
        weights,
        answer,
    })
}

fn residual(solver: &mut Solver<'_>, point: &Point, lambda: f64) -> Result<Kkt> {
    let slopes = solver.slopes(&point.theta, &point.z);
    solver.problem.made.penalty.kkt(&point.z, &slopes, lambda)
}

/// Entries that are not 0, and ranks of matrices.
fn count_support(problem: &Problem, z: &[Vec<f64>]) -> Result<usize> {
    let mut count = 0;
    for (part, z) in problem.made.parts.iter().zip(z) {
        count += match part.is_spectral() {
            true => part.ranks(z)?,
            false => z.iter().filter(|x| **x != 0.0).count(),
        };
    }
    Ok(count)
}

/// θ with the intercept of data that are not shifted.
pub(super) fn uncentred(
    problem: &Problem,
    point: &Point,
    means: &[f64],
    solver: &Solver<'_>,
) -> Vec<f64> {
    let mut theta = point.theta.clone();
    if let Some((at, _)) = problem.intercept {
        theta[at] -= offset(problem, solver, &point.z, means);
    }
    theta
}

/// What the weights predict at the means of the inputs.
fn offset(problem: &Problem, _: &Solver<'_>, z: &[Vec<f64>], means: &[f64]) -> f64 {
    let weights = problem.values(z).unwrap_or_default();
    let mask = problem.predictors();
    let inputs = means.iter().zip(mask).filter(|m| m.1).map(|m| *m.0);
    let weights = weights.iter().flat_map(|w| w.2.iter());
    inputs.zip(weights).map(|(m, w)| m * w).sum()
}

fn weights_of(
    problem: &Problem,
    solver: &Solver<'_>,
    point: &Point,
    means: &[f64],
) -> Result<Vec<Named>> {
    let mut weights = if problem.made.within {
        Vec::new()
    } else {
        problem.values(&point.z)?
    };
    if problem.made.within {
        weights = components(problem, &point.z);
    }
    if let Some((at, _)) = problem.intercept {
        let b = uncentred(problem, point, means, solver)[at];
        weights.push(("intercept".into(), Vec::new(), vec![b]));
    }
    Ok(weights)
}

fn components(problem: &Problem, z: &[Vec<f64>]) -> Vec<Named> {
    let parts = problem.made.parts.iter().zip(z);
    parts
        .map(|(p, z)| (p.component.clone(), p.shape.clone(), z.clone()))
        .collect()
}

/// θ as arrays.
fn parameters(problem: &Problem, theta: &[f64]) -> Vec<Named> {
    let space = problem.designed.model.space();
    let blocks = space.blocks().iter();
    blocks
        .map(|b| (b.name.clone(), b.shape.clone(), theta[b.range()].to_vec()))
        .collect()
}

fn path_arrays(problem: &Problem, lambdas: &[f64], points: &[Point]) -> Vec<Named> {
    let mut arrays = vec![("lambda".to_owned(), vec![lambdas.len()], lambdas.to_vec())];
    for (k, part) in problem.made.parts.iter().enumerate() {
        let mut shape = vec![lambdas.len()];
        shape.extend(&part.shape);
        let entries = points.iter().flat_map(|p| p.z[k].iter().copied()).collect();
        arrays.push((part.component.clone(), shape, entries));
    }
    arrays
}

/// Least squares on the support of the λ whose refits score best.
fn least_squares(
    solver: &mut Solver<'_>,
    rows: Rows,
    points: &[Point],
    (lambdas, constants, scores): (&[f64], &BTreeMap<String, f64>, &[Score]),
    k: usize,
    means: &[f64],
) -> Result<(Option<Refit>, Vec<Named>)> {
    let problem = solver.problem;
    let own = scores
        .iter()
        .filter(|s| s.constants == *constants)
        .enumerate();
    let best = own
        .filter_map(|(k, s)| s.refit.map(|r| (k, r)))
        .min_by(|a, b| a.1.total_cmp(&b.1));
    let k = best.map_or(k, |b| b.0);
    let mut loss = Loss::new(&problem.components, rows)?;
    let point = &points[k];
    let at = solver.point(&point.theta, &point.z);
    let Some(at) = refit::refit(problem, &mut loss, &at, &point.z)? else {
        return Ok((None, Vec::new()));
    };
    let mut gradient = vec![0.0; at.len()];
    let value = loss.at(&at, &mut gradient);
    let mut again = point.clone();
    again.z = problem
        .places
        .iter()
        .map(|p| at[p.clone()].to_vec())
        .collect();
    for (from, to) in &problem.free {
        again.theta[from.clone()].copy_from_slice(&at[to.clone()]);
    }
    let found = Refit {
        lambda: lambdas[k],
        score: best.map(|b| b.1),
        loss: value,
        support: count_support(problem, &again.z)?,
    };
    Ok((Some(found), weights_of(problem, solver, &again, means)?))
}

/// What a person should know of a fit.
fn notes(
    problem: &Problem,
    data: &Data,
    scores: &[Score],
    (lambda, lambdas): (f64, &[f64]),
    kkt: Kkt,
    options: &Options,
) -> Vec<String> {
    let mut notes = Vec::new();
    let constant = data.constant_columns();
    if !problem.made.within && !constant.is_empty() {
        let shown: Vec<String> = constant.iter().take(5).map(|c| format!("{c:?}")).collect();
        let more = if constant.len() > 5 {
            format!(" and {} more", constant.len() - 5)
        } else {
            String::new()
        };
        let what = match options.intercept {
            true => {
                "the intercept does what they could, and the penalty alone decides their weights"
            }
            false => "their weights act as an intercept with a penalty",
        };
        notes.push(format!(
            "columns of X that do not change: {}{more}; {what}",
            shown.join(", ")
        ));
    }
    let ends = [lambdas.first(), lambdas.last()];
    if lambdas.len() > 2 && !scores.is_empty() && ends.contains(&Some(&lambda)) {
        notes.push("the chosen lambda is at an end of the path: the best one may be beyond; --lambda and --ratio set the path".into());
    }
    if kkt.residual > 1e-3 {
        notes.push(format!(
            "the KKT residual is {:.1e}: descent has not reached a minimum of the target problem",
            kkt.residual
        ));
    }
    notes
}
