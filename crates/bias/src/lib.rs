//! What a driver of training selects among the parameters of one function: predictions with the
//! measure they refer to and the hypotheses they rest on (theory §4).
//!
//! decay: R(w) = min over the orbit of ½‖θ‖² (theory §3.3). Uses geometry and model; used by
//! symbias.

pub mod decay;
mod statement;

pub use statement::{Bias, Hypothesis, Status};
