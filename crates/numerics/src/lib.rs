//! Numerical foundations of symbias; this crate knows no model.
//!
//! | room | what it decides |
//! |---|---|
//! | [`lanes`] | vectors of f32 or f64 with runtime dispatch, our own transcendentals, sums in a fixed order |
//! | [`chebyshev`] | series of smooth functions on panels |
//! | [`dense`] | small dense linear algebra: products, decompositions, exponential, Jacobi SVD |
//! | [`minimise`] | the least value of a smooth function near a start |
//! | [`random`] | randomness as a pure function of (seed, replica, step, index) |
//! | [`extended`] | numbers of 31 digits, for what 16 leave open |
//! | [`field`] | exact arithmetic in prime fields near 2^61 |
//! | [`simplex`] | least values of linear programs, or why they have none |
//! | [`special`] | special functions |
//! | [`rank`] | the only place where a rank or a tolerance is decided, and recorded |
//!
//! Nothing here reads a clock, a thread count or an environment variable, except [`lanes::measure`], which times.

#![forbid(unsafe_code)]

pub mod chebyshev;
pub mod dense;
pub mod error;
pub mod extended;
pub mod field;
pub mod lanes;
pub mod minimise;
pub mod random;
pub mod rank;
pub mod simplex;
pub mod special;
pub mod watch;

pub use error::Error;
