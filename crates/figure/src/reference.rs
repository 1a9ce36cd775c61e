//! Reference lines and their labels, each where the least data are.

use crate::clip::thinned;
use crate::draw::Plot;
use crate::key::Look;
use crate::layer::Mark;
use crate::panel::Panel;
use crate::scene::{Anchor, Scene, Spot};
use crate::text::{parse, width};

const SIZE: f64 = 7.0;

/// Draws a reference line.
pub fn line(scene: &mut Scene, plot: &Plot, mark: &Mark, look: Look) {
    if let Some([from, to]) = ends(plot, mark) {
        scene.stroke(vec![vec![from, to]], look.stroke());
    }
}

fn ends(plot: &Plot, mark: &Mark) -> Option<[Spot; 2]> {
    let frame = plot.frame;
    let ends = match mark {
        Mark::Horizontal(y) => {
            let y = plot.height(*y)?;
            [(frame.left, y), (frame.right(), y)]
        }
        Mark::Vertical(x) => {
            let x = plot.across(*x)?;
            [(x, frame.top), (x, frame.bottom())]
        }
        _ => return None,
    };
    frame.holds(ends[0]).then_some(ends)
}

/// The references whose labels would stand on data wherever they stood.
pub fn crowded(plot: &Plot, panel: &Panel) -> Vec<usize> {
    let (_, crowded) = places(plot, panel);
    crowded
}

/// Draws the labels of the references of a panel beside their lines, but for those that are crowded out.
pub fn labels(scene: &mut Scene, plot: &Plot, panel: &Panel, crowded: &[usize]) {
    let (places, _) = places(plot, panel);
    for (k, at) in places.into_iter().filter(|(k, _)| !crowded.contains(k)) {
        let runs = parse(&panel.layers[k].label, false);
        scene.text(at, Anchor::Start, SIZE, runs).edged = true;
    }
}

/// Where the labels of references have room, and which have none.
fn places(plot: &Plot, panel: &Panel) -> (Vec<(usize, Spot)>, Vec<usize>) {
    let mut found = (Vec::new(), Vec::new());
    let mut drawn: Option<Vec<Spot>> = None;
    for (k, layer) in panel.layers.iter().enumerate() {
        let Some([from, to]) = ends(plot, &layer.mark).filter(|_| !layer.label.is_empty()) else {
            continue;
        };
        let wide = width(&parse(&layer.label, false)) * SIZE;
        let spots = drawn.get_or_insert_with(|| inked(plot, panel));
        let places = if matches!(layer.mark, Mark::Horizontal(_)) {
            let middle = (from.0 + to.0 - wide) / 2.0;
            let lefts = [to.0 - wide - 2.0, from.0 + 3.0, middle];
            lefts
                .map(|left| [(left, from.1 - 3.2), (left, from.1 + SIZE)])
                .concat()
        } else {
            let sides = [from.0 + 2.5, from.0 - wide - 2.5];
            let heights = [from.1 + SIZE, to.1 - 3.0, (from.1 + to.1) / 2.0];
            heights.map(|y| sides.map(|x| (x, y))).concat()
        };
        let free = |place: &Spot| {
            let (left, right) = (place.0, place.0 + wide);
            let (top, bottom) = (place.1 - 0.8 * SIZE, place.1 + 1.0);
            plot.frame.holds((left, top))
                && plot.frame.holds((right, bottom))
                && !spots
                    .iter()
                    .any(|s| s.0 > left - 1.0 && s.0 < right + 1.0 && s.1 > top && s.1 < bottom)
        };
        match places.iter().find(|place| free(place)).copied() {
            None => found.1.push(k),
            Some(at) => {
                // The label is in the way of the next.
                let steps = (wide / 2.0) as u32 + 1;
                spots.extend((0..=steps).map(|k| (at.0 + 2.0 * f64::from(k), at.1 - 2.0)));
                found.0.push((k, at));
            }
        }
    }
    found
}

/// Spots that data cover, at most 2 points apart along curves.
fn inked(plot: &Plot, panel: &Panel) -> Vec<Spot> {
    let mut spots = Vec::new();
    for layer in &panel.layers {
        let curves: Vec<Vec<(f64, f64)>> = match &layer.mark {
            Mark::Line(points) => vec![points.clone()],
            Mark::Points(points) | Mark::Bars(points) => {
                spots.extend(points.iter().filter_map(|p| plot.spot(*p)));
                continue;
            }
            Mark::Stems(points) => points.iter().map(|p| vec![(p.0, 0.0), *p]).collect(),
            Mark::Band(points) | Mark::Whiskers(points) => [1, 2]
                .map(|k| points.iter().map(|p| (p[0], p[k])).collect())
                .to_vec(),
            Mark::Steps { edges, values, .. } => {
                let sides = edges.windows(2).zip(values);
                vec![
                    sides
                        .flat_map(|(edge, v)| [(edge[0], *v), (edge[1], *v)])
                        .collect(),
                ]
            }
            _ => continue,
        };
        for curve in curves {
            for stretch in plot.stretches(&curve, |p| plot.spot(p)) {
                for pair in thinned(stretch, 1.0).windows(2) {
                    walk(&mut spots, plot, pair[0], pair[1]);
                }
            }
        }
    }
    spots
}

fn walk(spots: &mut Vec<Spot>, plot: &Plot, a: Spot, b: Spot) {
    for part in plot.frame.line(&[a, b]) {
        let (a, b) = (part[0], part[1]);
        let steps = ((b.0 - a.0).hypot(b.1 - a.1) / 2.0) as u32 + 1;
        for k in 0..=steps {
            let t = f64::from(k) / f64::from(steps);
            spots.push((a.0 + t * (b.0 - a.0), a.1 + t * (b.1 - a.1)));
        }
    }
}
