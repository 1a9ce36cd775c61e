//! The predictions of flow beside what was trained (theory §4.1, §8): the mirror flow of the leaf of the start to the same
//! time, which is a check of consistency, and the selected solution, which is the claim of a bias; each with twins by wrong
//! potentials, which must fit worse.

use super::attribution::Spread;
use crate::experiment::plan::Planned;
use crate::experiment::record::Measured;
use crate::experiment::series::Series;
use crate::experiment::spec::{Precision, Predict};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use symbias_bias::flow::{Leaf, Prediction, Regression, Stop, When, predictions};
use symbias_model::data;
use symbias_model::error::{Error, ErrorKind, Result};
use symbias_simulate::observe::{Moment, len};
use symbias_simulate::training::Settings;

/// Replicas that predictions are made for, at most.
const REPLICAS: usize = 16;
/// Looks that they are made for, at most.
const LOOKS: usize = 24;
/// Below this relative distance the path is that of the flow.
const CONSISTENT: f64 = 1e-3;

/// One geometry's prediction over the looks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Claimed {
    /// `leaf`, `charges x 10`, `l2`, `l1`.
    pub claim: String,
    /// `path` to the same time, or `limit`.
    pub when: String,
    /// ‖w − ŵ‖/‖ŵ‖ at each look, over replicas; `None` where nothing was predicted.
    pub distance: Vec<Option<Spread>>,
}

/// What flow predicts for an arm, and how far off it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FlowVerdict {
    /// The observable of effective weights.
    pub weights: String,
    /// Replicas that it was done for.
    pub replicas: usize,
    /// The looks, in steps.
    pub steps: Vec<u64>,
    /// The leaf first, then its twins.
    pub claims: Vec<Claimed>,
    /// Whether the path of the leaf agrees to 1e-3 at the end, and every twin's path does worse.
    pub consistent: bool,
    /// Weights predicted for replica 0 at the end, by the path of the leaf.
    pub predicted: Vec<f64>,
}

/// Some looks, evenly among all, the last always.
fn chosen(looks: usize) -> Vec<usize> {
    let count = looks.min(LOOKS + 1);
    let mut all: Vec<usize> = (1..count).map(|k| k * (looks - 1) / (count - 1)).collect();
    all.dedup();
    all
}

/// Compares an arm with the predictions of flow.
///
/// # Errors
/// Effective weights that are no products of numbers; a loss that is no mean of squares linear in them.
pub fn compare(arm: &Planned, by: &Predict, measured: &Measured) -> Result<FlowVerdict> {
    let series = measured.series(&by.weights)?;
    let training = &arm.training;
    admits(arm)?;
    let files = data::constants(&training.model)?;
    let looks = chosen(series.steps.len());
    let times: Vec<f64> = looks
        .iter()
        .map(|l| training.descent.rate * series.steps[*l] as f64)
        .collect();
    let replicas = series.replicas.min(REPLICAS);
    let mut claims: Vec<(String, &'static str, Vec<Vec<f64>>)> = Vec::new();
    let mut predicted = Vec::new();
    for r in 0..replicas {
        let replica = measured.samples.replicas.start + r as u64;
        let mut theta = arm.settings.of(replica)?.theta;
        if arm.precision == Precision::F32 {
            theta.iter_mut().for_each(|x| *x = f64::from(*x as f32));
        }
        let leaf = Leaf::of(&training.model, &arm.factors, &theta)?;
        let d = theta.len();
        let end = &measured.samples.theta[r * d..(r + 1) * d];
        named_right(&leaf.weights(end), series.last(r), by)?;
        let regression = Regression::of(&training.model, &leaf, &files, &[])?;
        let found = predictions(&leaf.mirror, &regression, &times)?;
        if r == 0 {
            predicted = ends(&found, times.last().copied());
        }
        add(&mut claims, &found, &series, r, &looks, &times);
    }
    let claims: Vec<Claimed> = claims
        .into_iter()
        .map(|(claim, when, distances)| Claimed {
            claim,
            when: when.to_owned(),
            distance: distances.into_iter().map(Spread::of).collect(),
        })
        .collect();
    let end = |c: &Claimed| {
        c.distance
            .last()
            .copied()
            .flatten()
            .map_or(f64::INFINITY, |s| s.median)
    };
    // A geometry that predicts the same is no twin: the plain path of plain weights.
    let paths = || claims.iter().filter(|c| c.when == "path");
    let own = paths().next().map_or(f64::INFINITY, end);
    let twin = |c: &&Claimed| end(c) != own;
    let consistent = own < CONSISTENT && paths().skip(1).filter(twin).all(|c| end(c) > own);
    Ok(FlowVerdict {
        weights: by.weights.clone(),
        replicas,
        steps: looks.iter().map(|l| series.steps[*l]).collect(),
        consistent,
        claims,
        predicted,
    })
}

/// Whether flow predicts an arm: descent on fixed data.
fn admits(arm: &Planned) -> Result<()> {
    let training = &arm.training;
    if training.moves()
        || training.descent.momentum != 0.0
        || training.descent.decay != 0.0
        || !training.descent.l1.is_empty()
    {
        return Err(Error::new(
            ErrorKind::Value,
            format!(
                "`{}` is no gradient descent on fixed data: flow does not predict it",
                arm.name
            ),
        )
        .remedy("predict full-batch arms without momentum, decay and l1"));
    }
    Ok(())
}

/// Whether predictions can be made and compared, by the start of replica 0, before anything is trained.
///
/// # Errors
/// As [`compare`].
pub(super) fn check(arm: &Planned, by: &Predict) -> Result<()> {
    admits(arm)?;
    let training = &arm.training;
    let setting = arm.settings.of(0)?;
    let leaf = Leaf::of(&training.model, &arm.factors, &setting.theta)?;
    Regression::of(
        &training.model,
        &leaf,
        &data::constants(&training.model)?,
        &[],
    )?;
    let Some(observable) = arm.observables.iter().find(|o| o.name() == by.weights) else {
        let names = arm.observables.iter().map(|o| o.name());
        let text = format!("arm `{}` does not observe `{}`", arm.name, by.weights);
        return Err(Error::new(ErrorKind::Unknown, text).suggest(&by.weights, names));
    };
    let mut seen = vec![0.0; len(observable.as_ref())];
    let moment = Moment {
        replica: 0,
        setting: &setting,
        theta: &setting.theta,
        squares: &vec![0.0; setting.theta.len()],
    };
    observable.worker().observe(moment, &mut seen)?;
    named_right(&leaf.weights(&setting.theta), &seen, by)
}

/// The observable is the leaf's effective weights, in the same order.
fn named_right(weights: &[f64], seen: &[f64], by: &Predict) -> Result<()> {
    let far = weights
        .iter()
        .zip(seen)
        .any(|(a, b)| (a - b).abs() > 1e-6 * (a.abs() + b.abs()) + 1e-12);
    if weights.len() != seen.len() || far {
        return Err(Error::new(
            ErrorKind::Value,
            format!(
                "`{}` are not the {} effective weights of the model",
                by.weights,
                weights.len()
            ),
        )
        .remedy("observe the products of the factors, in the order of the axes"));
    }
    Ok(())
}

fn ends(found: &[Prediction], last: Option<f64>) -> Vec<f64> {
    let at_end =
        |p: &&Prediction| matches!((p.when, last), (When::Time(t), Some(last)) if t == last);
    found
        .iter()
        .find(at_end)
        .map_or(Vec::new(), |p| p.weights.clone())
}

fn add(
    claims: &mut Vec<(String, &'static str, Vec<Vec<f64>>)>,
    found: &[Prediction],
    series: &Series<'_>,
    r: usize,
    looks: &[usize],
    times: &[f64],
) {
    for prediction in found {
        let name = prediction.claim.name();
        let when = match prediction.when {
            When::Time(_) => "path",
            When::Limit => "limit",
        };
        let at = match claims.iter().position(|c| c.0 == name && c.1 == when) {
            Some(at) => at,
            None => {
                claims.push((name, when, vec![Vec::new(); looks.len()]));
                claims.len() - 1
            }
        };
        for (k, look) in looks.iter().enumerate() {
            let own = match prediction.when {
                When::Time(t) => t == times[k],
                When::Limit => prediction.stop == Stop::Reached,
            };
            if own {
                claims[at].2[k].push(prediction.distance(series.at(r, *look)));
            }
        }
    }
}
