//! The loss on data that stay.

use super::held::Held;
use super::lanes::{At, Evaluator, fed};
use super::{Moment, Observable, Worker};
use crate::training::{Feed, Training};
use symbias_model::error::{Error, ErrorKind, Result};
use symbias_model::program::Task;

/// The step whose random numbers are those of data to test on: no training reaches it.
const TEST: u64 = u64::MAX;

/// Samples of a piece: at most, where there are so many, and at least.
const PIECE: usize = 128;
const LEAST: usize = 16;

/// The loss of the model on all the data of the replica, or on fresh samples of the same kind that stay.
#[derive(Debug)]
pub struct Loss {
    name: String,
    training: Training,
    /// Of one piece of the samples; pieces of equal length, each of which has this share in the loss.
    loss: Evaluator,
    pieces: usize,
    share: f64,
    teacher: Option<Evaluator>,
    /// The fixed inputs, where they are not those of the replica.
    fixed: Option<Vec<f64>>,
}

impl Loss {
    /// The full loss on the data that batches are taken from.
    ///
    /// # Errors
    /// As [`symbias_model::program::Program::compile`].
    pub fn of_data(name: &str, training: &Training) -> Result<Loss> {
        let mut all = training.clone();
        (all.samples, all.batch) = (training.data_samples(), None);
        Loss::new(name, all)
    }

    /// The loss on so many samples drawn once, with the answers of the teacher and without noise. `fixed` are their numbers of
    /// [`Feed::Fixed`] inputs, sample by sample.
    ///
    /// # Errors
    /// As [`symbias_model::program::Program::compile`]; another number of fixed ones.
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
        let compile =
            |task, samples| Evaluator::new(&training.model, &training.arrays, task, samples);
        let divisor = |samples| training.model.loss_divisor(samples);
        // A piece stays in the cache, whatever runs in lanes. Where no number of samples divides them, they are one.
        let pieces = (1..=training.samples / LEAST)
            .find(|n| training.samples.is_multiple_of(*n) && training.samples / n <= PIECE)
            .unwrap_or(1);
        let teacher = training.feeds.iter().any(|f| matches!(f, Feed::Teacher(_)));
        Ok(Loss {
            name: name.to_owned(),
            loss: compile(Task::Loss, training.samples / pieces)?,
            share: divisor(training.samples / pieces) / divisor(training.samples),
            pieces,
            teacher: if teacher {
                Some(compile(Task::Value, training.samples / pieces)?)
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
            loss: self.loss.worker(),
            teacher: self.teacher.as_ref().map(Evaluator::worker),
            data: Held::default(),
        })
    }
}

struct Evaluation<'l> {
    of: &'l Loss,
    loss: At<'l>,
    teacher: Option<At<'l>>,
    data: Held,
}

impl Worker for Evaluation<'_> {
    fn observe(&mut self, moment: Moment<'_>, into: &mut [f64]) -> Result<()> {
        self.observe_all(&[moment], into)
    }

    fn observe_all(&mut self, moments: &[Moment<'_>], into: &mut [f64]) -> Result<()> {
        let own = &self.of.training;
        let together = |of: &Evaluator| of.width(moments.len());
        let width =
            together(&self.of.loss).min(self.of.teacher.as_ref().map_or(usize::MAX, together));
        for (part, into) in moments.chunks(width).zip(into.chunks_mut(width)) {
            let which = (part[0].replica, width);
            let inputs = self.data.of(which, || {
                let given = self.of.fixed.as_deref();
                let fixed: Vec<&[f64]> = part
                    .iter()
                    .map(|m| given.unwrap_or(&m.setting.fixed))
                    .collect();
                let mut feeder = fed(own, which, &fixed, TEST);
                if let Some(teacher) = &mut self.teacher {
                    let parameters: Vec<&[f64]> =
                        part.iter().map(|m| &m.setting.teacher[..]).collect();
                    let mut answers = Vec::new();
                    for own in pieces(&feeder.inputs, self.of.pieces) {
                        answers.extend(teacher.run(width, &parameters, own));
                    }
                    feeder.answer(&answers);
                }
                feeder.inputs
            });
            let thetas: Vec<&[f64]> = part.iter().map(|m| m.theta).collect();
            into.fill(0.0);
            for own in pieces(inputs, self.of.pieces) {
                let losses = self.loss.run(width, &thetas, own);
                let each = into.iter_mut().zip(losses);
                each.for_each(|(x, l)| *x += self.of.share * l);
            }
        }
        Ok(())
    }
}

/// Numbers in so many parts of equal length, which may be none.
fn pieces(numbers: &[f64], count: usize) -> impl Iterator<Item = &[f64]> {
    let len = numbers.len() / count;
    (0..count).map(move |k| &numbers[k * len..(k + 1) * len])
}
