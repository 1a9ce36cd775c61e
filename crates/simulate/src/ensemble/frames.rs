//! What was seen at each look, in order: kept in memory, or appended to a file of f64 in little-endian order.

use super::cannot;
use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use symbias_model::error::{Error, ErrorKind, Result};

/// Bytes that are read at a time.
const PIECE: usize = 1 << 16;

/// Frames of equal length.
pub(super) enum Frames {
    Memory(Vec<f64>),
    File {
        path: PathBuf,
        file: BufWriter<File>,
        /// CRC-32 of everything in it.
        seen: crc32fast::Hasher,
    },
}

impl Frames {
    /// In memory, or in the file of which the first `kept` frames are good, with the CRC-32 `seen`.
    pub fn open(path: Option<&Path>, length: usize, kept: u64, seen: u32) -> Result<Frames> {
        let Some(path) = path else {
            return Ok(Frames::Memory(Vec::new()));
        };
        let failed = |e: std::io::Error| cannot("write", path, &e);
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(failed)?;
        let wrong = |what: String| {
            Error::new(ErrorKind::File, format!("`{}` {what}", path.display())).remedy(
                "remove the checkpoint of the same name to run its replicas anew, or start in another folder",
            )
        };
        let there = file.metadata().map_err(failed)?.len();
        let bytes = kept.checked_mul(length as u64 * 8).filter(|b| *b <= there);
        let Some(bytes) = bytes else {
            return Err(wrong(format!(
                "has {there} bytes, and its checkpoint says {kept} frames of {length} numbers"
            )));
        };
        let mut found = crc32fast::Hasher::new();
        let mut piece = vec![0; PIECE];
        let mut left = bytes;
        while left > 0 {
            let now = &mut piece[..left.min(PIECE as u64) as usize];
            file.read_exact(now).map_err(failed)?;
            found.update(now);
            left -= now.len() as u64;
        }
        if found.clone().finalize() != seen {
            return Err(wrong(
                "is damaged: its checksum is not the one that its checkpoint has".into(),
            ));
        }
        // What was written after the checkpoint is computed again, to the same bits.
        file.set_len(bytes).map_err(failed)?;
        file.seek(SeekFrom::End(0)).map_err(failed)?;
        Ok(Frames::File {
            path: path.to_owned(),
            file: BufWriter::new(file),
            seen: found,
        })
    }

    pub fn push(&mut self, frame: &[f64]) -> Result<()> {
        match self {
            Frames::Memory(all) => all.extend(frame),
            Frames::File { path, file, seen } => {
                for x in frame {
                    let bytes = x.to_le_bytes();
                    seen.update(&bytes);
                    file.write_all(&bytes)
                        .map_err(|e| cannot("write", path, &e))?;
                }
            }
        }
        Ok(())
    }

    /// To the disk, so that a checkpoint may refer to them by their CRC-32.
    pub fn sync(&mut self) -> Result<u32> {
        let Frames::File { path, file, seen } = self else {
            return Ok(0);
        };
        file.flush()
            .and_then(|()| file.get_ref().sync_data())
            .map_err(|e| cannot("write", path, &e))?;
        Ok(seen.clone().finalize())
    }

    /// All of them.
    pub fn all(mut self) -> Result<Vec<f64>> {
        self.sync()?;
        match self {
            Frames::Memory(all) => Ok(all),
            Frames::File { path, file, seen } => {
                let failed = |e: std::io::Error| cannot("read", &path, &e);
                let mut file = file.into_inner().map_err(|e| failed(e.into_error()))?;
                let mut bytes = Vec::new();
                file.seek(SeekFrom::Start(0)).map_err(failed)?;
                file.read_to_end(&mut bytes).map_err(failed)?;
                if crc32fast::hash(&bytes) != seen.finalize() {
                    let text = format!("`{}` has changed while it was written", path.display());
                    return Err(Error::new(ErrorKind::File, text).remedy(
                        "see to it that no other program writes there, and run in another folder",
                    ));
                }
                Ok(bytes
                    .as_chunks::<8>()
                    .0
                    .iter()
                    .map(|b| f64::from_le_bytes(*b))
                    .collect())
            }
        }
    }
}
