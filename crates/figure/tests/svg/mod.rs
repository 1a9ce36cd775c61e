//! Figures as SVG, read back.

mod drawn;
mod layout;
mod sheet;
