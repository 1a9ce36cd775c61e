//! The scalar form of a model: one instruction per number, generic over the number type.
//!
//! The slow and universal sibling of the program over lanes, and its oracle, since they share no
//! kernel. Over f64 it gives values and derivatives; over [`Exact`] it gives them modulo a prime,
//! for exact ranks; over [`Nilpotent`] it gives derivatives of any order; over [`Measured`] it gives each number with a bound
//! on its rounding, over [`Term`] what the forms of outputs have in common, and over [`Extended`](symbias_numerics::extended::Extended) with 31 digits. Used by analysis only.

mod arrays;
mod domain;
mod extended;
mod jet;
mod known;
mod lower;
mod measured;
mod number;
mod operation;
mod pieces;
mod pullback;
mod separate;
mod size;
mod tape;
mod term;

pub use arrays::{Arrays, Inputs};
pub use domain::Outside;
pub use jet::Nilpotent;
pub(crate) use known::Known;
pub use lower::Selecting;
pub use measured::Measured;
pub use number::{Exact, Scalar};
pub use pieces::Kink;
pub use pullback::Pullback;
pub use tape::{Arithmetic, ScalarProgram};
pub use term::Term;
