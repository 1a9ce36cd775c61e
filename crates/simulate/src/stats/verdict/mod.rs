//! [`Verdict`]: what was claimed, what was measured, and whether the claim holds, with its reasons.
//!
//! Confirmed means that the test could have seen a deviation of the size asked for, with power [`POWER`], and saw none
//! at its level. Too few values, or too many that left the law's domain, leave a claim undetermined; they never confirm
//! it. With samples at two steps it is the extrapolated one that is judged.

mod family;
mod law;
mod mean;
mod question;
mod twin;

pub use family::Family;
pub use law::{judge_law, judge_two_samples};
pub use mean::judge_mean;
pub use question::{Estimate, Question, Sample};
pub use twin::{Twin, judge_twin, judge_twin_samples};

use super::normal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt::{self, Display, Write};

/// The power with which the resolution has to be detectable before agreement confirms anything.
pub const POWER: f64 = 0.95;

/// The share of the resolution by which lost replicas may distort a distribution function: a tenth leaves the judgement
/// to the others.
pub const LOST_SHARE: f64 = 0.1;

/// Whether a claim holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Holds {
    /// A deviation of the size asked for would have been seen, and was not.
    Confirmed,
    /// The numbers contradict it at the level of the test.
    Refuted,
    /// The numbers cannot say.
    Undetermined,
}

impl Display for Holds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Holds::Confirmed => "confirmed",
            Holds::Refuted => "refuted",
            Holds::Undetermined => "undetermined",
        })
    }
}

/// A prediction or a measurement: a number, or a law in words.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Quantity {
    /// A number.
    Number(f64),
    /// Words and symbols.
    Law(String),
}

impl Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Quantity::Number(x) => f.write_str(&short(*x)),
            Quantity::Law(text) => f.write_str(text),
        }
    }
}

/// What a test computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// D = sup |F − G| of distribution functions.
    Distance,
    /// z = (measured − predicted)/standard error.
    Z,
}

impl Kind {
    /// What a detectable deviation is proportional to: √(ln(2/α)) + √(ln(1/β)) (see [`power`](super::power)), or
    /// z_{α/2} + z_β.
    fn quantiles(self, level: f64) -> f64 {
        match self {
            Kind::Distance => (2.0 / level).ln().sqrt() + (1.0 / (1.0 - POWER)).ln().sqrt(),
            Kind::Z => -normal::quantile(0.5 * level) + normal::quantile(POWER),
        }
    }
}

/// A number that a test computed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Statistic {
    /// Which.
    pub name: Kind,
    /// Its value.
    pub value: f64,
}

/// What the step size does to the fine sample.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StepBias {
    /// Estimate of the fine sample's bias: sup |F_coarse − F_fine|/(2^p − 1) of a law, which noise makes larger; of a
    /// mean, the value at the finest step less the extrapolated one.
    pub size: f64,
    /// p-value of "both steps have one law": small where there is a bias.
    pub p_value: Option<f64>,
    /// p-value of the fine sample alone against the prediction.
    pub fine_p_value: Option<f64>,
}

/// A claim that was judged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Verdict {
    /// What was claimed.
    pub claim: String,
    /// The prediction.
    pub predicted: Quantity,
    /// The measurement.
    pub measured: Quantity,
    /// The statistic of the test.
    pub statistic: Statistic,
    /// P(a statistic at least as large), if the claim is true; `None` where no test was possible.
    pub p_value: Option<f64>,
    /// α.
    pub level: f64,
    /// Independent values that the judged numbers are worth; after extrapolation, of those.
    pub effective: f64,
    /// Step of the fine sample.
    pub step: Option<f64>,
    /// What the step does, where two steps were measured.
    pub step_bias: Option<StepBias>,
    /// The deviation that would have been seen with power [`POWER`], in the units of the resolution.
    pub detectable: f64,
    /// The smallest deviation worth detecting.
    pub resolution: f64,
    /// Whether it holds.
    pub holds: Holds,
    /// Why.
    pub reasons: Vec<String>,
}

impl Verdict {
    /// Two lines: whether the claim holds, what was predicted and measured; how much stands behind it.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = format!(
            "{}: {}; predicted {}, measured {}",
            self.holds, self.claim, self.predicted, self.measured
        );
        if let Some(p) = self.p_value {
            let _ = write!(text, ", p = {} (level {})", short(p), short(self.level));
        }
        let _ = write!(text, "\n  {} effective samples", short(self.effective));
        if let Some(step) = self.step {
            let _ = write!(text, ", step {}", short(step));
        }
        if let Some(reason) = self.reasons.first() {
            let _ = write!(text, "; {reason}");
        }
        text
    }

    /// Judges again at another level, with the p-value as adjusted: what was undetermined stays so.
    fn rejudged(&self, adjusted: f64, level: f64, per_claim: f64) -> (Holds, f64) {
        let kind = self.statistic.name;
        let detectable = self.detectable * kind.quantiles(per_claim) / kind.quantiles(self.level);
        let holds = match self.holds {
            Holds::Undetermined => Holds::Undetermined,
            _ if adjusted < level => Holds::Refuted,
            _ if detectable > self.resolution => Holds::Undetermined,
            _ => Holds::Confirmed,
        };
        (holds, detectable)
    }
}

/// A number as people read it: four digits.
fn short(x: f64) -> String {
    let size = x.abs();
    if x == 0.0 || !x.is_finite() {
        return format!("{x}");
    }
    if !(1e-4..1e7).contains(&size) {
        return format!("{x:.3e}");
    }
    let decimals = (3 - size.log10().floor() as i32).max(0) as usize;
    let text = format!("{x:.decimals$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}
