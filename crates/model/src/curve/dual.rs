//! a + ε b with ε² = 0 and without memory of its own: nested once, twice, thrice it gives as many derivatives along a line.

use crate::expression::Function;
use crate::scalar::Scalar;

/// A number and its derivative.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Dual<S> {
    pub value: S,
    pub slope: S,
}

impl<S: Scalar> Scalar for Dual<S> {
    fn constant(&self, value: f64) -> Dual<S> {
        Dual {
            value: self.value.constant(value),
            slope: self.value.constant(0.0),
        }
    }

    fn plus(&self, other: &Dual<S>) -> Dual<S> {
        Dual {
            value: self.value.plus(&other.value),
            slope: self.slope.plus(&other.slope),
        }
    }

    fn times(&self, other: &Dual<S>) -> Dual<S> {
        let (left, right) = (
            self.slope.times(&other.value),
            self.value.times(&other.slope),
        );
        Dual {
            value: self.value.times(&other.value),
            slope: left.plus(&right),
        }
    }

    fn minus(&self) -> Dual<S> {
        Dual {
            value: self.value.minus(),
            slope: self.slope.minus(),
        }
    }

    fn inverse(&self) -> Option<Dual<S>> {
        // −b/a².
        let value = self.value.inverse()?;
        let slope = value.times(&value).times(&self.slope).minus();
        Some(Dual { value, slope })
    }

    fn apply(&self, function: Function) -> Option<Dual<S>> {
        let value = self.value.apply(function)?;
        let slope = self.value.slope(function, &value)?.times(&self.slope);
        Some(Dual { value, slope })
    }

    fn shadow(&self) -> f64 {
        self.value.shadow()
    }
}

/// Three derivatives.
pub(super) type Dual3 = Dual<Dual<Dual<f64>>>;

/// The number z as what derivatives are taken along.
pub(super) fn along(z: f64) -> Dual3 {
    let still = |x: f64| Dual {
        value: x,
        slope: 0.0,
    };
    let moving = |x: f64, v: f64| Dual { value: x, slope: v };
    Dual {
        value: Dual {
            value: moving(z, 1.0),
            slope: still(1.0),
        },
        slope: Dual {
            value: still(1.0),
            slope: still(0.0),
        },
    }
}

/// f, f′, f″, f‴ of a value computed from [`along`].
pub(super) fn derivatives(f: &Dual3) -> [f64; 4] {
    [
        f.value.value.value,
        f.value.value.slope,
        f.value.slope.slope,
        f.slope.slope.slope,
    ]
}
