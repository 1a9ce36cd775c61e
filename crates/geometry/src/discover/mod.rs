//! Discovery of symmetries, three ways that must agree: by rules, by ranks, by certificate.

pub mod certificate;
pub mod structural;
