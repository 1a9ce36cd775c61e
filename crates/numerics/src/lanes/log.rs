//! ln x = k ln 2 + ln(1 + f), √½ ≤ 1 + f < √2.
//!
//! With s = f / (2 + f), z = s²: ln(1 + f) = f − (h − s (h + R)), h = f²/2, R = z L(z),
//! L(z) ≈ ((ln((1+s)/(1−s)) − 2s) / s) / z. The arrangement keeps the error of f out of the leading term.

use super::float::{LaneFloat, polynomial};
use super::real::Constants;
use super::{Real, Simd};

#[inline(always)]
pub(super) fn log<S: Simd, V: LaneFloat<S>>(x: V) -> V {
    let zero = x.same(V::Elem::ZERO);
    let small = x.lt(x.same(V::Elem::MIN_POSITIVE));
    let scaled = V::select(small, x * V::Elem::SUBNORMAL_SCALE, x);
    let (k, m) = scaled.exponent_mantissa();
    let k = V::select(small, k - V::Elem::SUBNORMAL_SHIFT, k);
    let value = of_parts(k, m);

    let infinity = x.same(V::Elem::INFINITY);
    let value = V::select(x.eq(infinity), infinity, value);
    let outside = V::select(x.eq(zero), -infinity, x.same(V::Elem::NAN));
    V::select(x.gt(zero), value, outside)
}

/// ln x of a positive normal x, without a look at what else x could be.
#[inline(always)]
pub(crate) fn log_of_normal<S: Simd, V: LaneFloat<S>>(x: V) -> V {
    let (k, m) = x.exponent_mantissa();
    of_parts(k, m)
}

/// ln(2^k m) for 1 ≤ m < 2.
#[inline(always)]
fn of_parts<S: Simd, V: LaneFloat<S>>(k: V, m: V) -> V {
    let one = m.same(V::Elem::ONE);
    let large = m.gt(m.same(V::Elem::SQRT_2));
    let m = V::select(large, m * V::Elem::HALF, m);
    let k = V::select(large, k + V::Elem::ONE, k);

    let f = m - one;
    let s = f / (f + V::Elem::TWO);
    let z = s * s;
    let r = z * polynomial(z, V::Elem::LOG);
    let h = f * f * V::Elem::HALF;
    let tail = s.fma(h + r, k * V::Elem::LN2_LO);
    k.fma(m.same(V::Elem::LN2_HI), f - (h - tail))
}
