//! What a person reads: the answer on one screen, its LaTeX, and figures.
//!
//! ```
//! # use symbias::{SourceFile, Watch};
//! # let source = SourceFile::parse("symbias = 1\noutputs = [\"w\"]\nprogram = \"w = u * v\"\n\
//! #     parameters = { u = [], v = [] }\nloss = { kind = \"expression\", expr = \"0.5 * (w - 1)^2\" }\n", None)?;
//! use symbias::report::{Style, text};
//! let found = symbias::analyze(&source, &Default::default(), &Watch::default())?;
//! let report = text(&found.answer, Style { full: false });
//! assert!(report.contains("mu = (v^2 - u^2)/2"));
//! # Ok::<(), symbias::Error>(())
//! ```

mod latex;
mod redundancy;
mod text;

pub use latex::latex;
/// Charts from plain data, as SVG and PNG.
pub use symbias_figure as figure;
pub use text::{Style, text};
