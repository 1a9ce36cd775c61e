//! Diffusions: noises against their covariances, schemes against their orders, laws against their densities.

mod bits;
mod common;
mod covariance;
mod laws;
mod orders;
mod stratonovich;
