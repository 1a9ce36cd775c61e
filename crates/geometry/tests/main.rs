//! All tests of the crate that need only what it exports: one program, since each links everything below it.

mod charge;
mod formulas;
mod gauge;
mod laws;
mod orbit;
mod parts;
mod rank;
mod rules;
mod strata;
mod structure;
