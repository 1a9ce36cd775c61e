//! The fit of least ‖w‖₁, what mirror flow selects for c → 0 (\[W20\], theory §4.1), by a method that
//! knows no leaf: an interior point of the linear program min 1ᵀ(p + q), X(p − q) = y, p, q ≥ 0.
//!
//! Its dual is max ⟨y, λ⟩ with ‖Xᵀλ‖_∞ ≤ 1; at feasible points ‖w‖₁ − ⟨y, λ⟩ bounds what is left to gain.
//! Source: Mehrotra, *On the implementation of a primal-dual interior point method*, 1992.

use super::Stop;
use super::regression::{Regression, norm};
use super::selected::{Selected, newton};
use symbias_geometry::rank::numerical;
use symbias_model::error::Result;

/// Duality gap relative to ‖w‖₁ at which the program counts as solved.
const GAP: f64 = 1e-12;
/// Steps, at most.
const LARGEST: usize = 200;
/// How much of the way to the boundary a step goes.
const INSIDE: f64 = 0.9995;

/// p, q and the slacks of the dual, n numbers each: w = p − q, s = 1 ∓ Xᵀλ.
struct Point {
    weights: [Vec<f64>; 2],
    slacks: [Vec<f64>; 2],
}

/// Changes of a [`Point`] and of λ.
struct Direction {
    weights: [Vec<f64>; 2],
    slacks: [Vec<f64>; 2],
    multipliers: Vec<f64>,
}

/// The fit of least ‖w‖₁ (the least-squares fit where the data are inconsistent); `multipliers` are λ.
/// Where several fits have this norm, one in the midst of them.
///
/// # Errors
/// Floating linear algebra.
pub fn sparsest(loss: &Regression) -> Result<Selected> {
    let n = loss.rows.cols;
    // The fit of least Euclidean norm, and the middle of the dual.
    let plain = vec![1.0; n];
    let goal: Vec<f64> = loss.goal.iter().map(|g| -g).collect();
    let w = loss.combined(&newton(&loss.weighted(&plain), &goal)?)?;
    let size = w.iter().map(|w| w.abs()).sum::<f64>() / n.max(1) as f64 + f64::MIN_POSITIVE;
    let side = |sign: f64| w.iter().map(|w| (sign * w).max(0.0) + size).collect();
    let mut point = Point {
        weights: [side(1.0), side(-1.0)],
        slacks: [plain.clone(), plain],
    };
    let mut multipliers = vec![0.0; loss.goal.len()];
    let (mut iterations, mut stop) = (0, Stop::Limit);
    while iterations < LARGEST {
        let gap = point.gap();
        if gap <= GAP * point.norm() {
            stop = Stop::Reached;
            break;
        }
        let mean = gap / (2 * n) as f64;
        let affine = direction(loss, &point, |w, s, _, _| w * s)?.0;
        let reach = affine.longest(&point);
        let left = point.stepped(&affine, reach).gap();
        let centring = (left / gap).powi(3) * mean;
        let (step, exact) = direction(loss, &point, |w, s, k, i| {
            w * s + affine.weights[k][i] * affine.slacks[k][i] - centring
        })?;
        let lengths = step.longest(&point).map(|x| (INSIDE * x).min(1.0));
        if !exact || lengths.iter().any(|x| *x < 1e-10) {
            stop = Stop::Stalled;
            break;
        }
        point = point.stepped(&step, lengths);
        let dual = multipliers.iter_mut().zip(&step.multipliers);
        dual.for_each(|(l, d)| *l += lengths[1] * d);
        iterations += 1;
    }
    let weights = point.difference();
    let residual = norm(&loss.excess(&weights)?) / loss.scale(&weights)?;
    if point.gap() <= 1e-8 * point.norm() && stop != Stop::Reached {
        stop = Stop::Reached;
    }
    Ok(Selected {
        multipliers: loss.multipliers(&multipliers)?,
        weights,
        residual,
        iterations,
        stop,
    })
}

impl Point {
    fn difference(&self) -> Vec<f64> {
        let [p, q] = &self.weights;
        p.iter().zip(q).map(|(p, q)| p - q).collect()
    }

    /// Σ w s: the duality gap.
    fn gap(&self) -> f64 {
        let pairs = self.weights.iter().zip(&self.slacks);
        let one =
            |(w, s): (&Vec<f64>, &Vec<f64>)| -> f64 { w.iter().zip(s).map(|(w, s)| w * s).sum() };
        pairs.map(one).sum()
    }

    /// Σ p + q.
    fn norm(&self) -> f64 {
        self.weights.iter().flatten().sum()
    }

    fn stepped(&self, d: &Direction, [primal, dual]: [f64; 2]) -> Point {
        let add = |x: &[Vec<f64>; 2], d: &[Vec<f64>; 2], c: f64| {
            [0, 1].map(|k| x[k].iter().zip(&d[k]).map(|(x, d)| x + c * d).collect())
        };
        Point {
            weights: add(&self.weights, &d.weights, primal),
            slacks: add(&self.slacks, &d.slacks, dual),
        }
    }
}

impl Direction {
    /// How far weights and slacks can go and stay positive, at most 1.
    fn longest(&self, point: &Point) -> [f64; 2] {
        let one = |x: &[Vec<f64>; 2], d: &[Vec<f64>; 2]| {
            let pairs = x.iter().flatten().zip(d.iter().flatten());
            let reach = pairs.filter(|(_, d)| **d < 0.0).map(|(x, d)| -x / d);
            reach.fold(1.0 / INSIDE, f64::min)
        };
        [
            one(&point.weights, &self.weights),
            one(&point.slacks, &self.slacks),
        ]
    }
}

/// The Newton direction of w s = (target), where `off(w, s, side, entry)` is what w s exceeds it by;
/// and whether all its numbers are finite.
fn direction(
    loss: &Regression,
    point: &Point,
    off: impl Fn(f64, f64, usize, usize) -> f64,
) -> Result<(Direction, bool)> {
    let n = loss.rows.cols;
    let ([p, q], [sp, sq]) = (&point.weights, &point.slacks);
    let rest = [0, 1].map(|k| {
        let one = |i: usize| off(point.weights[k][i], point.slacks[k][i], k, i);
        (0..n).map(one).collect::<Vec<f64>>()
    });
    let diagonal: Vec<f64> = (0..n).map(|i| p[i] / sp[i] + q[i] / sq[i]).collect();
    // X(dp − dq) = −excess with dp = (p v − r_p)/s_p, dq = −(q v + r_q)/s_q, v = Xᵀdλ.
    let own: Vec<f64> = (0..n)
        .map(|i| rest[0][i] / sp[i] - rest[1][i] / sq[i])
        .collect();
    let mut right = loss.rows.apply(&own).map_err(numerical)?;
    let excess = loss.excess(&point.difference())?;
    right
        .iter_mut()
        .zip(&excess)
        .for_each(|(r, e)| *r = -(*r - e));
    let multipliers = newton(&loss.weighted(&diagonal), &right)?;
    let v = loss.combined(&multipliers)?;
    let dp: Vec<f64> = (0..n).map(|i| (p[i] * v[i] - rest[0][i]) / sp[i]).collect();
    let dq: Vec<f64> = (0..n)
        .map(|i| -(q[i] * v[i] + rest[1][i]) / sq[i])
        .collect();
    let down = v.iter().map(|v| -v).collect();
    let finite = dp.iter().chain(&dq).chain(&v).all(|x| x.is_finite());
    let found = Direction {
        weights: [dp, dq],
        slacks: [down, v],
        multipliers,
    };
    Ok((found, finite))
}
