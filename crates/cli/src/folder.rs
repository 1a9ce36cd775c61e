//! Results of several files appear all together, or not at all.

use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use symbias::model::data::output::stage;

/// A name beside a path, for what is not yet complete.
fn unfinished(path: &Path) -> PathBuf {
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned());
    path.with_file_name(format!(
        ".{}.unfinished-{}",
        name.unwrap_or_default(),
        std::process::id()
    ))
}

/// The parent of a path that is to be written, which must be there.
fn parent(path: &Path) -> Result<()> {
    let parent = path.parent().filter(|p| !p.as_os_str().is_empty());
    match parent {
        Some(p) if !p.is_dir() => bail!(
            "there is no folder `{}`\n  help: make it, or write elsewhere with -o",
            p.display()
        ),
        _ => Ok(()),
    }
}

/// Whether a new folder can be written there; before anything is computed.
pub(crate) fn is_free(folder: &Path) -> Result<()> {
    parent(folder)?;
    if folder.file_name().is_none() {
        bail!("-o {}: give the name of a new folder", folder.display());
    }
    if folder.symlink_metadata().is_ok() {
        bail!(
            "`{}` is there already\n  help: give another name with -o, or remove it: nothing is overwritten",
            folder.display()
        );
    }
    Ok(())
}

/// A new folder: filled under another name, and renamed when it is complete.
pub(crate) fn write_folder(folder: &Path, fill: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
    is_free(folder)?;
    let own = unfinished(folder);
    let failed = || format!("cannot write `{}`", folder.display());
    std::fs::create_dir(&own).with_context(failed)?;
    let done = fill(&own).and_then(|()| {
        is_free(folder)?;
        std::fs::rename(&own, folder).with_context(failed)
    });
    if done.is_err() {
        // The first error says more than one of the cleaning.
        let _ = std::fs::remove_dir_all(&own);
    }
    done
}

/// Several files: each is complete beside its place before the first is moved there.
pub(crate) fn write_files(files: &[(&Path, &[u8])]) -> Result<()> {
    let staged = files
        .iter()
        .map(|(path, bytes)| stage(path, bytes))
        .collect::<Result<Vec<_>, _>>()?;
    for file in staged {
        file.commit()?;
    }
    Ok(())
}
