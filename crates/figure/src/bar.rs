//! The bar beside a panel that says what colours mean.

use crate::axis::{Axis, Span};
use crate::draw::Plot;
use crate::frame::{AXIS, LABEL, LEADING, TICK, note_width, upwards, widest};
use crate::palette::Colour;
use crate::scene::{Anchor, Scene, rectangle};
use crate::text::{Run, parse, wrapped};
use crate::tick::Ticks;

/// What colours mean.
pub struct Bar {
    span: Span,
    ticks: Ticks,
    label: Vec<Vec<Run>>,
    wide: f64,
    colour: fn(f64) -> Colour,
}

/// Width of the bar.
const BAR: f64 = 6.0;

impl Bar {
    /// From its label, the value of the darkest colour and that of the lightest.
    pub fn new(
        (label, low, high): &(String, f64, f64),
        height: f64,
        colour: fn(f64) -> Colour,
    ) -> Bar {
        let axis = Axis::new("").range(*low, *high);
        let span = Span::new(&axis, [*low, *high].into_iter(), 0.0);
        let ticks = upwards(span, false, height, 6);
        Bar {
            span,
            colour,
            label: if label.is_empty() {
                Vec::new()
            } else {
                wrapped(label, height.max(60.0) / LABEL)
            },
            wide: widest(&ticks).max(note_width(&ticks.note)),
            ticks,
        }
    }

    /// The width that it takes beside the frame.
    pub fn room(&self) -> f64 {
        let label = if self.label.is_empty() {
            0.0
        } else {
            3.0 + LEADING * self.label.len() as f64
        };
        7.0 + BAR + 4.0 + self.wide + label
    }

    /// Draws it beside the frame.
    pub fn draw(&self, scene: &mut Scene, plot: &Plot) {
        let f = plot.frame;
        let left = f.right() + 7.0;
        let height = |share: f64| f.bottom() - f.height * share;
        const PARTS: u32 = 64;
        for k in 0..PARTS {
            let (a, b) = (
                f64::from(k) / f64::from(PARTS),
                f64::from(k + 1) / f64::from(PARTS),
            );
            // Each part reaches under the next, so that no seam is seen.
            let over = if k + 1 < PARTS {
                b + 0.5 / f64::from(PARTS)
            } else {
                b
            };
            let part = rectangle(left, height(over), left + BAR, height(a));
            let share = (a + b) / 2.0;
            let share = if self.span.reversed {
                1.0 - share
            } else {
                share
            };
            scene.fill(vec![part], (self.colour)(share), 1.0);
        }
        let mut lines = vec![
            [
                rectangle(left, f.top, left + BAR, f.bottom()),
                vec![(left, f.top)],
            ]
            .concat(),
        ];
        for (v, text) in &self.ticks.major {
            let y = height(self.span.share(*v));
            lines.push(vec![(left + BAR, y), (left + BAR + 2.0, y)]);
            let at = (left + BAR + 4.0, y + 0.35 * TICK);
            scene.text(at, Anchor::Start, TICK, parse(text, false));
        }
        scene.stroke(lines, AXIS);
        if !self.ticks.note.is_empty() {
            let at = (left, f.top - 4.0);
            scene.text(at, Anchor::Start, TICK, parse(&self.ticks.note, false));
        }
        for (k, line) in self.label.iter().enumerate() {
            let x = left + BAR + 4.0 + self.wide + 3.0 + LEADING * (k as f64 + 0.8);
            scene
                .text(
                    (x, f.top + f.height / 2.0),
                    Anchor::Middle,
                    LABEL,
                    line.clone(),
                )
                .upwards = true;
        }
    }
}
