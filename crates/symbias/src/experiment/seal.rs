//! The checksum of a record's description: whether it is still what was written.
//!
//! It is of all that is a function of the experiment, so that shards still join to the bits of the whole run, and of the values and not of their
//! spelling: a program that indents anew changes nothing.

use super::record::Record;
use symbias_model::error::{Error, ErrorKind, Result};

/// CRC-32 of the description without its checksum and its environment.
///
/// # Errors
/// A description that is no JSON.
pub(super) fn of(record: &Record) -> Result<String> {
    let plain = Record {
        checksum: None,
        environment: serde_json::Value::Null,
        ..record.clone()
    };
    let bytes =
        serde_json::to_vec(&plain).map_err(|e| Error::new(ErrorKind::Value, e.to_string()))?;
    Ok(format!("{:08x}", crc32fast::hash(&bytes)))
}

/// Whether what was read is not what was written. A description that says no checksum is of an older program.
///
/// # Errors
/// As [`of`].
pub(super) fn broken(record: &Record) -> Result<bool> {
    let own = of(record)?;
    Ok(record.checksum.as_ref().is_some_and(|said| *said != own))
}

/// Whether numbers of it may go into what is written.
///
/// # Errors
/// A description that was edited.
pub(super) fn whole(record: &Record) -> Result<()> {
    if !record.edited {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::File,
        format!(
            "the description of `{}` (record.json) was edited or is damaged: its checksum is not its own",
            record.experiment.name
        ),
    )
    .remedy("it can be drawn; to go on from it or to join it, put the file back as it was, or run it again in another folder"))
}
