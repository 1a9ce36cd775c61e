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
        // A replica on its way to infinity has finite numbers that no decomposition takes: that is data, as its end is.
        let frame = OrbitFrame::new(self.0, moment.theta);
        into[0] = frame.map_or(f64::NAN, |f| f.log_volume());
        Ok(())
    }
}
