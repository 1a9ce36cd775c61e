//! Structure constants [e_a, e_b] = Σ_c c_ab^c e_c, and the forms and subalgebras that linear
//! algebra reads off them.

use super::decision::{self, RankDecision};
use super::span::Brackets;
use std::collections::BTreeMap;
use symbias_numerics::Error;
use symbias_numerics::dense::{Matrix, symmetric_eigen};

/// Structure constants of a Lie algebra in some basis, stored sparsely.
#[derive(Clone, Debug, Default)]
pub struct StructureConstants {
    /// For each a the entries (b, c, c_ab^c).
    rows: Vec<Vec<(usize, usize, f64)>>,
}

impl StructureConstants {
    /// From the coordinates of [e_a, e_b] for a < b.
    pub fn from_fn(dim: usize, mut bracket: impl FnMut(usize, usize) -> Vec<f64>) -> Self {
        let mut entries = Vec::new();
        for a in 0..dim {
            for b in a + 1..dim {
                for (c, x) in bracket(a, b).into_iter().enumerate() {
                    if x != 0.0 {
                        entries.push((a, b, c, x));
                    }
                }
            }
        }
        Self::from_brackets(dim, &entries)
    }

    pub(crate) fn from_brackets(dim: usize, entries: &Brackets) -> Self {
        let mut rows = vec![Vec::new(); dim];
        for &(a, b, c, x) in entries {
            rows[a].push((b, c, x));
            rows[b].push((a, c, -x));
        }
        StructureConstants { rows }
    }

    /// The dimension of the algebra.
    #[must_use]
    pub fn dim(&self) -> usize {
        self.rows.len()
    }

    /// Whether all brackets vanish.
    #[must_use]
    pub fn is_abelian(&self) -> bool {
        self.rows.iter().all(Vec::is_empty)
    }

    /// The matrix of ad(x): column b holds the coordinates of [x, e_b].
    #[must_use]
    pub fn adjoint(&self, x: &[f64]) -> Matrix {
        let mut ad = Matrix::zeros(self.dim(), self.dim());
        for (row, weight) in self.rows.iter().zip(x) {
            if *weight != 0.0 {
                for &(b, c, value) in row {
                    ad[(c, b)] += weight * value;
                }
            }
        }
        ad
    }

    /// The Killing form K_ab = tr(ad e_a ad e_b).
    #[must_use]
    pub fn killing(&self) -> Matrix {
        let n = self.dim();
        let mut killing = Matrix::zeros(n, n);
        let mut ad = Matrix::zeros(n, n);
        for a in 0..n {
            for &(b, c, x) in &self.rows[a] {
                ad[(c, b)] += x;
            }
            for b in a..n {
                // Σ_kl (ad e_a)_lk (ad e_b)_kl
                let value = self.rows[b].iter().map(|&(l, k, x)| x * ad[(l, k)]).sum();
                killing[(a, b)] = value;
                killing[(b, a)] = value;
            }
            for &(b, c, _) in &self.rows[a] {
                ad[(c, b)] = 0.0;
            }
        }
        killing
    }

    /// Σ_ab of the outer squares of the vectors [e_a, e_b]; its range is the derived algebra.
    fn derived_gram(&self) -> Matrix {
        let mut gram = Matrix::zeros(self.dim(), self.dim());
        for row in &self.rows {
            let mut by_argument: BTreeMap<usize, Vec<(usize, f64)>> = BTreeMap::new();
            for &(b, c, x) in row {
                by_argument.entry(b).or_default().push((c, x));
            }
            add_squares(by_argument.values(), &mut gram);
        }
        gram
    }

    /// Σ_b of AᵀA for the maps A: x ↦ [x, e_b]; its null space is the centre.
    fn centre_gram(&self) -> Matrix {
        let mut by_place: BTreeMap<(usize, usize), Vec<(usize, f64)>> = BTreeMap::new();
        for (a, row) in self.rows.iter().enumerate() {
            for &(b, c, x) in row {
                by_place.entry((b, c)).or_default().push((a, x));
            }
        }
        let mut gram = Matrix::zeros(self.dim(), self.dim());
        add_squares(by_place.values(), &mut gram);
        gram
    }

    /// Orthonormal columns that span [𝔤, 𝔤].
    ///
    /// # Errors
    /// If an eigendecomposition fails.
    pub fn derived(&self) -> Result<(Matrix, RankDecision), Error> {
        let (range, _, rank) = split_gram("derived algebra", &self.derived_gram())?;
        Ok((range, rank))
    }

    /// Orthonormal columns that span the centre.
    ///
    /// # Errors
    /// If an eigendecomposition fails.
    pub fn centre(&self) -> Result<(Matrix, RankDecision), Error> {
        let (_, null, rank) = split_gram("adjoint representation", &self.centre_gram())?;
        Ok((null, rank))
    }

    /// Orthonormal columns that span [𝔤, 𝔥] for the columns of `h`.
    pub(crate) fn brackets_with(&self, h: &Matrix) -> Result<(Matrix, RankDecision), Error> {
        let mut gram = Matrix::zeros(self.dim(), self.dim());
        for j in 0..h.cols {
            let ad = self.adjoint(&h.column(j));
            gram = gram.add_scaled(1.0, &ad.matmul(&ad.transpose())?)?;
        }
        let (range, _, rank) = split_gram("brackets with the radical", &gram)?;
        Ok((range, rank))
    }

    /// Structure constants of 𝔤/𝔫, with the columns of `complement` (orthonormal, orthogonal to
    /// the ideal 𝔫) as representatives of the basis.
    pub(crate) fn quotient(&self, complement: &Matrix) -> Result<Self, Error> {
        let m = complement.cols;
        let mut entries = Vec::new();
        for a in 0..m {
            let ad = self.adjoint(&complement.column(a));
            let image = complement.transpose_matmul(&ad.matmul(complement)?)?;
            for b in a + 1..m {
                for c in 0..m {
                    if image[(c, b)].abs() > 1e-12 {
                        entries.push((a, b, c, image[(c, b)]));
                    }
                }
            }
        }
        Ok(Self::from_brackets(m, &entries))
    }

    /// Sets of basis indices that span ideals whose direct sum is 𝔤: the connected components of
    /// the relation "occurs in a common bracket".
    pub(crate) fn components(&self) -> Vec<Vec<usize>> {
        let n = self.dim();
        let mut root: Vec<usize> = (0..n).collect();
        fn find(root: &mut [usize], mut i: usize) -> usize {
            while root[i] != i {
                root[i] = root[root[i]];
                i = root[i];
            }
            i
        }
        for (a, row) in self.rows.iter().enumerate() {
            for &(b, c, _) in row {
                for other in [b, c] {
                    let (x, y) = (find(&mut root, a), find(&mut root, other));
                    root[x.max(y)] = x.min(y);
                }
            }
        }
        let mut sets: Vec<Vec<usize>> = vec![Vec::new(); n];
        for i in 0..n {
            let r = find(&mut root, i);
            sets[r].push(i);
        }
        sets.retain(|set| !set.is_empty());
        sets
    }

    /// The ideal spanned by these basis indices (a union of components).
    pub(crate) fn restrict(&self, indices: &[usize]) -> Self {
        let place: BTreeMap<usize, usize> =
            indices.iter().enumerate().map(|(i, a)| (*a, i)).collect();
        let rows = indices
            .iter()
            .map(|a| {
                self.rows[*a]
                    .iter()
                    .map(|(b, c, x)| (place[b], place[c], *x))
                    .collect()
            })
            .collect();
        StructureConstants { rows }
    }

    /// Largest entry of [[x, y], z] + cyclic over the basis, relative to the square of the
    /// largest structure constant: 0 for a Lie algebra.
    #[must_use]
    pub fn jacobi_residual(&self) -> f64 {
        let n = self.dim();
        let unit = |a: usize| {
            (0..n)
                .map(|i| f64::from(u8::from(i == a)))
                .collect::<Vec<_>>()
        };
        let ads: Vec<Matrix> = (0..n).map(|a| self.adjoint(&unit(a))).collect();
        let top = ads.iter().fold(0.0f64, |t, ad| t.max(ad.max_abs()));
        let mut worst = 0.0f64;
        for a in 0..n {
            for b in a + 1..n {
                // ad [x, y] = [ad x, ad y]
                let left = self.adjoint(&ads[a].column(b));
                let (Ok(right), Ok(back)) = (ads[a].matmul(&ads[b]), ads[b].matmul(&ads[a])) else {
                    continue;
                };
                for i in 0..n * n {
                    worst = worst.max((left.data[i] - right.data[i] + back.data[i]).abs());
                }
            }
        }
        if top > 0.0 { worst / (top * top) } else { 0.0 }
    }
}

fn add_squares<'a>(vectors: impl Iterator<Item = &'a Vec<(usize, f64)>>, gram: &mut Matrix) {
    for vector in vectors {
        for &(i, x) in vector {
            for &(j, y) in vector {
                gram[(i, j)] += x * y;
            }
        }
    }
}

/// Range and null space (orthonormal columns) of a positive semidefinite matrix.
pub(crate) fn split_gram(
    what: &'static str,
    gram: &Matrix,
) -> Result<(Matrix, Matrix, RankDecision), Error> {
    let eigen = symmetric_eigen(gram)?;
    let n = gram.rows;
    let falling: Vec<f64> = eigen.values.iter().rev().map(|x| x.max(0.0)).collect();
    let decision = decision::squares(what, &falling);
    let rank = decision.rank;
    let range = Matrix::from_fn(n, rank, |i, j| eigen.vectors[(i, n - 1 - j)]);
    let null = Matrix::from_fn(n, n - rank, |i, j| eigen.vectors[(i, j)]);
    Ok((range, null, decision))
}

/// Numbers of negative and positive eigenvalues of a symmetric matrix, beyond rounding of `scale`.
pub(crate) fn signature(form: &Matrix, scale: f64) -> Result<(usize, usize), Error> {
    let values = symmetric_eigen(form)?.values;
    let floor = decision::FORM * scale.max(form.max_abs());
    let count = |sign: f64| values.iter().filter(|x| **x * sign > floor).count();
    Ok((count(-1.0), count(1.0)))
}
