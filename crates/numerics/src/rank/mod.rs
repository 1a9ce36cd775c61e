//! Ranks: the only place where a rank or a tolerance is decided, and recorded.
//!
//! A rank of measured numbers is a judgement: some magnitudes are called nonzero, the rest noise. Every judgement is a
//! [`RankDecision`], which travels with the result it supports and into reports. Where the problem is over the
//! rationals, prefer [`ExactRowSpace`]: no tolerance, and an error probability that can be stated.
//!
//! | question | floating | exact |
//! |---|---|---|
//! | rank of a matrix | [`rank`] | [`ExactRowSpace::rank`] |
//! | its null space | [`nullspace`] | [`ExactRowSpace::nullspace`] |
//! | add rows until nothing grows | [`RowSpace`] | [`ExactRowSpace::insert`] |
//! | magnitudes found elsewhere | [`decide`] | |
//!
//! Used by geometry (invariance equations, Lie closure, Grams), bias and the command line's reports.

mod decision;
mod exact;
mod floating;
mod measured;
mod row_space;

pub use crate::field::reconstruct;
pub use decision::{RankDecision, RankOptions, decide, schwartz_zippel};
pub use exact::ExactRowSpace;
pub use floating::{nullspace, nullspace_with, rank, rank_with};
pub use measured::{measured_nullspace, measured_nullspace_of_rank, measured_rank};
pub use row_space::RowSpace;
