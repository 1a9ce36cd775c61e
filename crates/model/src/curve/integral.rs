//! F(x) = ∫_c^x h: F′ = h.

use super::body::Body;
use super::panels::ORDERS;
use super::panels::{NODES, rule};
use symbias_numerics::chebyshev;

/// Exponents of the points between which the integral is kept.
const RANGE: (i32, i32) = (-60, 130);
/// Last coefficients against the largest.
const RESOLVED: f64 = 2e-15;
/// How often a piece is halved, at most.
const HALVED: u32 = 50;
/// Halves towards a point where the integrand is infinite.
const HALVES: usize = 900;

/// What one series says of an integral.
struct Part {
    integral: f64,
    /// To all digits.
    resolved: bool,
    /// To thirteen.
    bounded: bool,
}

/// An integral from a point.
#[derive(Clone, Debug)]
pub(super) struct Integral {
    h: Body,
    from: f64,
    /// Points in order with the integral there, as far as it exists.
    points: Vec<(f64, f64)>,
    domain: (f64, f64),
}

impl Integral {
    /// `None` where the integral does not exist on either side.
    pub fn new(h: Body, from: f64) -> Option<Integral> {
        let mut integral = Integral {
            h,
            from,
            points: Vec::new(),
            domain: (from, from),
        };
        let (left, low) = integral.side(-1.0);
        let (right, high) = integral.side(1.0);
        integral.domain = (low, high);
        let left = left.into_iter().rev();
        integral.points = left.chain([(from, 0.0)]).chain(right).collect();
        (low < high).then_some(integral)
    }

    /// The points on one side, and how far the integral exists there.
    fn side(&self, sign: f64) -> (Vec<(f64, f64)>, f64) {
        let power = |e: i32| f64::from(e).exp2();
        let mut ends: Vec<f64> = (RANGE.0..=RANGE.1)
            .flat_map(|e| [power(e), -power(e)])
            .chain([0.0])
            .filter(|p| sign * (p - self.from) > 0.0)
            .collect();
        ends.sort_by(|a, b| (sign * a).total_cmp(&(sign * b)));
        let (mut found, mut last, mut total) = (Vec::new(), self.from, 0.0);
        for end in ends {
            let Some(part) = self.piece(last, end, total) else {
                return (found, self.end_between(last, end));
            };
            total += part;
            found.push((end, total));
            last = end;
        }
        (found, last)
    }

    /// The last point where the integrand is finite, where it is not at the end.
    fn end_between(&self, mut inside: f64, mut outside: f64) -> f64 {
        if self.h.at(outside).is_finite() || outside == 0.0 {
            return if outside == 0.0 { outside } else { inside };
        }
        loop {
            let middle = inside.midpoint(outside);
            if middle == inside || middle == outside {
                return inside;
            }
            if self.h.at(middle).is_finite() {
                inside = middle
            } else {
                outside = middle
            }
        }
    }

    /// ∫ from a to b, which 0 is not between; towards 0 in halves.
    fn piece(&self, a: f64, b: f64, so_far: f64) -> Option<f64> {
        match (a == 0.0, b == 0.0) {
            (true, _) => self.towards_zero(b),
            (_, true) => self.towards_zero(a).map(|x| -x),
            _ => self.resolved(a, b, so_far.abs(), HALVED),
        }
    }

    /// ∫_0^b: in one piece where the integrand is smooth up to 0, else halves until they do not count. If they do not fall off,
    /// there is none.
    fn towards_zero(&self, b: f64) -> Option<f64> {
        let whole = self.series(0.0, b, 0.0);
        if whole.resolved && self.h.at(0.0).is_finite() {
            return Some(whole.integral);
        }
        let (mut total, mut last, mut ratio, mut high) = (0.0_f64, 0.0_f64, 0.0_f64, b);
        for k in 0..HALVES {
            let part = self.resolved(0.5 * high, high, total.abs(), HALVED)?;
            total += part;
            if part.abs() <= 1e-17 * total.abs() || part == 0.0 {
                return Some(total);
            }
            if k > 60 && part.abs() >= (1.0 - 1e-6) * last.abs() {
                return None;
            }
            (last, ratio, high) = (part, part / last, 0.5 * high);
        }
        // A geometric series from here on.
        (ratio.abs() < 1.0).then(|| total + last * ratio / (1.0 - ratio))
    }

    /// By one series, beside what was integrated before.
    fn series(&self, a: f64, b: f64, so_far: f64) -> Part {
        let (middle, half) = (0.5 * (a + b), 0.5 * (b - a));
        let values: [f64; NODES] = rule().nodes().map(|t| self.h.at(middle + half * t));
        let series = rule().series(&values);
        let largest = |c: &[f64]| c.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
        let integral = half * chebyshev::integral(&series);
        let finite = values.iter().all(|x| x.is_finite());
        let (last, size) = (largest(&series[NODES - 3..]), so_far + integral.abs());
        let rest = (half * last).abs();
        Part {
            integral,
            resolved: finite && (last <= RESOLVED * largest(&series) || rest <= 1e-17 * size),
            bounded: finite && rest <= 1e-13 * size,
        }
    }

    fn resolved(&self, a: f64, b: f64, so_far: f64, left: u32) -> Option<f64> {
        let whole = self.series(a, b, so_far);
        if whole.resolved {
            return Some(whole.integral);
        }
        let middle = 0.5 * (a + b);
        if left == 0 || middle == a || middle == b {
            return whole.bounded.then_some(whole.integral);
        }
        let first = self.resolved(a, middle, so_far, left - 1)?;
        Some(first + self.resolved(middle, b, so_far + first.abs(), left - 1)?)
    }

    pub fn domain(&self) -> (f64, f64) {
        self.domain
    }

    pub fn direct(&self, x: f64) -> [f64; ORDERS] {
        let [h, slope, second, _] = self.h.derivatives(x);
        let value = self.value(x);
        let finite = |x: f64| {
            if value.is_finite() && !x.is_finite() {
                0.0
            } else {
                x
            }
        };
        [value, finite(h), finite(slope), finite(second)]
    }

    fn value(&self, x: f64) -> f64 {
        if !(self.domain.0..=self.domain.1).contains(&x) {
            return f64::NAN;
        }
        let place = self.points.partition_point(|p| p.0 < x);
        let (anchor, known) = match (x >= self.from, place) {
            (_, p) if p < self.points.len() && self.points[p].0 == x => return self.points[p].1,
            (true, p) => self.points[p.max(1) - 1],
            (false, p) => self.points[p.min(self.points.len() - 1)],
        };
        match self.piece(anchor, x, known) {
            Some(part) => known + part,
            None => f64::NAN,
        }
    }
}
