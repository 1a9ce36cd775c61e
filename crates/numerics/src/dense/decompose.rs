//! Decompositions by faer, with conventions fixed: singular values fall, eigenvalues rise, vectors are columns.

use super::Matrix;
use crate::Error;
use faer::Side;
use faer::linalg::solvers::{ColPivQr, SolveLstsqCore};

/// A = U diag(s) Vᵀ, thin: k = min(rows, cols), s falling.
#[derive(Debug, Clone)]
pub struct Svd {
    /// rows × k, orthonormal columns.
    pub u: Matrix,
    /// k singular values, falling.
    pub s: Vec<f64>,
    /// cols × k, orthonormal columns.
    pub v: Matrix,
}

/// A = V diag(values) Vᵀ with values rising.
#[derive(Debug, Clone)]
pub struct SymmetricEigen {
    /// Eigenvalues, rising.
    pub values: Vec<f64>,
    /// n × n; column j belongs to value j.
    pub vectors: Matrix,
}

/// A P = Q R with |R₀₀| ≥ |R₁₁| ≥ …; thin, k = min(rows, cols).
#[derive(Debug, Clone)]
pub struct PivotedQr {
    /// rows × k, orthonormal columns.
    pub q: Matrix,
    /// k × cols, upper trapezoidal.
    pub r: Matrix,
    /// Column j of A P is column `permutation[j]` of A.
    pub permutation: Vec<usize>,
}

/// Thin singular value decomposition.
///
/// # Errors
/// [`Error::NotFinite`] or [`Error::NoConvergence`].
pub fn svd(a: &Matrix) -> Result<Svd, Error> {
    const WHAT: &str = "singular value decomposition";
    a.require_finite(WHAT)?;
    let k = a.rows.min(a.cols);
    if k == 0 {
        return Ok(Svd {
            u: Matrix::zeros(a.rows, 0),
            s: vec![],
            v: Matrix::zeros(a.cols, 0),
        });
    }
    let (scaled, unit) = in_range(a);
    if k == 1 {
        return Ok(rank_one(a, &scaled, unit));
    }
    let found = scaled.faer().thin_svd().map_err(|_| Error::NoConvergence {
        what: WHAT,
        rows: a.rows,
        cols: a.cols,
    })?;
    let s = (0..k).map(|i| found.S()[i] * unit).collect();
    Ok(Svd {
        u: Matrix::from_faer(found.U()),
        s,
        v: Matrix::from_faer(found.V()),
    })
}

/// The decomposition of one row or one column.
fn rank_one(a: &Matrix, scaled: &Matrix, unit: f64) -> Svd {
    let size = scaled.norm();
    // Of zeros: any unit vector.
    let vector = |n: usize, i: usize| match size {
        0.0 => f64::from(u8::from(n == 1 || i == 0)),
        _ => scaled.row(if a.rows == 1 { 0 } else { i })[if a.rows == 1 { i } else { 0 }] / size,
    };
    let (u, v) = match a.rows {
        1 => (
            Matrix::from_fn(1, 1, |_, _| 1.0),
            Matrix::from_fn(a.cols, 1, |i, _| vector(a.cols, i)),
        ),
        _ => (
            Matrix::from_fn(a.rows, 1, |i, _| vector(a.rows, i)),
            Matrix::from_fn(1, 1, |_, _| 1.0),
        ),
    };
    Svd {
        u,
        s: vec![size * unit],
        v,
    }
}

/// Largest entries beyond this and its inverse have squares out of the range of numbers.
const WIDE: f64 = 1e100;

/// The matrix in a unit, a power of two, in which squares of its entries are numbers.
fn in_range(a: &Matrix) -> (std::borrow::Cow<'_, Matrix>, f64) {
    let top = a.max_abs();
    if top == 0.0 || (1.0 / WIDE..=WIDE).contains(&top) {
        return (std::borrow::Cow::Borrowed(a), 1.0);
    }
    let unit = top.log2().floor().exp2();
    (std::borrow::Cow::Owned(a.scaled(unit.recip())), unit)
}

/// The min(rows, cols) singular values, falling.
///
/// # Errors
/// [`Error::NotFinite`] or [`Error::NoConvergence`].
pub fn singular_values(a: &Matrix) -> Result<Vec<f64>, Error> {
    const WHAT: &str = "singular values";
    a.require_finite(WHAT)?;
    if a.rows.min(a.cols) == 0 {
        return Ok(vec![]);
    }
    let (scaled, unit) = in_range(a);
    if a.rows.min(a.cols) == 1 {
        return Ok(vec![scaled.norm() * unit]);
    }
    let mut found = scaled
        .faer()
        .singular_values()
        .map_err(|_| Error::NoConvergence {
            what: WHAT,
            rows: a.rows,
            cols: a.cols,
        })?;
    found.iter_mut().for_each(|s| *s *= unit);
    Ok(found)
}

/// Eigenvalues and orthonormal eigenvectors of a symmetric matrix; only the lower triangle is read.
///
/// # Errors
/// [`Error::Shape`], [`Error::NotFinite`] or [`Error::NoConvergence`].
pub fn symmetric_eigen(a: &Matrix) -> Result<SymmetricEigen, Error> {
    const WHAT: &str = "symmetric eigendecomposition";
    a.require_square(WHAT)?;
    a.require_finite(WHAT)?;
    if a.rows == 0 {
        return Ok(SymmetricEigen {
            values: vec![],
            vectors: Matrix::zeros(0, 0),
        });
    }
    let found = a
        .faer()
        .self_adjoint_eigen(Side::Lower)
        .map_err(|_| Error::NoConvergence {
            what: WHAT,
            rows: a.rows,
            cols: a.cols,
        })?;
    let values = (0..a.rows).map(|i| found.S()[i]).collect();
    Ok(SymmetricEigen {
        values,
        vectors: Matrix::from_faer(found.U()),
    })
}

/// A = QR without pivoting: Q rows × k with orthonormal columns, R k × cols upper trapezoidal, k = min(rows, cols).
///
/// # Errors
/// [`Error::NotFinite`].
pub fn qr(a: &Matrix) -> Result<(Matrix, Matrix), Error> {
    a.require_finite("QR")?;
    let found = a.faer().qr();
    let q = Matrix::from_faer(found.compute_thin_Q().as_ref());
    Ok((q, Matrix::from_faer(found.thin_R())))
}

/// QR with column pivoting.
///
/// # Errors
/// [`Error::NotFinite`].
pub fn column_pivoted_qr(a: &Matrix) -> Result<PivotedQr, Error> {
    a.require_finite("column-pivoted QR")?;
    let found = ColPivQr::new(a.faer());
    let (forward, _) = found.P().arrays();
    Ok(PivotedQr {
        q: Matrix::from_faer(found.compute_thin_Q().as_ref()),
        r: Matrix::from_faer(found.thin_R()),
        permutation: forward.to_vec(),
    })
}

/// The minimiser of ‖A x − b‖ for A of full column rank with rows ≥ cols, by column-pivoted QR.
/// One column of the answer per column of b. For a rank-deficient A take the pseudo-inverse from [`svd`] and a rank
/// from [`rank`](crate::rank).
///
/// # Errors
/// [`Error::Shape`] if rows < cols or b has other rows; [`Error::NotFinite`], also if A is exactly rank-deficient.
pub fn least_squares(a: &Matrix, b: &Matrix) -> Result<Matrix, Error> {
    const WHAT: &str = "least squares";
    if a.rows < a.cols || a.rows != b.rows {
        return Err(Error::Shape {
            what: WHAT,
            expected: "A with rows >= cols, and b with as many rows".into(),
            found: format!("{}x{} and {}x{}", a.rows, a.cols, b.rows, b.cols),
        });
    }
    a.require_finite(WHAT)?;
    b.require_finite(WHAT)?;
    if a.cols == 0 {
        return Ok(Matrix::zeros(0, b.cols));
    }
    let mut work = faer::Mat::from_fn(b.rows, b.cols, |i, j| b[(i, j)]);
    ColPivQr::new(a.faer()).solve_lstsq_in_place_with_conj(faer::Conj::No, work.as_mut());
    let x = Matrix::from_fn(a.cols, b.cols, |i, j| work[(i, j)]);
    x.require_finite(WHAT)?;
    Ok(x)
}
