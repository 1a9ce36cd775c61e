//! Symmetric positive definite systems by Cholesky's factorisation.

use super::Matrix;
use crate::Error;
use faer::Side;
use faer::linalg::solvers::Solve;

/// The solution of A x = b for a symmetric positive definite A (n × n, the lower triangle is read) and b of length n;
/// `None` where the factorisation meets a pivot that is not positive.
///
/// # Errors
/// [`Error::Shape`] or [`Error::NotFinite`].
pub fn solve_positive(a: &Matrix, b: &[f64]) -> Result<Option<Vec<f64>>, Error> {
    const WHAT: &str = "positive definite system";
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
    let Ok(factor) = a.faer().llt(Side::Lower) else {
        return Ok(None);
    };
    let right = faer::Mat::from_fn(b.len(), 1, |i, _| b[i]);
    let x = factor.solve(right.as_ref());
    let x: Vec<f64> = (0..b.len()).map(|i| x[(i, 0)]).collect();
    Ok(x.iter().all(|x| x.is_finite()).then_some(x))
}
