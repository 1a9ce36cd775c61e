//! One tile from its start, or its checkpoint, to the end of the schedule.

use super::checkpoint::{Checkpoint, Fits};
use super::frames::Frames;
use super::{BLOCK, Blocks, Crossings, Diverged, Ensemble, Monitor, Process, Tile, file_of, lock};
use crate::observe::{Moment, Worker, len};
use crate::training::Setting;
use std::ops::Range;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use symbias_model::error::Result;
use symbias_numerics::lanes::Real;

/// Time between checkpoints, unless the caller decides it.
const PAUSE: Duration = Duration::from_secs(2);

/// Steps between looks at the clock and at the caller's wish to stop.
const STRIDE: u64 = 8 * BLOCK;

/// What a tile measured.
pub(super) struct Outcome {
    /// (replica, look, number).
    pub numbers: Vec<f64>,
    pub theta: Vec<f64>,
    pub diverged: Vec<Diverged>,
    pub crossings: Vec<Crossings>,
    pub interrupted: bool,
}

pub(super) struct Job<'j, T: Real, P: Process + 'j> {
    ensemble: &'j Ensemble<'j, P>,
    tile: Blocks<T, P::Tile<'j, T>>,
    replicas: Range<u64>,
    settings: Vec<Setting>,
    workers: Vec<(Box<dyn Worker + 'j>, usize)>,
    frames: Frames,
    /// Looks done.
    looked: usize,
    diverged: Vec<Diverged>,
    /// θ and sums of squares of the tile, and of one replica.
    theta: Vec<T>,
    squares: Vec<f64>,
    own: (Vec<f64>, Vec<f64>),
    frame: Vec<f64>,
    saved: Instant,
}

impl<'j, T: Real, P: Process> Job<'j, T, P> {
    pub fn new(
        ensemble: &'j Ensemble<'j, P>,
        compiled: &'j P::Compiled<T>,
        replicas: Range<u64>,
    ) -> Result<Job<'j, T, P>> {
        let mut settings = Vec::new();
        for replica in replicas.clone() {
            let setting = ensemble.settings.of(replica)?;
            ensemble.process.admits(&setting, replica)?;
            settings.push(setting);
        }
        let wanted = ensemble.observables.iter().any(|o| o.needs_squares());
        let tile = ensemble
            .process
            .tile(compiled, replicas.start, &settings, wanted);
        let mut tile = Blocks::new(tile, replicas.start, settings.len());
        let d = settings.first().map_or(0, |s| s.theta.len());
        let count = settings.len();
        let width = ensemble.width();
        let mut found = None;
        if let Some((folder, identity)) = ensemble.keep {
            let path = file_of(folder, &replicas, "checkpoint");
            let fits = Fits {
                state: &tile.tile().state(),
                looks: ensemble.schedule.steps(),
                replicas: &replicas,
            };
            found = Checkpoint::<T>::read(&path, identity, &fits)?;
        }
        let frames_at = ensemble
            .keep
            .map(|(folder, _)| file_of(folder, &replicas, "frames"));
        let looked = found.as_ref().map_or(0, |c| c.frames);
        let seen = found.as_ref().map_or(0, |c| c.seen);
        let frames = Frames::open(frames_at.as_deref(), count * width, looked, seen)?;
        let mut diverged = Vec::new();
        if let Some(checkpoint) = found {
            tile.restore(&checkpoint.state);
            diverged = checkpoint.diverged;
        }
        let squares = if wanted { d } else { 0 };
        Ok(Job {
            workers: ensemble
                .observables
                .iter()
                .map(|o| (o.worker(), len(o.as_ref())))
                .collect(),
            theta: vec![T::ZERO; d * count],
            squares: vec![0.0; squares * count],
            own: (vec![0.0; d], vec![0.0; squares]),
            frame: vec![0.0; count * width],
            saved: Instant::now(),
            looked: looked as usize,
            ensemble,
            tile,
            replicas,
            settings,
            frames,
            diverged,
        })
    }

    pub fn run(&mut self, monitor: &Monitor) -> Result<Outcome> {
        let steps = self.ensemble.schedule.steps();
        let count = self.settings.len() as u64;
        monitor
            .done
            .fetch_add(self.tile.step() * count, Ordering::Relaxed);
        let mut interrupted = false;
        'looks: while self.looked < steps.len() {
            let target = steps[self.looked];
            // Nothing more is to be seen of replicas that have all diverged.
            while self.tile.step() < target && !self.tile.all_lost() {
                if monitor.stop.load(Ordering::Relaxed) {
                    interrupted = true;
                    break 'looks;
                }
                let from = self.tile.step();
                let to = target.min((from / STRIDE + 1) * STRIDE);
                self.tile.advance(to, &mut self.diverged);
                monitor
                    .done
                    .fetch_add((to - from) * count, Ordering::Relaxed);
                if self.saved.elapsed() > monitor.pause.unwrap_or(PAUSE) {
                    self.save()?;
                }
            }
            self.look(monitor)?;
        }
        if interrupted {
            self.save()?;
        }
        self.outcome(interrupted)
    }

    fn look(&mut self, monitor: &Monitor) -> Result<()> {
        let count = self.settings.len();
        self.tile.tile().look(&mut self.theta, &mut self.squares);
        let mut into = self.frame.as_mut_slice();
        for (r, setting) in self.settings.iter().enumerate() {
            let (theta, squares) = &mut self.own;
            theta
                .iter_mut()
                .enumerate()
                .for_each(|(i, x)| *x = self.theta[i * count + r].to_f64());
            squares
                .iter_mut()
                .enumerate()
                .for_each(|(i, x)| *x = self.squares[i * count + r]);
            let moment = Moment {
                replica: self.replicas.start + r as u64,
                setting,
                theta,
                squares,
            };
            let lost = self.diverged.iter().any(|d| d.replica == moment.replica);
            for (worker, len) in &mut self.workers {
                let (own, rest) = into.split_at_mut(*len);
                if lost {
                    own.fill(f64::NAN);
                } else {
                    worker.observe(moment, own)?;
                }
                into = rest;
            }
        }
        self.frames.push(&self.frame)?;
        self.looked += 1;
        let width = self.frame.len() / count.max(1);
        let mut latest = lock(&monitor.latest);
        *latest = Some((self.tile.step(), self.frame[..width].to_vec()));
        Ok(())
    }

    /// A checkpoint, at the next end of a block that needs no look before.
    fn save(&mut self) -> Result<()> {
        self.saved = Instant::now();
        let Some((folder, identity)) = self.ensemble.keep else {
            return Ok(());
        };
        let steps = self.ensemble.schedule.steps();
        let boundary = self.tile.step().next_multiple_of(BLOCK);
        if steps.get(self.looked).is_some_and(|next| *next < boundary) {
            // Looks within this block come first; the next call finds a better moment, or the last checkpoint stands.
            return Ok(());
        }
        self.tile.advance(boundary, &mut self.diverged);
        let seen = self.frames.sync()?;
        let checkpoint = Checkpoint {
            seen,
            state: self.tile.tile().state(),
            frames: self.looked as u64,
            diverged: self.diverged.clone(),
        };
        checkpoint.write(&file_of(folder, &self.replicas, "checkpoint"), identity)
    }

    fn outcome(&mut self, interrupted: bool) -> Result<Outcome> {
        let count = self.settings.len();
        let width = self.frame.len() / count.max(1);
        let frames = std::mem::replace(&mut self.frames, Frames::Memory(Vec::new())).all()?;
        // From (look, replica, number) to (replica, look, number).
        let mut numbers = Vec::with_capacity(frames.len());
        for r in 0..count {
            for frame in frames.chunks_exact(self.frame.len().max(1)) {
                numbers.extend(&frame[r * width..(r + 1) * width]);
            }
        }
        self.tile.tile().look(&mut self.theta, &mut self.squares);
        let d = self.own.0.len();
        let lost = |r: usize| {
            self.diverged
                .iter()
                .any(|d| d.replica == self.replicas.start + r as u64)
        };
        let theta = (0..count)
            .flat_map(|r| (0..d).map(move |i| (i, r)))
            .map(|(i, r)| {
                if lost(r) {
                    f64::NAN
                } else {
                    self.theta[i * count + r].to_f64()
                }
            })
            .collect();
        self.diverged.sort_by_key(|d| d.replica);
        Ok(Outcome {
            numbers,
            theta,
            diverged: std::mem::take(&mut self.diverged),
            crossings: self.tile.tile().crossings(),
            interrupted,
        })
    }
}
