//! The one error type of this crate: what was asked, what was given, what to do.

/// Why a numerical request has no answer.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Error {
    /// The operands do not fit together.
    #[error("{what}: expected {expected}, found {found}")]
    Shape {
        /// The operation.
        what: &'static str,
        /// The shape rule in words.
        expected: String,
        /// The shapes given.
        found: String,
    },
    /// An entry is infinite or not a number.
    #[error(
        "{what}: entry ({row}, {col}) is not finite; scale the problem or leave that sample out"
    )]
    NotFinite {
        /// The operation.
        what: &'static str,
        /// Row of the first offending entry.
        row: usize,
        /// Column of the first offending entry.
        col: usize,
    },
    /// An iterative decomposition reached its iteration limit.
    #[error(
        "{what} of a {rows}x{cols} matrix did not converge; rescale the rows or drop near-duplicates"
    )]
    NoConvergence {
        /// The decomposition.
        what: &'static str,
        /// Rows of the matrix.
        rows: usize,
        /// Columns of the matrix.
        cols: usize,
    },
}
