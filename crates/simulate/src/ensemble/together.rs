//! What the tiles of a run have come to: numbers of those whose numbers are kept, and the summary of all, which has a checkpoint
//! of its own.

use super::checkpoint::{opened, seal};
use super::job::Outcome;
use super::summary::{Part, Summary};
use super::{Crossings, Diverged, Monitor, cannot, file_of};
use safetensors::SafeTensors;
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use symbias_model::data::output::write_bytes;
use symbias_model::data::{self, Array, Named};
use symbias_model::error::{Error, ErrorKind, Result};

/// Time between checkpoints, unless the caller decides it.
pub(super) const PAUSE: Duration = Duration::from_secs(2);
/// Writing one takes at most this part of the time.
const SHARE: u32 = 20;

/// What is done so far.
pub(super) struct Together {
    /// By first replica, without the replicas whose numbers are not kept.
    pub outcomes: BTreeMap<u64, Outcome>,
    pub summary: Option<Summary>,
    /// Tiles in the summary.
    pub done: Vec<Range<u64>>,
    /// How many of them are in its checkpoint.
    saved: usize,
    at: Instant,
    cost: Duration,
}

impl Together {
    /// Of `numbers` for each replica, or of no summary.
    pub fn new(numbers: Option<usize>) -> Together {
        Together {
            outcomes: BTreeMap::new(),
            summary: numbers.map(Summary::new),
            done: Vec::new(),
            saved: 0,
            at: Instant::now(),
            cost: Duration::ZERO,
        }
    }

    /// Takes tiles in a row, which are in the summary then.
    pub fn add(&mut self, tiles: Vec<Range<u64>>, part: Option<Part>, outcomes: Vec<Outcome>) {
        if let (Some(summary), Some(part)) = (&mut self.summary, part) {
            summary.add(part);
        }
        for (tile, outcome) in tiles.iter().zip(outcomes) {
            if outcome.replicas > 0 {
                self.outcomes.insert(tile.start, outcome);
            }
        }
        self.done.extend(tiles);
    }

    /// Writes the checkpoint of the summary, if it is time; the files of tiles that are in it are of no use any more.
    pub fn save(&mut self, keep: Option<(&Path, u64)>, monitor: &Monitor, now: bool) -> Result<()> {
        let (Some((folder, identity)), Some(summary)) = (keep, &self.summary) else {
            return Ok(());
        };
        let pause = monitor.pause.unwrap_or(PAUSE).max(self.cost * SHARE);
        if self.saved == self.done.len() || !now && self.at.elapsed() < pause {
            return Ok(());
        }
        let begun = Instant::now();
        let outcomes = || self.outcomes.values();
        let flat = |name: &str, entries: Vec<f64>| -> Named {
            (name.to_owned(), vec![entries.len()], entries)
        };
        let pair = |a: u64, b: u64| [a as f64, b as f64];
        let diverged = outcomes().flat_map(|o| &o.diverged);
        let crossings = outcomes().flat_map(|o| &o.crossings);
        let mut arrays = summary.arrays();
        arrays.extend([
            flat(
                "identity",
                pair(identity >> 32, identity & u64::from(u32::MAX)).to_vec(),
            ),
            flat(
                "done",
                self.done
                    .iter()
                    .flat_map(|d| pair(d.start, d.end))
                    .collect(),
            ),
            flat(
                "kept",
                self.outcomes
                    .iter()
                    .flat_map(|(at, o)| pair(*at, o.replicas as u64))
                    .collect(),
            ),
            flat(
                "numbers",
                outcomes().flat_map(|o| o.numbers.clone()).collect(),
            ),
            flat("theta", outcomes().flat_map(|o| o.theta.clone()).collect()),
            flat(
                "events",
                diverged.flat_map(|d| pair(d.replica, d.step)).collect(),
            ),
            flat(
                "crossings",
                crossings
                    .flat_map(|c| [c.replica as f64, c.count as f64, c.first as f64])
                    .collect(),
            ),
        ]);
        let bytes = data::bytes(&arrays)?;
        write_bytes(&file(folder), &[seal(&bytes).as_bytes(), &bytes].concat())?;
        for tile in &self.done[self.saved..] {
            for extension in ["checkpoint", "frames"] {
                // There is none of a short one.
                drop(std::fs::remove_file(file_of(folder, tile, extension)));
            }
        }
        self.saved = self.done.len();
        self.at = Instant::now();
        self.cost = begun.elapsed();
        Ok(())
    }

    /// Goes on from the checkpoint of a summary, if there is one.
    ///
    /// # Errors
    /// One that is damaged, or of another run.
    pub fn resume(&mut self, (folder, identity): (&Path, u64)) -> Result<()> {
        let Some(summary) = &mut self.summary else {
            return Ok(());
        };
        let path = file(folder);
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            Err(e) => return Err(cannot("read the checkpoint", &path, &e)),
        };
        let refuse = |why: String| {
            Error::new(ErrorKind::File, format!("`{}` {why}", path.display()))
                .remedy("remove the file to run its replicas anew, or start in another folder")
        };
        let arrays = arrays(opened(&bytes).map_err(refuse)?).map_err(|e| refuse(e.to_string()))?;
        let of = |name: &str| arrays.get(name).map_or(&[][..], |a| &a.entries);
        if of("identity")
            != [
                (identity >> 32) as f64,
                (identity & u64::from(u32::MAX)) as f64,
            ]
        {
            return Err(refuse("belongs to another experiment".into()));
        }
        *summary = Summary::read(summary.numbers(), |name| arrays.get(name))?;
        let pairs = |name: &str| of(name).as_chunks::<2>().0.to_vec();
        self.done = pairs("done")
            .iter()
            .map(|d| d[0] as u64..d[1] as u64)
            .collect();
        self.saved = self.done.len();
        let kept = pairs("kept");
        let total = kept.iter().map(|k| k[1] as usize).sum::<usize>().max(1);
        let (mut numbers, mut theta) = (of("numbers"), of("theta"));
        let (width, d) = (numbers.len() / total, theta.len() / total);
        for [start, replicas] in kept {
            let (start, replicas) = (start as u64, replicas as usize);
            let own = |replica: f64| (start..start + replicas as u64).contains(&(replica as u64));
            let events = of("events").as_chunks::<2>().0.iter();
            let crossings = of("crossings").as_chunks::<3>().0.iter();
            let (first, rest) = numbers.split_at(replicas * width);
            let (its, others) = theta.split_at(replicas * d);
            (numbers, theta) = (rest, others);
            let outcome = Outcome {
                replicas,
                numbers: first.to_vec(),
                theta: its.to_vec(),
                diverged: events
                    .filter(|e| own(e[0]))
                    .map(|e| Diverged {
                        replica: e[0] as u64,
                        step: e[1] as u64,
                    })
                    .collect(),
                crossings: crossings
                    .filter(|c| own(c[0]))
                    .map(|c| Crossings {
                        replica: c[0] as u64,
                        count: c[1] as u64,
                        first: c[2] as u64,
                    })
                    .collect(),
                interrupted: false,
            };
            self.outcomes.insert(start, outcome);
        }
        Ok(())
    }
}

fn file(folder: &Path) -> PathBuf {
    folder.join("summary.checkpoint")
}

fn arrays(
    bytes: &[u8],
) -> std::result::Result<BTreeMap<String, Array>, safetensors::SafeTensorError> {
    let tensors = SafeTensors::deserialize(bytes)?;
    let array = |(name, view): (String, safetensors::tensor::TensorView<'_>)| {
        let entries = view.data().as_chunks::<8>().0.iter();
        let entries = entries.map(|b| f64::from_le_bytes(*b)).collect();
        (
            name,
            Array {
                shape: view.shape().to_vec(),
                entries,
            },
        )
    };
    Ok(tensors.tensors().into_iter().map(array).collect())
}
