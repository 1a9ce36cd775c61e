//! All tests of the crate that need only what it exports: one program, since each links everything below it.

mod decay;
mod fibre;
mod flow;
mod gaussian;
mod law;
mod quotient;
