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
//! | entries with known errors | [`measured_rank`], [`measured_nullspace`] | |
//! | the same with 31 digits | [`ExtendedRows`] | |
//! | magnitudes found elsewhere | [`decide`], [`decide_above_noise`] | |
//!
//! A floating decision says by its [`Clarity`] whether it may be stated as a fact.
//!
//! Used by geometry (invariance equations, Lie closure, Grams), bias and the command line's reports.

mod decision;
mod equilibrate;
mod exact;
mod extended;
mod floating;
mod measured;
mod orthonormal;
mod row_space;
mod thin;

pub use crate::field::reconstruct;
pub use decision::{
    CLEAR_GAP, CLEAR_MARGIN, Clarity, RankDecision, RankOptions, decide, decide_above_noise,
    schwartz_zippel,
};
pub use exact::ExactRowSpace;
pub use extended::{EXTENDED_SHARE, ExtendedRows};
pub use floating::{nullspace, nullspace_with, rank, rank_with};
pub use measured::{measured_nullspace, measured_nullspace_of_rank, measured_rank};
pub use row_space::RowSpace;
