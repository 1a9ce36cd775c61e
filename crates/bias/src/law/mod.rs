//! Predicted laws as objects that samples are compared with (theory §5).
//!
//! | part | what it holds |
//! |---|---|
//! | [`Density`] | a law of one real variable: p(x) ∝ e^{f(x)} dx, with cdf, quantiles, moments, or the integral that diverges |
//! | [`closed`] | the laws of theory §5 that are known in closed form |
//! | [`sampler`] | samples of the law of a whole model in θ, without a step size's bias |
//!
//! Uses noise (which law is which) and geometry; used by symbias.
//!
//! ```
//! use symbias_bias::law::closed::gamma;
//! let law = gamma(2.0, 0.5)?;
//! assert!((law.mean()? - 1.0).abs() < 1e-9 && (law.variance()? - 0.5).abs() < 1e-9);
//! assert!((law.cdf(law.quantile(0.3)) - 0.3).abs() < 1e-9);
//! # Ok::<(), symbias_model::Error>(())
//! ```

mod chebyshev;
pub mod closed;
mod density;
mod ends;
mod piece;
pub mod sampler;

pub use density::Density;
