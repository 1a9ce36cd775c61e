//! eˣ and its relatives: tanh and sigmoid.
//!
//! eˣ = 2ⁿ eʳ with n = ⌊x / ln 2⌉, r = x − n ln 2, |r| ≤ 0.347, and eʳ = 1 + r + r² q(r), q ≈ (eʳ − 1 − r) / r².

use super::float::{LaneFloat, polynomial};
use super::real::Constants;
use super::{Real, Simd};

/// (n, 2ⁿ with the biased trick unresolved, eʳ − 1).
#[inline(always)]
fn reduced<S: Simd, V: LaneFloat<S>>(x: V) -> (V, V) {
    let magic = x.same(V::Elem::MAGIC_BIASED);
    let n = x.fma(x.same(V::Elem::LOG2_E), magic) - magic;
    let r = n.fnma(x.same(V::Elem::LN2_HI), x);
    let r = n.fnma(x.same(V::Elem::LN2_LO), r);
    (n, (r * r).fma(polynomial(r, V::Elem::EXP), r))
}

/// 2ⁿ for an integer n in the normal range.
#[inline(always)]
fn two_to<S: Simd, V: LaneFloat<S>>(n: V) -> V {
    V::power_of_two(n + V::Elem::MAGIC_BIASED)
}

#[inline(always)]
pub(super) fn exp<S: Simd, V: LaneFloat<S>>(x: V) -> V {
    let (n, p) = reduced(x.clamp(V::Elem::EXP_MIN, V::Elem::EXP_MAX));
    // Two factors, so that neither overflows and a subnormal result is rounded once.
    let magic = x.same(V::Elem::MAGIC_BIASED);
    let first = n.fma(x.same(V::Elem::HALF), magic);
    let second = n - (first - magic);
    (p + V::Elem::ONE) * V::power_of_two(first) * two_to(second)
}

/// eˣ where the result is a normal number; no clamping.
#[inline(always)]
pub(super) fn exp_normal<S: Simd, V: LaneFloat<S>>(x: V) -> V {
    let (n, p) = reduced(x);
    let scale = two_to(n);
    p.fma(scale, scale)
}

/// tanh x = E / (E + 2), E = e^(2|x|) − 1 = 2ⁿ (eʳ − 1) + (2ⁿ − 1).
#[inline(always)]
pub(super) fn tanh<S: Simd, V: LaneFloat<S>>(x: V) -> V {
    let y = x.abs();
    let limit = x.same(V::Elem::TANH_MAX);
    let y = V::select(y.gt(limit), limit, y);
    let (n, p) = reduced(y + y);
    let scale = two_to(n);
    let e = p.fma(scale, scale - V::Elem::ONE);
    (e / (e + V::Elem::TWO)).copysign(x)
}

/// 1 / (1 + e^-|x|), times e^-|x| for negative x.
#[inline(always)]
pub(super) fn sigmoid<S: Simd, V: LaneFloat<S>>(x: V) -> V {
    let e = exp(-x.abs());
    let one = x.same(V::Elem::ONE);
    V::select(x.lt(x.same(V::Elem::ZERO)), e, one) / (e + one)
}
