//! What was seen at each look, in order: in memory, and what a checkpoint refers to in a file of f64 in little-endian order.

use super::cannot;
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use symbias_model::error::{Error, ErrorKind, Result};

/// Bytes that are read at a time.
const PIECE: usize = 1 << 16;

/// Frames of equal length.
#[derive(Default)]
pub(super) struct Frames {
    /// Those that are in no file.
    all: Vec<f64>,
    path: Option<PathBuf>,
    /// What is there of the file, from the first checkpoint on, and the CRC-32 of everything in it.
    file: Option<File>,
    seen: crc32fast::Hasher,
}

impl Frames {
    /// Of which the first `kept` are in a file, with the CRC-32 `seen`; it is made when there is something to keep.
    pub fn open(path: Option<&Path>, length: usize, kept: u64, seen: u32) -> Result<Frames> {
        let mut frames = Frames {
            all: Vec::new(),
            path: path.map(Path::to_owned),
            file: None,
            seen: crc32fast::Hasher::new(),
        };
        let Some(path) = path.filter(|_| kept > 0) else {
            return Ok(frames);
        };
        let failed = |e: std::io::Error| cannot("write", path, &e);
        let mut file = opened(path, false)?;
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
        let mut piece = vec![0; PIECE];
        let mut left = bytes;
        while left > 0 {
            let now = &mut piece[..left.min(PIECE as u64) as usize];
            file.read_exact(now).map_err(failed)?;
            frames.seen.update(now);
            left -= now.len() as u64;
        }
        if frames.seen.clone().finalize() != seen {
            return Err(wrong(
                "is damaged: its checksum is not the one that its checkpoint has".into(),
            ));
        }
        // What was written after the checkpoint is computed again, to the same bits.
        file.set_len(bytes).map_err(failed)?;
        file.seek(SeekFrom::End(0)).map_err(failed)?;
        frames.file = Some(file);
        Ok(frames)
    }

    pub fn push(&mut self, frame: &[f64]) {
        self.all.extend(frame);
    }

    /// To the disk, so that a checkpoint may refer to them by their CRC-32.
    pub fn sync(&mut self) -> Result<u32> {
        let Some(path) = &self.path else {
            return Ok(0);
        };
        let mut file = match self.file.take() {
            Some(file) => file,
            None => opened(path, true)?,
        };
        let bytes: Vec<u8> = self.all.iter().flat_map(|x| x.to_le_bytes()).collect();
        self.seen.update(&bytes);
        file.write_all(&bytes)
            .and_then(|()| file.sync_data())
            .map_err(|e| cannot("write", path, &e))?;
        self.all.clear();
        self.file = Some(file);
        Ok(self.seen.clone().finalize())
    }

    /// All of them.
    pub fn all(mut self) -> Result<Vec<f64>> {
        let (Some(path), Some(mut file)) = (self.path, self.file) else {
            return Ok(self.all);
        };
        let failed = |e: std::io::Error| cannot("read", &path, &e);
        let mut bytes = Vec::new();
        file.seek(SeekFrom::Start(0)).map_err(failed)?;
        file.read_to_end(&mut bytes).map_err(failed)?;
        if crc32fast::hash(&bytes) != self.seen.finalize() {
            let text = format!("`{}` has changed while it was written", path.display());
            return Err(Error::new(ErrorKind::File, text).remedy(
                "see to it that no other program writes there, and run in another folder",
            ));
        }
        let numbers = bytes.as_chunks::<8>().0.iter();
        let mut frames: Vec<f64> = numbers.map(|b| f64::from_le_bytes(*b)).collect();
        frames.append(&mut self.all);
        Ok(frames)
    }
}

/// The file of frames, for reading and writing; a fresh one is empty.
fn opened(path: &Path, fresh: bool) -> Result<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(fresh)
        .open(path)
        .map_err(|e| cannot("write", path, &e))
}
