//! f = g⁻¹ of a strictly monotone g: f′ = 1/g′(f), f″ = −g″/g′³, f‴ = (3g″² − g′g‴)/g′⁵ at f.

use super::body::Body;
use super::panels::ORDERS;
use symbias_numerics::extended::Extended;

/// Exponents up to which points are looked at eight to the binade; beyond, one.
const FINE: i32 = 60;
/// Exponents of the outermost points.
const COARSE: i32 = 1020;
/// How much a computed value may fall by rounding.
const ROUNDING: f64 = 1e-13;

/// Values below which products of small numbers are 0.
const VANISHING: f64 = 1e-290;

/// The inverse of a monotone function.
#[derive(Clone, Debug)]
pub(super) struct Inverse {
    g: Body,
    /// Points z in order, and g there: finite, monotone but for rounding.
    z: Vec<f64>,
    values: Vec<f64>,
    /// 1 where g grows, −1 where it falls.
    sign: f64,
    /// Whether the range goes on beyond the first and the last value, where z hardly moves.
    open: [bool; 2],
}

/// Why there is no inverse.
pub(super) enum Fault {
    Nowhere,
    /// The function exists left of and right of a point, and not there.
    Apart(f64),
    Flat(f64, f64),
    /// Up and down: two points and the values there, between the ends of what was looked at.
    Turns([f64; 2], [f64; 2]),
}

fn points() -> Vec<f64> {
    let mut positive = Vec::new();
    for e in -COARSE..=COARSE {
        let steps = if e.abs() <= FINE { 8 } else { 1 };
        let binade = f64::from(e).exp2();
        positive.extend((0..steps).map(|m| binade * (1.0 + f64::from(m) / f64::from(steps))));
    }
    let negative = positive.iter().rev().map(|x| -x);
    negative
        .chain([0.0])
        .chain(positive.iter().copied())
        .collect()
}

impl Inverse {
    pub fn new(g: Body) -> Result<Inverse, Fault> {
        let all = points();
        let found: Vec<f64> = all.iter().map(|z| g.at(*z)).collect();
        let finite = |i: &usize| found[*i].is_finite();
        let from = (0..all.len()).find(finite).ok_or(Fault::Nowhere)?;
        let to = (from..all.len()).rev().find(finite).unwrap_or(from);
        if let Some(gap) = (from..=to).find(|i| !finite(i)) {
            return Err(Fault::Apart(all[gap]));
        }
        let mut z = all[from..=to].to_vec();
        let mut values = found[from..=to].to_vec();
        let mut open = [false; 2];
        if from > 0 {
            let (end, beyond) = boundary(&g, z[0], all[from - 1]);
            open[0] = beyond.is_infinite();
            if end != z[0] {
                z.insert(0, end);
                values.insert(0, g.at(end));
            }
        }
        if to + 1 < all.len() {
            let (end, beyond) = boundary(&g, z[z.len() - 1], all[to + 1]);
            open[1] = beyond.is_infinite();
            if end != z[z.len() - 1] {
                z.push(end);
                values.push(g.at(end));
            }
        }
        let sign = match values[values.len() - 1] - values[0] {
            d if d > 0.0 => 1.0,
            d if d < 0.0 => -1.0,
            _ => return Err(turn(&z, &values)),
        };
        let inverse = Inverse {
            g,
            z,
            values,
            sign,
            open,
        };
        inverse.monotone()?;
        Ok(inverse)
    }

    fn monotone(&self) -> Result<(), Fault> {
        let step = |i: usize| self.sign * (self.values[i + 1] - self.values[i]);
        let last = self.z.len() - 1;
        let mut before = 1.0;
        for i in 0..last {
            let (a, b) = (self.z[i], self.z[i + 1]);
            let size = self.values[i].abs().max(self.values[i + 1].abs());
            if step(i) < -ROUNDING * size.max(VANISHING) {
                return Err(turn(&self.z, &self.values));
            }
            // At the ends of what is flat to sixteen digits, thirty-one decide.
            let edge = i > 0 && before > 0.0 || i + 1 < last && step(i + 1) > 0.0;
            if step(i) <= 0.0 && a != b && edge {
                let exact = |z: f64| self.g.extended(Extended::from(z));
                let flat = match (exact(a), exact(b)) {
                    (Some(x), Some(y)) => (y - x).high() * self.sign <= 0.0,
                    _ => false,
                };
                match flat {
                    true if size < VANISHING => self.vanishes(i)?,
                    true => return Err(Fault::Flat(a, b)),
                    false => {}
                }
            }
            before = step(i);
            self.slopes(a, b)?;
        }
        Ok(())
    }

    /// Where values are below the range of numbers: by a power at 0, or far out, but not from 0 on.
    fn vanishes(&self, at: usize) -> Result<(), Fault> {
        let small = |i: &usize| self.values[*i].abs() < VANISHING;
        let from = (0..=at).rev().take_while(small).last().unwrap_or(at);
        let to = (at..self.z.len()).take_while(small).last().unwrap_or(at);
        let beside = [from.checked_sub(1), Some(to + 1)];
        let next = |i: &Option<usize>| i.and_then(|i| self.values.get(i));
        let falls = beside.iter().filter_map(next).all(|v| v.abs() < 1e-200);
        let (a, b) = (self.z[from], self.z[to]);
        let from_zero_on = a <= 0.0 && b >= 0.0 && a.abs().max(b.abs()) > 1e-3;
        match falls && !from_zero_on {
            true => Ok(()),
            false => Err(Fault::Flat(a, b)),
        }
    }

    /// The least slope between two points, where it is less than at the ends: a turn too small for the points to show.
    fn slopes(&self, a: f64, b: f64) -> Result<(), Fault> {
        let slope = |z: f64| self.g.with_slope(z).1 * self.sign;
        let third = (b - a) / 3.0;
        let (mut low, mut high) = (a, b);
        let (x, y) = (slope(a + third), slope(b - third));
        if !(x < slope(a) && y < slope(b) && x.is_finite() && y.is_finite()) {
            return Ok(());
        }
        for _ in 0..40 {
            let third = (high - low) / 3.0;
            let (x, y) = (low + third, high - third);
            if slope(x) < slope(y) {
                high = y
            } else {
                low = x
            }
        }
        let z = 0.5 * (low + high);
        let (value, _) = self.g.with_slope(z);
        let fall = slope(z) * (b - a);
        if fall < -ROUNDING * value.abs().max(f64::MIN_POSITIVE)
            && slope(z) < -1e-10 * slope(a).abs()
        {
            let near = (b - a) * 1e-3;
            return Err(Fault::Turns([z, z + near], [value, self.g.at(z + near)]));
        }
        Ok(())
    }

    /// Where it exists, in x; the ends themselves may belong to it.
    pub fn domain(&self) -> (f64, f64) {
        let (first, last) = (self.values[0], self.values[self.values.len() - 1]);
        let ends = match self.sign > 0.0 {
            true => [(first, self.open[0]), (last, self.open[1])],
            false => [(last, self.open[1]), (first, self.open[0])],
        };
        let low = if ends[0].1 {
            f64::NEG_INFINITY
        } else {
            ends[0].0
        };
        let high = if ends[1].1 { f64::INFINITY } else { ends[1].0 };
        (low, high)
    }

    pub fn direct(&self, x: f64) -> [f64; ORDERS] {
        let y = self.solve(x);
        if !y.is_finite() {
            return [y, f64::NAN, f64::NAN, f64::NAN];
        }
        let [_, a, b, c] = self.g.derivatives(y);
        // Where g is flat in one point f is infinitely steep: derivative 0 by convention, as for sqrt.
        let slopes = [1.0 / a, -b / (a * a * a), (3.0 * b * b - a * c) / a.powi(5)];
        let [p, q, r] = slopes.map(|s| if s.is_finite() { s } else { 0.0 });
        [y, p, q, r]
    }

    fn solve(&self, x: f64) -> f64 {
        let last = self.z.len() - 1;
        let place = self.values.partition_point(|v| self.sign * (v - x) < 0.0);
        let (mut low, mut high) = match place {
            _ if x.is_nan() => return f64::NAN,
            0 if self.values[0] == x && self.values[1] != x => return self.refined(self.z[0], x),
            0 if self.open[0] => return self.z[0],
            p if p > last && self.open[1] => return self.z[last],
            p if p == 0 || p > last => return f64::NAN,
            p => (self.z[p - 1], self.z[p]),
        };
        // A value that is reached at infinity only.
        if self.values[last] == x && place < last && !self.open[1] && self.z[last] > 1e300 {
            return f64::INFINITY;
        }
        let mut z = 0.5 * (low + high);
        for _ in 0..120 {
            let (value, slope) = self.g.with_slope(z);
            let rest = value - x;
            if rest == 0.0 {
                break;
            }
            if self.sign * rest < 0.0 {
                low = z
            } else {
                high = z
            }
            let newton = z - rest / slope;
            let next = match newton > low && newton < high {
                true => newton,
                false => 0.5 * (low + high),
            };
            if (next - z).abs() <= f64::EPSILON * next.abs() {
                z = next;
                break;
            }
            z = next;
        }
        self.refined(z, x)
    }

    /// Newton's method with a residual of 31 digits: g may be flat to sixteen where f is not, as log(1 + z) is at 0.
    fn refined(&self, mut z: f64, x: f64) -> f64 {
        for _ in 0..3 {
            let Some(value) = self.g.extended(Extended::from(z)) else {
                break;
            };
            let rest = (value - Extended::from(x)).high();
            let change = rest / self.g.with_slope(z).1;
            let next = z - change;
            if !change.is_finite() || !self.g.at(next).is_finite() {
                break;
            }
            z = next;
            if change.abs() <= 0.25 * f64::EPSILON * z.abs() {
                break;
            }
        }
        z
    }
}

/// The last point where g is finite between one where it is and one where it is not, and what it is beyond.
fn boundary(g: &Body, mut inside: f64, mut outside: f64) -> (f64, f64) {
    loop {
        let middle = inside.midpoint(outside);
        if middle == inside || middle == outside {
            return (inside, g.at(outside));
        }
        if g.at(middle).is_finite() {
            inside = middle
        } else {
            outside = middle
        }
    }
}

/// Two points, one on each side of a turn.
fn turn(z: &[f64], values: &[f64]) -> Fault {
    let worst = |less: fn(f64, f64) -> bool| {
        (0..z.len()).fold(0, |best, i| match less(values[i], values[best]) {
            true => i,
            false => best,
        })
    };
    let (low, high) = (worst(|a, b| a < b), worst(|a, b| a > b));
    let inner = |i: usize| i > 0 && i + 1 < z.len();
    let at = if inner(low) { low } else { high };
    let left = at.saturating_sub(8);
    Fault::Turns([z[left], z[at]], [values[left], values[at]])
}
