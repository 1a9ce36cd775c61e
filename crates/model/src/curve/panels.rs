//! A function on panels as Chebyshev series, found by its place.
//!
//! Panels are binades halved until they are resolved, so that a function that is singular or heavy-tailed keeps its relative
//! accuracy from 10⁻¹¹ to 10⁷; around 0, where it is smooth, one panel f(0) + x h(x) does the same. A panel that no halving
//! resolves has no series: there the function is computed.

use std::sync::OnceLock;
use symbias_numerics::chebyshev::{self, Rule};

/// Points of a panel.
pub(super) const NODES: usize = 16;

pub(super) fn rule() -> &'static Rule<NODES> {
    static RULE: OnceLock<Rule<NODES>> = OnceLock::new();
    RULE.get_or_init(Rule::default)
}

/// Orders that have series: the value and two derivatives, and of a table one more.
pub(super) const ORDERS: usize = 4;
/// Exponents of the binades between which series are made.
const RANGE: (i32, i32) = (-36, 24);
/// How often a binade is halved, at most.
const HALVED: u32 = 4;
/// The last coefficients against the largest value, of each order.
const RESOLVED: [f64; 3] = [4e-15, 4e-14, 4e-13];

/// Where a series lies.
#[derive(Clone, Copy, Debug)]
struct Panel {
    middle: f64,
    /// 2 / width.
    scale: f64,
    /// Of the first coefficient of order 0; `None` where the function is computed.
    from: Option<usize>,
    /// What x times the series is added to; without it the series is the value.
    base: Option<f64>,
}

/// Panels in order.
#[derive(Clone, Debug)]
pub(super) struct Panels {
    breaks: Vec<f64>,
    panels: Vec<Panel>,
    /// Of each panel, order after order, as many as `length` each.
    coefficients: Vec<f64>,
    length: usize,
    orders: usize,
}

impl Panels {
    /// Given series: `coefficients` of each panel between `breaks`, with the derivatives.
    pub fn given(breaks: Vec<f64>, coefficients: &[f64]) -> Panels {
        let count = breaks.len().saturating_sub(1).max(1);
        let length = coefficients.len() / count;
        let mut all = Panels::empty(length, ORDERS);
        for (ends, own) in breaks.windows(2).zip(coefficients.chunks(length.max(1))) {
            let scale = 2.0 / (ends[1] - ends[0]);
            let mut series = own.to_vec();
            let mut orders = Vec::new();
            for _ in 0..ORDERS {
                orders.extend(&series);
                series = chebyshev::derivative(&series);
                series.iter_mut().for_each(|c| *c *= scale);
            }
            all.push((ends[0], ends[1]), Some(&orders), None);
        }
        all
    }

    /// Series of a function, whose derivatives come with its value, inside of its domain.
    pub fn of(f: &impl Fn(f64) -> [f64; ORDERS], (low, high): (f64, f64)) -> Panels {
        let mut all = Panels::empty(NODES, RESOLVED.len());
        let power = |e: i32| f64::from(e).exp2();
        let inside = |x: f64| low < x && x < high;
        let zero = f(0.0)[0];
        // The largest panel around 0 on which f(0) + x h(x) is resolved.
        let central = (RANGE.0..=RANGE.1).rev().find_map(|e| {
            let (a, b) = (-power(e), power(e));
            let fits = inside(a) && inside(b) && zero.is_finite();
            let series = fits
                .then(|| resolved(f, (a, b), Some(zero), 8.0))
                .flatten()?;
            Some((e, series))
        });
        let innermost = central.as_ref().map_or(RANGE.0, |c| c.0);
        for e in (innermost..RANGE.1).rev() {
            let (a, b) = (-power(e + 1), -power(e));
            all.halve(f, (a.max(low), b.min(high)), HALVED);
        }
        let (a, b) = (-power(innermost), power(innermost));
        match &central {
            Some((_, series)) => all.push((a, b), Some(series), Some(zero)),
            None => all.push((a.max(low), b.min(high)), None, None),
        }
        for e in innermost..RANGE.1 {
            let (a, b) = (power(e), power(e + 1));
            all.halve(f, (a.max(low), b.min(high)), HALVED);
        }
        all
    }

    fn empty(length: usize, orders: usize) -> Panels {
        Panels {
            breaks: Vec::new(),
            panels: Vec::new(),
            coefficients: Vec::new(),
            length,
            orders,
        }
    }

    fn push(&mut self, (a, b): (f64, f64), series: Option<&[f64]>, base: Option<f64>) {
        if a >= b {
            return;
        }
        if self.breaks.is_empty() {
            self.breaks.push(a);
        }
        self.breaks.push(b);
        self.panels.push(Panel {
            middle: 0.5 * (a + b),
            scale: 2.0 / (b - a),
            from: series.map(|_| self.coefficients.len()),
            base,
        });
        self.coefficients.extend(series.into_iter().flatten());
    }

    fn halve(&mut self, f: &impl Fn(f64) -> [f64; ORDERS], (a, b): (f64, f64), left: u32) {
        if a >= b {
            return;
        }
        let steady = if left == 0 { f64::INFINITY } else { 64.0 };
        match resolved(f, (a, b), None, steady) {
            Some(series) => self.push((a, b), Some(&series), None),
            None if left == 0 => self.push((a, b), None, None),
            None => {
                let middle = 0.5 * (a + b);
                self.halve(f, (a, middle), left - 1);
                self.halve(f, (middle, b), left - 1);
            }
        }
    }

    /// The derivative of this order; `None` where there is no series.
    #[inline]
    pub fn at(&self, order: usize, x: f64) -> Option<f64> {
        let place = self.breaks.partition_point(|b| *b <= x);
        let last = *self.breaks.last()?;
        let panel = match place {
            0 => return None,
            _ if x > last => return None,
            p => self.panels[(p - 1).min(self.panels.len() - 1)],
        };
        if order >= self.orders {
            return None;
        }
        let from = panel.from? + order * self.length;
        let t = (x - panel.middle) * panel.scale;
        let value = chebyshev::evaluate(&self.coefficients[from..from + self.length], t);
        Some(match panel.base {
            Some(base) if order == 0 => base + x * value,
            _ => value,
        })
    }

    /// From where to where.
    pub fn ends(&self) -> (f64, f64) {
        let end = |b: Option<&f64>| b.copied().unwrap_or(f64::NAN);
        (end(self.breaks.first()), end(self.breaks.last()))
    }

    /// The largest jump of the value where panels meet.
    pub fn jump(&self) -> (f64, f64) {
        let inner = self.breaks.iter().zip(&self.panels).skip(1);
        inner
            .zip(&self.panels)
            .fold((0.0, 0.0), |worst, ((x, right), left)| {
                let side = |p: &Panel| {
                    let from = p.from.unwrap_or(0);
                    let t = (x - p.middle) * p.scale;
                    chebyshev::evaluate(&self.coefficients[from..from + self.length], t)
                };
                let jump = (side(right) - side(left)).abs();
                if jump > worst.0 { (jump, *x) } else { worst }
            })
    }
}

/// The series of all orders on a panel, if they are resolved there, agree with the function between the nodes, and the values
/// differ by less than a factor `steady`.
fn resolved(
    f: &impl Fn(f64) -> [f64; ORDERS],
    (a, b): (f64, f64),
    base: Option<f64>,
    steady: f64,
) -> Option<Vec<f64>> {
    let (middle, half) = (0.5 * (a + b), 0.5 * (b - a));
    let wanted = |x: f64| {
        let mut values = f(x);
        if let Some(base) = base {
            values[0] = (values[0] - base) / x;
        }
        values
    };
    let mut values = [[0.0; NODES]; RESOLVED.len()];
    for (k, node) in rule().nodes().iter().enumerate() {
        let found = wanted(middle + half * node);
        for (order, values) in values.iter_mut().enumerate() {
            values[k] = found[order];
        }
        if !found[..RESOLVED.len()].iter().all(|x| x.is_finite()) {
            return None;
        }
    }
    let largest = |v: &[f64]| v.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
    let (size, reach) = (largest(&values[0]), a.abs().max(b.abs()));
    // Where the values differ by more, a series that is right for the largest is not for the smallest.
    let least = values[0].iter().fold(f64::INFINITY, |m, x| m.min(x.abs()));
    if least * steady < size {
        return None;
    }
    // A derivative counts against what it changes: |f| / |x|ᵏ.
    let size = if base.is_some() { size * reach } else { size };
    let tests = [0.123, -0.777, 0.961].map(|t| (t, wanted(middle + half * t)));
    let mut all = Vec::with_capacity(NODES * RESOLVED.len());
    for (order, (values, tolerance)) in values.iter().zip(RESOLVED).enumerate() {
        let natural = match (order, base) {
            (0, _) => 0.0,
            _ => size / reach.powi(order as i32),
        };
        let scale = largest(values).max(natural);
        let series = rule().series(values);
        let close = |(t, f): &(f64, [f64; ORDERS])| {
            (chebyshev::evaluate(&series, *t) - f[order]).abs() <= 8.0 * tolerance * scale
        };
        if largest(&series[NODES - 3..]) > tolerance * scale || !tests.iter().all(close) {
            return None;
        }
        all.extend(series);
    }
    Some(all)
}
