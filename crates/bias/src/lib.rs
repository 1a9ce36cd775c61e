//! What a driver of training selects among the parameters of one function: predictions with the
//! measure they refer to and the hypotheses they rest on (theory §4, §5).
//!
//! decay: R(w) = min over the orbit of ½‖θ‖². flow: K_c⁻¹ = ∇²Q_c. noise: p(w) ∝ e^{−ℓ/T − R(w)} dw,
//! R from the volumes of orbits and of K; laws as densities and exact samples of them in [`law`]. quotient:
//! dw = (−K∇ℓ + ½ tr(C∇²w)) dt + Jσ dW, where w is a process of its own. Uses geometry and model; used by symbias.

#![forbid(unsafe_code)]

pub mod decay;
mod driver;
pub mod flow;
mod ground;
pub mod law;
pub mod noise;
mod potential;
pub mod quotient;

pub use driver::{About, Case, DRIVERS, Driver, Kind, Selects};
pub use ground::{Base, Ground, Origin};
pub use potential::{Existence, Hypothesis, Law, Potential, Pull, Status};
