//! The outputs of a model as its predictor map: at given inputs, or without any.

use super::map::{Costs, PredictorMap};
use crate::probe::Probes;
use symbias_model::error::{Error, ErrorKind, Result};
use symbias_model::scalar::{Nilpotent, ScalarProgram};

/// F over the first few probes, stacked.
#[derive(Clone, Debug)]
pub struct Outputs<'a> {
    probes: &'a Probes<'a>,
    count: u64,
}

impl<'a> Outputs<'a> {
    /// F at the first `count` probes.
    #[must_use]
    pub fn new(probes: &'a Probes<'a>, count: u64) -> Outputs<'a> {
        Outputs { probes, count }
    }

    /// For each probe the program at θ + εv, as value or as derivative.
    fn each<T>(
        &self,
        mut of: impl FnMut(&ScalarProgram, &[f64]) -> Option<Vec<T>>,
    ) -> Result<Vec<T>> {
        let mut all = Vec::new();
        for probe in 0..self.count {
            let (program, x) = self.probes.program(probe)?;
            let found = of(&program, &x);
            all.extend(found.ok_or_else(|| {
                Error::new(
                    ErrorKind::Numerical,
                    format!("probe {probe} divides by zero at these parameters"),
                )
            })?);
        }
        Ok(all)
    }
}

fn moved(theta: &[f64], v: &[f64]) -> Vec<Nilpotent<f64>> {
    let number = |x: &f64| Nilpotent::number(*x);
    let pairs = theta.iter().zip(v);
    pairs.map(|(t, v)| number(t).moved(&number(v))).collect()
}

fn numbers(x: &[f64]) -> Vec<Nilpotent<f64>> {
    x.iter().map(|x| Nilpotent::number(*x)).collect()
}

fn derivative(row: &[Nilpotent<f64>]) -> Vec<f64> {
    row.iter().map(|g| *g.derivative(1).value()).collect()
}

impl PredictorMap for Outputs<'_> {
    fn value(&self, theta: &[f64]) -> Result<Vec<f64>> {
        self.each(|program, x| program.value(theta, x))
    }

    fn jacobian(&self, theta: &[f64]) -> Result<Vec<Vec<f64>>> {
        self.each(|program, x| program.jacobian(theta, x))
    }

    fn jacobian_along(&self, theta: &[f64], v: &[f64]) -> Result<Vec<Vec<f64>>> {
        self.each(|program, x| {
            let rows = program.jacobian(&moved(theta, v), &numbers(x))?;
            Some(rows.iter().map(|r| derivative(r)).collect())
        })
    }

    fn costs(&self) -> Costs {
        let pass = (self.count * self.probes.length() as u64) as f64;
        let rows = self.probes.outputs() as f64;
        Costs {
            value: pass,
            jacobian: pass * (1.0 + 2.0 * rows),
            // Of pairs of numbers, each in memory of its own.
            second: 16.0 * pass * (1.0 + 2.0 * rows),
        }
    }

    fn contracted(&self, theta: &[f64], b: &[Vec<f64>]) -> Result<Vec<f64>> {
        let mut sum = vec![0.0; theta.len()];
        let mut first = 0;
        self.each(|program, x| {
            for output in 0..program.outputs() {
                let mut unit = vec![0.0; program.outputs()];
                unit[output] = 1.0;
                let row = program.vjp(
                    &moved(theta, &b[first + output]),
                    &numbers(x),
                    &numbers(&unit),
                )?;
                let added = derivative(&row);
                sum.iter_mut().zip(added).for_each(|(s, x)| *s += x);
            }
            first += program.outputs();
            Some(Vec::<()>::new())
        })?;
        Ok(sum)
    }
}
