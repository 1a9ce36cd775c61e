//! What a figure shows of a law: the histogram of what was measured, the predicted density, and the wrong ones.

use super::predicted::Predicted;
use crate::experiment::quantile::{ordered, quantile};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Points of a density curve.
const POINTS: usize = 240;
/// Bins of a histogram at most.
const BINS: usize = 60;
/// Shares of the sample beyond which nothing is shown.
const TAIL: f64 = 0.002;

/// Curves of one law.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Picture {
    /// Edges of the bins.
    pub edges: Vec<f64>,
    /// Share of the sample in each bin over its width.
    pub heights: Vec<f64>,
    /// Where the densities are given.
    pub x: Vec<f64>,
    /// The predicted density; of samples the histogram of theirs, on `x`.
    pub predicted: Vec<f64>,
    /// The densities of the twins.
    pub twins: BTreeMap<String, Vec<f64>>,
}

impl Picture {
    /// Of a sample, its law and the twins.
    #[must_use]
    pub fn of(sample: &[f64], predicted: &Predicted, twins: &[(String, &Predicted)]) -> Picture {
        let all = ordered(sample.iter().copied());
        if all.len() < 2 {
            return Picture::default();
        }
        let (mut low, mut high) = (quantile(&all, TAIL), quantile(&all, 1.0 - TAIL));
        // A density that begins at a finite place is shown from there.
        if let Some((from, to)) = predicted.support() {
            let near = |end: f64, at: f64| (end - at).abs() < 0.25 * (high - low);
            let (begins, ends) = (near(from, low), near(to, high));
            low = if begins { from } else { low };
            high = if ends { to } else { high };
        }
        if !(high > low) {
            return Picture::default();
        }
        // Freedman and Diaconis.
        let spread = quantile(&all, 0.75) - quantile(&all, 0.25);
        let width = 2.0 * spread / (all.len() as f64).cbrt();
        let bins = ((high - low) / width).ceil();
        let bins = if bins.is_finite() {
            bins as usize
        } else {
            BINS
        };
        let bins = bins.clamp(8, BINS);
        let edges: Vec<f64> = (0..=bins)
            .map(|k| low + (high - low) * k as f64 / bins as f64)
            .collect();
        // The middle of each of many small pieces: no point lies on a singular end.
        let x: Vec<f64> = (0..POINTS)
            .map(|k| low + (high - low) * (k as f64 + 0.5) / POINTS as f64)
            .collect();
        Picture {
            heights: histogram(&all, &edges),
            predicted: finite(predicted.curve(&x, &edges)),
            twins: twins
                .iter()
                .map(|(name, law)| (name.clone(), finite(law.curve(&x, &edges))))
                .collect(),
            edges,
            x,
        }
    }
}

/// A record holds numbers: a density that diverges is very large.
fn finite(curve: Vec<f64>) -> Vec<f64> {
    let large = |y: f64| if y.is_nan() { 0.0 } else { y.min(1e12) };
    curve.into_iter().map(large).collect()
}

/// Shares of an ordered sample between edges, over their widths.
pub(super) fn histogram(ordered: &[f64], edges: &[f64]) -> Vec<f64> {
    let below = |x: f64| ordered.partition_point(|y| *y < x) as f64;
    edges
        .windows(2)
        .map(|e| (below(e[1]) - below(e[0])) / (ordered.len() as f64 * (e[1] - e[0])))
        .collect()
}
