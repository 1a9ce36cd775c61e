//! Dense linear algebra in f64: one row-major [`Matrix`] and the few decompositions that symbias needs.
//!
//! The work is done by faer on one thread; faer's types stay behind this wall. Failures (shapes, non-finite entries,
//! an SVD that does not converge) are [`Error`](crate::Error) values. Ranks are not decided here but in
//! [`rank`](crate::rank). Used by geometry (algebras, Grams), bias and simulate.
//!
//! For many tiny matrices (n ≤ 8) use [`jacobi`], which needs no allocation and keeps small singular values to high
//! relative accuracy.

mod cholesky;
mod decompose;
mod exponential;
pub mod jacobi;
mod matrix;

pub use cholesky::{Cholesky, solve_positive};
pub use decompose::{
    PivotedQr, Svd, SymmetricEigen, column_pivoted_qr, least_squares, qr, singular_values, svd,
    symmetric_eigen,
};
pub use exponential::exponential;
pub use matrix::Matrix;
