//! What a figure shows of a law: the histogram of what was measured, the predicted density, and the wrong ones.

use super::predicted::Predicted;
use crate::experiment::quantile::{ordered, quantile};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Points of a density curve.
const POINTS: usize = 240;
/// Bins of a histogram at most.
const BINS: usize = 60;
/// Points towards a place where a density may be infinite, each half as far as the one before.
const CLOSER: i32 = 8;
/// Shares of the sample beyond which nothing is shown.
const TAIL: f64 = 0.002;
/// Nor is anything so many interquartile ranges beyond a quartile: a heavy tail would leave the rest no room.
const REACH: f64 = 5.0;

/// Curves of one law.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
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
        let (lower, upper) = (quantile(&all, 0.25), quantile(&all, 0.75));
        let spread = upper - lower;
        let mut low = quantile(&all, TAIL).max(lower - REACH * spread);
        let mut high = quantile(&all, 1.0 - TAIL).min(upper + REACH * spread);
        // A density that begins at a finite place is shown from there.
        if let Some((from, to)) = predicted.support() {
            let near = |end: f64, at: f64| (end - at).abs() < 0.25 * (high - low);
            let (begins, ends) = (near(from, low), near(to, high));
            low = if begins { from } else { low };
            high = if ends { to } else { high };
        }
        if low.partial_cmp(&high) != Some(std::cmp::Ordering::Less) {
            return Picture::default();
        }
        // Freedman and Diaconis.
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
        let x = places(low, high);
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

/// The middle of each of many small pieces, so that no point lies on a singular end, and closer ones at the ends and at 0,
/// where densities may be infinite.
fn places(low: f64, high: f64) -> Vec<f64> {
    let piece = (high - low) / POINTS as f64;
    let mut all: Vec<f64> = (0..POINTS)
        .map(|k| low + piece * (k as f64 + 0.5))
        .collect();
    for at in [low, 0.0, high] {
        for k in 1..=CLOSER {
            let off = 0.5 * piece * (-f64::from(k)).exp2();
            let sides = [at - off, at + off].into_iter();
            all.extend(sides.filter(|x| *x > low && *x < high));
        }
    }
    all.sort_unstable_by(f64::total_cmp);
    all.dedup();
    all
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn curves_come_close_to_where_a_density_may_be_infinite() {
        for (low, high) in [(0.0, 2.0), (-1.0, 2.0), (0.5, 2.0)] {
            let x = places(low, high);
            assert!(x.windows(2).all(|w| w[0] < w[1]));
            assert!(x.iter().all(|x| *x > low && *x < high && *x != 0.0));
            let closest = |at: f64| {
                x.iter()
                    .map(|x| (x - at).abs())
                    .fold(f64::INFINITY, f64::min)
            };
            let near = (high - low) / POINTS as f64 / 400.0;
            assert!(closest(low) < near && closest(high) < near);
            assert!(low > 0.0 || closest(0.0) < near);
        }
    }

    #[test]
    fn a_heavy_tail_leaves_the_rest_its_room() {
        // Quantiles of a Cauchy law: its share beyond TAIL begins at 159, five interquartile ranges beyond a quartile at 11.
        let n = 4000;
        let angle = |k: usize| std::f64::consts::PI * ((k as f64 + 0.5) / n as f64 - 0.5);
        let sample: Vec<f64> = (0..n).map(|k| angle(k).tan()).collect();
        let flat = Predicted::Samples(super::super::predicted::Reference {
            numbers: vec![0.0, 1.0],
            effective: 2.0,
            lost: 0,
        });
        let edges = Picture::of(&sample, &flat, &[]).edges;
        let reach = 1.0 + REACH * 2.0;
        let ends = (edges[0], edges[edges.len() - 1]);
        assert!(
            (ends.0 + reach).abs() < 0.05 && (ends.1 - reach).abs() < 0.05,
            "{ends:?}"
        );
    }
}
