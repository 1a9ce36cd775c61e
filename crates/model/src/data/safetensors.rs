//! safetensors: a header of names, types and shapes, then the bytes of every tensor.

use super::file::Loaded;
use super::number::Type;
use super::{Array, foreign, listed, shown};
use crate::error::{Error, ErrorKind, Result, nearest};
use ::safetensors::{Dtype, SafeTensors, tensor::TensorView};

/// The tensors of a file, their header checked.
pub(super) struct Tensors<'a> {
    file: &'a Loaded,
    tensors: SafeTensors<'a>,
}

impl Loaded {
    pub fn tensors(&self) -> Result<Tensors<'_>> {
        let tensors = SafeTensors::deserialize(&self.bytes).map_err(|e| {
            let error = Error::new(
                ErrorKind::File,
                format!("`{}` is no safetensors file: {e}", self.shown),
            );
            match foreign::of(&self.bytes, &self.shown) {
                Some((what, remedy)) => error.context(&format!("it is {what}")).remedy(remedy),
                None => error.remedy(
                    "write it with a safetensors library: one tensor per parameter, f32 or f64",
                ),
            }
        })?;
        Ok(Tensors {
            file: self,
            tensors,
        })
    }
}

impl<'a> Tensors<'a> {
    pub fn names(&self) -> Vec<&str> {
        self.tensors.names()
    }

    /// The tensor of this name, or the only one.
    pub fn array(&self, key: Option<&str>) -> Result<Array> {
        let names = self.names();
        let name = match (key, names.as_slice()) {
            (Some(key), _) => key,
            (None, [only]) => only,
            (None, []) => return Err(self.file.without_entries("the file")),
            (None, _) => {
                return Err(Error::new(
                    ErrorKind::File,
                    format!("`{}` has {} tensors", self.file.shown, names.len()),
                )
                .remedy(format!("say which one by `key`: {}", listed(&names))));
            }
        };
        let view = self.view(name)?;
        Ok(Array {
            shape: view.shape().to_vec(),
            entries: self.numbers(name, &view)?,
        })
    }

    /// The entries of one tensor, which must have this shape.
    pub fn entries(&self, name: &str, shape: &[u64]) -> Result<Vec<f64>> {
        let view = self.view(name)?;
        let found: Vec<u64> = view.shape().iter().map(|n| *n as u64).collect();
        if found != shape {
            return Err(Error::new(
                ErrorKind::Shape,
                format!(
                    "{} in `{}` has shape {found:?}, and the model's has {shape:?}",
                    shown(name),
                    self.file.shown
                ),
            )
            .remedy(reshaped(&found, shape)));
        }
        self.numbers(name, &view)
    }

    /// A tensor of f64, whatever its numbers.
    pub fn recorded(&self, name: &str) -> Result<Array> {
        let view = self.view(name)?;
        if view.dtype() != Dtype::F64 {
            return Err(Error::new(
                ErrorKind::File,
                format!(
                    "{} in `{}` has type {:?}",
                    shown(name),
                    self.file.shown,
                    view.dtype()
                ),
            )
            .remedy("measurements are F64"));
        }
        Ok(Array {
            shape: view.shape().to_vec(),
            entries: Type::F64.decode(view.data(), false),
        })
    }

    /// The shape of one tensor.
    pub fn shape(&self, name: &str) -> Result<Vec<usize>> {
        Ok(self.view(name)?.shape().to_vec())
    }

    fn view(&self, name: &str) -> Result<TensorView<'a>> {
        self.tensors.tensor(name).map_err(|_| {
            let names = self.names();
            let error = Error::new(
                ErrorKind::File,
                format!("`{}` has no tensor {}", self.file.shown, shown(name)),
            );
            match nearest(name, names.iter().copied()) {
                Some(near) => error.remedy(format!("it has {}", shown(near))),
                None => error.remedy(format!("it has {}", listed(&names))),
            }
        })
    }

    fn numbers(&self, name: &str, view: &TensorView<'_>) -> Result<Vec<f64>> {
        let kind = match view.dtype() {
            Dtype::F64 => Type::F64,
            Dtype::F32 => Type::F32,
            Dtype::F16 => Type::F16,
            Dtype::BF16 => Type::BF16,
            Dtype::I64 => Type::I64,
            Dtype::I32 => Type::I32,
            Dtype::I16 => Type::I16,
            Dtype::I8 => Type::I8,
            Dtype::U64 => Type::U64,
            Dtype::U32 => Type::U32,
            Dtype::U16 => Type::U16,
            Dtype::U8 => Type::U8,
            Dtype::BOOL => Type::Bool,
            other => {
                return Err(Error::new(
                    ErrorKind::File,
                    format!(
                        "{} in `{}` has type {other:?}",
                        shown(name),
                        self.file.shown
                    ),
                )
                .remedy("save it as F64, F32, F16, BF16, BOOL or integers"));
            }
        };
        let values = kind.decode(view.data(), false);
        if values.is_empty() {
            return Err(self.file.without_entries(&format!("{} in", shown(name))));
        }
        match kind.bad(&values) {
            Some(bad) => Err(self.file.entry(&format!("{} in", shown(name)), &bad)),
            None => Ok(values),
        }
    }

    /// A tensor in the file that the model does not have is a mistake.
    pub fn nothing_else(&self, known: &[&str], what: &str) -> Result<()> {
        let extra = self.names().into_iter().find(|n| !known.contains(n));
        match extra {
            None => Ok(()),
            Some(name) => {
                let error = Error::new(
                    ErrorKind::Unknown,
                    format!(
                        "{} in `{}` is no {what} of the model",
                        shown(name),
                        self.file.shown
                    ),
                );
                Err(match nearest(name, known.iter().copied()) {
                    Some(near) => error.remedy(format!("did you mean `{near}`?")),
                    None => error.remedy(format!("the model has {}", listed(known))),
                })
            }
        }
    }
}

/// What to do about a shape that is not the one wanted.
fn reshaped(found: &[u64], wanted: &[u64]) -> String {
    let squeezed =
        |shape: &[u64]| -> Vec<u64> { shape.iter().copied().filter(|n| *n != 1).collect() };
    if squeezed(found) != squeezed(wanted) {
        return "axes stand in declared order; complex tensors end with an axis (re, im)".into();
    }
    let axes: Vec<String> = wanted.iter().map(u64::to_string).collect();
    let (list, what) = match wanted.is_empty() {
        true => ("()".to_owned(), "a single number has no axes"),
        false => (axes.join(", "), "they differ in axes of size 1"),
    };
    format!("{what}: save it after reshape({list})")
}
