//! The noise of the parameters, dθ = −∇L dt + σ dW by its covariance C = σσᵀ (theory §5): what experiments name, laws refer to,
//! processes of the weights are derived for and diffusions are integrated with.
//!
//! ```
//! use symbias_geometry::noise::Noise;
//! use symbias_geometry::sde::NoiseKind;
//! assert_eq!(Noise::Isotropic(0.5).kind(), NoiseKind::Additive);
//! assert_eq!(Noise::Horizontal(0.5).kind(), NoiseKind::General);
//! assert!(Noise::Isotropic(-1.0).checked().is_err());
//! ```

use crate::sde::NoiseKind;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use symbias_model::error::{Error, ErrorKind, Result};

/// The covariance of a noise.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Noise {
    /// C = 2T·I of this temperature T, in units of the loss (theory §5.1).
    Isotropic(f64),
    /// C = 2T·P_H of this temperature T, in the sense of Itô (theory §5.3).
    Horizontal(f64),
    /// C = s²JᵀJ of this scale s, isotropic in all outputs (theory §5.4).
    Predictor(f64),
    /// Noise of the labels of a squared loss.
    Labels(Labels),
    /// The covariance of the minibatch gradient times the learning rate.
    Minibatch(Minibatch),
}

/// Noise of the labels: C = ησ²(2/divisor)² Σ ∇o ∇oᵀ over all outputs and samples of a loss Σ(o − y)²/divisor.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Labels {
    /// Learning rate η that it stands for.
    pub rate: f64,
    /// Standard deviation σ of the labels.
    pub deviation: f64,
}

/// Minibatches drawn with replacement: C = ηΣ_B.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Minibatch {
    /// Learning rate η that it stands for.
    pub rate: f64,
    /// Samples of a batch.
    pub size: usize,
}

impl Noise {
    /// In a word, as files write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Noise::Isotropic(_) => "isotropic",
            Noise::Horizontal(_) => "horizontal",
            Noise::Predictor(_) => "predictor",
            Noise::Labels(_) => "labels",
            Noise::Minibatch(_) => "minibatch",
        }
    }

    /// What a scheme may suppose of σ, whatever the model is.
    #[must_use]
    pub fn kind(self) -> NoiseKind {
        match self {
            Noise::Isotropic(_) => NoiseKind::Additive,
            _ => NoiseKind::General,
        }
    }

    /// Whether C = 0.
    #[must_use]
    pub fn is_silent(self) -> bool {
        self.numbers().iter().any(|(_, x)| *x == 0.0)
    }

    /// Whether each of its numbers is finite and at least 0.
    ///
    /// # Errors
    /// Otherwise, by the key at which files write it.
    pub fn checked(self) -> Result<()> {
        let wrong = |(_, x): &(&str, f64)| !(*x >= 0.0 && x.is_finite());
        match self.numbers().into_iter().find(wrong) {
            None => Ok(()),
            Some((key, x)) => Err(
                Error::new(ErrorKind::Value, format!("`noise.{key}` is {x}"))
                    .remedy("give a finite number that is at least 0"),
            ),
        }
    }

    /// Its numbers, any of which is a factor of C, by their keys.
    fn numbers(self) -> Vec<(&'static str, f64)> {
        match self {
            Noise::Isotropic(t) => vec![("isotropic", t)],
            Noise::Horizontal(t) => vec![("horizontal", t)],
            Noise::Predictor(s) => vec![("predictor", s)],
            Noise::Labels(l) => vec![("labels.rate", l.rate), ("labels.deviation", l.deviation)],
            Noise::Minibatch(m) => vec![("minibatch.rate", m.rate)],
        }
    }
}
