//! One tile from its start, or its checkpoint, to the end of the schedule.

use super::checkpoint::{Checkpoint, Fits};
use super::frames::Frames;
use super::together::PAUSE;
use super::{BLOCK, Blocks, Crossings, Diverged, Ensemble, Monitor, Process, Tile, file_of, lock};
use crate::observe::{Moment, Worker, len};
use crate::training::Setting;
use std::ops::Range;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use symbias_model::error::Result;
use symbias_numerics::lanes::Real;

/// Steps between looks at the clock and at the caller's wish to stop, at most.
const STRIDE: u64 = 8 * BLOCK;
/// Time between them, about: fewer steps if they take longer.
const BREATH: Duration = Duration::from_millis(100);
/// Time that a stop may take.
const PATIENCE: Duration = Duration::from_millis(500);

/// What a tile measured.
pub(super) struct Outcome {
    /// Its first replicas, whose numbers these are.
    pub replicas: usize,
    /// (replica, look, number).
    pub numbers: Vec<f64>,
    pub theta: Vec<f64>,
    pub diverged: Vec<Diverged>,
    pub crossings: Vec<Crossings>,
    pub interrupted: bool,
}

impl Outcome {
    /// What is of replicas below a number, of those from `first` on.
    pub fn keep(&mut self, first: u64, below: u64) {
        let kept = (below.saturating_sub(first) as usize).min(self.replicas);
        let of = |all: usize, replicas: usize| all / replicas.max(1) * kept;
        self.numbers.truncate(of(self.numbers.len(), self.replicas));
        self.theta.truncate(of(self.theta.len(), self.replicas));
        self.diverged.retain(|d| d.replica < below);
        self.crossings.retain(|c| c.replica < below);
        self.replicas = kept;
    }
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
    /// θ and sums of squares of the tile, replicas innermost, and replica by replica.
    theta: Vec<T>,
    squares: Vec<f64>,
    own: (Vec<f64>, Vec<f64>),
    frame: Vec<f64>,
    /// Numbers of one observable at all replicas.
    seen: Vec<f64>,
    saved: Instant,
    /// Steps up to the next look at the clock, and the time of one.
    breath: u64,
    pace: Duration,
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
            own: (vec![0.0; d * count], vec![0.0; squares * count]),
            frame: vec![0.0; count * width],
            seen: vec![0.0; count * width],
            saved: Instant::now(),
            breath: 1,
            pace: Duration::ZERO,
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
                let (from, begun) = (self.tile.step(), Instant::now());
                let to = target
                    .min((from / STRIDE + 1) * STRIDE)
                    .min(from + self.breath);
                self.tile.advance(to, &mut self.diverged);
                self.pace = begun.elapsed() / (to - from) as u32;
                self.breath = match begun.elapsed() {
                    taken if taken > BREATH => (self.breath / 2).max(1),
                    taken if taken < BREATH / 4 => (self.breath * 2).min(STRIDE),
                    _ => self.breath,
                };
                monitor
                    .done
                    .fetch_add((to - from) * count, Ordering::Relaxed);
                if self.saved.elapsed() > monitor.pause.unwrap_or(PAUSE) {
                    self.save()?;
                }
            }
            self.look(monitor)?;
        }
        // Where the rest of a block takes long, the last checkpoint stands.
        let rest = self.tile.step().next_multiple_of(BLOCK) - self.tile.step();
        if interrupted && self.pace * (rest as u32) < PATIENCE {
            self.save()?;
        }
        self.outcome(interrupted)
    }

    fn look(&mut self, monitor: &Monitor) -> Result<()> {
        let count = self.settings.len();
        self.tile.tile().look(&mut self.theta, &mut self.squares);
        let (d, sums) = (self.theta.len() / count, self.squares.len() / count);
        let (theta, squares) = &mut self.own;
        for (k, x) in theta.iter_mut().enumerate() {
            *x = self.theta[k % d * count + k / d].to_f64();
        }
        for (k, x) in squares.iter_mut().enumerate() {
            *x = self.squares[k % sums * count + k / sums];
        }
        let moments: Vec<Moment<'_>> = self
            .settings
            .iter()
            .enumerate()
            .map(|(r, setting)| Moment {
                replica: self.replicas.start + r as u64,
                setting,
                theta: &theta[r * d..(r + 1) * d],
                squares: &squares[r * sums..(r + 1) * sums],
            })
            .collect();
        let lost = |m: &Moment<'_>| self.diverged.iter().any(|d| d.replica == m.replica);
        let width = self.frame.len() / count;
        self.frame.fill(f64::NAN);
        // Replicas in a row run in lanes; those that are lost are not looked at.
        for part in moments.chunk_by(|a, b| !lost(a) && !lost(b)) {
            if part.iter().any(lost) {
                continue;
            }
            let first = (part[0].replica - self.replicas.start) as usize * width;
            let mut at = first;
            for (worker, len) in &mut self.workers {
                let seen = &mut self.seen[..*len * part.len()];
                worker.observe_all(part, seen)?;
                for (r, own) in seen.chunks_exact((*len).max(1)).enumerate() {
                    self.frame[at + r * width..][..*len].copy_from_slice(own);
                }
                at += *len;
            }
        }
        self.frames.push(&self.frame);
        self.looked += 1;
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
        let frames = std::mem::take(&mut self.frames).all()?;
        // From (look, replica, number) to (replica, look, number).
        let mut numbers = Vec::with_capacity(frames.len());
        for r in 0..count {
            for frame in frames.chunks_exact(self.frame.len().max(1)) {
                numbers.extend(&frame[r * width..(r + 1) * width]);
            }
        }
        self.tile.tile().look(&mut self.theta, &mut self.squares);
        let d = self.theta.len() / count;
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
            replicas: count,
            numbers,
            theta,
            diverged: std::mem::take(&mut self.diverged),
            crossings: self.tile.tile().crossings(),
            interrupted,
        })
    }
}
