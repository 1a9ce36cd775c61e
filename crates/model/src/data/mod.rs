//! Files of arrays: parameters, samples of inputs, constants; and results.
//!
//! One function reads any [`File`] of them, on the disk or in memory, [`read_array`]: a shape and finite entries in row-major order, or an error that names the place.
//! One file per format: `safetensors` (named tensors), `npy` (one array as NumPy saves it) and `csv` (columns of
//! numbers). `roles` says what a model takes from files, `rows` how arrays without names are those of a model, `foreign` what to do
//! with other formats, `write` writes results, `output` puts files in their places. Files are taken for hostile: nothing is
//! allocated that the file's own length does not bound, and no bytes make a panic.

mod csv;
mod file;
mod folder;
mod foreign;
mod npy;
mod number;
pub mod output;
mod roles;
mod rows;
mod safetensors;
mod samples;
mod text;
mod write;

pub use file::File;
pub use folder::Folder;
pub use roles::{constants, named, parameters, tensor};
pub use samples::{inputs, sizes};
pub use text::{LARGEST, read_text};
pub use write::{Entries, Named, bytes, write, write_arrays};

use crate::error::Result;
use file::Format;
use std::collections::BTreeMap;

/// An array of a file. Entries are finite; complex ones are two, (re, im), the last axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    /// Sizes of the axes; none for a single number.
    pub shape: Vec<usize>,
    /// Entries, row-major.
    pub entries: Vec<f64>,
}

/// An array, and of a table what was taken for what.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// The array.
    pub array: Array,
    /// `d.csv: 4 rows x 3 columns, names in the first row`; `None` of other files.
    pub table: Option<String>,
}

/// An array of a file, whose format is told by its ending: `.npy`, `.csv`, `.tsv`, and safetensors otherwise.
///
/// - safetensors: `key` is the name of the tensor, needed if there are several;
/// - NPY: holds one array and takes no `key`;
/// - CSV: `key` is the name of a column, a vector; without it all columns, a matrix (a single column is a vector).
///
/// # Errors
/// A file that cannot be read or is not what its ending says; a key that is missing or unknown; no entries, or one that is no
/// finite number (integers: not exact in f64).
pub fn read_array(file: impl Into<File>, key: Option<&str>) -> Result<Array> {
    read(file, key).map(|r| r.array)
}

/// As [`read_array`], with what a person should be told of it.
///
/// # Errors
/// As [`read_array`].
pub fn read(file: impl Into<File>, key: Option<&str>) -> Result<Reading> {
    let file = file.into();
    let format = file.format();
    let file = file.load()?;
    let plain = |array| Reading { array, table: None };
    match format {
        Format::Csv(delimiter) => csv::table(&file, key, delimiter).map(csv::Table::reading),
        Format::Safetensors => file.tensors()?.array(key).map(plain),
        Format::Npy => npy::array(&file, key).map(plain),
    }
}

/// All tensors of a safetensors file of measurements, in which numbers that are not finite are data, too.
///
/// # Errors
/// A file that cannot be read, is no safetensors file, or has tensors that are not f64.
pub fn read_recorded(file: impl Into<File>) -> Result<BTreeMap<String, Array>> {
    read_checked(file, |_| ()).map(|found| found.0)
}

/// As [`read_recorded`], with what a function makes of the bytes: a checksum.
///
/// # Errors
/// As [`read_recorded`].
pub fn read_checked<X>(
    file: impl Into<File>,
    of: impl Fn(&[u8]) -> X,
) -> Result<(BTreeMap<String, Array>, X)> {
    let file = file.into().load()?;
    let tensors = file.tensors()?;
    let each = tensors
        .names()
        .into_iter()
        .map(|name| Ok((name.to_owned(), tensors.recorded(name)?)));
    Ok((each.collect::<Result<_>>()?, of(&file.bytes)))
}

/// Names for a message: sorted, at most eight.
fn listed(names: &[&str]) -> String {
    let mut names: Vec<String> = names.iter().map(|n| shown(n)).collect();
    names.sort();
    let more = names.len().saturating_sub(8);
    names.truncate(8);
    match (names.is_empty(), more) {
        (true, _) => "none".to_owned(),
        (_, 0) => names.join(", "),
        _ => format!("{} and {more} more", names.join(", ")),
    }
}

/// A piece of a file for a message: in quotes, one line, short.
fn shown(text: &str) -> String {
    let mut cut: String = text.chars().take(60).collect();
    if cut.len() < text.len() {
        cut.push('…');
    }
    let printable: String = cut
        .chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect();
    format!("`{printable}`")
}
