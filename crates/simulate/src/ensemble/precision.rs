//! Runs in the precision that a caller names. The engine is generic in its element; here it is compiled for each, once.

use super::{Ensemble, Monitor, Samples};
use crate::diffusion::Diffusion;
use crate::training::Training;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use symbias_model::error::Result;

/// The element type of training.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// Single.
    F32,
    /// Double.
    F64,
}

impl Ensemble<'_, Training> {
    /// Trains all replicas.
    ///
    /// # Errors
    /// As [`Ensemble::run`].
    pub fn train(&self, precision: Precision, monitor: &Monitor) -> Result<Samples> {
        match precision {
            Precision::F32 => self.run::<f32>(monitor),
            Precision::F64 => self.run::<f64>(monitor),
        }
    }
}

impl Ensemble<'_, Diffusion> {
    /// Lets all replicas diffuse.
    ///
    /// # Errors
    /// As [`Ensemble::run`].
    pub fn diffuse(&self, precision: Precision, monitor: &Monitor) -> Result<Samples> {
        match precision {
            Precision::F32 => self.run::<f32>(monitor),
            Precision::F64 => self.run::<f64>(monitor),
        }
    }
}
