//! A point of parameter space, read tensor by tensor.

use crate::space::ParameterSpace;
use symbias_numerics::dense::{Matrix, singular_values, symmetric_eigen};

/// θ with its names.
#[derive(Clone, Copy, Debug)]
pub struct Point<'a> {
    space: &'a ParameterSpace,
    theta: &'a [f64],
}

impl<'a> Point<'a> {
    /// θ, flat in the order of the space.
    #[must_use]
    pub fn new(space: &'a ParameterSpace, theta: &'a [f64]) -> Point<'a> {
        Point { space, theta }
    }

    /// The entries of a tensor, row-major; none if there is no such tensor.
    #[must_use]
    pub fn entries(&self, name: &str) -> &'a [f64] {
        self.space
            .block(name)
            .map_or(&[], |b| &self.theta[b.range()])
    }

    /// Adds to `into` a slice of a tensor across an axis, in the place of another one.
    pub(super) fn add_slice(
        &self,
        name: &str,
        axis: usize,
        (from, to, sign): (usize, usize, f64),
        into: &mut [f64],
    ) {
        let Some(block) = self.space.block(name) else {
            return;
        };
        let inner: usize = block.shape[axis + 1..].iter().product();
        let (size, outer) = (
            block.shape[axis],
            block.shape[..axis].iter().product::<usize>(),
        );
        for o in 0..outer {
            for k in 0..inner {
                let at = |slice: usize| block.offset + (o * size + slice) * inner + k;
                into[at(to)] += sign * self.theta[at(from)];
            }
        }
    }

    /// A vector of θ that is zero but for these coordinates of a tensor.
    pub(super) fn only(&self, name: &str, entries: &[f64]) -> Vec<f64> {
        let mut all = vec![0.0; self.theta.len()];
        if let Some(block) = self.space.block(name) {
            all[block.range()].copy_from_slice(entries);
        }
        all
    }

    /// A tensor as a matrix: `rows` is the number of leading axes that are joined into the rows.
    #[must_use]
    pub fn matrix(&self, name: &str, rows: usize) -> Matrix {
        let Some(block) = self.space.block(name) else {
            return Matrix::zeros(0, 0);
        };
        let height: usize = block.shape[..rows].iter().product();
        let entries = self.entries(name);
        let width = entries.len() / height.max(1);
        Matrix::from_fn(height, width, |i, j| entries[i * width + j])
    }
}

/// Squared norms of the rows.
pub(super) fn rows(a: &Matrix) -> Vec<f64> {
    (0..a.rows)
        .map(|i| a.row(i).iter().map(|x| x * x).sum())
        .collect()
}

/// Squared norms of the columns.
pub(super) fn columns(a: &Matrix) -> Vec<f64> {
    rows(&a.transpose())
}

/// A B, zero where the shapes do not fit (no model of the catalogue has that).
pub(super) fn product(a: &Matrix, b: &Matrix) -> Matrix {
    a.matmul(b).unwrap_or_else(|_| Matrix::zeros(0, 0))
}

/// Entries (i, j), i ≤ j, by rows.
pub(super) fn upper(a: &Matrix) -> Vec<f64> {
    (0..a.rows).flat_map(|i| a.row(i)[i..].to_vec()).collect()
}

/// Singular values.
pub(super) fn singular(a: &Matrix) -> Vec<f64> {
    singular_values(a).unwrap_or_default()
}

/// Eigenvalues of a symmetric matrix.
pub(super) fn eigenvalues(a: &Matrix) -> Vec<f64> {
    symmetric_eigen(a).map(|e| e.values).unwrap_or_default()
}

/// log Π_ij (a_i + b_j) over the eigenvalues of two symmetric matrices: the Gram determinant of
/// gl(r) acting on U and by the dual on V, a of UᵀU and b of VᵀV.
pub(super) fn log_sums(a: &Matrix, b: &Matrix) -> f64 {
    let (a, b) = (eigenvalues(a), eigenvalues(b));
    a.iter()
        .flat_map(|x| b.iter().map(move |y| (x + y).ln()))
        .sum()
}

/// Σ log.
pub(super) fn log_product(x: impl IntoIterator<Item = f64>) -> f64 {
    x.into_iter().map(f64::ln).sum()
}

/// One general linear group: tensors with the axis that it acts on, `true` where by the dual.
pub(super) type Bond<'a> = Vec<(&'a str, usize, bool)>;

/// log det of the Gram matrix of the fields E_ij of all bonds and of further fields.
pub(super) fn log_gram(p: &Point<'_>, bonds: &[Bond<'_>], further: &[Vec<f64>]) -> f64 {
    let mut fields = further.to_vec();
    for bond in bonds {
        let size =
            |(name, axis, _): &(&str, usize, bool)| p.space.block(name).map(|b| b.shape[*axis]);
        let n = bond.first().and_then(size).unwrap_or(0);
        for (i, j) in (0..n).flat_map(|i| (0..n).map(move |j| (i, j))) {
            let mut field = vec![0.0; p.theta.len()];
            for (name, axis, dual) in bond {
                // E_ij moves slice j to slice i; the dual −E_ji moves slice i to slice −j.
                let (to, from, sign) = if *dual { (j, i, -1.0) } else { (i, j, 1.0) };
                p.add_slice(name, *axis, (from, to, sign), &mut field);
            }
            fields.push(field);
        }
    }
    let gram = Matrix::from_fn(fields.len(), fields.len(), |a, b| {
        fields[a].iter().zip(&fields[b]).map(|(x, y)| x * y).sum()
    });
    log_product(eigenvalues(&gram))
}
