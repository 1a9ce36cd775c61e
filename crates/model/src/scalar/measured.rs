//! Numbers that carry a bound on their own rounding.

use super::number::Scalar;
use crate::expression::Function;

/// A double with a first-order bound on its accumulated rounding error.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measured {
    value: f64,
    error: f64,
}

/// Unit roundoff.
const U: f64 = f64::EPSILON / 2.0;
/// Roundings of a library function.
const FUNCTION: f64 = 4.0 * U;

impl Measured {
    /// A number without error.
    #[must_use]
    pub fn exact(value: f64) -> Measured {
        Measured { value, error: 0.0 }
    }

    /// The number.
    #[must_use]
    pub fn value(&self) -> f64 {
        self.value
    }

    /// The bound on its error.
    #[must_use]
    pub fn error(&self) -> f64 {
        self.error
    }
}

impl Scalar for Measured {
    fn constant(&self, value: f64) -> Measured {
        Measured::exact(value)
    }
    fn plus(&self, other: &Measured) -> Measured {
        let value = self.value + other.value;
        Measured {
            value,
            error: self.error + other.error + U * value.abs(),
        }
    }
    fn times(&self, other: &Measured) -> Measured {
        let value = self.value * other.value;
        Measured {
            value,
            error: self.error * other.value.abs() + other.error * self.value.abs() + U * value.abs(),
        }
    }
    fn minus(&self) -> Measured {
        Measured {
            value: -self.value,
            error: self.error,
        }
    }
    fn inverse(&self) -> Option<Measured> {
        let value = 1.0 / self.value;
        Some(Measured {
            value,
            error: self.error * value * value + U * value.abs(),
        })
    }
    fn apply(&self, function: Function) -> Option<Measured> {
        let value = self.value.apply(function)?;
        let steep = self.value.slope(function, &value)?.abs();
        let inherited = if self.error == 0.0 { 0.0 } else { steep * self.error };
        Some(Measured {
            value,
            error: inherited + FUNCTION * value.abs(),
        })
    }
    fn shadow(&self) -> f64 {
        self.value
    }
}
