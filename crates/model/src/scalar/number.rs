//! The number types that a scalar program runs on.

use crate::expression::Function;
use symbias_numerics::field::{Fp, MERSENNE61};

/// A commutative ring with the functions of the language, as far as it has them.
///
/// `None` means that the operation does not exist there: an inverse of zero, a transcendental
/// function in a prime field.
pub trait Scalar: Clone {
    /// The number of this value.
    fn constant(&self, value: f64) -> Self;
    /// Sum.
    fn plus(&self, other: &Self) -> Self;
    /// Product.
    fn times(&self, other: &Self) -> Self;
    /// Opposite.
    fn minus(&self) -> Self;
    /// Inverse.
    fn inverse(&self) -> Option<Self>;
    /// f(x).
    fn apply(&self, function: Function) -> Option<Self>;
    /// A real number that decides comparisons (relu, max).
    fn shadow(&self) -> f64;

    /// f′(x), given y = f(x); the conventions at kinks are those of the language (derivative 0).
    fn slope(&self, function: Function, y: &Self) -> Option<Self> {
        let c = |x: f64| self.constant(x);
        let positive = self.shadow() > 0.0;
        Some(match function {
            Function::Relu => c(f64::from(positive)),
            Function::LeakyRelu(slope) => c(if positive { 1.0 } else { slope }),
            Function::Abs => c(if self.shadow() == 0.0 {
                0.0
            } else {
                self.shadow().signum()
            }),
            Function::Square => self.plus(self),
            Function::Power(p) => match p {
                _ if p == 0.0 => c(0.0),
                // As for sqrt.
                _ if (0.0..1.0).contains(&p) && self.shadow() == 0.0 => c(0.0),
                _ => self.apply(Function::Power(p - 1.0))?.times(&c(p)),
            },
            Function::Exp => y.clone(),
            Function::Log => self.inverse()?,
            Function::Sqrt if self.shadow() == 0.0 => c(0.0),
            Function::Sqrt => y.inverse()?.times(&c(0.5)),
            Function::Tanh => c(1.0).plus(&y.times(y).minus()),
            Function::Sigmoid => y.times(&c(1.0).plus(&y.minus())),
            Function::Silu => {
                let s = self.apply(Function::Sigmoid)?;
                s.plus(&y.times(&c(1.0).plus(&s.minus())))
            }
            Function::Sin => self.apply(Function::Cos)?,
            Function::Cos => self.apply(Function::Sin)?.minus(),
            Function::Gelu => {
                // Φ(x) + x φ(x), with Φ(x) = gelu(x)/x kept away from 0/0.
                let density = self
                    .times(self)
                    .times(&c(-0.5))
                    .apply(Function::Exp)?
                    .times(&c(1.0 / (2.0 * std::f64::consts::PI).sqrt()));
                let cumulative = if self.shadow() == 0.0 {
                    c(0.5)
                } else {
                    y.times(&self.inverse()?)
                };
                cumulative.plus(&self.times(&density))
            }
            Function::GeluTanh => {
                let (k, a) = ((2.0 / std::f64::consts::PI).sqrt(), 0.044_715);
                let square = self.times(self);
                let inner = self.times(&c(1.0).plus(&square.times(&c(a)))).times(&c(k));
                let t = inner.apply(Function::Tanh)?;
                let steep = c(1.0).plus(&square.times(&c(3.0 * a))).times(&c(k));
                let bend = self.times(&c(1.0).plus(&t.times(&t).minus())).times(&steep);
                c(1.0).plus(&t).plus(&bend).times(&c(0.5))
            }
            Function::Sign => c(0.0),
            Function::Erf => self
                .times(self)
                .minus()
                .apply(Function::Exp)?
                .times(&c(std::f64::consts::FRAC_2_SQRT_PI)),
            Function::Profile(curve) => self.apply(Function::Profile(curve.derivative()?))?,
            Function::Conj | Function::Re | Function::Im | Function::Abs2 => return None,
        })
    }
}

impl Scalar for f64 {
    fn constant(&self, value: f64) -> f64 {
        value
    }
    fn plus(&self, other: &f64) -> f64 {
        self + other
    }
    fn times(&self, other: &f64) -> f64 {
        self * other
    }
    fn minus(&self) -> f64 {
        -self
    }
    fn inverse(&self) -> Option<f64> {
        Some(1.0 / self)
    }
    fn shadow(&self) -> f64 {
        *self
    }
    fn apply(&self, function: Function) -> Option<f64> {
        let x = *self;
        Some(match function {
            Function::Relu => x.max(0.0),
            Function::LeakyRelu(slope) => {
                if x > 0.0 {
                    x
                } else {
                    slope * x
                }
            }
            Function::Abs => x.abs(),
            Function::Square => x * x,
            Function::Power(p) if p == p.trunc() && p.abs() <= 64.0 => x.powi(p as i32),
            Function::Power(p) => x.powf(p),
            Function::Exp => x.exp(),
            Function::Log => x.ln(),
            Function::Sqrt => x.sqrt(),
            Function::Sign if x == 0.0 => 0.0,
            Function::Sign => x.signum(),
            Function::Erf => libm::erf(x),
            Function::Profile(curve) => curve.at(x),
            Function::Tanh => x.tanh(),
            Function::Sigmoid => 1.0 / (1.0 + (-x).exp()),
            Function::Silu => x / (1.0 + (-x).exp()),
            Function::Gelu => 0.5 * x * libm::erfc(-x * std::f64::consts::FRAC_1_SQRT_2),
            Function::GeluTanh => {
                let inner = (2.0 / std::f64::consts::PI).sqrt() * (x + 0.044_715 * x * x * x);
                0.5 * x * (1.0 + inner.tanh())
            }
            Function::Sin => x.sin(),
            Function::Cos => x.cos(),
            Function::Conj | Function::Re | Function::Im | Function::Abs2 => return None,
        })
    }
}

/// Integer exponents up to which a power is written as products: a polynomial, whose degree has to stay far below the prime.
pub(super) const EXACT_POWER: f64 = 1048576.0;

/// A number modulo p = 2⁶¹ − 1, with a real shadow that decides which piece of a piecewise
/// polynomial function is evaluated.
///
/// On one piece the function is a polynomial (or rational function) and may be evaluated at any
/// point of the field, so the residue of a random point need not be that of its shadow.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Exact {
    /// The residue.
    pub residue: Fp<MERSENNE61>,
    /// The real number that stands for it in comparisons.
    pub shadow: f64,
}

impl Exact {
    /// Zero.
    pub const ZERO: Exact = Exact {
        residue: Fp::ZERO,
        shadow: 0.0,
    };

    /// The residue of a binary fraction, exactly.
    #[must_use]
    pub fn of(value: f64) -> Exact {
        let bits = value.to_bits();
        let raw = ((bits >> 52) & 0x7ff) as i64;
        let fraction = bits & ((1 << 52) - 1);
        let (mantissa, exponent) = match raw {
            0 => (fraction, -1074),
            _ => (fraction | 1 << 52, raw - 1075),
        };
        // The order of 2 modulo 2⁶¹ − 1 is 61.
        let power = Fp::new(1 << exponent.rem_euclid(61));
        let size = Fp::new(mantissa) * power;
        Exact {
            residue: if value < 0.0 { -size } else { size },
            shadow: value,
        }
    }
}

impl Scalar for Exact {
    fn constant(&self, value: f64) -> Exact {
        Exact::of(value)
    }
    fn plus(&self, other: &Exact) -> Exact {
        Exact {
            residue: self.residue + other.residue,
            shadow: self.shadow + other.shadow,
        }
    }
    fn times(&self, other: &Exact) -> Exact {
        Exact {
            residue: self.residue * other.residue,
            shadow: self.shadow * other.shadow,
        }
    }
    fn minus(&self) -> Exact {
        Exact {
            residue: -self.residue,
            shadow: -self.shadow,
        }
    }
    fn inverse(&self) -> Option<Exact> {
        Some(Exact {
            residue: self.residue.inverse()?,
            shadow: 1.0 / self.shadow,
        })
    }
    fn shadow(&self) -> f64 {
        self.shadow
    }
    fn apply(&self, function: Function) -> Option<Exact> {
        let positive = self.shadow > 0.0;
        match function {
            Function::Relu => Some(if positive { *self } else { Exact::ZERO }),
            Function::LeakyRelu(slope) => Some(if positive {
                *self
            } else {
                self.times(&Exact::of(slope))
            }),
            Function::Abs => Some(if positive { *self } else { self.minus() }),
            Function::Sign if self.shadow == 0.0 => Some(Exact::ZERO),
            Function::Sign => Some(Exact::of(self.shadow.signum())),
            Function::Square => Some(self.times(self)),
            Function::Power(p) if p == p.trunc() && p.abs() <= EXACT_POWER => {
                let mut square = if p < 0.0 { self.inverse()? } else { *self };
                let (mut power, mut n) = (Exact::of(1.0), p.abs() as u64);
                while n > 0 {
                    if n & 1 == 1 {
                        power = power.times(&square);
                    }
                    square = square.times(&square);
                    n >>= 1;
                }
                Some(power)
            }
            _ => None,
        }
    }
}
