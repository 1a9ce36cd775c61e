//! A panel on its way to the sheet: what does not depend on its size, its measures at one size, its drawing.

use crate::clip::Frame;
use crate::draw::Plot;
use crate::extent::{Extent, heat_range};
use crate::frame::{self, Furniture};
use crate::key::{Look, looks};
use crate::layer::Mark;
use crate::legend::{self, Block, Entry};
use crate::palette::PALE;
use crate::panel::{Legend, Panel, Shape};
use crate::reference;
use crate::scene::{Anchor, Scene};
use crate::text::{parse, width};

/// Least width and height of a plot.
pub const LEAST: f64 = 24.0;
/// From the frame to a label at an end.
const LEADER: f64 = 11.0;
/// From label to label at ends.
const STEP: f64 = legend::LEADING - 1.0;

/// A panel with what does not depend on its size.
pub struct Cell<'a> {
    panel: &'a Panel,
    looks: Vec<Look>,
    extent: Extent,
    letter: String,
    /// Layers that have their label at their end.
    ends: Vec<usize>,
}

/// A panel measured for one width of plots.
pub struct Measured<'a> {
    pub height: f64,
    pub margin: Margin,
    furniture: Furniture,
    below: Block<'a>,
    right: Block<'a>,
    /// References whose labels stand in the legend.
    crowded: Vec<usize>,
    footnote: String,
}

/// Room around the rectangle between the axes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Margin {
    pub left: f64,
    pub right: f64,
    pub top: f64,
    pub bottom: f64,
}

impl<'a> Cell<'a> {
    /// A panel with its letter, if it has one.
    pub fn new(panel: &'a Panel, letter: &str) -> Cell<'a> {
        let at_end = |k: &usize| {
            let layer = &panel.layers[*k];
            let curve = matches!(
                layer.mark,
                Mark::Line(_) | Mark::Steps { filled: false, .. }
            );
            panel.legend == Legend::Ends && curve && !layer.label.is_empty()
        };
        Cell {
            panel,
            looks: looks(panel),
            extent: Extent::new(panel),
            letter: letter.to_owned(),
            ends: (0..panel.layers.len()).filter(at_end).collect(),
        }
    }

    /// Adds its labels, if it shares its legend with other panels.
    pub fn share(&self, m: &Measured, entries: &mut Vec<Entry<'a>>) {
        if self.panel.legend == Legend::Shared {
            legend::collect(entries, self.panel, &self.looks, |k, mark| {
                is_reference(mark) && !m.crowded.contains(&k)
            });
        }
    }

    /// Its measures if the plot is so wide.
    pub fn measure(&mut self, plot: f64) -> Measured<'a> {
        let height = self.height(plot);
        let label = |k: &usize| width(&parse(&self.panel.layers[*k].label, false)) * legend::SIZE;
        let widest = self.ends.iter().map(label).fold(0.0, f64::max);
        // Too many or too wide: once and for all, or the layout would swing between two answers.
        if self.ends.len() as f64 * STEP > height + STEP || widest > 0.6 * plot {
            self.ends.clear();
        }
        let furniture = Furniture::new(
            self.panel,
            &self.extent,
            (&self.letter, &self.panel.title),
            self.colours().as_ref(),
            (plot, height),
        );
        let crowded = reference::crowded(
            &self.plot(Frame {
                left: 0.0,
                top: 0.0,
                width: plot,
                height,
            }),
            self.panel,
        );
        let mut entries = Vec::new();
        if !matches!(self.panel.legend, Legend::None | Legend::Shared) {
            legend::collect(&mut entries, self.panel, &self.looks, |k, mark| {
                self.ends.contains(&k) || is_reference(mark) && !crowded.contains(&k)
            });
        }
        let (below, right) = match self.panel.legend {
            Legend::Right => (
                Block::default(),
                legend::block(&entries, (0.6 * plot).max(70.0), 1),
            ),
            _ => (legend::block(&entries, plot, 6), Block::default()),
        };
        let footnote = match self.extent.skipped {
            0 => String::new(),
            1 => "1 value ≤ 0 not shown".to_owned(),
            n => format!("{n} values ≤ 0 not shown"),
        };
        let mut margin = Margin {
            left: furniture.left,
            right: furniture.right,
            top: furniture.top,
            bottom: furniture.bottom,
        };
        if right.width > 0.0 {
            margin.right += 8.0 + right.width;
        }
        if !self.ends.is_empty() {
            margin.right = margin.right.max(LEADER + widest + 1.0);
        }
        if below.height > 0.0 {
            margin.bottom += 3.0 + below.height;
        }
        if !footnote.is_empty() {
            margin.bottom += 9.0;
        }
        Measured {
            height,
            margin,
            furniture,
            below,
            right,
            crowded,
            footnote,
        }
    }

    fn height(&self, plot: f64) -> f64 {
        let Extent { x, y, .. } = &self.extent;
        let ratio = match self.panel.shape {
            Shape::Ratio(ratio) => ratio,
            Shape::Equal => (y.high - y.low) / (x.high - x.low),
        };
        let ratio = if ratio.is_finite() {
            ratio.clamp(0.1, 5.0)
        } else {
            1.0
        };
        (plot * ratio).max(LEAST)
    }

    fn colours(&self) -> Option<(String, f64, f64)> {
        let heat = || heat_range(self.panel).map(|(low, high)| (String::new(), low, high));
        self.panel.colours.clone().or_else(heat)
    }

    fn plot(&self, frame: Frame) -> Plot {
        Plot {
            frame,
            x: self.extent.x,
            y: self.extent.y,
        }
    }

    /// Draws it; `left` is the margin of its column.
    pub fn draw(&self, scene: &mut Scene, m: &Measured, frame: Frame, left: f64) {
        let plot = self.plot(frame);
        m.furniture.behind(scene, &plot);
        if self.extent.empty {
            let middle = (
                frame.left + frame.width / 2.0,
                frame.top + frame.height / 2.0,
            );
            let text = scene.text(
                middle,
                Anchor::Middle,
                frame::LABEL,
                parse("no data", false),
            );
            text.colour = PALE;
        }
        plot.layers(scene, self.panel, &self.looks);
        m.furniture.before(scene, &plot, left);
        reference::labels(scene, &plot, self.panel, &m.crowded);
        self.end_labels(scene, &plot);
        if m.right.width > 0.0 {
            m.right
                .draw(scene, (frame.right() + m.furniture.right + 8.0, frame.top));
        }
        let mut top = frame.bottom() + m.furniture.bottom;
        if m.below.height > 0.0 {
            m.below.draw(scene, (frame.left, top + 3.0));
            top += 3.0 + m.below.height;
        }
        if !m.footnote.is_empty() {
            let text = scene.text(
                (frame.left, top + 7.0),
                Anchor::Start,
                6.5,
                parse(&m.footnote, false),
            );
            text.colour = PALE;
        }
    }

    /// Labels beside the right ends of curves, moved apart, each with a thin line to its curve.
    fn end_labels(&self, scene: &mut Scene, plot: &Plot) {
        let frame = plot.frame;
        let ends: Vec<(usize, (f64, f64))> = self
            .ends
            .iter()
            .filter_map(|k| Some((*k, plot.end(&self.panel.layers[*k].mark)?)))
            .collect();
        let wanted: Vec<f64> = ends.iter().map(|end| end.1.1).collect();
        let places = legend::apart(&wanted, STEP, frame.top + 2.0, frame.bottom() - 2.0);
        let right = frame.right();
        for ((k, end), y) in ends.into_iter().zip(places) {
            if right - end.0 > 1.0 {
                scene.stroke(vec![vec![end, (right, end.1)]], frame::HAIR);
            }
            let leader = vec![
                (right, end.1),
                (right + 3.0, end.1),
                (right + LEADER - 2.0, y),
            ];
            scene.stroke(vec![leader], self.looks[k].solid(0.5));
            let runs = parse(&self.panel.layers[k].label, false);
            let at = (right + LEADER, y + 0.34 * legend::SIZE);
            scene.text(at, Anchor::Start, legend::SIZE, runs);
        }
    }
}

fn is_reference(mark: &Mark) -> bool {
    matches!(mark, Mark::Horizontal(_) | Mark::Vertical(_))
}
