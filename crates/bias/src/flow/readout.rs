//! The linear readout of a model: outputs y = Xw + b, measured from the model's own Jacobian by
//! ∂F/∂θ_ki = X_i Π_{j≠k} θ_ji at random points, and tested at others (theory §4.1).

use super::leaf::Leaf;
use symbias_geometry::probe::Entries;
use symbias_geometry::rank::numerical;
use symbias_model::error::{Error, ErrorKind, Result};
use symbias_model::expression::Model;
use symbias_model::program::{Arguments, Layout, Options, Program, Task};
use symbias_model::scalar::{Arrays, Inputs};
use symbias_numerics::dense::Matrix;
use symbias_numerics::random::Stream;

/// y = Xw + b.
#[derive(Clone, Debug, PartialEq)]
pub struct Readout {
    /// X: one row per output, sample after sample; n columns.
    pub matrix: Matrix,
    /// b, one number per row.
    pub offset: Vec<f64>,
}

/// Random points at which linearity is tested, after the one that X is measured at.
const TESTED: u64 = 3;
/// Largest error relative to the largest entry, for a few dozen operations.
const LINEAR: f64 = 1e-10;
/// Stream of the random points.
const POINTS: u64 = 71;

impl Readout {
    /// The readout of a model at given samples (none, or any, for a model without inputs).
    ///
    /// # Errors
    /// Outputs that are not linear in the weights of the leaf, with the remedy to predict by a
    /// gradient of one's own; inputs that are not given; those of [`Program::compile`].
    pub fn of(model: &Model, leaf: &Leaf, files: &Entries, data: &[Inputs]) -> Result<Readout> {
        let mut found = Readout {
            matrix: Matrix::zeros(0, leaf.mirror.len()),
            offset: Vec::new(),
        };
        let mut kept: Vec<(Arrays, Programs)> = Vec::new();
        let arrays = Arrays::new(model, files)?;
        for sample in samples(model, data)? {
            let own = arrays.with(&sample);
            if kept.last().is_none_or(|k| k.0 != own) {
                kept = vec![(own.clone(), Programs::compile(model, &own)?)];
            }
            found.add(model, leaf, &kept[0].1, &sample.flat)?;
        }
        Ok(found)
    }

    /// Xw + b, one number per row.
    ///
    /// # Errors
    /// Not n weights.
    pub fn outputs(&self, w: &[f64]) -> Result<Vec<f64>> {
        let mut y = self.matrix.apply(w).map_err(numerical)?;
        y.iter_mut().zip(&self.offset).for_each(|(y, b)| *y += b);
        Ok(y)
    }

    /// The rows of one sample.
    fn add(&mut self, model: &Model, leaf: &Leaf, programs: &Programs, x: &[f64]) -> Result<()> {
        let (n, d) = (leaf.mirror.len(), leaf.theta().len());
        let first = self.offset.len();
        for point in 0..=TESTED {
            let mut stream = Stream::new(point, 0, POINTS);
            // Of size one and away from 0, where products are well conditioned.
            let theta: Vec<f64> = (0..d)
                .map(|_| {
                    let z = stream.next_normal();
                    z + z.signum() / 2.0
                })
                .collect();
            let (y, jacobian) = programs.at(&theta, x);
            let w = leaf.weights(&theta);
            if point == 0 {
                let rows = Matrix::from_fn(y.len(), n, |m, i| {
                    let p = leaf.places()[i][0];
                    jacobian[m * d + p] / (w[i] / theta[p])
                });
                self.matrix.data.extend_from_slice(&rows.data);
                self.matrix.rows += rows.rows;
                for (m, y) in y.iter().enumerate() {
                    let own = self.matrix.row(first + m);
                    let linear: f64 = own.iter().zip(&w).map(|(x, w)| x * w).sum();
                    self.offset.push(y - linear);
                }
            }
            let error = self.error(leaf, first, &theta, &w, (&y, &jacobian));
            if error.is_nan() || error > LINEAR {
                return Err(not_linear(model, error));
            }
        }
        Ok(())
    }

    /// The largest error of F and J at θ, relative to the largest entries.
    fn error(
        &self,
        leaf: &Leaf,
        first: usize,
        theta: &[f64],
        w: &[f64],
        (y, jacobian): (&[f64], &[f64]),
    ) -> f64 {
        let d = theta.len();
        let (mut error, mut scale) = (0.0_f64, 0.0_f64);
        let (mut value_error, mut value_scale) = (0.0_f64, 0.0_f64);
        for (m, y) in y.iter().enumerate() {
            let row = self.matrix.row(first + m);
            let (mut value, mut size) = (self.offset[first + m], self.offset[first + m].abs());
            for (i, places) in leaf.places().iter().enumerate() {
                value += row[i] * w[i];
                size += (row[i] * w[i]).abs();
                for p in places {
                    let expected = row[i] * w[i] / theta[*p];
                    let found = jacobian[m * d + p];
                    scale = scale.max(found.abs());
                    error = larger(error, (found - expected).abs());
                }
            }
            value_error = larger(value_error, (value - y).abs());
            value_scale = value_scale.max(size);
        }
        let relative = |e: f64, s: f64| e / s.max(f64::MIN_POSITIVE);
        larger(relative(error, scale), relative(value_error, value_scale))
    }
}

/// The larger one, or what is no number.
fn larger(a: f64, b: f64) -> f64 {
    if b.is_nan() { b } else { a.max(b) }
}

/// F and J of one sample.
struct Programs {
    value: Program<f64>,
    jacobian: Program<f64>,
}

impl Programs {
    fn compile(model: &Model, arrays: &Arrays) -> Result<Programs> {
        let task = |task| Program::compile(model, arrays, Options::new(task, Layout::Single));
        Ok(Programs {
            value: task(Task::Value)?,
            jacobian: task(Task::Jacobian)?,
        })
    }

    fn at(&self, theta: &[f64], x: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let run = |program: &Program<f64>| {
            let mut result = vec![0.0; program.result_len(0)];
            let arguments = Arguments::at(theta, x);
            program.run(&mut program.workspace(), &arguments, &mut [&mut result]);
            result
        };
        (run(&self.value), run(&self.jacobian))
    }
}

/// The samples given; one without entries for a model that has no inputs.
pub(super) fn samples(model: &Model, data: &[Inputs]) -> Result<Vec<Inputs>> {
    if model.inputs().next().is_none() {
        return Ok(vec![Inputs::default()]);
    }
    if data.is_empty() {
        return Err(Error::new(
            ErrorKind::Value,
            format!("`{}` has inputs, and no sample is given", model.name),
        )
        .remedy("give the samples that it is trained on"));
    }
    Ok(data.to_vec())
}

fn not_linear(model: &Model, error: f64) -> Error {
    Error::new(
        ErrorKind::Unsupported,
        format!(
            "the outputs of `{}` are not linear in its effective weights (relative error {error:.1e} at random points)",
            model.name
        ),
    )
    .remedy("give the gradient of the loss in w to `Mirror::flow`; a selected solution is known for linear outputs only")
}
