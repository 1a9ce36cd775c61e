//! The Rust code of README and book, compiled and run as documentation tests.
//! Written by `cargo xtask generate`.
// Blocks such as `toml,file=NAME` are not for rustdoc.
#![allow(rustdoc::invalid_codeblock_attributes)]

#[cfg(doctest)]
#[doc = include_str!("../docs/answer.md")]
pub mod docs_answer {}

#[cfg(doctest)]
#[doc = include_str!("../docs/attribution.md")]
pub mod docs_attribution {}

#[cfg(doctest)]
#[doc = include_str!("../docs/catalogue.md")]
pub mod docs_catalogue {}

#[cfg(doctest)]
#[doc = include_str!("../docs/charges.md")]
pub mod docs_charges {}

#[cfg(doctest)]
#[doc = include_str!("../docs/design.md")]
pub mod docs_design {}

#[cfg(doctest)]
#[doc = include_str!("../docs/drivers.md")]
pub mod docs_drivers {}

#[cfg(doctest)]
#[doc = include_str!("../docs/gauges.md")]
pub mod docs_gauges {}

#[cfg(doctest)]
#[doc = include_str!("../docs/laws.md")]
pub mod docs_laws {}

#[cfg(doctest)]
#[doc = include_str!("../docs/symmetries.md")]
pub mod docs_symmetries {}
