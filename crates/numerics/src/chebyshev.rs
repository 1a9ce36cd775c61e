//! Chebyshev series on -1..1: Σ c_j T_j(t). What a smooth function is on a panel, to all digits.
//!
//! Interpolation at the roots of T_N and its transform: Trefethen, Approximation Theory and Approximation Practice, ch. 3 and 4.

use std::f64::consts::PI;
use std::sync::OnceLock;

/// Points of a panel, the roots of T_N.
pub const NODES: usize = 16;

struct Rule {
    nodes: [f64; NODES],
    /// c_j = Σ_k transform[j][k] f_k.
    transform: [[f64; NODES]; NODES],
}

fn rule() -> &'static Rule {
    static RULE: OnceLock<Rule> = OnceLock::new();
    RULE.get_or_init(|| {
        let n = NODES as f64;
        let angle = |k: usize| PI * (k as f64 + 0.5) / n;
        let share = |j: usize| if j == 0 { 1.0 / n } else { 2.0 / n };
        Rule {
            nodes: std::array::from_fn(|k| angle(k).cos()),
            transform: std::array::from_fn(|j| {
                std::array::from_fn(|k| share(j) * (j as f64 * angle(k)).cos())
            }),
        }
    })
}

/// cos(π(k + ½)/N), falling; 0 is none of them.
#[must_use]
pub fn nodes() -> &'static [f64; NODES] {
    &rule().nodes
}

/// The series through values at the nodes.
#[must_use]
pub fn series(values: &[f64; NODES]) -> [f64; NODES] {
    let row = |row: &[f64; NODES]| row.iter().zip(values).map(|(a, b)| a * b).sum();
    std::array::from_fn(|j| row(&rule().transform[j]))
}

/// Σ c_j T_j(t), by Clenshaw's recurrence.
#[inline]
#[must_use]
pub fn evaluate(c: &[f64], t: f64) -> f64 {
    let Some((first, rest)) = c.split_first() else {
        return 0.0;
    };
    let (mut next, mut after) = (0.0, 0.0);
    for x in rest.iter().rev() {
        (next, after) = (2.0 * t * next + (x - after), next);
    }
    t * next + (first - after)
}

/// The series of the derivative with respect to t: c′_{j−1} = c′_{j+1} + 2 j c_j, c′_0 halved.
#[must_use]
pub fn derivative(c: &[f64]) -> Vec<f64> {
    let mut slope = vec![0.0; c.len().max(1)];
    for j in (1..c.len()).rev() {
        let above = slope.get(j + 1).copied().unwrap_or(0.0);
        slope[j - 1] = above + 2.0 * j as f64 * c[j];
    }
    slope[0] *= 0.5;
    slope
}

/// ∫ over -1..1: ∫T_j = 2/(1 − j²) for even j, 0 for odd (Clenshaw and Curtis).
#[must_use]
pub fn integral(c: &[f64]) -> f64 {
    let even = c.iter().enumerate().step_by(2);
    even.map(|(j, c)| 2.0 * c / (1.0 - (j * j) as f64)).sum()
}
