//! Symmetric positive definite systems by Cholesky's factorisation.

use super::Matrix;
use crate::Error;
use faer::Side;
use faer::linalg::solvers::{Llt, Solve};

const WHAT: &str = "positive definite system";

/// A = L Lᵀ of a symmetric positive definite A, to be solved with many right sides.
#[derive(Debug, Clone)]
pub struct Cholesky {
    factor: Llt<f64>,
}

impl Cholesky {
    /// The factors of A (n × n, the lower triangle is read); `None` where a pivot is not positive.
    ///
    /// # Errors
    /// [`Error::Shape`] or [`Error::NotFinite`].
    pub fn of(a: &Matrix) -> Result<Option<Cholesky>, Error> {
        a.require_square(WHAT)?;
        a.require_finite(WHAT)?;
        let factor = a.faer().llt(Side::Lower).ok();
        Ok(factor.map(|factor| Cholesky { factor }))
    }

    /// The solution of A x = b, n numbers.
    ///
    /// # Panics
    /// If b has not n numbers.
    #[must_use]
    pub fn solve(&self, b: &[f64]) -> Vec<f64> {
        let right = faer::Mat::from_fn(b.len(), 1, |i, _| b[i]);
        let x = self.factor.solve(right.as_ref());
        (0..b.len()).map(|i| x[(i, 0)]).collect()
    }
}

/// The solution of A x = b for a symmetric positive definite A (n × n, the lower triangle is read) and b of length n;
/// `None` where the factorisation meets a pivot that is not positive.
///
/// # Errors
/// [`Error::Shape`] or [`Error::NotFinite`].
pub fn solve_positive(a: &Matrix, b: &[f64]) -> Result<Option<Vec<f64>>, Error> {
    a.require_square(WHAT)?;
    a.require_finite(WHAT)?;
    if b.len() != a.rows {
        return Err(Error::Shape {
            what: WHAT,
            expected: format!("{} numbers on the right", a.rows),
            found: format!("{} numbers", b.len()),
        });
    }
    if b.is_empty() {
        return Ok(Some(Vec::new()));
    }
    let x = Cholesky::of(a)?.map(|factor| factor.solve(b));
    Ok(x.filter(|x| x.iter().all(|x| x.is_finite())))
}
