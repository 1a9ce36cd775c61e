//! Results as safetensors.

use super::{output, shown};
use crate::error::{Error, ErrorKind, Result};
use ::safetensors::{Dtype, tensor::TensorView};
use std::path::Path;

/// A named array to write: name, shape, entries.
pub type Named = (String, Vec<usize>, Vec<f64>);

/// Entries to write, row-major, in the type that they are written in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Entries<'a> {
    /// As F64.
    F64(&'a [f64]),
    /// As F32.
    F32(&'a [f32]),
}

impl<'a> From<&'a [f64]> for Entries<'a> {
    fn from(entries: &'a [f64]) -> Entries<'a> {
        Entries::F64(entries)
    }
}

impl<'a> From<&'a [f32]> for Entries<'a> {
    fn from(entries: &'a [f32]) -> Entries<'a> {
        Entries::F32(entries)
    }
}

impl Entries<'_> {
    fn bytes(self) -> (Dtype, Vec<u8>) {
        match self {
            Entries::F64(x) => (Dtype::F64, x.iter().flat_map(|x| x.to_le_bytes()).collect()),
            Entries::F32(x) => (Dtype::F32, x.iter().flat_map(|x| x.to_le_bytes()).collect()),
        }
    }

    fn len(self) -> usize {
        match self {
            Entries::F64(x) => x.len(),
            Entries::F32(x) => x.len(),
        }
    }
}

/// Writes arrays in f64.
///
/// # Errors
/// As [`write_arrays`].
pub fn write(path: &Path, arrays: &[Named]) -> Result<()> {
    let bytes =
        bytes(arrays).map_err(|e| e.context(&format!("cannot write `{}`", path.display())))?;
    output::write_bytes(path, &bytes)
}

/// The file of arrays in f64.
///
/// # Errors
/// Two arrays of one name, entries that do not fill their shape.
pub fn bytes(arrays: &[Named]) -> Result<Vec<u8>> {
    let borrowed: Vec<_> = arrays
        .iter()
        .map(|(name, shape, entries)| (name.as_str(), shape.as_slice(), Entries::F64(entries)))
        .collect();
    serialized(&borrowed)
}

/// Writes arrays, named and distinct. The same arrays in any order give the same bytes.
///
/// # Errors
/// Two arrays of one name, entries that do not fill their shape, or a folder that cannot be written; a file that was there before
/// is then as it was.
pub fn write_arrays(path: &Path, arrays: &[(&str, &[usize], Entries<'_>)]) -> Result<()> {
    let bytes =
        serialized(arrays).map_err(|e| e.context(&format!("cannot write `{}`", path.display())))?;
    output::write_bytes(path, &bytes)
}

fn serialized(arrays: &[(&str, &[usize], Entries<'_>)]) -> Result<Vec<u8>> {
    let failed = |e: String| Error::new(ErrorKind::File, e);
    let mut bytes = Vec::new();
    for (number, (name, shape, entries)) in arrays.iter().enumerate() {
        if arrays[..number].iter().any(|(other, ..)| other == name) {
            return Err(failed(format!("two arrays are named {}", shown(name)))
                .remedy("names of arrays in a file are distinct"));
        }
        let count = shape
            .iter()
            .try_fold(1usize, |n, size| n.checked_mul(*size));
        if count != Some(entries.len()) {
            let message = format!(
                "{} of shape {shape:?} has {} entries",
                shown(name),
                entries.len()
            );
            return Err(failed(message).remedy("give as many entries as the shape has"));
        }
        bytes.push(entries.bytes());
    }
    let mut views = Vec::new();
    for ((name, shape, _), (kind, data)) in arrays.iter().zip(&bytes) {
        let view =
            TensorView::new(*kind, shape.to_vec(), data).map_err(|e| failed(e.to_string()))?;
        views.push((*name, view));
    }
    ::safetensors::serialize(views, None).map_err(|e| failed(e.to_string()))
}
