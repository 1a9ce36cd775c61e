//! Chebyshev series on -1..1: Σ c_j T_j(t). What a smooth function is on a panel, to all digits.
//!
//! Interpolation at the roots of T_N and its transform: Trefethen, Approximation Theory and Approximation Practice, ch. 3 and 4.

use std::f64::consts::PI;

/// Interpolation at N points, the roots of T_N.
#[derive(Clone, Debug)]
pub struct Rule<const N: usize> {
    nodes: [f64; N],
    /// c_j = Σ_k transform[j][k] f_k.
    transform: [[f64; N]; N],
}

impl<const N: usize> Default for Rule<N> {
    fn default() -> Rule<N> {
        let n = N as f64;
        let angle = |k: usize| PI * (k as f64 + 0.5) / n;
        let share = |j: usize| if j == 0 { 1.0 / n } else { 2.0 / n };
        Rule {
            nodes: std::array::from_fn(|k| angle(k).cos()),
            transform: std::array::from_fn(|j| {
                std::array::from_fn(|k| share(j) * (j as f64 * angle(k)).cos())
            }),
        }
    }
}

impl<const N: usize> Rule<N> {
    /// cos(π(k + ½)/N), falling.
    #[must_use]
    pub fn nodes(&self) -> &[f64; N] {
        &self.nodes
    }

    /// The series through values at the nodes.
    #[must_use]
    pub fn series(&self, values: &[f64; N]) -> [f64; N] {
        let row = |row: &[f64; N]| row.iter().zip(values).map(|(a, b)| a * b).sum();
        std::array::from_fn(|j| row(&self.transform[j]))
    }
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
        (next, after) = (2.0 * t * next - after + x, next);
    }
    t * next - after + first
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
