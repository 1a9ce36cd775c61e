//! The outputs at the data that stay.

use super::held::Held;
use super::lanes::{At, Evaluator, apart, fed};
use super::{Moment, Observable, Worker};
use crate::training::Training;
use symbias_model::error::Result;
use symbias_model::program::Task;

/// F(θ; x) at all data of the replica, sample by sample.
#[derive(Debug)]
pub struct Outputs {
    name: String,
    training: Training,
    program: Evaluator,
}

impl Outputs {
    /// The outputs on the data that batches are taken from.
    ///
    /// # Errors
    /// As [`symbias_model::program::Program::compile`].
    pub fn new(name: &str, training: &Training) -> Result<Outputs> {
        let mut training = training.clone();
        (training.samples, training.batch) = (training.data_samples(), None);
        Ok(Outputs {
            name: name.to_owned(),
            program: Evaluator::new(
                &training.model,
                &training.arrays,
                Task::Value,
                training.samples,
            )?,
            training,
        })
    }
}

impl Observable for Outputs {
    fn name(&self) -> &str {
        &self.name
    }

    fn shape(&self) -> Vec<usize> {
        vec![self.program.result_len()]
    }

    fn axes(&self) -> Vec<String> {
        vec!["output".to_owned()]
    }

    fn worker(&self) -> Box<dyn Worker + '_> {
        Box::new(Evaluation {
            of: self,
            program: self.program.worker(),
            data: Held::default(),
        })
    }
}

struct Evaluation<'o> {
    of: &'o Outputs,
    program: At<'o>,
    data: Held,
}

impl Worker for Evaluation<'_> {
    fn observe(&mut self, moment: Moment<'_>, into: &mut [f64]) -> Result<()> {
        self.observe_all(&[moment], into)
    }

    fn observe_all(&mut self, moments: &[Moment<'_>], into: &mut [f64]) -> Result<()> {
        let (own, program) = (&self.of.training, &self.of.program);
        let (width, len) = (program.width(moments.len()), program.result_len());
        for (part, into) in moments.chunks(width).zip(into.chunks_mut(width * len)) {
            let which = (part[0].replica, width);
            let inputs = self.data.of(which, || {
                let fixed: Vec<&[f64]> = part.iter().map(|m| &m.setting.fixed[..]).collect();
                fed(own, which, &fixed, 0).inputs
            });
            let thetas: Vec<&[f64]> = part.iter().map(|m| m.theta).collect();
            apart(
                self.program.run(width, &thetas, inputs),
                width,
                0..len,
                into,
            );
        }
        Ok(())
    }
}
