//! Expressions of the model language as observables.

use super::lanes::{At, Evaluator, apart};
use super::{Moment, Observable, Worker};
use crate::training::Training;
use symbias_model::error::{Error, ErrorKind, Result};
use symbias_model::expression::{Model, TensorId};
use symbias_model::program::Task;
use symbias_model::scalar::Arrays;

/// One output of a model with the parameters of the one that is trained. Its inputs, if it has any, are the start θ₀ of
/// the parameters that they are named after (`start`), or data that stay.
#[derive(Debug)]
pub struct Expressions {
    name: String,
    shape: Vec<usize>,
    axes: Vec<String>,
    range: std::ops::Range<usize>,
    program: Evaluator,
    inputs: Vec<From>,
}

/// Where the numbers of an input come from.
#[derive(Clone, Debug, PartialEq)]
pub enum From {
    /// So many numbers of θ₀ from a position on.
    Start(std::ops::Range<usize>),
    /// So many numbers of the data of the replica from a position on.
    Fixed(std::ops::Range<usize>),
    /// The same for all replicas.
    Given(Vec<f64>),
}

impl From {
    fn len(&self) -> usize {
        match self {
            From::Start(r) | From::Fixed(r) => r.len(),
            From::Given(x) => x.len(),
        }
    }
}

impl Expressions {
    /// The output `name` of `model`, whose real inputs are filled by `inputs` in declared order.
    ///
    /// # Errors
    /// An output that does not exist; as [`symbias_model::program::Program::compile`].
    pub fn new(
        model: &Model,
        arrays: &Arrays,
        name: &str,
        inputs: Vec<From>,
    ) -> Result<Expressions> {
        let names: Vec<&str> = model
            .outputs
            .iter()
            .map(|o| model.tensor(*o).name.as_str())
            .collect();
        let Some(at) = names.iter().position(|n| *n == name) else {
            return Err(Error::new(
                ErrorKind::Unknown,
                format!("there is no observable `{name}`"),
            )
            .suggest(name, names));
        };
        let count = |id: TensorId| model.entries(id) as usize * model.tensor(id).field.width();
        let own = model.outputs[at];
        let start: usize = model.outputs[..at].iter().map(|o| count(*o)).sum();
        let shape: Vec<usize> = model.shape(own).iter().map(|n| *n as usize).collect();
        let axes = model
            .tensor(own)
            .axes
            .iter()
            .map(|a| model.axes[a.index()].name.clone())
            .collect();
        let expected: Vec<usize> = Training::real_inputs(model).map(count).collect();
        let found: Vec<usize> = inputs.iter().map(From::len).collect();
        if found != expected {
            return Err(Error::new(
                ErrorKind::Shape,
                format!("the inputs of the observable `{name}` have {found:?} numbers, and {expected:?} are read"),
            )
            .remedy("give each real input of the model its numbers, in declared order"));
        }
        Ok(Expressions {
            name: name.to_owned(),
            shape,
            axes,
            range: start..start + count(own),
            program: Evaluator::new(model, arrays, Task::Value, 1)?,
            inputs,
        })
    }
}

impl Observable for Expressions {
    fn name(&self) -> &str {
        &self.name
    }

    fn shape(&self) -> Vec<usize> {
        self.shape.clone()
    }

    fn axes(&self) -> Vec<String> {
        self.axes.clone()
    }

    fn worker(&self) -> Box<dyn Worker + '_> {
        Box::new(Evaluation {
            of: self,
            program: self.program.worker(),
            inputs: Vec::new(),
        })
    }
}

struct Evaluation<'e> {
    of: &'e Expressions,
    program: At<'e>,
    inputs: Vec<f64>,
}

impl Worker for Evaluation<'_> {
    fn observe(&mut self, moment: Moment<'_>, into: &mut [f64]) -> Result<()> {
        self.observe_all(&[moment], into)
    }

    fn observe_all(&mut self, moments: &[Moment<'_>], into: &mut [f64]) -> Result<()> {
        let width = self.of.program.width(moments.len());
        let parts = into.chunks_mut(width * self.of.range.len().max(1));
        for (part, into) in moments.chunks(width).zip(parts) {
            self.inputs.clear();
            for from in &self.of.inputs {
                let own = |m: &Moment<'_>, k: usize| match from {
                    From::Start(range) => m.setting.theta[range.start + k],
                    From::Fixed(range) => m.setting.fixed[range.start + k],
                    From::Given(x) => x[k],
                };
                let last = part.len() - 1;
                let len = from.len() * width;
                self.inputs
                    .extend((0..len).map(|k| own(&part[(k % width).min(last)], k / width)));
            }
            let thetas: Vec<&[f64]> = part.iter().map(|m| m.theta).collect();
            let values = self.program.run(width, &thetas, &self.inputs);
            apart(values, width, self.of.range.clone(), into);
        }
        Ok(())
    }
}
