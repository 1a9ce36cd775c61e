//! A local minimum of ½‖θ‖² on a fibre: steps along it by a trust region on the quadratic model of the Lagrangian (conjugate
//! gradients of Steihaug), back onto it by Gauss–Newton steps. Every point that is kept is on the fibre to rounding, so that its
//! norm is an upper bound of the least one.

use super::system::{System, dot, norm};
use symbias_model::error::Result;

/// A point of the fibre where steps along it gain nothing.
#[derive(Clone, Debug)]
pub(super) struct Local {
    pub theta: Vec<f64>,
    /// λ with Jᵀλ = θ, the shortest.
    pub multipliers: Vec<f64>,
}

impl Local {
    pub fn value(&self) -> f64 {
        dot(&self.theta, &self.theta) / 2.0
    }
}

/// Steps along the fibre, at most.
const STEPS: usize = 300;
/// Steps back onto it, at most.
const RETURNS: usize = 40;
/// Rounding of F relative to its terms, on the fibre.
const ON: f64 = 1e-12;
/// The slope of ½‖θ‖² along the fibre that counts as none, relative to ‖θ‖.
const FLAT: f64 = 1e-10;

/// Descends from the point of the fibre that Gauss–Newton steps reach from `start`; `None` where they reach none.
pub(super) fn descend(system: &System<'_>, start: &[f64]) -> Result<Option<Local>> {
    let Some(mut theta) = returned(system, start)? else {
        return Ok(None);
    };
    let mut radius = 0.3 * norm(&theta).max(f64::MIN_POSITIVE);
    let mut found = None;
    for _ in 0..STEPS {
        let across = system.across(&theta)?;
        let multipliers = across.multipliers(&theta);
        let slope = across.tangent(&theta);
        let length = norm(&theta);
        found = Some(Local {
            theta: theta.clone(),
            multipliers: multipliers.clone(),
        });
        if norm(&slope) <= FLAT * length || across.freedom() == 0 || !system.may_go_on() {
            break;
        }
        let bent = system.bent(&theta, &multipliers);
        let product = (system.unknowns * (system.unknowns + 2 * system.target.len())) as f64;
        let curved = |v: &[f64]| -> Result<Vec<f64>> {
            system.spend(product);
            let pulled = bent.times(v)?;
            let full: Vec<f64> = v.iter().zip(&pulled).map(|(v, b)| v - b).collect();
            Ok(across.tangent(&full))
        };
        let mut moved = false;
        while radius > 1e-13 * length && system.may_go_on() {
            let step = truncated(&slope, &curved, radius)?;
            let gain = -(dot(&slope, &step) + dot(&step, &curved(&step)?) / 2.0);
            let tried: Vec<f64> = theta.iter().zip(&step).map(|(t, s)| t + s).collect();
            let back = returned(system, &tried)?;
            let gained = back.as_ref().map_or(f64::NEG_INFINITY, |b| {
                (dot(&theta, &theta) - dot(b, b)) / 2.0
            });
            if gained > 0.1 * gain && gained > 0.0 {
                if gained > 0.7 * gain {
                    radius *= 2.5;
                }
                theta = back.unwrap_or(tried);
                moved = true;
                break;
            }
            // The gain is below the rounding of ½‖θ‖². In flat valleys a long step's is rounding of either sign: a shorter one tells.
            if gain.abs() < 1e-15 * length * length {
                break;
            }
            radius *= 0.25;
        }
        if !moved {
            break;
        }
    }
    Ok(found)
}

/// The minimum of ⟨g, t⟩ + ½⟨t, Ht⟩ over ‖t‖ ≤ radius, about: conjugate gradients until they leave the ball or meet
/// negative curvature.
fn truncated(g: &[f64], h: &dyn Fn(&[f64]) -> Result<Vec<f64>>, radius: f64) -> Result<Vec<f64>> {
    let mut t = vec![0.0; g.len()];
    let mut r: Vec<f64> = g.iter().map(|g| -g).collect();
    let mut p = r.clone();
    let mut square = dot(&r, &r);
    let end = 1e-12 * square.min(square * square);
    let size = square.sqrt();
    for _ in 0..2 * g.len() + 10 {
        if square <= end || square.sqrt() <= 1e-11 * size {
            break;
        }
        let hp = h(&p)?;
        let curvature = dot(&p, &hp);
        let length = square / curvature;
        let next: Vec<f64> = t.iter().zip(&p).map(|(t, p)| t + length * p).collect();
        if curvature <= 1e-14 * dot(&p, &p) || norm(&next) >= radius {
            // To the boundary along p.
            let (pp, tp, tt) = (dot(&p, &p), dot(&t, &p), dot(&t, &t));
            let root = (tp * tp + pp * (radius * radius - tt).max(0.0)).sqrt();
            let length = (root - tp) / pp;
            return Ok(t.iter().zip(&p).map(|(t, p)| t + length * p).collect());
        }
        t = next;
        r.iter_mut().zip(&hp).for_each(|(r, h)| *r -= length * h);
        let new = dot(&r, &r);
        p.iter_mut()
            .zip(&r)
            .for_each(|(p, r)| *p = r + new / square * *p);
        square = new;
    }
    Ok(t)
}

/// The nearest point of the fibre, about, by Gauss–Newton steps; `None` where they end off it.
fn returned(system: &System<'_>, start: &[f64]) -> Result<Option<Vec<f64>>> {
    let mut theta = start.to_vec();
    let mut residual = system.residual(&theta)?;
    for _ in 0..RETURNS {
        let size = norm(&residual);
        if !size.is_finite() {
            return Ok(None);
        }
        if size == 0.0 {
            return Ok(Some(theta));
        }
        if !system.may_go_on() {
            return Ok(None);
        }
        let across = system.across(&theta)?;
        let scale = system.scale(&theta, &across);
        let step = across.step(&residual);
        let (mut length, mut better) = (1.0_f64, None);
        while length > 1e-4 {
            let tried: Vec<f64> = theta
                .iter()
                .zip(&step)
                .map(|(t, s)| t - length * s)
                .collect();
            let there = system.residual(&tried)?;
            if norm(&there) < size {
                better = Some((tried, there));
                break;
            }
            length *= 0.5;
        }
        // Rounding is reached where no step makes it smaller.
        match better {
            Some((tried, there)) => {
                let slow = norm(&there) > 0.5 * size;
                (theta, residual) = (tried, there);
                if slow && norm(&residual) <= ON * scale {
                    return Ok(Some(theta));
                }
            }
            None => return Ok((size <= ON * scale).then_some(theta)),
        }
    }
    let across = system.across(&theta)?;
    let on = norm(&residual) <= ON * system.scale(&theta, &across);
    Ok(on.then_some(theta))
}
