//! The furniture of a panel: grid, axes, ticks, their texts, title, the bar of colours; and the room that it takes.

use crate::axis::Span;
use crate::bar::Bar;
use crate::draw::Plot;
use crate::extent::Extent;
use crate::layer::Mark;
use crate::palette::{Dash, GRID, INK, ramp, shade};
use crate::panel::Panel;
use crate::scene::{Anchor, Scene, Stroke, rectangle};
use crate::text::{Run, parse, width, wrapped};
use crate::tick::{Ticks, ticks};

/// Size of the labels of axes and of titles.
pub const LABEL: f64 = 8.0;
/// Size of the texts of ticks.
pub const TICK: f64 = 7.0;
pub const LEADING: f64 = 9.8;
/// Lengths of ticks.
const MAJOR: f64 = 3.0;
const MINOR: f64 = 1.7;

pub const AXIS: Stroke = Stroke {
    colour: INK,
    width: 0.6,
    dash: Dash::Solid,
    cased: false,
};
/// The thinnest line.
pub const HAIR: Stroke = Stroke {
    colour: GRID,
    width: 0.45,
    dash: Dash::Solid,
    cased: false,
};

/// Everything around the data, measured.
pub struct Furniture {
    pub left: f64,
    pub right: f64,
    pub top: f64,
    pub bottom: f64,
    x: Ticks,
    y: Ticks,
    x_label: Vec<Vec<Run>>,
    y_label: Vec<Vec<Run>>,
    letter: Vec<Run>,
    /// From the letter to the title.
    indent: f64,
    title: Vec<Vec<Run>>,
    /// A frame on all sides and no grid: a matrix.
    boxed: bool,
    bar: Option<Bar>,
    /// Width of the texts of the ticks of y.
    y_wide: f64,
}

impl Furniture {
    pub fn new(
        panel: &Panel,
        extent: &Extent,
        (letter, title): (&str, &str),
        colours: Option<&(String, f64, f64)>,
        (plot, height): (f64, f64),
    ) -> Furniture {
        let blank =
            |given: &crate::Axis| extent.empty && given.low.is_none() && given.high.is_none();
        let x = if blank(&panel.x) {
            Ticks::default()
        } else {
            across(extent.x, panel.x.whole, plot)
        };
        let y = if blank(&panel.y) {
            Ticks::default()
        } else {
            upwards(extent.y, panel.y.whole, height, 7)
        };
        let lines = |text: String, room: f64| {
            if text.is_empty() {
                Vec::new()
            } else {
                wrapped(&text, room / LABEL)
            }
        };
        let x_note = note_width(&x.note);
        let x_label = lines(panel.x.text(), (plot - 2.0 * x_note).max(plot / 2.0));
        let y_label = lines(panel.y.text(), height.max(60.0));
        let y_wide = widest(&y);
        let left = MAJOR
            + 2.0
            + y_wide
            + if y_label.is_empty() { 0.0 } else { 4.0 }
            + LEADING * y_label.len() as f64;
        let overhang = x
            .major
            .iter()
            .map(|(v, text)| {
                width(&parse(text, false)) * TICK / 2.0 - plot * (1.0 - extent.x.share(*v))
            })
            .fold(0.0, f64::max);
        let boxed = panel
            .layers
            .iter()
            .any(|layer| matches!(layer.mark, Mark::Heat(_)));
        let bar =
            colours.map(|colours| Bar::new(colours, height, if boxed { shade } else { ramp }));
        let bar_room = bar.as_ref().map_or(0.0, Bar::room);
        let indent = if letter.is_empty() {
            0.0
        } else {
            width(&parse(letter, true)) * LABEL + 3.5
        };
        let title_lines = if title.is_empty() && letter.is_empty() {
            Vec::new()
        } else {
            wrapped(title, (plot + left - indent) / LABEL)
        };
        let note_room = if y.note.is_empty() { 0.0 } else { TICK + 2.0 };
        let above =
            LEADING * title_lines.len() as f64 + if title_lines.is_empty() { 0.0 } else { 5.0 };
        let row = if x.major.is_empty() {
            0.0
        } else {
            MAJOR + 2.0 + TICK
        };
        let label_rows = x_label.len().max(usize::from(!x.note.is_empty()));
        Furniture {
            left,
            right: overhang.max(bar_room) + 1.0,
            top: (above + note_room).max(TICK / 2.0),
            bottom: row + LEADING * label_rows as f64 + 2.5,
            x,
            y,
            x_label,
            y_label,
            letter: parse(letter, true),
            indent,
            title: title_lines,
            boxed,
            bar,
            y_wide,
        }
    }

    /// What stands behind the data.
    pub fn behind(&self, scene: &mut Scene, plot: &Plot) {
        let frame = plot.frame;
        scene.group("frame", |scene| {
            scene.fill(
                vec![rectangle(
                    frame.left,
                    frame.top,
                    frame.right(),
                    frame.bottom(),
                )],
                crate::palette::PAPER,
                1.0,
            );
        });
        if self.boxed {
            return;
        }
        let x_lines = self
            .x
            .major
            .iter()
            .map(|(v, _)| frame.left + frame.width * plot.x.share(*v));
        let y_lines = self
            .y
            .major
            .iter()
            .map(|(v, _)| frame.bottom() - frame.height * plot.y.share(*v));
        let grid: Vec<Vec<(f64, f64)>> = x_lines
            .map(|x| vec![(x, frame.top), (x, frame.bottom())])
            .chain(y_lines.map(|y| vec![(frame.left, y), (frame.right(), y)]))
            .collect();
        scene.group("grid", |scene| scene.stroke(grid, HAIR));
    }

    /// What stands before the data. `room` is the margin to the left.
    pub fn before(&self, scene: &mut Scene, plot: &Plot, room: f64) {
        scene.group("axes", |scene| {
            self.lines(scene, plot);
            self.tick_texts(scene, plot);
        });
        scene.group("labels", |scene| self.labels(scene, plot, room));
        if let Some(bar) = &self.bar {
            scene.group("colours", |scene| bar.draw(scene, plot));
        }
    }

    fn lines(&self, scene: &mut Scene, plot: &Plot) {
        let f = plot.frame;
        let mut lines = vec![vec![
            (f.left, f.top),
            (f.left, f.bottom()),
            (f.right(), f.bottom()),
        ]];
        if self.boxed {
            lines.push(vec![
                (f.right(), f.bottom()),
                (f.right(), f.top),
                (f.left, f.top),
            ]);
        }
        let across = |v: f64| f.left + f.width * plot.x.share(v);
        let height = |v: f64| f.bottom() - f.height * plot.y.share(v);
        let ticks = |ticks: &Ticks| -> Vec<(f64, f64)> {
            let major = ticks.major.iter().map(|t| (t.0, MAJOR));
            major
                .chain(ticks.minor.iter().map(|v| (*v, MINOR)))
                .collect()
        };
        for (v, length) in ticks(&self.x) {
            lines.push(vec![
                (across(v), f.bottom()),
                (across(v), f.bottom() + length),
            ]);
        }
        for (v, length) in ticks(&self.y) {
            lines.push(vec![(f.left, height(v)), (f.left - length, height(v))]);
        }
        scene.stroke(lines, AXIS);
    }

    fn tick_texts(&self, scene: &mut Scene, plot: &Plot) {
        let f = plot.frame;
        for (v, text) in &self.x.major {
            let at = (
                f.left + f.width * plot.x.share(*v),
                f.bottom() + MAJOR + 1.5 + TICK * 0.8,
            );
            scene.text(at, Anchor::Middle, TICK, parse(text, false));
        }
        for (v, text) in &self.y.major {
            let y = f.bottom() - f.height * plot.y.share(*v) + 0.35 * TICK;
            scene.text(
                (f.left - MAJOR - 2.0, y),
                Anchor::End,
                TICK,
                parse(text, false),
            );
        }
        if !self.x.note.is_empty() {
            let at = (f.right(), f.bottom() + MAJOR + 2.0 + TICK + 0.8 * LEADING);
            scene.text(at, Anchor::End, TICK, parse(&self.x.note, false));
        }
        if !self.y.note.is_empty() {
            scene.text(
                (f.left, f.top - 4.0),
                Anchor::Start,
                TICK,
                parse(&self.y.note, false),
            );
        }
    }

    fn labels(&self, scene: &mut Scene, plot: &Plot, room: f64) {
        let f = plot.frame;
        let row = if self.x.major.is_empty() {
            0.0
        } else {
            MAJOR + 2.0 + TICK
        };
        for (k, line) in self.x_label.iter().enumerate() {
            let y = f.bottom() + row + LEADING * (k as f64 + 0.85);
            scene.text(
                (f.left + f.width / 2.0, y),
                Anchor::Middle,
                LABEL,
                line.clone(),
            );
        }
        for (k, line) in self.y_label.iter().rev().enumerate() {
            let x = f.left - MAJOR - 2.0 - self.y_wide - 4.0 - LEADING * k as f64 - 0.2 * LABEL;
            let text = scene.text(
                (x, f.top + f.height / 2.0),
                Anchor::Middle,
                LABEL,
                line.clone(),
            );
            text.upwards = true;
        }
        let note = if self.y.note.is_empty() {
            0.0
        } else {
            TICK + 2.0
        };
        let baseline = |k: usize| f.top - 6.0 - note - LEADING * k as f64;
        for (k, line) in self.title.iter().rev().enumerate() {
            let at = (f.left - room + self.indent, baseline(k));
            scene.text(at, Anchor::Start, LABEL, line.clone());
        }
        if !self.letter.is_empty() {
            let at = (f.left - room, baseline(self.title.len().saturating_sub(1)));
            scene.text(at, Anchor::Start, LABEL, self.letter.clone());
        }
    }
}

/// The ticks of an axis below: as many as there is room for, texts two digits apart.
fn across(span: Span, whole: bool, plot: f64) -> Ticks {
    let size = |text: &str| width(&parse(text, false)) * TICK + 7.0;
    spaced(
        span,
        whole,
        plot,
        ((plot / 26.0) as usize).clamp(2, 9),
        size,
    )
}

/// The ticks of an axis at the side.
pub fn upwards(span: Span, whole: bool, height: f64, most: usize) -> Ticks {
    spaced(
        span,
        whole,
        height,
        ((height / 18.0) as usize).clamp(2, most),
        |_| TICK + 1.0,
    )
}

fn spaced(
    span: Span,
    whole: bool,
    length: f64,
    mut count: usize,
    size: impl Fn(&str) -> f64,
) -> Ticks {
    loop {
        let found = ticks(span, whole, count);
        let mut places: Vec<(f64, f64)> = found
            .major
            .iter()
            .map(|(v, text)| (length * span.share(*v), size(text)))
            .collect();
        places.sort_by(|a, b| a.0.total_cmp(&b.0));
        let close = places
            .windows(2)
            .any(|p| p[1].0 - p[0].0 < (p[0].1 + p[1].1) / 2.0);
        if !close || count == 2 {
            return found;
        }
        count -= 1;
    }
}

pub fn widest(ticks: &Ticks) -> f64 {
    let widths = ticks
        .major
        .iter()
        .map(|t| width(&parse(&t.1, false)) * TICK);
    widths.fold(0.0, f64::max)
}

pub fn note_width(note: &str) -> f64 {
    if note.is_empty() {
        0.0
    } else {
        width(&parse(note, false)) * TICK + 6.0
    }
}
