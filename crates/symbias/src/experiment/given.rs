//! Arrays of files that an experiment names: those of its data, and those that figures compare with, kept in the record.

use super::spec::{FileSpec, Spec};
use std::collections::BTreeMap;
use symbias_model::data::{self, Folder, Reading};
use symbias_model::error::{Error, ErrorKind, Result};

/// One array, its rows if some are chosen.
///
/// # Errors
/// A file that cannot be read, or that is outside of the folder; rows that it has not.
pub(super) fn array(folder: &Folder, place: &FileSpec) -> Result<Reading> {
    let file = folder.file(&place.path)?.with_header(place.header);
    let mut found = data::read(file, place.key.as_deref())?;
    let Some((from, to)) = place.rows else {
        return Ok(found);
    };
    let rows = found.array.shape.first().copied().unwrap_or(0);
    if from >= to || to > rows {
        return Err(Error::new(
            ErrorKind::Value,
            format!("rows [{from}, {to}] of `{}`, which has {rows}", place.path),
        )
        .remedy("give the first row, from 0, and one past the last"));
    }
    let each = found.array.entries.len() / rows;
    found.array.entries = found.array.entries[from * each..to * each].to_vec();
    found.array.shape[0] = to - from;
    found.table = found
        .table
        .map(|t| format!("{t}, rows {from} to {}", to - 1));
    Ok(found)
}

/// All arrays of the table `given`, by name.
///
/// # Errors
/// As [`array`].
pub(super) fn read(spec: &Spec, folder: &Folder) -> Result<BTreeMap<String, Vec<f64>>> {
    let one = |(name, place): (&String, &FileSpec)| {
        let found = array(folder, place).map_err(|e| e.context(&format!("given `{name}`")))?;
        Ok((name.clone(), found.array.entries))
    };
    spec.given.iter().map(one).collect()
}

/// Whether they can be read.
///
/// # Errors
/// As [`read`].
pub(super) fn check(spec: &Spec, folder: &Folder) -> Result<()> {
    read(spec, folder).map(drop)
}
