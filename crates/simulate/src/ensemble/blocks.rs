//! A tile advanced block by block: whether numbers are finite is looked at once a block, and where they are not, the block
//! is run again to find the step.

use super::process::{BLOCK, State, Tile};
use std::marker::PhantomData;

/// A replica whose parameters stopped being finite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Diverged {
    /// Which.
    pub replica: u64,
    /// Steps done when its parameters were first not finite.
    pub step: u64,
}

/// How often a watched function of θ has changed its sign in one replica. Between looks there is a step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Crossings {
    /// Which.
    pub replica: u64,
    /// Changes of sign.
    pub count: u64,
    /// Steps done when it first had another sign; 0 if it never had.
    pub first: u64,
}

/// A tile, and which of its replicas are lost.
#[derive(Debug)]
pub struct Blocks<T, K> {
    tile: K,
    first: u64,
    known: Vec<bool>,
    now: Vec<bool>,
    element: PhantomData<T>,
}

impl<T, K: Tile<T>> Blocks<T, K> {
    /// Replicas `first`, `first + 1`, …, so many.
    #[must_use]
    pub fn new(tile: K, first: u64, replicas: usize) -> Blocks<T, K> {
        Blocks {
            tile,
            first,
            known: vec![false; replicas],
            now: vec![false; replicas],
            element: PhantomData,
        }
    }

    /// The tile.
    #[must_use]
    pub fn tile(&mut self) -> &mut K {
        &mut self.tile
    }

    /// Steps done.
    #[must_use]
    pub fn step(&self) -> u64 {
        self.tile.step()
    }

    /// Whether every replica has diverged.
    #[must_use]
    pub fn all_lost(&self) -> bool {
        self.known.iter().all(|l| *l)
    }

    /// Runs up to a step; replicas whose parameters stop being finite are reported with the step that did it, and go
    /// on as they are.
    pub fn advance(&mut self, to: u64, diverged: &mut Vec<Diverged>) {
        while self.tile.step() < to {
            let end = to.min((self.tile.step() / BLOCK + 1) * BLOCK);
            self.tile.remember();
            self.tile.run(end);
            if !self.tile.finite() && self.news() {
                self.trace(end, diverged);
            }
            // What is emptied is emptied at the ends of blocks only, wherever a run was interrupted.
            if end.is_multiple_of(BLOCK) {
                self.tile.settle();
            }
        }
    }

    /// Whether a replica that was finite is no longer.
    fn news(&mut self) -> bool {
        self.tile.lost(&mut self.now);
        self.now
            .iter()
            .zip(&self.known)
            .any(|(now, known)| *now && !known)
    }

    /// Runs the last block again, step by step.
    fn trace(&mut self, end: u64, diverged: &mut Vec<Diverged>) {
        self.tile.recall();
        while self.tile.step() < end {
            self.tile.run(self.tile.step() + 1);
            self.tile.lost(&mut self.now);
            for (r, (now, known)) in self.now.iter().zip(&mut self.known).enumerate() {
                if *now && !std::mem::replace(known, true) {
                    diverged.push(Diverged {
                        replica: self.first + r as u64,
                        step: self.tile.step(),
                    });
                }
            }
        }
    }

    /// Goes on from a state.
    pub fn restore(&mut self, state: &State<T>) {
        self.tile.restore(state);
        self.tile.lost(&mut self.known);
    }
}
