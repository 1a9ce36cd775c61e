//! Functions on panels as Chebyshev series, integrated by their series (Clenshaw and Curtis): a panel is halved until
//! the last coefficients are small against the largest.

use std::sync::OnceLock;
use symbias_numerics::chebyshev::{Rule, evaluate};

/// Points of a panel, the roots of T_N.
pub(super) const NODES: usize = 20;
/// Last coefficients that decide whether a panel is resolved: three, since a symmetric function has every second one 0.
const LAST: usize = 3;
/// Panels of one range, at most; what is left unresolved then counts as error.
const LARGEST: usize = 20_000;

fn rule() -> &'static Rule<NODES> {
    static RULE: OnceLock<Rule<NODES>> = OnceLock::new();
    RULE.get_or_init(Rule::default)
}

/// A function on `low..high` and its integral from `low`.
#[derive(Clone, Debug)]
pub(super) struct Panel {
    pub low: f64,
    pub high: f64,
    /// The integral over the panel.
    pub mass: f64,
    /// Size of the last coefficients times the width: how much the integral may be wrong.
    pub error: f64,
    series: [f64; NODES],
    integral: [f64; NODES + 1],
}

impl Panel {
    /// The series of the function, with the largest coefficient and the largest of the last ones.
    fn of(f: &mut impl FnMut(f64) -> f64, low: f64, high: f64) -> (Panel, f64, f64) {
        let rule = rule();
        let (centre, half) = (low.midpoint(high), (high - low) / 2.0);
        let values: [f64; NODES] = std::array::from_fn(|k| f(centre + half * rule.nodes()[k]));
        let series = rule.series(&values);
        let at = |j: usize| series.get(j).copied().unwrap_or(0.0);
        let mut integral = [0.0; NODES + 1];
        for (j, x) in integral.iter_mut().enumerate().skip(1) {
            // ∫T_0 = T_1, ∫T_1 = T_2/4, ∫T_j = T_{j+1}/2(j+1) − T_{j−1}/2(j−1).
            let before = if j == 1 { 2.0 * at(0) } else { at(j - 1) };
            *x = half * (before - at(j + 1)) / (2.0 * j as f64);
        }
        integral[0] = -evaluate(&integral, -1.0);
        let largest = |c: &[f64]| c.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
        let (all, last) = (largest(&series), largest(&series[NODES - LAST..]));
        let panel = Panel {
            low,
            high,
            mass: evaluate(&integral, 1.0),
            error: last * (high - low),
            series,
            integral,
        };
        (panel, all, last)
    }

    fn place(&self, y: f64) -> f64 {
        (2.0 * (y - self.low) / (self.high - self.low) - 1.0).clamp(-1.0, 1.0)
    }

    /// The function at y.
    pub(super) fn at(&self, y: f64) -> f64 {
        evaluate(&self.series, self.place(y))
    }

    /// The integral from the panel's low end to y.
    pub(super) fn until(&self, y: f64) -> f64 {
        evaluate(&self.integral, self.place(y))
    }
}

/// Panels of a function on `low..high`, in order: resolved to `tolerance(y)` relative to their own size, or so small that
/// all of them together are below `floor`.
pub(super) fn resolved(
    f: &mut impl FnMut(f64) -> f64,
    (low, high): (f64, f64),
    tolerance: &impl Fn(f64) -> f64,
    floor: f64,
    into: &mut Vec<Panel>,
) {
    let mut left = vec![(low, high)];
    let limit = into.len() + LARGEST;
    while let Some((low, high)) = left.pop() {
        let (panel, all, last) = Panel::of(f, low, high);
        let width = high - low;
        let negligible = all * width <= floor;
        let thin = width <= 16.0 * f64::EPSILON * low.abs().max(high.abs());
        // Written so that a series that is not a number ends here, as an error of the sum.
        let halve = last > tolerance(low) * all;
        if !halve || negligible || thin || into.len() + left.len() >= limit {
            into.push(panel);
        } else {
            let middle = low.midpoint(high);
            left.extend([(middle, high), (low, middle)]);
        }
    }
}

/// The integral of a function of size 1 that is smooth on `low..high`, to `tolerance(y)` of its size there.
pub(super) fn integral(
    mut f: impl FnMut(f64) -> f64,
    range: (f64, f64),
    tolerance: &impl Fn(f64) -> f64,
) -> f64 {
    let mut panels = Vec::new();
    resolved(&mut f, range, tolerance, NEGLIGIBLE, &mut panels);
    panels.iter().map(|p| p.mass).sum()
}

/// Contributions that a function of size 1 does not need, however narrow it is.
const NEGLIGIBLE: f64 = 1e-20;
