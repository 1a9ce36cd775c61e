//! Layers as paths between the axes.

use crate::axis::Span;
use crate::clip::{Frame, thinned};
use crate::extent::{BARS, heat_range, spacing};
use crate::key::{self, BAND, GROUND, Look};
use crate::layer::{Layer, Mark, Place};
use crate::palette::{PALE, PAPER, shade};
use crate::panel::Panel;
use crate::reference;
use crate::scene::{Anchor, Item, Scene, Spot, rectangle};
use crate::text::parse;

/// Two axes and the rectangle between them.
#[derive(Clone, Copy, Debug)]
pub struct Plot {
    pub frame: Frame,
    pub x: Span,
    pub y: Span,
}

/// A 600th of an inch: finer than what is printed.
const GRAIN: f64 = 0.12;
/// Size of texts in a panel.
const SIZE: f64 = 7.0;

impl Plot {
    /// Where a point is, if it is a number and has a place.
    pub fn spot(&self, (x, y): (f64, f64)) -> Option<Spot> {
        Some((self.across(x)?, self.height(y)?))
    }

    pub fn across(&self, x: f64) -> Option<f64> {
        self.x
            .holds(x)
            .then(|| self.frame.left + self.frame.width * self.x.share(x))
    }

    pub fn height(&self, y: f64) -> Option<f64> {
        self.y
            .holds(y)
            .then(|| self.frame.bottom() - self.frame.height * self.y.share(y))
    }

    /// The ground that bars and stems stand on: 0, or the lower edge where 0 has no place.
    fn ground(&self) -> f64 {
        self.height(0.0).unwrap_or(self.frame.bottom())
    }

    /// Stretches of a curve between gaps.
    pub fn stretches<P: Copy>(
        &self,
        points: &[P],
        spot: impl Fn(P) -> Option<Spot>,
    ) -> Vec<Vec<Spot>> {
        let mut all = vec![Vec::new()];
        for point in points {
            match (spot(*point), all.last_mut()) {
                (Some(spot), Some(stretch)) => stretch.push(spot),
                _ => all.push(Vec::new()),
            }
        }
        all.retain(|stretch| !stretch.is_empty());
        all
    }

    /// The last point of a layer that is seen, for its label.
    pub fn end(&self, mark: &Mark) -> Option<Spot> {
        let last = |points: &[(f64, f64)]| {
            let mut spots = points.iter().rev().filter_map(|p| self.spot(*p));
            spots.find(|spot| self.frame.holds(*spot))
        };
        match mark {
            Mark::Line(points) => last(points),
            Mark::Steps { edges, values, .. } => {
                let ends: Vec<(f64, f64)> = edges
                    .iter()
                    .skip(1)
                    .copied()
                    .zip(values.iter().copied())
                    .collect();
                last(&ends)
            }
            _ => None,
        }
    }

    /// Draws all layers of a panel.
    pub fn layers(&self, scene: &mut Scene, panel: &Panel, looks: &[Look]) {
        let count = |kind: fn(&Mark) -> bool| {
            panel
                .layers
                .iter()
                .filter(|layer| kind(&layer.mark))
                .count()
        };
        let stems = count(|mark| matches!(mark, Mark::Stems(_)));
        let bars = count(|mark| matches!(mark, Mark::Bars(_)));
        let (mut stem, mut bar) = (0, 0);
        for (layer, look) in panel.layers.iter().zip(looks) {
            let side = match layer.mark {
                Mark::Stems(_) => {
                    stem += 1;
                    (stem - 1, stems)
                }
                Mark::Bars(_) => {
                    bar += 1;
                    (bar - 1, bars)
                }
                _ => (0, 1),
            };
            scene.group(class(&layer.mark), |scene| match &layer.mark {
                Mark::Heat(rows) => self.heat(scene, rows, heat_range(panel).unwrap_or((0.0, 1.0))),
                _ => self.layer(scene, layer, *look, side),
            });
        }
    }

    fn layer(&self, scene: &mut Scene, layer: &Layer, look: Look, side: (usize, usize)) {
        match &layer.mark {
            Mark::Line(points) => self.line(scene, points, look),
            Mark::Band(points) => self.band(scene, points, look),
            Mark::Points(points) => {
                for spot in points.iter().filter_map(|p| self.spot(*p)) {
                    self.point(scene, look, spot);
                }
            }
            Mark::Whiskers(points) => self.whiskers(scene, points, look),
            Mark::Stems(points) => self.stems(scene, points, look, side),
            Mark::Bars(points) => self.bars(scene, points, look, side),
            Mark::Steps {
                edges,
                values,
                filled,
            } => self.steps(scene, (edges, values), *filled, look),
            Mark::Horizontal(_) | Mark::Vertical(_) => {
                reference::line(scene, self, &layer.mark, look);
            }
            Mark::Note {
                at,
                place,
                shift,
                text,
            } => self.note(scene, *at, *place, *shift, text),
            Mark::Arrow { from, to, shaft } => {
                if let (Some(from), Some(to)) = (self.spot(*from), self.spot(*to))
                    && self.frame.holds(to)
                {
                    key::arrow(scene, look, from, to, *shaft);
                }
            }
            Mark::Heat(_) => {}
        }
    }

    fn point(&self, scene: &mut Scene, look: Look, spot: Spot) {
        if self.frame.holds(spot) {
            key::point(scene, look, spot);
        }
    }

    fn line(&self, scene: &mut Scene, points: &[(f64, f64)], look: Look) {
        let mut lines = Vec::new();
        for stretch in self.stretches(points, |p| self.spot(p)) {
            if let [alone] = stretch.as_slice() {
                // Between two gaps: a curve of one point would not be seen.
                if self.frame.holds(*alone) {
                    scene.items.push(Item::Circle {
                        at: *alone,
                        radius: 0.9 * look.width,
                        fill: Some(look.colour),
                        stroke: None,
                    });
                }
                continue;
            }
            lines.extend(self.frame.line(&thinned(stretch, GRAIN)));
        }
        scene.stroke(lines, look.stroke());
    }

    fn band(&self, scene: &mut Scene, points: &[[f64; 3]], look: Look) {
        let place = |[x, a, b]: [f64; 3]| Some((self.across(x)?, self.height(a)?, self.height(b)?));
        let mut areas = Vec::new();
        for group in points.split(|p| place(*p).is_none()) {
            let edges: Vec<(f64, f64, f64)> = group.iter().filter_map(|p| place(*p)).collect();
            let lower = thinned(edges.iter().map(|e| (e.0, e.1)).collect(), GRAIN);
            let upper = thinned(edges.iter().map(|e| (e.0, e.2)).collect(), GRAIN);
            let around: Vec<Spot> = lower.into_iter().chain(upper.into_iter().rev()).collect();
            let area = self.frame.area(&around);
            if area.len() > 2 {
                areas.push(area);
            }
        }
        scene.fill(areas, look.colour, BAND);
    }

    fn whiskers(&self, scene: &mut Scene, points: &[[f64; 3]], look: Look) {
        let mut lines = Vec::new();
        for [x, a, b] in points {
            if let (Some(a), Some(b)) = (self.spot((*x, *a)), self.spot((*x, *b))) {
                lines.extend(self.frame.line(&[a, b]));
                for end in [a, b].into_iter().filter(|end| self.frame.holds(*end)) {
                    lines.push(vec![(end.0 - 1.6, end.1), (end.0 + 1.6, end.1)]);
                }
            }
        }
        scene.stroke(lines, look.stroke());
    }

    fn stems(
        &self,
        scene: &mut Scene,
        points: &[(f64, f64)],
        look: Look,
        (k, count): (usize, usize),
    ) {
        let room =
            spacing(points) * self.frame.width / (self.x.high - self.x.low).max(f64::MIN_POSITIVE);
        let step = (room / (count as f64 + 1.0)).clamp(0.0, 3.2);
        let shift = (k as f64 - (count as f64 - 1.0) / 2.0) * step;
        let spots: Vec<Spot> = points
            .iter()
            .filter_map(|p| self.spot(*p))
            .filter(|spot| self.frame.holds((spot.0, self.frame.top)))
            .map(|(x, y)| (x + shift, y))
            .collect();
        let ground = self.ground();
        let lines = spots
            .iter()
            .flat_map(|(x, y)| self.frame.line(&[(*x, ground), (*x, *y)]));
        scene.stroke(lines.collect(), look.solid(0.6 * look.width));
        for spot in spots {
            if spot.1 >= self.frame.top - 1e-6 && spot.1 <= self.frame.bottom() + 1e-6 {
                key::point(scene, look, spot);
            }
        }
    }

    fn bars(
        &self,
        scene: &mut Scene,
        points: &[(f64, f64)],
        look: Look,
        (k, count): (usize, usize),
    ) {
        let whole = spacing(points) * BARS;
        let part = whole / count as f64;
        let areas = points.iter().filter_map(|(x, y)| {
            let left = self.across(x - whole / 2.0 + part * k as f64)?;
            let right = self.across(x - whole / 2.0 + part * (k + 1) as f64)?;
            let area = self
                .frame
                .area(&rectangle(left, self.height(*y)?, right, self.ground()));
            (area.len() > 2).then_some(area)
        });
        scene.fill(areas.collect(), look.colour, 1.0);
    }

    fn steps(
        &self,
        scene: &mut Scene,
        (edges, values): (&[f64], &[f64]),
        filled: bool,
        look: Look,
    ) {
        let sides: Vec<[f64; 3]> = edges
            .windows(2)
            .zip(values)
            .map(|(edge, value)| [edge[0], edge[1], *value])
            .collect();
        let place =
            |[a, b, value]: [f64; 3]| Some([self.spot((a, value))?, self.spot((b, value))?]);
        let mut lines = Vec::new();
        let mut areas = Vec::new();
        for group in sides.split(|side| place(*side).is_none()) {
            let spots: Vec<Spot> = group
                .iter()
                .filter_map(|side| place(*side))
                .flatten()
                .collect();
            let (Some(first), Some(last)) = (spots.first(), spots.last()) else {
                continue;
            };
            let ground = [(last.0, self.ground()), (first.0, self.ground())];
            if filled {
                areas.push(self.frame.area(&[&spots[..], &ground].concat()));
                let outline = [&ground[1..], &spots[..], &ground[..1]].concat();
                lines.extend(self.frame.line(&outline));
            } else {
                lines.extend(self.frame.line(&spots));
            }
        }
        areas.retain(|area| area.len() > 2);
        scene.fill(areas, look.colour, GROUND);
        scene.stroke(lines, look.stroke());
    }

    fn note(&self, scene: &mut Scene, at: (f64, f64), place: Place, shift: (f64, f64), text: &str) {
        let Some(spot) = self.spot(at).filter(|spot| self.frame.holds(*spot)) else {
            return;
        };
        let anchor = match place {
            Place::Start => Anchor::Start,
            Place::Middle => Anchor::Middle,
            Place::End => Anchor::End,
        };
        let at = (spot.0 + shift.0, spot.1 - shift.1);
        scene.text(at, anchor, SIZE, parse(text, false)).edged = true;
    }

    fn heat(&self, scene: &mut Scene, rows: &[Vec<f64>], (low, high): (f64, f64)) {
        for (i, row) in rows.iter().enumerate() {
            for (j, value) in row.iter().enumerate() {
                let (x, y) = (j as f64, i as f64);
                let (Some(a), Some(b)) =
                    (self.spot((x - 0.5, y - 0.5)), self.spot((x + 0.5, y + 0.5)))
                else {
                    continue;
                };
                // Cells reach a hair under the next, which closes the seams between them.
                let hair = |from: f64, to: f64| to + 0.3 * (to - from).signum();
                let reach = (hair(a.0, b.0), hair(a.1, b.1));
                let area = self.frame.area(&rectangle(a.0, a.1, reach.0, reach.1));
                if area.len() < 3 {
                    continue;
                }
                if value.is_finite() {
                    scene.fill(vec![area], shade((value - low) / (high - low)), 1.0);
                } else {
                    scene.fill(vec![area], PAPER, 1.0);
                    let cross = [[a, b], [(a.0, b.1), (b.0, a.1)]];
                    let lines = cross
                        .iter()
                        .flat_map(|line| self.frame.line(line))
                        .collect();
                    let look = crate::scene::Stroke {
                        colour: PALE,
                        width: 0.4,
                        dash: crate::palette::Dash::Solid,
                        cased: false,
                    };
                    scene.stroke(lines, look);
                }
            }
        }
    }
}

fn class(mark: &Mark) -> &'static str {
    match mark {
        Mark::Line(_) => "line",
        Mark::Band(_) => "band",
        Mark::Points(_) => "points",
        Mark::Whiskers(_) => "whiskers",
        Mark::Stems(_) => "stems",
        Mark::Bars(_) => "bars",
        Mark::Steps { .. } => "steps",
        Mark::Horizontal(_) | Mark::Vertical(_) => "reference",
        Mark::Heat(_) => "heat",
        Mark::Note { .. } => "note",
        Mark::Arrow { .. } => "arrow",
    }
}
