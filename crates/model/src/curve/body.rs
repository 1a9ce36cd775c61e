//! The expression in z that a curve is the inverse or the integral of.

use super::dual::{Dual, along, derivatives};
use crate::scalar::ScalarProgram;
use symbias_numerics::extended::Extended;

/// A function of one number, as a scalar program with one parameter.
#[derive(Clone, Debug)]
pub(super) struct Body(pub ScalarProgram);

impl Body {
    /// g(z), not a number where it does not exist.
    pub fn at(&self, z: f64) -> f64 {
        self.one(z).unwrap_or(f64::NAN)
    }

    /// g(z) and g′(z).
    pub fn with_slope(&self, z: f64) -> (f64, f64) {
        let z = Dual {
            value: z,
            slope: 1.0,
        };
        match self.one(z) {
            Some(g) => (g.value, g.slope),
            None => (f64::NAN, f64::NAN),
        }
    }

    /// g, g′, g″, g‴ at z.
    pub fn derivatives(&self, z: f64) -> [f64; 4] {
        self.one(along(z))
            .map_or([f64::NAN; 4], |g| derivatives(&g))
    }

    /// g(z) with 31 digits, where all of its functions have them.
    pub fn extended(&self, z: Extended) -> Option<Extended> {
        self.one(z)
    }

    fn one<S: crate::scalar::Scalar>(&self, z: S) -> Option<S> {
        self.0.value(&[z], &[])?.pop()
    }
}
