//! Scaling of rows and columns before a rank is decided: neither units nor noise should decide it.
//!
//! A row (then a column) is divided by the larger of its largest entry and its largest error over u, the unit roundoff of
//! the arithmetic: entries become at most 1 and errors at most u. So a row that is all rounding stays rounding,
//! instead of becoming of size 1, and a row that cancellation left with few digits does not raise the noise of others.
//! Factors are powers of two, so that scaling adds no rounding.

use crate::dense::Matrix;

/// How often rows and columns are scaled in turn.
const ROUNDS: usize = 2;

/// Factors, one a row and one a column.
pub(super) struct Scaling {
    pub rows: Vec<f64>,
    pub cols: Vec<f64>,
}

impl Scaling {
    /// For entries of these values and absolute errors, in an arithmetic of unit roundoff `unit`.
    pub fn new(values: &Matrix, errors: &Matrix, unit: f64) -> Scaling {
        let mut scaling = Scaling {
            rows: vec![1.0; values.rows],
            cols: vec![1.0; values.cols],
        };
        for _ in 0..ROUNDS {
            let mut largest = vec![0.0f64; values.cols];
            for i in 0..values.rows {
                let row = || values.row(i).iter().zip(errors.row(i));
                let size = |(a, e): (&f64, &f64)| a.abs().max(e / unit);
                let scaled = row().zip(&scaling.cols).map(|(x, c)| size(x) * c);
                scaling.rows[i] = inverse_power(scaled.fold(0.0, f64::max));
                for (top, x) in largest.iter_mut().zip(row()) {
                    *top = top.max(size(x) * scaling.rows[i]);
                }
            }
            scaling.cols = largest.into_iter().map(inverse_power).collect();
        }
        scaling
    }

    /// Scales a matrix.
    pub fn apply(&self, a: &mut Matrix) {
        for i in 0..a.rows {
            for (x, c) in a.row_mut(i).iter_mut().zip(&self.cols) {
                *x *= self.rows[i] * c;
            }
        }
    }
}

/// A power of two near 1/x; 1 for 0.
fn inverse_power(x: f64) -> f64 {
    if x == 0.0 {
        return 1.0;
    }
    // Products of a row's and a column's factor stay finite.
    2f64.powi(-(x.log2().ceil() as i32).clamp(-500, 500))
}

/// Bound on the 2-norm of every matrix whose entries are at most these: the smaller of the Frobenius norm and √(‖E‖₁ ‖E‖_∞).
pub(super) fn norm_bound(errors: &Matrix) -> f64 {
    let mut columns = vec![0.0f64; errors.cols];
    let mut widest = 0.0f64;
    for i in 0..errors.rows {
        widest = widest.max(errors.row(i).iter().sum());
        for (sum, e) in columns.iter_mut().zip(errors.row(i)) {
            *sum += e;
        }
    }
    let tallest = columns.into_iter().fold(0.0, f64::max);
    errors.norm().min((widest * tallest).sqrt())
}
