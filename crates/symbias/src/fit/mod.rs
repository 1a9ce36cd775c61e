//! Fits of designed models to data: min ℓ + λR, by training the designed parameters with decay, λ and constants by cross-validation
//! (docs/design.md, theory §7.1).
//!
//! A design and data become a `problem`: the loss as a compiled function of θ, and of the components. `solve` lowers ℓ + (λ/2)‖θ‖²
//! with moves along the orbits between descents, `path` goes over λ, `cross` over folds. Values in, values out; the command line
//! reads and writes.

mod answer;
mod cross;
mod data;
mod figures;
mod path;
mod problem;
mod refit;
mod repeat;
mod solve;

pub use answer::{Chosen, FitAnswer, Refit, Score, Step, text};
pub use data::Data;

use crate::design::{self, DesignSpec, Kkt};
use cross::{Candidate, mean, refits, split, validate};
use problem::{Loss, Problem};
use solve::{Effort, Point, Solver};
use std::collections::BTreeMap;
use std::path::Path;
use symbias_figure::Figure;
use symbias_model::data::Named;
use symbias_model::error::{Error, ErrorKind, Result};

/// The loss of a fit without a model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LossKind {
    /// Mean of (y − prediction)².
    #[default]
    Squared,
    /// Mean of log(1 + exp(−y·prediction)), labels ±1.
    Logistic,
}

impl LossKind {
    /// The loss of this name.
    ///
    /// # Errors
    /// Another word.
    pub fn of(name: &str) -> Result<LossKind> {
        match name {
            "squared" | "mse" => Ok(LossKind::Squared),
            "logistic" => Ok(LossKind::Logistic),
            other => Err(
                Error::new(ErrorKind::Unknown, format!("there is no loss `{other}`"))
                    .remedy("squared or logistic; other losses are those of a model: model = \"net.toml\" in the design"),
            ),
        }
    }

    /// As the model language spells it.
    pub(crate) fn kind(self) -> &'static str {
        match self {
            LossKind::Squared => "mse",
            LossKind::Logistic => "logistic",
        }
    }
}

/// Which way a path goes over λ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// From small to large.
    Rising,
    /// From large to small.
    Falling,
}

/// What the caller decides.
#[derive(Clone, Debug)]
pub struct Options {
    /// Name of the model.
    pub name: String,
    /// The text of the model that the design names.
    pub model: Option<String>,
    /// The loss, without a model.
    pub loss: LossKind,
    /// Whether the prediction has an intercept without penalty, without a model.
    pub intercept: bool,
    /// Folds; 0 is no cross-validation.
    pub folds: usize,
    /// Decides which sample is in which fold.
    pub seed: u64,
    /// Values of λ; by default from where a single place leaves 0 down.
    pub lambdas: Option<Vec<f64>>,
    /// How many values of λ there are by default.
    pub count: usize,
    /// The least of them over the largest.
    pub ratio: f64,
    /// The order of the path; by default that of the parts.
    pub order: Option<Order>,
    /// Whether least squares on the support is a row of its own.
    pub refit: bool,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            name: String::new(),
            model: None,
            loss: LossKind::Squared,
            intercept: true,
            folds: 8,
            seed: 0,
            lambdas: None,
            count: 30,
            ratio: 1e-3,
            order: None,
            refit: false,
        }
    }
}

/// A fit.
#[derive(Clone, Debug)]
pub struct Fit {
    /// The answer.
    pub answer: FitAnswer,
    /// The design with the chosen constants.
    pub design: DesignSpec,
    /// The designed model with prediction and loss.
    pub model: String,
    /// The weights, and the intercept where there is one.
    pub weights: Vec<Named>,
    /// The components.
    pub components: Vec<Named>,
    /// The parameters of [`Fit::model`] at the fit; balanced.
    pub parameters: Vec<Named>,
    /// Where the experiment starts: the fit, moved along its orbit to charges.
    pub start: Vec<Named>,
    /// λ, and each component along the path.
    pub path: Vec<Named>,
    /// Weights of least squares on the support, where it was asked for.
    pub refit: Vec<Named>,
    /// Figures by name.
    pub figures: Vec<(String, Figure)>,
    /// An experiment that trains the same model on the same data to the same weights.
    pub experiment: String,
    /// Its model.
    pub trained: String,
    /// What it reads.
    pub data: Vec<Named>,
}

/// The names of the inputs that a fit reads from X: those of the model, or one without a name.
///
/// # Errors
/// A mistake in the model.
pub fn inputs(model: Option<&str>, folder: Option<&Path>) -> Result<Vec<String>> {
    let Some(text) = model else {
        return Ok(Vec::new());
    };
    let model = problem::Checked::new(text, folder)?.model;
    let target = model.loss.as_ref().and_then(|l| l.target);
    let own = model.inputs().filter(|i| Some(*i) != target);
    Ok(own.map(|i| model.tensor(i).name.clone()).collect())
}

fn value(what: String, remedy: &str) -> Error {
    Error::new(ErrorKind::Value, what).remedy(remedy)
}

fn checked(options: &Options, samples: usize, choices: usize) -> Result<()> {
    if let Some(lambdas) = &options.lambdas {
        if lambdas.is_empty() {
            return Err(value(
                "no value of lambda is given".into(),
                "give one or more positive numbers",
            ));
        }
        if let Some(bad) = lambdas.iter().find(|l| !(**l > 0.0 && l.is_finite())) {
            return Err(value(
                format!("lambda is {bad}"),
                "lambda is a positive number: without a penalty any minimum of the loss would do",
            ));
        }
    } else {
        if !(options.ratio > 0.0 && options.ratio < 1.0) {
            return Err(value(
                format!("the least lambda over the largest is {}", options.ratio),
                "a number between 0 and 1",
            ));
        }
        if options.count == 0 {
            return Err(value(
                "the path has 0 values of lambda".into(),
                "at least 1",
            ));
        }
    }
    let single = options.lambdas.as_ref().map_or(options.count, Vec::len) * choices == 1;
    match options.folds {
        0 if !single => Err(value(
            "no cross-validation, and more than one value to choose among".into(),
            "give one lambda, and no `tune` of several values; or --cv 8",
        )),
        0 => Ok(()),
        1 => Err(value(
            "1 fold leaves nothing to fit".into(),
            "at least 2 folds, or 0 for none",
        )),
        k if k > samples => Err(value(
            format!("{samples} samples are fewer than {k} folds"),
            "every fold leaves out at least one sample: fewer folds, or more samples",
        )),
        _ => Ok(()),
    }
}

/// Every combination of the values that `tune` lists.
fn choices(spec: &DesignSpec) -> Vec<BTreeMap<String, f64>> {
    let mut all = vec![BTreeMap::new()];
    for (name, values) in &spec.tune {
        all = all
            .into_iter()
            .flat_map(|own| {
                values.iter().map(move |x| {
                    let mut own = own.clone();
                    own.insert(name.clone(), *x);
                    own
                })
            })
            .collect();
    }
    all
}

/// A design with values in the place of constants.
fn with(spec: &DesignSpec, constants: &BTreeMap<String, f64>) -> DesignSpec {
    let mut spec = spec.clone();
    spec.tune.clear();
    for (name, x) in constants {
        let own = spec.constants.get_mut(name);
        match own {
            Some(toml::Value::Table(table)) => {
                table.insert("value".into(), toml::Value::Float(*x));
            }
            _ => {
                spec.constants.insert(name.clone(), toml::Value::Float(*x));
            }
        }
    }
    spec
}

/// Fits a design to data. `folder` is where files that the design names are looked up; `stage` hears what begins.
///
/// # Errors
/// A mistake in the design; data that do not fit it, or hold numbers that are none; values of λ that are not positive.
pub fn fit(
    spec: &DesignSpec,
    folder: Option<&Path>,
    data: &Data,
    options: &Options,
    stage: &mut dyn FnMut(&str),
) -> Result<Fit> {
    let choices = choices(spec);
    checked(options, data.samples(), choices.len())?;
    let mut data = data.clone();
    let mut candidates = Vec::new();
    for constants in choices {
        stage("design");
        let own = with(spec, &constants);
        let problem = Problem::new(&own, folder, options)?;
        if candidates.is_empty() {
            if let ([(name, _)], 1) = (problem.inputs.as_slice(), data.x.len())
                && let Some((_, array)) = data.x.pop_first()
            {
                data.x.insert(name.clone(), array);
            }
            let loss = (!problem.made.within).then_some(options.loss);
            data.checked(&problem.inputs, &problem.answer, loss)?;
        }
        let (rows, _, _) = split(&problem, &problem.rows(&data), &[]);
        let scale = path::scale(&problem, &rows, options)?;
        candidates.push(Candidate {
            order: path::order(&problem, options),
            constants,
            problem,
            scale,
        });
    }
    let mut scores = Vec::new();
    if options.folds > 0 {
        stage("cross-validation");
        let found = validate(&candidates, &data, options, stage)?;
        for (candidate, folds) in candidates.iter().zip(&found) {
            for (k, lambda) in candidate.scale.lambdas.iter().enumerate() {
                let own: Vec<f64> = folds.iter().map(|f| f.fit[k]).collect();
                let (average, error) = mean(&own);
                let again: Option<Vec<f64>> = folds.iter().map(|f| f.refit[k]).collect();
                scores.push(Score {
                    constants: candidate.constants.clone(),
                    lambda: *lambda,
                    mean: average,
                    error,
                    refit: again.map(|a| mean(&a).0),
                });
            }
        }
    }
    // The larger λ of equals: fewer weights.
    let best = scores.iter().enumerate().filter(|s| s.1.mean.is_finite());
    let best = best.min_by(|a, b| a.1.mean.total_cmp(&b.1.mean).then(b.0.cmp(&a.0)));
    let (mut which, mut k) = (0, 0);
    if let Some((at, _)) = best {
        let mut rest = at;
        for (c, candidate) in candidates.iter().enumerate() {
            let n = candidate.scale.lambdas.len();
            if rest < n {
                (which, k) = (c, rest);
                break;
            }
            rest -= n;
        }
    } else if options.folds > 0 {
        return Err(
            Error::new(ErrorKind::Numerical, "no fold has a score that is a number")
                .remedy("scale X and Y: predictions overflow"),
        );
    }
    let chosen = candidates.swap_remove(which);
    finish(spec, &data, options, (chosen, k), scores, stage)
}

/// The chosen fit with all samples.
fn finish(
    spec: &DesignSpec,
    data: &Data,
    options: &Options,
    (chosen, k): (Candidate, usize),
    scores: Vec<Score>,
    stage: &mut dyn FnMut(&str),
) -> Result<Fit> {
    let problem = &chosen.problem;
    let lambdas = &chosen.scale.lambdas;
    let (rows, _, means) = split(problem, &problem.rows(data), &[]);
    let mut solver = Solver::new(problem, rows.clone(), &chosen.scale.sizes)?;
    let count = lambdas.len();
    let mut done = 0;
    let mut points = path::path(
        &mut solver,
        lambdas,
        chosen.order,
        Effort::PATH,
        &mut |_| {
            done += 1;
            stage(&format!("path: {done} of {count}"));
        },
    )?;
    stage("solution");
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
        order: match chosen.order {
            Order::Rising => "rising",
            Order::Falling => "falling",
        }
        .into(),
        certificate: {
            stage("certificate");
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
fn uncentred(problem: &Problem, point: &Point, means: &[f64], solver: &Solver<'_>) -> Vec<f64> {
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
    rows: data::Rows,
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
