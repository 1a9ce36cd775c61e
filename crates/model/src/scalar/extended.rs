//! The functions of the language over numbers of 31 digits.

use super::number::Scalar;
use crate::expression::Function;
use symbias_numerics::extended::Extended;

/// The constants of gelu_tanh are those f64 that define it for every number type.
const BEND: f64 = 0.044_715;
fn steepness() -> f64 {
    (2.0 / std::f64::consts::PI).sqrt()
}

/// Domains, kinks and infinities are those of f64, so that the nearest f64 of a result is close to the result in f64.
impl Scalar for Extended {
    fn constant(&self, value: f64) -> Extended {
        Extended::from(value)
    }
    fn plus(&self, other: &Extended) -> Extended {
        *self + *other
    }
    fn times(&self, other: &Extended) -> Extended {
        *self * *other
    }
    fn minus(&self) -> Extended {
        -*self
    }
    fn inverse(&self) -> Option<Extended> {
        Some(self.recip())
    }
    fn shadow(&self) -> f64 {
        self.high()
    }

    fn apply(&self, function: Function) -> Option<Extended> {
        let x = *self;
        let positive = x.high() > 0.0;
        Some(match function {
            Function::Relu if positive => x,
            Function::Relu => Extended::ZERO,
            Function::LeakyRelu(_) if positive => x,
            Function::LeakyRelu(slope) => x * slope,
            Function::Abs => x.abs(),
            Function::Square => x * x,
            Function::Power(p) => x.powf(p),
            Function::Exp => x.exp(),
            Function::Log => x.ln(),
            Function::Sqrt => x.sqrt(),
            Function::Sign if x.high() == 0.0 => Extended::ZERO,
            Function::Sign => Extended::from(x.high().signum()),
            Function::Erf => x.erf(),
            // Known to the digits of f64 only.
            Function::Profile(_) => return None,
            Function::Tanh => x.tanh(),
            Function::Sigmoid => x.sigmoid(),
            Function::Silu => x * x.sigmoid(),
            Function::Gelu => x * cumulative(x),
            Function::GeluTanh => x * gate(x).sigmoid(),
            Function::Sin => x.sin(),
            Function::Cos => x.cos(),
            Function::Conj | Function::Re | Function::Im | Function::Abs2 => return None,
        })
    }

    /// f′(x) in forms that keep their digits where a unit is saturated: 1 − tanh² is e^{−2x} there, and no rounding.
    fn slope(&self, function: Function, y: &Extended) -> Option<Extended> {
        let (x, one) = (*self, Extended::ONE);
        let positive = x.high() > 0.0;
        Some(match function {
            Function::Relu => Extended::from(f64::from(positive)),
            Function::LeakyRelu(slope) => Extended::from(if positive { 1.0 } else { slope }),
            Function::Abs if x.high() == 0.0 => Extended::ZERO,
            Function::Abs => Extended::from(x.high().signum()),
            Function::Square => x.scaled(1),
            Function::Power(0.0) => Extended::ZERO,
            // As in f64.
            Function::Power(p) if (0.0..1.0).contains(&p) && x.high() == 0.0 => Extended::ZERO,
            Function::Power(p) => x.powf(p - 1.0) * p,
            Function::Exp => *y,
            Function::Log => x.recip(),
            Function::Sqrt if x.high() == 0.0 => Extended::ZERO,
            Function::Sqrt => y.recip().scaled(-1),
            Function::Sign => Extended::ZERO,
            Function::Erf => {
                (-(x * x)).exp() * Extended::FRAC_1_SQRT_2PI * (2.0 * std::f64::consts::SQRT_2)
            }
            Function::Profile(_) => return None,
            Function::Tanh => x.sech_squared(),
            Function::Sigmoid => x.sigmoid() * (-x).sigmoid(),
            Function::Silu => x.sigmoid() * (one + x * (-x).sigmoid()),
            Function::Gelu => {
                let density = (-(x * x).scaled(-1)).exp() * Extended::FRAC_1_SQRT_2PI;
                cumulative(x) + x * density
            }
            Function::GeluTanh => {
                // x σ(g) with g = 2 k (x + a x³).
                let (g, steep) = (gate(x), (one + x * x * (3.0 * BEND)) * (2.0 * steepness()));
                g.sigmoid() * (one + x * (-g).sigmoid() * steep)
            }
            Function::Sin => x.cos(),
            Function::Cos => -x.sin(),
            Function::Conj | Function::Re | Function::Im | Function::Abs2 => return None,
        })
    }
}

/// Φ(x), the distribution function of a standard normal number.
fn cumulative(x: Extended) -> Extended {
    (-x * Extended::FRAC_1_SQRT_2).erfc().scaled(-1)
}

/// ½ (1 + tanh i) = σ(2 i) with i = k (x + a x³).
fn gate(x: Extended) -> Extended {
    let cube = x * x * x;
    (x + cube * BEND) * (2.0 * steepness())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FUNCTIONS: &[Function] = &[
        Function::Relu,
        Function::LeakyRelu(0.3),
        Function::Abs,
        Function::Square,
        Function::Power(-3.0),
        Function::Power(0.7),
        Function::Exp,
        Function::Log,
        Function::Sqrt,
        Function::Tanh,
        Function::Sigmoid,
        Function::Silu,
        Function::Gelu,
        Function::GeluTanh,
        Function::Sin,
        Function::Cos,
    ];

    /// f′ against (f(x+h) − f(x−h))/2h, which with 31 digits agrees to 20 of them.
    #[test]
    fn slopes_are_those_of_the_functions() {
        let h = 2f64.powi(-33);
        for &f in FUNCTIONS {
            for x in [-3.1, -0.4, 0.2, 1.7, 6.0] {
                let at = |x: Extended| x.apply(f).expect("a real function");
                let x = Extended::from(x);
                let difference =
                    (at(x + Extended::from(h)) - at(x - Extended::from(h))) * (0.5 / h);
                let slope = x.slope(f, &at(x)).expect("a real function");
                // Outside of the domain there is nothing to compare.
                if !difference.is_finite() {
                    continue;
                }
                let error = (slope - difference).high().abs();
                assert!(
                    error <= 1e-16 * slope.high().abs().max(1.0),
                    "{f:?} at {x:?}: {error:e}"
                );
            }
        }
    }

    /// The nearest f64 of a value or slope is what f64 gives, at kinks and outside of domains too.
    #[test]
    fn results_are_close_to_those_in_f64() {
        for &f in FUNCTIONS {
            for x in [
                -700.0, -40.0, -1.3, -1e-9, 0.0, 1e-9, 0.3, 1.0, 2.9, 30.0, 700.0,
            ] {
                let (y, wide) = (x.apply(f), Extended::from(x).apply(f));
                let (y, wide) = (y.expect("real"), wide.expect("real"));
                let slopes = (x.slope(f, &y), Extended::from(x).slope(f, &wide));
                let (slope, wide_slope) = (slopes.0.expect("real"), slopes.1.expect("real"));
                let same = |a: f64, b: f64| {
                    a == b || a.is_nan() && b.is_nan() || (a - b).abs() <= 1e-13 * a.abs().max(1.0)
                };
                assert!(same(y, wide.high()), "{f:?}({x}): {y} and {wide:?}");
                assert!(
                    same(slope, wide_slope.high()),
                    "{f:?}′({x}): {slope} and {wide_slope:?}"
                );
            }
        }
    }

    #[test]
    fn a_saturated_unit_has_a_slope() {
        let slope = |f: Function, x: f64| {
            let x = Extended::from(x);
            x.slope(f, &x.apply(f).expect("real")).expect("real").high()
        };
        let near = |a: f64, b: f64| (a / b - 1.0).abs() < 1e-12;
        assert!(near(slope(Function::Tanh, 100.0), 4.0 * (-200.0f64).exp()));
        assert!(near(slope(Function::Sigmoid, 100.0), (-100.0f64).exp()));
        // The formula of f64 has lost it.
        assert_eq!(100.0f64.slope(Function::Tanh, &1.0), Some(0.0));
    }
}
