//! One-sided Jacobi singular value decomposition for tiny matrices, n ≤ 8, without allocation.
//!
//! Columns of A are rotated in pairs until all are orthogonal: A V = U diag(s). Small singular values keep relative
//! accuracy when A is a well-conditioned matrix times a diagonal scaling (Demmel and Veselić, SIAM J. Matrix Anal.
//! Appl. 13 (1992)), which is what near-null directions of Grams need.

use crate::Error;

const SWEEPS: usize = 40;

/// A = U diag(s) Vᵀ of an N × N matrix; arrays are row-major, s falls.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SmallSvd<const N: usize> {
    /// Orthonormal columns; a column whose singular value is 0 is 0.
    pub u: [[f64; N]; N],
    /// Singular values, falling.
    pub s: [f64; N],
    /// Orthonormal columns.
    pub v: [[f64; N]; N],
}

/// Decomposes one N × N matrix (row-major), N ≤ 8.
///
/// # Errors
/// [`Error::NotFinite`] or, after 40 sweeps (about 6 are usual), [`Error::NoConvergence`].
pub fn small_svd<const N: usize>(a: &[[f64; N]; N]) -> Result<SmallSvd<N>, Error> {
    const WHAT: &str = "Jacobi singular value decomposition";
    const { assert!(N <= 8, "one-sided Jacobi is for tiny matrices") };
    let mut top = 0.0f64;
    for (row, entries) in a.iter().enumerate() {
        for (col, x) in entries.iter().enumerate() {
            if !x.is_finite() {
                return Err(Error::NotFinite {
                    what: WHAT,
                    row,
                    col,
                });
            }
            top = top.max(x.abs());
        }
    }
    // A power of two, so that scaling is exact and squares neither overflow nor vanish.
    let scale = if top > 0.0 {
        2f64.powi((top.log2().floor() as i32).clamp(-1022, 1022))
    } else {
        1.0
    };
    // Columns as rows, so that a column is contiguous.
    let mut w = [[0.0; N]; N];
    let mut v = [[0.0; N]; N];
    for i in 0..N {
        v[i][i] = 1.0;
        for j in 0..N {
            w[j][i] = a[i][j] / scale;
        }
    }
    let mut rotated = true;
    let mut sweep = 0;
    while rotated {
        if sweep == SWEEPS {
            return Err(Error::NoConvergence {
                what: WHAT,
                rows: N,
                cols: N,
            });
        }
        rotated = false;
        for p in 0..N {
            for q in p + 1..N {
                rotated |= orthogonalise(&mut w, &mut v, p, q);
            }
        }
        sweep += 1;
    }
    Ok(collect(&w, &v, scale))
}

/// Decomposes a batch; stops at the first failure.
///
/// # Errors
/// As [`small_svd`].
pub fn small_svd_batch<const N: usize>(batch: &[[[f64; N]; N]]) -> Result<Vec<SmallSvd<N>>, Error> {
    batch.iter().map(small_svd).collect()
}

/// Squared norm, relative to the largest entry, below which a column counts as zero.
const NEGLIGIBLE: f64 = 1e-280;

/// Rotates columns p and q to be orthogonal; false if they already were, to rounding.
fn orthogonalise<const N: usize>(
    w: &mut [[f64; N]; N],
    v: &mut [[f64; N]; N],
    p: usize,
    q: usize,
) -> bool {
    let dot = |x: &[f64; N], y: &[f64; N]| (0..N).map(|k| x[k] * y[k]).sum::<f64>();
    let (alpha, beta, gamma) = (dot(&w[p], &w[p]), dot(&w[q], &w[q]), dot(&w[p], &w[q]));
    // A column that cancels is reduced by ε in each sweep; its square must not become subnormal.
    if alpha.min(beta) < NEGLIGIBLE {
        return false;
    }
    // The rounding of a dot product of N terms.
    if gamma.abs() <= N as f64 * f64::EPSILON * alpha.sqrt() * beta.sqrt() || gamma == 0.0 {
        return false;
    }
    let zeta = (beta - alpha) / (2.0 * gamma);
    let t = zeta.signum() / (zeta.abs() + zeta.hypot(1.0));
    let c = 1.0 / t.hypot(1.0);
    let s = c * t;
    for m in [w, v] {
        let (head, tail) = m.split_at_mut(q);
        for (x, y) in head[p].iter_mut().zip(&mut tail[0]) {
            (*x, *y) = (c * *x - s * *y, s * *x + c * *y);
        }
    }
    true
}

fn collect<const N: usize>(w: &[[f64; N]; N], v: &[[f64; N]; N], scale: f64) -> SmallSvd<N> {
    let norms: [f64; N] = std::array::from_fn(|j| w[j].iter().fold(0.0f64, |h, x| h.hypot(*x)));
    let mut order: [usize; N] = std::array::from_fn(|j| j);
    order.sort_by(|&i, &j| norms[j].total_cmp(&norms[i]));
    let mut out = SmallSvd {
        u: [[0.0; N]; N],
        s: [0.0; N],
        v: [[0.0; N]; N],
    };
    for (k, &j) in order.iter().enumerate() {
        out.s[k] = norms[j] * scale;
        for i in 0..N {
            out.u[i][k] = if norms[j] * norms[j] >= NEGLIGIBLE {
                w[j][i] / norms[j]
            } else {
                0.0
            };
            out.v[i][k] = v[j][i];
        }
    }
    out
}
