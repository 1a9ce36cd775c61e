//! When to look: steps, in increasing order, the last of which ends the run.

use symbias_model::error::{Error, ErrorKind, Result};

/// Looks at most: their numbers are kept.
const LOOKS: u64 = 1 << 24;
/// Steps at most: records hold them as f64, which has integers up to there.
const STEPS: u64 = 1 << 53;

/// Steps at which a run is looked at; step 0 is the start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule(Vec<u64>);

fn few(looks: u64) -> Result<()> {
    if looks <= LOOKS {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Value,
        format!("a run is looked at {looks} times"),
    )
    .remedy(
        "look at most 2^24 times: look = { points = 200 } is even in the logarithm of the step",
    ))
}

impl Schedule {
    /// Any steps; sorted, without repeats.
    ///
    /// # Errors
    /// If there is none, the last is 0, or beyond 2^53; more than 2^24.
    pub fn at(mut steps: Vec<u64>) -> Result<Schedule> {
        few(steps.len() as u64)?;
        if let Some(step) = steps.iter().find(|s| **s > STEPS) {
            return Err(
                Error::new(ErrorKind::Value, format!("a run of {step} steps"))
                    .remedy("give at most 2^53: a record holds steps as f64"),
            );
        }
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
        few(last / every)?;
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
        few(points)?;
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
