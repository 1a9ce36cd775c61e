//! Orthonormal bases of spans and of their complements, also where the rows differ in size by many powers of ten.
//!
//! There all vectors look alike but for their smallest entries, and a plain QR loses what makes them independent. Rows sorted
//! by size and columns pivoted, each row keeps an error relative to its own size (Powell and Reid; Cox and Higham,
//! Stability of Householder QR factorization for weighted least squares, 1998).

use crate::dense::Matrix;
use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::householder::{
    apply_block_householder_sequence_on_the_left_in_place_scratch,
    apply_block_householder_sequence_on_the_left_in_place_with_conj,
};
use faer::{Conj, Mat, MatRef, Par};

/// Ratio of row sizes from which on they are sorted.
const GRADED: f64 = 1e3;

/// An orthonormal basis of the same span.
pub(super) fn orthonormal(vectors: &Mat<f64>) -> Matrix {
    if vectors.ncols() == 0 {
        return Matrix::zeros(vectors.nrows(), 0);
    }
    match sorted(vectors) {
        None => Matrix::from_faer(vectors.qr().compute_thin_Q().as_ref()),
        Some((order, rows)) => {
            let qr = rows.col_piv_qr();
            let (n, r) = (rows.nrows(), rows.ncols());
            let mut basis = Mat::from_fn(n, r, |i, j| f64::from(i == j));
            rotate(qr.Q_basis(), qr.Q_coeff(), &mut basis);
            unsorted(&order, &basis)
        }
    }
}

/// An orthonormal basis of the orthogonal complement of independent vectors.
pub(super) fn complement(vectors: &Mat<f64>) -> Matrix {
    let (n, r) = (vectors.nrows(), vectors.ncols());
    if r == 0 {
        return Matrix::identity(n);
    }
    let mut basis = Mat::from_fn(n, n - r, |i, j| f64::from(i == r + j));
    match sorted(vectors) {
        None => {
            let qr = vectors.qr();
            rotate(qr.Q_basis(), qr.Q_coeff(), &mut basis);
            Matrix::from_faer(basis.as_ref())
        }
        Some((order, rows)) => {
            let qr = rows.col_piv_qr();
            rotate(qr.Q_basis(), qr.Q_coeff(), &mut basis);
            unsorted(&order, &basis)
        }
    }
}

/// M ← Q M with the whole Q of a QR.
pub(super) fn rotate(basis: MatRef<'_, f64>, coefficients: MatRef<'_, f64>, m: &mut Mat<f64>) {
    let scratch = apply_block_householder_sequence_on_the_left_in_place_scratch::<f64>(
        m.nrows(),
        coefficients.nrows(),
        m.ncols(),
    );
    apply_block_householder_sequence_on_the_left_in_place_with_conj(
        basis,
        coefficients,
        Conj::No,
        m.as_mut(),
        Par::Seq,
        MemStack::new(&mut MemBuffer::new(scratch)),
    );
}

/// Rows by falling size with their numbers, if the sizes differ much.
fn sorted(vectors: &Mat<f64>) -> Option<(Vec<usize>, Mat<f64>)> {
    let size =
        |i: usize| (0..vectors.ncols()).fold(0.0f64, |top, j| top.max(vectors[(i, j)].abs()));
    let sizes: Vec<f64> = (0..vectors.nrows()).map(size).collect();
    let largest = sizes.iter().copied().fold(0.0, f64::max);
    let positive = sizes.iter().copied().filter(|&size| size > 0.0);
    if largest <= GRADED * positive.fold(f64::INFINITY, f64::min) {
        return None;
    }
    let mut order: Vec<usize> = (0..vectors.nrows()).collect();
    order.sort_by(|&i, &j| sizes[j].total_cmp(&sizes[i]));
    let rows = Mat::from_fn(vectors.nrows(), vectors.ncols(), |i, j| {
        vectors[(order[i], j)]
    });
    Some((order, rows))
}

fn unsorted(order: &[usize], rows: &Mat<f64>) -> Matrix {
    let mut m = Matrix::zeros(rows.nrows(), rows.ncols());
    for (i, &row) in order.iter().enumerate() {
        for j in 0..rows.ncols() {
            m[(row, j)] = rows[(i, j)];
        }
    }
    m
}
