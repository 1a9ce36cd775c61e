//! [`LaneFloat`]: what a kernel may do with a vector.

use super::{Real, erf, exp, log, real::Constants, trig};
use fearless_simd::{Select, Simd, SimdBase, SimdFloat, SimdMask, f32x16, f64x8};
use std::ops::{Add, AddAssign, Div, DivAssign, Mul, MulAssign, Neg, Sub, SubAssign};

/// A virtual vector of [`Real::VIRTUAL_LANES`] elements on instruction set `S`.
///
/// Operators act element by element, also with a scalar on the right. Accuracy of the transcendentals is in ulp (units
/// in the last place of the exact result), measured on levels with fused multiply-add against 160-bit values at 40 000
/// points per function and type, dense where it is hardest:
///
/// | | exp | log | sin | cos | erf | sigmoid | tanh |
/// |---|---|---|---|---|---|---|---|
/// | f64 | 0.95 | 0.76 | 0.77 | 0.79 | 1.09 | 1.97 | 2.33 |
/// | f32 | 0.93 | 0.75 | 0.73 | 0.75 | 0.94 | 2.01 | 2.01 |
pub trait LaneFloat<S: Simd>:
    Copy
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + AddAssign
    + SubAssign
    + MulAssign
    + DivAssign
    + Add<Self::Elem, Output = Self>
    + Sub<Self::Elem, Output = Self>
    + Mul<Self::Elem, Output = Self>
    + Div<Self::Elem, Output = Self>
    + Send
    + Sync
    + 'static
{
    /// f32 or f64.
    type Elem: Real;
    /// One truth value per lane; combine with `&`, `|`, `!`, ask with `any_true()`, `all_true()`.
    type Mask: SimdMask<S>;
    /// Number of lanes, [`Real::VIRTUAL_LANES`].
    const LEN: usize;

    /// The proof that the instruction set is present.
    fn token(self) -> S;
    /// All lanes equal x.
    fn splat(simd: S, x: Self::Elem) -> Self;
    /// Reads LEN elements. Panics unless the slice has exactly LEN.
    fn load(simd: S, from: &[Self::Elem]) -> Self;
    /// Writes LEN elements. Panics unless the slice has exactly LEN.
    fn store(self, to: &mut [Self::Elem]);
    /// Lane i is f(i).
    fn from_fn(simd: S, f: impl FnMut(usize) -> Self::Elem) -> Self;

    /// Reads up to LEN elements; missing lanes get `fill`.
    #[inline(always)]
    fn load_partial(simd: S, from: &[Self::Elem], fill: Self::Elem) -> Self {
        if from.len() >= Self::LEN {
            return Self::load(simd, &from[..Self::LEN]);
        }
        Self::from_fn(simd, |i| if i < from.len() { from[i] } else { fill })
    }

    /// Writes as many elements as the slice holds, at most LEN.
    #[inline(always)]
    fn store_partial(self, to: &mut [Self::Elem]) {
        if to.len() >= Self::LEN {
            return self.store(&mut to[..Self::LEN]);
        }
        for (i, slot) in to.iter_mut().enumerate() {
            *slot = self.lane(i);
        }
    }

    /// Element i. Panics if i ≥ LEN.
    fn lane(self, i: usize) -> Self::Elem;

    /// self · b + c: fused on levels that have it, else two roundings.
    fn fma(self, b: Self, c: Self) -> Self;
    /// |x|.
    fn abs(self) -> Self;
    /// √x, correctly rounded.
    fn sqrt(self) -> Self;
    /// Largest integer ≤ x.
    fn floor(self) -> Self;
    /// Nearest integer, ties to even.
    fn round(self) -> Self;
    /// |self| with the sign of `sign`.
    fn copysign(self, sign: Self) -> Self;
    /// self < other, false for NaN.
    fn lt(self, other: Self) -> Self::Mask;
    /// self ≤ other, false for NaN.
    fn le(self, other: Self) -> Self::Mask;
    /// self = other, false for NaN.
    fn eq(self, other: Self) -> Self::Mask;
    /// Per lane: `yes` where the mask is true, else `no`.
    fn select(mask: Self::Mask, yes: Self, no: Self) -> Self;

    /// self > other, false for NaN.
    #[inline(always)]
    fn gt(self, other: Self) -> Self::Mask {
        other.lt(self)
    }

    /// self ≥ other, false for NaN.
    #[inline(always)]
    fn ge(self, other: Self) -> Self::Mask {
        other.le(self)
    }

    /// Whether a lane is NaN.
    #[inline(always)]
    fn is_nan(self) -> Self::Mask {
        !self.eq(self)
    }

    /// The larger; NaN if either is NaN.
    #[inline(always)]
    fn max(self, other: Self) -> Self {
        Self::select(self.gt(other) | self.is_nan(), self, other)
    }

    /// The smaller; NaN if either is NaN.
    #[inline(always)]
    fn min(self, other: Self) -> Self {
        Self::select(self.lt(other) | self.is_nan(), self, other)
    }

    /// Between lo and hi; NaN stays NaN.
    #[inline(always)]
    fn clamp(self, lo: Self::Elem, hi: Self::Elem) -> Self {
        let (lo, hi) = (self.same(lo), self.same(hi));
        let x = Self::select(self.gt(hi), hi, self);
        Self::select(x.lt(lo), lo, x)
    }

    /// All lanes equal x, by the token of self.
    #[inline(always)]
    fn same(self, x: Self::Elem) -> Self {
        Self::splat(self.token(), x)
    }

    /// c − self · b, fused where [`fma`](Self::fma) is.
    #[inline(always)]
    fn fnma(self, b: Self, c: Self) -> Self {
        (-self).fma(b, c)
    }

    /// Σ of the lanes in a fixed tree: lane i + lane (i + LEN/2), and so on by halves.
    fn sum_lanes(self) -> Self::Elem;
    /// The largest lane, NaN if any lane is.
    fn max_lanes(self) -> Self::Elem;

    /// (self₀, other₀, self₁, other₁, …), in two vectors.
    fn interleave(self, other: Self) -> (Self, Self);
    /// Shifts the bits of n + [`Constants::MAGIC_BIASED`] into the exponent: 2ⁿ for a normal result.
    #[doc(hidden)]
    fn power_of_two(biased: Self) -> Self;
    /// (e, m) with x = 2^e m, 1 ≤ m < 2, for positive normal x.
    #[doc(hidden)]
    fn exponent_mantissa(self) -> (Self, Self);
    /// Whether bit `bit` of the representation is set.
    #[doc(hidden)]
    fn bit(self, bit: u32) -> Self::Mask;
    /// Flips the sign where `from` is negative (−0 too).
    #[doc(hidden)]
    fn xor_sign(self, from: Self) -> Self;

    /// eˣ. 0 for −∞ and below the range, ∞ above, subnormal results rounded once.
    /// Error ≤ 1 ulp (f32 and f64).
    #[inline(always)]
    fn exp(self) -> Self {
        exp::exp(self)
    }

    /// ln x. −∞ at ±0, NaN below, exact for subnormal arguments too.
    /// Error ≤ 1 ulp (f32 and f64).
    #[inline(always)]
    fn log(self) -> Self {
        log::log(self)
    }

    /// tanh x, odd, ±1 at ±∞. Error ≤ 3 ulp (f32 and f64).
    #[inline(always)]
    fn tanh(self) -> Self {
        exp::tanh(self)
    }

    /// 1 / (1 + e⁻ˣ), without overflow and accurate in both tails. Error ≤ 3 ulp (f32 and f64).
    #[inline(always)]
    fn sigmoid(self) -> Self {
        exp::sigmoid(self)
    }

    /// erf x = 2/√π ∫₀ˣ exp(−t²) dt, odd, ±1 at ±∞. Error ≤ 2 ulp (f32 and f64).
    #[inline(always)]
    fn erf(self) -> Self {
        erf::erf(self)
    }

    /// sin x for |x| ≤ 2^40 (f64) or 2^16 (f32), else NaN. Error ≤ 1 ulp with fused multiply-add; without it the
    /// absolute error is of the order |x| ε.
    #[inline(always)]
    fn sin(self) -> Self {
        trig::sin_cos(self).0
    }

    /// cos x; range and error as [`sin`](Self::sin).
    #[inline(always)]
    fn cos(self) -> Self {
        trig::sin_cos(self).1
    }

    /// (sin x, cos x) for the price of one.
    #[inline(always)]
    fn sin_cos(self) -> (Self, Self) {
        trig::sin_cos(self)
    }

    /// (sin 2πu, cos 2πu) for |u| ≤ 1, without a reduction error.
    #[inline(always)]
    fn sin_cos_turns(self) -> (Self, Self) {
        trig::sin_cos_turns(self)
    }
}

/// Σ cₖ xᵏ, as two interleaved Horner chains.
#[inline(always)]
pub(super) fn polynomial<S: Simd, V: LaneFloat<S>>(x: V, coefficients: &'static [V::Elem]) -> V {
    let n = coefficients.len();
    let x2 = x * x;
    let mut high = x.same(coefficients[n - 1]);
    let mut low = x.same(coefficients[n - 2]);
    let mut k = n - 2;
    while k >= 2 {
        high = high.fma(x2, x.same(coefficients[k - 1]));
        low = low.fma(x2, x.same(coefficients[k - 2]));
        k -= 2;
    }
    if k == 1 {
        // `high` holds the chain of even powers, one step behind.
        high = high.fma(x2, x.same(coefficients[0]));
        return low.fma(x, high);
    }
    high.fma(x, low)
}

macro_rules! lane_float {
    ($t:ident, $vector:ident, $len:literal, $bits:ident, $integer_magic:expr, $mantissa_mask:expr, $one_bits:expr) => {
        impl<S: Simd> LaneFloat<S> for $vector<S> {
            type Elem = $t;
            type Mask = <$vector<S> as SimdBase<S>>::Mask;
            const LEN: usize = $len;

            #[inline(always)]
            fn token(self) -> S {
                self.simd
            }
            #[inline(always)]
            fn splat(simd: S, x: $t) -> Self {
                <Self as SimdBase<S>>::splat(simd, x)
            }
            #[inline(always)]
            fn load(simd: S, from: &[$t]) -> Self {
                Self::from_slice(simd, from)
            }
            #[inline(always)]
            fn store(self, to: &mut [$t]) {
                self.store_slice(to);
            }
            #[inline(always)]
            fn from_fn(simd: S, f: impl FnMut(usize) -> $t) -> Self {
                <Self as SimdBase<S>>::from_fn(simd, f)
            }
            #[inline(always)]
            fn lane(self, i: usize) -> $t {
                self[i]
            }
            #[inline(always)]
            fn fma(self, b: Self, c: Self) -> Self {
                self.mul_add(b, c)
            }
            #[inline(always)]
            fn abs(self) -> Self {
                SimdBase::abs(self)
            }
            #[inline(always)]
            fn sqrt(self) -> Self {
                SimdFloat::sqrt(self)
            }
            #[inline(always)]
            fn floor(self) -> Self {
                SimdFloat::floor(self)
            }
            #[inline(always)]
            fn round(self) -> Self {
                self.round_ties_even()
            }
            #[inline(always)]
            fn copysign(self, sign: Self) -> Self {
                SimdFloat::copysign(self, sign)
            }
            #[inline(always)]
            fn lt(self, other: Self) -> Self::Mask {
                self.simd_lt(other)
            }
            #[inline(always)]
            fn le(self, other: Self) -> Self::Mask {
                self.simd_le(other)
            }
            #[inline(always)]
            fn eq(self, other: Self) -> Self::Mask {
                self.simd_eq(other)
            }
            #[inline(always)]
            fn select(mask: Self::Mask, yes: Self, no: Self) -> Self {
                Select::select(mask, yes, no)
            }
            #[inline(always)]
            fn sum_lanes(self) -> $t {
                let mut a: [$t; $len] = self.into();
                let mut half = $len / 2;
                while half > 0 {
                    for i in 0..half {
                        a[i] += a[i + half];
                    }
                    half /= 2;
                }
                a[0]
            }
            #[inline(always)]
            fn max_lanes(self) -> $t {
                let a: [$t; $len] = self.into();
                a.into_iter().fold(
                    $t::NEG_INFINITY,
                    |m, x| if x > m || x.is_nan() { x } else { m },
                )
            }
            #[inline(always)]
            fn interleave(self, other: Self) -> (Self, Self) {
                SimdBase::interleave(self, other)
            }
            #[inline(always)]
            fn power_of_two(biased: Self) -> Self {
                Self::from_bits(biased.to_bits() << <$t as Constants>::MANTISSA_BITS)
            }
            #[inline(always)]
            fn exponent_mantissa(self) -> (Self, Self) {
                let bits = self.to_bits();
                let mantissa = Self::from_bits((bits & $mantissa_mask) | $one_bits);
                // Low bits of 2^(mantissa bits) + exponent; the subtraction is exact.
                let magic: $t = $integer_magic;
                let biased =
                    Self::from_bits((bits >> <$t as Constants>::MANTISSA_BITS) | magic.to_bits());
                let bias = <$t as Constants>::MAGIC_BIASED - <$t as Constants>::MAGIC;
                (biased - (magic + bias), mantissa)
            }
            #[inline(always)]
            fn bit(self, bit: u32) -> Self::Mask {
                let probe: $bits = 1 << bit;
                (self.to_bits() & probe).simd_ne(0)
            }
            #[inline(always)]
            fn xor_sign(self, from: Self) -> Self {
                let sign: $bits = 1 << ($bits::BITS - 1);
                Self::from_bits(self.to_bits() ^ (from.to_bits() & sign))
            }
        }
    };
}

lane_float!(
    f64,
    f64x8,
    8,
    u64,
    4503599627370496.0,
    0x000f_ffff_ffff_ffffu64,
    0x3ff0_0000_0000_0000u64
);
lane_float!(
    f32,
    f32x16,
    16,
    u32,
    8388608.0,
    0x007f_ffffu32,
    0x3f80_0000u32
);
