//! All tests of the crate that need only what it exports: one program, since each links everything below it.

mod contraction;
mod data;
mod data_never_panics;
mod errors;
mod folder;
mod language;
mod measured;
mod mutate;
mod never_panics;
mod parts;
mod powers;
mod profiles;
mod reading;
mod selecting;
mod slopes;
