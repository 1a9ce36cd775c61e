//! A design with data: its loss as a function of the parameters and as one of the components.

use super::Options;
use super::data::{Data, Rows};
use super::linear::linear;
use crate::design::{self, DesignSpec, Made};
use symbias_model::Model;
use symbias_model::data::{self, Folder};
use symbias_model::error::{Error, ErrorKind, Result};
use symbias_model::expression::Source;
use symbias_model::language::{Copies, SourceFile};
use symbias_model::program::{Arguments, Layout, Options as Compile, Program, Task, Workspace};
use symbias_model::scalar::Arrays;

/// A model and its constants.
pub(super) struct Checked {
    pub model: Model,
    pub arrays: Arrays,
}

impl Checked {
    pub fn new(text: &str, folder: &Folder) -> Result<Checked> {
        let model = SourceFile::parse(text, folder)?.check(Copies::All)?;
        let files = data::constants(&model)?;
        let arrays = Arrays::new(&model, &files)?;
        Ok(Checked { model, arrays })
    }

    fn compile(&self, task: Task, samples: usize) -> Result<Program<f64>> {
        let options = Compile {
            samples,
            ..Compile::new(task, Layout::Single)
        };
        Program::compile(&self.model, &self.arrays, options)
    }
}

/// Where an array is in θ, or among the components.
pub(super) type Range = std::ops::Range<usize>;

/// A design for data.
pub(super) struct Problem {
    pub made: Made,
    /// The model with prediction and loss.
    pub text: String,
    pub designed: Checked,
    pub components: Checked,
    /// Arrays of each part in θ.
    pub parameters: Vec<Vec<Range>>,
    /// Each component among all parameters of `components`.
    pub places: Vec<Range>,
    /// The intercept in θ and among the components.
    pub intercept: Option<(usize, usize)>,
    /// Numbers of θ that have no decay, beside their place among the components.
    pub free: Vec<(Range, Range)>,
    /// Each input as a program reads it; `None` is the answer.
    pub order: Vec<Option<String>>,
    pub inputs: Vec<(String, Vec<usize>)>,
    pub answer: Vec<usize>,
    alone: Vec<Checked>,
}

impl Problem {
    pub fn new(spec: &DesignSpec, folder: &Folder, options: &Options) -> Result<Problem> {
        let own = design::Options {
            name: options.name.clone(),
            model: options.model.clone(),
            ..design::Options::default()
        };
        let made = Made::new(spec, folder, &own)?;
        let (text, components, intercept) = match made.within {
            true => {
                let original = options.model.clone().unwrap_or_default();
                (made.model.clone(), original, None)
            }
            false => linear(&made, options)?,
        };
        let designed = Checked::new(&text, folder)?;
        let components = Checked::new(&components, folder)?;
        if designed.model.loss.is_none() {
            return Err(Error::new(
                ErrorKind::Unsupported,
                "the model of the design has no loss to fit",
            )
            .remedy(
                "add [loss] with a kind to the model: mse, cross_entropy, logistic or expression",
            ));
        }
        if designed.model.batch.is_some() {
            return Err(Error::new(
                ErrorKind::Unsupported,
                "the model has a sample axis of its own",
            )
            .remedy("describe one sample: a fit takes samples apart for cross-validation"));
        }
        let (space, of) = (designed.model.space(), components.model.space());
        let missing = |name: &str| {
            Error::new(ErrorKind::Unknown, format!("the model has no `{name}`"))
                .remedy("this is a fault of the program: please report the design file")
        };
        let find = |space: &symbias_model::ParameterSpace, name: &str| -> Result<Range> {
            let block = space.block(name).ok_or_else(|| missing(name))?;
            Ok(block.range())
        };
        let mut parameters = Vec::new();
        let mut places = Vec::new();
        for part in &made.parts {
            let own = part.names.iter().map(|n| find(&space, n));
            parameters.push(own.collect::<Result<Vec<_>>>()?);
            places.push(find(&of, &part.component)?);
        }
        let mut free = Vec::new();
        for block in space.blocks() {
            if !made.parts.iter().any(|p| p.names.contains(&block.name)) {
                free.push((block.range(), find(&of, &block.name)?));
            }
        }
        let intercept = match &intercept {
            Some(name) => Some((find(&space, name)?.start, find(&of, name)?.start)),
            None => None,
        };
        let alone = (0..made.parts.len())
            .map(|k| Checked::new(&made.alone(k)?, &Folder::default()))
            .collect::<Result<Vec<_>>>()?;
        let (order, inputs, answer) = read(&designed.model)?;
        Ok(Problem {
            made,
            text,
            designed,
            components,
            parameters,
            places,
            intercept,
            free,
            order,
            inputs,
            answer,
            alone,
        })
    }

    /// The rows of data, as the programs read them.
    pub fn rows(&self, data: &Data) -> Rows {
        data.rows(&self.order)
    }

    /// Positions of the inputs, but the answer, in a row.
    pub fn predictors(&self) -> Vec<bool> {
        let mut mask = Vec::new();
        for name in &self.order {
            let own = match name {
                Some(name) => self
                    .inputs
                    .iter()
                    .find(|i| i.0 == *name)
                    .map_or(&self.answer, |i| &i.1),
                None => &self.answer,
            };
            mask.extend(vec![name.is_some(); own.iter().product()]);
        }
        mask
    }

    /// The makers of the components.
    pub fn makers(&self) -> Result<Vec<Maker>> {
        self.alone
            .iter()
            .map(|a| {
                let program = a.compile(Task::Value, 1)?;
                Ok(Maker {
                    workspace: program.workspace(),
                    program,
                })
            })
            .collect()
    }

    /// The weights at given components, by name; none within a model.
    pub fn values(&self, z: &[Vec<f64>]) -> Result<Vec<data::Named>> {
        let named = |name: &str, shape: &[usize], entries: Vec<f64>| {
            (name.to_owned(), shape.to_vec(), entries)
        };
        let Some(text) = &self.made.weights else {
            let parts = self.made.parts.iter().zip(z);
            return Ok(parts
                .map(|(p, z)| named(&p.component, &p.shape, z.clone()))
                .collect());
        };
        let checked = Checked::new(text, &Folder::default())?;
        let program = checked.compile(Task::Value, 1)?;
        let mut entries = vec![0.0; program.result_len(0)];
        program.run(
            &mut program.workspace(),
            &Arguments::at(&z.concat(), &[]),
            &mut [&mut entries],
        );
        let mut rest = entries.as_slice();
        let model = &checked.model;
        let each = model.outputs.iter().map(|id| {
            let shape: Vec<usize> = model.shape(*id).iter().map(|n| *n as usize).collect();
            let (own, more) = rest.split_at(shape.iter().product());
            rest = more;
            named(&model.tensor(*id).name, &shape, own.to_vec())
        });
        Ok(each.collect())
    }
}

/// The inputs of a model in declared order, with their sizes, and the size of an answer.
#[allow(clippy::type_complexity)]
fn read(model: &Model) -> Result<(Vec<Option<String>>, Vec<(String, Vec<usize>)>, Vec<usize>)> {
    let target = model.loss.as_ref().and_then(|l| l.target);
    let (mut order, mut inputs, mut answer) = (Vec::new(), Vec::new(), None);
    for id in model.inputs() {
        let tensor = model.tensor(id);
        if tensor.field.width() > 1 || !matches!(tensor.source, Source::Input { index: None, .. }) {
            return Err(Error::new(
                ErrorKind::Unsupported,
                format!("the input `{}` is not of real numbers", tensor.name),
            )
            .remedy("a fit reads real inputs; make others constants of the model"));
        }
        let shape: Vec<usize> = model.shape(id).iter().map(|n| *n as usize).collect();
        if Some(id) == target {
            answer = Some(shape);
            order.push(None);
        } else {
            inputs.push((tensor.name.clone(), shape));
            order.push(Some(tensor.name.clone()));
        }
    }
    let answer = answer.ok_or_else(|| {
        Error::new(
            ErrorKind::Unsupported,
            "the loss of the model has no target among its inputs",
        )
        .remedy(
            "name the input of the answers: loss = { kind = \"mse\", of = \"…\", target = \"y\" }",
        )
    })?;
    Ok((order, inputs, answer))
}

/// z of the parameters of one part.
pub(super) struct Maker {
    program: Program<f64>,
    workspace: Workspace<f64>,
}

impl Maker {
    pub fn make(&mut self, theta: &[f64], z: &mut [f64]) {
        self.program
            .run(&mut self.workspace, &Arguments::at(theta, &[]), &mut [z]);
    }
}

/// The loss of some samples.
pub(super) struct Loss {
    program: Program<f64>,
    workspace: Workspace<f64>,
    inputs: Vec<f64>,
}

impl Loss {
    pub fn new(checked: &Checked, rows: Rows) -> Result<Loss> {
        let program = checked.compile(Task::LossGradient, rows.samples())?;
        Ok(Loss {
            workspace: program.workspace(),
            program,
            inputs: rows.entries,
        })
    }

    /// ℓ, and its gradient.
    pub fn at(&mut self, theta: &[f64], gradient: &mut [f64]) -> f64 {
        let mut value = [0.0];
        self.program.run(
            &mut self.workspace,
            &Arguments::at(theta, &self.inputs),
            &mut [&mut value, gradient],
        );
        value[0]
    }

    /// Numbers of a point.
    pub fn dim(&self) -> usize {
        self.program.result_len(1)
    }
}
