//! The process of the effective weights on the leaf of vanishing charges, and its stationary law
//! (theory §4, §5): for dθ = −∇L dt + σ dW with C = σσᵀ
//!
//! ```text
//! dw = (−K∇ℓ + ½ tr(C ∇²w)) dt + Jσ dW,    a = J C Jᵀ,
//! ```
//!
//! with every function of θ taken at the section θ(w). It is an equation in w alone where the noise is
//! that of an isometric action, or where it leaves the leaf alone; elsewhere it is refused.
//!
//! | what | where |
//! |---|---|
//! | w → θ on the leaf | [`Section`] |
//! | the process as a value | [`Quotient`] |
//! | the loss of a model over all samples | [`FullBatch`] |
//! | one pair with a charge that relaxes | [`ChargedPair`] |
//! | −ℓ/T − R at w, by the volumes of orbits and of K | [`LogDensity`] |
//! | the stationary Fokker–Planck equation of any diffusion in one or two dimensions | [`fokker_planck`] |
//!
//! The density and the Fokker–Planck equation of the process are two derivations of one law.

mod batch;
mod charged;
mod density;
pub mod fokker_planck;
mod process;
mod section;
mod stays;

pub use batch::FullBatch;
pub use charged::ChargedPair;
pub use density::LogDensity;
pub use process::{Gradient, Quotient};
pub use section::Section;
