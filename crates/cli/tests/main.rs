//! All tests of the crate that need only what it exports: one program, since each links everything below it.

mod commands;
mod common;
mod designs;
mod durable;
mod explain;
mod fit;
mod gauge;
mod records;
mod schema;
mod summary;
mod verify;
