//! The text of a file: of a model, a design, an experiment.

use crate::error::{Error, ErrorKind, Result};
use std::io::Read;
use std::path::Path;

/// Bytes of a text, at most: larger arrays belong into files of arrays.
pub const LARGEST: usize = 1 << 20;

/// The text of a regular file, at most 1 MiB of UTF-8; `what` it should be, as `model file`.
///
/// # Errors
/// A file that cannot be read, is too large or is no text.
pub fn read_text(path: &Path, what: &str) -> Result<String> {
    let shown = path.display();
    let error = |text: String| Error::new(ErrorKind::File, text);
    let give = format!("give the path of a {what}, NAME.toml");
    let cannot = |e: std::io::Error| {
        error(format!("cannot read `{shown}`: {e}"))
            .remedy(give.clone())
            .caused_by(e)
    };
    // Asked before opening: opening a pipe waits for its other end.
    let metadata = std::fs::metadata(path).map_err(cannot)?;
    if !metadata.is_file() {
        let found = if metadata.is_dir() {
            "a folder"
        } else {
            "no regular file"
        };
        return Err(error(format!("`{shown}` is {found}")).remedy(give));
    }
    let mut bytes = Vec::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(LARGEST as u64 + 1).read_to_end(&mut bytes))
        .map_err(cannot)?;
    if bytes.len() > LARGEST {
        return Err(error(format!(
            "`{shown}` is above 1 MiB; a {what} is at most that"
        ))
        .remedy("large arrays belong into a file (.safetensors, .npy, .csv) that it names"));
    }
    utf8(&shown.to_string(), bytes)
}

/// Bytes as text.
///
/// # Errors
/// Bytes that are no UTF-8.
pub(super) fn utf8(name: &str, bytes: Vec<u8>) -> Result<String> {
    String::from_utf8(bytes).map_err(|e| {
        let at = e.utf8_error().valid_up_to();
        Error::new(
            ErrorKind::File,
            format!("`{name}` is not UTF-8 text: byte {at} begins no character"),
        )
        .remedy(
            "models, designs and experiments are TOML text; arrays of weights are given by --at",
        )
    })
}
