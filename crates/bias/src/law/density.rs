//! [`Density`]: a law of one real variable, p(x) ∝ e^{f(x)} dx.

use super::chebyshev::{Panel, resolved};
use super::piece::{Piece, Scan, Way, scan};
use std::fmt;
use std::sync::Arc;
use symbias_model::error::{Error, ErrorKind, Result};
use symbias_numerics::random::Stream;

type LogDensity = Arc<dyn Fn(f64) -> f64 + Send + Sync>;

/// A law of one real variable with respect to dx, normalised when it is made.
///
/// The variable is log |x − s| on each side of the points s: the ends of the interval that are finite and the points
/// given. There the density may be infinite or zero, like any power; elsewhere it is smooth. What is asked later is read
/// from series, to about 1e-12 where rounding of f allows (an f of size 10⁴ has lost four digits, and distances to a point
/// other than 0 are lost below 1e-11 of it: a singular density there is continued by its power).
///
/// Peaks narrower than a sixteenth of their distance to the next point may be overlooked where there are several in
/// one interval: give the places of such peaks as points.
#[derive(Clone)]
pub struct Density {
    log: LogDensity,
    support: (f64, f64),
    /// In the order of x, with the mass to the left of each and to the right.
    pieces: Arc<Vec<(Piece, f64, f64)>>,
    /// Total mass in units of e^{shift}.
    total: f64,
    shift: f64,
    mode: f64,
}

impl fmt::Debug for Density {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Density")
            .field("support", &self.support)
            .field("log_mass", &self.log_mass())
            .field("mode", &self.mode)
            .finish_non_exhaustive()
    }
}

impl Density {
    /// The law with log density f (up to a constant; −inf where it vanishes) on an interval whose ends may be infinite;
    /// `points` are the inner points where it is not smooth.
    ///
    /// # Errors
    /// An empty interval or points that are not numbers; f that is NaN or +inf somewhere; a law that is not normalisable,
    /// with the integral that diverges or that is undecided.
    pub fn new(
        log: impl Fn(f64) -> f64 + Send + Sync + 'static,
        support: (f64, f64),
        points: &[f64],
    ) -> Result<Density> {
        let log: LogDensity = Arc::new(log);
        let mut ways = ways(support, points)?;
        if ways.is_empty() {
            // The whole line: distances are measured from the top, which resolves it however narrow.
            let look = |side: f64| {
                let way = Way::new(0.0, side, f64::INFINITY);
                scan(&way, &|y| log(way.x(y)) + y).map(|s| (way.x(s.mode.0), s.mode.1))
            };
            let (left, right) = (look(-1.0)?, look(1.0)?);
            let top = if left.1 > right.1 { left.0 } else { right.0 };
            ways = self::ways(support, &[top])?;
        }
        let mut found = Vec::new();
        for (way, _) in &ways {
            let lambda = |y: f64| log(way.x(y)) + y;
            let outer = way.infinite.then(|| way.rate(&lambda, true)).transpose()?;
            let rates = (way.rate(&lambda, false)?, outer);
            found.push((rates, scan(way, &lambda)?));
        }
        let shift = found.iter().fold(f64::NEG_INFINITY, |m, f| m.max(f.1.best));
        if !shift.is_finite() {
            return Err(Error::new(
                ErrorKind::Value,
                format!(
                    "the density vanishes on {} .. {}, or wherever it was looked at",
                    support.0, support.1
                ),
            )
            .remedy(
                "give an interval on which it is positive, or the places of narrow peaks as points",
            ));
        }
        let mut pieces: Vec<(Piece, f64, f64)> = Vec::new();
        let mut total = 0.0;
        for ((way, _), (rates, scan)) in ways.iter().zip(&found) {
            let lambda = |y: f64| log(way.x(y)) + y;
            let piece = Piece::new(*way, &lambda, scan, shift, *rates);
            let mass = piece.mass;
            pieces.push((piece, total, 0.0));
            total += mass;
        }
        let mut after = 0.0;
        for (piece, _, right) in pieces.iter_mut().rev() {
            *right = after;
            after += piece.mass;
        }
        if !(total.is_finite() && total > 0.0) {
            return Err(Error::new(
                ErrorKind::Numerical,
                format!("the integral of the density came out as {total}"),
            )
            .remedy("look at the log density for values that are no numbers"));
        }
        Ok(Density {
            mode: mode(&ways, &found),
            log,
            support,
            pieces: Arc::new(pieces),
            total,
            shift,
        })
    }

    /// Ends of the interval.
    #[must_use]
    pub fn support(&self) -> (f64, f64) {
        self.support
    }

    /// log ∫ e^f dx.
    #[must_use]
    pub fn log_mass(&self) -> f64 {
        self.shift + self.total.ln()
    }

    /// Estimate of the relative error of the integral: last coefficients of all series, and rounding of f.
    #[must_use]
    pub fn relative_error(&self) -> f64 {
        let panels = self.pieces.iter().flat_map(|(p, _, _)| &p.panels);
        let truncated: f64 = panels.map(|p| p.error).sum();
        truncated / self.total + f64::EPSILON * (16.0 + self.shift.abs())
    }

    /// log p(x), normalised; −inf outside of the interval.
    #[must_use]
    pub fn log_density(&self, x: f64) -> f64 {
        if x < self.support.0 || x > self.support.1 {
            return f64::NEG_INFINITY;
        }
        (self.log)(x) - self.log_mass()
    }

    /// p(x).
    #[must_use]
    pub fn density(&self, x: f64) -> f64 {
        self.log_density(x).exp()
    }

    /// Where p is largest; a point where it is infinite, if there is one.
    #[must_use]
    pub fn mode(&self) -> f64 {
        self.mode
    }

    /// Mass to the left of x and to the right, in units of the total.
    fn halves(&self, x: f64) -> (f64, f64) {
        if x.is_nan() {
            return (f64::NAN, f64::NAN);
        }
        let inside = self.pieces.iter().find(|(p, _, _)| match p.way.side > 0.0 {
            true => p.way.infinite || x < p.way.x(p.way.range.1),
            false => x < p.way.origin,
        });
        let Some((piece, left, right)) = inside.filter(|_| x < self.support.1) else {
            return (1.0, 0.0);
        };
        if x <= self.support.0 {
            return (0.0, 1.0);
        }
        let (near, far) = piece.split(piece.way.y(x));
        let (a, b) = if piece.way.side > 0.0 {
            (near, far)
        } else {
            (far, near)
        };
        ((left + a) / self.total, (right + b) / self.total)
    }

    /// P(X ≤ x); small values keep their relative precision down to about 1e-25 (densities below e^{−80} of the largest do not
    /// count).
    #[must_use]
    pub fn cdf(&self, x: f64) -> f64 {
        self.halves(x).0
    }

    /// P(X > x); as precise as [`cdf`](Density::cdf).
    #[must_use]
    pub fn survival(&self, x: f64) -> f64 {
        self.halves(x).1
    }

    /// The x with P(X ≤ x) = u, monotone in u; the ends of the interval for u outside of (0, 1).
    #[must_use]
    pub fn quantile(&self, u: f64) -> f64 {
        if u <= 0.0 {
            return self.support.0;
        }
        let mass = u * self.total;
        let k = self.pieces.partition_point(|(_, left, _)| *left < mass);
        let (piece, left, _) = &self.pieces[k.max(1) - 1];
        let inside = mass - left;
        if u >= 1.0 {
            return self.support.1;
        }
        let near = if piece.way.side > 0.0 {
            inside
        } else {
            piece.mass - inside
        };
        piece.way.x(piece.inverse(near.clamp(0.0, piece.mass)))
    }

    /// The next sample of a stream: the quantile of its next uniform.
    pub fn sample(&self, stream: &mut Stream) -> f64 {
        self.quantile(stream.next_uniform())
    }

    /// E h(X) for a function that is smooth where p is, by series of its own.
    ///
    /// # Errors
    /// An expectation that does not exist, with the integral that diverges.
    pub fn expectation(&self, h: impl Fn(f64) -> f64) -> Result<f64> {
        let mut sum = 0.0;
        for (piece, _, _) in self.pieces.iter() {
            sum += self.partial(piece, &h)?;
        }
        Ok(sum / self.total)
    }

    /// The part of an expectation that comes from one piece.
    fn partial(&self, piece: &Piece, h: &impl Fn(f64) -> f64) -> Result<f64> {
        let way = piece.way;
        let size = |y: f64| {
            let x = way.x(y);
            // A power that overflows far out is no obstacle where the density is smaller still.
            (self.log)(x) + y + h(x).abs().min(f64::MAX).ln()
        };
        let of = |e: Error| e.context("the expectation does not exist");
        let lower = way.rate(&size, false).map_err(of)?;
        let upper = way.infinite.then(|| way.rate(&size, true)).transpose();
        let upper = upper.map_err(of)?;
        let (Some(first), Some(last)) = (piece.panels.first(), piece.panels.last()) else {
            return Ok(0.0);
        };
        let value = |y: f64| {
            let weight = ((self.log)(way.x(y)) + y - self.shift).exp();
            if weight == 0.0 {
                0.0
            } else {
                weight * h(way.x(y))
            }
        };
        let rounding = piece.tolerance();
        let tolerance = |y: f64| 1e-12 + rounding(y);
        // What is below rounding of the whole need not be resolved.
        let rough = |p: &Panel| p.mass * h(way.x(p.low.midpoint(p.high))).abs();
        let floor = 1e-17 * piece.panels.iter().map(rough).sum::<f64>();
        let (mut sum, mut all, mut beyond) = (0.0, 0.0, 0.0);
        let mut add = |range: (f64, f64)| {
            let mut own = Vec::new();
            resolved(&mut |y| value(y), range, &tolerance, floor, &mut own);
            let mass: f64 = own.iter().map(|p| p.mass).sum();
            sum += mass;
            all += mass.abs();
            mass.abs() > 1e-17 * all
        };
        for panel in &piece.panels {
            add((panel.low, panel.high));
        }
        // Where h grows, what p alone does not need counts.
        let mut at = first.low;
        while at > way.range.0 && add(((at - STEP).max(way.range.0), at)) {
            at -= STEP;
        }
        if at <= way.range.0 {
            beyond += value(way.range.0) / lower;
        }
        let mut at = last.high;
        while at < way.range.1 && add((at, (at + STEP).min(way.range.1))) {
            at += STEP;
        }
        if let Some(rate) = upper.filter(|_| at >= way.range.1) {
            beyond += value(way.range.1) / rate;
        }
        Ok(sum + beyond)
    }

    /// E X.
    ///
    /// # Errors
    /// A mean that does not exist.
    pub fn mean(&self) -> Result<f64> {
        self.expectation(|x| x)
    }

    /// E (X − E X)².
    ///
    /// # Errors
    /// A variance that does not exist.
    pub fn variance(&self) -> Result<f64> {
        let mean = self.mean()?;
        self.expectation(|x| (x - mean) * (x - mean))
    }

    /// sup_x |F_n(x) − F(x)| of a sample: the statistic of Kolmogorov and Smirnov. Times √n it exceeds 1.95 for one of
    /// 1000 independent samples of the law. 1 for no sample.
    #[must_use]
    pub fn kolmogorov(&self, sample: &[f64]) -> f64 {
        let mut values: Vec<f64> = sample.iter().map(|x| self.cdf(*x)).collect();
        values.sort_by(f64::total_cmp);
        let n = values.len() as f64;
        let gap = |(k, u): (usize, &f64)| {
            let k = k as f64;
            (u - k / n).abs().max((u - (k + 1.0) / n).abs())
        };
        let largest = values.iter().enumerate().map(gap).fold(0.0, f64::max);
        if values.is_empty() { 1.0 } else { largest }
    }
}

/// Width of the panels beyond those of p.
const STEP: f64 = 2.0;
/// Rates below 1 by more are those of densities that are infinite at a point.
const INFINITE: f64 = 1e-6;

/// The pieces of an interval in the order of x, each with its left end.
fn ways(support: (f64, f64), points: &[f64]) -> Result<Vec<(Way, f64)>> {
    let (a, b) = support;
    let wrong = |text: String| {
        Err(Error::new(ErrorKind::Value, text)
            .remedy("give low < high, either of them infinite, and finite points"))
    };
    if a.is_nan() || b.is_nan() || a >= b || a == f64::INFINITY || b == f64::NEG_INFINITY {
        return wrong(format!("the interval {a} .. {b} is empty"));
    }
    if let Some(p) = points.iter().find(|p| !p.is_finite()) {
        return wrong(format!("{p} is listed as a point of a density"));
    }
    let mut breaks: Vec<f64> = points
        .iter()
        .copied()
        .filter(|p| a < *p && *p < b)
        .collect();
    breaks.extend([a, b].into_iter().filter(|e| e.is_finite()));
    breaks.sort_by(f64::total_cmp);
    breaks.dedup();
    let mut found = Vec::new();
    if let Some(first) = breaks.first().filter(|_| a.is_infinite()) {
        found.push((Way::new(*first, -1.0, f64::INFINITY), a));
    }
    for pair in breaks.windows(2) {
        let middle = pair[0].midpoint(pair[1]);
        found.push((Way::new(pair[0], 1.0, middle - pair[0]), pair[0]));
        found.push((Way::new(pair[1], -1.0, pair[1] - middle), middle));
    }
    if let Some(last) = breaks.last().filter(|_| b.is_infinite()) {
        found.push((Way::new(*last, 1.0, f64::INFINITY), *last));
    }
    Ok(found)
}

/// Where the density is largest.
fn mode(ways: &[(Way, f64)], found: &[((f64, Option<f64>), Scan)]) -> f64 {
    let (mut best, mut at) = (f64::NEG_INFINITY, 0.0);
    for ((way, _), ((lower, _), scan)) in ways.iter().zip(found) {
        if *lower < 1.0 - INFINITE {
            return way.origin;
        }
        if scan.mode.1 > best {
            (best, at) = (scan.mode.1, way.x(scan.mode.0));
        }
    }
    at
}

/// The error of a parameter that must be positive.
pub(super) fn positive(what: &str, value: f64) -> Result<f64> {
    if value.is_finite() && value > 0.0 {
        return Ok(value);
    }
    Err(Error::new(
        ErrorKind::Value,
        format!("{what} is {value}, and must be a positive number"),
    )
    .remedy("give it in the units of the loss and of the weights"))
}
