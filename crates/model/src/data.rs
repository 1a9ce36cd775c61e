//! Files of arrays (safetensors): parameters, samples of inputs, constants; and results.

use crate::error::{Error, ErrorKind, Result, nearest};
use crate::expression::{ConstantSource, Model, Source, TensorId};
use crate::scalar::Inputs;
use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use std::collections::BTreeMap;
use std::path::Path;

/// An open file of arrays.
struct File {
    shown: String,
    bytes: Vec<u8>,
}

impl File {
    fn read(path: &Path) -> Result<File> {
        let shown = path.display().to_string();
        let cannot = |e: std::io::Error| {
            Error::new(ErrorKind::File, format!("cannot read `{shown}`: {e}"))
                .remedy("give the path of a safetensors file")
        };
        let metadata = std::fs::metadata(path).map_err(cannot)?;
        if !metadata.is_file() {
            return Err(
                Error::new(ErrorKind::File, format!("`{shown}` is no regular file"))
                    .remedy("give the path of a safetensors file"),
            );
        }
        let bytes = std::fs::read(path).map_err(cannot)?;
        Ok(File { shown, bytes })
    }

    fn tensors(&self) -> Result<SafeTensors<'_>> {
        SafeTensors::deserialize(&self.bytes).map_err(|e| {
            Error::new(
                ErrorKind::File,
                format!("`{}` is no safetensors file: {e}", self.shown),
            )
            .remedy("write it with a safetensors library: one tensor per parameter, f32 or f64")
        })
    }

    /// The numbers of one tensor, whose shape must be one of `shapes`.
    fn entries(&self, tensors: &SafeTensors<'_>, name: &str, shape: &[u64]) -> Result<Vec<f64>> {
        let view = self.view(tensors, name)?;
        let found: Vec<u64> = view.shape().iter().map(|n| *n as u64).collect();
        if found != shape {
            return Err(Error::new(
                ErrorKind::Shape,
                format!(
                    "`{name}` in `{}` has shape {found:?}, and the model's has {shape:?}",
                    self.shown
                ),
            )
            .remedy("axes stand in declared order; complex tensors end with an axis (re, im)"));
        }
        self.numbers(name, &view)
    }

    fn view<'a>(&self, tensors: &SafeTensors<'a>, name: &str) -> Result<TensorView<'a>> {
        tensors.tensor(name).map_err(|_| {
            let names = tensors.names();
            let error = Error::new(
                ErrorKind::File,
                format!("`{}` has no tensor `{name}`", self.shown),
            );
            match nearest(name, names.iter().copied()) {
                Some(near) => error.remedy(format!("it has `{near}`")),
                None => error.remedy(format!("it has {}", listed(&names))),
            }
        })
    }

    fn numbers(&self, name: &str, view: &TensorView<'_>) -> Result<Vec<f64>> {
        let data = view.data();
        fn decode<const N: usize>(data: &[u8], number: impl Fn([u8; N]) -> f64) -> Vec<f64> {
            data.as_chunks::<N>().0.iter().map(|b| number(*b)).collect()
        }
        let values = match view.dtype() {
            Dtype::F64 => decode(data, f64::from_le_bytes),
            Dtype::F32 => decode(data, |b| f32::from_le_bytes(b).into()),
            Dtype::BF16 => decode(data, |b: [u8; 2]| {
                f32::from_le_bytes([0, 0, b[0], b[1]]).into()
            }),
            Dtype::I64 => decode(data, |b| i64::from_le_bytes(b) as f64),
            Dtype::I32 => decode(data, |b| i32::from_le_bytes(b).into()),
            Dtype::U8 => decode(data, |b: [u8; 1]| b[0].into()),
            other => {
                return Err(Error::new(
                    ErrorKind::File,
                    format!("`{name}` in `{}` has type {other:?}", self.shown),
                )
                .remedy("save it as F64, F32, BF16, I64, I32 or U8"));
            }
        };
        if let Some(at) = values.iter().position(|x| !x.is_finite()) {
            return Err(Error::new(
                ErrorKind::Value,
                format!(
                    "entry {at} of `{name}` in `{}` is {}",
                    self.shown, values[at]
                ),
            )
            .remedy("entries are finite numbers"));
        }
        Ok(values)
    }

    /// A tensor in the file that the model does not have is a mistake.
    fn nothing_else(&self, tensors: &SafeTensors<'_>, known: &[&str], what: &str) -> Result<()> {
        let extra = tensors.names().into_iter().find(|n| !known.contains(n));
        match extra {
            None => Ok(()),
            Some(name) => {
                let error = Error::new(
                    ErrorKind::Unknown,
                    format!("`{name}` in `{}` is no {what} of the model", self.shown),
                );
                Err(match nearest(name, known.iter().copied()) {
                    Some(near) => error.remedy(format!("did you mean `{near}`?")),
                    None => error.remedy(format!("the model has {}", listed(known))),
                })
            }
        }
    }
}

fn listed(names: &[&str]) -> String {
    let mut names: Vec<String> = names.iter().map(|n| format!("`{n}`")).collect();
    names.sort();
    let more = names.len().saturating_sub(8);
    names.truncate(8);
    match (names.is_empty(), more) {
        (true, _) => "none".to_owned(),
        (_, 0) => names.join(", "),
        _ => format!("{} and {more} more", names.join(", ")),
    }
}

/// The shape of a tensor in files: complex ones end with (re, im).
fn shape_in_files(model: &Model, id: TensorId) -> Vec<u64> {
    let mut shape = model.shape(id);
    if model.tensor(id).field.width() == 2 {
        shape.push(2);
    }
    shape
}

/// Integers of a tensor that index an axis.
fn bounded(model: &Model, id: TensorId, values: &[f64], size: u64) -> Result<()> {
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

/// θ from a file: one tensor per parameter, flat in the order of [`Model::space`].
///
/// # Errors
/// A file that cannot be read or is no safetensors file; tensors that are missing, unknown, of
/// another shape, or not finite.
pub fn parameters(model: &Model, path: &Path) -> Result<Vec<f64>> {
    let file = File::read(path)?;
    let tensors = file.tensors()?;
    let known: Vec<&str> = model
        .parameters()
        .map(|id| model.tensor(id).name.as_str())
        .collect();
    let mut theta = Vec::new();
    for id in model.parameters() {
        theta.extend(file.entries(&tensors, &model.tensor(id).name, &shape_in_files(model, id))?);
    }
    file.nothing_else(&tensors, &known, "parameter")?;
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
            source: ConstantSource::File { path, key },
            index,
        } = &tensor.source
        else {
            continue;
        };
        let file = File::read(path).map_err(|e| e.at(tensor.span))?;
        let values = file
            .tensors()
            .and_then(|tensors| file.entries(&tensors, key, &shape_in_files(model, id)))
            .map_err(|e| e.at(tensor.span))?;
        if let Some(axis) = index {
            bounded(model, id, &values, model.axis_size(*axis))?;
        }
        found.insert(id, values);
    }
    Ok(found)
}

/// The sizes that a file of inputs decides: that of the sample axis, where the model declares one
/// (its size comes from the data, language §14).
///
/// # Errors
/// A file that cannot be read or is no safetensors file; inputs that are missing, or have another
/// number of axes.
pub fn sizes(model: &Model, path: &Path) -> Result<BTreeMap<String, u64>> {
    let Some(batch) = model.batch else {
        return Ok(BTreeMap::new());
    };
    let file = File::read(path)?;
    let tensors = file.tensors()?;
    for id in model.inputs() {
        let tensor = model.tensor(id);
        let Some(position) = tensor.axes.iter().position(|a| *a == batch) else {
            continue;
        };
        let view = file.view(&tensors, &tensor.name)?;
        let Some(size) = view.shape().get(position) else {
            return Err(Error::new(
                ErrorKind::Shape,
                format!(
                    "`{}` has {} axes, and the model declares {}",
                    tensor.name,
                    view.shape().len(),
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

/// Samples of the inputs: one tensor per input, the samples along its first axis; where the model
/// declares a sample axis, the tensors are one batch.
///
/// # Errors
/// As [`parameters`]; numbers of samples that differ.
pub fn inputs(model: &Model, path: &Path) -> Result<Vec<Inputs>> {
    let file = File::read(path)?;
    let tensors = file.tensors()?;
    let ids: Vec<TensorId> = model.inputs().collect();
    if ids.is_empty() {
        return Err(
            Error::new(ErrorKind::Unsupported, "the model has no inputs")
                .remedy("leave the file of inputs out"),
        );
    }
    let mut samples: Vec<Inputs> = Vec::new();
    for (number, id) in ids.iter().enumerate() {
        let (tensor, mut shape) = (model.tensor(*id), shape_in_files(model, *id));
        let values = if model.batch.is_some() {
            file.entries(&tensors, &tensor.name, &shape)?
        } else {
            let count = file
                .view(&tensors, &tensor.name)?
                .shape()
                .first()
                .copied()
                .unwrap_or(1) as u64;
            shape.insert(0, count);
            file.entries(&tensors, &tensor.name, &shape)?
        };
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
    let known: Vec<&str> = ids
        .iter()
        .map(|id| model.tensor(*id).name.as_str())
        .collect();
    file.nothing_else(&tensors, &known, "input")?;
    Ok(samples)
}

/// One tensor of a file, which must have this shape; other tensors in the file are of no concern.
///
/// # Errors
/// A file that cannot be read or is no safetensors file; a tensor that is missing, of another shape,
/// or not finite.
pub fn tensor(path: &Path, name: &str, shape: &[u64]) -> Result<Vec<f64>> {
    let file = File::read(path)?;
    let tensors = file.tensors()?;
    file.entries(&tensors, name, shape)
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

/// A named array to write: name, shape, entries.
pub type Named = (String, Vec<usize>, Vec<f64>);

/// Writes arrays in f64, all or nothing: the file appears when it is complete.
///
/// # Errors
/// If the folder cannot be written.
pub fn write(path: &Path, arrays: &[Named]) -> Result<()> {
    let shown = path.display();
    let failed = |e: String| Error::new(ErrorKind::File, format!("cannot write `{shown}`: {e}"));
    let bytes: Vec<Vec<u8>> = arrays
        .iter()
        .map(|a| a.2.iter().flat_map(|x| x.to_le_bytes()).collect())
        .collect();
    let mut views = Vec::new();
    for ((name, shape, _), data) in arrays.iter().zip(&bytes) {
        let view =
            TensorView::new(Dtype::F64, shape.clone(), data).map_err(|e| failed(e.to_string()))?;
        views.push((name.as_str(), view));
    }
    let text = safetensors::serialize(views, None).map_err(|e| failed(e.to_string()))?;
    let mut partial = path.as_os_str().to_owned();
    partial.push(format!(".{}.partial", std::process::id()));
    let partial = std::path::PathBuf::from(partial);
    std::fs::write(&partial, text)
        .and_then(|()| std::fs::rename(&partial, path))
        .inspect_err(|_| drop(std::fs::remove_file(&partial)))
        .map_err(|e| failed(e.to_string()))
}
