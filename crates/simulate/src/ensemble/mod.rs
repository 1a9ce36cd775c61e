//! Many replicas of a process: tiles of them on threads, looked at by a schedule, with checkpoints and exact resumption.

mod blocks;
mod checkpoint;
mod frames;
mod job;
mod process;
mod schedule;

pub use blocks::{Blocks, Crossings, Diverged};
pub use process::{BLOCK, Process, State, Tile};
pub use schedule::Schedule;

use crate::observe::{Observable, len};
use crate::training::Settings;
use job::Job;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;
use symbias_model::error::{Error, ErrorKind, Result};
use symbias_numerics::lanes::Real;

/// Bytes of a tile above which narrower tiles are taken: more than the second cache of common processors holds.
const CACHE: usize = 2 << 20;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    /// Replicas, in order.
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
        let next = AtomicUsize::new(0);
        let failed: Mutex<Option<Error>> = Mutex::new(None);
        let results: Mutex<Vec<(usize, job::Outcome)>> = Mutex::new(Vec::new());
        let work = || {
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                let Some(tile) = tiles.get(at) else { return };
                let width = tile.end - tile.start;
                let Some((_, own)) = compiled.iter().find(|c| c.0 == width) else {
                    return;
                };
                match Job::<T, P>::new(self, own, tile.clone()).and_then(|mut job| job.run(monitor))
                {
                    Ok(outcome) => lock(&results).push((at, outcome)),
                    Err(error) => {
                        lock(&failed).get_or_insert(error);
                        monitor.stop.store(true, Ordering::Relaxed);
                        return;
                    }
                }
            }
        };
        let threads = self.threads.clamp(1, tiles.len());
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
        let mut parts = std::mem::take(&mut *lock(&results));
        parts.sort_by_key(|p| p.0);
        Ok(self.joined(parts.into_iter().map(|p| p.1).collect()))
    }

    fn joined(&self, parts: Vec<job::Outcome>) -> Samples {
        let replicas = (self.replicas.end - self.replicas.start) as usize;
        let interrupted = parts.iter().any(|p| p.interrupted);
        let mut samples = Samples {
            replicas: self.replicas.clone(),
            steps: self.schedule.steps().to_vec(),
            width: self.width(),
            numbers: Vec::new(),
            theta: Vec::new(),
            diverged: Vec::new(),
            crossings: Vec::new(),
            stop: StopReason::Finished,
        };
        for part in parts {
            samples.numbers.extend(part.numbers);
            samples.theta.extend(part.theta);
            samples.diverged.extend(part.diverged);
            samples.crossings.extend(part.crossings);
        }
        samples.diverged.sort_by_key(|d| d.replica);
        if interrupted {
            samples.stop = StopReason::Interrupted;
        } else if samples.diverged.len() == replicas {
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
