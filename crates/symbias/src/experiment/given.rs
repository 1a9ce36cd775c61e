//! Arrays that figures compare with: read from files once, kept in the record.

use super::plan::below;
use super::spec::Spec;
use std::collections::BTreeMap;
use std::path::Path;
use symbias_model::data;
use symbias_model::error::Result;

/// All arrays of the table `given`, by name.
///
/// # Errors
/// A file that cannot be read, or that is outside of the folder.
pub(super) fn read(spec: &Spec, folder: &Path) -> Result<BTreeMap<String, Vec<f64>>> {
    let one = |(name, place): (&String, &super::spec::FileSpec)| {
        let array = below(folder, &place.path)
            .and_then(|path| data::read_array(&path, place.key.as_deref()))
            .map_err(|e| e.context(&format!("given `{name}`")))?;
        Ok((name.clone(), array.entries))
    };
    spec.given.iter().map(one).collect()
}

/// Whether they can be read.
///
/// # Errors
/// As [`read`].
pub(super) fn check(spec: &Spec, folder: &Path) -> Result<()> {
    read(spec, folder).map(drop)
}
