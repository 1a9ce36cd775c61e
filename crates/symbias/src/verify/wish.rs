//! What is to be verified: the noises, and the numbers of the trial.

use crate::experiment::spec::StationarySpec;
use std::path::PathBuf;
use symbias_model::error::{Error, ErrorKind, Result};

/// Steps at least: half of them, at four times the step.
const LEAST_STEPS: u64 = 8;
/// Replicas at least.
const LEAST_REPLICAS: u64 = 2;
/// What is to be verified.
#[derive(Clone, Debug, PartialEq)]
pub struct Wish {
    /// The noises; empty is all that have a law that is known in closed form.
    pub noises: Vec<Wanting>,
    /// T; without, the warmest for which the steps suffice, at most a third of the median loss of random models over half the
    /// number of directions that the loss sees.
    pub temperature: Option<f64>,
    /// λ of the isotropic law where orbits are not compact; T without, so that parameters alone are N(0, I).
    pub decay: Option<f64>,
    /// Replicas.
    pub replicas: u64,
    /// Distance of distribution functions that is worth detecting, between 0 and 1.
    pub resolution: f64,
    /// Steps at most.
    pub most_steps: u64,
    /// Seed of teacher, data and noise.
    pub seed: u64,
    /// Threads; `None` is all there are.
    pub threads: Option<usize>,
    /// The folder of everything, which must be free unless `resume`; `None` leaves everything in memory.
    pub out: Option<PathBuf>,
    /// Go on with a folder whose experiment, model and data are those of this wish, byte by byte.
    pub resume: bool,
}

impl Wish {
    /// Replicas, the distance that is worth detecting, steps at most and the seed, where nothing is said.
    pub const REPLICAS: u64 = 4096;
    /// See [`Wish::REPLICAS`].
    pub const RESOLUTION: f64 = 0.15;
    /// See [`Wish::REPLICAS`].
    pub const MOST_STEPS: u64 = 8000;
    /// See [`Wish::REPLICAS`].
    pub const SEED: u64 = 1;
}

/// All laws, with the usual numbers, in memory.
impl Default for Wish {
    fn default() -> Wish {
        Wish {
            noises: Vec::new(),
            temperature: None,
            decay: None,
            replicas: Wish::REPLICAS,
            resolution: Wish::RESOLUTION,
            most_steps: Wish::MOST_STEPS,
            seed: Wish::SEED,
            threads: None,
            out: None,
            resume: false,
        }
    }
}

/// A noise whose law is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanting {
    /// One whose law is known.
    Stationary(StationarySpec),
    /// That of labels.
    Labels,
    /// That of minibatches.
    Minibatch,
}

impl Wanting {
    /// All that can be asked for.
    pub const ALL: [Wanting; 5] = [
        Wanting::Stationary(StationarySpec::Isotropic),
        Wanting::Stationary(StationarySpec::Slice),
        Wanting::Stationary(StationarySpec::Horizontal),
        Wanting::Labels,
        Wanting::Minibatch,
    ];

    /// As it is asked for.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Wanting::Stationary(noise) => noise.name(),
            Wanting::Labels => "labels",
            Wanting::Minibatch => "minibatch",
        }
    }

    /// Why its law is not tried, whatever the model is.
    pub(super) fn open(self) -> Option<&'static str> {
        match self {
            Wanting::Stationary(_) => None,
            Wanting::Labels => Some(
                "open: the covariance of label noise is that of the gradients of the outputs, and its law has a closed form for one \
                 weight on an invariant leaf alone (theory §5.4); not verified: write it as a law of an experiment, `equation` or \
                 `log_density`, with noise = { labels = { rate, deviation } }",
            ),
            Wanting::Minibatch => Some(
                "open: the covariance of minibatch noise depends on the data at every point, and its law has no closed form \
                 (theory §5.4); not verified: integrate it by an arm with noise = { minibatch = { rate, size } }",
            ),
        }
    }
}

/// Temperatures and decays beyond this, in units of the loss, leave no digits to a trial beside it.
const EXTREME: f64 = 1e12;

impl Wish {
    /// Whether its numbers can be.
    pub(super) fn checked(&self) -> Result<()> {
        let refuse = |text: String, remedy: &str| {
            Err(Error::new(ErrorKind::Value, text).remedy(remedy.to_owned()))
        };
        let within = |x: f64| (1.0 / EXTREME..=EXTREME).contains(&x);
        if let Some(t) = self.temperature.filter(|t| !within(*t)) {
            return refuse(
                format!("the temperature is {t:?}"),
                "give a positive number, in units of the loss, between 1e-12 and 1e12",
            );
        }
        if let Some(decay) = self.decay.filter(|d| !(*d == 0.0 || within(*d))) {
            return refuse(
                format!("the weight decay is {decay:?}"),
                "give a number that is at least 0, the lambda of (lambda/2)||theta||^2, up to 1e12",
            );
        }
        if self.replicas < LEAST_REPLICAS {
            return refuse(
                format!("the replicas are {}", self.replicas),
                "ask for at least 2: a law is one of many replicas, and takes some hundreds to be seen",
            );
        }
        if !(self.resolution > 0.0 && self.resolution < 1.0) {
            return refuse(
                format!("the resolution is {}", self.resolution),
                "give a distance of distribution functions between 0 and 1, as 0.15",
            );
        }
        if self.most_steps < LEAST_STEPS {
            return refuse(
                format!("the steps are {} at most", self.most_steps),
                "ask for at least 8: the law is looked at at half of them, and at two and four times the step",
            );
        }
        Ok(())
    }
}
