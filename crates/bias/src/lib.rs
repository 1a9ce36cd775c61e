//! bias
