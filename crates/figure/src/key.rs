//! How layers look, and the small pictures of them that legends show.

use crate::layer::{Layer, Mark};
use crate::palette::{Colour, Dash, INK, Marker, PALE, series};
use crate::panel::Panel;
use crate::scene::{Item, Scene, Spot, Stroke, rectangle};

/// A style with everything decided.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Look {
    pub colour: Colour,
    pub dash: Dash,
    pub marker: Marker,
    pub hollow: bool,
    pub width: f64,
    pub cased: bool,
}

/// Opacity of bands.
pub const BAND: f64 = 0.22;
/// Opacity of filled steps.
pub const GROUND: f64 = 0.3;
/// Half the size of a point.
pub const RADIUS: f64 = 2.0;

impl Look {
    pub fn stroke(self) -> Stroke {
        Stroke {
            colour: self.colour,
            width: self.width,
            dash: self.dash,
            cased: self.cased,
        }
    }

    pub fn solid(self, width: f64) -> Stroke {
        Stroke {
            colour: self.colour,
            width,
            dash: Dash::Solid,
            cased: false,
        }
    }
}

/// The looks of the layers of a panel. Curves, points, stems, bars and steps count as series; bands and whiskers
/// look like the series that follows them.
pub fn looks(panel: &Panel) -> Vec<Look> {
    let mut next = 0;
    panel
        .layers
        .iter()
        .map(|layer| {
            let styled = layer.style.series.is_some() || layer.style.colour.is_some();
            let k = layer.style.series.unwrap_or(next);
            if !styled && is_series(&layer.mark) {
                next += 1;
            }
            look(layer, k)
        })
        .collect()
}

fn is_series(mark: &Mark) -> bool {
    matches!(
        mark,
        Mark::Line(_) | Mark::Points(_) | Mark::Stems(_) | Mark::Bars(_) | Mark::Steps { .. }
    )
}

fn look(layer: &Layer, k: usize) -> Look {
    let (colour, dash, marker) = series(k);
    // A colour of one's own is no series: it has dashes only if it says so.
    let own = layer.style.colour.is_some() && layer.style.series.is_none();
    let (colour, dash, width) = match layer.mark {
        Mark::Horizontal(_) | Mark::Vertical(_) => (INK, Dash::Dotted, 0.7),
        Mark::Note { .. } => (INK, Dash::Solid, 0.6),
        Mark::Steps { filled: true, .. } => (colour, Dash::Solid, 0.9),
        Mark::Whiskers(_) => (colour, Dash::Solid, 0.8),
        Mark::Arrow { .. } => (if own { colour } else { PALE }, Dash::Solid, 1.0),
        _ => (colour, if own { Dash::Solid } else { dash }, 1.1),
    };
    Look {
        colour: layer
            .style
            .colour
            .unwrap_or(match (&layer.mark, layer.style.series) {
                (Mark::Arrow { .. }, Some(k)) => series(k).0,
                _ => colour,
            }),
        dash: layer.style.dash.unwrap_or(dash),
        marker: layer.style.marker.unwrap_or(marker),
        hollow: layer.style.hollow,
        // A white edge of dashes would look like a railway.
        cased: layer.style.cased && layer.style.dash.unwrap_or(dash) == Dash::Solid,
        width: layer
            .style
            .width
            .filter(|w| w.is_finite())
            .unwrap_or(width)
            .clamp(0.1, 20.0),
    }
}

/// A point of a series.
pub fn point(scene: &mut Scene, look: Look, (x, y): Spot) {
    let fill = if look.hollow {
        crate::palette::PAPER
    } else {
        look.colour
    };
    let edge = Some(look.solid(if look.hollow { 0.9 } else { 0.5 }));
    let r = RADIUS;
    let corners = match look.marker {
        Marker::Circle => {
            scene.items.push(Item::Circle {
                at: (x, y),
                radius: r,
                fill: Some(fill),
                stroke: edge,
            });
            return;
        }
        Marker::Cross => {
            let d = 0.9 * r;
            let arms = vec![
                vec![(x - d, y - d), (x + d, y + d)],
                vec![(x - d, y + d), (x + d, y - d)],
            ];
            scene.stroke(arms, look.solid(0.9));
            return;
        }
        Marker::Square => rectangle(x - 0.88 * r, y - 0.88 * r, x + 0.88 * r, y + 0.88 * r),
        Marker::Triangle => vec![
            (x, y - 1.3 * r),
            (x + 1.13 * r, y + 0.8 * r),
            (x - 1.13 * r, y + 0.8 * r),
        ],
        Marker::Down => vec![
            (x, y + 1.3 * r),
            (x - 1.13 * r, y - 0.8 * r),
            (x + 1.13 * r, y - 0.8 * r),
        ],
        Marker::Diamond => {
            let d = 1.25 * r;
            vec![(x, y - d), (x + d, y), (x, y + d), (x - d, y)]
        }
    };
    scene.items.push(Item::Path(crate::scene::Path {
        lines: vec![corners],
        closed: true,
        fill: Some((fill, 1.0)),
        stroke: edge,
    }));
}

/// An arrow from spot to spot, or its head.
pub fn arrow(scene: &mut Scene, look: Look, from: Spot, to: Spot, shaft: bool) {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let length = dx.hypot(dy);
    if length < 1e-9 {
        return;
    }
    let (ex, ey) = (dx / length, dy / length);
    let (long, half) = (4.6_f64, 1.9);
    let back = (to.0 - long * ex, to.1 - long * ey);
    if shaft && length > long {
        scene.stroke(
            vec![vec![from, (back.0 + 0.5 * ex, back.1 + 0.5 * ey)]],
            look.stroke(),
        );
    }
    let head = vec![
        to,
        (back.0 - half * ey, back.1 + half * ex),
        (back.0 + half * ey, back.1 - half * ex),
    ];
    scene.fill(vec![head], look.colour, 1.0);
}

/// Width of a key with lines.
const LONG: f64 = 19.0;
/// Width of a key that is a point.
const SHORT: f64 = 8.0;

/// The width that the key of a mark takes.
pub fn width(mark: &Mark) -> f64 {
    match mark {
        Mark::Points(_) | Mark::Stems(_) | Mark::Bars(_) | Mark::Whiskers(_) => SHORT,
        _ => LONG,
    }
}

/// The picture of layers that share a label, in the middle of a row, from `left` to `right`.
pub fn draw(scene: &mut Scene, parts: &[(&Mark, Look)], (left, right): (f64, f64), y: f64) {
    let is_line = |mark: &Mark| matches!(mark, Mark::Line(_));
    let others: Vec<_> = parts.iter().filter(|(mark, _)| !is_line(mark)).collect();
    // Layers of one kind stand side by side, of several kinds on each other.
    let alike = others
        .windows(2)
        .all(|p| std::mem::discriminant(p[0].0) == std::mem::discriminant(p[1].0));
    let share = if alike {
        (right - left) / others.len().max(1) as f64
    } else {
        0.0
    };
    for (k, (mark, look)) in others.iter().enumerate() {
        let from = left + share * k as f64;
        let to = if alike { from + share } else { right };
        draw_one(scene, mark, *look, (from, to), y);
    }
    let strands: Vec<Look> = parts
        .iter()
        .filter(|(mark, _)| is_line(mark))
        .map(|(_, look)| *look)
        .collect();
    // A family of curves is a strand of three of it.
    let shown: Vec<(Look, f64)> = match strands.as_slice() {
        [] => Vec::new(),
        [one] => vec![(*one, 0.0)],
        [first, last] => vec![(*first, -1.2), (*last, 1.2)],
        many => vec![
            (many[0], -2.1),
            (many[many.len() / 2], 0.0),
            (many[many.len() - 1], 2.1),
        ],
    };
    for (look, dy) in shown {
        scene.stroke(vec![vec![(left, y + dy), (right, y + dy)]], look.stroke());
    }
}

fn draw_one(scene: &mut Scene, mark: &Mark, look: Look, (left, right): (f64, f64), y: f64) {
    let middle = (left + right) / 2.0;
    let swatch = |half: f64| vec![rectangle(left, y - half, right, y + half)];
    match mark {
        Mark::Band(_) => scene.fill(swatch(3.0), look.colour, BAND),
        Mark::Bars(_) => scene.fill(
            vec![rectangle(middle - 3.0, y - 3.0, middle + 3.0, y + 3.0)],
            look.colour,
            1.0,
        ),
        Mark::Steps { filled: true, .. } => {
            scene.fill(swatch(3.0), look.colour, GROUND);
            scene.stroke(vec![vec![(left, y - 3.0), (right, y - 3.0)]], look.stroke());
        }
        Mark::Steps { .. } => {
            let step = vec![
                (left, y + 2.0),
                (middle, y + 2.0),
                (middle, y - 2.0),
                (right, y - 2.0),
            ];
            scene.stroke(vec![step], look.stroke());
        }
        Mark::Points(_) | Mark::Stems(_) => point(scene, look, (middle, y)),
        Mark::Whiskers(_) => scene.stroke(
            vec![vec![(middle, y - 3.5), (middle, y + 3.5)]],
            look.stroke(),
        ),
        Mark::Arrow { shaft, .. } => arrow(scene, look, (left + 1.0, y), (right - 1.0, y), *shaft),
        Mark::Horizontal(_) | Mark::Vertical(_) => {
            scene.stroke(vec![vec![(left, y), (right, y)]], look.stroke());
        }
        Mark::Line(_) | Mark::Heat(_) | Mark::Note { .. } => {}
    }
}
