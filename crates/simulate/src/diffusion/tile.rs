//! Replicas of a diffusion that run together, for any [`System`].

use super::draws::Draws;
use crate::ensemble::{self, BLOCK, Crossings, State};
use crate::scheme::{Room, Scheme, System};
use crate::training::Setting;
use symbias_numerics::lanes::Real;

/// Everything but the replica that a step depends on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Walk {
    pub scheme: Scheme,
    pub h: f64,
    pub seed: u64,
}

/// Replicas of a tile: whole virtual vectors of them; those beyond the replicas wanted are computed and thrown away.
#[derive(Debug)]
pub struct Tile<T: Real, S> {
    system: S,
    walk: Walk,
    replicas: usize,
    step: u64,
    x: Vec<T>,
    /// x before the step, where a constraint needs it.
    before: Vec<T>,
    draws: Draws<T>,
    /// Normals of the step `ahead`, where steps read those of the next one.
    next: (Vec<T>, Option<u64>),
    own: Vec<T>,
    room: Room<T>,
    /// Whether the watched function is negative, and what was counted.
    negative: Vec<bool>,
    crossings: Vec<Crossings>,
    saved: (u64, Vec<T>, Vec<bool>, Vec<Crossings>),
}

impl<T: Real, S: System<T>> Tile<T, S> {
    pub(crate) fn new(system: S, walk: Walk, first: u64, settings: &[Setting]) -> Tile<T, S> {
        let (d, lanes, replicas) = (system.entries(), system.lanes(), settings.len());
        let x: Vec<T> = (0..d * lanes)
            .map(|k| T::from_f64(settings[(k % lanes).min(replicas - 1)].theta[k / lanes]))
            .collect();
        let per_step = system.noises() * walk.scheme.sets();
        let ahead = if walk.scheme.reads_ahead() {
            per_step * lanes
        } else {
            0
        };
        let mut tile = Tile {
            room: Room::new(&system),
            draws: Draws::new(walk.seed, first, lanes, per_step),
            before: vec![T::ZERO; if system.constrained() { x.len() } else { 0 }],
            next: (vec![T::ZERO; ahead], None),
            own: vec![T::ZERO; ahead],
            negative: Vec::new(),
            crossings: Vec::new(),
            saved: (0, x.clone(), Vec::new(), Vec::new()),
            system,
            walk,
            replicas,
            step: 0,
            x,
        };
        tile.watch_anew();
        if !tile.negative.is_empty() {
            tile.crossings = (0..replicas as u64)
                .map(|r| Crossings {
                    replica: first + r,
                    ..Crossings::default()
                })
                .collect();
        }
        tile
    }

    /// The system, to be asked for its drift and noise.
    pub fn system(&mut self) -> &mut S {
        &mut self.system
    }

    /// The sign of the watched function here: a pure function of x, so that it need not be kept.
    fn watch_anew(&mut self) {
        if let Some(values) = self.system.watched(&self.x) {
            self.negative = values[..self.replicas]
                .iter()
                .map(|w| *w < T::ZERO)
                .collect();
        }
    }

    fn one(&mut self) {
        let step = self.step;
        let constrained = self.system.constrained();
        if constrained {
            self.before.copy_from_slice(&self.x);
        }
        if self.walk.scheme.reads_ahead() {
            if self.next.1 == Some(step) {
                std::mem::swap(&mut self.own, &mut self.next.0);
            } else {
                self.own.copy_from_slice(self.draws.of(step));
            }
            self.next.0.copy_from_slice(self.draws.of(step + 1));
            self.next.1 = Some(step + 1);
        }
        let z = match self.walk.scheme.reads_ahead() {
            true => (&self.own[..], &self.next.0[..]),
            false => (self.draws.of(step), &[][..]),
        };
        self.walk.scheme.step(
            &mut self.system,
            &mut self.x,
            self.walk.h,
            z,
            &mut self.room,
        );
        if constrained {
            self.system.constrain(&self.before, &mut self.x);
        }
        self.step += 1;
        if !self.negative.is_empty()
            && let Some(values) = self.system.watched(&self.x)
        {
            let all = self.negative.iter_mut().zip(&mut self.crossings);
            for ((negative, crossings), w) in all.zip(values) {
                let now = *w < T::ZERO;
                if now != *negative {
                    *negative = now;
                    crossings.count += 1;
                    if crossings.first == 0 {
                        crossings.first = self.step;
                    }
                }
            }
        }
    }

    /// From lanes to replicas.
    fn compact(&self, into: &mut [T]) {
        let (lanes, replicas) = (self.system.lanes(), self.replicas);
        for (to, from) in into
            .chunks_exact_mut(replicas)
            .zip(self.x.chunks_exact(lanes))
        {
            to.copy_from_slice(&from[..replicas]);
        }
    }
}

impl<T: Real, S: System<T>> ensemble::Tile<T> for Tile<T, S> {
    fn step(&self) -> u64 {
        self.step
    }

    fn run(&mut self, to: u64) {
        while self.step < to {
            self.one();
        }
    }

    fn remember(&mut self) {
        self.saved.0 = self.step;
        self.saved.1.copy_from_slice(&self.x);
        self.saved.2.clone_from(&self.negative);
        self.saved.3.clone_from(&self.crossings);
    }

    fn recall(&mut self) {
        self.step = self.saved.0;
        self.x.copy_from_slice(&self.saved.1);
        self.negative.clone_from(&self.saved.2);
        self.crossings.clone_from(&self.saved.3);
    }

    fn finite(&mut self) -> bool {
        // 0 · x is 0 unless x is infinite or NaN; one sum finds any.
        self.x.iter().fold(T::ZERO, |sum, x| sum + T::ZERO * *x) == T::ZERO
    }

    fn lost(&mut self, lost: &mut [bool]) {
        lost.fill(false);
        for row in self.x.chunks_exact(self.system.lanes()) {
            for (lost, x) in lost.iter_mut().zip(row) {
                *lost |= !x.is_finite();
            }
        }
    }

    fn look(&mut self, theta: &mut [T], _: &mut [f64]) {
        self.compact(theta);
    }

    fn crossings(&self) -> Vec<Crossings> {
        self.crossings.clone()
    }

    fn state(&mut self) -> State<T> {
        debug_assert!(self.step.is_multiple_of(BLOCK), "within a block");
        let mut theta = vec![T::ZERO; self.system.entries() * self.replicas];
        self.compact(&mut theta);
        State {
            step: self.step,
            theta,
            crossings: self.crossings.clone(),
            ..State::default()
        }
    }

    fn restore(&mut self, state: &State<T>) {
        let (lanes, replicas) = (self.system.lanes(), self.replicas);
        self.step = state.step;
        let rows = self.x.chunks_exact_mut(lanes);
        for (to, from) in rows.zip(state.theta.chunks_exact(replicas)) {
            for (r, to) in to.iter_mut().enumerate() {
                *to = from[r.min(replicas - 1)];
            }
        }
        self.crossings.clone_from(&state.crossings);
        self.watch_anew();
    }
}
