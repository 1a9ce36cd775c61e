//! Newton's method on the group: components whose generators do not commute.
//!
//! At the current vectors the first derivative of ½ Σ_k ‖e^{Σ x_a A_a} v_k‖² at x = 0 is 2μ_a and
//! the second is 2Γ_ab = 2 Σ_k ⟨A_a v_k, A_b v_k⟩ (theory §3.2), so that the step is x = −Γ⁻¹μ;
//! the vectors move by e^X and the next step starts there. Along each e^{tX} the function is
//! convex, which is what the line search uses.

use super::element::Element;
use super::local::Local;
use super::solve::{Rows, solve};
use super::{ITERATIONS, TARGET};
use std::sync::Arc;
use symbias_model::error::Result;

/// Largest norm of one step's X: beyond it the quadratic model of an exponential says nothing.
const CAP: f64 = 4.0;
/// As in a torus: how much a step may overshoot, by its slope.
const OVERSHOOT: f64 = 0.5;
/// Accuracy of a step relative to the charges that are left: Newton's method squares them.
const INEXACT: f64 = 0.1;
/// Relative charges from which on rounding may end the progress.
const NEAR: f64 = 1e-6;
/// Steps without progress there, before it counts as ended.
const IDLE: usize = 3;

/// Entries of the fields by row: (field, column, value) of coordinate i at
/// `start[i]..start[i + 1]`, fields rising.
struct ByRow {
    start: Vec<usize>,
    entry: Vec<(u32, u32, f64)>,
}

impl ByRow {
    fn new(local: &Local) -> ByRow {
        let mut start = vec![0; local.coords.len() + 1];
        for a in 0..local.fields.len() {
            local.entries(a).for_each(|(i, ..)| start[i + 1] += 1);
        }
        for i in 0..local.coords.len() {
            start[i + 1] += start[i];
        }
        let mut next = start.clone();
        let mut entry = vec![(0, 0, 0.0); local.len()];
        for a in 0..local.fields.len() {
            for (i, j, x) in local.entries(a) {
                entry[next[i]] = (a as u32, j as u32, x);
                next[i] += 1;
            }
        }
        ByRow { start, entry }
    }

    /// (A_a v_k)_i, one sparse row over a for each i and k.
    fn values(&self, vectors: &[Vec<f64>]) -> Rows {
        let mut rows = Rows {
            start: vec![0],
            unknown: Vec::new(),
            value: Vec::new(),
        };
        for v in vectors {
            for i in 1..self.start.len() {
                let from = rows.start[rows.start.len() - 1];
                for (a, j, x) in &self.entry[self.start[i - 1]..self.start[i]] {
                    let y = x * v[*j as usize];
                    if rows.unknown.len() > from && rows.unknown.last() == Some(a) {
                        if let Some(last) = rows.value.last_mut() {
                            *last += y;
                        }
                    } else {
                        rows.unknown.push(*a);
                        rows.value.push(y);
                    }
                }
                rows.start.push(rows.unknown.len());
            }
        }
        rows
    }
}

/// Minimises over the component, moving the vectors; the steps are appended to the element.
/// Returns the number of iterations.
pub(super) fn minimise(
    local: &Arc<Local>,
    vectors: &mut Vec<Vec<f64>>,
    element: &mut Element,
) -> Result<usize> {
    let by_row = ByRow::new(local);
    let (mut residual, mut idle) = (local.residual(vectors), 0);
    for iteration in 0..ITERATIONS {
        if residual <= TARGET || idle >= IDLE {
            return Ok(iteration);
        }
        let minus: Vec<f64> = (0..local.fields.len())
            .map(|a| -local.charge(a, vectors).0 / 2.0)
            .collect();
        let rows = by_row.values(vectors);
        let weight = vec![1.0; rows.count()];
        let step = solve(&rows, &weight, &minus, INEXACT * residual)?;
        let Some((x, moved)) = search(local, vectors, &step) else {
            return Ok(iteration);
        };
        let found = local.residual(&moved);
        idle = if found > residual / 2.0 && found < NEAR {
            idle + 1
        } else {
            0
        };
        if found < residual || found > NEAR {
            (*vectors, residual) = (moved, found);
            element.exponential(local, x);
        }
    }
    Ok(ITERATIONS)
}

/// The part of a step that does not overshoot, and the vectors it leads to; `None` where no part
/// is short enough.
fn search(local: &Local, vectors: &[Vec<f64>], step: &[f64]) -> Option<(Vec<f64>, Vec<Vec<f64>>)> {
    let direction = local.combination(step);
    let slope = |vectors: &[Vec<f64>]| -> f64 {
        let mut image = vec![0.0; local.coords.len()];
        let mut sum = 0.0;
        for v in vectors {
            direction.apply(v, &mut image);
            sum += v.iter().zip(&image).map(|(a, b)| a * b).sum::<f64>();
        }
        sum
    };
    let norm = direction.norm();
    let mut length = if norm > CAP { CAP / norm } else { 1.0 };
    let first = slope(vectors);
    while length > f64::EPSILON && norm.is_finite() {
        let x: Vec<f64> = step.iter().map(|s| s * length).collect();
        let part = local.combination(&x);
        let mut moved = vectors.to_vec();
        moved.iter_mut().for_each(|v| part.exponential(1.0, v));
        // Of a convex function the slope grows along the step.
        if slope(&moved) <= -OVERSHOOT * first {
            return Some((x, moved));
        }
        length /= 2.0;
    }
    None
}
