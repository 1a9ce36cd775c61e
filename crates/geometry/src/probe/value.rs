//! Values of F at a probe, and how well they are known.

use super::Probes;
use std::borrow::Cow;
use symbias_model::error::Result;
use symbias_model::scalar::{Measured, ScalarProgram};

impl Probes<'_> {
    /// F(θ) for one probe.
    ///
    /// # Errors
    /// Those of lowering the program of a sample.
    pub fn value(&self, theta: &[f64], probe: u64) -> Result<Vec<f64>> {
        self.value_scaled(theta, probe, 1.0)
    }

    /// F(θ) for one probe whose real inputs are multiplied by `scale`; given data stay as they are.
    ///
    /// # Errors
    /// Those of lowering the program of a sample.
    pub fn value_scaled(&self, theta: &[f64], probe: u64, scale: f64) -> Result<Vec<f64>> {
        let (program, x) = self.program_scaled(probe, scale)?;
        Ok(program.value(theta, &x).unwrap_or_default())
    }

    /// Bound on the error of ‖F(θ)‖ where each parameter has an absolute error of at most `error`: that error
    /// carried forward, and the roundings on the way.
    ///
    /// # Errors
    /// Those of lowering the program of a sample.
    pub fn value_error(&self, theta: &[f64], error: f64, probe: u64, scale: f64) -> Result<f64> {
        let (program, x) = self.program_scaled(probe, scale)?;
        let x: Vec<Measured> = x.into_iter().map(Measured::exact).collect();
        let theta: Vec<Measured> = theta
            .iter()
            .map(|t| Measured::with_error(*t, error))
            .collect();
        let values = program.value(&theta, &x).unwrap_or_default();
        Ok(values.iter().map(|y| y.error().powi(2)).sum::<f64>().sqrt())
    }

    fn program_scaled(&self, probe: u64, scale: f64) -> Result<(Cow<'_, ScalarProgram>, Vec<f64>)> {
        let (program, mut x) = self.program(probe)?;
        if self.data.is_none() {
            x.iter_mut().for_each(|x| *x *= scale);
        }
        Ok((program, x))
    }
}
