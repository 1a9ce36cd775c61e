//! The loss on data that stay.

use super::held::Held;
use super::{Moment, Observable, Worker};
use crate::training::feed::Feeder;
use crate::training::{Feed, Training};
use symbias_model::error::{Error, ErrorKind, Result};
use symbias_model::program::{Arguments, Layout, Options, Program, Task, Workspace};

/// The step whose random numbers are those of data to test on: no training reaches it.
const TEST: u64 = u64::MAX;

/// The loss of the model on all the data of the replica, or on fresh samples of the same kind that stay.
#[derive(Debug)]
pub struct Loss {
    name: String,
    training: Training,
    loss: Program<f64>,
    teacher: Option<Program<f64>>,
    /// The fixed inputs, where they are not those of the replica.
    fixed: Option<Vec<f64>>,
}

impl Loss {
    /// The full loss on the data that batches are taken from.
    ///
    /// # Errors
    /// As [`Program::compile`].
    pub fn of_data(name: &str, training: &Training) -> Result<Loss> {
        let mut all = training.clone();
        (all.samples, all.batch) = (training.data_samples(), None);
        Loss::new(name, all)
    }

    /// The loss on so many samples drawn once, with the answers of the teacher and without noise. `fixed` are their numbers of
    /// [`Feed::Fixed`] inputs, sample by sample.
    ///
    /// # Errors
    /// As [`Program::compile`]; another number of fixed ones.
    pub fn apart(name: &str, training: &Training, samples: usize, fixed: Vec<f64>) -> Result<Loss> {
        let wanted = training.fixed_per_sample().checked_mul(samples);
        if wanted != Some(fixed.len()) {
            return Err(Error::new(
                ErrorKind::Shape,
                format!(
                    "`{name}` has {} fixed numbers for {samples} samples of {}",
                    fixed.len(),
                    training.fixed_per_sample()
                ),
            )
            .remedy("give the fixed inputs of every sample"));
        }
        let mut fresh = training.clone();
        (fresh.samples, fresh.batch) = (samples, None);
        for feed in &mut fresh.feeds {
            if let Feed::Teacher(noise) = feed {
                *noise = 0.0;
            }
        }
        let mut loss = Loss::new(name, fresh)?;
        loss.fixed = Some(fixed);
        Ok(loss)
    }

    fn new(name: &str, training: Training) -> Result<Loss> {
        let options = |task| Options {
            samples: training.samples,
            ..Options::new(task, Layout::Single)
        };
        let compile = |task| Program::compile(&training.model, &training.arrays, options(task));
        let teacher = training.feeds.iter().any(|f| matches!(f, Feed::Teacher(_)));
        Ok(Loss {
            name: name.to_owned(),
            loss: compile(Task::Loss)?,
            teacher: if teacher {
                Some(compile(Task::Value)?)
            } else {
                None
            },
            training,
            fixed: None,
        })
    }
}

impl Observable for Loss {
    fn name(&self) -> &str {
        &self.name
    }

    fn shape(&self) -> Vec<usize> {
        Vec::new()
    }

    fn axes(&self) -> Vec<String> {
        Vec::new()
    }

    fn worker(&self) -> Box<dyn Worker + '_> {
        Box::new(Evaluation {
            of: self,
            workspace: self.loss.workspace(),
            data: Held::default(),
        })
    }
}

struct Evaluation<'l> {
    of: &'l Loss,
    workspace: Workspace<f64>,
    data: Held,
}

impl Worker for Evaluation<'_> {
    fn observe(&mut self, moment: Moment<'_>, into: &mut [f64]) -> Result<()> {
        let (own, teacher) = (&self.of.training, &self.of.teacher);
        let inputs = self.data.of(moment.replica, || {
            let fixed = self.of.fixed.as_ref().unwrap_or(&moment.setting.fixed);
            let mut feeder = Feeder::new(own, &[fixed]);
            feeder.fill(own.seed, moment.replica, TEST);
            if let Some(teacher) = teacher {
                let mut workspace = teacher.workspace();
                let mut answers = vec![0.0; teacher.result_len(0)];
                let arguments = Arguments::at(&moment.setting.teacher, &feeder.inputs);
                teacher.run(&mut workspace, &arguments, &mut [&mut answers]);
                feeder.answer(&answers);
            }
            feeder.inputs
        });
        let arguments = Arguments::at(moment.theta, inputs);
        self.of
            .loss
            .run(&mut self.workspace, &arguments, &mut [into]);
        Ok(())
    }
}
