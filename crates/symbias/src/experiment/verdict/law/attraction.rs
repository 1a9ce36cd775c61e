//! Whether a leaf attracts: charges of replicas that start off it, at the start and at the end (theory §5.3).
//!
//! A law on the balanced leaf under a noise that moves charges holds if the leaf attracts. An arm that is held on its leaf does
//! not try that; one that starts off it does.

use crate::experiment::quantile::{ordered, quantile};
use crate::experiment::record::Measured;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use symbias_model::error::Result;
use symbias_simulate::stats::normal;
use symbias_simulate::stats::verdict::Holds;

/// Charges that changed by a smaller share were kept.
const KEPT: f64 = 1e-9;

/// What became of charges off the leaf.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Attraction {
    /// The arm.
    pub arm: String,
    /// Replicas that did not diverge.
    pub replicas: usize,
    /// Median size of all charges of a replica, √Σμ², at the start.
    pub before: f64,
    /// At the end.
    pub after: f64,
    /// Replicas whose charges fell.
    pub fell: usize,
    /// Of "they fall as often as they rise", by signs.
    pub p_value: f64,
    /// Confirmed where they fall, refuted where they rise, at the level of the law.
    pub holds: Holds,
}

/// Of an arm that observes its charges; `None` if it did not run or all its replicas diverged.
///
/// # Errors
/// Charges that are not recorded.
pub(super) fn attraction(
    arm: &str,
    measured: &[Measured],
    level: f64,
) -> Result<Option<Attraction>> {
    let Some(own) = measured.iter().find(|m| m.arm == arm) else {
        return Ok(None);
    };
    let charges = own.series("charges")?;
    let last = charges.steps.len().saturating_sub(1);
    let size = |r: usize, look: usize| {
        let of = charges.at(r, look).iter();
        of.map(|x| x * x).sum::<f64>().sqrt()
    };
    let pairs: Vec<(f64, f64)> = (0..charges.replicas)
        .map(|r| (size(r, 0), size(r, last)))
        .filter(|(a, b)| a.is_finite() && b.is_finite())
        .collect();
    if pairs.is_empty() {
        return Ok(None);
    }
    let (fell, rose) = signs(&pairs);
    let z = (fell as f64 - rose as f64) / ((fell + rose).max(1) as f64).sqrt();
    let p_value = normal::two_sided(z);
    let median = |of: fn(&(f64, f64)) -> f64| quantile(&ordered(pairs.iter().map(of)), 0.5);
    Ok(Some(Attraction {
        arm: arm.to_owned(),
        replicas: pairs.len(),
        before: median(|p| p.0),
        after: median(|p| p.1),
        fell,
        p_value,
        holds: match p_value < level {
            true if fell > rose => Holds::Confirmed,
            true => Holds::Refuted,
            false => Holds::Undetermined,
        },
    }))
}

/// How many fell, and how many rose.
fn signs(pairs: &[(f64, f64)]) -> (usize, usize) {
    let count = |of: fn(f64, f64) -> bool| pairs.iter().filter(|(a, b)| of(*a, *b)).count();
    (
        count(|a, b| b < a * (1.0 - KEPT)),
        count(|a, b| b > a * (1.0 + KEPT)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn charges_that_are_kept_neither_fall_nor_rise() {
        let pairs = [(1.0, 0.5), (1.0, 1.0 + 1e-12), (1.0, 2.0), (0.0, 1e-3)];
        assert_eq!(signs(&pairs), (1, 2));
    }
}
