//! Ranks and null spaces of matrices of [`Extended`] numbers: elimination with complete pivoting.
//!
//! The k-th pivot is the largest entry of what is left after k − 1 steps, so that the pivots follow the singular values within
//! modest factors (Higham, Accuracy and Stability, §9.3 and §14.4), at min(m, n) m n operations of two dozen flops each.
//! Rows and columns are equilibrated before; the noise is that of the entries' errors, and what the elimination adds.

use super::equilibrate::{Scaling, norm_bound};
use super::measured::{leave_out_unbounded, matching};
use super::orthonormal::{complement, orthonormal};
use super::{Clarity, RankDecision, decide_above_noise};
use crate::Error;
use crate::dense::Matrix;
use crate::extended::Extended;
use crate::extended::transform::{fast_two_sum, product_error, split, two_sum};
use crate::lanes::{Simd, dispatch, level};
use faer::Mat;

/// Relative error that entries have at least.
const UNIT: f64 = Extended::EPSILON;

/// Error of the elimination, in units of ε ‖A‖_F.
const ELIMINATION: f64 = 4.0;

/// What an absolute error of a computation in f64 becomes if the same computation is made with [`Extended`] numbers: at
/// most this part of it. (Operations of relative error 2^-103 instead of 2^-53, functions of 2^-97 instead of 2^-52.)
pub const EXTENDED_SHARE: f64 = 1.0 / (1u64 << 45) as f64;

/// Rows of [`Extended`] numbers, each entry with a bound on its absolute error.
#[derive(Clone, Debug)]
pub struct ExtendedRows {
    high: Matrix,
    low: Matrix,
    errors: Matrix,
}

impl ExtendedRows {
    /// No rows, of `cols` entries each.
    pub fn new(cols: usize) -> ExtendedRows {
        ExtendedRows {
            high: Matrix::zeros(0, cols),
            low: Matrix::zeros(0, cols),
            errors: Matrix::zeros(0, cols),
        }
    }

    /// Adds a row and the bounds of its errors; without bounds each entry is off by 2^-103 of itself, which is right where
    /// nothing cancelled in its computation.
    ///
    /// # Errors
    /// [`Error::Shape`] if a slice has not as many entries as there are columns.
    pub fn push(&mut self, row: &[Extended], errors: Option<&[f64]>) -> Result<(), Error> {
        let cols = self.high.cols;
        for length in [row.len(), errors.map_or(cols, <[f64]>::len)] {
            if length != cols {
                return Err(Error::Shape {
                    what: "a row of extended numbers",
                    expected: format!("{cols} entries"),
                    found: format!("{length} entries"),
                });
            }
        }
        self.high.data.extend(row.iter().map(|x| x.high()));
        self.low.data.extend(row.iter().map(|x| x.low()));
        match errors {
            Some(errors) => self.errors.data.extend_from_slice(errors),
            None => {
                let relative = row.iter().map(|x| UNIT * x.high().abs());
                self.errors.data.extend(relative);
            }
        }
        for part in [&mut self.high, &mut self.low, &mut self.errors] {
            part.rows += 1;
        }
        Ok(())
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.high.rows
    }

    /// Number of columns.
    pub fn cols(&self) -> usize {
        self.high.cols
    }

    /// The rank.
    ///
    /// # Errors
    /// [`Error::NotFinite`].
    pub fn rank(&self, what: &str) -> Result<RankDecision, Error> {
        Ok(self.eliminated(what)?.decision)
    }

    /// The rank and an orthonormal basis of the null space in f64, one vector per column.
    ///
    /// # Errors
    /// [`Error::NotFinite`].
    pub fn nullspace(&self, what: &str) -> Result<(RankDecision, Matrix), Error> {
        let found = self.eliminated(what)?;
        let rank = found.decision.rank;
        let basis = if self.cols() - rank > rank {
            complement(&found.rowspace())
        } else {
            orthonormal(&found.nullspace())
        };
        Ok((found.decision, basis))
    }

    fn eliminated(&self, what: &str) -> Result<Eliminated, Error> {
        let mut high = self.high.clone();
        let mut errors = matching(&self.high, &self.errors)?;
        let incomplete = leave_out_unbounded(&mut high, &mut errors);
        high.require_finite("rank of extended entries")?;
        // No entry is known better than the arithmetic can say.
        for (e, x) in errors.data.iter_mut().zip(&high.data) {
            *e = e.max(0.5 * UNIT * x.abs());
        }
        let scaling = Scaling::new(&high, &errors, UNIT);
        let mut low = self.low.clone();
        scaling.apply(&mut high);
        scaling.apply(&mut low);
        scaling.apply(&mut errors);
        for (low, high) in low.data.iter_mut().zip(&high.data) {
            // A row that was left out has no second half either.
            *low = if *high == 0.0 { 0.0 } else { *low };
        }
        let mut work = Elimination::new(&high, &low);
        let rounding = ELIMINATION * UNIT * high.norm();
        // An entry of what is left is made of as many errors as there are pivots, each times a multiplier near 1 at most.
        let growth = 1.0 + high.rows.min(high.cols) as f64;
        let noise = growth * (norm_bound(&errors) + rounding);
        let dropped = work.run(noise);
        let mut magnitudes = work.pivots.clone();
        magnitudes.sort_by(|a, b| b.total_cmp(a));
        magnitudes.extend(dropped);
        let (rows, cols) = (high.rows, high.cols);
        let mut decision = decide_above_noise(what, &magnitudes, rows, cols, noise);
        if incomplete && decision.rank < cols {
            decision.clarity = Clarity::Weak;
        }
        Ok(Eliminated {
            decision,
            work,
            scales: scaling.cols,
        })
    }
}

struct Eliminated {
    decision: RankDecision,
    work: Elimination,
    scales: Vec<f64>,
}

impl Eliminated {
    /// C⁻¹ times the rows of U that are kept, as columns.
    fn rowspace(&self) -> Mat<f64> {
        let mut rows = Mat::zeros(self.scales.len(), self.decision.rank);
        for (j, &col) in self.work.columns.iter().enumerate() {
            for i in 0..self.decision.rank.min(j + 1) {
                rows[(col, i)] = self.work.rows[i].high[j] / self.scales[col];
            }
        }
        rows
    }

    /// C P [−U₁₁⁻¹ U₁₂; 1], by back substitution in extended numbers.
    fn nullspace(&self) -> Mat<f64> {
        let (rank, cols) = (self.decision.rank, self.scales.len());
        let mut head: Vec<Row> = Vec::with_capacity(rank);
        let mut splits: Vec<Splits> = Vec::with_capacity(rank);
        for i in (0..rank).rev() {
            let upper = &self.work.rows[i];
            let mut x = upper.tail(rank);
            // Rows rank − 1, rank − 2, … are known, in this order.
            for (k, (known, split)) in head.iter().zip(&splits).enumerate() {
                x.subtract(upper.at(rank - 1 - k), known, split, 0);
            }
            let pivot = upper.at(i);
            x.each(|entry| entry / pivot);
            splits.push(x.splits(0));
            head.push(x);
        }
        let mut basis = Mat::zeros(cols, cols - rank);
        for j in 0..cols - rank {
            for (k, row) in head.iter().enumerate() {
                let col = self.work.columns[rank - 1 - k];
                basis[(col, j)] = -row.high[j] * self.scales[col];
            }
            let col = self.work.columns[rank + j];
            basis[(col, j)] = self.scales[col];
        }
        basis
    }
}

/// One row, its halves apart.
#[derive(Clone, Debug)]
struct Row {
    high: Vec<f64>,
    low: Vec<f64>,
}

/// The two halves of the first parts of a row, for products.
struct Splits {
    upper: Vec<f64>,
    lower: Vec<f64>,
}

impl Row {
    fn at(&self, j: usize) -> Extended {
        Extended::sum(self.high[j], self.low[j])
    }

    fn tail(&self, from: usize) -> Row {
        Row {
            high: self.high[from..].to_vec(),
            low: self.low[from..].to_vec(),
        }
    }

    fn swap(&mut self, i: usize, j: usize) {
        self.high.swap(i, j);
        self.low.swap(i, j);
    }

    fn each(&mut self, f: impl Fn(Extended) -> Extended) {
        for (high, low) in self.high.iter_mut().zip(&mut self.low) {
            let y = f(Extended::sum(*high, *low));
            (*high, *low) = (y.high(), y.low());
        }
    }

    fn splits(&self, from: usize) -> Splits {
        let (upper, lower) = self.high[from..].iter().map(|&x| split(x)).unzip();
        Splits { upper, lower }
    }

    /// self ← self − a x from column `from` on; the splits begin there.
    fn subtract(&mut self, a: Extended, x: &Row, splits: &Splits, from: usize) {
        let y = (&mut self.high[from..], &mut self.low[from..]);
        let x = (&x.high[from..], &x.low[from..]);
        dispatch!(level(), simd => simd.vectorize(#[inline(always)] || subtract(y, a, x, splits)));
    }
}

/// y ← y − a x. Absolute errors are a few 2^-106 of |y| + |a x|: where the two cancel no more than elimination itself allows.
#[inline(always)]
fn subtract(
    (high, low): (&mut [f64], &mut [f64]),
    a: Extended,
    (x_high, x_low): (&[f64], &[f64]),
    splits: &Splits,
) {
    let (a_high, a_low, a_split) = (a.high(), a.low(), split(a.high()));
    let n = high.len();
    let (low, x_high, x_low) = (&mut low[..n], &x_high[..n], &x_low[..n]);
    let (upper, lower) = (&splits.upper[..n], &splits.lower[..n]);
    for j in 0..n {
        let product = a_high * x_high[j];
        let error = product_error(product, a_split, (upper[j], lower[j]));
        let error = error + (a_high * x_low[j] + a_low * x_high[j]);
        let (sum, rest) = two_sum(high[j], -product);
        (high[j], low[j]) = fast_two_sum(sum, rest + (low[j] - error));
    }
}

/// A matrix on its way to P A Q = L U; L is not kept.
struct Elimination {
    rows: Vec<Row>,
    /// Column j of what is left is column `columns[j]` of A.
    columns: Vec<usize>,
    pivots: Vec<f64>,
}

impl Elimination {
    fn new(high: &Matrix, low: &Matrix) -> Elimination {
        let row = |i| Row {
            high: high.row(i).to_vec(),
            low: low.row(i).to_vec(),
        };
        Elimination {
            rows: (0..high.rows).map(row).collect(),
            columns: (0..high.cols).collect(),
            pivots: Vec::new(),
        }
    }

    /// Eliminates while the largest entry that is left is above `noise`; returns that entry, if anything is left.
    fn run(&mut self, noise: f64) -> Option<f64> {
        let (m, n) = (self.rows.len(), self.columns.len());
        let mut tops: Vec<f64> = self.rows.iter().map(|row| largest(&row.high)).collect();
        for k in 0..m.min(n) {
            let best = (k..m).max_by(|&i, &j| tops[i].total_cmp(&tops[j]))?;
            if tops[best] <= noise {
                return Some(tops[best]);
            }
            self.rows.swap(k, best);
            tops.swap(k, best);
            let pivot_row = &self.rows[k].high;
            let col = (k..n).find(|&j| pivot_row[j].abs() == tops[k])?;
            self.columns.swap(k, col);
            for row in &mut self.rows {
                row.swap(k, col);
            }
            self.pivots.push(tops[k]);
            let (done, rest) = self.rows.split_at_mut(k + 1);
            let pivot_row = &done[k];
            let splits = pivot_row.splits(k + 1);
            let pivot = pivot_row.at(k);
            for (row, top) in rest.iter_mut().zip(&mut tops[k + 1..]) {
                let entry = row.at(k);
                if entry != Extended::ZERO {
                    row.subtract(entry / pivot, pivot_row, &splits, k + 1);
                }
                *top = largest(&row.high[k + 1..]);
            }
        }
        None
    }
}

fn largest(x: &[f64]) -> f64 {
    // Eight maxima at once, since one would wait for itself.
    let mut tops = [0.0f64; 8];
    let chunks = x.chunks_exact(8);
    let rest = chunks.remainder();
    for chunk in chunks {
        for (top, x) in tops.iter_mut().zip(chunk) {
            *top = if x.abs() > *top { x.abs() } else { *top };
        }
    }
    rest.iter()
        .chain(&tops)
        .fold(0.0, |top, x| top.max(x.abs()))
}
