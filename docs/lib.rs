//! The Rust code of README and book, compiled and run as documentation tests.
//! Written by `cargo xtask generate`.
