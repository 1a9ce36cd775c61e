//! One weight w = θ_1⋯θ_D on the leaf of its charges: K, the mirror map and its potential, for any
//! charges (theory §4.1).
//!
//! On the leaf θ_k² = u² + c_k, where u² is the smallest square and c_k ≥ 0 are fixed, and
//! q″ = 1/K with K = Σ_j Π_{i≠j} θ_i². From dw/K = du/Π_{k>0} √(u² + c_k) follow, for every D,
//!
//! ```text
//! q′(w) = z = ∫ du / Π_{k>0} √(u² + c_k),    q(w) = w z − u²/2,    q*(z) = u²/2.
//! ```
//!
//! A coordinate t of the leaf makes the integral easy: u = √c_1 sinh t, through w = 0, where one
//! factor is the smallest; u = eᵗ, on one side of w = 0, where m ≥ 2 are. The integrand dz/dt is then
//! analytic in the strip |Im t| < π/2 whatever the charges, so that a Gauss rule on panels of length 2
//! gives all digits; for D = 2 it is 1: t = z, the hyperbolic entropy of \[W20\]. For D = 1 t = w = z.

/// A weight on the leaf of its charges. Its methods take the coordinate t of a point of the leaf.
#[derive(Clone, Debug, PartialEq)]
pub struct Entropy {
    /// m: factors of the smallest square.
    tied: usize,
    /// c_k > 0, rising: what the other squares exceed it by.
    charges: Vec<f64>,
    /// Where m ≥ 2 the sign of w, which stays; 0 where w = 0 stays. 1 otherwise.
    side: f64,
}

/// Relative difference of squares up to which they are one: no charge, but rounding.
const BALANCED: f64 = 1e-12;
/// Length of a panel of the Gauss rule with 16 nodes; the integrand is analytic up to π/2 from it.
const PANEL: f64 = 2.0;
/// Length up to which 6 nodes do.
const SHORT: f64 = 0.25;
/// Coordinates beyond it stand for weights that no number can hold.
const LARGEST: f64 = 400.0;

impl Entropy {
    /// The leaf through D ≥ 1 factors, and their coordinate on it.
    #[must_use]
    pub fn of(factors: &[f64]) -> (Entropy, f64) {
        let mut squares: Vec<f64> = factors.iter().map(|x| x * x).collect();
        squares.sort_by(f64::total_cmp);
        let sign: f64 = factors.iter().map(|x| x.signum()).product();
        let least = squares[0];
        let tied = squares
            .iter()
            .filter(|a| **a - least <= BALANCED * **a)
            .count();
        let mut entropy = Entropy {
            tied,
            charges: squares[tied..].iter().map(|a| a - least).collect(),
            side: 1.0,
        };
        if factors.len() == 1 {
            return (entropy, factors[0]);
        }
        if entropy.passes_zero() {
            let t = (least.sqrt() / entropy.charges[0].sqrt()).asinh();
            return (entropy, sign * t);
        }
        entropy.side = if least > 0.0 { sign } else { 0.0 };
        let logs = squares[..tied].iter().map(|a| a.ln() / 2.0);
        let t = logs.sum::<f64>() / tied as f64;
        (entropy, if least > 0.0 { t } else { 0.0 })
    }

    /// D.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.tied + self.charges.len()
    }

    /// The D squares θ_k², rising, at t.
    #[must_use]
    pub fn squares(&self, t: f64) -> Vec<f64> {
        let u = self.least(t);
        let tied = std::iter::repeat_n(u * u, self.tied);
        tied.chain(self.charges.iter().map(|c| u * u + c)).collect()
    }

    /// The same leaf with all charges multiplied by a positive factor.
    #[must_use]
    pub fn scaled(&self, factor: f64) -> Entropy {
        Entropy {
            charges: self.charges.iter().map(|c| c * factor).collect(),
            ..self.clone()
        }
    }

    /// Whether there is a charge that is not zero.
    #[must_use]
    pub fn is_charged(&self) -> bool {
        !self.charges.is_empty()
    }

    fn passes_zero(&self) -> bool {
        self.tied == 1
    }

    /// Whether dz/dt is constant: D ≤ 2.
    fn is_even(&self) -> bool {
        self.depth() <= 2
    }

    /// u: the smallest factor, with the sign of w where the leaf passes w = 0.
    fn least(&self, t: f64) -> f64 {
        match (self.depth(), self.passes_zero()) {
            (1, _) => t,
            (_, true) => self.charges[0].sqrt() * t.sinh(),
            _ if self.side == 0.0 => 0.0,
            _ => t.exp(),
        }
    }

    /// w.
    #[must_use]
    pub fn weight(&self, t: f64) -> f64 {
        let u = self.least(t);
        let rest: f64 = self.charges.iter().map(|c| (u * u + c).sqrt()).product();
        self.side * u.powi(self.tied as i32) * rest
    }

    /// K = Σ_j Π_{i≠j} θ_i².
    #[must_use]
    pub fn metric(&self, t: f64) -> f64 {
        let a = self.squares(t);
        let without = |j: usize| -> f64 {
            let others = a.iter().enumerate().filter(|(i, _)| *i != j);
            others.map(|(_, x)| x).product()
        };
        (0..a.len()).map(without).sum()
    }

    /// dt/dz, of the sign of w where that stays; dw = K dz.
    #[must_use]
    pub fn speed(&self, t: f64) -> f64 {
        if self.side == 0.0 {
            0.0
        } else {
            self.side / self.positive_density(t)
        }
    }

    /// |dz/dt|.
    fn positive_density(&self, t: f64) -> f64 {
        if self.is_even() {
            return 1.0;
        }
        let u = self.least(t);
        let inverse = |c: &[f64]| 1.0 / c.iter().map(|c| (u * u + c).sqrt()).product::<f64>();
        if self.passes_zero() {
            inverse(&self.charges[1..])
        } else {
            u.powi(2 - self.tied as i32) * inverse(&self.charges)
        }
    }

    /// z = q′(w): 0 at w = 0 where the leaf passes it, 0 at infinity otherwise for D ≥ 3, and
    /// ±½ ln|w| for two balanced factors.
    #[must_use]
    pub fn dual(&self, t: f64) -> f64 {
        if self.is_even() || self.side == 0.0 {
            return self.side * t;
        }
        if self.passes_zero() {
            return self.integral(0.0, t, |_| 1.0);
        }
        let (depth, u) = (self.depth() as f64, self.least(t));
        if !self.is_charged() {
            return self.side * u.powf(2.0 - depth) / (2.0 - depth);
        }
        let (mut sum, mut from) = (0.0, t);
        loop {
            let panel = self.integral(from, from + PANEL, |_| 1.0);
            sum += panel;
            from += PANEL;
            if panel <= f64::EPSILON / 4.0 * sum || from > LARGEST {
                return -self.side * sum;
            }
        }
    }

    /// q(w) = w z − u²/2.
    #[must_use]
    pub fn potential(&self, t: f64) -> f64 {
        let u = self.least(t);
        self.weight(t) * self.dual(t) - u * u / 2.0
    }

    /// q*(z) = u²/2.
    #[must_use]
    pub fn conjugate(&self, t: f64) -> f64 {
        let u = self.least(t);
        u * u / 2.0
    }

    /// The Bregman divergence q(w) − q(w₀) − q′(w₀)(w − w₀) = ∫ (w − w′) dz from t₀ to t, which
    /// loses no digits where the points are near.
    #[must_use]
    pub fn divergence(&self, t: f64, from: f64) -> f64 {
        let end = self.weight(t);
        if self.depth() == 1 {
            return (t - from) * (t - from) / 2.0;
        }
        self.side * self.integral(from, t, |x| end - self.weight(x))
    }

    /// The point of the leaf with this w; `None` on the other side of 0.
    #[must_use]
    pub fn coordinate(&self, w: f64) -> Option<f64> {
        if self.depth() == 1 {
            return Some(w);
        }
        if self.side == 0.0 || (self.passes_zero() && w == 0.0) {
            return (w == 0.0).then_some(0.0);
        }
        if !self.passes_zero() && w.signum() * f64::from(u8::from(w != 0.0)) != self.side {
            return None;
        }
        if let (1, [c]) = (self.tied, self.charges.as_slice()) {
            return Some((2.0 * w / c).asinh() / 2.0);
        }
        // ln|w| = m τ + ½ Σ ln(e^{2τ} + c_k), τ = ln u, is convex: Newton falls from the right.
        let (target, m) = (w.abs().ln(), self.tied as f64);
        let outer = self.charges.iter().map(|c| c.ln() / 2.0).sum::<f64>();
        let mut tau = (target / self.depth() as f64).min((target - outer) / m);
        for _ in 0..100 {
            let square = (2.0 * tau).exp();
            let (mut value, mut slope) = (m * tau - target, m);
            for c in &self.charges {
                value += (square + c).ln() / 2.0;
                slope += square / (square + c);
            }
            let next = tau - value / slope;
            let done = (next - tau).abs() <= 4.0 * f64::EPSILON * tau.abs().max(1.0);
            tau = next;
            if done {
                break;
            }
        }
        if !self.passes_zero() {
            return Some(tau);
        }
        Some(w.signum() * (tau - self.charges[0].ln() / 2.0).exp().asinh())
    }

    /// The point whose z is greater by `dz` than at t; `None` where no weight has it: for D ≥ 3
    /// z is bounded.
    #[must_use]
    pub fn moved(&self, t: f64, dz: f64) -> Option<f64> {
        if self.side == 0.0 || dz == 0.0 {
            return Some(t);
        }
        let finite = |t: f64| {
            // Towards a zero that the leaf does not pass there is no end.
            let t = if self.passes_zero() {
                t
            } else {
                t.max(-LARGEST)
            };
            (t.abs() <= LARGEST).then_some(t)
        };
        let dt = self.side * dz;
        if self.depth() == 1 {
            return Some(t + dt);
        }
        if self.is_even() {
            return finite(t + dt);
        }
        let direction = dt.signum();
        let (mut from, mut rest) = (t, dt.abs());
        let near = rest / self.positive_density(t);
        if near <= SHORT / 2.0
            && let Some(found) = self.within(t, t + direction * SHORT, rest)
        {
            return finite(found);
        }
        loop {
            let to = from + direction * PANEL;
            let panel = self.positive_integral(from, to);
            if panel >= rest {
                return self.within(from, to, rest).and_then(finite);
            }
            rest -= panel;
            from = to;
            // Outwards the density falls: so many panels would not do.
            let outwards = !self.passes_zero() && direction > 0.0
                || self.passes_zero() && from * direction > 0.0;
            if outwards && panel * LARGEST < rest {
                return None;
            }
            if from.abs() > LARGEST {
                return finite(from);
            }
        }
    }

    /// The weight at which q′ is z; `None` where there is none.
    #[must_use]
    pub fn inverse(&self, z: f64) -> Option<f64> {
        self.moved(0.0, z - self.dual(0.0)).map(|t| self.weight(t))
    }

    /// t between two ends of a panel with ∫ |dz| = rest from the first, by Newton and bisection;
    /// `None` if it lies beyond the second.
    fn within(&self, from: f64, to: f64, rest: f64) -> Option<f64> {
        let (direction, end) = ((to - from).signum(), (to - from).abs());
        let (mut inner, mut outer) = (0.0, end);
        // By a series: x φ + x² φ′/2 = rest.
        let x = rest / self.positive_density(from);
        let mut x = (x - direction * self.bend(from) * x * x / 2.0).clamp(0.0, end);
        for _ in 0..60 {
            let at = from + direction * x;
            let error = self.positive_integral(from, at) - rest;
            if error > 0.0 {
                outer = x;
            } else {
                inner = x;
            }
            let change = error / self.positive_density(at);
            let mut next = x - change;
            if !(inner..=outer).contains(&next) {
                if x == end && error < 0.0 && next > end * (1.0 + 1e-9) {
                    return None;
                }
                next = f64::midpoint(inner, outer);
            }
            // Newton's next error is about the square of this change.
            let done = change.abs() <= 1e-9 * x || (next - x).abs() <= 2.0 * f64::EPSILON * x;
            x = next;
            if done {
                break;
            }
        }
        Some(from + direction * x)
    }

    /// φ′/φ of φ = |dz/dt|.
    fn bend(&self, t: f64) -> f64 {
        let u = self.least(t);
        let share = |c: &[f64]| c.iter().map(|c| u / (u * u + c)).sum::<f64>();
        if self.passes_zero() {
            let slope = (u * u + self.charges[0]).sqrt();
            -slope * share(&self.charges[1..])
        } else {
            2.0 - self.tied as f64 - u * share(&self.charges)
        }
    }

    fn positive_integral(&self, from: f64, to: f64) -> f64 {
        self.integral(from, to, |_| 1.0).abs()
    }

    /// ∫ f |dz/dt| dt from one coordinate to another.
    fn integral(&self, from: f64, to: f64, f: impl Fn(f64) -> f64) -> f64 {
        let rule: &[(f64, f64)] = if (to - from).abs() <= SHORT {
            &GAUSS_6
        } else {
            &GAUSS_16
        };
        let count = ((to - from).abs() / PANEL).ceil().max(1.0);
        let half = (to - from) / count / 2.0;
        let mut sum = 0.0;
        for panel in 0..count as usize {
            let middle = from + (2 * panel + 1) as f64 * half;
            for (node, weight) in rule {
                for t in [middle - node * half, middle + node * half] {
                    sum += weight * half * f(t) * self.positive_density(t);
                }
            }
        }
        sum
    }
}

/// Nodes and weights of the Gauss–Legendre rule with 16 points on [−1, 1], the positive half.
#[allow(clippy::excessive_precision)]
pub(crate) const GAUSS_16: [(f64, f64); 8] = [
    (0.0950125098376374402, 0.1894506104550684963),
    (0.2816035507792589132, 0.1826034150449235889),
    (0.4580167776572273863, 0.1691565193950025382),
    (0.6178762444026437484, 0.1495959888165767321),
    (0.7554044083550030339, 0.1246289712555338720),
    (0.8656312023878317438, 0.0951585116824927848),
    (0.9445750230732325761, 0.0622535239386478929),
    (0.9894009349916499326, 0.0271524594117540949),
];

/// The same with 6 points.
#[allow(clippy::excessive_precision)]
const GAUSS_6: [(f64, f64); 3] = [
    (0.2386191860831969086, 0.4679139345726910473),
    (0.6612093864662645137, 0.3607615730481386076),
    (0.9324695142031520278, 0.1713244923791703450),
];
