//! Minibatches of data: which rows each step takes.

use super::feed::CHOICE;
use symbias_model::error::{Error, ErrorKind, Result};
use symbias_numerics::random::Stream;

/// How rows are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Draw {
    /// Each row independently: with replacement.
    Replacement,
    /// At each step a fresh subset: without replacement within the step.
    Subset,
    /// The rows in a random order, anew for each epoch: without replacement within the epoch. Rows that do not fill a
    /// batch at its end are left out.
    Epochs,
}

/// A minibatch of a fixed set of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Batch {
    /// Rows in all.
    pub of: usize,
    /// How they are drawn.
    pub draw: Draw,
}

impl Batch {
    pub(super) fn validate(self, size: usize) -> Result<()> {
        if size > self.of && self.draw != Draw::Replacement {
            return Err(Error::new(
                ErrorKind::Value,
                format!(
                    "a batch of {size} cannot be taken from {} samples without replacement",
                    self.of
                ),
            )
            .remedy("make it smaller, or draw with replacement"));
        }
        if self.of == 0 || self.of > u32::MAX as usize {
            return Err(Error::new(
                ErrorKind::Value,
                format!("the data have {} samples", self.of),
            )
            .remedy("give at least one and less than 2^32"));
        }
        Ok(())
    }
}

/// The rows of a step for each replica: a pure function of (seed, replica, step).
#[derive(Clone, Debug)]
pub(super) struct Choice {
    batch: Batch,
    size: usize,
    /// Rows of replica r at r·size.
    rows: Vec<u32>,
    /// A permutation of all rows per replica, for subsets and epochs.
    order: Vec<u32>,
    /// The epoch that `order` belongs to.
    epoch: Option<u64>,
}

impl Choice {
    pub fn new(batch: Batch, size: usize, replicas: usize) -> Choice {
        let kept = if batch.draw == Draw::Replacement {
            0
        } else {
            batch.of
        };
        Choice {
            batch,
            size,
            rows: vec![0; size * replicas],
            order: (0..kept * replicas)
                .map(|k| (k % kept.max(1)) as u32)
                .collect(),
            epoch: None,
        }
    }

    /// Row of the data that sample `sample` of replica `r` is.
    pub fn row(&self, r: usize, sample: usize) -> usize {
        self.rows[r * self.size + sample] as usize
    }

    pub fn draw(&mut self, seed: u64, first: u64, step: u64) {
        let (size, of) = (self.size, self.batch.of);
        match self.batch.draw {
            Draw::Replacement => {
                for (r, rows) in self.rows.chunks_exact_mut(size).enumerate() {
                    let stream = Stream::new(seed, first + r as u64, step);
                    for (k, row) in rows.iter_mut().enumerate() {
                        *row = stream.below_at(CHOICE + k as u64, of as u64) as u32;
                    }
                }
            }
            Draw::Subset => {
                let all = self
                    .rows
                    .chunks_exact_mut(size)
                    .zip(self.order.chunks_exact_mut(of));
                for (r, (rows, order)) in all.enumerate() {
                    // The first `size` places of a shuffle of the identity, undone afterwards: a pure function of the
                    // step that costs the size of the batch.
                    let stream = Stream::new(seed, first + r as u64, step);
                    shuffle(order, size, &stream);
                    rows.copy_from_slice(&order[..size]);
                    unshuffle(order, size, &stream);
                }
            }
            Draw::Epochs => {
                let per_epoch = (of / size) as u64;
                let (epoch, place) = (step / per_epoch, (step % per_epoch) as usize);
                let fresh = self.epoch != Some(epoch);
                let all = self
                    .rows
                    .chunks_exact_mut(size)
                    .zip(self.order.chunks_exact_mut(of));
                for (r, (rows, order)) in all.enumerate() {
                    if fresh {
                        (0..of).for_each(|k| order[k] = k as u32);
                        let stream = Stream::new(seed, first + r as u64, epoch * per_epoch);
                        shuffle(order, of, &stream);
                    }
                    rows.copy_from_slice(&order[place * size..(place + 1) * size]);
                }
                self.epoch = Some(epoch);
            }
        }
    }
}

fn partner(k: usize, n: usize, stream: &Stream) -> usize {
    k + stream.below_at(CHOICE + k as u64, (n - k) as u64) as usize
}

/// The first `count` places of a uniformly random permutation (Fisher–Yates).
fn shuffle(order: &mut [u32], count: usize, stream: &Stream) {
    let n = order.len();
    (0..count).for_each(|k| order.swap(k, partner(k, n, stream)));
}

fn unshuffle(order: &mut [u32], count: usize, stream: &Stream) {
    let n = order.len();
    (0..count)
        .rev()
        .for_each(|k| order.swap(k, partner(k, n, stream)));
}
