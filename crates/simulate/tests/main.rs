//! All tests of the crate that need only what it exports: one program, since each links everything below it.

mod bits;
mod common;
mod diffusion;
mod process;
mod stats;
mod summary;
mod transport;
