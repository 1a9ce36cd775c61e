//! The predictor metric K = JJᵀ on the quotient (theory §1, §4): effective weights w as a map of θ,
//! K and its changes, and the tests of what laws suppose of it.
//!
//! Uses discover, component and orbit; used by the predictions of each driver.

mod branches;
mod closure;
mod determined;
mod expansion;
mod formula;
mod hessian;
mod map;
mod outputs;
mod weights;

pub use branches::Branches;
pub use closure::{Closure, closure};
pub use determined::determines;
pub use expansion::{expansion, reduced};
pub use formula::{log_pdet as closed_form, of_part as closed_form_of};
pub use hessian::{Hessian, hessian};
pub use map::{Costs, Monomial, Polynomial, PredictorMap, Volume, volume};
pub use outputs::Outputs;
pub use weights::{Weights, weights};
