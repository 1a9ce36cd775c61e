//! What is trained: parameter spaces, predictor maps, their derivatives, and closed forms.
//!
//! One equation: `w = F(θ)`, the predictor map of theory §1. A [`Model`] is the checked
//! expression of `F` (it holds no arrays). The ways to it are text ([`language`]) and the
//! builder of the same tree; every other tool starts from it.

pub mod catalogue;
pub mod curve;
pub mod data;
pub mod error;
pub mod expression;
pub mod language;
pub mod parts;
pub mod program;
pub mod scalar;
pub mod space;

pub use error::{Error, ErrorKind, Result, Span};
pub use expression::Model;
pub use space::ParameterSpace;
