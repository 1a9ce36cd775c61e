//! Predicted laws as densities and as samples.

mod closed;
mod common;
mod density;
mod sampler;
