//! [`Extended`]: numbers of 106 bits, about 31 digits, as unevaluated sums of two f64.
//!
//! For the question whether a small number is zero or not that 16 digits leave open. Sums and products have relative
//! errors of a few 2^-106 (Joldes, Muller and Popescu, ACM Trans. Math. Softw. 44 (2017), algorithms 6 and 11; the
//! design is that of Hida, Li and Bailey, ARITH-15 (2001)); the functions keep 1e-29 wherever f64 has a value.
//! The range is that of f64, and close to its lower end (below 1e-290) the second half is lost first.
//!
//! Used by the scalar programs of the model and by [`rank`](crate::rank).

mod elementary;
mod erf;
pub mod transform;
mod trig;

use std::ops::{Add, Div, Mul, Neg, Sub};
use transform::{fast_two_sum, two_product, two_sum};

/// high + low with |low| ≤ ½ ulp(high); low is 0 where high is infinite or not a number.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct Extended {
    high: f64,
    low: f64,
}

impl Extended {
    /// 0.
    pub const ZERO: Extended = Extended::parts(0.0, 0.0);
    /// 1.
    pub const ONE: Extended = Extended::parts(1.0, 0.0);
    /// Bound on the relative error of one operation, 2^-103.
    pub const EPSILON: f64 = f64::from_bits((1023 - 103) << 52);
    /// Not a number.
    pub const NAN: Extended = Extended::parts(f64::NAN, 0.0);
    /// 1/√2.
    pub const FRAC_1_SQRT_2: Extended =
        Extended::parts(std::f64::consts::FRAC_1_SQRT_2, -4.833646656726457e-17);
    /// 1/√(2π).
    pub const FRAC_1_SQRT_2PI: Extended =
        Extended::parts(0.3989422804014327, -2.49232720227773e-17);

    /// Two parts that are normalised already.
    const fn parts(high: f64, low: f64) -> Extended {
        Extended { high, low }
    }

    /// The sum of two numbers, exactly.
    #[inline]
    #[must_use]
    pub fn sum(a: f64, b: f64) -> Extended {
        Self::checked(two_sum(a, b))
    }

    /// The product of two numbers, exactly.
    #[inline]
    #[must_use]
    pub fn product(a: f64, b: f64) -> Extended {
        Self::checked(two_product(a, b))
    }

    /// The nearest f64.
    #[inline]
    #[must_use]
    pub const fn high(self) -> f64 {
        self.high
    }

    /// What the nearest f64 lacks.
    #[inline]
    #[must_use]
    pub const fn low(self) -> f64 {
        self.low
    }

    /// |x|.
    #[must_use]
    pub fn abs(self) -> Extended {
        if self.high < 0.0 { -self } else { self }
    }

    /// Neither infinite nor not a number.
    #[must_use]
    pub fn is_finite(self) -> bool {
        self.high.is_finite()
    }

    /// 1/x.
    #[must_use]
    pub fn recip(self) -> Extended {
        Extended::ONE / self
    }

    /// √x (Karp and Markstein, ACM Trans. Math. Softw. 23 (1997)): one Newton step of x^(-1/2) whose last product is short.
    #[must_use]
    pub fn sqrt(self) -> Extended {
        if self.high <= 0.0 || !self.is_finite() {
            return Extended::from(self.high.sqrt());
        }
        // Squares and their errors stay in the range of f64.
        if self.high < 1e-200 {
            return self.scaled(400).sqrt().scaled(-200);
        }
        if self.high > 1e290 {
            return self.scaled(-400).sqrt().scaled(200);
        }
        let inverse = 1.0 / self.high.sqrt();
        let root = self.high * inverse;
        let rest = (self - Extended::product(root, root)).high;
        Self::checked(two_sum(root, rest * (0.5 * inverse)))
    }

    /// xⁿ by squaring.
    #[must_use]
    pub fn powi(self, n: i32) -> Extended {
        let (mut power, mut base, mut rest) = (Extended::ONE, self, n.unsigned_abs());
        while rest > 0 {
            if rest & 1 == 1 {
                power = power * base;
            }
            rest >>= 1;
            if rest > 0 {
                base = base * base;
            }
        }
        if n < 0 { power.recip() } else { power }
    }

    /// x 2ᵏ for |k| ≤ 2000.
    #[must_use]
    pub fn scaled(self, k: i32) -> Extended {
        // In halves, since 2ᵏ itself may lie outside of the range.
        let power = |k: i32| f64::from_bits(((k + 1023) as u64) << 52);
        let (first, second) = (power(k / 2), power(k - k / 2));
        Self::checked((self.high * first * second, self.low * first * second))
    }

    /// Without a second part that came from ∞ − ∞.
    #[inline(always)]
    fn checked((high, low): (f64, f64)) -> Extended {
        Extended {
            high,
            low: if high.is_finite() { low } else { 0.0 },
        }
    }
}

impl From<f64> for Extended {
    #[inline]
    fn from(x: f64) -> Extended {
        Extended::parts(x, 0.0)
    }
}

impl Neg for Extended {
    type Output = Extended;
    #[inline]
    fn neg(self) -> Extended {
        Extended::parts(-self.high, -self.low)
    }
}

impl Add for Extended {
    type Output = Extended;
    /// Algorithm 6: relative error 3 · 2^-106, also where the terms cancel.
    #[inline]
    fn add(self, other: Extended) -> Extended {
        let (sum, error) = two_sum(self.high, other.high);
        if !sum.is_finite() {
            return Extended::from(sum);
        }
        let (low, rest) = two_sum(self.low, other.low);
        let (sum, error) = fast_two_sum(sum, error + low);
        Self::checked(fast_two_sum(sum, error + rest))
    }
}

impl Sub for Extended {
    type Output = Extended;
    #[inline]
    fn sub(self, other: Extended) -> Extended {
        self + -other
    }
}

impl Mul for Extended {
    type Output = Extended;
    /// Algorithm 11: relative error below 7 · 2^-106.
    #[inline]
    fn mul(self, other: Extended) -> Extended {
        let (product, error) = two_product(self.high, other.high);
        if !product.is_finite() {
            return Extended::from(product);
        }
        let cross = self.high * other.low + self.low * other.high;
        Self::checked(fast_two_sum(product, error + cross))
    }
}

impl Mul<f64> for Extended {
    type Output = Extended;
    #[inline]
    fn mul(self, other: f64) -> Extended {
        self * Extended::from(other)
    }
}

impl Div for Extended {
    type Output = Extended;
    /// Long division with three digits, each an f64 (Hida, Li and Bailey).
    #[inline]
    fn div(self, other: Extended) -> Extended {
        let first = self.high / other.high;
        if first == 0.0 || !first.is_finite() || !other.is_finite() {
            return Extended::from(first);
        }
        let rest = self - other * first;
        let second = rest.high / other.high;
        let third = (rest - other * second).high / other.high;
        let (high, low) = fast_two_sum(first, second);
        Extended::parts(high, low) + Extended::from(third)
    }
}
