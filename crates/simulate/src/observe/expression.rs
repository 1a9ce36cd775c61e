//! Expressions of the model language as observables.

use super::{Moment, Observable, Worker};
use crate::training::Training;
use symbias_model::error::{Error, ErrorKind, Result};
use symbias_model::expression::{Model, TensorId};
use symbias_model::program::{Arguments, Layout, Options, Program, Task, Workspace};
use symbias_model::scalar::Arrays;

/// One output of a model with the parameters of the one that is trained. Its inputs, if it has any, are the start θ₀ of
/// the parameters that they are named after (`start`), or data that stay.
#[derive(Debug)]
pub struct Expressions {
    name: String,
    shape: Vec<usize>,
    axes: Vec<String>,
    range: std::ops::Range<usize>,
    program: Program<f64>,
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

impl Expressions {
    /// The output `name` of `model`, whose real inputs are filled by `inputs` in declared order.
    ///
    /// # Errors
    /// An output that does not exist; as [`Program::compile`].
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
        let given = |f: &From| match f {
            From::Start(r) | From::Fixed(r) => r.len(),
            From::Given(x) => x.len(),
        };
        let found: Vec<usize> = inputs.iter().map(given).collect();
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
            program: Program::compile(model, arrays, Options::new(Task::Value, Layout::Single))?,
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
            workspace: self.program.workspace(),
            inputs: Vec::new(),
            values: vec![0.0; self.program.result_len(0)],
        })
    }
}

struct Evaluation<'e> {
    of: &'e Expressions,
    workspace: Workspace<f64>,
    inputs: Vec<f64>,
    values: Vec<f64>,
}

impl Worker for Evaluation<'_> {
    fn observe(&mut self, moment: Moment<'_>, into: &mut [f64]) -> Result<()> {
        self.inputs.clear();
        for from in &self.of.inputs {
            match from {
                From::Start(range) => self.inputs.extend(&moment.setting.theta[range.clone()]),
                From::Fixed(range) => self.inputs.extend(&moment.setting.fixed[range.clone()]),
                From::Given(x) => self.inputs.extend(x),
            }
        }
        let arguments = Arguments::at(moment.theta, &self.inputs);
        self.of
            .program
            .run(&mut self.workspace, &arguments, &mut [&mut self.values]);
        into.copy_from_slice(&self.values[self.of.range.clone()]);
        Ok(())
    }
}
