//! Samples in, a verdict out: tests of laws by the numbers that a process produced.
//!
//! D = sup |F_n − F|, and what it says: [`ks`] tests a sample against a distribution function or another sample,
//! [`extrapolation`] takes the step size to zero first, [`ess`] says how many independent numbers a chain is worth,
//! [`power`] which deviation they would have shown, [`tilting`] fits one parameter of a law, [`verdict`] puts it together as confirmed, refuted or undetermined.
//! Pure functions of slices: nothing here knows a model, and a prediction comes in as a closure or as a number. Special
//! functions come from `statrs`. Used by symbias, which holds predictions against measurements.
//!
//! ```
//! use symbias_simulate::stats::{ks, normal};
//! let sample: Vec<f64> = (1..200).map(|k| normal::quantile(f64::from(k) / 200.0)).collect();
//! assert!(ks::one_sample(&sample, normal::cdf)?.p_value > 0.9);
//! let shifted = |x: f64| normal::cdf(x - 0.5);
//! assert!(ks::one_sample(&sample, shifted)?.p_value < 1e-6);
//! # Ok::<(), symbias_model::Error>(())
//! ```

mod argument;
pub mod empirical;
pub mod ess;
pub mod extrapolation;
pub mod kolmogorov;
pub mod ks;
pub mod line;
pub mod multiplicity;
pub mod normal;
pub mod power;
pub mod tilting;
pub mod verdict;
