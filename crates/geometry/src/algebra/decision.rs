//! The tolerances of this folder, each handed to [`symbias_numerics::rank`], which decides and records.

pub(crate) use symbias_numerics::rank::RankDecision;
use symbias_numerics::rank::{RankOptions, decide};

/// Pivots below this, in rows whose largest entry was 1, are noise of the generators.
pub(crate) const PIVOT: f64 = 1e-7;

/// A bracket this far outside the span, relative to its factors, is noise of the generators.
pub(crate) const BRACKET: f64 = 1e-7;

/// Eigenvalues of a bilinear form below this, relative to its largest entry, are zero.
pub(crate) const FORM: f64 = 1e-7;

/// Square roots of eigenvalues of AᵀA below this, relative to the largest, are zero: the
/// eigenvalues carry an error near ε times the largest.
const SQUARE_ROOT: f64 = 3e-6;

/// Singular values below this, relative to the largest, are zero.
const SINGULAR: f64 = 1e-8;

fn at_threshold(
    what: &str,
    falling: &[f64],
    rows: usize,
    cols: usize,
    relative: f64,
) -> RankDecision {
    let factor = relative / (rows.max(cols).max(1) as f64 * f64::EPSILON);
    let options = RankOptions {
        factor,
        window: 1.0,
        ..RankOptions::default()
    };
    decide(what, falling, rows, cols, options)
}

/// A rank from the pivots of an elimination with complete pivoting.
pub(crate) fn pivots(what: &str, rank: usize, rows: usize, magnitudes: &[f64]) -> RankDecision {
    let mut falling = magnitudes.to_vec();
    falling[..rank].sort_by(|a, b| b.total_cmp(a));
    // The threshold is absolute: rows were scaled to 1.
    let top = falling.first().copied().unwrap_or(1.0);
    at_threshold(what, &falling, rows, rows, PIVOT / top)
}

/// The rank of A from the eigenvalues of AᵀA.
pub(crate) fn squares(what: &str, falling: &[f64]) -> RankDecision {
    let roots: Vec<f64> = falling.iter().map(|x| x.sqrt()).collect();
    at_threshold(what, &roots, roots.len(), roots.len(), SQUARE_ROOT)
}

/// A rank from singular values.
pub(crate) fn singular(what: &str, falling: &[f64], rows: usize, cols: usize) -> RankDecision {
    at_threshold(what, falling, rows, cols, SINGULAR)
}
