//! Ranks and null spaces of dense f64 matrices.
//!
//! Up to 300 columns: R of a QR, then its singular value decomposition, whose magnitudes are the singular values and
//! whose right vectors are the null space. Above: column-pivoted QR, whose |Rᵢᵢ| are within a modest factor of the
//! singular values and six times cheaper; the null space is P [−R₁₁⁻¹ R₁₂; 1], orthonormalised.

use super::{RankDecision, RankOptions, decide};
use crate::Error;
use crate::dense::Matrix;
use faer::linalg::triangular_solve::solve_upper_triangular_in_place;
use faer::{Mat, MatRef, Par};

/// Columns up to which singular values are used.
const SVD_COLS: usize = 300;

/// The rank of a matrix, with default [`RankOptions`].
///
/// # Errors
/// [`Error::NotFinite`] or [`Error::NoConvergence`].
pub fn rank(what: &str, a: &Matrix) -> Result<RankDecision, Error> {
    rank_with(what, a, RankOptions::default())
}

/// The rank of a matrix.
///
/// # Errors
/// [`Error::NotFinite`] or [`Error::NoConvergence`].
pub fn rank_with(what: &str, a: &Matrix, options: RankOptions) -> Result<RankDecision, Error> {
    a.require_finite("rank")?;
    if a.rows.min(a.cols) == 0 {
        return Ok(decide(what, &[], a.rows, a.cols, options));
    }
    let short = compress(a.faer());
    let magnitudes = if a.cols <= SVD_COLS {
        short.singular_values().map_err(|_| no_convergence(a))?
    } else {
        diagonal(short.col_piv_qr().thin_R())
    };
    Ok(decide(what, &magnitudes, a.rows, a.cols, options))
}

/// An orthonormal basis of {x : A x = 0}, one vector per column, with default [`RankOptions`].
///
/// # Errors
/// [`Error::NotFinite`] or [`Error::NoConvergence`].
pub fn nullspace(what: &str, rows: &Matrix) -> Result<(RankDecision, Matrix), Error> {
    nullspace_with(what, rows, RankOptions::default())
}

/// An orthonormal basis of {x : A x = 0}: cols × nullity, one vector per column; a matrix may be tall or wide.
///
/// # Errors
/// [`Error::NotFinite`] or [`Error::NoConvergence`].
pub fn nullspace_with(
    what: &str,
    rows: &Matrix,
    options: RankOptions,
) -> Result<(RankDecision, Matrix), Error> {
    rows.require_finite("null space")?;
    if rows.cols == 0 {
        return Ok((
            decide(what, &[], rows.rows, 0, options),
            Matrix::zeros(0, 0),
        ));
    }
    if rows.cols <= SVD_COLS {
        by_svd(what, rows, options)
    } else {
        by_pivoted_qr(what, rows, options)
    }
}

fn by_svd(what: &str, a: &Matrix, options: RankOptions) -> Result<(RankDecision, Matrix), Error> {
    let n = a.cols;
    let short = compress(a.faer());
    // At least square, so that all right vectors come out; compressed or not, every row counts.
    let square = Mat::from_fn(n.max(short.nrows()), n, |i, j| {
        if i < short.nrows() {
            short[(i, j)]
        } else {
            0.0
        }
    });
    let found = square.svd().map_err(|_| no_convergence(a))?;
    let magnitudes: Vec<f64> = (0..n.min(a.rows)).map(|i| found.S()[i]).collect();
    let decision = decide(what, &magnitudes, a.rows, n, options);
    let basis = Matrix::from_faer(found.V().subcols(decision.rank, n - decision.rank));
    Ok((decision, basis))
}

fn by_pivoted_qr(
    what: &str,
    a: &Matrix,
    options: RankOptions,
) -> Result<(RankDecision, Matrix), Error> {
    let n = a.cols;
    let short = compress(a.faer());
    let qr = short.col_piv_qr();
    let r = qr.thin_R();
    let decision = decide(what, &diagonal(r), a.rows, n, options);
    let (rank, nullity) = (decision.rank, n - decision.rank);
    if nullity == 0 {
        return Ok((decision, Matrix::zeros(n, 0)));
    }
    if rank == 0 {
        return Ok((decision, Matrix::identity(n)));
    }
    let mut head = Mat::from_fn(rank, nullity, |i, j| -r[(i, rank + j)]);
    solve_upper_triangular_in_place(r.submatrix(0, 0, rank, rank), head.as_mut(), Par::Seq);
    let (forward, _) = qr.P().arrays();
    let mut basis = Mat::zeros(n, nullity);
    for j in 0..nullity {
        for i in 0..rank {
            basis[(forward[i], j)] = head[(i, j)];
        }
        basis[(forward[rank + j], j)] = 1.0;
    }
    let orthonormal = basis.qr().compute_thin_Q();
    Ok((decision, Matrix::from_faer(orthonormal.as_ref())))
}

/// A itself, or R of its QR where that pays: at most about twice as many rows as columns, same right null space.
pub(super) fn compress(a: MatRef<'_, f64>) -> Mat<f64> {
    if 2 * a.nrows() > 3 * a.ncols() {
        a.qr().thin_R().to_owned()
    } else {
        a.to_owned()
    }
}

fn diagonal(r: MatRef<'_, f64>) -> Vec<f64> {
    let mut magnitudes: Vec<f64> = (0..r.nrows().min(r.ncols()))
        .map(|i| r[(i, i)].abs())
        .collect();
    magnitudes.sort_by(|a, b| b.total_cmp(a));
    magnitudes
}

fn no_convergence(a: &Matrix) -> Error {
    Error::NoConvergence {
        what: "singular value decomposition",
        rows: a.rows,
        cols: a.cols,
    }
}
