//! erf x = x + x E(x²) for |x| < 1, else ±(1 − exp(−x²) Q(u)), u = (|x| − 2) / (|x| + 2), Q ≈ exp(x²) erfc x.
//!
//! Beyond |x| = 1 the second term is below 0.16, so that its own errors count little.

use super::exp::exp_normal;
use super::float::{LaneFloat, polynomial};
use super::real::Constants;
use super::{Real, Simd};

#[inline(always)]
pub(super) fn erf<S: Simd, V: LaneFloat<S>>(x: V) -> V {
    let one = x.same(V::Elem::ONE);
    let y = x.abs();
    let limit = x.same(V::Elem::ERF_MAX);
    let y = V::select(y.gt(limit), limit, y);
    let square = y * y;
    let near = y.fma(polynomial(square, V::Elem::ERF_SMALL), y);
    let u = (y - V::Elem::TWO) / (y + V::Elem::TWO);
    let far = exp_normal(-square).fnma(polynomial(u, V::Elem::ERF_LARGE), one);
    V::select(y.lt(one), near, far).copysign(x)
}
