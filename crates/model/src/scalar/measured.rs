//! Numbers that carry a bound on their own rounding.

use super::number::Scalar;
use crate::expression::Function;
use symbias_numerics::extended::transform::{two_product, two_sum};

/// Unit roundoff, 2^-53.
const U: f64 = 0.5 * f64::EPSILON;
/// What an operation may lose where its result is below the smallest normal number.
const TINY: f64 = f64::MIN_POSITIVE;
/// Products below this may have an error that is no f64: 2^-900.
const SMALL: f64 = f64::from_bits((1023 - 900) << 52);
/// Keeps the bound above the rounding of the bound itself.
const GROWTH: f64 = 1.0 + 8.0 * f64::EPSILON;

/// An f64, bit for bit the one that f64 itself would give, and a bound on how far it is from the number that exact
/// arithmetic would give: a running error analysis (Wilkinson; Higham, Accuracy and Stability, §3.3).
///
/// Parameters, inputs and constants are exact. The error of a sum or product is known exactly and not only bounded, so
/// that numbers that are represented stay free of error. A comparison within the error makes the derivative at the kink
/// uncertain by its jump; which branch a maximum takes is not questioned.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measured {
    value: f64,
    error: f64,
}

impl Measured {
    /// A number without error.
    #[must_use]
    pub fn exact(value: f64) -> Measured {
        Measured { value, error: 0.0 }
    }

    /// A number with an absolute error of at most `error`.
    #[must_use]
    pub fn with_error(value: f64, error: f64) -> Measured {
        Measured {
            value,
            error: error.abs(),
        }
    }

    /// The number.
    #[must_use]
    pub fn value(&self) -> f64 {
        self.value
    }

    /// Bound on its absolute error; infinite where there is none.
    #[must_use]
    pub fn error(&self) -> f64 {
        if self.error.is_nan() {
            f64::INFINITY
        } else {
            self.error
        }
    }

    fn bounded(value: f64, error: f64) -> Measured {
        Measured {
            value,
            error: error * GROWTH,
        }
    }
}

impl Scalar for Measured {
    fn constant(&self, value: f64) -> Measured {
        Measured::exact(value)
    }

    fn plus(&self, other: &Measured) -> Measured {
        let (sum, rest) = two_sum(self.value, other.value);
        Measured::bounded(sum, self.error + other.error + rest.abs())
    }

    fn times(&self, other: &Measured) -> Measured {
        let (a, b) = (self, other);
        let (product, rest) = two_product(a.value, b.value);
        let rest = if product.abs() >= SMALL {
            rest.abs()
        } else if a.value == 0.0 || b.value == 0.0 {
            0.0
        } else {
            U * product.abs() + TINY
        };
        // Not 0 · ∞ for an exact zero.
        let passed = |factor: f64, error: f64| if error == 0.0 { 0.0 } else { factor * error };
        let error = passed(a.value.abs() + a.error, b.error) + passed(b.value.abs(), a.error);
        Measured::bounded(product, error + rest)
    }

    fn minus(&self) -> Measured {
        Measured {
            value: -self.value,
            error: self.error,
        }
    }

    fn inverse(&self) -> Option<Measured> {
        let value = self.value.inverse()?;
        let size = self.value.abs();
        let passed = match self.error {
            0.0 => 0.0,
            e if e < size => e / (size * (size - e)),
            _ => f64::INFINITY,
        };
        // The residual 1 − x y says whether the quotient is exact.
        let (product, rest) = two_product(self.value, value);
        let exact = product == 1.0 && rest == 0.0;
        let rounding = if exact { 0.0 } else { rounded(value, 1.0) };
        Some(Measured::bounded(value, passed + rounding))
    }

    fn shadow(&self) -> f64 {
        self.value
    }

    fn apply(&self, function: Function) -> Option<Measured> {
        if function == Function::Square {
            return Some(self.times(self));
        }
        let y = self.value.apply(function)?;
        let passed = match self.error {
            0.0 => 0.0,
            e => spread(function, self.value, e, y)?,
        };
        Some(Measured::bounded(
            y,
            passed + rounding(function, self.value, y),
        ))
    }

    /// The slope of f64, with what x, y and its formula leave open.
    fn slope(&self, function: Function, y: &Measured) -> Option<Measured> {
        let (x, e) = (self.value, self.error());
        let value = x.slope(function, &y.value)?;
        let kink = |jump: f64| if e > 0.0 && x.abs() <= e { jump } else { 0.0 };
        let error = match function {
            Function::Relu => kink(1.0),
            Function::LeakyRelu(slope) => kink((1.0 - slope).abs()),
            Function::Abs => kink(2.0),
            Function::Sign => kink(f64::INFINITY),
            Function::Profile(curve) => {
                let slope = curve.derivative()?;
                slope.error(x, value)
                    + if e > 0.0 {
                        slope.spread(x, e, value)
                    } else {
                        0.0
                    }
            }
            Function::Square => 2.0 * e,
            Function::Power(0.0) => 0.0,
            Function::Power(p) => {
                let power = self.apply(Function::Power(p - 1.0))?;
                return Some(power.times(&Measured::exact(p)));
            }
            Function::Exp => return Some(*y),
            Function::Log => return self.inverse(),
            // 0 by convention, where the slope is infinite.
            Function::Sqrt if x == 0.0 => kink(f64::INFINITY),
            Function::Sqrt => return Some(y.inverse()?.times(&Measured::exact(0.5))),
            _ => smooth_slope(function, x, e, y, value)?,
        };
        Some(Measured::bounded(value, error))
    }
}

/// `units` roundoffs of a result, and what underflow may take.
fn rounded(y: f64, units: f64) -> f64 {
    let lost = if y.abs() < TINY { TINY } else { 0.0 };
    units * U * y.abs() + lost
}

/// Bound on |fl(f(x)) − f(x)| with y = fl(f(x)): a last bit for the functions of the standard library (two for tanh), and
/// what the formulas of f64 add.
fn rounding(function: Function, x: f64, y: f64) -> f64 {
    match function {
        Function::Relu | Function::Abs | Function::Sign => 0.0,
        Function::Profile(curve) => curve.error(x, y),
        Function::LeakyRelu(_) if x > 0.0 => 0.0,
        Function::Power(p) if p == 0.0 || p == 1.0 => 0.0,
        Function::Power(p) if p == p.trunc() && p.abs() <= 64.0 => rounded(y, p.abs() + 1.0),
        Function::LeakyRelu(_) | Function::Sqrt if y == 0.0 => 0.0,
        Function::LeakyRelu(_) | Function::Sqrt => rounded(y, 1.0),
        Function::Tanh if x == 0.0 => 0.0,
        Function::Tanh => rounded(y, 5.0),
        Function::Sigmoid | Function::Silu => rounded(y, 4.0),
        // The argument of erfc is rounded twice: ½ x · erfc′(z) · 2 u z = 2 u x² φ(x).
        Function::Gelu => rounded(y, 4.0) + 2.0 * U * x * x * density(x),
        Function::GeluTanh => 0.5 * x.abs() * gate_error(x) + rounded(y, 3.0),
        Function::Exp if x == 0.0 => 0.0,
        Function::Log if y == 0.0 => 0.0,
        _ => rounded(y, 2.0),
    }
}

/// φ(x), the density of a standard normal number.
fn density(x: f64) -> f64 {
    (-0.5 * x * x).exp()
        * (0.5 * std::f64::consts::FRAC_1_SQRT_2 * std::f64::consts::FRAC_2_SQRT_PI)
}

/// (i, tanh i) of gelu_tanh, i = k (x + a x³).
fn inner(x: f64) -> (f64, f64) {
    let i = (2.0 / std::f64::consts::PI).sqrt() * (x + 0.044_715 * x * x * x);
    (i, i.tanh())
}

/// Bound on the rounding of 1 + tanh i: i has six roundoffs, tanh five.
fn gate_error(x: f64) -> f64 {
    let (i, t) = inner(x);
    let moved = if i.abs() < 40.0 {
        i.abs() * (1.0 - t * t)
    } else {
        0.0
    };
    U * (6.0 * moved + 5.0 * t.abs() + (1.0 + t))
}

/// Bound on |f(x + δ) − f(x)| for |δ| ≤ e, given y = f(x): exact, or |f′(x)| e + ½ sup|f″| e².
fn spread(function: Function, x: f64, e: f64, y: f64) -> Option<f64> {
    let size = x.abs();
    let second = |bound: f64| -> Option<f64> {
        let slope = x.slope(function, &y)?.abs();
        Some(slope * e + 0.5 * bound * e * e)
    };
    Some(match function {
        Function::Relu if x < -e => 0.0,
        Function::Sign if size > e => 0.0,
        Function::Sign => 2.0,
        Function::Profile(curve) => curve.spread(x, e, y),
        Function::Erf => second(0.97)?.min(1.13 * e).min(2.0),
        Function::Relu | Function::Abs => e,
        Function::LeakyRelu(_) if x > e => e,
        Function::LeakyRelu(slope) if x < -e => slope.abs() * e,
        Function::LeakyRelu(slope) => slope.abs().max(1.0) * e,
        Function::Square => (2.0 * size + e) * e,
        Function::Power(0.0) => 0.0,
        Function::Power(p) if p > 0.0 && size == 0.0 => e.powf(p),
        Function::Power(p) if p >= 1.0 => y.abs() * (p * (e / size).ln_1p()).exp_m1(),
        Function::Power(p) if e < size => y.abs() * (-p.abs() * (-e / size).ln_1p()).exp_m1(),
        Function::Power(p) if p > 0.0 => (size + e).powf(p),
        Function::Power(_) => f64::INFINITY,
        Function::Exp => y * e.exp_m1(),
        Function::Log if e < x => -(-e / x).ln_1p(),
        Function::Log => f64::INFINITY,
        Function::Sqrt if x > 0.0 => e / (x.sqrt() + (x - e).max(0.0).sqrt()),
        Function::Sqrt => e.sqrt(),
        Function::Tanh => second(0.77)?.min(e).min(2.0),
        Function::Sigmoid => second(0.1)?.min(0.25 * e).min(1.0),
        Function::Silu => second(0.5)?,
        Function::Gelu => second(0.8)?,
        Function::GeluTanh => second(0.9)?,
        Function::Sin | Function::Cos => second(1.0)?.min(e).min(2.0),
        Function::Conj | Function::Re | Function::Im | Function::Abs2 => return None,
    })
}

/// Bound on the error of the computed f′(x) of a smooth function: |f″(x)| e + ½ sup|f‴| e², and the rounding of the
/// formula in [`Scalar::slope`].
fn smooth_slope(function: Function, x: f64, e: f64, y: &Measured, value: f64) -> Option<f64> {
    let (v, size) = (y.value, x.abs());
    // What y is off by; its square stands for the second order.
    let off = y.error();
    Some(match function {
        Function::Tanh => 2.0 * v.abs() * off + off * off + 2.0 * U,
        Function::Sigmoid => off * ((1.0 - 2.0 * v).abs() + off) + rounded(v, 3.0),
        Function::Silu => {
            let s = x.apply(Function::Sigmoid)?;
            let bend = s * (1.0 - s) * (2.0 + size * (1.0 - 2.0 * s).abs());
            bend * e + 0.25 * e * e + rounded(s + v.abs(), 7.0)
        }
        Function::Gelu => {
            let d = density(x);
            let cumulative =
                rounded(if size > 0.0 { (v / x).abs() } else { 0.5 }, 7.0) + 2.0 * U * size * d;
            let bend = d * (2.0 - x * x).abs();
            bend * e + 0.5 * e * e + cumulative + U * size * d * (x * x + 8.0) + rounded(value, 1.0)
        }
        Function::GeluTanh => {
            let ((_, t), gate) = (inner(x), gate_error(x));
            let steep = 0.8 * (1.0 + 0.1342 * x * x);
            // 1 − t² is off by 2|t| times what t is off by, and by two roundoffs.
            let bend = size * steep * (2.0 * t.abs() * gate + U * (2.0 + 8.0 * (1.0 - t * t)));
            1.2 * e + 0.5 * (gate + 2.0 * U + bend) + rounded(value, 2.0)
        }
        // 2/√π e^{−x²}: its slope is −2x times it, its second derivative at most 4/√π; the exponent is rounded once.
        Function::Erf => {
            (2.0 * size * value * e + 1.13 * e * e) + U * x * x * value + rounded(value, 3.0)
        }
        Function::Sin | Function::Cos => {
            let bend = x.apply(function)?.abs();
            (bend * e + 0.5 * e * e).min(2.0) + rounded(value, 2.0)
        }
        _ => return None,
    })
}
