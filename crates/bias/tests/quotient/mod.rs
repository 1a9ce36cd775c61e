//! The process of the effective weights: section, equation, stationary law.

mod common;
mod density;
mod fokker_planck;
mod process;
mod section;
mod stays;
