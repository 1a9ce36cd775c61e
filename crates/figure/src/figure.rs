//! A figure: panels on a sheet as wide as a column or a page of a journal.

use crate::panel::Panel;
use crate::png::TooLarge;
use crate::{layout, png, svg};

/// Widths of journals.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Width {
    /// One column: 85 mm.
    Single,
    /// Two columns: 170 mm.
    #[default]
    Double,
    /// Any, in millimetres; at least 30, at most 1000.
    Mm(f64),
}

impl Width {
    /// In points.
    pub(crate) fn points(self) -> f64 {
        let mm = match self {
            Width::Single => 85.0,
            Width::Double => 170.0,
            Width::Mm(mm) if mm.is_finite() => mm.clamp(30.0, 1000.0),
            Width::Mm(_) => 170.0,
        };
        mm / 25.4 * 72.0
    }
}

/// Where an SVG is looked at, which decides the size that it says it has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Medium {
    /// Its width in millimetres.
    #[default]
    Print,
    /// 1.6 pixels for a point: labels as large as the text of a page.
    Screen,
}

/// A figure.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// What it shows, for those who cannot see it; not drawn.
    pub title: String,
    /// Row by row.
    pub panels: Vec<Panel>,
    /// Panels beside each other.
    pub columns: usize,
    /// Of the whole sheet.
    pub width: Width,
}

impl Figure {
    /// A figure without panels, two columns of a journal wide.
    pub fn new(title: impl Into<String>) -> Figure {
        Figure {
            title: title.into(),
            panels: Vec::new(),
            columns: 1,
            width: Width::default(),
        }
    }

    /// With one more panel.
    pub fn panel(mut self, panel: Panel) -> Figure {
        self.panels.push(panel);
        self
    }

    /// With so many panels beside each other.
    pub fn columns(mut self, columns: usize) -> Figure {
        self.columns = columns;
        self
    }

    /// So wide.
    pub fn width(mut self, width: Width) -> Figure {
        self.width = width;
        self
    }

    /// The figure as SVG, at its size in print.
    pub fn svg(&self) -> String {
        self.svg_for(Medium::Print)
    }

    /// The figure as SVG.
    pub fn svg_for(&self, medium: Medium) -> String {
        svg::write(&layout::scene(self), medium)
    }

    /// Its pixels as [`Figure::png`], side by side and above each other.
    pub fn size(&self) -> Result<(u32, u32), TooLarge> {
        png::size(&layout::scene(self), 300.0)
    }

    /// The figure as PNG at 300 dots per inch.
    pub fn png(&self) -> Result<Vec<u8>, TooLarge> {
        self.png_at(300.0)
    }

    /// The figure as PNG at this resolution.
    pub fn png_at(&self, dots_per_inch: f64) -> Result<Vec<u8>, TooLarge> {
        png::write(&layout::scene(self), dots_per_inch)
    }
}
