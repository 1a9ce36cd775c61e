//! The files of a run in its folder: put there, or found there as they were.

use super::record::make_folder;
use std::path::Path;
use symbias_model::data::output::write_bytes;
use symbias_model::error::{Error, Result};

/// Writes what is missing of some files. All are looked at before one is written.
///
/// # Errors
/// A file that is there with other bytes, as `other` says it; a place that cannot be written.
pub(crate) fn unpack<'a>(
    folder: &Path,
    files: impl Iterator<Item = (&'a Path, &'a [u8])>,
    other: impl Fn(&Path) -> Error,
) -> Result<()> {
    let mut missing = Vec::new();
    for (name, bytes) in files {
        let path = folder.join(name);
        match std::fs::read(&path) {
            Ok(there) if there == bytes => {}
            Ok(_) => return Err(other(&path)),
            Err(_) => missing.push((path, bytes)),
        }
    }
    for (path, bytes) in missing {
        make_folder(path.parent().unwrap_or(folder))?;
        write_bytes(&path, bytes)?;
    }
    Ok(())
}
