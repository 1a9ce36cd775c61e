//! Losses: a scalar node and what its sum over samples is divided by (language §16).

use super::{Model, NodeId, TensorId};

/// What divides the sum over samples and entries of a loss.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Divisor {
    /// The number of entries of the output (per sample) times the number of samples.
    Mean {
        /// Entries per sample.
        entries: u64,
    },
    /// One: a plain sum over entries and samples.
    Sum,
    /// A given number (for all samples together).
    Number(f64),
}

/// A loss, lowered to nodes: `L = Σ_samples node / divisor`.
#[derive(Clone, Debug, PartialEq)]
pub struct Loss {
    /// The kind as written: `mse`, `cross_entropy`, `logistic`, `expression`.
    pub kind: String,
    /// Scalar node: the sum over the entries of one sample (or batch).
    pub node: NodeId,
    /// What the sum over samples is divided by.
    pub divisor: Divisor,
    /// The target's tensor, if the loss has one; an input named `target` if the file leaves it
    /// to the experiment.
    pub target: Option<TensorId>,
}

impl Model {
    /// What the sum of the loss over so many samples is divided by; a model with a sample axis is
    /// one batch, whose samples are counted by that axis. 1 without a loss.
    #[must_use]
    pub fn loss_divisor(&self, samples: usize) -> f64 {
        let samples = self
            .batch
            .map_or(samples as f64, |axis| self.axis_size(axis) as f64);
        match self.loss.as_ref().map(|l| l.divisor) {
            Some(Divisor::Mean { entries }) => entries as f64 * samples,
            Some(Divisor::Number(n)) => n,
            Some(Divisor::Sum) | None => 1.0,
        }
    }
}
