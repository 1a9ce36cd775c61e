//! From a model, the way a paper writes it, to the symmetries of its parameters, what training conserves, what each driver selects,
//! and runs that confirm or refute it. Everything takes values and returns values; only what is asked to be written touches a disk.
//!
//! ```
//! use symbias::gauge::{Options as Gauge, fix};
//! use symbias::{Board, Experiment, Folder, ModelBuilder, Request, Watch, analyze, perform};
//!
//! // y = Σ_h v_h relu(W_h·x): rescaling a unit leaves the function alone.
//! let source = ModelBuilder::new("net").axis("h", 4).axis("d", 3)
//!     .parameter("v", &["h"]).parameter("W", &["h", "d"]).input("x", &["d"])
//!     .statement("y = v[h] * relu(W[h,d] * x[d])")
//!     .output("y").loss("mse", "y").source()?;
//! let found = analyze(&source, &Default::default(), &Watch::default())?;
//! assert_eq!(found.answer.symmetry.name, "R^4");
//!
//! // The balanced point of a random orbit: same outputs, least norm.
//! let balanced = fix(&source, None, &Gauge::default(), &Watch::default())?;
//! assert!(balanced.answer.holds() && balanced.answer.moved < 1e-12);
//!
//! // Trained from there on a teacher's data, charges stay where they are: at 0.
//! let theta = symbias::model::data::bytes(&balanced.arrays)?;
//! let folder = Folder::memory([("net.toml", source.text().as_bytes()), ("theta.safetensors", &theta)])?;
//! let experiment = Experiment::parse(r#"
//!     symbias = 1
//!     name = "tour"
//!     [run]
//!     model = "net.toml"
//!     rate = 1e-3
//!     steps = 200
//!     samples = 16
//!     inputs = { target = { teacher = 0.0 } }
//!     teacher = { program = "v[h] = z[h]\nW[h,d] = Z[h,d]", inputs = { z = ["h"], Z = ["h","d"] } }
//!     observe = { charges = true, losses = { test = { fresh = 64 } } }
//!     [run.start]
//!     program = "v[h] = a[h]\nW[h,d] = b[h,d]"
//!     constants.a = { axes = ["h"], file = "theta.safetensors", key = "v" }
//!     constants.b = { axes = ["h","d"], file = "theta.safetensors", key = "W" }
//!     [arms.main]
//! "#, folder)?;
//! let done = perform(&experiment, &Request::default(), &Board::default())?;
//! let charges = done.measured[0].series("charges")?;
//! assert!(charges.last(0).iter().all(|mu| mu.abs() < 1e-3));
//! # Ok::<(), symbias::Error>(())
//! ```
//!
//! [`analyze()`](analyze::analyze) answers with everything known of a model, [`gauge`] moves parameters along their orbit, [`mod@eval`]
//! evaluates, [`design`](mod@design) goes from a wanted bias to a parameterization, [`mod@fit`] trains designs on data,
//! [`experiment`] runs ensembles and judges them, [`verify`](mod@verify) tries the laws of a model. What they are made of is in
//! [`model`], [`geometry`], [`bias`] and [`simulate`].

#![forbid(unsafe_code)]

pub mod analyze;
pub mod answer;
pub mod conformance;
pub mod design;
pub mod eval;
pub mod experiment;
pub mod explain;
pub mod fit;
pub mod gauge;
pub mod report;
pub mod schema;
pub mod verify;
pub mod watch;

pub use symbias_bias as bias;
pub use symbias_figure as figure;
pub use symbias_geometry as geometry;
pub use symbias_model as model;
pub use symbias_numerics as numerics;
pub use symbias_simulate as simulate;

pub use analyze::analyze;
pub use answer::Answer;
pub use experiment::record::Record;
pub use experiment::run::Board;
pub use experiment::spec::ExperimentFile as Experiment;
pub use experiment::{Request, perform};
pub use symbias_model::data::{Array, File, Folder, Named};
pub use symbias_model::language::{ModelBuilder, SourceFile};
pub use symbias_model::{Error, ErrorKind, Model, Result};
pub use watch::Watch;
