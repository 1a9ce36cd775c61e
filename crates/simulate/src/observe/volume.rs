//! The volume of the orbit through θ (theory §1): the laws of noise differ by its powers, so that nothing tells them apart
//! better.

use super::{Moment, Observable, Worker};
use symbias_geometry::field::AffineField;
use symbias_geometry::orbit::OrbitFrame;
use symbias_model::error::Result;

/// ½ log pdet Γ of the generators given, one number.
#[derive(Clone, Debug)]
pub struct LogVolume {
    name: String,
    fields: Vec<AffineField>,
}

impl LogVolume {
    /// Of these generators, orthonormal in their groups' matrices.
    #[must_use]
    pub fn new(name: &str, fields: Vec<AffineField>) -> LogVolume {
        LogVolume {
            name: name.to_owned(),
            fields,
        }
    }
}

impl Observable for LogVolume {
    fn name(&self) -> &str {
        &self.name
    }

    fn shape(&self) -> Vec<usize> {
        Vec::new()
    }

    fn axes(&self) -> Vec<String> {
        Vec::new()
    }

    fn worker(&self) -> Box<dyn Worker + '_> {
        Box::new(Evaluation(&self.fields))
    }
}

struct Evaluation<'v>(&'v [AffineField]);

impl Worker for Evaluation<'_> {
    fn observe(&mut self, moment: Moment<'_>, into: &mut [f64]) -> Result<()> {
        if moment.theta.iter().any(|x| !x.is_finite()) {
            into.fill(f64::NAN);
            return Ok(());
        }
        into[0] = OrbitFrame::new(self.0, moment.theta)?.log_volume();
        Ok(())
    }
}
