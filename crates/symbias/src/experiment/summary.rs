//! The summary of an arm among the arrays of its record: what a reader asks of it by observable, `ARM/OBSERVABLE.mean`, and all
//! of it as `ARM/summary.…`, from which shards are joined.

use super::record::Measured;
use std::collections::BTreeMap;
use symbias_model::data::{Array, Named};
use symbias_model::error::Result;
use symbias_simulate::ensemble::Summary;

/// Shares of the values below the quantiles that are written.
const SHARES: [f64; 5] = [0.05, 0.25, 0.5, 0.75, 0.95];

/// The arrays of a summary.
pub(super) fn arrays(of: &Measured, summary: &Summary) -> Vec<Named> {
    let (arm, width) = (&of.arm, of.samples.width);
    let looks = of.observed.steps.len();
    let mut all = Vec::new();
    let mut at = 0;
    for o in &of.observed.observables {
        let len: usize = o.shape.iter().product();
        let own: Vec<usize> = (0..looks * len)
            .map(|k| k / len.max(1) * width + at + k % len.max(1))
            .collect();
        at += len;
        let shape = [&[looks], &o.shape[..]].concat();
        let moments: Vec<_> = own.iter().map(|n| summary.moments(*n)).collect();
        let extremes = || own.iter().map(|n| summary.extremes(*n));
        for (what, entries) in [
            ("count", moments.iter().map(|m| m.count).collect()),
            ("mean", moments.iter().map(|m| m.mean).collect()),
            ("variance", moments.iter().map(|m| m.variance()).collect()),
            ("min", extremes().map(|e| e.0).collect()),
            ("max", extremes().map(|e| e.1).collect()),
        ] {
            all.push((format!("{arm}/{}.{what}", o.name), shape.clone(), entries));
        }
        let quantiles = own
            .iter()
            .flat_map(|n| SHARES.map(|q| summary.quantile(&[*n], q)));
        let shape = [&shape[..], &[SHARES.len()]].concat();
        all.push((
            format!("{arm}/{}.quantiles", o.name),
            shape,
            quantiles.collect(),
        ));
    }
    let state = summary.arrays().into_iter();
    all.extend(
        state.map(|(name, shape, entries)| (format!("{arm}/summary.{name}"), shape, entries)),
    );
    all
}

/// The summary of an arm that was written so.
///
/// # Errors
/// As [`Summary::read`].
pub(super) fn read(arm: &str, numbers: usize, arrays: &BTreeMap<String, Array>) -> Result<Summary> {
    Summary::read(numbers, |name| arrays.get(&format!("{arm}/summary.{name}")))
        .map_err(|e| e.context(&format!("arm `{arm}`")))
}
