//! Many replicas of a process: tiles of them on threads, looked at by a schedule, with checkpoints and exact resumption.
//!
//! ```
//! # use symbias_model::language::ModelBuilder;
//! # use symbias_model::scalar::Arrays;
//! # let model = ModelBuilder::new("pair").parameter("u", &[]).parameter("v", &[]).input("x", &[])
//! #     .statement("y = u * v * x").output("y").loss("mse", "y").build()?;
//! # let arrays = Arrays::new(&model, &Default::default())?;
//! use symbias_simulate::ensemble::{Ensemble, Monitor, Precision, Schedule, StopReason};
//! use symbias_simulate::training::{Descent, Feed, Setting, Settings, Training};
//!
//! /// From (1, 1), on one sample x = 1 with the answer 3.
//! struct Start;
//! impl Settings for Start {
//!     fn of(&self, _: u64) -> symbias_model::error::Result<Setting> {
//!         Ok(Setting { theta: vec![1.0, 1.0], teacher: vec![], fixed: vec![1.0, 3.0] })
//!     }
//! }
//! let training = Training {
//!     model, arrays, feeds: vec![Feed::Fixed, Feed::Fixed], samples: 1, refresh: false, batch: None,
//!     descent: Descent::plain(0.05), orbit: None, seed: 1,
//! };
//! let schedule = Schedule::every(100, 200)?;
//! let ensemble = Ensemble {
//!     process: &training, settings: &Start, replicas: 0..2, schedule: &schedule, observables: &[],
//!     threads: 1, keep: None, values: None,
//! };
//! let samples = ensemble.train(Precision::F64, &Monitor::default())?;
//! assert_eq!(samples.stop, StopReason::Finished);
//! // uv = 3 on the balanced leaf u = v.
//! assert!(samples.theta.iter().all(|x| (x - 3.0_f64.sqrt()).abs() < 1e-6));
//! # Ok::<(), symbias_model::Error>(())
//! ```

mod blocks;
mod checkpoint;
mod frames;
mod histogram;
mod job;
mod precision;
mod process;
mod schedule;
mod summary;
mod together;

pub use blocks::{Blocks, Crossings, Diverged};
pub use precision::Precision;
pub use process::{BLOCK, Process, State, Tile};
pub use schedule::Schedule;
pub use summary::{Moments, Summary};

use crate::observe::{Observable, len};
use crate::training::Settings;
use job::{Job, Outcome};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;
use summary::Part;
use symbias_model::error::{Error, ErrorKind, Result};
use symbias_numerics::lanes::Real;
use together::Together;

/// Bytes of a tile above which narrower tiles are taken: more than the second cache of common processors holds.
const CACHE: usize = 2 << 20;

/// Replicas, at most, that are added to a summary at once.
const GROUP: u64 = 128;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StopReason {
    /// All steps were done.
    Finished,
    /// The caller asked to stop; the checkpoints hold everything.
    Interrupted,
    /// No replica has finite parameters any more.
    AllDiverged,
}

/// What is run, and what is looked at.
pub struct Ensemble<'e, P> {
    /// The training or diffusion.
    pub process: &'e P,
    /// Start, teacher and data of each replica.
    pub settings: &'e dyn Settings,
    /// Which replicas.
    pub replicas: Range<u64>,
    /// When to look.
    pub schedule: &'e Schedule,
    /// At what.
    pub observables: &'e [Box<dyn Observable>],
    /// Threads; results do not depend on them.
    pub threads: usize,
    /// A folder of this run's own for frames and checkpoints, and what identifies the run; `None` keeps nothing.
    pub keep: Option<(&'e Path, u64)>,
    /// Replicas below this number keep their numbers, and a [`Summary`] is of all; `None` keeps all numbers.
    pub values: Option<u64>,
}

/// What a caller sees and decides while it runs.
#[derive(Debug, Default)]
pub struct Monitor {
    /// Set it to stop at the next block of steps.
    pub stop: AtomicBool,
    /// Replica-steps done.
    pub done: AtomicU64,
    /// Numbers of the latest look at the first replica that is in work.
    pub latest: Mutex<Option<(u64, Vec<f64>)>>,
    /// Time between checkpoints; two seconds without. When they are written is of no consequence for the bits.
    pub pause: Option<Duration>,
}

/// What a run measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Samples {
    /// Replicas whose numbers are kept, in order.
    pub replicas: Range<u64>,
    /// Steps done at each look.
    pub steps: Vec<u64>,
    /// Numbers per replica and look: all observables one after the other.
    pub width: usize,
    /// (replica, look, number).
    pub numbers: Vec<f64>,
    /// θ at the end, replica by replica.
    pub theta: Vec<f64>,
    /// Replicas that diverged, by replica.
    pub diverged: Vec<Diverged>,
    /// What a watch has counted, by replica; empty without one.
    pub crossings: Vec<Crossings>,
    /// Of all replicas, where not all numbers are kept.
    pub summary: Option<Summary>,
    /// How it ended.
    pub stop: StopReason,
}

impl<'e, P> Ensemble<'e, P> {
    /// The same ensemble of another process.
    #[must_use]
    pub fn of<Q>(&self, process: &'e Q) -> Ensemble<'e, Q> {
        Ensemble {
            process,
            settings: self.settings,
            replicas: self.replicas.clone(),
            schedule: self.schedule,
            observables: self.observables,
            threads: self.threads,
            keep: self.keep,
            values: self.values,
        }
    }
}

impl<P: Process> Ensemble<'_, P> {
    fn width(&self) -> usize {
        self.observables.iter().map(|o| len(o.as_ref())).sum()
    }

    /// Replica-steps in all.
    #[must_use]
    pub fn work(&self) -> u64 {
        (self.replicas.end - self.replicas.start) * self.schedule.last()
    }

    /// Tiles of so many replicas, and what is left of them.
    fn tiles(&self, lanes: u64) -> Vec<Range<u64>> {
        let mut tiles = Vec::new();
        let mut at = self.replicas.start;
        while at < self.replicas.end {
            let end = (at + lanes).min(self.replicas.end);
            tiles.push(at..end);
            at = end;
        }
        tiles
    }

    /// What the tiles of each width share, by width.
    fn compiled<T: Real>(&self, tiles: &[Range<u64>]) -> Result<Vec<(u64, P::Compiled<T>)>> {
        let mut compiled: Vec<(u64, P::Compiled<T>)> = Vec::new();
        for tile in tiles {
            let width = tile.end - tile.start;
            if compiled.iter().all(|c| c.0 != width) {
                compiled.push((width, self.process.compile(width as usize)?));
            }
        }
        Ok(compiled)
    }

    /// Runs all replicas.
    ///
    /// # Errors
    /// A process whose parts do not fit; settings that cannot be computed; a folder that cannot be written, or holds
    /// checkpoints of another run. What was done until then is in the checkpoints.
    pub fn run<T: Real>(&self, monitor: &Monitor) -> Result<Samples> {
        self.process.validate()?;
        if self.replicas.is_empty() {
            return Err(Error::new(ErrorKind::Value, "there are no replicas to run")
                .remedy("ask for at least one"));
        }
        let (mut tiles, mut compiled) = (Vec::new(), Vec::new());
        for width in self
            .process
            .widths::<T>(self.replicas.end - self.replicas.start)
        {
            tiles = self.tiles(width);
            compiled = self.compiled::<T>(&tiles)?;
            if compiled.iter().all(|c| P::bytes(&c.1) <= CACHE) {
                break;
            }
        }
        let numbers = self.schedule.steps().len() * self.width();
        let mut together = Together::new(self.values.map(|_| numbers));
        if let Some(keep) = self.keep {
            together.resume(keep)?;
        }
        let counted = |tile: &Range<u64>| (tile.end - tile.start) * self.schedule.last();
        let before = together.done.iter().map(counted).sum();
        monitor.done.fetch_add(before, Ordering::Relaxed);
        let done: BTreeSet<u64> = together.done.iter().map(|t| t.start).collect();
        tiles.retain(|t| !done.contains(&t.start));
        let groups = self.groups(&tiles);
        let next = AtomicUsize::new(0);
        let interrupted = AtomicBool::new(false);
        let failed: Mutex<Option<Error>> = Mutex::new(None);
        let together = Mutex::new(together);
        let group = |group: &[Range<u64>]| -> Result<()> {
            let mut outcomes = Vec::new();
            for tile in group {
                let width = tile.end - tile.start;
                let own = compiled.iter().find(|c| c.0 == width);
                // What has not begun has nothing to keep.
                let Some((_, own)) = own.filter(|_| !monitor.stop.load(Ordering::Relaxed)) else {
                    interrupted.store(true, Ordering::Relaxed);
                    break;
                };
                let outcome = Job::<T, P>::new(self, own, tile.clone())?.run(monitor)?;
                if outcome.interrupted {
                    interrupted.store(true, Ordering::Relaxed);
                    break;
                }
                outcomes.push(outcome);
            }
            if outcomes.is_empty() {
                return Ok(());
            }
            let tiles = group[..outcomes.len()].to_vec();
            let part = self
                .values
                .map(|values| self.part(&tiles, &mut outcomes, values));
            let mut together = lock(&together);
            together.add(tiles, part, outcomes);
            together.save(self.keep, monitor, false)
        };
        let work = || {
            while let Some(own) = groups.get(next.fetch_add(1, Ordering::Relaxed)) {
                if let Err(error) = group(own) {
                    lock(&failed).get_or_insert(error);
                    monitor.stop.store(true, Ordering::Relaxed);
                    return;
                }
            }
        };
        let threads = self.threads.clamp(1, groups.len().max(1));
        if threads == 1 {
            work();
        } else {
            std::thread::scope(|scope| {
                for _ in 0..threads {
                    scope.spawn(work);
                }
            });
        }
        if let Some(error) = lock(&failed).take() {
            return Err(error);
        }
        let interrupted = interrupted.into_inner();
        let mut together = together
            .into_inner()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if interrupted {
            together.save(self.keep, monitor, true)?;
        }
        Ok(self.joined(together, interrupted))
    }

    /// Tiles that one thread runs before it adds them to the summary: each of the summary's numbers is visited once for all of
    /// them. Without a summary, one.
    fn groups<'t>(&self, tiles: &'t [Range<u64>]) -> Vec<&'t [Range<u64>]> {
        let replicas = self.replicas.end - self.replicas.start;
        let share = replicas / (4 * self.threads.max(1) as u64);
        let size = self.values.map_or(1, |_| share.clamp(1, GROUP));
        let beside = |a: &Range<u64>, b: &Range<u64>| {
            a.end == b.start && self.values.is_some() && a.start / size == b.start / size
        };
        tiles.chunk_by(beside).collect()
    }

    /// What a group adds to the summary; of its outcomes, what is kept remains.
    fn part(&self, tiles: &[Range<u64>], outcomes: &mut [Outcome], values: u64) -> Part {
        let replicas = tiles[0].start..tiles[tiles.len() - 1].end;
        let count = (replicas.end - replicas.start) as usize;
        let numbers = self.schedule.steps().len() * self.width();
        let mut all = vec![0.0; count * numbers];
        let mut diverged = 0;
        for (tile, outcome) in tiles.iter().zip(outcomes) {
            let first = (tile.start - replicas.start) as usize;
            for (number, into) in all.chunks_exact_mut(count.max(1)).enumerate() {
                let own = into[first..][..outcome.replicas].iter_mut().enumerate();
                own.for_each(|(r, x)| *x = outcome.numbers[r * numbers + number]);
            }
            diverged += outcome.diverged.len() as u64;
            outcome.keep(tile.start, values);
        }
        Part::new(&replicas, all, diverged)
    }

    fn joined(&self, together: Together, interrupted: bool) -> Samples {
        let kept = |replica: u64| self.values.map_or(replica, |v| replica.min(v));
        let replicas = self.replicas.end - self.replicas.start;
        let mut samples = Samples {
            replicas: kept(self.replicas.start)..kept(self.replicas.end),
            steps: self.schedule.steps().to_vec(),
            width: self.width(),
            numbers: Vec::new(),
            theta: Vec::new(),
            diverged: Vec::new(),
            crossings: Vec::new(),
            summary: together.summary,
            stop: StopReason::Finished,
        };
        for part in together.outcomes.into_values() {
            samples.numbers.extend(part.numbers);
            samples.theta.extend(part.theta);
            samples.diverged.extend(part.diverged);
            samples.crossings.extend(part.crossings);
        }
        samples.diverged.sort_by_key(|d| d.replica);
        let diverged = match &samples.summary {
            Some(summary) => summary.diverged(),
            None => samples.diverged.len() as u64,
        };
        if interrupted {
            samples.stop = StopReason::Interrupted;
        } else if diverged == replicas {
            samples.stop = StopReason::AllDiverged;
        }
        samples
    }
}

/// A mutex whose holder panicked still guards good data here.
fn lock<X>(mutex: &Mutex<X>) -> std::sync::MutexGuard<'_, X> {
    mutex
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// The error of a file operation.
pub(crate) fn cannot(what: &str, path: &Path, error: &std::io::Error) -> Error {
    let remedy = match error.kind() {
        std::io::ErrorKind::StorageFull => {
            "free space and resume: the checkpoints hold what was done"
        }
        _ => "give a folder that can be written; a run goes on from its checkpoints with --resume",
    };
    Error::new(
        ErrorKind::File,
        format!("cannot {what} `{}`: {error}", path.display()),
    )
    .remedy(remedy)
}

/// The path of a tile's file.
fn file_of(folder: &Path, tile: &Range<u64>, extension: &str) -> PathBuf {
    folder.join(format!(
        "replicas-{}-{}.{extension}",
        tile.start,
        tile.end - 1
    ))
}
