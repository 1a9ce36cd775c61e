//! Checkpoints: the state of a tile in one safetensors file, which appears complete or not at all.

use super::{Crossings, Diverged, State, cannot};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use std::collections::HashMap;
use std::io::Write;
use std::path::Path;
use symbias_model::error::{Error, ErrorKind, Result};
use symbias_numerics::lanes::Real;

/// Version of the format, and of the meaning of the numbers in it.
const VERSION: &str = "symbias checkpoint 2";

/// A state, and how much of the record belongs to it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Checkpoint<T> {
    pub state: State<T>,
    /// Looks that have been written.
    pub frames: u64,
    pub diverged: Vec<Diverged>,
}

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
            ("format".to_owned(), VERSION.to_owned()),
            ("identity".to_owned(), format!("{identity:016x}")),
            ("element".to_owned(), T::NAME.to_owned()),
            ("step".to_owned(), self.state.step.to_string()),
            ("frames".to_owned(), self.frames.to_string()),
        ]);
        let text = safetensors::serialize(views, Some(metadata)).map_err(failed)?;
        let beside = path.with_extension("partial");
        let written = std::fs::File::create(&beside)
            .and_then(|mut file| file.write_all(&text).and_then(|()| file.sync_all()))
            .and_then(|()| std::fs::rename(&beside, path));
        written.map_err(|e| {
            drop(std::fs::remove_file(&beside));
            cannot("write the checkpoint", path, &e)
        })
    }

    /// Reads one; `None` if there is none.
    pub fn read(path: &Path, identity: u64, len: usize) -> Result<Option<Checkpoint<T>>> {
        let file = match std::fs::read(path) {
            Ok(file) => file,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(cannot("read the checkpoint", path, &e)),
        };
        let refuse = |why: String| {
            Error::new(ErrorKind::File, format!("`{}` {why}", path.display()))
                .remedy("resume with the version and the experiment that wrote it, or start anew in another folder")
        };
        let broken = |e: safetensors::SafeTensorError| refuse(format!("is no checkpoint: {e}"));
        let (_, header) = SafeTensors::read_metadata(&file).map_err(broken)?;
        let none = HashMap::new();
        let metadata = header.metadata().as_ref().unwrap_or(&none);
        let field = |name: &str| metadata.get(name).map_or("", String::as_str);
        if field("format") != VERSION {
            return Err(refuse(format!(
                "is of another version: `{}`, and this one reads `{VERSION}`",
                field("format")
            )));
        }
        if field("identity") != format!("{identity:016x}") || field("element") != T::NAME {
            return Err(refuse("belongs to another experiment".into()));
        }
        let number = |name: &str| {
            field(name)
                .parse::<u64>()
                .map_err(|_| refuse(format!("has no number `{name}`")))
        };
        let tensors = SafeTensors::deserialize(&file).map_err(broken)?;
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
        if checkpoint.state.theta.len() != len {
            return Err(refuse(format!(
                "has {} parameters, and {len} are expected",
                checkpoint.state.theta.len()
            )));
        }
        Ok(Some(checkpoint))
    }
}
