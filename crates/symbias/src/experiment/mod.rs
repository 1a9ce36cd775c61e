//! Experiments: spec → plan → run → record.
//!
//! A [`spec::Spec`] is a file as written; [`plan::plan`] validates it into trainings that can run; `run` runs them;
//! `record` keeps what they measured. Prediction (crate `bias`) and measurement (crate `simulate`) meet in `verdict`.

mod draws;
mod inputs;
mod observe;
mod perform;
pub mod plan;
pub mod record;
pub mod run;
pub mod spec;
pub mod verdict;

pub use perform::{Concluded, Request, join, perform};
