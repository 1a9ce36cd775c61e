//! [`Relatives`]: one parameter of a law, fitted to a sample that may be extrapolated to step zero.
//!
//! The law p is given by nodes with weights, a quadrature or samples of it, and its relatives p_β ∝ p e^{t_β} by their
//! logarithms at the nodes. The estimate is the β at which the mean of a statistic s is that of the sample: where t_β = −β s,
//! exponential tilting, this is the maximum of the likelihood (Barndorff-Nielsen 1978, §9.3); for other relatives it is an
//! estimate by one moment. The interval holds the β that the score test does not reject,
//!
//! |E_β s − m| ≤ z √(Var_β s (1/n + κ_β/ν)),
//!
//! n the independent values of the sample, ν those of the nodes (infinite for a quadrature) and κ_β ≥ 1 what unequal weights cost
//! (Kish). Both are of the law's own variance, so that skew statistics, as a loss, keep their coverage.

use super::{argument, extrapolation, normal};
use symbias_model::error::Result;

/// Nodes that a relative may rest on at least: where it lives on fewer, the nodes do not know it.
const FEWEST: f64 = 24.0;
/// First step away from the predicted parameter, of the distance to an end of the range, and how steps grow.
const STEP: f64 = 0.01;
const GROWTH: f64 = 1.5;
/// Steps at most: forty growing ones go through seven decades.
const TRIED: usize = 60;
/// Relative precision of estimate and ends.
const PRECISION: f64 = 1e-6;

/// A mean, of what lies in a window where there is one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moment {
    /// The mean.
    pub mean: f64,
    /// Independent values that it is worth.
    pub effective: f64,
}

/// The values of a statistic that a sample has inside of a window.
#[derive(Clone, Copy, Debug)]
pub struct Part<'a> {
    /// Those inside.
    pub inside: &'a [f64],
    /// How many there are in all.
    pub all: usize,
}

impl Part<'_> {
    fn share(&self) -> f64 {
        self.inside.len() as f64 / self.all.max(1) as f64
    }

    fn sum(&self) -> f64 {
        self.inside.iter().sum::<f64>() / self.all.max(1) as f64
    }
}

impl Moment {
    /// Of independent values at a step, and at twice the step where there are any: then of the extrapolated distribution
    /// function. `None` if nothing lies inside.
    ///
    /// # Errors
    /// An order that is not positive, values that are not finite.
    pub fn of(fine: Part<'_>, coarse: Option<Part<'_>>, order: f64) -> Result<Option<Moment>> {
        argument::positive("the order", order)?;
        argument::sample("the statistic", fine.inside, 0)?;
        let (share, sum, effective) = match coarse {
            None => (fine.share(), fine.sum(), fine.all as f64),
            Some(coarse) => {
                argument::sample("the statistic", coarse.inside, 0)?;
                let ratio = order.exp2();
                let zero = |f: f64, c: f64| (ratio * f - c) / (ratio - 1.0);
                (
                    zero(fine.share(), coarse.share()),
                    zero(fine.sum(), coarse.sum()),
                    extrapolation::effective(fine.all as f64, coarse.all as f64, order),
                )
            }
        };
        let found = Moment {
            mean: sum / share,
            effective: share * effective,
        };
        Ok((share > 0.0 && found.effective > 0.0 && found.mean.is_finite()).then_some(found))
    }
}

/// A law and its relatives by one parameter.
pub struct Relatives<'a> {
    /// The statistic at each node.
    pub statistic: &'a [f64],
    /// Independent samples that the nodes are worth; infinite if they are a quadrature.
    pub effective: f64,
    /// log of the weight that a node has for a parameter, up to a constant.
    pub tilt: &'a dyn Fn(f64, usize) -> f64,
    /// The parameter of the law.
    pub predicted: f64,
    /// Between which numbers the parameter lies.
    pub between: (f64, f64),
}

/// What a sample says of the parameter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fit {
    /// The estimate; `None` if it is further away than the nodes reach.
    pub value: Option<f64>,
    /// Ends of the interval; `None` likewise.
    pub interval: [Option<f64>; 2],
    /// Two-sided p-value of the predicted parameter.
    pub p_value: f64,
}

impl Fit {
    /// Whether a parameter lies in the interval; an end that is not known excludes nothing.
    #[must_use]
    pub fn includes(&self, parameter: f64) -> bool {
        let [low, high] = self.interval;
        low.is_none_or(|l| l <= parameter) && high.is_none_or(|h| parameter <= h)
    }
}

impl Relatives<'_> {
    /// Fits the parameter to a measured mean, with the interval of confidence 1 − `level`. `None` where the statistic hardly
    /// varies, so that nothing could be seen.
    ///
    /// # Errors
    /// A level that is not between 0 and 1, nodes that are not finite.
    pub fn fit(&self, measured: Moment, level: f64) -> Result<Option<Fit>> {
        argument::probability("the level", level)?;
        argument::sample("the nodes", self.statistic, 1)?;
        let size = self.statistic.iter().fold(0.0_f64, |m, s| m.max(s.abs()));
        let score = |parameter: f64| self.score(parameter, measured, 1e-9 * size);
        let Some(here) = score(self.predicted) else {
            return Ok(None);
        };
        let z = normal::quantile(1.0 - level / 2.0);
        // Whether the mean grows with the parameter or falls.
        let near = |towards: f64| self.predicted + 1e-3 * self.reach(towards) * towards;
        let (Some(left), Some(right)) = (score(near(-1.0)), score(near(1.0))) else {
            return Ok(None);
        };
        let sign = (right - left).signum();
        let upward = |parameter: f64| score(parameter).map(|s| s * sign);
        let root = |target: f64| self.root(&upward, here * sign, target);
        Ok(Some(Fit {
            value: root(0.0),
            interval: [root(-z), root(z)],
            p_value: normal::two_sided(here),
        }))
    }

    /// How far steps go at first.
    fn reach(&self, towards: f64) -> f64 {
        let end = match towards > 0.0 {
            true => self.between.1,
            false => self.between.0,
        };
        (end - self.predicted).abs().min(1.0)
    }

    /// (E_β s − m) in standard errors; `None` where too few nodes count or s does not vary.
    fn score(&self, parameter: f64, measured: Moment, least: f64) -> Option<f64> {
        let logs: Vec<f64> = (0..self.statistic.len())
            .map(|k| (self.tilt)(parameter, k))
            .collect();
        let top = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        if !top.is_finite() {
            return None;
        }
        let (mut total, mut squares, mut first) = (0.0, 0.0, 0.0);
        let weights: Vec<f64> = logs.iter().map(|l| (l - top).exp()).collect();
        for (w, s) in weights.iter().zip(self.statistic) {
            total += w;
            squares += w * w;
            first += w * s;
        }
        let mean = first / total;
        let spread = weights.iter().zip(self.statistic);
        let variance = spread.map(|(w, s)| w * (s - mean).powi(2)).sum::<f64>() / total;
        let kish = total * total / squares;
        if kish < FEWEST.min(0.5 * logs.len() as f64) || variance.sqrt() <= least {
            return None;
        }
        // A quadrature has none, whatever its weights are.
        let cost = logs.len() as f64 / kish / self.effective;
        Some((mean - measured.mean) / (variance * (1.0 / measured.effective + cost)).sqrt())
    }

    /// Where a function that grows has the value `target`, searched from the predicted parameter, where it is `here`.
    fn root(&self, f: &dyn Fn(f64) -> Option<f64>, here: f64, target: f64) -> Option<f64> {
        let towards = if here < target { 1.0 } else { -1.0 };
        let end = match towards > 0.0 {
            true => self.between.1,
            false => self.between.0,
        };
        let (mut near, mut at_near) = (self.predicted, here - target);
        let mut step = STEP * self.reach(towards);
        let (mut far, mut at_far);
        let mut tried = 0;
        loop {
            // Towards an end at infinity the mean may have a limit that is not enough.
            if tried == TRIED {
                return None;
            }
            tried += 1;
            far = near + towards * step;
            if (far - end) * towards >= 0.0 {
                // Ever closer to the end of the range, without reaching it.
                far = near.midpoint(end);
            }
            if (far - near).abs() <= PRECISION * near.abs().max(PRECISION) {
                return None;
            }
            at_far = f(far)? - target;
            if at_far * at_near <= 0.0 {
                break;
            }
            (near, at_near) = (far, at_far);
            step *= GROWTH;
        }
        // Illinois: the secant, an end that stays counts half.
        for _ in 0..TRIED {
            if (far - near).abs() <= PRECISION * far.abs().max(PRECISION) {
                break;
            }
            let mut middle = (near * at_far - far * at_near) / (at_far - at_near);
            if !middle.is_finite() {
                middle = near.midpoint(far);
            }
            let value = f(middle)? - target;
            if value == 0.0 || (middle - far).abs() <= PRECISION * PRECISION {
                return Some(middle);
            }
            if value * at_far < 0.0 {
                (near, at_near) = (far, at_far);
            } else {
                at_near /= 2.0;
            }
            (far, at_far) = (middle, value);
        }
        Some(far)
    }
}
