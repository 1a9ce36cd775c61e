//! Γx = b for a Gram matrix Γ = Σ_rows w r rᵀ of sparse rows: dense Cholesky for few unknowns,
//! conjugate gradients without forming Γ for many.

use crate::rank::numerical;
use symbias_model::error::Result;
use symbias_numerics::dense::{Matrix, solve_positive};

/// Unknowns up to which Γ is factorised: n³/3 operations, some 0.1 s at this size.
pub(super) const DENSE: usize = 600;
/// Added to the unit diagonal of the scaled Γ where it is singular (a stabiliser moves nothing):
/// above the rounding of a sum of products, below what slows Newton's method.
const RIDGE: f64 = 1e-13;
/// Residuals between which conjugate gradients stop, relative: what they leave is smaller than what
/// the quadratic model of the step leaves.
const REDUCED: (f64, f64) = (1e-10, 1e-3);
/// Iterations of conjugate gradients, at most.
const ITERATIONS: usize = 2000;

/// Sparse rows r over the unknowns: of row k, `start[k]..start[k + 1]`.
#[derive(Clone, Debug)]
pub(super) struct Rows {
    pub start: Vec<usize>,
    pub unknown: Vec<u32>,
    pub value: Vec<f64>,
}

impl Rows {
    pub fn count(&self) -> usize {
        self.start.len() - 1
    }

    pub fn row(&self, k: usize) -> impl Iterator<Item = (usize, f64)> + '_ {
        let range = self.start[k]..self.start[k + 1];
        self.unknown[range.clone()]
            .iter()
            .zip(&self.value[range])
            .map(|(u, x)| (*u as usize, *x))
    }

    /// ⟨r_k, x⟩.
    pub fn dot(&self, k: usize, x: &[f64]) -> f64 {
        self.row(k).map(|(a, e)| e * x[a]).sum()
    }

    /// The rows as columns: for each of n unknowns the rows that have it.
    pub fn transposed(&self, n: usize) -> Rows {
        let mut start = vec![0; n + 1];
        self.unknown
            .iter()
            .for_each(|a| start[*a as usize + 1] += 1);
        for a in 0..n {
            start[a + 1] += start[a];
        }
        let mut next = start.clone();
        let (mut unknown, mut value) = (vec![0; self.value.len()], vec![0.0; self.value.len()]);
        for k in 0..self.count() {
            for (a, x) in self.row(k) {
                (unknown[next[a]], value[next[a]]) = (k as u32, x);
                next[a] += 1;
            }
        }
        Rows {
            start,
            unknown,
            value,
        }
    }
}

/// x with Σ w r⟨r, x⟩ = b; unknowns that no row with a weight has stay zero. Where it is iterated for,
/// to the `accuracy` asked for.
pub(super) fn solve(rows: &Rows, weight: &[f64], b: &[f64], accuracy: f64) -> Result<Vec<f64>> {
    let mut diagonal = vec![0.0; b.len()];
    for (k, w) in weight.iter().enumerate() {
        rows.row(k).for_each(|(a, x)| diagonal[a] += w * x * x);
    }
    // Γ scaled to a unit diagonal, which is near the best scaling of its condition.
    let scale: Vec<f64> = diagonal
        .iter()
        .map(|d| if *d > 0.0 { d.sqrt().recip() } else { 0.0 })
        .collect();
    let b: Vec<f64> = b.iter().zip(&scale).map(|(b, s)| b * s).collect();
    let mut x = if b.len() <= DENSE {
        dense(rows, weight, &scale, &b)?
    } else {
        conjugate_gradients(rows, weight, &scale, &b, accuracy)
    };
    x.iter_mut().zip(&scale).for_each(|(x, s)| *x *= s);
    Ok(x)
}

fn dense(rows: &Rows, weight: &[f64], scale: &[f64], b: &[f64]) -> Result<Vec<f64>> {
    let n = b.len();
    let mut gram = Matrix::zeros(n, n);
    for (k, w) in weight.iter().enumerate() {
        for (a, x) in rows.row(k) {
            let (row, x) = (gram.row_mut(a), w * x * scale[a]);
            rows.row(k).for_each(|(c, y)| row[c] += x * y * scale[c]);
        }
    }
    let mut ridge = RIDGE;
    loop {
        for a in 0..n {
            let unit = if scale[a] > 0.0 { gram[(a, a)] } else { 1.0 };
            gram[(a, a)] = unit.max(1.0) + ridge;
        }
        if let Some(x) = solve_positive(&gram, b).map_err(numerical)? {
            return Ok(x);
        }
        ridge *= 100.0;
    }
}

fn conjugate_gradients(
    rows: &Rows,
    weight: &[f64],
    scale: &[f64],
    b: &[f64],
    accuracy: f64,
) -> Vec<f64> {
    let dot = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(a, b)| a * b).sum::<f64>();
    let (mut x, mut r, mut p) = (vec![0.0; b.len()], b.to_vec(), b.to_vec());
    let (mut size, mut q) = (dot(&r, &r), vec![0.0; b.len()]);
    let accuracy = accuracy.clamp(REDUCED.0, REDUCED.1);
    let target = size * accuracy * accuracy;
    for _ in 0..ITERATIONS {
        if size <= target {
            break;
        }
        q.fill(0.0);
        for (k, w) in weight.iter().enumerate() {
            let along: f64 = rows.row(k).map(|(a, e)| e * scale[a] * p[a]).sum();
            let along = w * along;
            rows.row(k).for_each(|(a, e)| q[a] += e * scale[a] * along);
        }
        let curvature = dot(&p, &q);
        if curvature <= 0.0 {
            break;
        }
        let step = size / curvature;
        x.iter_mut().zip(&p).for_each(|(x, p)| *x += step * p);
        r.iter_mut().zip(&q).for_each(|(r, q)| *r -= step * q);
        let next = dot(&r, &r);
        let beta = next / size;
        size = next;
        p.iter_mut().zip(&r).for_each(|(p, r)| *p = r + beta * *p);
    }
    x
}
