//! The checkout: its root, its files, its packages.

use crate::{Outcome, process};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// The checkout that this task was built in.
pub struct Repository {
    /// The folder of the workspace's `Cargo.toml`.
    pub root: PathBuf,
    /// Where cargo builds.
    pub target: PathBuf,
    /// The members of the workspace, as `cargo metadata --no-deps` describes them.
    pub packages: Vec<Value>,
}

impl Repository {
    /// Asks cargo where we are.
    pub fn open() -> Outcome<Repository> {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let metadata = metadata(here, &["--no-deps"])?;
        let text = |key: &str| -> Outcome<PathBuf> {
            metadata[key]
                .as_str()
                .map(PathBuf::from)
                .ok_or_else(|| format!("cargo metadata has no `{key}`"))
        };
        Ok(Repository {
            root: text("workspace_root")?,
            target: text("target_directory")?,
            packages: array(&metadata["packages"]),
        })
    }

    /// README.md, the other texts at the root, and every chapter below docs/, sorted.
    pub fn texts(&self) -> Outcome<Vec<PathBuf>> {
        let mut texts = files(&self.root.join("docs"), "md")?;
        for name in ["README.md", "CONTRIBUTING.md", "DESIGN.md", "CHANGELOG.md"] {
            let path = self.root.join(name);
            if path.is_file() {
                texts.push(path);
            }
        }
        texts.sort();
        Ok(texts)
    }

    /// A path as a reader of the repository names it: relative, with `/`.
    pub fn name(&self, path: &Path) -> String {
        let relative = path.strip_prefix(&self.root).unwrap_or(path);
        let parts: Vec<_> = relative
            .components()
            .map(|part| part.as_os_str().to_string_lossy())
            .collect();
        parts.join("/")
    }
}

/// `cargo metadata` with more arguments, parsed.
pub fn metadata(folder: &Path, arguments: &[&str]) -> Outcome<Value> {
    let mut command = process::cargo(folder, &["metadata", "--format-version", "1"]);
    let text = process::output(command.args(arguments))?;
    serde_json::from_str(&text).map_err(|error| format!("cargo metadata is not JSON: {error}"))
}

/// The elements of a JSON array; none if it is not one.
pub fn array(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_default()
}

/// Every file below `folder` with this extension, sorted; none if the folder does not exist.
pub fn files(folder: &Path, extension: &str) -> Outcome<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        if !folder.is_dir() {
            continue;
        }
        for entry in std::fs::read_dir(&folder).map_err(|e| cannot("read", &folder, &e))? {
            let path = entry.map_err(|e| cannot("read", &folder, &e))?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == extension) {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Reads a text file.
pub fn read(path: &Path) -> Outcome<String> {
    std::fs::read_to_string(path).map_err(|error| cannot("read", path, &error))
}

/// The message of a failed file operation.
pub fn cannot(what: &str, path: &Path, error: &std::io::Error) -> String {
    format!("cannot {what} {}: {error}", path.display())
}
