//! One observable of a record, by replica and look.

use super::record::{Description, Measured};
use symbias_model::error::{Error, ErrorKind, Result};

/// One observable of one arm.
#[derive(Clone, Copy, Debug)]
pub struct Series<'m> {
    numbers: &'m [f64],
    width: usize,
    at: usize,
    looks: usize,
    /// What it is.
    pub description: &'m Description,
    /// Steps done at each look.
    pub steps: &'m [u64],
    /// Replicas.
    pub replicas: usize,
}

impl<'m> Series<'m> {
    /// Numbers at each look.
    #[must_use]
    pub fn len(&self) -> usize {
        self.description.shape.iter().product()
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The numbers of a replica at a look.
    #[must_use]
    pub fn at(&self, replica: usize, look: usize) -> &'m [f64] {
        let start = (replica * self.looks + look) * self.width + self.at;
        &self.numbers[start..start + self.len()]
    }

    /// The numbers of a replica at the end.
    #[must_use]
    pub fn last(&self, replica: usize) -> &'m [f64] {
        self.at(replica, self.looks - 1)
    }

    /// Which number of a summary is an entry at a look.
    #[must_use]
    pub fn number(&self, look: usize, entry: usize) -> usize {
        look * self.width + self.at + entry
    }

    /// The look at a step, or the last before it.
    #[must_use]
    pub fn look_at(&self, step: u64) -> usize {
        self.steps.partition_point(|s| *s <= step).saturating_sub(1)
    }
}

impl Measured {
    /// An observable by name.
    ///
    /// # Errors
    /// A name that the arm does not record.
    pub fn series(&self, name: &str) -> Result<Series<'_>> {
        let mut at = 0;
        for description in &self.observed.observables {
            if description.name == name {
                return Ok(Series {
                    numbers: &self.samples.numbers,
                    width: self.samples.width,
                    at,
                    looks: self.observed.steps.len(),
                    description,
                    steps: &self.observed.steps,
                    replicas: (self.samples.replicas.end - self.samples.replicas.start) as usize,
                });
            }
            at += description.shape.iter().product::<usize>();
        }
        let names: Vec<&str> = self
            .observed
            .observables
            .iter()
            .map(|o| o.name.as_str())
            .collect();
        Err(Error::new(
            ErrorKind::Unknown,
            format!("arm `{}` does not observe `{name}`", self.arm),
        )
        .suggest(name, names))
    }
}
