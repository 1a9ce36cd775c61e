//! Gauges against closed forms, against a minimiser that shares nothing with the solver, and against
//! twins that must fail.

mod balanced;
mod common;
mod noise;
