//! The normals of each step: a pure function of (seed, replica, step).

use symbias_numerics::lanes::Real;
use symbias_numerics::random::ensemble_normals;

/// Normals of a tile, a round at a time.
///
/// A block of random bits gives 4 normals in f32 and 2 in f64. Where a step reads less than half of one, steps share
/// it: step t of a system with n normals a step reads indices (t mod k)n … of round ⌊t/k⌋, k the steps that fit.
#[derive(Clone, Debug)]
pub(super) struct Draws<T> {
    seed: u64,
    first: u64,
    lanes: usize,
    per_step: usize,
    /// Steps of a round.
    steps: u64,
    held: Option<u64>,
    numbers: Vec<T>,
}

impl<T: Real> Draws<T> {
    pub fn new(seed: u64, first: u64, lanes: usize, per_step: usize) -> Draws<T> {
        let steps = (T::NORMALS_PER_BLOCK / per_step.max(1)).max(1);
        Draws {
            seed,
            first,
            lanes,
            per_step,
            steps: steps as u64,
            held: None,
            numbers: vec![T::ZERO; per_step * steps * lanes],
        }
    }

    /// Those of a step: its normals × lanes.
    pub fn of(&mut self, step: u64) -> &[T] {
        let round = step / self.steps;
        if self.held != Some(round) {
            ensemble_normals(
                self.seed,
                self.first,
                round,
                0,
                self.lanes,
                &mut self.numbers,
            );
            self.held = Some(round);
        }
        let len = self.per_step * self.lanes;
        let at = (step % self.steps) as usize * len;
        &self.numbers[at..at + len]
    }
}
