//! Where the files lead that a text names: a folder of the disk, or files in memory.

use super::File;
use crate::error::{Error, ErrorKind, Result};
use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

/// A folder of files that a model, a design or an experiment may name. No name leads out of it.
///
/// ```
/// use symbias_model::data::Folder;
/// use symbias_model::language::{Copies, SourceFile};
/// let folder = Folder::memory([("data/x.csv", "1\n2\n")])?;
/// let text = r#"
///     symbias = 1
///     outputs = ["y"]
///     axes = { n = 2 }
///     program = "y[n] = w * x[n]"
///     parameters = { w = [] }
///     constants = { x = { axes = ["n"], file = "data/x.csv" } }
/// "#;
/// let model = SourceFile::parse(text, folder)?.check(Copies::All)?;
/// assert_eq!(model.parameter_count(), 1);
/// # Ok::<(), symbias_model::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Folder(Where);

#[derive(Clone, Debug)]
enum Where {
    Disk(PathBuf),
    Memory(Arc<BTreeMap<PathBuf, File>>),
}

/// Nothing is in it.
impl Default for Folder {
    fn default() -> Folder {
        Folder(Where::Memory(Arc::default()))
    }
}

impl From<&Path> for Folder {
    fn from(path: &Path) -> Folder {
        Folder(Where::Disk(path.to_owned()))
    }
}

impl From<PathBuf> for Folder {
    fn from(path: PathBuf) -> Folder {
        Folder(Where::Disk(path))
    }
}

impl From<Option<&Path>> for Folder {
    fn from(path: Option<&Path>) -> Folder {
        path.map_or_else(Folder::default, Folder::from)
    }
}

impl From<&Folder> for Folder {
    fn from(folder: &Folder) -> Folder {
        folder.clone()
    }
}

impl Folder {
    /// The folder that a file is in.
    #[must_use]
    pub fn around(path: &Path) -> Folder {
        match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => Folder::from(parent),
            _ => Folder::from(Path::new(".")),
        }
    }

    /// Files in memory, by relative names with `/`.
    ///
    /// # Errors
    /// A name that leads out of the folder.
    pub fn memory<B: Into<Vec<u8>>>(
        files: impl IntoIterator<Item = (impl Into<String>, B)>,
    ) -> Result<Folder> {
        let mut all = BTreeMap::new();
        for (name, bytes) in files {
            let name = name.into();
            let relative = inside(&name).ok_or_else(|| outside(&name))?;
            all.insert(relative, File::of(name, bytes));
        }
        Ok(Folder(Where::Memory(Arc::new(all))))
    }

    /// Its place on the disk; `None` of one in memory.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        match &self.0 {
            Where::Disk(path) => Some(path),
            Where::Memory(_) => None,
        }
    }

    /// A file by its relative name; whether it is there shows when it is read.
    ///
    /// # Errors
    /// A name that leads out of the folder, by links too.
    pub fn file(&self, name: &str) -> Result<File> {
        let relative = inside(name).ok_or_else(|| outside(name))?;
        match &self.0 {
            Where::Disk(folder) => {
                let full = folder.join(relative);
                if let (Ok(folder), Ok(file)) = (folder.canonicalize(), full.canonicalize())
                    && !file.starts_with(&folder)
                {
                    return Err(outside(name));
                }
                Ok(File::from(full))
            }
            Where::Memory(files) => Ok(files.get(&relative).cloned().unwrap_or_else(|| {
                let names = files.values().map(File::shown).collect::<Vec<_>>();
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                File::missing(name, &super::listed(&names))
            })),
        }
    }

    /// The text of a file: a model, a design.
    ///
    /// # Errors
    /// As [`Folder::file`]; a file that cannot be read or is no UTF-8.
    pub fn text(&self, name: &str) -> Result<String> {
        let file = self.file(name)?;
        match file.path() {
            Some(path) => super::read_text(path, "text file"),
            None => super::text::utf8(name, file.bytes()?.to_vec()),
        }
    }

    /// The folder that a file of this one is in.
    ///
    /// # Errors
    /// A name that leads out of the folder.
    pub fn beside(&self, name: &str) -> Result<Folder> {
        let relative = inside(name).ok_or_else(|| outside(name))?;
        let below = relative.parent().unwrap_or(Path::new(""));
        Ok(match &self.0 {
            Where::Disk(folder) => Folder::from(folder.join(below)),
            Where::Memory(files) => {
                let within = |(path, file): (&PathBuf, &File)| {
                    Some((path.strip_prefix(below).ok()?.to_owned(), file.clone()))
                };
                Folder(Where::Memory(Arc::new(
                    files.iter().filter_map(within).collect(),
                )))
            }
        })
    }
}

/// A relative path without `..`, `.` left out.
fn inside(name: &str) -> Option<PathBuf> {
    if name.is_empty() || name.contains(['\\', '\0']) {
        return None;
    }
    let kept = |c: Component<'_>| match c {
        Component::Normal(part) => Some(Some(part.to_owned())),
        Component::CurDir => Some(None),
        _ => None,
    };
    let parts: Option<Vec<_>> = Path::new(name).components().map(kept).collect();
    Some(parts?.into_iter().flatten().collect())
}

fn outside(name: &str) -> Error {
    Error::new(
        ErrorKind::File,
        format!(
            "`{}` leads outside the folder of the file that names it",
            name.escape_debug()
        ),
    )
    .remedy("put the file in that folder or below, and name it by a relative path without `..`")
}
