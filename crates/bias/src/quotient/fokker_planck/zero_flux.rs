//! The stationary density in one dimension, p = (N/a) exp ∫ 2b/a dx, by quadrature.
//!
//! With x = lower + span φ(t), φ = 1/(1 + e^{−π sinh t}), a power of the distance from an end turns into a
//! double exponential in t, and b/a may have a pole there. On each panel in t integrals to every node come from the
//! polynomial through the 16 nodes of Gauss, and the mass from the rule itself.
//!
//! Source: the formula e.g. Gardiner, *Handbook of stochastic methods*, §5.2.2; the coordinate Takahasi, Mori 1974.

use super::{runs_away, undefined};
use crate::flow::GAUSS_16;
use symbias_geometry::sde::{Ito, Sde};
use symbias_model::error::{Error, ErrorKind, Result};

/// A stationary density on an interval, at the nodes of its quadrature.
#[derive(Clone, Debug)]
pub struct ZeroFlux {
    ends: [f64; 2],
    /// Nodes in t, x, log p, mass up to the node, dF/dt; with the two ends.
    t: Vec<f64>,
    x: Vec<f64>,
    log_density: Vec<f64>,
    mass: Vec<f64>,
    cumulative: Vec<f64>,
    slope: Vec<f64>,
    near_ends: [f64; 2],
}

/// Panels that resolve laws as narrow as some thousandth of the interval.
pub const PANELS: usize = 400;
/// |t| at which the distance from an end is the smallest that numbers have.
const DEEPEST: f64 = 6.0;
/// Relative distance from an end below which there is no law, but its cut-off.
const NEAR: f64 = 1e-12;
/// Share of the mass that near an end from which on the law is not normalisable.
const MOSTLY: f64 = 0.5;
/// Nodes of the rule.
const NODES: usize = 16;

impl ZeroFlux {
    /// The nodes, rising.
    #[must_use]
    pub fn nodes(&self) -> &[f64] {
        &self.x
    }

    /// log p at the nodes; p has the integral 1.
    #[must_use]
    pub fn log_density(&self) -> &[f64] {
        &self.log_density
    }

    /// The mass within 10⁻¹² of the interval from each end: of a law that is normalisable there, small.
    #[must_use]
    pub fn near_ends(&self) -> [f64; 2] {
        self.near_ends
    }

    /// E f(x).
    #[must_use]
    pub fn mean(&self, f: impl Fn(f64) -> f64) -> f64 {
        let each = self.x.iter().zip(&self.mass).filter(|n| *n.1 > 0.0);
        each.map(|(x, m)| m * f(*x)).sum()
    }

    /// P(x ≤ at).
    #[must_use]
    pub fn cumulative(&self, at: f64) -> f64 {
        let t = coordinate(self.ends, at);
        let next = self.t.partition_point(|s| *s < t);
        match next {
            0 => 0.0,
            n if n == self.t.len() => 1.0,
            n => self.between(n, t),
        }
    }

    /// The x with P(· ≤ x) = level.
    ///
    /// # Errors
    /// A level that is not between 0 and 1.
    pub fn quantile(&self, level: f64) -> Result<f64> {
        if !(0.0..=1.0).contains(&level) {
            return Err(
                Error::new(ErrorKind::Value, format!("a quantile at the level {level}"))
                    .remedy("give a number between 0 and 1"),
            );
        }
        let next = self.cumulative.partition_point(|c| *c < level);
        if next == 0 {
            return Ok(self.ends[0]);
        }
        let Some(high) = self.t.get(next) else {
            return Ok(self.ends[1]);
        };
        let (mut low, mut high) = (self.t[next - 1], *high);
        for _ in 0..60 {
            let middle = f64::midpoint(low, high);
            if self.between(next, middle) < level {
                low = middle;
            } else {
                high = middle;
            }
        }
        Ok(place(self.ends, f64::midpoint(low, high)).0)
    }

    /// The cubic through values and slopes between two nodes.
    fn between(&self, next: usize, t: f64) -> f64 {
        let h = self.t[next] - self.t[next - 1];
        let s = (t - self.t[next - 1]) / h;
        let (a, b) = (self.cumulative[next - 1], self.cumulative[next]);
        let (da, db) = (h * self.slope[next - 1], h * self.slope[next]);
        let rest = 1.0 - s;
        a + (b - a) * s * s * (3.0 - 2.0 * s) + s * rest * (da * rest - db * s)
    }
}

/// The stationary law without flux through the ends of an interval; [`PANELS`] is a number that does for
/// most.
///
/// # Errors
/// Not a process of one dimension, ends out of order; a drift or a noise that is not a number inside; a law
/// that is not normalisable at an end.
pub fn zero_flux<S: Sde<Sense = Ito> + ?Sized>(
    sde: &S,
    ends: [f64; 2],
    panels: usize,
) -> Result<ZeroFlux> {
    let fits = sde.dimension() == 1 && ends[0] < ends[1] && panels > 0;
    if !(fits && ends.iter().all(|x| x.is_finite())) {
        return Err(Error::new(
            ErrorKind::Value,
            format!(
                "a law from {} to {} by {panels} panels, of a process of {} dimensions",
                ends[0],
                ends[1],
                sde.dimension()
            ),
        )
        .remedy("give two finite ends in order, of a process of one dimension"));
    }
    let mut sigma = vec![0.0; sde.noises()];
    // 2b/a and a at x.
    let mut local = |x: f64| {
        let mut drift = [0.0];
        sde.drift(&[x], &mut drift);
        sde.diffusion(&[x], &mut sigma);
        let a: f64 = sigma.iter().map(|s| s * s).sum();
        let ratio = 2.0 * drift[0] / a;
        (a > 0.0 && a.is_finite() && ratio.is_finite()).then_some((ratio, a))
    };
    let [from, to] = [-1.0, 1.0].map(|side| deepest(ends, side, &mut local));
    let rule = Rule::new();
    let length = (to - from) / panels as f64;
    let count = panels * NODES;
    let mut t = Vec::with_capacity(count);
    let (mut x, mut log, mut speed) = (t.clone(), t.clone(), t.clone());
    let mut exponent = 0.0;
    for panel in 0..panels {
        let start = from + panel as f64 * length;
        let mut slopes = [0.0; NODES];
        let mut noise = [0.0; NODES];
        for k in 0..NODES {
            let at = start + length * rule.nodes[k];
            let (place, pace) = place(ends, at);
            let (ratio, a) = local(place).ok_or_else(|| undefined(&[place]))?;
            (slopes[k], noise[k]) = (ratio * pace, a);
            t.push(at);
            x.push(place);
            speed.push(pace);
        }
        for (k, a) in noise.iter().enumerate() {
            log.push(exponent + length * rule.up_to(k, &slopes) - a.ln());
        }
        exponent += length * rule.whole(&slopes);
    }
    let top = log.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let slope: Vec<f64> = log
        .iter()
        .zip(&speed)
        .map(|(l, s)| (l - top).exp() * s)
        .collect();
    Ok(assembled(ends, [from, to], &rule, (t, x, log, slope), top)).and_then(|law| {
        let share = law.near_ends[0].max(law.near_ends[1]);
        if share > MOSTLY {
            return Err(runs_away(share, "an end of the interval"));
        }
        Ok(law)
    })
}

type Nodes = (Vec<f64>, Vec<f64>, Vec<f64>, Vec<f64>);

/// Normalises, and adds up.
fn assembled(
    ends: [f64; 2],
    [from, to]: [f64; 2],
    rule: &Rule,
    (t, x, log, slope): Nodes,
    top: f64,
) -> ZeroFlux {
    let panels = t.len() / NODES;
    let length = (to - from) / panels as f64;
    let (mut whole, mut cumulative, mut mass) = (0.0, Vec::new(), Vec::new());
    for panel in slope.chunks(NODES) {
        cumulative.extend((0..NODES).map(|k| whole + length * rule.up_to(k, panel)));
        mass.extend((0..NODES).map(|k| length * rule.weights[k] * panel[k]));
        whole += length * rule.whole(panel);
    }
    let with_ends = |inner: Vec<f64>, first: f64, last: f64| {
        let mut all = vec![first];
        all.extend(inner);
        all.push(last);
        all
    };
    let share = |x: f64| x / whole;
    let span = ends[1] - ends[0];
    let near = |side: usize| {
        let own = x.iter().zip(&mass);
        let close = own.filter(|(x, _)| (*x - ends[side]).abs() < NEAR * span);
        close.map(|n| share(*n.1)).sum()
    };
    ZeroFlux {
        near_ends: [near(0), near(1)],
        log_density: log.iter().map(|l| l - top - whole.ln()).collect(),
        mass: mass.iter().map(|m| share(*m)).collect(),
        cumulative: with_ends(cumulative.into_iter().map(share).collect(), 0.0, 1.0),
        slope: with_ends(slope.into_iter().map(share).collect(), 0.0, 0.0),
        t: with_ends(t, from, to),
        ends,
        x,
    }
}

/// x at t, and dx/dt. The distance from the nearer end is what is computed.
fn place([lower, upper]: [f64; 2], t: f64) -> (f64, f64) {
    let span = upper - lower;
    let s = std::f64::consts::PI * t.sinh();
    // φ of the nearer end.
    let near = 1.0 / (1.0 + s.abs().exp());
    let x = if t < 0.0 {
        lower + span * near
    } else {
        upper - span * near
    };
    let pace = std::f64::consts::PI * t.cosh() * near * (1.0 - near);
    (x, span * pace)
}

/// t of x.
fn coordinate([lower, upper]: [f64; 2], x: f64) -> f64 {
    let (below, above) = (x - lower, upper - x);
    if below <= 0.0 {
        return -DEEPEST;
    }
    if above <= 0.0 {
        return DEEPEST;
    }
    ((below / above).ln() / std::f64::consts::PI).asinh()
}

/// How far towards an end the process has numbers.
fn deepest(ends: [f64; 2], side: f64, local: &mut impl FnMut(f64) -> Option<(f64, f64)>) -> f64 {
    let end = if side < 0.0 { ends[0] } else { ends[1] };
    let mut t = DEEPEST;
    while t > 1.0 {
        let (x, pace) = place(ends, side * t);
        // Distances of some roundings of the end are none.
        let apart = (x - end).abs() > 16.0 * f64::EPSILON * end.abs();
        if apart
            && pace > f64::MIN_POSITIVE
            && local(x).is_some_and(|(r, _)| (r * pace).is_finite())
        {
            break;
        }
        t -= 1.0 / 64.0;
    }
    side * t
}

/// The rule of Gauss on [0, 1] with the integrals from 0 to each node of the polynomial through all.
struct Rule {
    nodes: [f64; NODES],
    weights: [f64; NODES],
    inner: [[f64; NODES]; NODES],
}

impl Rule {
    fn new() -> Rule {
        let (mut nodes, mut weights) = ([0.0; NODES], [0.0; NODES]);
        for (k, (x, w)) in GAUSS_16.iter().enumerate() {
            let half = NODES / 2;
            (nodes[half + k], nodes[half - 1 - k]) = (*x, -*x);
            (weights[half + k], weights[half - 1 - k]) = (*w, *w);
        }
        // f = Σ_n (n + ½) ⟨f, P_n⟩ P_n, and ∫_{−1}^x P_n = (P_{n+1} − P_{n−1})/(2n + 1).
        let legendre = nodes.map(legendre);
        let mut inner = [[0.0; NODES]; NODES];
        for (to, row) in inner.iter_mut().enumerate() {
            for (k, entry) in row.iter_mut().enumerate() {
                let first = (nodes[to] + 1.0) / 2.0;
                let rest = (1..NODES).map(|n| {
                    let primitive = legendre[to][n + 1] - legendre[to][n - 1];
                    legendre[k][n] * primitive / 2.0
                });
                *entry = weights[k] * (first + rest.sum::<f64>()) / 2.0;
            }
        }
        Rule {
            nodes: nodes.map(|x| (x + 1.0) / 2.0),
            weights: weights.map(|w| w / 2.0),
            inner,
        }
    }

    /// ∫ f from 0 to a node.
    fn up_to(&self, node: usize, f: &[f64]) -> f64 {
        self.inner[node].iter().zip(f).map(|(w, f)| w * f).sum()
    }

    /// ∫ f over [0, 1].
    fn whole(&self, f: &[f64]) -> f64 {
        self.weights.iter().zip(f).map(|(w, f)| w * f).sum()
    }
}

/// P_0, …, P_NODES at x.
fn legendre(x: f64) -> [f64; NODES + 1] {
    let mut p = [1.0; NODES + 1];
    p[1] = x;
    for n in 1..NODES {
        let m = n as f64;
        p[n + 1] = ((2.0 * m + 1.0) * x * p[n] - m * p[n - 1]) / (m + 1.0);
    }
    p
}
