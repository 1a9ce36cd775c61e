//! Exact arithmetic modulo a prime P = 2^61 − c with small c.
//!
//! A rank computed over such a field from random integer points equals the generic rank except with probability at
//! most degree / P (see [`rank::schwartz_zippel`](crate::rank::schwartz_zippel)); no tolerance is involved. Two
//! primes are provided, so that a result can be confirmed by a second, independent modulus.
//!
//! Reduction uses 2^61 ≡ c: x = h 2^61 + l ≡ l + c h. Used by [`rank`](crate::rank) and by structural discovery.

use std::ops::{Add, AddAssign, Mul, MulAssign, Neg, Sub, SubAssign};

/// The Mersenne prime 2^61 − 1, the default modulus.
pub const MERSENNE61: u64 = (1 << 61) - 1;

/// The prime 2^61 − 31, the next one below, for a second opinion.
pub const SECOND61: u64 = (1 << 61) - 31;

/// An element of the integers modulo P, kept in 0..P.
///
/// P must be a prime of the form 2^61 − c, 1 ≤ c < 2^12; the form is checked when compiled, primality is the
/// caller's word (both constants of this module are tested).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Fp<const P: u64 = MERSENNE61>(u64);

impl<const P: u64> Fp<P> {
    const C: u64 = {
        assert!(
            P < 1 << 61 && (1 << 61) - P < 1 << 12,
            "the modulus must be 2^61 - c with c < 2^12"
        );
        (1 << 61) - P
    };

    /// The element 0.
    pub const ZERO: Self = Fp(0);
    /// The element 1.
    pub const ONE: Self = Fp(1);

    /// The class of any u64.
    #[inline]
    pub const fn new(x: u64) -> Self {
        Self::reduce(x as u128)
    }

    /// The class of a signed integer.
    #[inline]
    pub const fn from_i64(x: i64) -> Self {
        let class = Self::new(x.unsigned_abs());
        if x < 0 && class.0 != 0 {
            Fp(P - class.0)
        } else {
            class
        }
    }

    /// The class of numerator / denominator; `None` if the denominator is divisible by P (zero, for one).
    pub fn from_ratio(numerator: i64, denominator: i64) -> Option<Self> {
        Some(Self::from_i64(numerator) * Self::from_i64(denominator).inverse()?)
    }

    /// The representative in 0..P.
    #[inline]
    pub const fn value(self) -> u64 {
        self.0
    }

    /// The representative nearest zero, in −P/2 .. P/2.
    pub const fn signed(self) -> i64 {
        if self.0 > P / 2 {
            self.0 as i64 - P as i64
        } else {
            self.0 as i64
        }
    }

    /// Whether this is 0.
    #[inline]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// The class of any u128; two folds and one subtraction.
    #[inline(always)]
    pub const fn reduce(x: u128) -> Self {
        const LOW: u128 = (1 << 61) - 1;
        // x < 2^128: the first fold is < 2^61 + 2^67 c < 2^80, the second < 2^61 + 2^19 c < 2 P.
        let x = (x & LOW) + (x >> 61) * Self::C as u128;
        let x = (x & LOW) as u64 + (x >> 61) as u64 * Self::C;
        Fp(if x >= P { x - P } else { x })
    }

    /// The power self^exponent, with 0^0 = 1.
    pub const fn pow(self, mut exponent: u64) -> Self {
        let mut base = self;
        let mut out = Self::ONE;
        while exponent > 0 {
            if exponent & 1 == 1 {
                out = Self::reduce(out.0 as u128 * base.0 as u128);
            }
            base = Self::reduce(base.0 as u128 * base.0 as u128);
            exponent >>= 1;
        }
        out
    }

    /// The inverse, by the extended Euclidean algorithm; `None` for 0.
    pub const fn inverse(self) -> Option<Self> {
        let (mut r0, mut r1) = (P as i64, self.0 as i64);
        let (mut t0, mut t1) = (0i64, 1i64);
        while r1 != 0 {
            let q = r0 / r1;
            (r0, r1) = (r1, r0 - q * r1);
            (t0, t1) = (t1, t0 - q * t1);
        }
        if r0 == 1 {
            Some(Self::from_i64(t0))
        } else {
            None
        }
    }
}

/// Finds the fraction n/d ≡ x (mod P) with |n|, d ≤ √(P/2) ≈ 1.07e9 and d > 0, in lowest terms; at most one exists.
///
/// This is rational reconstruction by the half-extended Euclidean algorithm (Wang, Guy and Davenport, SIGSAM Bull. 16
/// (1982)). A random element has such a fraction with probability about 0.6, so a *small* n and d are the evidence
/// that the fraction is meant, and a second prime confirms it.
pub fn reconstruct<const P: u64>(x: Fp<P>) -> Option<(i64, i64)> {
    let bound = ((P / 2) as f64).sqrt() as i64 - 1;
    let (mut r0, mut r1) = (P as i64, x.0 as i64);
    let (mut t0, mut t1) = (0i64, 1i64);
    while r1 > bound {
        let q = r0 / r1;
        (r0, r1) = (r1, r0 - q * r1);
        (t0, t1) = (t1, t0 - q * t1);
    }
    if t1 == 0 || t1.abs() > bound || gcd(r1, t1.abs()) != 1 {
        return None;
    }
    Some(if t1 < 0 { (-r1, -t1) } else { (r1, t1) })
}

fn gcd(mut a: i64, mut b: i64) -> i64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

impl<const P: u64> Add for Fp<P> {
    type Output = Self;
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        let sum = self.0 + other.0;
        Fp(if sum >= P { sum - P } else { sum })
    }
}

impl<const P: u64> Sub for Fp<P> {
    type Output = Self;
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        Fp(if self.0 >= other.0 {
            self.0 - other.0
        } else {
            self.0 + P - other.0
        })
    }
}

impl<const P: u64> Mul for Fp<P> {
    type Output = Self;
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        Self::reduce(self.0 as u128 * other.0 as u128)
    }
}

impl<const P: u64> Neg for Fp<P> {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        Fp(if self.0 == 0 { 0 } else { P - self.0 })
    }
}

impl<const P: u64> AddAssign for Fp<P> {
    #[inline(always)]
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl<const P: u64> SubAssign for Fp<P> {
    #[inline(always)]
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

impl<const P: u64> MulAssign for Fp<P> {
    #[inline(always)]
    fn mul_assign(&mut self, other: Self) {
        *self = *self * other;
    }
}

impl<const P: u64> std::iter::Sum for Fp<P> {
    fn sum<I: Iterator<Item = Self>>(items: I) -> Self {
        items.fold(Self::ZERO, |a, b| a + b)
    }
}

impl<const P: u64> From<i64> for Fp<P> {
    fn from(x: i64) -> Self {
        Self::from_i64(x)
    }
}

impl<const P: u64> std::fmt::Debug for Fp<P> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl<const P: u64> std::fmt::Display for Fp<P> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn oracle<const P: u64>(a: i64, b: i64) {
        let p = P as i128;
        let class = |x: i128| x.rem_euclid(p) as u64;
        let (x, y) = (Fp::<P>::from_i64(a), Fp::<P>::from_i64(b));
        let (m, n) = (class(a as i128) as i128, class(b as i128) as i128);
        assert_eq!(x.value(), class(m));
        assert_eq!((x + y).value(), class(m + n));
        assert_eq!((x - y).value(), class(m - n));
        assert_eq!((x * y).value(), class(m * n));
        assert_eq!((-x).value(), class(-m));
        assert_eq!(Fp::<P>::from_i64(x.signed()), x);
        match y.inverse() {
            None => assert_eq!(n, 0),
            Some(inverse) => {
                assert_eq!(class(n * inverse.value() as i128), 1);
                assert_eq!(inverse, y.pow(P - 2));
            }
        }
    }

    proptest! {
        #[test]
        fn operations_agree_with_i128(a: i64, b: i64) {
            oracle::<MERSENNE61>(a, b);
            oracle::<SECOND61>(a, b);
        }

        #[test]
        fn reduction_agrees_with_remainder(hi: u64, lo: u64) {
            let x = (hi as u128) << 64 | lo as u128;
            prop_assert_eq!(Fp::<MERSENNE61>::reduce(x).value() as u128, x % MERSENNE61 as u128);
            prop_assert_eq!(Fp::<SECOND61>::reduce(x).value() as u128, x % SECOND61 as u128);
        }

        #[test]
        fn small_fractions_come_back(n in -1_000_000i64..1_000_000, d in 1i64..1_000_000) {
            let g = gcd(n.abs(), d);
            let x = Fp::<SECOND61>::from_ratio(n, d).expect("d is not divisible by P");
            prop_assert_eq!(reconstruct(x), Some((n / g, d / g)));
            let x = Fp::<MERSENNE61>::from_ratio(n, d).expect("d is not divisible by P");
            prop_assert_eq!(reconstruct(x), Some((n / g, d / g)));
        }
    }

    #[test]
    fn edges() {
        for a in [
            0,
            1,
            -1,
            i64::MIN,
            i64::MAX,
            MERSENNE61 as i64,
            SECOND61 as i64,
            -(MERSENNE61 as i64),
        ] {
            for b in [
                0,
                1,
                -1,
                i64::MIN,
                i64::MAX,
                MERSENNE61 as i64,
                SECOND61 as i64,
                MERSENNE61 as i64 - 1,
            ] {
                oracle::<MERSENNE61>(a, b);
                oracle::<SECOND61>(a, b);
            }
        }
        assert_eq!(
            Fp::<MERSENNE61>::reduce(u128::MAX).value() as u128,
            u128::MAX % MERSENNE61 as u128
        );
        assert_eq!(
            Fp::<SECOND61>::reduce(u128::MAX).value() as u128,
            u128::MAX % SECOND61 as u128
        );
        assert_eq!(Fp::<MERSENNE61>::from_ratio(1, 0), None);
    }

    /// Deterministic Miller–Rabin for u64 with the first twelve primes as bases, on u128 remainders.
    fn is_prime(n: u64) -> bool {
        let mulmod = |a: u64, b: u64| (a as u128 * b as u128 % n as u128) as u64;
        let power = |mut base: u64, mut e: u64| {
            let mut out = 1;
            while e > 0 {
                if e & 1 == 1 {
                    out = mulmod(out, base);
                }
                base = mulmod(base, base);
                e >>= 1;
            }
            out
        };
        let twos = (n - 1).trailing_zeros();
        [2u64, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37]
            .iter()
            .all(|&base| {
                let mut x = power(base, (n - 1) >> twos);
                if x == 1 || x == n - 1 {
                    return true;
                }
                (1..twos).any(|_| {
                    x = mulmod(x, x);
                    x == n - 1
                })
            })
    }

    #[test]
    fn moduli_are_prime_and_the_test_can_say_no() {
        assert!(is_prime(MERSENNE61));
        assert!(is_prime(SECOND61));
        assert!(!is_prime(MERSENNE61 - 2));
        assert!(!is_prime((1 << 61) + 1));
    }
}
