//! A file: where it is, or what is in it; its bytes once they are wanted, and the format that its name promises.

use super::{Named, bytes};
use crate::error::{Error, ErrorKind, Result};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A file of arrays or text: a place on the disk, which is read when something of it is wanted, or bytes in memory. Its name decides
/// the format (`.npy`, `.csv`, `.tsv`, safetensors otherwise) and stands in messages.
///
/// ```
/// use symbias_model::data::{File, read_array};
/// let table = File::of("x.csv", "1,2\n3,4\n");
/// assert_eq!(read_array(&table, None)?.entries, [1.0, 2.0, 3.0, 4.0]);
/// let arrays = File::arrays("theta", &[("w".into(), vec![2], vec![0.5, 1.5])])?;
/// assert_eq!(read_array(&arrays, Some("w"))?.shape, [2]);
/// # Ok::<(), symbias_model::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct File {
    place: Place,
    header: Option<bool>,
}

#[derive(Clone, PartialEq, Eq)]
enum Place {
    Disk(PathBuf),
    Memory {
        name: String,
        bytes: Arc<Vec<u8>>,
    },
    /// Of a folder in memory that has others: a mistake once it is read, as on the disk.
    Missing {
        name: String,
        others: Arc<str>,
    },
}

/// The name alone: what is in a file is no line of a message.
impl std::fmt::Debug for File {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "File({:?})", self.shown())
    }
}

impl From<&Path> for File {
    fn from(path: &Path) -> File {
        File::from(path.to_owned())
    }
}

impl From<PathBuf> for File {
    fn from(path: PathBuf) -> File {
        File {
            place: Place::Disk(path),
            header: None,
        }
    }
}

impl From<&PathBuf> for File {
    fn from(path: &PathBuf) -> File {
        File::from(path.clone())
    }
}

impl From<&File> for File {
    fn from(file: &File) -> File {
        file.clone()
    }
}

impl File {
    /// Bytes in memory, under a name.
    pub fn of(name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> File {
        let (name, bytes) = (name.into(), Arc::new(bytes.into()));
        File {
            place: Place::Memory { name, bytes },
            header: None,
        }
    }

    /// Arrays in memory, under a name for messages.
    ///
    /// # Errors
    /// Two arrays of one name; a number of entries that is not that of the shape.
    pub fn arrays(name: &str, arrays: &[Named]) -> Result<File> {
        Ok(File::of(name, bytes(arrays)?))
    }

    /// The same file, with or without names in the first row of its table; `None` leaves it to what the row looks like. Reading a
    /// file that is no table refuses `Some`.
    #[must_use]
    pub fn with_header(self, header: Option<bool>) -> File {
        File { header, ..self }
    }

    /// One that is not there, where there are others.
    pub(super) fn missing(name: &str, others: &str) -> File {
        let (name, others) = (name.to_owned(), others.into());
        File {
            place: Place::Missing { name, others },
            header: None,
        }
    }

    /// The name in messages.
    #[must_use]
    pub fn shown(&self) -> String {
        match &self.place {
            Place::Disk(path) => path.display().to_string(),
            Place::Memory { name, .. } | Place::Missing { name, .. } => name.clone(),
        }
    }

    /// Its place on the disk; `None` of what is in memory.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        match &self.place {
            Place::Disk(path) => Some(path),
            Place::Memory { .. } | Place::Missing { .. } => None,
        }
    }

    /// Whether its ending is that of a table.
    #[must_use]
    pub fn is_table(&self) -> bool {
        matches!(self.format(), Format::Csv(_))
    }

    /// What is in it.
    ///
    /// # Errors
    /// A path that leads to no regular file, or to one without a byte.
    pub fn bytes(&self) -> Result<Arc<Vec<u8>>> {
        self.load().map(|l| l.bytes)
    }

    pub(super) fn format(&self) -> Format {
        match &self.place {
            Place::Disk(path) => Format::of(path),
            Place::Memory { name, .. } | Place::Missing { name, .. } => Format::of(Path::new(name)),
        }
    }

    pub(super) fn load(&self) -> Result<Loaded> {
        let shown = self.shown();
        let bytes = match &self.place {
            Place::Disk(path) => Arc::new(read(path)?),
            Place::Memory { bytes, .. } => bytes.clone(),
            Place::Missing { name, others } => {
                return Err(
                    Error::new(ErrorKind::File, format!("no file `{name}` is given")).remedy(
                        format!("give it beside the text that names it: there are {others}"),
                    ),
                );
            }
        };
        if bytes.is_empty() {
            return Err(
                Error::new(ErrorKind::File, format!("`{shown}` has 0 bytes"))
                    .remedy("write it again: an array has at least one entry"),
            );
        }
        if self.header.is_some() && !self.is_table() {
            return Err(Error::new(
                ErrorKind::Value,
                format!("`header` beside `{shown}`, which is no table"),
            )
            .remedy("it is for .csv and .tsv: leave it out"));
        }
        Ok(Loaded {
            shown,
            bytes,
            header: self.header,
        })
    }
}

/// The bytes at a path.
fn read(path: &Path) -> Result<Vec<u8>> {
    let give = "give the path of a file of arrays: .safetensors, .npy, .csv or .tsv";
    regular(path, u64::MAX, give)
}

/// The first bytes of a regular file, so many at most (symbolic links are followed); `give` is the remedy where there is none.
pub(super) fn regular(path: &Path, most: u64, give: &str) -> Result<Vec<u8>> {
    let shown = path.display();
    let cannot = |e: std::io::Error| {
        Error::new(ErrorKind::File, format!("cannot read `{shown}`: {e}"))
            .remedy(give)
            .caused_by(e)
    };
    // Asked before opening: opening a pipe waits for its other end.
    let metadata = std::fs::metadata(path).map_err(cannot)?;
    if !metadata.is_file() {
        let what = if metadata.is_dir() {
            "is a directory"
        } else {
            "is no regular file"
        };
        return Err(Error::new(ErrorKind::File, format!("`{shown}` {what}")).remedy(give));
    }
    let mut bytes = Vec::new();
    // A file may be longer than memory.
    bytes
        .try_reserve_exact(metadata.len().min(most) as usize)
        .map_err(|_| cannot(std::io::ErrorKind::OutOfMemory.into()))?;
    std::fs::File::open(path)
        .and_then(|file| file.take(most).read_to_end(&mut bytes))
        .map_err(cannot)?;
    Ok(bytes)
}

/// A format of arrays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Safetensors,
    Npy,
    /// With its delimiter, if the ending tells it.
    Csv(Option<char>),
}

impl Format {
    /// By the ending, case ignored. Names decide and not contents, so that the same model file always asks for the same thing.
    fn of(path: &Path) -> Format {
        let ending = path.extension().and_then(|e| e.to_str()).unwrap_or("");
        match ending.to_ascii_lowercase().as_str() {
            "npy" => Format::Npy,
            "csv" => Format::Csv(None),
            "tsv" => Format::Csv(Some('\t')),
            _ => Format::Safetensors,
        }
    }
}

/// The bytes of a file and its name in messages.
pub(super) struct Loaded {
    pub shown: String,
    pub bytes: Arc<Vec<u8>>,
    /// Whether the first row of a table has names.
    pub header: Option<bool>,
}

impl Loaded {
    /// The error of an array without entries.
    pub fn without_entries(&self, what: &str) -> Error {
        Error::new(
            ErrorKind::Value,
            format!("{what} `{}` has 0 entries", self.shown),
        )
        .remedy("give at least one number: every axis has a size of 1 or more")
    }

    /// The error of an entry, by its row-major number.
    pub fn entry(&self, of: &str, bad: &super::number::Bad) -> Error {
        Error::new(
            ErrorKind::Value,
            format!("entry {} of {of} `{}` is {}", bad.at, self.shown, bad.value),
        )
        .remedy(bad.rule)
    }
}
