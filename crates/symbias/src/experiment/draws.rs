//! Start, teacher and data of each replica: statements of the model language at random numbers that are a pure function
//! of (seed, replica, purpose).

use super::spec::Draws;
use symbias_model::data::{self, Folder};
use symbias_model::error::{Error, ErrorKind, Result};
use symbias_model::expression::{Law, Model, Source};
use symbias_model::language::{Copies, SourceFile};
use symbias_model::program::{Arguments, Layout, Options, Program, Task};
use symbias_model::scalar::Arrays;
use symbias_numerics::random::Stream;

/// What an array is drawn for: steps that no training reaches, so that its numbers are its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    Start,
    Teacher,
    Data,
}

impl Purpose {
    fn step(self) -> u64 {
        u64::MAX - 1 - self as u64
    }

    fn name(self) -> &'static str {
        match self {
            Purpose::Start => "start",
            Purpose::Teacher => "teacher",
            Purpose::Data => "data",
        }
    }
}

/// Compiled statements.
#[derive(Debug)]
pub(super) struct Drawer {
    purpose: Purpose,
    program: Program<f64>,
    /// Law and numbers of each random array.
    inputs: Vec<(Law, usize)>,
    /// Arrays by name, with shape and place among the results.
    pub arrays: Vec<(String, Vec<usize>, std::ops::Range<usize>)>,
}

impl Drawer {
    /// `axes` are those of the model file; `wanted` the names to compute.
    pub fn new(
        purpose: Purpose,
        draws: &Draws,
        axes: &toml::Table,
        wanted: &[String],
        folder: &Folder,
    ) -> Result<Drawer> {
        let mut all = axes.clone();
        all.extend(draws.axes.clone());
        let mut table = toml::Table::new();
        table.insert("symbias".into(), 1.into());
        table.insert("name".into(), purpose.name().into());
        let names: Vec<toml::Value> = wanted.iter().map(|n| n.clone().into()).collect();
        table.insert("outputs".into(), names.into());
        table.insert("axes".into(), all.into());
        table.insert("program".into(), draws.program.clone().into());
        table.insert("inputs".into(), draws.inputs.clone().into());
        table.insert("constants".into(), draws.constants.clone().into());
        let model = SourceFile::parse(&written(&table)?, folder)?.check(Copies::All)?;
        let constants = data::constants(&model)?;
        let arrays = Arrays::new(&model, &constants)?;
        let program = Program::compile(&model, &arrays, Options::new(Task::Value, Layout::Single))?;
        let mut inputs = Vec::new();
        for id in model.inputs() {
            match model.tensor(id).source {
                Source::Input { law, index: None } => {
                    inputs.push((
                        law,
                        model.entries(id) as usize * model.tensor(id).field.width(),
                    ));
                }
                _ => {
                    return Err(Error::new(
                        ErrorKind::Unsupported,
                        format!(
                            "`{}` of `{}` indexes an axis: it cannot be drawn",
                            model.tensor(id).name,
                            purpose.name()
                        ),
                    )
                    .remedy("make it a constant"));
                }
            }
        }
        Ok(Drawer {
            purpose,
            program,
            inputs,
            arrays: places(&model),
        })
    }

    /// All arrays, one after the other.
    pub fn draw(&self, seed: u64, replica: u64) -> Vec<f64> {
        let mut stream = Stream::new(seed, replica, self.purpose.step());
        let mut random = Vec::new();
        for (law, len) in &self.inputs {
            for _ in 0..*len {
                random.push(match law {
                    Law::Normal => stream.next_normal(),
                    Law::Uniform => stream.next_uniform(),
                    Law::Sign => f64::from(2 * (stream.next_below(2) as i32) - 1),
                });
            }
        }
        let mut values = vec![0.0; self.program.result_len(0)];
        let mut workspace = self.program.workspace();
        self.program.run(
            &mut workspace,
            &Arguments::at(&[], &random),
            &mut [&mut values],
        );
        values
    }

    /// The array of a name.
    pub fn find(&self, name: &str) -> Option<&(String, Vec<usize>, std::ops::Range<usize>)> {
        self.arrays.iter().find(|a| a.0 == name)
    }
}

/// The outputs of a model by name, with shapes and places.
fn places(model: &Model) -> Vec<(String, Vec<usize>, std::ops::Range<usize>)> {
    let mut at = 0;
    model
        .outputs
        .iter()
        .map(|id| {
            let shape: Vec<usize> = model.shape(*id).iter().map(|n| *n as usize).collect();
            let start = at;
            at += shape.iter().product::<usize>();
            (model.tensor(*id).name.clone(), shape, start..at)
        })
        .collect()
}

/// The text of a model file.
pub(super) fn written(table: &toml::Table) -> Result<String> {
    toml::to_string(table).map_err(|e| Error::new(ErrorKind::Syntax, e.to_string()))
}
