//! One process at a time in a folder: an advisory lock that the system takes away with the process, however that ends.

use super::record::make_folder;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use symbias_model::data::output;
use symbias_model::error::{Error, ErrorKind, Result};

/// Whether a folder is not there, or nothing but a lock is in it.
pub(crate) fn is_empty(folder: &Path) -> bool {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    !folder.is_file() && entries.map(|e| e.file_name()).all(|name| *name == *LOCK)
}

/// The file that is locked; it holds the number of the process, for a message.
pub(super) const LOCK: &str = "lock";

/// A folder that is this process's until it is dropped.
#[derive(Debug)]
pub(crate) struct Hold {
    path: PathBuf,
    _locked: File,
}

impl Hold {
    /// Takes a folder, and makes it if it is not there.
    ///
    /// # Errors
    /// A folder that another process holds; one that cannot be written or locked.
    pub fn take(folder: &Path) -> Result<Hold> {
        make_folder(folder)?;
        let path = folder.join(LOCK);
        loop {
            let mut file = OpenOptions::new()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .open(&path)
                .map_err(|e| output::cannot(&path, e))?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Err(taken(folder, &mut file)),
                Err(TryLockError::Error(e)) => {
                    let text = format!("cannot lock `{}`: {e}", path.display());
                    return Err(Error::new(ErrorKind::File, text)
                        .remedy("give a folder of a file system that has locks, a local one"));
                }
            }
            // The one that held it may have removed the file between the two calls: then the lock is of nothing.
            if is_at(&file, &path) {
                let number = format!("{}\n", std::process::id());
                file.set_len(0)
                    .and_then(|()| file.write_all(number.as_bytes()))
                    .map_err(|e| output::cannot(&path, e))?;
                return Ok(Hold {
                    path,
                    _locked: file,
                });
            }
        }
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        // Before the lock goes with the file, so that nobody has locked what is removed.
        drop(std::fs::remove_file(&self.path));
    }
}

fn taken(folder: &Path, file: &mut File) -> Error {
    let mut by = String::new();
    let number: Option<u32> = file
        .read_to_string(&mut by)
        .ok()
        .and_then(|_| by.trim().parse().ok());
    let process = number.map_or(String::new(), |n| format!(" (process {n})"));
    Error::new(
        ErrorKind::File,
        format!("`{}` is in use by another run{process}", folder.display()),
    )
    .remedy("wait until it ends, or name another folder; nothing was changed")
}

/// Whether an open file is the one at a path.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let of = |m: std::fs::Metadata| (m.dev(), m.ino());
    match (file.metadata(), std::fs::metadata(path)) {
        (Ok(own), Ok(there)) => of(own) == of(there),
        _ => false,
    }
}

/// Elsewhere a file that is open is not removed.
#[cfg(not(unix))]
fn is_at(_: &File, path: &Path) -> bool {
    path.exists()
}
