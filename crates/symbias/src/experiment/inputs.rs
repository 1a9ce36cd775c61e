//! How each input of a model is fed, and the data that stay.

use super::draws::{Drawer, Purpose};
use super::plan::ModelFile;
use super::spec::{Arm, ExperimentFile, FileSpec, InputSpec, LawSpec};
use super::{budget, given};
use std::collections::BTreeMap;
use symbias_model::data::Folder;
use symbias_model::error::{Error, ErrorKind, Result};
use symbias_model::expression::{Law, Model, Source, TensorId};
use symbias_simulate::training::{Feed, Training};

/// The feeds of all real inputs, and where the fixed ones come from.
#[derive(Debug)]
pub(super) struct Inputs {
    pub feeds: Vec<Feed>,
    /// Samples of the data, or drawn per step.
    pub samples: usize,
    /// The fixed inputs in declared order: numbers of a sample, and origin.
    fixed: Vec<(usize, Origin)>,
    drawer: Option<Drawer>,
    /// What was taken for rows, columns and names of each table that was read.
    pub tables: Vec<String>,
}

#[derive(Debug)]
enum Origin {
    /// One number for all entries.
    Same(f64),
    /// Sample by sample, the same for all replicas.
    Given(Vec<f64>),
    /// A place among what is drawn for a replica.
    Drawn(std::ops::Range<usize>),
}

impl Inputs {
    /// The data of a replica, sample by sample.
    pub fn fixed(&self, seed: u64, replica: u64) -> Result<Vec<f64>> {
        let drawn = self
            .drawer
            .as_ref()
            .map_or(Vec::new(), |d| d.draw(seed, replica));
        let per_sample: usize = self.fixed.iter().map(|f| f.0).sum();
        let mut all = Vec::with_capacity(per_sample * self.samples);
        if per_sample == 0 {
            return Ok(all);
        }
        for sample in 0..self.samples {
            for (len, origin) in &self.fixed {
                let own = sample * len..(sample + 1) * len;
                match origin {
                    Origin::Same(x) => all.extend(own.map(|_| *x)),
                    Origin::Given(x) => all.extend(&x[own]),
                    Origin::Drawn(range) => all.extend(&drawn[range.clone()][own]),
                }
            }
        }
        match all.iter().position(|x| !x.is_finite()) {
            None => Ok(all),
            Some(at) => Err(Error::new(
                ErrorKind::Value,
                format!("entry {at} of the data of replica {replica} is {}", all[at]),
            )
            .remedy("the statements of `data` must give finite numbers")),
        }
    }
}

pub(super) fn plan(
    file: &ExperimentFile,
    spec: &Arm,
    own: &ModelFile,
    has_teacher: bool,
) -> Result<Inputs> {
    let model = &own.model;
    let specs = spec.inputs.clone().unwrap_or_default();
    let ids: Vec<TensorId> = Training::real_inputs(model).collect();
    let names: Vec<&str> = ids
        .iter()
        .map(|id| model.tensor(*id).name.as_str())
        .collect();
    if let Some(unknown) = specs.keys().find(|k| !names.contains(&k.as_str())) {
        let error = Error::new(
            ErrorKind::Unknown,
            format!("`{unknown}` is no input of the model"),
        );
        return Err(error.suggest(unknown, names));
    }
    let wanted: Vec<String> = specs
        .values()
        .filter_map(|s| match s {
            InputSpec::Data(name) => Some(name.clone()),
            _ => None,
        })
        .collect();
    let drawer = match &spec.data {
        Some(draws) if !wanted.is_empty() => Some(Drawer::new(
            Purpose::Data,
            draws,
            &own.axes(),
            &wanted,
            &file.folder,
        )?),
        None if !wanted.is_empty() => {
            return Err(Error::new(
                ErrorKind::Value,
                format!("`{}` is drawn by `data`, which is missing", wanted[0]),
            )
            .remedy("give data = { program = \"…\" }"));
        }
        _ => None,
    };
    let (mut feeds, mut fixed, mut samples) = (Vec::new(), Vec::new(), None);
    let mut tables = Vec::new();
    for id in ids {
        let tensor = model.tensor(id);
        let shape: Vec<usize> = model.shape(id).iter().map(|n| *n as usize).collect();
        let len = shape.iter().product::<usize>() * tensor.field.width();
        let mut counted = |found: &[usize], what: &str| -> Result<()> {
            let count = samples_of(found, &shape, what, &tensor.name)?;
            if *samples.get_or_insert(count) != count {
                return Err(Error::new(
                    ErrorKind::Shape,
                    format!(
                        "{what} has {count} samples, and another input {}",
                        samples.unwrap_or(0)
                    ),
                )
                .remedy("all inputs that are data have the same number of samples"));
            }
            Ok(())
        };
        let feed = match specs.get(&tensor.name) {
            None => match tensor.source {
                Source::Input { law, .. } => Feed::Drawn(law),
                _ => Feed::Fixed,
            },
            Some(InputSpec::Law(law)) => Feed::Drawn(match law {
                LawSpec::Normal => Law::Normal,
                LawSpec::Uniform => Law::Uniform,
                LawSpec::Sign => Law::Sign,
            }),
            Some(InputSpec::Subset(count)) => Feed::Subset(*count),
            Some(InputSpec::Teacher(noise)) => {
                answers(model, len, has_teacher, *noise, &tensor.name)?;
                Feed::Teacher(*noise)
            }
            Some(InputSpec::Value(x)) => {
                fixed.push((len, Origin::Same(*x)));
                Feed::Fixed
            }
            Some(InputSpec::File(place)) => {
                let found = given::array(&file.folder, place)?;
                tables.extend(found.table);
                counted(&found.array.shape, &format!("`{}`", place.path))?;
                fixed.push((len, Origin::Given(found.array.entries)));
                Feed::Fixed
            }
            Some(InputSpec::Data(name)) => {
                let Some((_, found, range)) = drawer.as_ref().and_then(|d| d.find(name)) else {
                    return Err(Error::new(
                        ErrorKind::Unknown,
                        format!("`data` does not define `{name}`"),
                    )
                    .remedy("define it by a statement of `data`, or name one that is defined"));
                };
                counted(found, &format!("`{name}`"))?;
                fixed.push((len, Origin::Drawn(range.clone())));
                Feed::Fixed
            }
        };
        feeds.push(feed);
    }
    let samples = match (samples, spec.samples) {
        (Some(data), Some(asked)) if data != asked && spec.batch.is_none() => {
            return Err(Error::new(
                ErrorKind::Value,
                format!("samples = {asked}, and the data have {data}"),
            )
            .remedy("leave `samples` out, or take a batch = { size, draw }"));
        }
        (Some(data), _) => data,
        (None, asked) => asked.unwrap_or(1),
    };
    let outputs: u64 = model.outputs.iter().map(|o| model.entries(*o)).sum();
    room(model, samples, outputs)?;
    Ok(Inputs {
        feeds,
        samples,
        tables,
        fixed,
        drawer,
    })
}

/// The answers of a teacher are the outputs, as they are.
fn answers(model: &Model, len: usize, has_teacher: bool, noise: f64, name: &str) -> Result<()> {
    let outputs: u64 = model.outputs.iter().map(|o| model.entries(*o)).sum();
    if !has_teacher {
        return Err(Error::new(
            ErrorKind::Value,
            format!("`{name}` is answered by a teacher, which is missing"),
        )
        .remedy("give teacher = { program = \"…\" }, its parameters by statements"));
    }
    if outputs as usize != len {
        return Err(Error::new(
            ErrorKind::Shape,
            format!("the model has {outputs} output entries, and `{name}` {len}"),
        )
        .remedy("a teacher answers with all outputs: list the one that the loss compares alone"));
    }
    if !(noise >= 0.0 && noise.is_finite()) {
        return Err(Error::new(
            ErrorKind::Value,
            format!("the noise of `{name}` is {noise}"),
        )
        .remedy("give a standard deviation of at least 0"));
    }
    Ok(())
}

/// Samples of an array: one of the shape of the input, or several along a first axis before it.
fn samples_of(found: &[usize], shape: &[usize], what: &str, input: &str) -> Result<usize> {
    let count = if found == shape {
        1
    } else {
        found.first().copied().unwrap_or(0)
    };
    if found != shape && found.get(1..) != Some(shape) {
        return Err(Error::new(
            ErrorKind::Shape,
            format!("{what} has shape {found:?}, and input `{input}` {shape:?}"),
        )
        .remedy("the shape of the input, or samples along a first axis before it"));
    }
    if count == 0 {
        return Err(
            Error::new(ErrorKind::Value, format!("{what} has no samples"))
                .remedy("give at least one"),
        );
    }
    Ok(count)
}

/// Whether so many samples have room: their inputs and outputs, in as many lanes as one vector has.
///
/// # Errors
/// More memory than is free.
pub(super) fn room(model: &Model, samples: usize, outputs: u64) -> Result<()> {
    const LANES: u128 = 16;
    let inputs: u64 = Training::real_inputs(model)
        .map(|id| model.entries(id))
        .sum();
    let each = u128::from(inputs + outputs);
    budget::memory(
        samples as u128 * each * LANES * 4,
        &format!("{samples} samples of {each} inputs and outputs"),
    )
}

/// The fixed inputs of samples that are not those of training, sample by sample: numbers that are the same for all, and rows of
/// files; with how many samples there are.
///
/// # Errors
/// Data that no file is named for; a file for what is no data, or with another number of samples.
pub(super) fn apart(
    spec: &Arm,
    training: &Training,
    folder: &Folder,
    held: &BTreeMap<String, FileSpec>,
    asked: Option<usize>,
    tables: &mut Vec<String>,
) -> Result<(usize, Vec<f64>)> {
    let model = &training.model;
    let specs = spec.inputs.clone().unwrap_or_default();
    let mut samples = asked;
    let mut columns = Vec::new();
    let places = training.places();
    let fixed = || places.iter().filter(|p| p.feed == Feed::Fixed);
    for place in fixed() {
        let name = &model.tensor(place.id).name;
        if let Some(InputSpec::Value(x)) = specs.get(name) {
            columns.push((place.len, Err(*x)));
            continue;
        }
        let Some(file) = held.get(name) else {
            return Err(Error::new(
                ErrorKind::Value,
                format!("`{name}` is data, which has no law to draw fresh samples by"),
            )
            .remedy(format!(
                "name rows that are not trained on: {{ held = {{ {name} = {{ path = \"test.csv\" }} }} }}, or rows = [80, 100] of the same file beside rows = [0, 80] in `inputs`"
            )));
        };
        let found = given::array(folder, file)?;
        tables.extend(found.table);
        let shape: Vec<usize> = model.shape(place.id).iter().map(|n| *n as usize).collect();
        let count = samples_of(
            &found.array.shape,
            &shape,
            &format!("`{}`", file.path),
            name,
        )?;
        if *samples.get_or_insert(count) != count {
            return Err(Error::new(
                ErrorKind::Shape,
                format!(
                    "`{}` has {count} samples, and another input {}",
                    file.path,
                    samples.unwrap_or(0)
                ),
            )
            .remedy("all inputs that are held out have the same number of samples"));
        }
        columns.push((place.len, Ok(found.array.entries)));
    }
    let names: Vec<&str> = fixed().map(|p| model.tensor(p.id).name.as_str()).collect();
    if let Some(unknown) = held.keys().find(|k| !names.contains(&k.as_str())) {
        return Err(Error::new(
            ErrorKind::Unknown,
            format!("`{unknown}` is held out, and is no data of the arm"),
        )
        .suggest(unknown, names));
    }
    let Some(samples) = samples.filter(|s| *s > 0) else {
        return Err(
            Error::new(ErrorKind::Value, "it is a loss on no samples").remedy("give at least one")
        );
    };
    room(model, samples, 0)?;
    let mut all = Vec::new();
    for sample in 0..samples {
        for (len, origin) in &columns {
            match origin {
                Ok(entries) => all.extend(&entries[sample * len..(sample + 1) * len]),
                Err(x) => all.extend(std::iter::repeat_n(*x, *len)),
            }
        }
    }
    Ok((samples, all))
}
