//! The effective weights w(θ): what the symmetry leaves alone.

use super::{Moment, Observable, Worker};
use symbias_geometry::metric::{Polynomial, PredictorMap};
use symbias_model::error::Result;

/// w(θ) of a polynomial predictor map, n numbers.
#[derive(Clone, Debug)]
pub struct Weights {
    name: String,
    map: Polynomial,
}

impl Weights {
    /// The weights of a map.
    #[must_use]
    pub fn new(name: &str, map: Polynomial) -> Weights {
        Weights {
            name: name.to_owned(),
            map,
        }
    }
}

impl Observable for Weights {
    fn name(&self) -> &str {
        &self.name
    }

    fn shape(&self) -> Vec<usize> {
        vec![self.map.entries.len()]
    }

    fn axes(&self) -> Vec<String> {
        vec!["weight".to_owned()]
    }

    fn worker(&self) -> Box<dyn Worker + '_> {
        Box::new(Evaluation(&self.map))
    }
}

struct Evaluation<'w>(&'w Polynomial);

impl Worker for Evaluation<'_> {
    fn observe(&mut self, moment: Moment<'_>, into: &mut [f64]) -> Result<()> {
        into.copy_from_slice(&self.0.value(moment.theta)?);
        Ok(())
    }
}
