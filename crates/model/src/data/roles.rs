//! What a model takes from files, checked against its axes: parameters, inputs, sizes, constants.

use super::file::Format;
use super::rows::{Rows, Wanted};
use super::{Array, File, Named, read_array};
use crate::error::{Error, ErrorKind, Result};
use crate::expression::{ConstantSource, Model, Source, TensorId};
use std::collections::BTreeMap;

/// The shape of a tensor in files: complex ones end with (re, im).
pub(super) fn shape_in_files(model: &Model, id: TensorId) -> Vec<u64> {
    let mut shape = model.shape(id);
    if model.tensor(id).field.width() == 2 {
        shape.push(2);
    }
    shape
}

/// Integers of a tensor that index an axis.
pub(super) fn bounded(model: &Model, id: TensorId, values: &[f64], size: u64) -> Result<()> {
    let inside = |x: &f64| *x == x.trunc() && *x >= 0.0 && *x < size as f64;
    match values.iter().position(|x| !inside(x)) {
        None => Ok(()),
        Some(at) => Err(Error::new(
            ErrorKind::Index,
            format!(
                "entry {at} of `{}` is {}",
                model.tensor(id).name,
                values[at]
            ),
        )
        .remedy(format!(
            "it indexes an axis of {size} values: integers 0 to {}",
            size - 1
        ))),
    }
}

/// Names and shapes of tensors, as a file has them.
pub(super) fn wanted(model: &Model, ids: impl Iterator<Item = TensorId>) -> Vec<Wanted> {
    let one = |id: TensorId| {
        let shape = shape_in_files(model, id);
        let shape = shape.iter().map(|n| *n as usize).collect();
        (model.tensor(id).name.clone(), shape)
    };
    ids.map(one).collect()
}

/// θ from a file, flat in the order of [`Model::space`]: one tensor per parameter of a safetensors file; of NPY and CSV the only
/// parameter, all entries in declared order, or columns by their names.
///
/// # Errors
/// A file that cannot be read or is not what its ending says; tensors that are missing, unknown, of
/// another shape, or not finite.
pub fn parameters(model: &Model, file: impl Into<File>) -> Result<Vec<f64>> {
    let file = file.into();
    let format = file.format();
    let file = file.load()?;
    if let Some(rows) = Rows::of(&file, format)? {
        return rows.whole(&wanted(model, model.parameters()));
    }
    let tensors = file.tensors()?;
    let known: Vec<&str> = model
        .parameters()
        .map(|id| model.tensor(id).name.as_str())
        .collect();
    let mut theta = Vec::new();
    for id in model.parameters() {
        theta.extend(tensors.entries(&model.tensor(id).name, &shape_in_files(model, id))?);
    }
    tensors.nothing_else(&known, "parameter")?;
    Ok(theta)
}

/// Entries of the constants that files give.
///
/// # Errors
/// As [`parameters`]; integers outside of the axis that they index.
pub fn constants(model: &Model) -> Result<BTreeMap<TensorId, Vec<f64>>> {
    let mut found = BTreeMap::new();
    for id in model.constants() {
        let tensor = model.tensor(id);
        let Source::Constant {
            source: ConstantSource::File { file, key },
            index,
        } = &tensor.source
        else {
            continue;
        };
        let shape = shape_in_files(model, id);
        let values =
            constant(file, key.as_deref(), &tensor.name, &shape).map_err(|e| e.at(tensor.span))?;
        if let Some(axis) = index {
            bounded(model, id, &values, model.axis_size(*axis))?;
        }
        found.insert(id, values);
    }
    Ok(found)
}

/// The entries of one constant. A tensor is named by the key, or as the constant; NPY and CSV need no name.
fn constant(file: &File, key: Option<&str>, name: &str, shape: &[u64]) -> Result<Vec<f64>> {
    if file.format() == Format::Safetensors {
        return tensor(file, key.unwrap_or(name), shape);
    }
    let Array {
        shape: found,
        entries,
    } = read_array(file, key)?;
    // A table cannot say that an axis has size 1, and a vector of all entries is what `values` takes as well.
    let flat = found.len() == 1 && shape.iter().product::<u64>() == entries.len() as u64;
    let without_ones =
        |sizes: &mut dyn Iterator<Item = u64>| -> Vec<u64> { sizes.filter(|n| *n != 1).collect() };
    let table = file.is_table()
        && without_ones(&mut found.iter().map(|n| *n as u64))
            == without_ones(&mut shape.iter().copied());
    let same = found.iter().map(|n| *n as u64).eq(shape.iter().copied());
    if same || flat || table {
        return Ok(entries);
    }
    Err(Error::new(
        ErrorKind::Shape,
        format!(
            "`{}` has shape {found:?}, and `{name}` has {shape:?}",
            file.shown()
        ),
    )
    .remedy("axes stand in declared order; complex tensors end with an axis (re, im)"))
}

/// One tensor of a file, which must have this shape; other tensors in the file are of no concern.
///
/// # Errors
/// A file that cannot be read or is no safetensors file; a tensor that is missing, of another shape,
/// or not finite.
pub fn tensor(file: impl Into<File>, name: &str, shape: &[u64]) -> Result<Vec<f64>> {
    let file = file.into().load()?;
    let tensors = file.tensors()?;
    tensors.entries(name, shape)
}

/// θ as arrays to write: one per parameter in declared shape; complex ones end with (re, im).
#[must_use]
pub fn named(model: &Model, theta: &[f64]) -> Vec<Named> {
    let space = model.space();
    let array = |block: &crate::space::Block| {
        let mut shape = block.shape.clone();
        if block.field.width() == 2 {
            shape.push(2);
        }
        (block.name.clone(), shape, theta[block.range()].to_vec())
    };
    space.blocks().iter().map(array).collect()
}
