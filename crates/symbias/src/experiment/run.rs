//! From a plan to measurements: arms one after the other or side by side, with checkpoints below the record's folder.

use super::diffusion::{Moving, run_weights};
use super::identity;
use super::plan::Planned;
use super::record::{self, Description, Measured, Observed};
use super::spec::ExperimentFile;
use crate::watch::Watch;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use symbias_model::error::{Error, ErrorKind, Result};
use symbias_simulate::ensemble::{Ensemble, Monitor, StopReason};
use symbias_simulate::observe::len;

/// Replicas of one virtual vector in single precision: fewer leave threads to other arms.
const TILE: u64 = 16;

/// How an experiment is run.
#[derive(Clone, Debug, PartialEq)]
pub struct RunOptions {
    /// Replicas 0, 1, … in all.
    pub replicas: u64,
    /// Part i of n of the replicas.
    pub shard: Option<(u64, u64)>,
    /// Threads; results do not depend on them.
    pub threads: usize,
    /// Where checkpoints are kept; none without.
    pub keep: Option<PathBuf>,
    /// Time between checkpoints, if not the usual.
    pub pause: Option<Duration>,
}

impl RunOptions {
    /// The replicas of this process: a contiguous part.
    ///
    /// # Errors
    /// A shard that does not exist, or is empty.
    pub fn part(&self, most: Option<u64>) -> Result<Range<u64>> {
        let all = most.map_or(self.replicas, |m| m.min(self.replicas));
        let Some((i, n)) = self.shard else {
            return Ok(0..all);
        };
        if n == 0 || i >= n {
            return Err(
                Error::new(ErrorKind::Value, format!("there is no shard {i}/{n}"))
                    .remedy("shards are 0/n to (n-1)/n"),
            );
        }
        Ok(all * i / n..all * (i + 1) / n)
    }
}

/// What is known of an arm while it runs.
#[derive(Debug)]
pub struct Progress {
    /// The experiment.
    pub experiment: String,
    /// The arm.
    pub arm: String,
    /// Replica-steps in all.
    pub work: u64,
    /// First numbers of an observable, by name.
    pub columns: Vec<(String, usize)>,
    /// Done, latest numbers, and the wish to stop.
    pub monitor: Monitor,
    /// Whether it has ended.
    pub ended: AtomicBool,
}

/// All arms that have begun; the caller reads it from another thread.
#[derive(Debug, Default)]
pub struct Board {
    /// The stage, and the wish to stop.
    pub watch: Watch,
    arms: Mutex<Vec<Arc<Progress>>>,
    expected: AtomicU64,
}

impl Board {
    /// The arms that have begun.
    pub fn arms(&self) -> Vec<Arc<Progress>> {
        lock(&self.arms).clone()
    }

    /// Replica-steps of all arms that are to run, those that have not begun too; 0 if that is not known.
    pub fn expected(&self) -> u64 {
        self.expected.load(Ordering::Relaxed)
    }

    /// Asks everything to stop at the next block of steps.
    pub fn stop(&self) {
        self.watch.stop();
        for arm in self.arms() {
            arm.monitor.stop.store(true, Ordering::Relaxed);
        }
    }

    fn begin(&self, arm: Progress) -> Arc<Progress> {
        let arm = Arc::new(arm);
        lock(&self.arms).push(arm.clone());
        if self.watch.is_stopped() {
            arm.monitor.stop.store(true, Ordering::Relaxed);
        }
        arm
    }
}

fn lock<X>(mutex: &Mutex<X>) -> MutexGuard<'_, X> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs arms. An arm that was interrupted is among the results, with its reason.
///
/// # Errors
/// As [`Ensemble::run`].
pub fn run(
    file: &ExperimentFile,
    arms: &[Planned],
    options: &RunOptions,
    board: &Board,
) -> Result<Vec<Measured>> {
    for arm in arms {
        let replicas = options.part(arm.most)?;
        let work = (replicas.end - replicas.start) * arm.schedule.last();
        board.expected.fetch_add(work, Ordering::Relaxed);
    }
    let next = AtomicUsize::new(0);
    let failed: Mutex<Option<Error>> = Mutex::new(None);
    let results: Mutex<Vec<(usize, Measured)>> = Mutex::new(Vec::new());
    // Few replicas fill one thread: then arms run side by side.
    let side_by_side = options.replicas <= TILE;
    let workers = if side_by_side {
        options.threads.clamp(1, arms.len().max(1))
    } else {
        1
    };
    let threads = if side_by_side { 1 } else { options.threads };
    let work = || {
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(arm) = arms.get(at) else { return };
            if lock(&failed).is_some() {
                return;
            }
            match one(file, arm, options, threads, board) {
                Ok(Some(measured)) => lock(&results).push((at, measured)),
                Ok(None) => {}
                Err(error) => {
                    lock(&failed).get_or_insert(error.context(&format!("arm `{}`", arm.name)));
                    board.stop();
                    return;
                }
            }
        }
    };
    if workers == 1 {
        work();
    } else {
        std::thread::scope(|scope| (0..workers).for_each(|_| drop(scope.spawn(work))));
    }
    if let Some(error) = lock(&failed).take() {
        return Err(error);
    }
    let mut found = std::mem::take(&mut *lock(&results));
    found.sort_by_key(|f| f.0);
    Ok(found.into_iter().map(|f| f.1).collect())
}

fn one(
    file: &ExperimentFile,
    arm: &Planned,
    options: &RunOptions,
    threads: usize,
    board: &Board,
) -> Result<Option<Measured>> {
    let replicas = options.part(arm.most)?;
    if replicas.is_empty() {
        return Ok(None);
    }
    let folder = options.keep.as_ref().map(|k| k.join(&arm.name));
    if let Some(folder) = &folder {
        record::make_folder(folder)?;
    }
    let identity = identity::of_checkpoints(file, arm)?;
    let ensemble = Ensemble {
        process: &arm.training,
        settings: &arm.settings,
        replicas,
        schedule: &arm.schedule,
        observables: &arm.observables,
        threads,
        keep: folder.as_deref().map(|f: &Path| (f, identity)),
        values: arm.spec.values,
    };
    let mut columns = Vec::new();
    let mut at = 0;
    for o in &arm.observables {
        columns.push((o.name().to_owned(), at));
        at += len(o.as_ref());
    }
    let progress = board.begin(Progress {
        experiment: file.spec.name.clone(),
        arm: arm.name.clone(),
        work: ensemble.work(),
        columns,
        monitor: Monitor {
            pause: options.pause,
            ..Monitor::default()
        },
        ended: AtomicBool::new(false),
    });
    let monitor = &progress.monitor;
    let samples = match &arm.diffusion {
        None => ensemble.train(arm.precision, monitor),
        Some(Moving::Parameters(diffusion)) => {
            let ensemble = ensemble.of(diffusion.as_ref());
            ensemble.diffuse(arm.precision, monitor)
        }
        Some(Moving::Weights(spec)) => {
            run_weights(spec, &arm.training, &arm.factors, &ensemble, monitor)
        }
    };
    progress.ended.store(true, Ordering::Relaxed);
    let mut samples = samples?;
    // As a record keeps them, so that one read back is what ran.
    samples.crossings.retain(|c| c.count > 0);
    let observables = arm
        .observables
        .iter()
        .map(|o| Description {
            name: o.name().to_owned(),
            shape: o.shape(),
            axes: o.axes(),
        })
        .collect();
    Ok(Some(Measured {
        arm: arm.name.clone(),
        observed: Observed {
            observables,
            steps: samples.steps.clone(),
        },
        finished: samples.stop != StopReason::Interrupted,
        samples,
    }))
}
