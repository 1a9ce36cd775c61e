//! What is asked, and the numbers that answer: [`Question`], [`Sample`], [`Estimate`].

use crate::stats::argument;
use crate::stats::line::Line;
use symbias_model::error::Result;

/// A claim and how sharply it is to be tested.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// What is claimed, in a few words: "horizontal noise, law of w".
    pub claim: String,
    /// The prediction in words or symbols: "p(w) ∝ |w|^(−1/2) e^(−ℓ/T)".
    pub predicted: String,
    /// α: how often a true claim may be refuted.
    pub level: f64,
    /// The smallest deviation worth detecting: sup |F − G| of a law; of a mean, relative to the prediction (absolute
    /// where 0 is predicted).
    pub resolution: f64,
    /// Weak order of the scheme, by which two steps are extrapolated.
    pub order: f64,
    /// Step of the fine sample; `None` for values that no scheme produced.
    pub step: Option<f64>,
}

impl Question {
    pub(super) fn check(&self) -> Result<()> {
        argument::probability("the level", self.level)?;
        argument::positive("the order", self.order)?;
        match self.step {
            Some(step) => argument::positive("the step", step),
            None => Ok(()),
        }
    }
}

/// What was measured at one step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample<'a> {
    /// Finite numbers.
    pub values: &'a [f64],
    /// How many independent values they are worth: their number, for one value of each replica, else
    /// [`ess::of_distribution`](crate::stats::ess::of_distribution).
    pub effective: f64,
    /// How many replicas crossed a singular point, where a scheme leaves the law (they may be among the values), or
    /// diverged (they are not).
    pub lost: usize,
}

impl<'a> Sample<'a> {
    /// Independent values, none of them lost.
    #[must_use]
    pub fn independent(values: &'a [f64]) -> Sample<'a> {
        Sample {
            values,
            effective: values.len() as f64,
            lost: 0,
        }
    }

    /// The share of all values that was lost; the distribution function is wrong by that much at most.
    pub(super) fn share_lost(&self) -> f64 {
        let all = self.values.len().max(self.lost);
        if all == 0 {
            0.0
        } else {
            self.lost as f64 / all as f64
        }
    }
}

/// A mean that was measured, with its standard error.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The mean, of one sample or extrapolated.
    pub value: f64,
    /// Its standard error.
    pub error: f64,
    /// How many independent values it is worth.
    pub effective: f64,
    /// Of an extrapolated mean: whether the leading order fits (`None` if two steps leave nothing to test).
    pub adequate: Option<bool>,
    /// Of an extrapolated mean: the value at the finest step less the extrapolated one.
    pub bias: Option<f64>,
}

impl Estimate {
    /// The mean of values worth `effective` independent ones: its error is the standard deviation over √effective.
    ///
    /// # Errors
    /// Fewer than two values, values that are not finite or all equal, a size that is not positive.
    pub fn of_sample(values: &[f64], effective: f64) -> Result<Estimate> {
        argument::sample("the sample", values, 2)?;
        argument::positive("the effective sample size", effective)?;
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let variance = values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0);
        argument::positive("the variance of the sample", variance)?;
        Ok(Estimate {
            value: mean,
            error: (variance / effective).sqrt(),
            effective,
            adequate: None,
            bias: None,
        })
    }

    /// The value at step 0 of a [fit](crate::stats::extrapolation::fit) of this order whose finest step is `finest`.
    #[must_use]
    pub fn extrapolated(fit: &Line, finest: f64, order: f64, effective: f64) -> Estimate {
        Estimate {
            value: fit.intercept,
            error: fit.intercept_error,
            effective,
            adequate: fit.adequate(),
            bias: Some(fit.slope * finest.powf(order)),
        }
    }
}
