//! What a person reads: the answer on one screen, its LaTeX, and figures.

mod latex;
mod redundancy;
mod text;

pub use latex::latex;
/// Charts from plain data, as SVG and PNG.
pub use symbias_figure as figure;
pub use text::{Style, text};
