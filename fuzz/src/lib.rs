//! What every target shares. A target hands bytes to one reader of the library; a panic, an input that takes longer than libFuzzer's
//! `-timeout` or more memory than its `-rss_limit_mb` is a defect, and so is a refusal that a person cannot read.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use symbias_model::Result;
use symbias_model::data::{File, read_array};

static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = std::env::temp_dir().join(format!("symbias-fuzz-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder for files");
    folder
});

/// A folder of this process.
pub fn folder() -> &'static Path {
    &FOLDER
}

/// The checkout.
pub fn repository() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// The path of a file with these bytes, below [`folder`].
pub fn file(name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder().join(name);
    std::fs::write(&path, bytes).expect("written");
    path
}

/// What was read; a refusal says something, and not more than a person reads.
pub fn read<T>(found: Result<T>) -> Option<T> {
    let refused = |error: symbias_model::Error| {
        let message = error.to_string();
        let readable = !message.trim().is_empty() && message.len() < 20_000;
        assert!(readable, "a person cannot read this: {message:?}");
    };
    found.map_err(refused).ok()
}

/// A file with edits, for formats that random bytes never are: each is a place (two bytes, of the whole), how much is removed (one), how
/// much is put in its place (one, below 16), and what.
pub fn edited(base: &[u8], mut edits: &[u8]) -> Vec<u8> {
    let mut bytes = base.to_vec();
    while let [high, low, removed, put, rest @ ..] = edits {
        let at = usize::from(u16::from_be_bytes([*high, *low])) * bytes.len() / 0xffff;
        let end = (at + usize::from(*removed)).min(bytes.len());
        let (new, rest) = rest.split_at(rest.len().min(usize::from(*put % 16)));
        bytes.splice(at..end, new.iter().copied());
        edits = rest;
    }
    bytes
}

/// Reads an array of a format, by name and without one: an array holds what its shape says, in finite numbers, and no more than the file
/// has place for.
pub fn array(ending: &str, bytes: &[u8]) {
    let file = File::of(format!("array.{ending}"), bytes);
    for key in [None, Some("x")] {
        if let Some(array) = read(read_array(&file, key)) {
            let count: usize = array.shape.iter().product();
            assert_eq!(count, array.entries.len());
            assert!(count > 0 && count <= 8 * bytes.len());
            assert!(array.entries.iter().all(|x| x.is_finite()));
        }
    }
}
