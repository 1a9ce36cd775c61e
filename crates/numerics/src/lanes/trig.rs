//! sin and cos by reduction to |r| ≤ π/4.
//!
//! n = ⌊2|x|/π⌉ and r + r' = |x| − n π/2 with π/2 in three words. With a fused multiply-add the first step is exact
//! (the difference is a multiple of the last place of π/2's first word and below 1); the second is kept with its
//! rounding error in r'. sin r = r + r³ S(r²), cos r = 1 − r²/2 + r⁴ C(r²), both corrected by r'.

use super::float::{LaneFloat, polynomial};
use super::real::Constants;
use super::{Real, Simd};

#[inline(always)]
pub(super) fn sin_cos<S: Simd, V: LaneFloat<S>>(x: V) -> (V, V) {
    let y = x.abs();
    let magic = x.same(V::Elem::MAGIC);
    let quadrant = y.fma(x.same(V::Elem::TWO_OVER_PI), magic);
    let n = quadrant - magic;
    let [p0, p1, p2] = V::Elem::PI_2;
    let first = n.fnma(x.same(p0), y);
    let w = n * p1;
    let r = first - w;
    // The rounding error of `first - w` and of the product w.
    let virtual_w = first - r;
    let lost = (first - (r + virtual_w)) + (virtual_w - w);
    let product_error = n.fma(x.same(p1), -w);
    let rest = n.fnma(x.same(p2), lost - product_error);
    let (sin, cos) = by_quadrant(r, rest, quadrant);
    let inside = y.le(x.same(V::Elem::TRIG_MAX));
    let nan = x.same(V::Elem::NAN);
    (
        V::select(inside, sin.xor_sign(x), nan),
        V::select(inside, cos, nan),
    )
}

#[inline(always)]
pub(super) fn sin_cos_turns<S: Simd, V: LaneFloat<S>>(u: V) -> (V, V) {
    let y = u.abs();
    let four = u.same(V::Elem::TWO + V::Elem::TWO);
    let magic = u.same(V::Elem::MAGIC);
    let quadrant = y.fma(four, magic);
    let f = y * four - (quadrant - magic);
    let [p0, p1, _] = V::Elem::PI_2;
    let r = f * p0;
    let rest = f.fma(u.same(p1), f.fma(u.same(p0), -r));
    let (sin, cos) = by_quadrant(r, rest, quadrant);
    (sin.xor_sign(u), cos)
}

/// (sin, cos) of r + rest + q π/2, q the low bits of `quadrant`.
#[inline(always)]
fn by_quadrant<S: Simd, V: LaneFloat<S>>(r: V, rest: V, quadrant: V) -> (V, V) {
    let one = r.same(V::Elem::ONE);
    let z = r * r;
    let half = z * V::Elem::HALF;
    let w = one - half;
    let sine = r + (r * z).fma(polynomial(z, V::Elem::SIN), rest * w);
    let correction = (z * z).fma(polynomial(z, V::Elem::COS), -(r * rest));
    let cosine = w + (((one - w) - half) + correction);
    let odd = quadrant.bit(0);
    let high = quadrant.bit(1);
    let sin = V::select(odd, cosine, sine);
    let cos = V::select(odd, sine, cosine);
    (V::select(high, -sin, sin), V::select(high ^ odd, -cos, cos))
}
