//! The inputs of a model from a file, and the sizes that it decides.

use super::File;
use super::roles::{bounded, shape_in_files, wanted};
use super::rows::Rows;
use super::safetensors::Tensors;
use crate::error::{Error, ErrorKind, Result};
use crate::expression::{Model, Source, TensorId};
use crate::scalar::Inputs;
use std::collections::BTreeMap;

/// The sizes that a file of inputs decides: that of the sample axis, where the model declares one
/// (its size comes from the data, language §14).
///
/// # Errors
/// A file that cannot be read or is no safetensors file; inputs that are missing, or have another
/// number of axes.
pub fn sizes(model: &Model, file: impl Into<File>) -> Result<BTreeMap<String, u64>> {
    let Some(batch) = model.batch else {
        return Ok(BTreeMap::new());
    };
    let file = file.into();
    let format = file.format();
    let file = file.load()?;
    let rows = Rows::of(&file, format)?;
    for id in model.inputs() {
        let tensor = model.tensor(id);
        let Some(position) = tensor.axes.iter().position(|a| *a == batch) else {
            continue;
        };
        let shape = match &rows {
            // A sample is a row, unless the array is that of the only input.
            Some(rows) if model.inputs().nth(1).is_some() => {
                let first = rows.shape.first().copied().unwrap_or(1);
                vec![first; tensor.axes.len()]
            }
            Some(rows) => rows.shape.clone(),
            None => file.tensors()?.shape(&tensor.name)?,
        };
        let Some(size) = shape.get(position) else {
            return Err(Error::new(
                ErrorKind::Shape,
                format!(
                    "`{}` has {} axes, and the model declares {}",
                    tensor.name,
                    shape.len(),
                    tensor.axes.len()
                ),
            ));
        };
        return Ok(BTreeMap::from([(
            model.axes[batch.index()].name.clone(),
            *size as u64,
        )]));
    }
    Ok(BTreeMap::new())
}

/// Samples of the inputs: of a safetensors file one tensor per input, the samples along its first axis; of NPY and CSV a sample
/// to a row. Where the model declares a sample axis, all of it is one batch.
///
/// # Errors
/// As [`parameters`](super::parameters); numbers of samples that differ.
pub fn inputs(model: &Model, file: impl Into<File>) -> Result<Vec<Inputs>> {
    let file = file.into();
    let format = file.format();
    let file = file.load()?;
    let ids: Vec<TensorId> = model.inputs().collect();
    if ids.is_empty() {
        return Err(
            Error::new(ErrorKind::Unsupported, "the model has no inputs")
                .remedy("leave the file of inputs out"),
        );
    }
    let values = match Rows::of(&file, format)? {
        Some(rows) => of_rows(model, &ids, &rows)?,
        None => of_tensors(model, &ids, &file.tensors()?)?,
    };
    let mut samples: Vec<Inputs> = Vec::new();
    for (number, (id, values)) in ids.iter().zip(values).enumerate() {
        let tensor = model.tensor(*id);
        let each = shape_in_files(model, *id).iter().product::<u64>() as usize;
        let count = values.len() / each.max(1);
        if number == 0 {
            samples.resize(count, Inputs::default());
        }
        if count != samples.len() || count == 0 {
            return Err(Error::new(
                ErrorKind::Shape,
                format!(
                    "`{}` has {count} samples, and the first input has {}",
                    tensor.name,
                    samples.len()
                ),
            ));
        }
        let Source::Input { index, .. } = tensor.source else {
            continue;
        };
        if let Some(axis) = index {
            bounded(model, *id, &values, model.axis_size(axis))?;
        }
        for (sample, entries) in samples.iter_mut().zip(values.chunks_exact(each)) {
            match index {
                Some(_) => {
                    sample.indices.insert(*id, entries.to_vec());
                }
                None => sample.flat.extend(entries),
            }
        }
    }
    Ok(samples)
}

fn of_tensors(model: &Model, ids: &[TensorId], tensors: &Tensors<'_>) -> Result<Vec<Vec<f64>>> {
    let mut all = Vec::new();
    for id in ids {
        let (tensor, mut shape) = (model.tensor(*id), shape_in_files(model, *id));
        if model.batch.is_none() {
            let found = tensors.shape(&tensor.name)?;
            if found.iter().map(|n| *n as u64).eq(shape.iter().copied()) {
                return Err(Error::new(
                    ErrorKind::Shape,
                    format!(
                        "`{}` has shape {found:?}, that of one sample, without an axis of samples",
                        tensor.name
                    ),
                )
                .remedy("put an axis before it: array[None] in NumPy, unsqueeze(0) in PyTorch"));
            }
            shape.insert(0, found.first().copied().unwrap_or(1) as u64);
        }
        all.push(tensors.entries(&tensor.name, &shape)?);
    }
    let known: Vec<&str> = ids
        .iter()
        .map(|id| model.tensor(*id).name.as_str())
        .collect();
    tensors.nothing_else(&known, "input")?;
    Ok(all)
}

fn of_rows(model: &Model, ids: &[TensorId], rows: &Rows<'_>) -> Result<Vec<Vec<f64>>> {
    let mut all = wanted(model, ids.iter().copied());
    let Some(batch) = model.batch else {
        return rows.by_sample(&all);
    };
    if let [one] = all.as_slice()
        && one.1 == rows.shape
    {
        return rows.whole(&all).map(|whole| vec![whole]);
    }
    for (id, (name, shape)) in ids.iter().zip(&mut all) {
        if model.tensor(*id).axes.first() != Some(&batch) {
            return Err(Error::new(
                ErrorKind::Unsupported,
                format!("the samples of `{name}` are not its first axis: rows cannot give it"),
            )
            .remedy("give a safetensors file with one tensor per input"));
        }
        shape.remove(0);
    }
    rows.by_sample(&all)
}
