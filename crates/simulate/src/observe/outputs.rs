//! The outputs at the data that stay.

use super::held::Held;
use super::{Moment, Observable, Worker};
use crate::training::Training;
use crate::training::feed::Feeder;
use symbias_model::error::Result;
use symbias_model::program::{Arguments, Layout, Options, Program, Task, Workspace};

/// F(θ; x) at all data of the replica, sample by sample.
#[derive(Debug)]
pub struct Outputs {
    name: String,
    training: Training,
    program: Program<f64>,
}

impl Outputs {
    /// The outputs on the data that batches are taken from.
    ///
    /// # Errors
    /// As [`Program::compile`].
    pub fn new(name: &str, training: &Training) -> Result<Outputs> {
        let mut training = training.clone();
        (training.samples, training.batch) = (training.data_samples(), None);
        let options = Options {
            samples: training.samples,
            ..Options::new(Task::Value, Layout::Single)
        };
        Ok(Outputs {
            name: name.to_owned(),
            program: Program::compile(&training.model, &training.arrays, options)?,
            training,
        })
    }
}

impl Observable for Outputs {
    fn name(&self) -> &str {
        &self.name
    }

    fn shape(&self) -> Vec<usize> {
        vec![self.program.result_len(0)]
    }

    fn axes(&self) -> Vec<String> {
        vec!["output".to_owned()]
    }

    fn worker(&self) -> Box<dyn Worker + '_> {
        Box::new(Evaluation {
            of: self,
            workspace: self.program.workspace(),
            data: Held::default(),
        })
    }
}

struct Evaluation<'o> {
    of: &'o Outputs,
    workspace: Workspace<f64>,
    data: Held,
}

impl Worker for Evaluation<'_> {
    fn observe(&mut self, moment: Moment<'_>, into: &mut [f64]) -> Result<()> {
        let own = &self.of.training;
        let inputs = self.data.of(moment.replica, || {
            let mut feeder = Feeder::new(own, &[&moment.setting.fixed]);
            feeder.fill(own.seed, moment.replica, 0);
            feeder.inputs
        });
        let arguments = Arguments::at(moment.theta, inputs);
        let program = &self.of.program;
        program.run(&mut self.workspace, &arguments, &mut [into]);
        Ok(())
    }
}
