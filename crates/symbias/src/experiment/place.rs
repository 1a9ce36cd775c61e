//! What stands in the folder of a record, and what may be done there.
//!
//! Checkpoints lie below the folder `partial` from the first step until everything is written, the figures too: where it stands,
//! something is left to do.

use super::figures::FIGURES;
use super::hold::LOCK;
use super::record::{RECORD, SAMPLES, make_folder};
use std::path::Path;
use std::time::Duration;
use symbias_model::data::output;
use symbias_model::error::{Error, ErrorKind, Result};

/// The folder of checkpoints in that of a record.
pub(super) const PARTIAL: &str = "partial";
/// An empty folder while `join` is at work, which appears and goes at once: what it leaves is made again from the shards.
const JOINING: &str = "joining";

/// Looks at a folder that is not understood, and the time between them.
const LOOKS: u32 = 50;
const PAUSE: Duration = Duration::from_millis(2);

/// What is in a folder; nothing where it is not there.
fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let name = |e: std::fs::DirEntry| e.file_name().to_string_lossy().into_owned();
    entries.map(name).collect()
}

/// How far a folder is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Nothing is there.
    Free,
    /// A run that has not come to its record.
    Interrupted,
    /// A record whose figures are not all drawn.
    Undrawn,
    /// A record with everything.
    Finished,
    /// A join that did not come to its end.
    Joining,
}

fn exists(out: &Path, remedy: &str) -> Error {
    Error::new(ErrorKind::File, format!("`{}` exists", out.display())).remedy(remedy)
}

impl Place {
    /// Looks at a folder.
    ///
    /// # Errors
    /// A file; a folder with files of somebody else.
    pub fn of(out: &Path) -> Result<Place> {
        if out.is_file() {
            return Err(exists(out, "name a folder"));
        }
        // Another process may be at work there, which is known only when the folder is taken: a listing that is of two moments
        // names files of ours without the one that says how far they are.
        for _ in 0..LOOKS {
            let names = names(out);
            let has = |name: &str| names.iter().any(|n| n == name);
            if has(JOINING) {
                return Ok(Place::Joining);
            }
            if has(PARTIAL) {
                return Ok(match has(RECORD) {
                    true => Place::Undrawn,
                    false => Place::Interrupted,
                });
            }
            if has(RECORD) {
                return Ok(Place::Finished);
            }
            let passing = |name: &String| name == LOCK || output::is_left(name);
            if names.iter().all(passing) {
                return Ok(Place::Free);
            }
            let ours = |name: &String| passing(name) || name == SAMPLES || name == FIGURES;
            if !names.iter().all(ours) {
                break;
            }
            std::thread::sleep(PAUSE);
        }
        Err(exists(out, "it holds other files: name a new folder"))
    }

    /// Whether a run may go on here.
    ///
    /// # Errors
    /// What is there, and how to go on.
    pub fn admits_run(self, out: &Path, resume: bool) -> Result<()> {
        let refuse = |remedy: &str| Err(exists(out, remedy));
        match self {
            Place::Free => Ok(()),
            Place::Joining => {
                refuse("it holds an unfinished join: join the shards again, or name another folder")
            }
            _ if resume => Ok(()),
            Place::Interrupted => {
                refuse("it holds an interrupted run: go on with --resume, or name another folder")
            }
            Place::Undrawn => refuse(
                "it holds a record whose figures are not drawn: go on with --resume, or name another folder",
            ),
            Place::Finished => {
                refuse("it holds a finished record: name another folder, or remove it")
            }
        }
    }

    /// Whether shards may be joined here.
    ///
    /// # Errors
    /// What is there.
    pub fn admits_join(self, out: &Path) -> Result<()> {
        match self {
            Place::Free | Place::Joining => Ok(()),
            Place::Finished => Err(exists(
                out,
                "it holds a finished record: name another folder, or remove it",
            )),
            Place::Interrupted | Place::Undrawn => Err(exists(
                out,
                "it holds a run that is not finished: give the join another folder",
            )),
        }
    }
}

/// Makes the folder of checkpoints, and takes away what a kill has left half written.
///
/// # Errors
/// A place that cannot be written.
pub(super) fn begin(out: &Path) -> Result<()> {
    swept(out);
    make_folder(&out.join(PARTIAL))
}

/// As [`begin`], for a join.
///
/// # Errors
/// A place that cannot be written.
pub(super) fn begin_join(out: &Path) -> Result<()> {
    swept(out);
    make_folder(&out.join(JOINING))
}

fn swept(out: &Path) {
    output::sweep(out);
    output::sweep(&out.join(FIGURES));
}

/// Everything is written: the checkpoints go.
///
/// # Errors
/// A folder that cannot be removed.
pub(super) fn end(out: &Path) -> Result<()> {
    let (partial, joining) = (out.join(PARTIAL), out.join(JOINING));
    let removed = match joining.is_dir() {
        true => std::fs::remove_dir(&joining),
        false => std::fs::remove_dir_all(&partial),
    };
    removed.map_err(|e| {
        let text = format!("cannot remove `{}`: {e}", partial.display());
        Error::new(ErrorKind::File, text)
            .remedy("the record is complete: remove the folder of checkpoints by hand")
    })
}

/// Removes the folders of a run that failed before it had anything to keep.
pub(super) fn without_checkpoints(out: &Path) {
    let partial = out.join(PARTIAL);
    // Only empty folders can be removed like this.
    for arm in std::fs::read_dir(&partial).into_iter().flatten().flatten() {
        drop(std::fs::remove_dir(arm.path()));
    }
    drop(std::fs::remove_dir(&partial));
}
