//! Sums in a fixed order: element j goes to accumulator j mod V, V = [`Real::VIRTUAL_LANES`], then a fixed tree.
//!
//! The order is part of the meaning, so that the bits depend neither on the instruction set nor on the caller's layout.

use super::{LaneFloat, Level, Real, Simd, dispatch, level};

/// Σⱼ xⱼ in the fixed order.
pub fn sum<T: Real>(x: &[T]) -> T {
    sum_at(level(), x)
}

/// [`sum`] on a given level.
pub fn sum_at<T: Real>(level: Level, x: &[T]) -> T {
    dispatch!(level, simd => sum_lanes(simd, x))
}

/// Σⱼ xⱼ yⱼ in the fixed order, products fused into the sum where the level can. The shorter slice decides the length.
pub fn dot<T: Real>(x: &[T], y: &[T]) -> T {
    dispatch!(level(), simd => dot_lanes(simd, x, y))
}

/// Σⱼ xⱼ inside a kernel.
#[inline(always)]
pub fn sum_lanes<S: Simd, T: Real>(simd: S, x: &[T]) -> T {
    let mut total = T::Lanes::<S>::splat(simd, T::ZERO);
    let mut chunks = x.chunks_exact(T::VIRTUAL_LANES);
    for chunk in &mut chunks {
        total += T::Lanes::<S>::load(simd, chunk);
    }
    if !chunks.remainder().is_empty() {
        total += T::Lanes::<S>::load_partial(simd, chunks.remainder(), T::ZERO);
    }
    total.sum_lanes()
}

/// Σⱼ xⱼ yⱼ inside a kernel.
#[inline(always)]
pub fn dot_lanes<S: Simd, T: Real>(simd: S, x: &[T], y: &[T]) -> T {
    let n = x.len().min(y.len());
    let mut total = T::Lanes::<S>::splat(simd, T::ZERO);
    let (mut a, mut b) = (
        x[..n].chunks_exact(T::VIRTUAL_LANES),
        y[..n].chunks_exact(T::VIRTUAL_LANES),
    );
    for (p, q) in (&mut a).zip(&mut b) {
        total = T::Lanes::<S>::load(simd, p).fma(T::Lanes::<S>::load(simd, q), total);
    }
    if !a.remainder().is_empty() {
        let p = T::Lanes::<S>::load_partial(simd, a.remainder(), T::ZERO);
        total = p.fma(
            T::Lanes::<S>::load_partial(simd, b.remainder(), T::ZERO),
            total,
        );
    }
    total.sum_lanes()
}
