//! By how much a law is wrong, beside whether it is: the parameters that its samples have, with intervals.

use super::lever::{Lever, Parameter, Seen};
use super::order::Order;
use super::{Values, values};
use crate::experiment::record::Measured;
use crate::experiment::verdict::words::short;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use symbias_model::error::Result;
use symbias_simulate::stats::tilting::{Fit, Moment, Part, Relatives};
use symbias_simulate::stats::verdict::Holds;

/// A parameter of a law as the samples have it, the others as predicted.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Effect {
    /// Which.
    pub parameter: Parameter,
    /// That of the law.
    pub predicted: f64,
    /// That of the samples; `None`, null in JSON, where it is further off than the law's relatives are known.
    pub fitted: Option<f64>,
    /// Ends of its interval; likewise.
    pub interval: [Option<f64>; 2],
    /// 1 less the confidence of the interval.
    pub level: f64,
    /// Independent values that it rests on.
    pub effective: f64,
    /// Of the predicted one.
    pub p_value: f64,
}

impl Effect {
    /// The parameter, its interval, and what was predicted.
    #[must_use]
    pub fn words(&self) -> String {
        let end = |x: Option<f64>| x.map_or("open".to_owned(), short);
        let [low, high] = self.interval;
        format!(
            "{} {} ({} to {}), predicted {}",
            self.parameter.name(),
            end(self.fitted),
            end(low),
            end(high),
            short(self.predicted)
        )
    }

    /// Whether the interval holds a number.
    #[must_use]
    pub fn includes(&self, x: f64) -> bool {
        let [low, high] = self.interval;
        low.is_none_or(|l| l <= x) && high.is_none_or(|h| x <= h)
    }
}

/// The parameters of a law, from samples at a step and at twice the step.
pub(super) fn effects(
    levers: &[Lever],
    fine: &Measured,
    coarse: Option<&Measured>,
    (order, level): (f64, f64),
) -> Result<Vec<Effect>> {
    let mut all = Vec::new();
    for lever in levers {
        let of = |m: &Measured| lever.seen.in_values(m);
        let (own, other) = (of(fine)?, coarse.map(of).transpose()?);
        let fine_part = Part {
            inside: &own.0,
            all: own.1,
        };
        let coarse_part = other
            .as_ref()
            .map(|(inside, all)| Part { inside, all: *all });
        let Some(moment) = Moment::of(fine_part, coarse_part, order)? else {
            continue;
        };
        let tilt = |parameter: f64, node: usize| {
            lever.weights[node] + lever.tilt.at(parameter, lever.predicted, node)
        };
        let relatives = Relatives {
            statistic: &lever.nodes,
            effective: lever.effective,
            tilt: &tilt,
            predicted: lever.predicted,
            between: lever.between,
        };
        if let Some(Fit {
            value,
            interval,
            p_value,
        }) = relatives.fit(moment, level)?
        {
            all.push(Effect {
                parameter: lever.parameter,
                predicted: lever.predicted,
                fitted: value,
                interval,
                level,
                effective: moment.effective,
                p_value,
            });
        }
    }
    Ok(all)
}

/// Whether a parameter refutes a law, at this level for each: it is another than predicted, and at every order of the step that
/// three steps allow. With the verdict and the reason; `None` if none does.
pub(super) fn against(
    effects: &[Effect],
    order: &Order,
    promised: f64,
    level: f64,
    again: &dyn Fn(f64) -> Result<Vec<Effect>>,
) -> Result<Option<(Holds, String)>> {
    // The exponent is of the few replicas near 0, where steps err most: it is reported, and refutes nothing.
    let apart = |e: &&Effect| e.p_value < level && e.parameter != Parameter::ExponentAtZero;
    let Some(worst) = effects
        .iter()
        .filter(apart)
        .min_by(|a, b| a.p_value.total_cmp(&b.p_value))
    else {
        return Ok(None);
    };
    let said = format!("p = {:.0e}: {}", worst.p_value, worst.words());
    if !order.shows(promised) {
        for other in order.allowed(promised) {
            let same = again(other)?
                .into_iter()
                .find(|e| e.parameter == worst.parameter);
            if same.is_none_or(|e| e.p_value >= level) {
                return Ok(Some((
                    Holds::Undetermined,
                    format!(
                        "the order of the step is not resolved, and at order {other:.2} the law would not be refuted by \
                         {said}; take smaller steps or more replicas"
                    ),
                )));
            }
        }
    }
    Ok(Some((Holds::Refuted, said)))
}

impl Seen {
    /// The statistic of the replicas that lie inside, and how many there are.
    fn in_values(&self, measured: &Measured) -> Result<(Vec<f64>, usize)> {
        let of = |name: &str| -> Result<Vec<f64>> {
            let Values { numbers, .. } = values(measured, name)?;
            Ok(numbers)
        };
        Ok(match self {
            Seen::Recorded(name) => {
                let all = of(name)?;
                let count = all.len();
                (all, count)
            }
            Seen::Logarithm { observable, window } => {
                let all = of(observable)?;
                let inside = all.iter().filter(|w| w.abs() < *window && **w != 0.0);
                (inside.map(|w| (w.abs() / window).ln()).collect(), all.len())
            }
            Seen::By {
                observable,
                places,
                cdf,
            } => {
                let all = of(observable)?;
                let seen = all.iter().map(|w| between(places, cdf.cdf(*w)));
                (seen.collect(), all.len())
            }
        })
    }
}

/// Linear between neighbours, constant beyond the last.
fn between(places: &[(f64, f64)], x: f64) -> f64 {
    let after = places.partition_point(|p| p.0 < x);
    match (after.checked_sub(1).map(|k| places[k]), places.get(after)) {
        (Some((a, s)), Some((b, t))) if *b > a => s + (t - s) * (x - a) / (b - a),
        (Some((_, s)), _) => s,
        (None, Some((_, t))) => *t,
        (None, None) => f64::NAN,
    }
}
