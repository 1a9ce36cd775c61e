//! A panel: two axes and what stands between them.

use crate::axis::Axis;
use crate::layer::Layer;

/// Where the labels of layers stand, never on data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Legend {
    /// Below the panel, in columns.
    #[default]
    Below,
    /// To the right of the panel.
    Right,
    /// At the right ends of curves, moved apart; below, if there are too many or if they are no curves.
    Ends,
    /// Below the whole figure, once for all panels that say so.
    Shared,
    /// Nowhere.
    None,
}

/// The shape of the rectangle between the axes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Shape {
    /// Height over width.
    Ratio(f64),
    /// One unit of x is as long as one unit of y (linear axes).
    Equal,
}

/// A panel.
#[derive(Clone, Debug, PartialEq)]
pub struct Panel {
    /// What stands above, after its letter.
    pub title: String,
    /// Horizontal axis.
    pub x: Axis,
    /// Vertical axis.
    pub y: Axis,
    /// Back to front.
    pub layers: Vec<Layer>,
    /// Where labels stand.
    pub legend: Legend,
    /// Height over width.
    pub shape: Shape,
    /// A bar beside the panel that says what colours mean: label, value of the darkest, value of the lightest.
    /// A matrix has one without being asked.
    pub colours: Option<(String, f64, f64)>,
}

impl Panel {
    /// An empty panel.
    pub fn new(x: Axis, y: Axis) -> Panel {
        Panel {
            title: String::new(),
            x,
            y,
            layers: Vec::new(),
            legend: Legend::default(),
            shape: Shape::Ratio(0.72),
            colours: None,
        }
    }

    /// With a title.
    pub fn title(mut self, title: impl Into<String>) -> Panel {
        self.title = title.into();
        self
    }

    /// With one more layer, in front.
    pub fn layer(mut self, layer: Layer) -> Panel {
        self.layers.push(layer);
        self
    }

    /// With more layers, in front.
    pub fn layers(mut self, layers: impl IntoIterator<Item = Layer>) -> Panel {
        self.layers.extend(layers);
        self
    }

    /// With its labels there.
    pub fn legend(mut self, legend: Legend) -> Panel {
        self.legend = legend;
        self
    }

    /// With this height over width.
    pub fn ratio(mut self, ratio: f64) -> Panel {
        self.shape = Shape::Ratio(ratio);
        self
    }

    /// With units of equal length.
    pub fn equal(mut self) -> Panel {
        self.shape = Shape::Equal;
        self
    }

    /// With a bar that says what [`ramp`](crate::ramp) colours mean.
    pub fn colours(mut self, label: impl Into<String>, dark: f64, light: f64) -> Panel {
        self.colours = Some((label.into(), dark, light));
        self
    }
}
