//! What stands in a panel, back to front: data, and how they look if the palette is not to decide.

use crate::palette::{Colour, Dash, INK, Marker, PALE, ramp};

/// Which part of a note is at its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Its beginning.
    Start,
    /// Its middle.
    Middle,
    /// Its end.
    End,
}

/// Data. A point is (x, y); what is no number is a gap.
#[derive(Clone, Debug, PartialEq)]
pub enum Mark {
    /// A curve through points.
    Line(Vec<(f64, f64)>),
    /// Between two curves: (x, lower, upper), such as quantiles over seeds.
    Band(Vec<[f64; 3]>),
    /// Points.
    Points(Vec<(f64, f64)>),
    /// A vertical interval at each x: (x, lower, upper).
    Whiskers(Vec<[f64; 3]>),
    /// Points on stems from 0. Layers of stems stand side by side, a little off their x.
    Stems(Vec<(f64, f64)>),
    /// Bars from 0. Layers of bars stand side by side.
    Bars(Vec<(f64, f64)>),
    /// A value between each two edges: one edge more than values.
    Steps {
        /// Where values begin and end.
        edges: Vec<f64>,
        /// The values.
        values: Vec<f64>,
        /// Whether the ground from 0 is filled: a histogram.
        filled: bool,
    },
    /// A reference at a value of y, its label on it.
    Horizontal(f64),
    /// A reference at a value of x, its label on it.
    Vertical(f64),
    /// A matrix: entry (i, j) is the square around x = j, y = i.
    Heat(Vec<Vec<f64>>),
    /// A text.
    Note {
        /// Where.
        at: (f64, f64),
        /// Which part of the text is there.
        place: Place,
        /// Moved by points, right and up.
        shift: (f64, f64),
        /// What it says.
        text: String,
    },
    /// An arrow, or the head of one alone.
    Arrow {
        /// From.
        from: (f64, f64),
        /// To.
        to: (f64, f64),
        /// Whether it has a shaft.
        shaft: bool,
    },
}

/// What the palette would decide otherwise.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Style {
    /// The look of this series of the palette, counted from 0.
    pub series: Option<usize>,
    /// A colour.
    pub colour: Option<Colour>,
    /// Dashes.
    pub dash: Option<Dash>,
    /// The shape of points.
    pub marker: Option<Marker>,
    /// Whether points are hollow.
    pub hollow: bool,
    /// Width of lines in points.
    pub width: Option<f64>,
    /// Whether a white edge keeps a line visible on others.
    pub cased: bool,
}

/// Data, a label for the legend (none if empty), and a style.
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    /// The data.
    pub mark: Mark,
    /// What the legend says. Layers with one label share one row.
    pub label: String,
    /// How it looks.
    pub style: Style,
}

impl From<Mark> for Layer {
    fn from(mark: Mark) -> Layer {
        Layer {
            mark,
            label: String::new(),
            style: Style::default(),
        }
    }
}

impl Layer {
    /// A curve.
    pub fn line(points: Vec<(f64, f64)>) -> Layer {
        Mark::Line(points).into()
    }

    /// Between two curves. Without a style, it has the colour of the series that follows.
    pub fn band(points: Vec<[f64; 3]>) -> Layer {
        Mark::Band(points).into()
    }

    /// Points.
    pub fn points(points: Vec<(f64, f64)>) -> Layer {
        Mark::Points(points).into()
    }

    /// Intervals at points. Without a style, they have the colour of the series that follows.
    pub fn whiskers(points: Vec<[f64; 3]>) -> Layer {
        Mark::Whiskers(points).into()
    }

    /// Coefficients as points on stems.
    pub fn stems(points: Vec<(f64, f64)>) -> Layer {
        Mark::Stems(points).into()
    }

    /// Bars.
    pub fn bars(points: Vec<(f64, f64)>) -> Layer {
        Mark::Bars(points).into()
    }

    /// A value between each two edges.
    pub fn steps(edges: Vec<f64>, values: Vec<f64>) -> Layer {
        Mark::Steps {
            edges,
            values,
            filled: false,
        }
        .into()
    }

    /// A signal: the value of entry k around x = k.
    pub fn signal(values: Vec<f64>) -> Layer {
        Layer::steps((0..=values.len()).map(|k| k as f64 - 0.5).collect(), values)
    }

    /// Counts or densities between edges.
    pub fn histogram(edges: Vec<f64>, values: Vec<f64>) -> Layer {
        Mark::Steps {
            edges,
            values,
            filled: true,
        }
        .into()
    }

    /// A reference value of y.
    pub fn horizontal(y: f64) -> Layer {
        Mark::Horizontal(y).into()
    }

    /// A reference value of x.
    pub fn vertical(x: f64) -> Layer {
        Mark::Vertical(x).into()
    }

    /// A matrix, rows from the top if the axis y is reversed.
    pub fn heat(rows: Vec<Vec<f64>>) -> Layer {
        Mark::Heat(rows).into()
    }

    /// A text that begins at a point.
    pub fn note(at: (f64, f64), text: impl Into<String>) -> Layer {
        Mark::Note {
            at,
            place: Place::Start,
            shift: (0.0, 0.0),
            text: text.into(),
        }
        .into()
    }

    /// An arrow.
    pub fn arrow(from: (f64, f64), to: (f64, f64)) -> Layer {
        Mark::Arrow {
            from,
            to,
            shaft: true,
        }
        .into()
    }

    /// The head of an arrow, on a curve that goes from one point to the other.
    pub fn head(from: (f64, f64), to: (f64, f64)) -> Layer {
        Mark::Arrow {
            from,
            to,
            shaft: false,
        }
        .into()
    }

    /// Its row in the legend.
    pub fn label(mut self, label: impl Into<String>) -> Layer {
        self.label = label.into();
        self
    }

    /// The look of series k of the palette.
    pub fn series(mut self, k: usize) -> Layer {
        self.style.series = Some(k);
        self
    }

    /// A colour.
    pub fn colour(mut self, colour: Colour) -> Layer {
        self.style.colour = Some(colour);
        self
    }

    /// The colour of a share of an ordered family, dark for 0 to light for 1.
    pub fn ramp(self, share: f64) -> Layer {
        self.colour(ramp(share))
    }

    /// In the colour of text, thin, with a white edge that keeps it visible on any colour: predictions over
    /// measurements.
    pub fn ink(mut self) -> Layer {
        self.style.cased = true;
        self.colour(INK).width(0.8)
    }

    /// Pale, thin and dotted: what stands behind.
    pub fn guide(self) -> Layer {
        self.colour(PALE).width(0.6).dash(Dash::Dotted)
    }

    /// Dashes.
    pub fn dash(mut self, dash: Dash) -> Layer {
        self.style.dash = Some(dash);
        self
    }

    /// The shape of points.
    pub fn marker(mut self, marker: Marker) -> Layer {
        self.style.marker = Some(marker);
        self
    }

    /// Hollow points.
    pub fn hollow(mut self) -> Layer {
        self.style.hollow = true;
        self
    }

    /// Width of lines in points.
    pub fn width(mut self, width: f64) -> Layer {
        self.style.width = Some(width);
        self
    }

    /// Moves a note by points, right and up, and says which part of it is at its place.
    pub fn moved(mut self, right: f64, up: f64, part: Place) -> Layer {
        if let Mark::Note { place, shift, .. } = &mut self.mark {
            (*place, *shift) = (part, (right, up));
        }
        self
    }
}
