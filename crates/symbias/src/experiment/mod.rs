//! Experiments: spec → plan → run → record.
//!
//! A [`spec::Spec`] is a file as written; [`plan::plan`] validates it into trainings that can run; `run` runs them;
//! `record` keeps what they measured. Prediction (crate `bias`) and measurement (crate `simulate`) meet in `verdict`;
//! `figures` draws records, and `reproduce` runs the published experiments.
//!
//! ```
//! use symbias::{Board, Experiment, Folder, Request, perform};
//! let model = "symbias = 1\noutputs = [\"w\"]\nprogram = \"w = u * v\"\nparameters = { u = [], v = [] }\n\
//!              loss = { kind = \"expression\", expr = \"0.5 * (w - 1)^2\" }\n";
//! let experiment = Experiment::parse(r#"
//!     symbias = 1
//!     name = "pair"
//!     [run]
//!     model = "pair.toml"
//!     precision = "f64"
//!     rate = 0.1
//!     steps = 400
//!     start = { program = "u = 2 + 0 * z\nv = 0.1 + 0 * z", inputs = { z = [] } }
//!     observe = { program = "product = u * v" }
//!     [arms.main]
//! "#, Folder::memory([("pair.toml", model)])?)?;
//! let done = perform(&experiment, &Request::default(), &Board::default())?;
//! let w = done.measured[0].series("product")?;
//! assert!((w.last(0)[0] - 1.0).abs() < 1e-6);
//! # Ok::<(), symbias::Error>(())
//! ```

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
mod summary;
mod unpack;
pub mod verdict;

pub(crate) use hold::{Hold, is_empty};
pub use identity::{Asked, Made};
pub use perform::{Concluded, Request, join, perform};
pub use shards::Part;
pub(crate) use unpack::unpack;
