//! Experiments: spec → plan → run → record.
//!
//! A [`spec::Spec`] is a file as written; [`plan::plan`] validates it into trainings that can run; `run` runs them;
//! `record` keeps what they measured. Prediction (crate `bias`) and measurement (crate `simulate`) meet in `verdict`;
//! `figures` draws records, and `reproduce` runs the published experiments.

mod budget;
mod diffusion;
mod draws;
pub mod figures;
mod given;
mod hold;
mod identity;
mod inputs;
mod kkt;
mod observe;
mod orbit;
mod perform;
mod place;
pub mod plan;
mod quantile;
pub mod record;
pub mod reproduce;
pub mod run;
mod seal;
pub mod series;
mod shards;
pub mod spec;
mod unpack;
pub mod verdict;

pub(crate) use hold::{Hold, is_empty};
pub use identity::{Asked, Made};
pub use perform::{Concluded, Request, join, perform};
pub use shards::Part;
pub(crate) use unpack::unpack;
