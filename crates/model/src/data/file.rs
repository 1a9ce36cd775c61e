//! A file in memory, and the format that its name promises.

use crate::error::{Error, ErrorKind, Result};
use std::path::Path;

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
    pub fn of(path: &Path) -> Format {
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
pub(super) struct File {
    pub shown: String,
    pub bytes: Vec<u8>,
}

impl File {
    /// # Errors
    /// A path that leads to no regular file (symbolic links are followed), or to one without a byte.
    pub fn read(path: &Path) -> Result<File> {
        let shown = path.display().to_string();
        let remedy = "give the path of a file of arrays: .safetensors, .npy, .csv or .tsv";
        let cannot = |e: std::io::Error| {
            Error::new(ErrorKind::File, format!("cannot read `{shown}`: {e}")).remedy(remedy)
        };
        // Asked before opening: opening a pipe waits for its other end.
        let metadata = std::fs::metadata(path).map_err(cannot)?;
        if !metadata.is_file() {
            let what = if metadata.is_dir() {
                "is a directory"
            } else {
                "is no regular file"
            };
            return Err(Error::new(ErrorKind::File, format!("`{shown}` {what}")).remedy(remedy));
        }
        let bytes = std::fs::read(path).map_err(cannot)?;
        if bytes.is_empty() {
            return Err(
                Error::new(ErrorKind::File, format!("`{shown}` has 0 bytes"))
                    .remedy("write it again: an array has at least one entry"),
            );
        }
        Ok(File { shown, bytes })
    }

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
