//! The text of a file: of a model, a design, an experiment.

use super::file::regular;
use crate::error::{Error, ErrorKind, Result};
use std::path::Path;

/// Bytes of a text, at most: larger arrays belong into files of arrays.
pub const LARGEST: usize = 1 << 20;

/// The text of a regular file, at most 1 MiB of UTF-8; `what` it should be, as `model file`.
///
/// # Errors
/// A file that cannot be read, is too large or is no text.
pub fn read_text(path: &Path, what: &str) -> Result<String> {
    let shown = path.display();
    let give = format!("give the path of a {what}, NAME.toml");
    let bytes = regular(path, LARGEST as u64 + 1, &give)?;
    if bytes.len() > LARGEST {
        return Err(Error::new(
            ErrorKind::File,
            format!("`{shown}` is above 1 MiB; a {what} is at most that"),
        )
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
