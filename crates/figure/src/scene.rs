//! A figure as a list of paths and texts, in points from the upper left corner: all that the formats write.

use crate::palette::{Colour, Dash, PAPER};
use crate::text::Run;

/// A place in points.
pub type Spot = (f64, f64);

/// A stroke.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stroke {
    pub colour: Colour,
    pub width: f64,
    pub dash: Dash,
    /// Whether a white edge keeps it visible on other lines.
    pub cased: bool,
}

/// Paths and their paint.
#[derive(Clone, Debug, PartialEq)]
pub struct Path {
    /// Polylines; each is closed if the path is.
    pub lines: Vec<Vec<Spot>>,
    pub closed: bool,
    /// Colour and opacity.
    pub fill: Option<(Colour, f64)>,
    pub stroke: Option<Stroke>,
}

/// Which part of a text is at its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    Start,
    Middle,
    End,
}

/// A line of text.
#[derive(Clone, Debug, PartialEq)]
pub struct Text {
    pub at: Spot,
    pub runs: Vec<Run>,
    pub size: f64,
    pub anchor: Anchor,
    pub colour: Colour,
    /// Whether it runs upwards.
    pub upwards: bool,
    /// Whether it has a white edge that keeps it readable on lines.
    pub edged: bool,
}

/// An element.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// What follows, until it is closed, belongs together.
    Open(&'static str),
    Close,
    Path(Path),
    Circle {
        at: Spot,
        radius: f64,
        fill: Option<Colour>,
        stroke: Option<Stroke>,
    },
    Text(Text),
}

/// A whole figure.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scene {
    pub title: String,
    pub width: f64,
    pub height: f64,
    pub items: Vec<Item>,
}

impl Stroke {
    /// The width that is drawn: a white edge is wider than its line, with the same dashes.
    pub fn drawn(&self) -> f64 {
        self.width + if self.cased { 0.7 } else { 0.0 }
    }
}

impl Scene {
    /// An open path.
    pub fn stroke(&mut self, lines: Vec<Vec<Spot>>, stroke: Stroke) {
        if !lines.is_empty() {
            if stroke.cased {
                let edge = Stroke {
                    colour: PAPER,
                    ..stroke
                };
                self.items.push(Item::Path(Path {
                    lines: lines.clone(),
                    closed: false,
                    fill: None,
                    stroke: Some(edge),
                }));
            }
            self.items.push(Item::Path(Path {
                lines,
                closed: false,
                fill: None,
                stroke: Some(Stroke {
                    cased: false,
                    ..stroke
                }),
            }));
        }
    }

    /// A filled path.
    pub fn fill(&mut self, lines: Vec<Vec<Spot>>, colour: Colour, opacity: f64) {
        if !lines.is_empty() {
            self.items.push(Item::Path(Path {
                lines,
                closed: true,
                fill: Some((colour, opacity)),
                stroke: None,
            }));
        }
    }

    /// An upright text in ink.
    pub fn text(&mut self, at: Spot, anchor: Anchor, size: f64, runs: Vec<Run>) -> &mut Text {
        self.items.push(Item::Text(Text {
            at,
            runs,
            size,
            anchor,
            colour: crate::palette::INK,
            upwards: false,
            edged: false,
        }));
        match self.items.last_mut() {
            Some(Item::Text(text)) => text,
            _ => unreachable!("a text was pushed"),
        }
    }

    /// Draws a part of the figure.
    pub fn group(&mut self, class: &'static str, draw: impl FnOnce(&mut Scene)) {
        self.items.push(Item::Open(class));
        draw(self);
        self.items.push(Item::Close);
    }
}

/// The corners of a rectangle.
pub fn rectangle(left: f64, top: f64, right: f64, bottom: f64) -> Vec<Spot> {
    vec![(left, top), (right, top), (right, bottom), (left, bottom)]
}
