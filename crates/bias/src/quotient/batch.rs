//! The loss of a model over all of its samples, as a function of θ: the full batch.

use super::process::Gradient;
use std::sync::{Mutex, PoisonError};
use symbias_geometry::probe::Entries;
use symbias_model::error::{Error, ErrorKind, Result};
use symbias_model::expression::Model;
use symbias_model::program::{Arguments, Layout, Options, Program, Task, Workspace};
use symbias_model::scalar::{Arrays, Inputs};

/// L(θ) and ∇L(θ) over all samples, compiled.
pub struct FullBatch {
    batches: Vec<Batch>,
    d: usize,
    /// What the sum of the batches' losses is multiplied by.
    share: Vec<f64>,
}

/// Samples with the same integer inputs.
struct Batch {
    /// L alone, which samplers ask for, and L with ∇L.
    loss: Shared,
    gradient: Shared,
    /// The real inputs, sample after sample.
    inputs: Vec<f64>,
}

/// A program that several threads run.
struct Shared {
    program: Program<f64>,
    /// Arenas that no evaluation is using.
    idle: Mutex<Vec<Workspace<f64>>>,
}

impl FullBatch {
    /// The loss of a model at the samples given (none for a model without inputs), with the constants
    /// that files give.
    ///
    /// # Errors
    /// A model without a loss, or with inputs and no sample; those of [`Program::compile`].
    pub fn of(model: &Model, files: &Entries, data: &[Inputs]) -> Result<FullBatch> {
        let samples = if model.inputs().next().is_none() {
            vec![Inputs::default()]
        } else {
            data.to_vec()
        };
        if samples.is_empty() {
            return Err(Error::new(
                ErrorKind::Value,
                format!("`{}` has inputs, and no sample is given", model.name),
            )
            .remedy("give the samples that it is trained on"));
        }
        let arrays = Arrays::new(model, files)?;
        let mut groups: Vec<(Arrays, usize, Vec<f64>)> = Vec::new();
        for sample in &samples {
            let own = arrays.with(sample);
            // A model with a sample axis has a whole batch in one sample.
            match groups
                .iter_mut()
                .find(|g| g.0 == own && model.batch.is_none())
            {
                Some(group) => {
                    group.1 += 1;
                    group.2.extend(&sample.flat);
                }
                None => groups.push((own, 1, sample.flat.clone())),
            }
        }
        let whole = model.loss_divisor(samples.len());
        let (mut batches, mut share) = (Vec::new(), Vec::new());
        for (arrays, count, inputs) in groups {
            let compile = |task| -> Result<Shared> {
                let options = Options {
                    samples: count,
                    ..Options::new(task, Layout::Single)
                };
                Ok(Shared {
                    program: Program::compile(model, &arrays, options)?,
                    idle: Mutex::new(Vec::new()),
                })
            };
            share.push(model.loss_divisor(count) / whole);
            batches.push(Batch {
                loss: compile(Task::Loss)?,
                gradient: compile(Task::LossGradient)?,
                inputs,
            });
        }
        Ok(FullBatch {
            batches,
            d: model.space().dim(),
            share,
        })
    }

    /// L(θ), θ of d numbers.
    #[must_use]
    pub fn loss(&self, theta: &[f64]) -> f64 {
        let each = self.batches.iter().zip(&self.share);
        each.map(|(batch, share)| {
            let mut value = [0.0];
            batch.loss.run(theta, &batch.inputs, &mut [&mut value]);
            share * value[0]
        })
        .sum()
    }

    /// L(θ); ∇L(θ), d numbers, is written into the second argument.
    pub fn evaluate(&self, theta: &[f64], gradient: &mut [f64]) -> f64 {
        let (mut loss, mut own) = (0.0, vec![0.0; self.d]);
        gradient.fill(0.0);
        for (batch, share) in self.batches.iter().zip(&self.share) {
            let mut value = [0.0];
            let program = &batch.gradient;
            program.run(theta, &batch.inputs, &mut [&mut value, &mut own]);
            loss += share * value[0];
            gradient
                .iter_mut()
                .zip(&own)
                .for_each(|(g, x)| *g += share * x);
        }
        loss
    }

    /// ∇L, as a process takes it.
    #[must_use]
    pub fn gradient(&self) -> Gradient<'_> {
        Box::new(|theta, into| {
            self.evaluate(theta, into);
        })
    }
}

impl Shared {
    fn run(&self, theta: &[f64], inputs: &[f64], results: &mut [&mut [f64]]) {
        // An arena holds nothing between runs that a panic elsewhere could have spoilt.
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = idle().pop();
        let mut workspace = kept.unwrap_or_else(|| self.program.workspace());
        let arguments = Arguments::at(theta, inputs);
        self.program.run(&mut workspace, &arguments, results);
        idle().push(workspace);
    }
}
