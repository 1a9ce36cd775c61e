//! Ranks of matrices whose entries come with bounds on their errors.
//!
//! σ_k(A + E) differs from σ_k(A) by at most ‖E‖: a magnitude above the noise ‖E‖ is certainly not 0. Rows
//! and columns are scaled first, which changes no rank, so that a small row is not taken for noise; but
//! never enlarged beyond what their errors allow, so that rounding is not taken for a row.

use super::{RankDecision, RankOptions, nullspace_with, rank_with};
use crate::Error;
use crate::dense::Matrix;

/// Entries count as known if they stand so far above their errors.
const KNOWN: f64 = 16.0;

/// The matrix with scaled rows and columns, its noise ‖E‖_F in that scale, and the columns' factors.
struct Scaled {
    matrix: Matrix,
    noise: f64,
    columns: Vec<f64>,
}

fn scaled(values: &Matrix, errors: &Matrix) -> Scaled {
    let (m, n) = (values.rows, values.cols);
    // Size of a row or column: its largest entry, or its largest error times what makes it known.
    let size = |value: f64, error: f64| value.abs().max(KNOWN * error);
    let scale = |x: f64| if x > 0.0 { 1.0 / x } else { 1.0 };
    let rows: Vec<f64> = (0..m)
        .map(|i| {
            let pairs = values.row(i).iter().zip(errors.row(i));
            let top = pairs.clone().fold(0.0_f64, |t, (v, _)| t.max(v.abs()));
            let noise = pairs.fold(0.0_f64, |t, (_, e)| t.max(*e));
            scale(size(top, noise / f64::EPSILON.sqrt()))
        })
        .collect();
    let mut columns = vec![0.0_f64; n];
    for (i, r) in rows.iter().enumerate() {
        for (c, v) in columns.iter_mut().zip(values.row(i)) {
            *c = c.max(v.abs() * r);
        }
    }
    let mut noises = vec![0.0_f64; n];
    for (i, r) in rows.iter().enumerate() {
        for (c, e) in noises.iter_mut().zip(errors.row(i)) {
            *c = c.max(e * r);
        }
    }
    let columns: Vec<f64> = columns
        .iter()
        .zip(&noises)
        .map(|(v, e)| scale(size(*v, e / f64::EPSILON.sqrt())))
        .collect();
    let matrix = Matrix::from_fn(m, n, |i, j| values.row(i)[j] * rows[i] * columns[j]);
    let noise: f64 = (0..m)
        .map(|i| {
            let entry = |j: usize| errors.row(i)[j] * rows[i] * columns[j];
            (0..n).map(|j| entry(j) * entry(j)).sum::<f64>()
        })
        .sum();
    Scaled {
        matrix,
        noise: noise.sqrt(),
        columns,
    }
}

fn options(scaled: &Scaled) -> RankOptions {
    RankOptions {
        noise: scaled.noise,
        ..RankOptions::default()
    }
}

/// The rank of a matrix with bounds on the errors of its entries.
///
/// # Errors
/// [`Error::NotFinite`] or [`Error::NoConvergence`].
pub fn measured_rank(what: &str, values: &Matrix, errors: &Matrix) -> Result<RankDecision, Error> {
    let scaled = scaled(values, errors);
    rank_with(what, &scaled.matrix, options(&scaled))
}

/// An orthonormal basis of the null space of a matrix whose rank is known otherwise, one vector per column:
/// the right singular vectors of the smallest magnitudes of the scaled matrix, and the gap there.
///
/// # Errors
/// [`Error::NotFinite`] or [`Error::NoConvergence`].
pub fn measured_nullspace_of_rank(
    values: &Matrix,
    errors: &Matrix,
    rank: usize,
) -> Result<(f64, Matrix), Error> {
    let scaled = scaled(values, errors);
    let n = values.cols;
    let tall = Matrix::from_fn(n.max(values.rows), n, |i, j| {
        if i < values.rows {
            scaled.matrix.row(i)[j]
        } else {
            0.0
        }
    });
    let svd = crate::dense::svd(&tall)?;
    let at = |k: usize| svd.s.get(k).copied().unwrap_or(0.0);
    let gap = if rank == 0 || rank >= n {
        f64::INFINITY
    } else {
        at(rank - 1) / at(rank).max(f64::MIN_POSITIVE)
    };
    if rank >= n {
        return Ok((gap, Matrix::zeros(n, 0)));
    }
    let unscaled = Matrix::from_fn(n, n - rank, |i, j| {
        svd.v.row(i)[rank + j] * scaled.columns[i]
    });
    Ok((gap, crate::dense::column_pivoted_qr(&unscaled)?.q))
}

/// An orthonormal basis of the null space, one vector per column.
///
/// # Errors
/// [`Error::NotFinite`] or [`Error::NoConvergence`].
pub fn measured_nullspace(
    what: &str,
    values: &Matrix,
    errors: &Matrix,
) -> Result<(RankDecision, Matrix), Error> {
    let scaled = scaled(values, errors);
    let (decision, basis) = nullspace_with(what, &scaled.matrix, options(&scaled))?;
    let unscaled = Matrix::from_fn(basis.rows, basis.cols, |i, j| {
        basis.row(i)[j] * scaled.columns[i]
    });
    if basis.cols == 0 {
        return Ok((decision, basis));
    }
    let orthonormal = crate::dense::column_pivoted_qr(&unscaled)?.q;
    Ok((decision, orthonormal))
}
