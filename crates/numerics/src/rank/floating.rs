//! Ranks and null spaces of dense f64 matrices whose entries are known to ε, or to a stated relative error.

use super::thin::Thin;
use super::{RankDecision, RankOptions, decide};
use crate::Error;
use crate::dense::Matrix;

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
    let magnitudes = Thin::new(a.faer()).magnitudes()?;
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
    if rows.rows.min(rows.cols) == 0 {
        let decision = decide(what, &[], rows.rows, rows.cols, options);
        return Ok((decision, Matrix::identity(rows.cols)));
    }
    let thin = Thin::new(rows.faer());
    let spectrum = thin.spectrum()?;
    let decision = decide(what, &spectrum.magnitudes, rows.rows, rows.cols, options);
    let basis = thin.basis(&spectrum, decision.rank, &vec![1.0; rows.cols]);
    Ok((decision, basis))
}
