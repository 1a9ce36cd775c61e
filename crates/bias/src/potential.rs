//! What is said of a driver: a potential, the measure it refers to, and what it rests on.

use crate::driver::Driver;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use symbias_geometry::formula::Formula;
use symbias_geometry::symmetry::Evidence;

/// The stationary laws (theory §5), all called "the stationary distribution".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Law {
    /// C = 2T·I (theory §5.1).
    Isotropic,
    /// Isotropic noise conditioned on a gauge slice (theory §5.2, \[A26\] Theorem 1).
    Slice,
    /// C = 2T·P_H (theory §5.3, \[M26\]).
    Horizontal,
}

impl From<Law> for Driver {
    fn from(law: Law) -> Driver {
        match law {
            Law::Isotropic => Driver::Isotropic,
            Law::Slice => Driver::Slice,
            Law::Horizontal => Driver::Horizontal,
        }
    }
}

/// What is known of a hypothesis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Follows from the model, or was tested at random points.
    Verified,
    /// Taken for granted.
    Assumed,
    /// Known not to hold.
    Fails,
}

impl Status {
    /// As reports write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Status::Verified => "verified",
            Status::Assumed => "assumed",
            Status::Fails => "fails",
        }
    }
}

/// Something that a law rests on.
#[derive(Clone, Debug, PartialEq)]
pub struct Hypothesis {
    /// A name under which the theory explains it.
    pub topic: &'static str,
    /// In words.
    pub text: String,
    /// What is known of it.
    pub status: Status,
}

impl Hypothesis {
    /// A hypothesis and what is known of it.
    pub fn new(topic: &'static str, text: impl Into<String>, status: Status) -> Hypothesis {
        Hypothesis {
            topic,
            text: text.into(),
            status,
        }
    }

    /// Verified or failing.
    pub fn tested(topic: &'static str, text: impl Into<String>, holds: bool) -> Hypothesis {
        let status = if holds {
            Status::Verified
        } else {
            Status::Fails
        };
        Hypothesis::new(topic, text, status)
    }
}

/// Which orbits a law favours at the point, with respect to its base measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Pull {
    /// Its density grows where orbits shrink.
    Small,
    /// Its density grows where orbits grow.
    Large,
    /// Neither.
    Neutral,
}

/// The bias of one driver: R with p(w) ∝ e^{−ℓ/T − R(w)} for a law of noise, the regulariser for
/// decay, the mirror potential for flow.
#[derive(Clone, Debug, PartialEq)]
pub struct Potential {
    /// The driver.
    pub driver: Driver,
    /// Whether the law exists: no hypothesis fails.
    pub exists: bool,
    /// R at the point asked for, by numbers.
    pub value: Option<f64>,
    /// R at the point by the formula.
    pub by_formula: Option<f64>,
    /// ∇_θ R at the point, d numbers; for flow along horizontal directions.
    pub gradient: Option<Vec<f64>>,
    /// The formula of R.
    pub formula: Option<Formula>,
    /// The measure it refers to, or that it needs none.
    pub base_measure: String,
    /// What it rests on.
    pub hypotheses: Vec<Hypothesis>,
    /// Which orbits it favours.
    pub pull: Option<Pull>,
    /// How the value is known, of a value that was searched for or proven to be the least.
    pub evidence: Option<Evidence>,
    /// Components of the fibre of w, where their number is known.
    pub components: Option<u64>,
}

impl Potential {
    /// A potential of which nothing is known but what it rests on; it exists if nothing fails.
    #[must_use]
    pub fn resting_on(
        driver: Driver,
        base_measure: impl Into<String>,
        hypotheses: Vec<Hypothesis>,
    ) -> Potential {
        Potential {
            driver,
            exists: hypotheses.iter().all(|h| h.status != Status::Fails),
            value: None,
            by_formula: None,
            gradient: None,
            formula: None,
            base_measure: base_measure.into(),
            hypotheses,
            pull: None,
            evidence: None,
            components: None,
        }
    }
}

impl Potential {
    /// A formula and its value at θ.
    pub(crate) fn take(&mut self, formula: Formula, theta: &[f64]) {
        self.by_formula = formula.value(theta);
        (self.value, self.formula) = (self.by_formula, Some(formula));
    }

    /// Without a formula.
    pub fn forget_formula(&mut self) {
        (self.formula, self.by_formula) = (None, None);
    }
}

/// Whether a law exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Existence {
    /// Everything that existence rests on is verified.
    Exists,
    /// Something that it needs is known to fail.
    Absent,
    /// Not known.
    Open,
}

/// Hypotheses on how training is done and measured: they say of what a law holds, not whether it
/// exists. That the loss confines at infinity is the user's part where no loss is given.
const CONDITIONS: &[&str] = &[
    "small-steps",
    "linear-model",
    "slice-choice",
    "noise-horizontal",
    "squared-norm-penalty",
    "fast-decay",
    "sign-frozen",
    "origin-is-minimum",
    "normalisable-at-infinity",
];

/// Hypotheses without which there is no closed form, which is not the same as no law.
const CLOSED_FORM: &[&str] = &[
    "leaf-invariant",
    "leaf-attracting",
    "metric-closes",
    "reductive",
    "fibre-is-orbit",
    "whole-fibre",
    "minimum-attained",
    "stabiliser",
];

impl Potential {
    /// What is known of the law's existence, from the hypotheses that it rests on.
    #[must_use]
    pub fn existence(&self) -> Existence {
        let rests = |h: &&Hypothesis| !CONDITIONS.contains(&h.topic);
        let of = |status| {
            self.hypotheses
                .iter()
                .filter(rests)
                .filter(move |h| h.status == status)
        };
        if of(Status::Fails).any(|h| !CLOSED_FORM.contains(&h.topic)) {
            Existence::Absent
        } else if of(Status::Fails).next().is_some() || of(Status::Assumed).next().is_some() {
            Existence::Open
        } else {
            Existence::Exists
        }
    }
}
