//! When to look: steps, in increasing order, the last of which ends the run.

use symbias_model::error::{Error, ErrorKind, Result};

/// Steps at which a run is looked at; step 0 is the start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule(Vec<u64>);

impl Schedule {
    /// Any steps; sorted, without repeats.
    ///
    /// # Errors
    /// If there is none, or the last is 0.
    pub fn at(mut steps: Vec<u64>) -> Result<Schedule> {
        steps.sort_unstable();
        steps.dedup();
        if steps.last().is_none_or(|last| *last == 0) {
            return Err(
                Error::new(ErrorKind::Value, "a run of no steps").remedy("give at least one step")
            );
        }
        Ok(Schedule(steps))
    }

    /// 0, every, 2·every, …, last.
    ///
    /// # Errors
    /// As [`Schedule::at`]; `every` = 0.
    pub fn every(every: u64, last: u64) -> Result<Schedule> {
        if every == 0 {
            return Err(Error::new(ErrorKind::Value, "a look every 0 steps")
                .remedy("give a positive number"));
        }
        Schedule::at(
            (0..=last)
                .step_by(every.min(last.max(1)) as usize)
                .chain([last])
                .collect(),
        )
    }

    /// 0 and about `points` steps from 1 to `last`, evenly spaced in their logarithm.
    ///
    /// # Errors
    /// As [`Schedule::at`].
    pub fn logarithmic(points: u64, last: u64) -> Result<Schedule> {
        let n = points.max(2) - 1;
        let step = |k: u64| (last as f64).powf(k as f64 / n as f64).round() as u64;
        Schedule::at(
            (0..=n)
                .map(step)
                .map(|s| s.min(last))
                .chain([0, last])
                .collect(),
        )
    }

    /// The steps.
    #[must_use]
    pub fn steps(&self) -> &[u64] {
        &self.0
    }

    /// The end of the run.
    #[must_use]
    pub fn last(&self) -> u64 {
        self.0.last().copied().unwrap_or(0)
    }
}
