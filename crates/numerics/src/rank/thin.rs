//! The magnitudes and the null space of a matrix by way of its thin side: min(m, n)² max(m, n) operations for an m × n one.
//!
//! A tall matrix is replaced by the R of its QR. A wide one by Rᵀ, from the QR of its transpose: A = Rᵀ Qᵀ, so that x is in
//! the null space if Qᵀx = (z, w) with Rᵀz = 0 and any w. What is left is at most half as long again as it is thick. There,
//! up to 300 the magnitudes are singular values; above, |Rᵢᵢ| of a column-pivoted QR, which are within a modest factor of them
//! and six times cheaper, with null space P [−R₁₁⁻¹ R₁₂; 1]; far above, where the null space is not asked for, of a QR of
//! mixed columns.

use super::orthonormal::{complement, orthonormal, rotate};
use crate::Error;
use crate::dense::Matrix;
use crate::random::Stream;
use faer::linalg::solvers::Qr;
use faer::linalg::triangular_solve::solve_upper_triangular_in_place;
use faer::{Mat, MatRef, Par};

/// Sizes up to which singular values are used.
const SVD_SIZE: usize = 300;

/// Sizes up to which magnitudes alone come from a column-pivoted QR. It moves a column at a time; above, that of A times
/// a Gaussian matrix needs no pivots: its first r columns span the range of A almost surely, so that |Rᵢᵢ| falls to the
/// rounding after the rank, and stands above the singular values times 1/n before.
const PIVOTED: usize = 700;

/// A square matrix of normals over √n, a function of its size.
fn mixing(n: usize) -> Mat<f64> {
    let mut stream = Stream::new(n as u64, 0, MIXING);
    let scale = 1.0 / (n as f64).sqrt();
    Mat::from_fn(n, n, |_, _| scale * stream.next_normal())
}

/// Stream of the mixing.
const MIXING: u64 = 61;

/// A matrix with the same singular values as A, apart from zeros, and what leads its null space back to that of A.
pub(super) struct Thin {
    core: Mat<f64>,
    /// The QR of Aᵀ, where A is wide.
    wide: Option<Qr<f64>>,
    rows: usize,
    cols: usize,
}

/// Magnitudes, largest first, with vectors that span the null space once a rank is chosen.
pub(super) struct Spectrum {
    pub magnitudes: Vec<f64>,
    vectors: Vectors,
}

enum Vectors {
    /// Right singular vectors.
    Right(Mat<f64>),
    /// R and the permutation: column j of A P is column `permutation[j]` of A.
    Pivoted(Mat<f64>, Vec<usize>),
}

impl Thin {
    pub fn new(a: MatRef<'_, f64>) -> Thin {
        let (rows, cols) = (a.nrows(), a.ncols());
        let wide = (2 * cols > 3 * rows).then(|| a.transpose().qr());
        let core = match &wide {
            Some(qr) => qr.thin_R().transpose().to_owned(),
            None => compress(a),
        };
        Thin {
            core,
            wide,
            rows,
            cols,
        }
    }

    /// Magnitudes alone, min(m, n) of them.
    pub fn magnitudes(&self) -> Result<Vec<f64>, Error> {
        let core = &self.core;
        if core.nrows().min(core.ncols()) == 0 {
            Ok(Vec::new())
        } else if self.is_small() {
            core.singular_values().map_err(|_| self.no_convergence())
        } else if core.nrows().min(core.ncols()) <= PIVOTED {
            Ok(diagonal(core.col_piv_qr().thin_R()))
        } else {
            Ok(diagonal((core * mixing(core.ncols())).qr().thin_R()))
        }
    }

    /// Magnitudes, and the null space for any rank.
    pub fn spectrum(&self) -> Result<Spectrum, Error> {
        let (m, n) = (self.core.nrows(), self.core.ncols());
        if !self.is_small() {
            let qr = self.core.col_piv_qr();
            let (forward, _) = qr.P().arrays();
            return Ok(Spectrum {
                magnitudes: diagonal(qr.thin_R()),
                vectors: Vectors::Pivoted(qr.thin_R().to_owned(), forward.to_vec()),
            });
        }
        // Square, so that all right vectors come out.
        let size = m.max(n);
        let square = Mat::from_fn(size, n, |i, j| if i < m { self.core[(i, j)] } else { 0.0 });
        let found = square.svd().map_err(|_| self.no_convergence())?;
        Ok(Spectrum {
            magnitudes: (0..m.min(n)).map(|i| found.S()[i]).collect(),
            vectors: Vectors::Right(found.V().to_owned()),
        })
    }

    /// An orthonormal basis of {D z : A z = 0} if the rank of A is `rank`, with D the diagonal of `scales`: of the null space of
    /// A D⁻¹. It is made from the null space or, where that is less work, as the complement of the row space.
    pub fn basis(&self, spectrum: &Spectrum, rank: usize, scales: &[f64]) -> Matrix {
        let scaled = |mut vectors: Mat<f64>, power: i32| {
            for j in 0..vectors.ncols() {
                for (i, scale) in scales.iter().enumerate() {
                    vectors[(i, j)] *= scale.powi(power);
                }
            }
            vectors
        };
        if self.cols - rank > rank {
            let rows = self.lifted(&spectrum.rowspace(rank), 0);
            complement(&scaled(rows, -1))
        } else {
            let rest = self.cols - self.core.ncols();
            let vectors = self.lifted(&spectrum.nullspace(rank), rest);
            orthonormal(&scaled(vectors, 1))
        }
    }

    /// Q [V 0; 0 1] with `rest` columns of the identity, or V itself if A is not wide.
    fn lifted(&self, v: &Mat<f64>, rest: usize) -> Mat<f64> {
        let Some(qr) = &self.wide else {
            return v.clone();
        };
        let (k, inner) = (v.nrows(), v.ncols());
        let mut basis = Mat::from_fn(self.cols, inner + rest, |i, j| {
            if i < k && j < inner {
                v[(i, j)]
            } else {
                f64::from(i >= k && j >= inner && i - k == j - inner)
            }
        });
        rotate(qr.Q_basis(), qr.Q_coeff(), &mut basis);
        basis
    }

    /// How much more than the norm of an error a magnitude can move: singular values move by no more, while |Rᵢᵢ| is that of an
    /// error times a vector whose entries are multipliers near 1 at most.
    pub fn amplification(&self) -> f64 {
        if self.is_small() {
            1.0
        } else {
            (self.core.nrows().min(self.core.ncols()) as f64).sqrt()
        }
    }

    fn is_small(&self) -> bool {
        self.core.nrows().min(self.core.ncols()) <= SVD_SIZE
    }

    fn no_convergence(&self) -> Error {
        Error::NoConvergence {
            what: "singular value decomposition",
            rows: self.rows,
            cols: self.cols,
        }
    }
}

impl Spectrum {
    /// Vectors that span the rows that are kept.
    fn rowspace(&self, rank: usize) -> Mat<f64> {
        match &self.vectors {
            Vectors::Right(v) => v.subcols(0, rank).to_owned(),
            Vectors::Pivoted(r, forward) => {
                let mut rows = Mat::zeros(r.ncols(), rank);
                for (j, &col) in forward.iter().enumerate() {
                    for i in 0..rank.min(j + 1) {
                        rows[(col, i)] = r[(i, j)];
                    }
                }
                rows
            }
        }
    }

    /// Vectors that span what is dropped.
    fn nullspace(&self, rank: usize) -> Mat<f64> {
        let (r, forward) = match &self.vectors {
            Vectors::Right(v) => return v.subcols(rank, v.ncols() - rank).to_owned(),
            Vectors::Pivoted(r, forward) => (r, forward),
        };
        let (n, nullity) = (r.ncols(), r.ncols() - rank);
        let mut head = Mat::from_fn(rank, nullity, |i, j| -r[(i, rank + j)]);
        solve_upper_triangular_in_place(r.submatrix(0, 0, rank, rank), head.as_mut(), Par::Seq);
        let mut basis = Mat::zeros(n, nullity);
        for j in 0..nullity {
            for i in 0..rank {
                basis[(forward[i], j)] = head[(i, j)];
            }
            basis[(forward[rank + j], j)] = 1.0;
        }
        basis
    }
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
