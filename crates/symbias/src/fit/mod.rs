//! Fits of designed models to data: min ℓ + λR, by training the designed parameters with decay, λ and constants by cross-validation
//! (docs/design.md, theory §7.1).
//!
//! A design and data become a `problem`: the loss as a compiled function of θ, and of the components. `solve` lowers ℓ + (λ/2)‖θ‖²
//! with moves along the orbits between descents, `path` goes over λ, `cross` over folds. Values in, values out; the command line
//! reads and writes.
//!
//! Twelve samples of three inputs, of which the first alone counts:
//!
//! ```
//! use symbias::{Array, Watch};
//! use symbias::design::{DesignSpec, Driver};
//! use symbias::fit::{Data, Options, fit};
//! let x: Vec<f64> = (0..36).map(|k| f64::from(k * k % 17) - 8.0).collect();
//! let y: Vec<f64> = x.chunks(3).map(|row| 2.0 * row[0]).collect();
//! let data = Data {
//!     x: [("x".to_owned(), Array { shape: vec![12, 3], entries: x })].into(),
//!     y: Array { shape: vec![12], entries: y },
//! };
//! let spec = DesignSpec::short("abs(x)", "entries", Driver::Decay, &[3])?;
//! let options = Options { folds: 0, lambdas: Some(vec![1e-3]), ..Options::default() };
//! let found = fit(&spec, &Default::default(), &data, &options, &Watch::default())?;
//! let w = &found.weights[0].2;
//! assert!((w[0] - 2.0).abs() < 1e-2 && w[1].abs() + w[2].abs() < 1e-2);
//! # Ok::<(), symbias::Error>(())
//! ```

mod answer;
mod cross;
mod data;
mod figures;
mod finish;
mod graduated;
mod linear;
mod options;
mod path;
mod problem;
mod refit;
mod repeat;
mod solve;

pub use answer::{Chosen, FitAnswer, Refit, Score, Step, schema, text};
pub use data::Data;
pub use options::{LossKind, Options, Order};

use crate::design::DesignSpec;
use crate::watch::{self, Watch};
use cross::{Candidate, mean, split, validate};
use finish::finish;
use options::{checked, choices, with};
use problem::Problem;
use symbias_figure::Figure;
use symbias_model::data::{Folder, Named};
use symbias_model::error::{Error, ErrorKind, Result};

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
pub fn inputs(model: Option<&str>, folder: &Folder) -> Result<Vec<String>> {
    let Some(text) = model else {
        return Ok(Vec::new());
    };
    let model = problem::Checked::new(text, folder)?.model;
    let target = model.loss.as_ref().and_then(|l| l.target);
    let own = model.inputs().filter(|i| Some(*i) != target);
    Ok(own.map(|i| model.tensor(i).name.clone()).collect())
}

/// Fits a design to data. `folder` is where files that the design names are looked up; `watch` is told what begins.
///
/// # Errors
/// A mistake in the design; data that do not fit it, or hold numbers that are none; values of λ that are not positive.
pub fn fit(
    spec: &DesignSpec,
    folder: &Folder,
    data: &Data,
    options: &Options,
    watch: &Watch,
) -> Result<Fit> {
    watch::over(watch, || fitted(spec, folder, data, options))
}

fn fitted(spec: &DesignSpec, folder: &Folder, data: &Data, options: &Options) -> Result<Fit> {
    let choices = choices(spec);
    checked(options, data.samples(), choices.len())?;
    let mut data = data.clone();
    let mut candidates = Vec::new();
    for constants in choices {
        watch::stage("design");
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
        watch::stage("cross-validation");
        let found = validate(&candidates, &data, options)?;
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
    finish(spec, &data, options, (chosen, k), scores)
}
