//! The laws of theory §5 that are known in closed form, as densities.
//!
//! Each constructor states its law; what is not normalisable comes back as the integral that diverges. Losses are those
//! of the effective weight, ℓ(w), and T is in the same units.

mod product;
mod symmetric;

pub use product::{decayed_group, decayed_product, gamma, group, predictor_noise, product, radius};
pub use symmetric::{
    eigenvalue_gap, eigenvalue_trace, wishart_determinant, wishart_entry, wishart_largest,
    wishart_trace,
};
