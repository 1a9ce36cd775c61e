//! [`Matrix`]: rows × cols numbers, row-major.

use crate::Error;
use faer::{Accum, MatMut, MatRef, Par};

/// A dense real matrix. Entry (i, j) is `data[i * cols + j]`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Matrix {
    /// Number of rows.
    pub rows: usize,
    /// Number of columns.
    pub cols: usize,
    /// The entries, row after row; length rows × cols.
    pub data: Vec<f64>,
}

impl Matrix {
    /// The zero matrix.
    pub fn zeros(rows: usize, cols: usize) -> Self {
        Matrix {
            rows,
            cols,
            data: vec![0.0; rows * cols],
        }
    }

    /// The identity of size n.
    pub fn identity(n: usize) -> Self {
        Self::from_fn(n, n, |i, j| if i == j { 1.0 } else { 0.0 })
    }

    /// Entry (i, j) = f(i, j).
    pub fn from_fn(rows: usize, cols: usize, mut f: impl FnMut(usize, usize) -> f64) -> Self {
        let mut data = Vec::with_capacity(rows * cols);
        for i in 0..rows {
            for j in 0..cols {
                data.push(f(i, j));
            }
        }
        Matrix { rows, cols, data }
    }

    /// Takes `data` as rows × cols entries, row after row.
    ///
    /// # Errors
    /// [`Error::Shape`] if the length is not rows × cols.
    pub fn from_vec(rows: usize, cols: usize, data: Vec<f64>) -> Result<Self, Error> {
        if data.len() != rows * cols {
            return Err(Error::Shape {
                what: "matrix from a vector",
                expected: format!("{rows}x{cols} = {} entries", rows * cols),
                found: format!("{} entries", data.len()),
            });
        }
        Ok(Matrix { rows, cols, data })
    }

    /// A diagonal matrix.
    pub fn diagonal(entries: &[f64]) -> Self {
        Self::from_fn(entries.len(), entries.len(), |i, j| {
            if i == j { entries[i] } else { 0.0 }
        })
    }

    /// Row i.
    pub fn row(&self, i: usize) -> &[f64] {
        &self.data[i * self.cols..(i + 1) * self.cols]
    }

    /// Row i, to write.
    pub fn row_mut(&mut self, i: usize) -> &mut [f64] {
        &mut self.data[i * self.cols..(i + 1) * self.cols]
    }

    /// A copy of column j.
    pub fn column(&self, j: usize) -> Vec<f64> {
        (0..self.rows).map(|i| self[(i, j)]).collect()
    }

    /// The transpose, (Aᵀ)ᵢⱼ = Aⱼᵢ.
    pub fn transpose(&self) -> Self {
        Self::from_fn(self.cols, self.rows, |i, j| self[(j, i)])
    }

    /// The product A B.
    ///
    /// # Errors
    /// [`Error::Shape`] unless A has as many columns as B has rows.
    pub fn matmul(&self, other: &Matrix) -> Result<Matrix, Error> {
        if self.cols != other.rows {
            return Err(self.mismatch("matrix product", "columns of A = rows of B", other));
        }
        let mut out = Matrix::zeros(self.rows, other.cols);
        faer::linalg::matmul::matmul(
            out.faer_mut(),
            Accum::Replace,
            self.faer(),
            other.faer(),
            1.0,
            Par::Seq,
        );
        Ok(out)
    }

    /// The product Aᵀ B, without forming Aᵀ.
    ///
    /// # Errors
    /// [`Error::Shape`] unless A and B have as many rows.
    pub fn transpose_matmul(&self, other: &Matrix) -> Result<Matrix, Error> {
        if self.rows != other.rows {
            return Err(self.mismatch("transposed product", "rows of A = rows of B", other));
        }
        let mut out = Matrix::zeros(self.cols, other.cols);
        let at = self.faer().transpose();
        faer::linalg::matmul::matmul(
            out.faer_mut(),
            Accum::Replace,
            at,
            other.faer(),
            1.0,
            Par::Seq,
        );
        Ok(out)
    }

    /// The product A x.
    ///
    /// # Errors
    /// [`Error::Shape`] unless x has as many entries as A has columns.
    pub fn apply(&self, x: &[f64]) -> Result<Vec<f64>, Error> {
        if x.len() != self.cols {
            return Err(Error::Shape {
                what: "matrix times vector",
                expected: format!("{} entries", self.cols),
                found: format!("{} entries", x.len()),
            });
        }
        Ok((0..self.rows)
            .map(|i| self.row(i).iter().zip(x).map(|(a, b)| a * b).sum())
            .collect())
    }

    /// A + s B.
    ///
    /// # Errors
    /// [`Error::Shape`] unless A and B have the same shape.
    pub fn add_scaled(&self, s: f64, other: &Matrix) -> Result<Matrix, Error> {
        if (self.rows, self.cols) != (other.rows, other.cols) {
            return Err(self.mismatch("sum", "equal shapes", other));
        }
        let data = self
            .data
            .iter()
            .zip(&other.data)
            .map(|(a, b)| a + s * b)
            .collect();
        Ok(Matrix {
            rows: self.rows,
            cols: self.cols,
            data,
        })
    }

    /// s A.
    pub fn scaled(&self, s: f64) -> Matrix {
        Matrix {
            rows: self.rows,
            cols: self.cols,
            data: self.data.iter().map(|a| s * a).collect(),
        }
    }

    /// Frobenius norm, √Σ Aᵢⱼ², safe against overflow.
    pub fn norm(&self) -> f64 {
        let top = self.max_abs();
        if top == 0.0 || !top.is_finite() {
            return top;
        }
        top * self
            .data
            .iter()
            .map(|a| (a / top).powi(2))
            .sum::<f64>()
            .sqrt()
    }

    /// Largest magnitude of an entry; NaN if some entry is NaN.
    pub fn max_abs(&self) -> f64 {
        self.data.iter().fold(0.0, |top, a| {
            if a.abs() > top || a.is_nan() {
                a.abs()
            } else {
                top
            }
        })
    }

    /// Checks that all entries are finite.
    ///
    /// # Errors
    /// [`Error::NotFinite`] with the first offender, named by `what`.
    pub fn require_finite(&self, what: &'static str) -> Result<(), Error> {
        match self.data.iter().position(|a| !a.is_finite()) {
            None => Ok(()),
            Some(at) => Err(Error::NotFinite {
                what,
                row: at / self.cols,
                col: at % self.cols,
            }),
        }
    }

    /// Checks that the matrix is square.
    ///
    /// # Errors
    /// [`Error::Shape`], named by `what`.
    pub fn require_square(&self, what: &'static str) -> Result<(), Error> {
        if self.rows == self.cols {
            return Ok(());
        }
        let found = format!("{}x{}", self.rows, self.cols);
        Err(Error::Shape {
            what,
            expected: "a square matrix".into(),
            found,
        })
    }

    pub(crate) fn faer(&self) -> MatRef<'_, f64> {
        MatRef::from_row_major_slice(&self.data, self.rows, self.cols)
    }

    pub(crate) fn faer_mut(&mut self) -> MatMut<'_, f64> {
        MatMut::from_row_major_slice_mut(&mut self.data, self.rows, self.cols)
    }

    pub(crate) fn from_faer(m: MatRef<'_, f64>) -> Self {
        Self::from_fn(m.nrows(), m.ncols(), |i, j| m[(i, j)])
    }

    fn mismatch(&self, what: &'static str, expected: &str, other: &Matrix) -> Error {
        let found = format!(
            "{}x{} and {}x{}",
            self.rows, self.cols, other.rows, other.cols
        );
        Error::Shape {
            what,
            expected: expected.into(),
            found,
        }
    }
}

impl std::ops::Index<(usize, usize)> for Matrix {
    type Output = f64;
    fn index(&self, (i, j): (usize, usize)) -> &f64 {
        debug_assert!(j < self.cols);
        &self.data[i * self.cols + j]
    }
}

impl std::ops::IndexMut<(usize, usize)> for Matrix {
    fn index_mut(&mut self, (i, j): (usize, usize)) -> &mut f64 {
        debug_assert!(j < self.cols);
        &mut self.data[i * self.cols + j]
    }
}
