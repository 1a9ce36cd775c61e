//! The selected solution: argmin{D_Q(w, w₀) : Xw = y}, the limit of mirror flow, without any flow
//! (\[L22\], theory §4.1). Inconsistent data have the least-squares fit in its place.
//!
//! With z = z₀ + Xᵀλ the conditions are Xw(z) = y: the stationary point of the convex function
//! Q*(z₀ + Xᵀλ) − ⟨λ, y⟩, whose Hessian is XKXᵀ. Newton steps, damped where they would move a
//! coordinate of the leaf by more than about one, as for functions whose third derivative is bounded by
//! the second.

use super::Stop;
use super::mirror::Mirror;
use super::regression::{Regression, norm};
use symbias_geometry::rank::numerical;
use symbias_model::error::Result;
use symbias_numerics::dense::{Matrix, column_pivoted_qr};

/// Where mirror flow ends, or the sparsest fit: weights, and how good they are.
#[derive(Clone, Debug, PartialEq)]
pub struct Selected {
    /// w, n numbers.
    pub weights: Vec<f64>,
    /// λ with ∇Q(w) = ∇Q(w₀) + Xᵀλ, one number per row of X.
    pub multipliers: Vec<f64>,
    /// ‖P(Xw + b − y)‖ relative to ‖P(y − b)‖, P the projector on the range of X.
    pub residual: f64,
    /// Newton steps.
    pub iterations: usize,
    /// How it ended.
    pub stop: Stop,
}

/// Relative residual at which the equations count as solved.
const SOLVED: f64 = 1e-12;
/// Below it further steps only change roundings.
const EXACT: f64 = 1e-15;
/// Newton steps, at most.
const LARGEST: usize = 500;
/// Part of the slope that a step has to gain.
const ARMIJO: f64 = 1e-4;

impl Mirror {
    /// argmin{D_Q(w, w₀) : w fits}, by Newton's method on the multipliers.
    ///
    /// # Errors
    /// A readout of another number of weights; floating linear algebra.
    pub fn selected(&self, loss: &Regression) -> Result<Selected> {
        self.fits(loss)?;
        let mut at = self.start.clone();
        let mut multipliers = vec![0.0; loss.goal.len()];
        let mut excess = loss.excess(&self.weights_at(&at))?;
        let scale = loss.scale(&self.weights_at(&at))?;
        let (mut iterations, mut stop) = (0, Stop::Limit);
        while iterations < LARGEST {
            if norm(&excess) <= EXACT * scale {
                stop = Stop::Reached;
                break;
            }
            let step = newton(&loss.weighted(&self.metric_at(&at)), &excess)?;
            let Some((next, part)) = self.searched(loss, &at, &excess, &step)? else {
                stop = Stop::Stalled;
                break;
            };
            multipliers
                .iter_mut()
                .zip(&step)
                .for_each(|(l, s)| *l += part * s);
            let before = norm(&excess);
            excess = loss.excess(&self.weights_at(&next))?;
            at = next;
            iterations += 1;
            if before <= SOLVED * scale && norm(&excess) >= before / 2.0 {
                stop = Stop::Reached;
                break;
            }
        }
        let residual = norm(&excess) / scale;
        if residual <= SOLVED {
            stop = Stop::Reached;
        }
        Ok(Selected {
            weights: self.weights_at(&at),
            multipliers: loss.multipliers(&multipliers)?,
            residual,
            iterations,
            stop,
        })
    }

    /// The first part of a step, from the whole on, that lowers the convex function: its slope has
    /// not changed sign, or its value falls, or the equations are solved better.
    fn searched(
        &self,
        loss: &Regression,
        at: &[f64],
        excess: &[f64],
        step: &[f64],
    ) -> Result<Option<(Vec<f64>, f64)>> {
        let dz = loss.combined(step)?;
        let along = |excess: &[f64]| excess.iter().zip(step).map(|(e, s)| e * s).sum::<f64>();
        let slope = along(excess);
        let longest = self
            .entropies
            .iter()
            .zip(at.iter().zip(&dz))
            .filter(|(e, _)| e.depth() > 1)
            .map(|(e, (t, dz))| 2.0 * (e.speed(*t) * dz).abs())
            .fold(0.0, f64::max);
        let mut part = if longest <= 1.0 {
            1.0
        } else {
            longest.ln_1p() / longest
        };
        for _ in 0..80 {
            let moved: Vec<f64> = dz.iter().map(|x| part * x).collect();
            if let Some(next) = self.moved(at, &moved) {
                let w = self.weights_at(&next);
                let reached = loss.excess(&w)?;
                let value = || {
                    let gained = self.entropies.iter().zip(at.iter().zip(&next));
                    let gained: f64 = gained
                        .map(|(e, (t, n))| e.conjugate(*n) - e.conjugate(*t))
                        .sum();
                    gained - part * along(&loss.goal)
                };
                let finite = w.iter().all(|x| x.is_finite());
                if finite
                    && (along(&reached) <= 0.0
                        || norm(&reached) <= norm(excess) / 2.0
                        || value() <= ARMIJO * part * slope)
                {
                    return Ok(Some((next, part)));
                }
            }
            part /= 2.0;
        }
        Ok(None)
    }
}

/// −(BᵀB)⁻¹ g by a QR of B with pivots, which has the square root of its condition; directions that B does
/// not see stay 0.
pub(super) fn newton(b: &Matrix, g: &[f64]) -> Result<Vec<f64>> {
    let qr = column_pivoted_qr(b).map_err(numerical)?;
    let n = g.len();
    let seen = (0..n.min(qr.r.rows))
        .take_while(|k| qr.r.row(*k)[*k] != 0.0)
        .count();
    let mut x: Vec<f64> = qr.permutation.iter().map(|p| -g[*p]).collect();
    for i in 0..seen {
        let known: f64 = (0..i).map(|k| qr.r.row(k)[i] * x[k]).sum();
        x[i] = (x[i] - known) / qr.r.row(i)[i];
    }
    for i in (0..seen).rev() {
        let row = qr.r.row(i);
        let known: f64 = (i + 1..seen).map(|k| row[k] * x[k]).sum();
        x[i] = (x[i] - known) / row[i];
    }
    let mut step = vec![0.0; n];
    for (p, x) in qr.permutation.iter().zip(&x[..seen]) {
        step[*p] = *x;
    }
    Ok(step)
}
