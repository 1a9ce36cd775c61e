//! Sums of arrays, in whole virtual vectors.

use symbias_numerics::lanes::{LaneFloat, Real, Simd, dispatch, level};

/// into += a · from.
pub(super) fn add<T: Real>(into: &mut [T], a: T, from: &[T]) {
    dispatch!(level(), simd => added(simd, into, a, from));
}

#[inline(always)]
fn added<S: Simd, T: Real>(simd: S, into: &mut [T], a: T, from: &[T]) {
    let w = T::VIRTUAL_LANES;
    let a = T::Lanes::<S>::splat(simd, a);
    for (x, y) in into.chunks_exact_mut(w).zip(from.chunks_exact(w)) {
        let y = T::Lanes::<S>::load(simd, y);
        y.fma(a, T::Lanes::<S>::load(simd, x)).store(x);
    }
}

/// into += a · p + b · q.
pub(super) fn add_two<T: Real>(into: &mut [T], (a, p): (T, &[T]), (b, q): (T, &[T])) {
    dispatch!(level(), simd => added_two(simd, into, (a, p), (b, q)));
}

#[inline(always)]
fn added_two<S: Simd, T: Real>(simd: S, into: &mut [T], (a, p): (T, &[T]), (b, q): (T, &[T])) {
    let w = T::VIRTUAL_LANES;
    let (a, b) = (T::Lanes::<S>::splat(simd, a), T::Lanes::<S>::splat(simd, b));
    let rows = into
        .chunks_exact_mut(w)
        .zip(p.chunks_exact(w))
        .zip(q.chunks_exact(w));
    for ((x, p), q) in rows {
        let (p, q) = (T::Lanes::<S>::load(simd, p), T::Lanes::<S>::load(simd, q));
        let x0 = T::Lanes::<S>::load(simd, x);
        q.fma(b, p.fma(a, x0)).store(x);
    }
}

/// b ← b/√(1 + h²|b|²), |b| the norm over the entries of each of the lanes.
pub(super) fn tame<T: Real>(b: &mut [T], h: T, lanes: usize) {
    dispatch!(level(), simd => tamed(simd, b, h, lanes));
}

#[inline(always)]
fn tamed<S: Simd, T: Real>(simd: S, b: &mut [T], h: T, lanes: usize) {
    let w = T::VIRTUAL_LANES;
    let one = T::Lanes::<S>::splat(simd, T::ONE);
    for v in (0..lanes).step_by(w) {
        let mut square = T::Lanes::<S>::splat(simd, T::ZERO);
        for entry in b.chunks_exact(lanes) {
            let x = T::Lanes::<S>::load(simd, &entry[v..v + w]);
            square = x.fma(x, square);
        }
        let share = one / (square * (h * h) + one).sqrt();
        for entry in b.chunks_exact_mut(lanes) {
            let x = T::Lanes::<S>::load(simd, &entry[v..v + w]);
            (x * share).store(&mut entry[v..v + w]);
        }
    }
}
