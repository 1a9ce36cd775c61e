//! Integration by extrapolation: a simple scheme with n = n_1, n_2, … substeps, extrapolated to n = ∞
//! by Aitken and Neville; the difference of the last two orders is the error that steps are chosen by.
//!
//! Source: Hairer, Nørsett, Wanner, *Solving ordinary differential equations I*, §II.9 (explicit
//! midpoint rule, errors in even powers), and II, §IV.9 (linearly implicit Euler steps, all powers).

use super::Stop;
use symbias_model::error::Result;

/// Weights along a path, and how its computation ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Path {
    /// w at each time that was reached, in the order of the times.
    pub weights: Vec<Vec<f64>>,
    /// Steps taken.
    pub steps: usize,
    /// Steps that were tried and given up.
    pub rejected: usize,
    /// How it ended.
    pub stop: Stop,
}

/// A step of the extrapolated scheme: where it leads, and its error.
pub(super) struct Step {
    pub at: Vec<f64>,
    pub error: f64,
}

/// Substeps n_j of the first scheme, for columns up to the 8th.
pub(super) const EULER: [usize; 8] = [1, 2, 3, 4, 5, 6, 7, 8];
/// Substeps of the second, which are even.
pub(super) const MIDPOINT: [usize; 8] = [2, 4, 6, 8, 10, 12, 14, 16];
/// Steps, at most.
const LARGEST: usize = 1_000_000;
/// Steps shorter than this part of the time are none.
const SHORTEST: f64 = 1e-15;

/// The extrapolated value and its difference from one order less; `None` where a substep fails.
/// Errors of the scheme go as n^{-power}, n^{-2 power}, ….
pub(super) fn extrapolated(
    sequence: &[usize],
    power: i32,
    mut scheme: impl FnMut(usize) -> Result<Option<Vec<f64>>>,
) -> Result<Option<(Vec<f64>, Vec<f64>)>> {
    let mut row: Vec<Vec<f64>> = Vec::new();
    for (j, n) in sequence.iter().enumerate() {
        let Some(mut next) = scheme(*n)? else {
            return Ok(None);
        };
        for k in 0..j {
            let ratio = (*n as f64 / sequence[j - 1 - k] as f64).powi(power);
            let better = next.iter().zip(&row[k]);
            let better = better.map(|(x, y)| x + (x - y) / (ratio - 1.0)).collect();
            row[k] = std::mem::replace(&mut next, better);
        }
        row.push(next);
    }
    let last = row.pop().unwrap_or_default();
    // The entry of the same row and one order less.
    let before = row.pop().unwrap_or_default();
    let difference = last.iter().zip(&before).map(|(x, y)| x - y).collect();
    Ok(Some((last, difference)))
}

/// Steps from time 0 to each of the times in turn, which rise; `step` makes one of a given length,
/// whose error goes as the length to the power `order`.
pub(super) fn integrate(
    start: &[f64],
    times: &[f64],
    (tolerance, order, first): (f64, f64, f64),
    mut step: impl FnMut(&[f64], f64) -> Result<Option<Step>>,
) -> Result<(Vec<Vec<f64>>, Path)> {
    let mut path = Path {
        weights: Vec::new(),
        steps: 0,
        rejected: 0,
        stop: Stop::Reached,
    };
    let (mut at, mut now, mut length) = (start.to_vec(), 0.0, first);
    let mut reached = Vec::new();
    for time in times {
        while now < *time {
            if path.steps + path.rejected >= LARGEST {
                path.stop = Stop::Limit;
                return Ok((reached, path));
            }
            // Not to leave a sliver.
            let rest = time - now;
            let own = if length >= rest {
                rest
            } else {
                length.min(rest / 2.0).max(length / 2.0)
            };
            let taken = step(&at, own)?.filter(|s| s.error.is_finite());
            let growth = taken.as_ref().map_or(0.0, |s| {
                0.8 * (tolerance / s.error.max(f64::MIN_POSITIVE)).powf(1.0 / order)
            });
            match taken.filter(|s| s.error <= tolerance) {
                Some(step) => {
                    path.steps += 1;
                    at = step.at;
                    now = if own == rest { *time } else { now + own };
                    if own == length || growth < 1.0 {
                        length = own * growth.clamp(0.2, 5.0);
                    }
                }
                None => {
                    path.rejected += 1;
                    length = own * growth.clamp(0.1, 0.7);
                    if length <= SHORTEST * time {
                        path.stop = Stop::Stalled;
                        return Ok((reached, path));
                    }
                }
            }
        }
        reached.push(at.clone());
    }
    Ok((reached, path))
}
