//! What the layers of a panel ask of its axes: the values that have to be seen, and those that cannot be.

use crate::axis::{Axis, Scale, Span};
use crate::layer::Mark;
use crate::panel::Panel;

/// The axes of a panel with their ends, and what became of the data.
#[derive(Clone, Copy, Debug)]
pub struct Extent {
    pub x: Span,
    pub y: Span,
    /// Whether there is nothing to draw.
    pub empty: bool,
    /// Numbers that a logarithmic axis has no place for.
    pub skipped: usize,
}

impl Extent {
    pub fn new(panel: &Panel) -> Extent {
        let marks = || panel.layers.iter().map(|layer| &layer.mark);
        let points: Vec<(f64, f64)> = marks()
            .flat_map(points)
            .filter(|p| p.0.is_finite() && p.1.is_finite())
            .collect();
        let based = marks().any(has_base) && panel.y.scale != Scale::Log10;
        let wide = marks().any(|mark| {
            matches!(
                mark,
                Mark::Points(_)
                    | Mark::Stems(_)
                    | Mark::Bars(_)
                    | Mark::Whiskers(_)
                    | Mark::Arrow { .. }
            )
        });
        let heat = marks().any(|mark| matches!(mark, Mark::Heat(_)));
        let bars = marks().filter_map(bar_room).fold(0.0, f64::max);
        let also = |pick: fn(&Mark) -> Option<f64>| marks().filter_map(pick).collect::<Vec<f64>>();
        let xs = points
            .iter()
            .flat_map(|p| [p.0 - bars, p.0 + bars])
            .chain(also(|mark| match mark {
                Mark::Vertical(x) => Some(*x),
                _ => None,
            }));
        let ys = points
            .iter()
            .map(|p| p.1)
            .chain(based.then_some(0.0))
            .chain(also(|mark| match mark {
                Mark::Horizontal(y) => Some(*y),
                _ => None,
            }));
        let x = Span::new(&panel.x, xs, if wide { 0.035 } else { 0.0 });
        let mut y = Span::new(&panel.y, ys.clone(), if heat { 0.0 } else { 0.05 });
        // Bars stand on the axis.
        if based && panel.y.low.is_none() && ys.clone().all(|y| y >= 0.0) && y.high > 0.0 {
            y.low = 0.0;
        }
        let placed = |p: &&(f64, f64)| x.holds(p.0) && y.holds(p.1);
        Extent {
            x,
            y,
            empty: !points.iter().any(|p| placed(&p)),
            skipped: points.len() - points.iter().filter(placed).count(),
        }
    }
}

fn has_base(mark: &Mark) -> bool {
    matches!(
        mark,
        Mark::Stems(_) | Mark::Bars(_) | Mark::Steps { filled: true, .. }
    )
}

/// All points of a mark that is data.
fn points(mark: &Mark) -> Vec<(f64, f64)> {
    match mark {
        Mark::Line(p) | Mark::Points(p) | Mark::Stems(p) | Mark::Bars(p) => p.clone(),
        Mark::Band(p) | Mark::Whiskers(p) => p
            .iter()
            .flat_map(|[x, a, b]| [(*x, *a), (*x, *b)])
            .collect(),
        Mark::Steps { edges, values, .. } => edges
            .windows(2)
            .zip(values)
            .flat_map(|(edge, value)| [(edge[0], *value), (edge[1], *value)])
            .collect(),
        Mark::Arrow { from, to, .. } => vec![*from, *to],
        Mark::Heat(rows) => {
            let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
            if columns == 0 {
                Vec::new()
            } else {
                vec![
                    (-0.5, -0.5),
                    (columns as f64 - 0.5, rows.len() as f64 - 0.5),
                ]
            }
        }
        Mark::Horizontal(_) | Mark::Vertical(_) | Mark::Note { .. } => Vec::new(),
    }
}

/// The share of the distance between neighbours that bars of all layers take together.
pub const BARS: f64 = 0.8;

/// The least distance between two values of x; 1 if there are no two.
pub fn spacing(points: &[(f64, f64)]) -> f64 {
    let mut xs: Vec<f64> = points
        .iter()
        .map(|p| p.0)
        .filter(|x| x.is_finite())
        .collect();
    xs.sort_by(f64::total_cmp);
    let least = xs
        .windows(2)
        .map(|p| p[1] - p[0])
        .filter(|d| *d > 0.0)
        .fold(f64::INFINITY, f64::min);
    if least.is_finite() { least } else { 1.0 }
}

fn bar_room(mark: &Mark) -> Option<f64> {
    match mark {
        Mark::Bars(points) => Some(spacing(points) * BARS / 2.0),
        _ => None,
    }
}

/// The least and the greatest entry of all matrices of a panel.
pub fn heat_range(panel: &Panel) -> Option<(f64, f64)> {
    let mut values = Vec::new();
    for layer in &panel.layers {
        if let Mark::Heat(rows) = &layer.mark {
            values.extend(rows.iter().flatten().copied());
        }
    }
    if values.is_empty() {
        return None;
    }
    let span = Span::new(&Axis::new(""), values.into_iter(), 0.0);
    Some((span.low, span.high))
}
