//! The squared loss of a linear readout, L(w) = Σ(Xw + b − y)²/N, and the same in as few equations as
//! X has rank (theory §4.1).

use super::leaf::Leaf;
use super::readout::{Readout, samples};
use symbias_geometry::probe::Entries;
use symbias_geometry::rank::numerical;
use symbias_model::error::{Error, ErrorKind, Result};
use symbias_model::expression::{Model, Source, TensorId};
use symbias_model::program::{Arguments, Layout, Options, Program, Task};
use symbias_model::scalar::{Arrays, Inputs};
use symbias_numerics::dense::{Matrix, svd};
use symbias_numerics::random::Stream;
use symbias_numerics::rank::{RankDecision, rank};

/// A linear readout with its targets: L(w) = Σ(Xw + b − y)²/N.
#[derive(Clone, Debug, PartialEq)]
pub struct Regression {
    readout: Readout,
    target: Vec<f64>,
    divisor: f64,
    /// SVᵀ of X = USVᵀ, rank X rows.
    pub(super) rows: Matrix,
    /// Uᵀ(y − b).
    pub(super) goal: Vec<f64>,
    /// U.
    left: Matrix,
    rank: RankDecision,
}

/// Relative error of the loss up to which it is the squared loss of the targets.
const SAME: f64 = 1e-10;
/// Stream of the point at which it is compared.
const POINT: u64 = 72;

impl Regression {
    /// The squared loss of a readout: a target for each row, and N.
    ///
    /// # Errors
    /// As many targets as rows are needed, and N > 0; numbers that are not finite.
    pub fn new(readout: Readout, target: Vec<f64>, divisor: f64) -> Result<Regression> {
        if target.len() != readout.offset.len() {
            let text = format!(
                "{} targets for {} outputs",
                target.len(),
                readout.offset.len()
            );
            return Err(Error::new(ErrorKind::Shape, text).remedy("give one target per output"));
        }
        if !(divisor > 0.0 && target.iter().all(|y| y.is_finite())) {
            let text = format!("targets are finite and N is positive, not {divisor}");
            return Err(Error::new(ErrorKind::Value, text)
                .remedy("give finite targets, and the positive number that the loss divides by"));
        }
        let decision = rank("readout X", &readout.matrix).map_err(numerical)?;
        let full = svd(&readout.matrix).map_err(numerical)?;
        let (r, n) = (decision.rank, readout.matrix.cols);
        let rows = Matrix::from_fn(r, n, |k, i| full.s[k] * full.v.row(i)[k]);
        let left = Matrix::from_fn(target.len(), r, |m, k| full.u.row(m)[k]);
        let shifted = target.iter().zip(&readout.offset).map(|(y, b)| y - b);
        let shifted: Vec<f64> = shifted.collect();
        let goal = left.transpose().apply(&shifted).map_err(numerical)?;
        Ok(Regression {
            readout,
            target,
            divisor,
            rows,
            goal,
            left,
            rank: decision,
        })
    }

    /// The loss of a model at the samples that it is trained on; the one that the loss names must
    /// be its squared error of outputs that are linear in the weights.
    ///
    /// # Errors
    /// Those of [`Readout::of`]; another loss.
    pub fn of(model: &Model, leaf: &Leaf, files: &Entries, data: &[Inputs]) -> Result<Regression> {
        let readout = Readout::of(model, leaf, files, data)?;
        let all = samples(model, data)?;
        let divisor = model.loss_divisor(all.len());
        let loss = model.loss.as_ref().filter(|l| l.kind == "mse");
        let target = loss
            .and_then(|l| l.target)
            .ok_or_else(|| other_loss(model))?;
        let targets = targets(model, target, files, &all)?;
        let mut stream = Stream::new(0, 0, POINT);
        let theta: Vec<f64> = leaf.theta().iter().map(|_| stream.next_normal()).collect();
        let expected = loss_at(model, files, &all, &theta)?;
        let w = leaf.weights(&theta);
        // Which of several outputs the loss is of, its value decides.
        let per_sample = readout.offset.len() / all.len();
        let width = targets.len() / all.len();
        let mut first = 0;
        for output in &model.outputs {
            let own = model.entries(*output) as usize * model.tensor(*output).field.width();
            if own == width {
                let rows: Vec<usize> = (0..all.len())
                    .flat_map(|s| (0..own).map(move |k| s * per_sample + first + k))
                    .collect();
                let matrix =
                    Matrix::from_fn(rows.len(), w.len(), |m, i| readout.matrix.row(rows[m])[i]);
                let offset = rows.iter().map(|m| readout.offset[*m]).collect();
                let part = Readout { matrix, offset };
                let found = Regression::new(part, targets.clone(), divisor)?;
                if (found.loss(&w)? - expected).abs() <= SAME * expected.abs() {
                    return Ok(found);
                }
            }
            first += own;
        }
        Err(other_loss(model))
    }

    /// X and b.
    #[must_use]
    pub fn readout(&self) -> &Readout {
        &self.readout
    }

    /// y, one number per row of X.
    #[must_use]
    pub fn target(&self) -> &[f64] {
        &self.target
    }

    /// N.
    #[must_use]
    pub fn divisor(&self) -> f64 {
        self.divisor
    }

    /// The rank of X.
    #[must_use]
    pub fn rank(&self) -> &RankDecision {
        &self.rank
    }

    /// L(w).
    ///
    /// # Errors
    /// Not n weights.
    pub fn loss(&self, w: &[f64]) -> Result<f64> {
        let y = self.readout.outputs(w)?;
        let squares = y.iter().zip(&self.target).map(|(o, y)| (o - y) * (o - y));
        Ok(squares.sum::<f64>() / self.divisor)
    }

    /// ∇L(w) = 2Xᵀ(Xw + b − y)/N, n numbers.
    ///
    /// # Errors
    /// Not n weights.
    pub fn gradient(&self, w: &[f64]) -> Result<Vec<f64>> {
        let rest = self.excess(w)?;
        let factor = 2.0 / self.divisor;
        Ok(self.combined(&rest)?.iter().map(|g| factor * g).collect())
    }

    /// SVᵀw − Uᵀ(y − b): zero exactly where w is a least-squares fit; rank X numbers.
    pub(super) fn excess(&self, w: &[f64]) -> Result<Vec<f64>> {
        let mut rest = self.rows.apply(w).map_err(numerical)?;
        rest.iter_mut().zip(&self.goal).for_each(|(r, g)| *r -= g);
        Ok(rest)
    }

    /// The combination of the rows of SVᵀ with these coefficients, n numbers.
    pub(super) fn combined(&self, coefficients: &[f64]) -> Result<Vec<f64>> {
        let mut sum = vec![0.0; self.rows.cols];
        for (k, c) in coefficients.iter().enumerate() {
            let row = self.rows.row(k);
            sum.iter_mut().zip(row).for_each(|(s, x)| *s += c * x);
        }
        Ok(sum)
    }

    /// SVᵀ times the square roots of a diagonal, transposed: n × rank X. Its Gram matrix is the
    /// X D Xᵀ of the reduced equations.
    pub(super) fn weighted(&self, diagonal: &[f64]) -> Matrix {
        Matrix::from_fn(self.rows.cols, self.rows.rows, |i, k| {
            self.rows.row(k)[i] * diagonal[i].sqrt()
        })
    }

    /// Multipliers of the rows of X from those of the reduced equations.
    pub(super) fn multipliers(&self, reduced: &[f64]) -> Result<Vec<f64>> {
        self.left.apply(reduced).map_err(numerical)
    }

    /// Size of what is to be reached, for relative residuals.
    pub(super) fn scale(&self, w: &[f64]) -> Result<f64> {
        let reached = self.rows.apply(w).map_err(numerical)?;
        Ok(norm(&self.goal).max(norm(&reached)).max(f64::MIN_POSITIVE))
    }
}

/// The Euclidean norm.
pub(super) fn norm(x: &[f64]) -> f64 {
    x.iter().map(|x| x * x).sum::<f64>().sqrt()
}

/// Targets of all samples, one after the other.
fn targets(
    model: &Model,
    target: TensorId,
    files: &Entries,
    samples: &[Inputs],
) -> Result<Vec<f64>> {
    if let Source::Constant { .. } = model.tensor(target).source {
        let arrays = Arrays::new(model, files)?;
        let one = arrays.get(target).unwrap_or_default();
        return Ok(one.repeat(samples.len()));
    }
    let width = |id: TensorId| model.entries(id) as usize * model.tensor(id).field.width();
    let real =
        |id: &TensorId| matches!(model.tensor(*id).source, Source::Input { index: None, .. });
    let before = model.inputs().filter(real).take_while(|id| *id != target);
    let first: usize = before.map(width).sum();
    let end = first + width(target);
    let is_input = model.inputs().filter(real).any(|id| id == target);
    let own = samples
        .iter()
        .map(|s| s.flat.get(first..end).filter(|_| is_input));
    let all: Option<Vec<&[f64]>> = own.collect();
    Ok(all.ok_or_else(|| other_loss(model))?.concat())
}

/// L(θ) over all samples.
fn loss_at(model: &Model, files: &Entries, samples: &[Inputs], theta: &[f64]) -> Result<f64> {
    let arrays = Arrays::new(model, files)?;
    let mut sum = 0.0;
    let mut kept: Option<(Arrays, Program<f64>)> = None;
    for sample in samples {
        let own = arrays.with(sample);
        if kept.as_ref().is_none_or(|k| k.0 != own) {
            let options = Options::new(Task::Loss, Layout::Single);
            kept = Some((own.clone(), Program::compile(model, &own, options)?));
        }
        if let Some((_, program)) = &kept {
            let mut value = [0.0];
            let arguments = Arguments::at(theta, &sample.flat);
            program.run(&mut program.workspace(), &arguments, &mut [&mut value]);
            sum += value[0];
        }
    }
    Ok(sum * model.loss_divisor(1) / model.loss_divisor(samples.len()))
}

fn other_loss(model: &Model) -> Error {
    Error::new(
        ErrorKind::Unsupported,
        format!("the loss of `{}` is not the squared error of an output with a target that is given", model.name),
    )
    .remedy("declare [loss] with kind = \"mse\", or give the gradient of the loss in w to `Mirror::flow`")
}
