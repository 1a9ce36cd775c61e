//! Results as safetensors, all or nothing: the file appears when it is complete and on the disk.

use super::shown;
use crate::error::{Error, ErrorKind, Result};
use ::safetensors::{Dtype, tensor::TensorView};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

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
    let borrowed: Vec<_> = arrays
        .iter()
        .map(|(name, shape, entries)| (name.as_str(), shape.as_slice(), Entries::F64(entries)))
        .collect();
    write_arrays(path, &borrowed)
}

/// Writes arrays, named and distinct. The same arrays in any order give the same bytes.
///
/// # Errors
/// Two arrays of one name, entries that do not fill their shape, or a folder that cannot be written; a file that was there before
/// is then as it was.
pub fn write_arrays(path: &Path, arrays: &[(&str, &[usize], Entries<'_>)]) -> Result<()> {
    let failed = |e: String| {
        Error::new(
            ErrorKind::File,
            format!("cannot write `{}`: {e}", path.display()),
        )
    };
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
    let file = ::safetensors::serialize(views, None).map_err(|e| failed(e.to_string()))?;
    replace(path, &file).map_err(|e| failed(e.to_string()))
}

/// A file beside `path` that takes its place when it is complete: at any time, also after a loss of power, `path` is the old file
/// or the new one.
fn replace(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let mut partial = path.as_os_str().to_owned();
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    partial.push(format!(".{}-{number}.partial", std::process::id()));
    let partial = PathBuf::from(partial);
    let write = || {
        let mut file = std::fs::File::options()
            .write(true)
            .create_new(true)
            .open(&partial)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&partial, path)
    };
    write().inspect_err(|_| drop(std::fs::remove_file(&partial)))?;
    // The name is an entry of the folder, which some systems cannot open or sync; the file is whole either way.
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let _ = std::fs::File::open(folder).and_then(|f| f.sync_all());
    Ok(())
}
