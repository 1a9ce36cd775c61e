//! Checkpoints: the state of a tile in one file, which appears complete or not at all.
//!
//! A line with the version, the length and the CRC-32 of what follows, then safetensors. Whatever bit of it changes on the disk, it
//! is refused: a run goes on to the bits that it would have had, or not at all.

use super::{BLOCK, Crossings, Diverged, State, cannot};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;
use symbias_model::data::output::write_bytes;
use symbias_model::error::{Error, ErrorKind, Result};
use symbias_numerics::lanes::Real;

/// Version of the format, and of the meaning of the numbers in it.
const VERSION: &str = "symbias checkpoint 3";

/// A state, and how much of the record belongs to it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Checkpoint<T> {
    pub state: State<T>,
    /// Looks that have been written.
    pub frames: u64,
    /// CRC-32 of their file, as far as they reach.
    pub seen: u32,
    pub diverged: Vec<Diverged>,
}

/// What a checkpoint has to fit.
pub(super) struct Fits<'f, T> {
    /// A state of the same process.
    pub state: &'f State<T>,
    /// Looks of the whole run, in steps.
    pub looks: &'f [u64],
    /// Its replicas.
    pub replicas: &'f Range<u64>,
}

/// The line before the bytes.
pub(super) fn seal(bytes: &[u8]) -> String {
    format!(
        "{VERSION} {:016x} {:08x}\n",
        bytes.len(),
        crc32fast::hash(bytes)
    )
}

/// The bytes behind their line.
pub(super) fn opened(file: &[u8]) -> std::result::Result<&[u8], String> {
    let end = file.iter().take(SEAL).position(|b| *b == b'\n');
    let line = end.map(|e| String::from_utf8_lossy(&file[..e]));
    let (Some(end), Some(line)) = (end, line) else {
        return Err(format!(
            "is no checkpoint of this version, which reads `{VERSION}`"
        ));
    };
    if !line.starts_with(VERSION) {
        return Err(format!(
            "is of another version: `{}`, and this one reads `{VERSION}`",
            line.escape_debug()
        ));
    }
    let bytes = &file[end + 1..];
    match seal(bytes).trim_end() == line {
        true => Ok(bytes),
        false => Err("is damaged: its length and checksum are not those that were written".into()),
    }
}

/// Bytes of the line, at most.
const SEAL: usize = 64;

fn bytes<T: Real>(x: &[T]) -> Vec<u8> {
    // f32 goes through f64 without loss; the file keeps one type.
    x.iter().flat_map(|x| x.to_f64().to_le_bytes()).collect()
}

impl<T: Real> Checkpoint<T> {
    /// Writes it beside its place, to the disk, and moves it there.
    pub fn write(&self, path: &Path, identity: u64) -> Result<()> {
        let events: Vec<u8> = self
            .diverged
            .iter()
            .flat_map(|d| [d.replica, d.step])
            .flat_map(u64::to_le_bytes)
            .collect();
        let crossings: Vec<u8> = self
            .state
            .crossings
            .iter()
            .flat_map(|c| [c.replica, c.count, c.first])
            .flat_map(u64::to_le_bytes)
            .collect();
        let squares: Vec<u8> = self
            .state
            .squares
            .iter()
            .flat_map(|x| x.to_le_bytes())
            .collect();
        let parts = [
            ("theta", Dtype::F64, bytes(&self.state.theta)),
            ("velocity", Dtype::F64, bytes(&self.state.velocity)),
            ("squares", Dtype::F64, squares),
            ("diverged", Dtype::U64, events),
            ("crossings", Dtype::U64, crossings),
        ];
        let failed = |e: safetensors::SafeTensorError| Error::new(ErrorKind::File, e.to_string());
        let mut views = Vec::new();
        for (name, dtype, data) in &parts {
            views.push((
                *name,
                TensorView::new(*dtype, vec![data.len() / 8], data).map_err(failed)?,
            ));
        }
        let metadata = HashMap::from([
            ("identity".to_owned(), format!("{identity:016x}")),
            ("element".to_owned(), T::NAME.to_owned()),
            ("step".to_owned(), self.state.step.to_string()),
            ("frames".to_owned(), self.frames.to_string()),
            ("seen".to_owned(), self.seen.to_string()),
        ]);
        let text = safetensors::serialize(views, Some(metadata)).map_err(failed)?;
        let file = [seal(&text).as_bytes(), &text].concat();
        write_bytes(path, &file).map_err(|e| {
            e.context("checkpoint").remedy(
                "free space, or give a folder that can be written; a run goes on from its checkpoints with --resume",
            )
        })
    }

    /// Reads one; `None` if there is none.
    pub fn read(path: &Path, identity: u64, fits: &Fits<'_, T>) -> Result<Option<Checkpoint<T>>> {
        let file = match std::fs::read(path) {
            Ok(file) => file,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(cannot("read the checkpoint", path, &e)),
        };
        let refuse = |why: String| {
            Error::new(ErrorKind::File, format!("`{}` {why}", path.display()))
                .remedy("resume with the version and the experiment that wrote it, remove the file to run its replicas anew, or start in another folder")
        };
        let broken = |e: safetensors::SafeTensorError| refuse(format!("is no checkpoint: {e}"));
        let file = opened(&file).map_err(refuse)?;
        let (_, header) = SafeTensors::read_metadata(file).map_err(broken)?;
        let none = HashMap::new();
        let metadata = header.metadata().as_ref().unwrap_or(&none);
        let field = |name: &str| metadata.get(name).map_or("", String::as_str);
        if field("identity") != format!("{identity:016x}") || field("element") != T::NAME {
            return Err(refuse("belongs to another experiment".into()));
        }
        let number = |name: &str| {
            field(name)
                .parse::<u64>()
                .map_err(|_| refuse(format!("has no number `{name}`")))
        };
        let tensors = SafeTensors::deserialize(file).map_err(broken)?;
        let eights = |name: &str| -> Result<Vec<[u8; 8]>> {
            let view = tensors.tensor(name).map_err(broken)?;
            Ok(view.data().as_chunks::<8>().0.to_vec())
        };
        let floats = |name: &str| {
            Ok(eights(name)?
                .into_iter()
                .map(f64::from_le_bytes)
                .collect::<Vec<f64>>())
        };
        let elements = |name: &str| {
            Ok(floats(name)?
                .into_iter()
                .map(T::from_f64)
                .collect::<Vec<T>>())
        };
        let integers = |name: &str| -> Result<Vec<u64>> {
            Ok(eights(name)?.into_iter().map(u64::from_le_bytes).collect())
        };
        let (events, crossings) = (integers("diverged")?, integers("crossings")?);
        let checkpoint = Checkpoint {
            state: State {
                step: number("step")?,
                theta: elements("theta")?,
                velocity: elements("velocity")?,
                squares: floats("squares")?,
                crossings: crossings
                    .as_chunks::<3>()
                    .0
                    .iter()
                    .map(|[replica, count, first]| Crossings {
                        replica: *replica,
                        count: *count,
                        first: *first,
                    })
                    .collect(),
            },
            frames: number("frames")?,
            seen: u32::try_from(number("seen")?)
                .map_err(|_| refuse("has no checksum of its frames".into()))?,
            diverged: events
                .as_chunks::<2>()
                .0
                .iter()
                .map(|[replica, step]| Diverged {
                    replica: *replica,
                    step: *step,
                })
                .collect(),
        };
        match checkpoint.misfit(fits) {
            None => Ok(Some(checkpoint)),
            Some(why) => Err(refuse(why)),
        }
    }

    /// Why it is no state of this run, whatever its checksum says.
    fn misfit(&self, fits: &Fits<'_, T>) -> Option<String> {
        let (own, other) = (&self.state, fits.state);
        let lengths = [
            ("parameters", own.theta.len(), other.theta.len()),
            ("velocities", own.velocity.len(), other.velocity.len()),
            ("squares", own.squares.len(), other.squares.len()),
            ("crossings", own.crossings.len(), other.crossings.len()),
        ];
        for (what, found, wanted) in lengths {
            if found != wanted {
                return Some(format!("has {found} {what}, and {wanted} are expected"));
            }
        }
        let last = fits
            .looks
            .last()
            .copied()
            .unwrap_or(0)
            .next_multiple_of(BLOCK);
        if own.step > last || !own.step.is_multiple_of(BLOCK) {
            return Some(format!("is at step {}, where no checkpoint is", own.step));
        }
        // A look is done before the steps beyond it.
        let passed = fits.looks.partition_point(|l| *l < own.step) as u64;
        let due = fits.looks.partition_point(|l| *l <= own.step) as u64;
        let all_lost = self.diverged.len() as u64 == fits.replicas.end - fits.replicas.start;
        if !(passed..=due).contains(&self.frames) && !all_lost
            || self.frames > fits.looks.len() as u64
        {
            return Some(format!(
                "has {} looks at step {}, and {due} are due",
                self.frames, own.step
            ));
        }
        let inside = |r: u64| fits.replicas.contains(&r);
        let outside = self.diverged.iter().find(|d| !inside(d.replica));
        outside.map(|d| format!("names replica {}, which is not of its tile", d.replica))
    }
}
