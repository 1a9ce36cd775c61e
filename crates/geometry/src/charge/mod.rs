//! Charges: the moment map of the symmetric generators (theory §2), as formulas and as values,
//! and how many functions gradient flow conserves.

pub mod conserved;
mod evaluate;
mod formula;
pub mod moment;
mod places;
pub mod render;

pub use evaluate::ScaledBlock;
pub use formula::{Charge, charges, diagonal};
pub use places::Places;
