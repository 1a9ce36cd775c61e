//! What a person reads: the answer on one screen, and its LaTeX.

mod latex;
mod text;

pub use latex::latex;
pub use text::{Style, text};
