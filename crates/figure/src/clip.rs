//! Cutting lines and areas at the edges of a panel, so that no format has to.

use crate::scene::Spot;

/// The rectangle between the axes, in points.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Frame {
    pub left: f64,
    pub top: f64,
    pub width: f64,
    pub height: f64,
}

impl Frame {
    pub fn right(self) -> f64 {
        self.left + self.width
    }

    pub fn bottom(self) -> f64 {
        self.top + self.height
    }

    pub fn holds(self, (x, y): Spot) -> bool {
        const SLACK: f64 = 1e-6;
        x >= self.left - SLACK
            && x <= self.right() + SLACK
            && y >= self.top - SLACK
            && y <= self.bottom() + SLACK
    }

    /// The part of a segment inside (Liang and Barsky 1984).
    fn segment(self, a: Spot, b: Spot) -> Option<(Spot, Spot)> {
        let (dx, dy) = (b.0 - a.0, b.1 - a.1);
        let (mut enter, mut leave) = (0.0_f64, 1.0_f64);
        for (p, q) in [
            (-dx, a.0 - self.left),
            (dx, self.right() - a.0),
            (-dy, a.1 - self.top),
            (dy, self.bottom() - a.1),
        ] {
            if p == 0.0 {
                if q < 0.0 {
                    return None;
                }
            } else if p < 0.0 {
                enter = enter.max(q / p);
            } else {
                leave = leave.min(q / p);
            }
        }
        let at = |t: f64| (a.0 + t * dx, a.1 + t * dy);
        (enter <= leave).then(|| (at(enter), at(leave)))
    }

    /// The parts of a polyline inside.
    pub fn line(self, spots: &[Spot]) -> Vec<Vec<Spot>> {
        let mut parts: Vec<Vec<Spot>> = Vec::new();
        for pair in spots.windows(2) {
            let Some((a, b)) = self.segment(pair[0], pair[1]) else {
                continue;
            };
            match parts.last_mut() {
                Some(part) if part.last() == Some(&a) => part.push(b),
                _ => parts.push(vec![a, b]),
            }
        }
        parts
    }

    /// The part of a polygon inside (Sutherland and Hodgman 1974).
    pub fn area(self, polygon: &[Spot]) -> Vec<Spot> {
        let mut spots = polygon.to_vec();
        let sides: [(bool, f64, f64); 4] = [
            (true, self.left, 1.0),
            (true, self.right(), -1.0),
            (false, self.top, 1.0),
            (false, self.bottom(), -1.0),
        ];
        for (along_x, edge, sign) in sides {
            let depth = |s: Spot| sign * (if along_x { s.0 } else { s.1 } - edge);
            let mut kept = Vec::with_capacity(spots.len() + 4);
            for k in 0..spots.len() {
                let (a, b) = (spots[k], spots[(k + 1) % spots.len()]);
                let (da, db) = (depth(a), depth(b));
                if da >= 0.0 {
                    kept.push(a);
                }
                if (da >= 0.0) != (db >= 0.0) {
                    let t = da / (da - db);
                    kept.push((a.0 + t * (b.0 - a.0), a.1 + t * (b.1 - a.1)));
                }
            }
            spots = kept;
        }
        spots
    }
}

/// A curve with more points than can be seen, thinned: of the points that fall on one `grain` of x, the first, the
/// lowest, the highest and the last stay, in their order. A curve that turns back is left as it is.
pub fn thinned(spots: Vec<Spot>, grain: f64) -> Vec<Spot> {
    let forward = spots.windows(2).all(|p| p[0].0 <= p[1].0);
    if !forward || spots.len() < 64 {
        return spots;
    }
    let column = |s: &Spot| (s.0 / grain).floor();
    let mut kept = Vec::new();
    for group in spots.chunk_by(|a, b| column(a) == column(b)) {
        let by_height = |a: &usize, b: &usize| group[*a].1.total_cmp(&group[*b].1);
        let all = 0..group.len();
        let mut stay = vec![0, group.len() - 1];
        stay.extend(all.clone().min_by(by_height));
        stay.extend(all.max_by(by_height));
        stay.sort_unstable();
        stay.dedup();
        kept.extend(stay.into_iter().map(|k| group[k]));
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: Frame = Frame {
        left: 0.0,
        top: 0.0,
        width: 10.0,
        height: 10.0,
    };

    #[test]
    fn lines_are_cut_where_they_leave() {
        let parts = FRAME.line(&[
            (-5.0, 5.0),
            (5.0, 5.0),
            (5.0, 15.0),
            (8.0, 15.0),
            (8.0, 5.0),
        ]);
        assert_eq!(
            parts,
            [
                vec![(0.0, 5.0), (5.0, 5.0), (5.0, 10.0)],
                vec![(8.0, 10.0), (8.0, 5.0)]
            ]
        );
        assert!(FRAME.line(&[(-1.0, 0.0), (-1.0, 9.0)]).is_empty());
        assert!(
            FRAME
                .line(&[(-1e6, -1e6 - 50.0), (1e6, 1e6 - 50.0)])
                .is_empty()
        );
    }

    #[test]
    fn areas_are_cut_at_all_sides() {
        let cut = FRAME.area(&[(-5.0, -5.0), (15.0, -5.0), (15.0, 15.0), (-5.0, 15.0)]);
        assert!(cut.iter().all(|s| FRAME.holds(*s)));
        let corners = [(0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 10.0)];
        assert!(corners.iter().all(|c| cut.contains(c)));
        assert!(
            FRAME
                .area(&[(20.0, 0.0), (30.0, 0.0), (30.0, 5.0)])
                .is_empty()
        );
    }

    #[test]
    fn thinning_keeps_extremes() {
        let wave: Vec<Spot> = (0..100_000)
            .map(|k| f64::from(k) / 1000.0)
            .map(|x| (x, if x == 50.0 { 9.0 } else { (400.0 * x).sin() }))
            .collect();
        let thin = thinned(wave.clone(), 0.25);
        assert!(thin.len() <= 4 * 401 && thin.contains(&(50.0, 9.0)));
        assert_eq!((thin[0], thin[thin.len() - 1]), (wave[0], wave[99_999]));
        let back: Vec<Spot> = wave.into_iter().rev().collect();
        assert_eq!(thinned(back.clone(), 0.25), back);
    }
}
