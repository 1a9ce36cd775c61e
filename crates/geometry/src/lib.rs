//! What symmetry does at a point: generators, charges, gauges, orbits.

#![forbid(unsafe_code)]

pub mod algebra;
pub mod charge;
mod connected;
mod digits;
pub mod discover;

pub mod effort;
pub mod factor;
pub mod field;
pub mod formula;
pub mod gauge;
pub mod laws;
pub mod leaf;
pub mod metric;
pub mod noise;
pub mod orbit;
pub mod probe;
pub mod rank;
pub mod sde;
pub mod strata;
pub mod structure;
pub mod symmetry;

pub use field::AffineField;
