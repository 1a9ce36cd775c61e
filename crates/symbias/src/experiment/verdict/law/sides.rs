//! A law whose weight passes 0, compared for each sign (theory §5.3, "Signs").
//!
//! Under horizontal noise off the exact leaf, paths use the charge up where they cross, and freeze: which share of them ends on
//! which side is the integrator's and the start's, and not that of the stationary law. What the law says of each side
//! it says all the same.

use super::Values;
use super::predicted::Predicted;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Shares of a side below which it is not compared: nothing is there to compare.
const LEAST: f64 = 0.01;

/// The share of the replicas whose weight is positive.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Signs {
    /// At the step of the arm.
    pub measured: f64,
    /// Its standard error.
    pub error: f64,
    /// That of the law.
    pub predicted: f64,
}

/// A side of 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Below,
    Above,
}

impl Side {
    pub fn name(self) -> &'static str {
        match self {
            Side::Below => "< 0",
            Side::Above => "> 0",
        }
    }

    /// What lies on it; lost values count for both.
    pub fn of(self, values: &Values) -> Values {
        let own = |x: &&f64| match self {
            Side::Below => **x < 0.0,
            Side::Above => **x > 0.0,
        };
        Values {
            numbers: values.numbers.iter().filter(own).copied().collect(),
            lost: values.lost,
        }
    }

    /// P(X ≤ x | this side), from P(X ≤ x).
    pub fn conditional<'a>(self, cdf: &'a dyn Fn(f64) -> f64) -> impl Fn(f64) -> f64 + 'a {
        let middle = cdf(0.0);
        move |x| match self {
            Side::Below => (cdf(x.min(0.0)) / middle).clamp(0.0, 1.0),
            Side::Above => ((cdf(x.max(0.0)) - middle) / (1.0 - middle)).clamp(0.0, 1.0),
        }
    }
}

impl Signs {
    /// Of a law that has mass on both sides of 0.
    pub(super) fn of(law: &Predicted, values: &Values) -> Option<Signs> {
        let predicted = match law {
            Predicted::Density(density) => density.survival(0.0),
            Predicted::Flux(_) | Predicted::Samples(_) => return None,
        };
        let n = values.numbers.len() as f64;
        let measured = values.numbers.iter().filter(|x| **x > 0.0).count() as f64 / n;
        (predicted > LEAST && predicted < 1.0 - LEAST && n > 0.0).then(|| Signs {
            measured,
            error: (measured * (1.0 - measured) / n).sqrt(),
            predicted,
        })
    }

    /// The sides that both the law and the replicas reach.
    pub(super) fn sides(&self) -> Vec<Side> {
        let mut all = Vec::new();
        if self.measured < 1.0 - LEAST {
            all.push(Side::Below);
        }
        if self.measured > LEAST {
            all.push(Side::Above);
        }
        all
    }
}
