//! One side of a point: the density as a function of y = log of the distance to it.
//!
//! ∫ p(x) dx = ∫ e^{λ(y)} dy, λ = log p + y. In this variable a singular point, a regular end, a power-law tail and
//! an exponential tail all become a smooth function that dies out, so that panels of series resolve it. They start at
//! the peaks of λ with the width in which it falls by 1 and double from there, which finds peaks of any width.

use super::chebyshev::{Panel, resolved};
use super::ends::{Verdict, refusal, verdict};
use symbias_model::error::{Error, ErrorKind, Result};

/// Where the points of a piece lie.
#[derive(Clone, Copy, Debug)]
pub(super) struct Way {
    /// The point that distances are measured from.
    pub origin: f64,
    /// +1 to the right of it, −1 to the left.
    pub side: f64,
    /// Least and largest y.
    pub range: (f64, f64),
    /// Whether the largest y stands for infinity.
    pub infinite: bool,
}

/// y that stand for 0 and infinity: e^{±700} are numbers.
const EXTREME: f64 = 700.0;
/// −log of the least relative distance to a point other than 0: nearer ones have lost too many digits.
const NEAREST: f64 = 26.0;
/// Logarithm of the density against its largest value below which nothing counts.
const CUT: f64 = 80.0;
/// Widest first panels, and widest panels.
const WIDEST: f64 = 8.0;
/// Grid on which peaks are looked for: near the scale of 1 and of the interval, and elsewhere.
const FINE: f64 = 1.0 / 16.0;
const COARSE: f64 = 1.0;
/// Logarithm of what counts as near.
const NEAR: f64 = 12.0;

impl Way {
    /// From `origin` to the right or left as far as `reach`, which may be infinite.
    pub(super) fn new(origin: f64, side: f64, reach: f64) -> Way {
        let high = reach.ln().min(EXTREME);
        let low = match origin {
            0.0 => -EXTREME,
            o => (o.abs().ln() - NEAREST).min(high - NEAREST),
        };
        Way {
            origin,
            side,
            range: (low, high),
            infinite: reach.is_infinite(),
        }
    }

    /// The point at log distance y.
    pub(super) fn x(&self, y: f64) -> f64 {
        self.origin + self.side * y.exp()
    }

    /// Log distance of a point, within the range.
    pub(super) fn y(&self, x: f64) -> f64 {
        (self.side * (x - self.origin))
            .max(0.0)
            .ln()
            .min(self.range.1)
    }

    /// Three y towards the origin, or towards infinity, with the error of slopes between them.
    fn towards(&self, infinity: bool) -> ([f64; 3], f64) {
        if infinity {
            ([100.0, 200.0, 300.0], 1e-8)
        } else if self.origin == 0.0 {
            let top = self.range.1.min(0.0);
            (
                [-300.0, -450.0, -600.0].map(|y| (y + top).max(-EXTREME)),
                1e-8,
            )
        } else {
            // A distance of e^{−22} to a point of size 1 is known to 4e-7.
            ([12.0, 8.0, 4.0].map(|y| self.range.0 + y), 1e-6)
        }
    }

    /// How λ dies out towards the origin, or infinity.
    ///
    /// # Errors
    /// The integral that diverges or is undecided.
    pub(super) fn rate(&self, lambda: &dyn Fn(f64) -> f64, infinity: bool) -> Result<f64> {
        let (y, noise) = self.towards(infinity);
        let found = verdict(y, y.map(lambda), noise);
        let end = match infinity {
            true => self.side * f64::INFINITY,
            false => self.origin,
        };
        let measured = if infinity { 0.0 } else { self.origin };
        match (refusal(found, measured, end), found) {
            (Some(error), _) => Err(error),
            (None, Verdict::Converges(rate)) => Ok(rate),
            (None, _) => Ok(f64::INFINITY),
        }
    }

    fn grid(&self) -> Vec<f64> {
        let (low, high) = self.range;
        let mut found = vec![low];
        let mut y = low;
        while y < high {
            let fine = y.abs() < NEAR || !self.infinite && high - y < NEAR;
            y += if fine { FINE } else { COARSE };
            found.push(y.min(high));
        }
        found
    }
}

/// What a look at a piece found.
#[derive(Clone, Debug)]
pub(super) struct Scan {
    /// (y, λ) of local maxima, rising y.
    pub peaks: Vec<(f64, f64)>,
    /// y of the least λ between neighbours.
    valleys: Vec<f64>,
    /// The largest λ.
    pub best: f64,
    /// Where the density itself is largest, and its logarithm.
    pub mode: (f64, f64),
}

/// The maximum of a function with one maximum on an interval, by golden sections.
pub(super) fn golden(f: impl Fn(f64) -> f64, mut a: f64, mut b: f64) -> (f64, f64) {
    const RATIO: f64 = 0.618_033_988_749_894_9;
    let inner = |a: f64, b: f64| [b - RATIO * (b - a), a + RATIO * (b - a)];
    let [mut c, mut d] = inner(a, b);
    let (mut fc, mut fd) = (f(c), f(d));
    // Values near a maximum cannot tell places apart by less than the root of a rounding.
    while b - a > 1e-9 * (1.0 + a.abs()) {
        if fc > fd {
            (b, d, fd) = (d, c, fc);
            c = inner(a, b)[0];
            fc = f(c);
        } else {
            (a, c, fc) = (c, d, fd);
            d = inner(a, b)[1];
            fd = f(d);
        }
    }
    if fc > fd { (c, fc) } else { (d, fd) }
}

/// Looks for the peaks of a piece.
///
/// # Errors
/// A log density that is not a number, or infinite, at a point.
pub(super) fn scan(way: &Way, lambda: &dyn Fn(f64) -> f64) -> Result<Scan> {
    let grid = way.grid();
    let values: Vec<f64> = grid.iter().map(|y| lambda(*y)).collect();
    if let Some(k) = values
        .iter()
        .position(|v| v.is_nan() || *v == f64::INFINITY)
    {
        let what = format!(
            "the log density is {} at {}, and must be a number or -inf",
            values[k] - grid[k],
            way.x(grid[k])
        );
        return Err(Error::new(ErrorKind::Value, what)
            .remedy("list points where it is infinite among the singular points"));
    }
    let (mut peaks, mut valleys, mut last) = (Vec::new(), Vec::new(), None);
    let refined = |f: &dyn Fn(f64) -> f64, k: usize, value: f64| {
        let around = golden(
            f,
            grid[k.saturating_sub(1)],
            grid[(k + 1).min(grid.len() - 1)],
        );
        if around.1 > value {
            around
        } else {
            (grid[k], value)
        }
    };
    for (k, v) in values.iter().enumerate().filter(|(_, v)| v.is_finite()) {
        let left = k == 0 || values[k - 1] < *v;
        let right = k + 1 == grid.len() || values[k + 1] <= *v;
        if left && right {
            if let Some(last) = last.replace(k) {
                let least = (last..k).min_by(|a, b| values[*a].total_cmp(&values[*b]));
                valleys.push(grid[least.unwrap_or(k)]);
            }
            peaks.push(refined(lambda, k, *v));
        }
    }
    let density = |y: f64| lambda(y) - y;
    let largest = (0..grid.len()).max_by(|a, b| {
        let at = |k: usize| values[k] - grid[k];
        at(*a).total_cmp(&at(*b))
    });
    let mode = largest.map_or((0.0, f64::NEG_INFINITY), |k| {
        refined(&density, k, values[k] - grid[k])
    });
    Ok(Scan {
        best: peaks.iter().fold(f64::NEG_INFINITY, |m, p| m.max(p.1)),
        mode,
        peaks,
        valleys,
    })
}

/// The integral beyond the last panel, of a function that dies out like e^{−rate·|y − at|}.
#[derive(Clone, Copy, Debug, Default)]
struct Tail {
    at: f64,
    rate: f64,
    mass: f64,
}

/// A piece, resolved; masses are in units of e^{shift}.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    pub way: Way,
    pub panels: Vec<Panel>,
    /// Mass nearer to the origin than each panel.
    before: Vec<f64>,
    /// Mass farther than each panel.
    after: Vec<f64>,
    lower: Tail,
    upper: Tail,
    /// All of it.
    pub mass: f64,
    shift: f64,
    /// How it dies out towards the origin, and towards infinity where it goes there.
    pub rates: (f64, Option<f64>),
}

impl Piece {
    /// Resolves the density on one piece, against the largest λ of all pieces.
    pub(super) fn new(
        way: Way,
        lambda: &dyn Fn(f64) -> f64,
        scan: &Scan,
        shift: f64,
        rates: (f64, Option<f64>),
    ) -> Piece {
        let mut piece = Piece {
            way,
            panels: Vec::new(),
            before: Vec::new(),
            after: Vec::new(),
            lower: Tail::default(),
            upper: Tail::default(),
            mass: 0.0,
            shift,
            rates,
        };
        let tolerance = piece.tolerance();
        let mut scaled = |y: f64| (lambda(y) - shift).exp();
        for (k, (top, height)) in scan.peaks.iter().enumerate() {
            if *height < shift - CUT {
                continue;
            }
            let low = k.checked_sub(1).map_or(way.range.0, |k| scan.valleys[k]);
            let high = scan.valleys.get(k).copied().unwrap_or(way.range.1);
            for (side, end) in [(-1.0, low), (1.0, high)] {
                let mut step = (side * (end - top)).min(1.0);
                while step > f64::EPSILON * (1.0 + top.abs())
                    && lambda(top + side * step) < height - 1.0
                {
                    step /= 2.0;
                }
                let floor = 1e-18 * step;
                let mut at = *top;
                while side * (end - at) > 0.0 && lambda(at) >= shift - CUT {
                    let next = if side * (end - at) <= step {
                        end
                    } else {
                        at + side * step
                    };
                    let range = (at.min(next), at.max(next));
                    resolved(&mut scaled, range, &tolerance, floor, &mut piece.panels);
                    (at, step) = (next, (2.0 * step).min(WIDEST));
                }
            }
        }
        piece.panels.sort_by(|a, b| a.low.total_cmp(&b.low));
        piece.close(&mut scaled);
        piece
    }

    /// Tails and running sums.
    fn close(&mut self, scaled: &mut impl FnMut(f64) -> f64) {
        let (Some(first), Some(last)) = (self.panels.first(), self.panels.last()) else {
            return;
        };
        let mut tail = |at: f64, rate: f64, reached: bool| Tail {
            at,
            rate,
            mass: if reached { scaled(at) / rate } else { 0.0 },
        };
        self.lower = tail(first.low, self.rates.0, first.low <= self.way.range.0);
        if let Some(rate) = self.rates.1 {
            self.upper = tail(last.high, rate, last.high >= self.way.range.1);
        }
        let mut sum = self.lower.mass;
        for panel in &self.panels {
            self.before.push(sum);
            sum += panel.mass;
        }
        self.mass = sum + self.upper.mass;
        let mut sum = self.upper.mass;
        for panel in self.panels.iter().rev() {
            self.after.push(sum);
            sum += panel.mass;
        }
        self.after.reverse();
    }

    /// Relative size of what rounding leaves of the density at y: of its logarithm, and of x.
    pub(super) fn tolerance(&self) -> impl Fn(f64) -> f64 + use<> {
        let (shift, origin) = (self.shift.abs(), self.way.origin.abs());
        move |y| f64::EPSILON * (500.0 + 16.0 * shift + 64.0 * origin * (-y).exp())
    }

    /// Mass nearer to the origin than e^y, and farther.
    pub(super) fn split(&self, y: f64) -> (f64, f64) {
        let k = self.panels.partition_point(|p| p.low <= y);
        let Some(k) = k.checked_sub(1) else {
            let below = self.lower.mass * (self.lower.rate * (y - self.lower.at)).exp();
            let below = if self.lower.mass == 0.0 { 0.0 } else { below };
            return (below, self.mass - below);
        };
        let panel = &self.panels[k];
        if y >= panel.high {
            let (near, far) = (self.before[k] + panel.mass, self.after[k]);
            if k + 1 < self.panels.len() || far == 0.0 {
                return (near, far);
            }
            let far = far * (-self.upper.rate * (y - self.upper.at)).exp();
            return (self.mass - far, far);
        }
        let inside = panel.until(y).clamp(0.0, panel.mass.max(0.0));
        let rest = panel.mass - inside;
        (self.before[k] + inside, self.after[k] + rest)
    }

    /// The y with that much mass nearer to the origin.
    pub(super) fn inverse(&self, mass: f64) -> f64 {
        let k = self.before.partition_point(|b| *b <= mass);
        let Some(k) = k.checked_sub(1) else {
            return self.lower.at + (mass / self.lower.mass).ln() / self.lower.rate;
        };
        let panel = &self.panels[k];
        let wanted = mass - self.before[k];
        if wanted >= panel.mass {
            let far = self.mass - mass;
            if k + 1 == self.panels.len() && self.upper.mass > 0.0 && far > 0.0 {
                return self.upper.at - (far / self.upper.mass).ln() / self.upper.rate;
            }
            return panel.high;
        }
        let (mut low, mut high) = (panel.low, panel.high);
        let mut y = low + (high - low) * (wanted / panel.mass);
        // Newton's steps between bounds that close in; 60 halvings are more digits than there are.
        for _ in 0..60 {
            let miss = panel.until(y) - wanted;
            if miss > 0.0 {
                high = y
            } else {
                low = y
            }
            let step = miss / panel.at(y);
            if step.abs() <= 4.0 * f64::EPSILON * y.abs().max(1e-3) {
                break;
            }
            let next = y - step;
            y = if next > low && next < high {
                next
            } else {
                low.midpoint(high)
            };
            if high - low <= f64::EPSILON * y.abs() {
                break;
            }
        }
        y
    }
}
