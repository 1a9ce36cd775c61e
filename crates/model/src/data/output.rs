//! Files appear whole: written beside their place, to the disk, and moved there.
//!
//! What stands at the place decides how. A regular file is replaced and keeps its mode and owner; a symbolic link keeps pointing,
//! and what it points at is replaced; a device, a pipe or a socket takes the bytes and stays what it is.

use crate::error::{Error, ErrorKind, Result};
use std::fs::{File, Metadata, OpenOptions};
use std::io::{ErrorKind as Io, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// The ending of what is not complete.
const PARTIAL: &str = "partial";
/// Links that are followed, as many as common systems do.
const LINKS: usize = 40;

/// A file that is complete on the disk, and not yet at its place. Dropped, it leaves nothing.
#[derive(Debug)]
pub struct Staged {
    place: PathBuf,
    how: How,
}

#[derive(Debug)]
enum How {
    /// The file beside the place.
    Beside(PathBuf),
    /// The bytes that go through what stands at the place.
    Through(Vec<u8>),
    Done,
}

/// Writes a file all or nothing: at any time, also after a loss of power, the place holds the old file or the new one.
///
/// # Errors
/// As [`stage`].
pub fn write_bytes(path: &Path, bytes: &[u8]) -> Result<()> {
    stage(path, bytes)?.commit()
}

/// Writes a file beside its place, so that several can appear together.
///
/// # Errors
/// A place that is a folder, is protected or cannot be written; what was there is then as it was.
pub fn stage(path: &Path, bytes: &[u8]) -> Result<Staged> {
    let failed = |e: std::io::Error| cannot(path, e);
    let place = followed(path).map_err(failed)?;
    let there = std::fs::metadata(&place).ok();
    let how = match &there {
        Some(m) if m.is_dir() => {
            return Err(Error::new(
                ErrorKind::File,
                format!("cannot write `{}`: it is a folder", path.display()),
            )
            .remedy("give the name of a file"));
        }
        Some(m) if m.permissions().readonly() => {
            return Err(Error::new(
                ErrorKind::File,
                format!("cannot write `{}`: it is write-protected", path.display()),
            )
            .remedy("give another place, or take the protection away"));
        }
        Some(m) if !m.is_file() => How::Through(bytes.to_vec()),
        _ => How::Beside(beside(&place, bytes, there.as_ref()).map_err(failed)?),
    };
    Ok(Staged { place, how })
}

impl Staged {
    /// Moves it to its place.
    ///
    /// # Errors
    /// A place that has changed since.
    pub fn commit(mut self) -> Result<()> {
        let done = match &self.how {
            How::Beside(partial) => std::fs::rename(partial, &self.place),
            How::Through(bytes) => OpenOptions::new()
                .write(true)
                .open(&self.place)
                .and_then(|mut file| file.write_all(bytes).and_then(|()| file.flush())),
            How::Done => Ok(()),
        };
        done.map_err(|e| cannot(&self.place, e))?;
        if matches!(self.how, How::Beside(_)) {
            sync_folder_of(&self.place);
        }
        self.how = How::Done;
        Ok(())
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        if let How::Beside(partial) = &self.how {
            drop(std::fs::remove_file(partial));
        }
    }
}

/// Removes from a folder what a killed process has left beside places in it. Only for a folder that no other process writes to.
pub fn sweep(folder: &Path) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if is_left(&entry.file_name().to_string_lossy()) {
            drop(std::fs::remove_file(entry.path()));
        }
    }
}

/// Whether a name is one that a file has before it is complete: `NAME.PROCESS-NUMBER.partial`.
#[must_use]
pub fn is_left(name: &str) -> bool {
    let mut pieces = name.rsplitn(3, '.');
    let (ending, number, own) = (pieces.next(), pieces.next(), pieces.next());
    let digits = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
    let numbered = number
        .and_then(|n| n.split_once('-'))
        .is_some_and(|(process, n)| digits(process) && digits(n));
    ending == Some(PARTIAL) && numbered && own.is_some()
}

/// The error of a place that cannot be written.
#[must_use]
pub fn cannot(path: &Path, error: std::io::Error) -> Error {
    let remedy = match error.kind() {
        Io::StorageFull | Io::QuotaExceeded | Io::FileTooLarge => {
            "free space, or give a place with more of it"
        }
        Io::NotFound => "make the folder first, or give another place",
        _ => "give a place that can be written",
    };
    Error::new(
        ErrorKind::File,
        format!("cannot write `{}`: {error}", path.display()),
    )
    .remedy(remedy)
    .caused_by(error)
}

/// Where symbolic links lead; the last need not exist.
fn followed(path: &Path) -> std::io::Result<PathBuf> {
    let mut place = path.to_owned();
    for _ in 0..LINKS {
        match std::fs::read_link(&place) {
            Ok(to) => place = place.parent().map_or(to.clone(), |p| p.join(&to)),
            Err(_) => return Ok(place),
        }
    }
    Err(std::io::Error::other("too many symbolic links"))
}

/// Names of one process and the next number, so that threads do not meet.
fn beside(place: &Path, bytes: &[u8], there: Option<&Metadata>) -> std::io::Result<PathBuf> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let (partial, mut file) = loop {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let mut name = place.as_os_str().to_owned();
        name.push(format!(".{}-{number}.{PARTIAL}", std::process::id()));
        let partial = PathBuf::from(name);
        match OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&partial)
        {
            Ok(file) => break (partial, file),
            // A killed process of the same number has left it.
            Err(e) if e.kind() == Io::AlreadyExists => {}
            Err(e) => return Err(e),
        }
    };
    let mut write = || {
        file.write_all(bytes)?;
        if let Some(there) = there {
            #[cfg(unix)]
            {
                use std::os::unix::fs::{MetadataExt, fchown};
                // Only some may give files away; then it is as one newly written.
                let _ = fchown(&file, Some(there.uid()), Some(there.gid()));
            }
            file.set_permissions(there.permissions())?;
        }
        file.sync_all()
    };
    write().inspect_err(|_| drop(std::fs::remove_file(&partial)))?;
    Ok(partial)
}

/// The name is an entry of the folder, which some systems cannot open or sync; the file is whole either way.
fn sync_folder_of(place: &Path) {
    let folder = match place.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let _ = File::open(folder).and_then(|f| f.sync_all());
}

#[cfg(test)]
mod tests {
    use super::is_left;

    #[test]
    fn only_names_of_our_own_are_swept() {
        assert!(is_left("samples.safetensors.1234-0.partial"));
        for name in ["thesis.partial", "a.1-.partial", "1-1.partial", "a.1-1.txt"] {
            assert!(!is_left(name), "{name}");
        }
    }
}
