//! Charts: plain numbers in, SVG and PNG out, at the sizes of journals.
//!
//! A [`Figure`] has [`Panel`]s, a panel two [`Axis`] and [`Layer`]s. A value v is drawn at the share
//! (t(v) − t(low)) / (t(high) − t(low)) of its axis, t the identity, log₁₀, or sign(v)·log₁₀(1 + |v|/c).
//! What is no number is a gap, an empty panel says so, and a logarithmic axis counts what it cannot show.
//! Nothing here panics on data, and equal figures have equal bytes.
//!
//! The layout is computed once, from the metrics of the fonts in `fonts/`, into a list of paths and texts (`scene`)
//! that [`svg`](Figure::svg) and [`png`](Figure::png) write down. Uses nothing of ours; used by `symbias::report` and,
//! for the figures of the book, by `xtask`.
//!
//! ```
//! use symbias_figure::{Axis, Dash, Figure, Layer, Panel};
//!
//! let measured: Vec<(f64, f64)> = (1..100).map(|k| (f64::from(k), 1.0 / f64::from(k))).collect();
//! let panel = Panel::new(Axis::new("step").log(), Axis::new("$‖w_{j}‖$").log())
//!     .layer(Layer::line(measured).label("measured"))
//!     .layer(Layer::line(vec![(1.0, 1.0), (99.0, 1.0 / 99.0)]).ink().dash(Dash::Dashed).label("predicted"));
//! let figure = Figure::new("Norms over steps").panel(panel);
//! assert!(figure.svg().starts_with("<svg"));
//! assert_eq!(&figure.png().unwrap()[1..4], b"PNG");
//! ```
//!
//! Texts may contain mathematics: `$x_{j}^{2}$` sets letters in italics, and `_{…}`, `^{…}` and the Unicode
//! superscripts are raised and lowered everywhere.

#![forbid(unsafe_code)]

mod axis;
mod bar;
mod cell;
mod clip;
mod draw;
mod extent;
mod figure;
mod font;
mod format;
mod frame;
mod key;
mod layer;
mod layout;
mod legend;
mod palette;
mod panel;
mod png;
mod reference;
mod scene;
mod svg;
mod text;
mod tick;

pub use axis::{Axis, Scale};
pub use figure::{Figure, Medium, Width};
pub use layer::{Layer, Mark, Place, Style};
pub use palette::{Colour, Dash, INK, LIGHTNESS_STEP, Marker, PALE, PAPER, SERIES, ramp};
pub use panel::{Legend, Panel, Shape};
pub use png::TooLarge;
