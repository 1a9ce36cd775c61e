//! Predicted laws as densities and as samples.

mod density;
