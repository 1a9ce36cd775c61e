//! All tests of the crate that need only what it exports: one program, since each links everything below it.

mod attribution;
mod beyond;
mod cases;
mod catalogue;
#[path = "../../../tests/claims/main.rs"]
mod claims;
mod components;
mod design;
mod effects;
mod eval;
mod expected;
mod experiments;
mod explain;
mod figures;
mod fit;
mod fit_whole;
mod laws;
mod reading;
mod transformations;
mod verify;
mod watch;
