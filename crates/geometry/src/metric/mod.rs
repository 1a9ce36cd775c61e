//! The predictor metric K = JJᵀ on the quotient (theory §1, §4): effective weights w as a map of θ,
//! K and its changes, and the tests of what laws suppose of it.
//!
//! Uses discover, component and orbit; used by the predictions of each driver.
//!
//! ```
//! # use symbias_model::language::ModelBuilder;
//! # let model = ModelBuilder::new("pairs").axis("i", 2).parameter("u", &["i"]).parameter("v", &["i"])
//! #     .statement("w[i] = u[i] * v[i]").output("w").build()?;
//! use symbias_geometry::discover::structural::factors;
//! use symbias_geometry::metric::weights;
//! let found = weights(&model, &factors(&model)).expect("effective weights");
//! assert_eq!(found.map.entries.len(), 2);
//! # Ok::<(), symbias_model::Error>(())
//! ```

mod closure;
mod determined;
mod expansion;
mod hessian;
mod map;
mod outputs;
mod weights;

pub use closure::{Closure, closure};
pub use determined::determines;
pub use expansion::{expansion, reduced};
pub use hessian::{Hessian, hessian};
pub use map::{Costs, Monomial, Polynomial, PredictorMap, Volume, volume};
pub use outputs::Outputs;
pub use weights::{Weights, weights};
