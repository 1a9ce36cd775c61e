//! The measured peak of one core, the yardstick of benches.

use super::{Level, Real, Simd, dispatch, level};
use fearless_simd::{SimdBase, SimdFloat, SimdFloatElement};
use std::hint::black_box;
use std::time::Instant;

/// Independent chains: enough to cover latency 4 × 2 ports, few enough for 16 registers.
const CHAINS: usize = 12;

/// Measured multiply-add throughput of one core in GFLOP/s (two operations per multiply-add), best of ten runs of a
/// few milliseconds, at the native width of the best level.
pub fn fma_peak<T: Real>() -> f64 {
    fma_peak_at::<T>(level())
}

/// [`fma_peak`] on a given level.
pub fn fma_peak_at<T: Real>(level: Level) -> f64 {
    let rounds = 200_000;
    let mut best = 0.0f64;
    for _ in 0..10 {
        let start = Instant::now();
        let width = dispatch!(level, simd => burn::<_, T>(simd, black_box(rounds)));
        let flops = 2.0 * (rounds * CHAINS * width) as f64;
        best = best.max(flops / start.elapsed().as_secs_f64() * 1e-9);
    }
    best
}

/// Runs the chains; returns the native width.
#[inline(always)]
fn burn<S: Simd, T: Real + SimdFloatElement>(simd: S, rounds: usize) -> usize {
    let a = T::Native::<S>::splat(simd, black_box(T::from_f64(0.999)));
    let b = T::Native::<S>::splat(simd, black_box(T::from_f64(0.001)));
    let mut x = [T::Native::<S>::splat(simd, T::ONE); CHAINS];
    for _ in 0..rounds {
        for chain in &mut x {
            *chain = chain.mul_add(a, b);
        }
    }
    let mut total = x[0];
    for chain in &x[1..] {
        total += *chain;
    }
    black_box(total.as_slice()[0]);
    T::Native::<S>::LEN
}
