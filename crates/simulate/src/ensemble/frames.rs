//! What was seen at each look, in order: kept in memory, or appended to a file of f64 in little-endian order.

use super::cannot;
use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use symbias_model::error::{Error, ErrorKind, Result};

/// Frames of equal length.
pub(super) enum Frames {
    Memory(Vec<f64>),
    File {
        path: PathBuf,
        file: BufWriter<File>,
    },
}

impl Frames {
    /// In memory, or in the file of which the first `kept` frames are good.
    pub fn open(path: Option<&Path>, length: usize, kept: u64) -> Result<Frames> {
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
        let bytes = kept * length as u64 * 8;
        let there = file.metadata().map_err(failed)?.len();
        if there < bytes {
            return Err(Error::new(
                ErrorKind::File,
                format!(
                    "`{}` has {there} bytes, and its checkpoint says {bytes}",
                    path.display()
                ),
            )
            .remedy("start anew in another folder"));
        }
        // What was written after the checkpoint is computed again, to the same bits.
        file.set_len(bytes).map_err(failed)?;
        file.seek(SeekFrom::End(0)).map_err(failed)?;
        Ok(Frames::File {
            path: path.to_owned(),
            file: BufWriter::new(file),
        })
    }

    pub fn push(&mut self, frame: &[f64]) -> Result<()> {
        match self {
            Frames::Memory(all) => all.extend(frame),
            Frames::File { path, file } => {
                for x in frame {
                    file.write_all(&x.to_le_bytes())
                        .map_err(|e| cannot("write", path, &e))?;
                }
            }
        }
        Ok(())
    }

    /// To the disk, so that a checkpoint may refer to them.
    pub fn sync(&mut self) -> Result<()> {
        if let Frames::File { path, file } = self {
            file.flush()
                .and_then(|()| file.get_ref().sync_data())
                .map_err(|e| cannot("write", path, &e))?;
        }
        Ok(())
    }

    /// All of them.
    pub fn all(mut self) -> Result<Vec<f64>> {
        self.sync()?;
        match self {
            Frames::Memory(all) => Ok(all),
            Frames::File { path, file } => {
                let failed = |e: std::io::Error| cannot("read", &path, &e);
                let mut file = file.into_inner().map_err(|e| failed(e.into_error()))?;
                let mut bytes = Vec::new();
                file.seek(SeekFrom::Start(0)).map_err(failed)?;
                file.read_to_end(&mut bytes).map_err(failed)?;
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
