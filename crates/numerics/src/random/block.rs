//! The block function over lanes: which inputs the lanes take, and the numbers of their blocks.

use super::box_muller::{normals_f32, normals_f64};
use super::threefry::{PARITY, ROTATIONS};
use crate::lanes::{LaneFloat, Lanes, Real, Simd};
use fearless_simd::{Bytes, SimdCombine, SimdFloat, SimdFrom, SimdNarrow, SimdSplit};
use fearless_simd::{f32x16, f64x8, u32x16, u64x8};

/// Which inputs the lanes take: lane i has replica `replica + i · replica_stride` and block `block + i · block_stride`.
#[derive(Debug, Clone, Copy)]
pub struct LaneInputs {
    /// Names the experiment.
    pub seed: u64,
    /// Names the time step.
    pub step: u64,
    /// Replica of lane 0.
    pub replica: u64,
    /// 1 if lanes are replicas, else 0.
    pub replica_stride: u64,
    /// Block of lane 0; block b holds the indices b·n .. b·n + n, n = [`Real::NORMALS_PER_BLOCK`].
    pub block: u64,
    /// 1 if lanes are blocks, else 0.
    pub block_stride: u64,
    /// Whether only the first eight lanes are wanted: then the others may hold anything.
    pub half: bool,
}

/// The normals of one block per lane, to be used inside a kernel: entry k of the array is index b·n + k of each lane.
/// Only the first [`Real::NORMALS_PER_BLOCK`] entries have a meaning.
#[inline(always)]
pub fn block_normals<S: Simd, T: Real>(simd: S, inputs: LaneInputs) -> [Lanes<S, T>; 4] {
    T::block_numbers::<S, false>(simd, inputs)
}

/// The uniforms on (0, 1) of one block per lane, in the places of [`block_normals`].
#[inline(always)]
pub fn block_uniforms<S: Simd, T: Real>(simd: S, inputs: LaneInputs) -> [Lanes<S, T>; 4] {
    T::block_numbers::<S, true>(simd, inputs)
}

/// Lanes of the block function, in the natural order; and those of a vector that a second one completes lane by lane.
const ADJACENT: [u64; 8] = [0, 1, 2, 3, 4, 5, 6, 7];
const EVEN: [u64; 8] = [0, 2, 4, 6, 8, 10, 12, 14];

#[inline(always)]
pub(crate) fn block_f64<S: Simd, const UNIFORM: bool>(
    simd: S,
    inputs: LaneInputs,
) -> [f64x8<S>; 4] {
    let [(a, b)] = threefry_lanes(simd, inputs, [ADJACENT]);
    let (z0, z1) = pairs_f64::<S, UNIFORM>(a, b);
    let unused = <f64x8<S> as LaneFloat<S>>::splat(simd, 0.0);
    [z0, z1, unused, unused]
}

#[inline(always)]
pub(crate) fn block_f32<S: Simd, const UNIFORM: bool>(
    simd: S,
    inputs: LaneInputs,
) -> [f32x16<S>; 4] {
    if inputs.half {
        // Both words of eight blocks fill sixteen lanes.
        let [(a, b)] = threefry_lanes(simd, inputs, [ADJACENT]);
        let low: u32x16<S> = a.narrow(b);
        let high: u32x16<S> = (a >> 32).narrow(b >> 32);
        let (z0, z1) = pairs_f32::<S, UNIFORM>(low, high);
        let upper = |z: f32x16<S>| {
            let (_, upper) = z.split();
            upper.combine(upper)
        };
        return [z0, z1, upper(z0), upper(z1)];
    }
    let odd = EVEN.map(|i| i + 1);
    let [(a0, b0), (a1, b1)] = threefry_lanes(simd, inputs, [EVEN, odd]);
    let (low, high) = half_words(a0, a1);
    let (z0, z1) = pairs_f32::<S, UNIFORM>(low, high);
    let (low, high) = half_words(b0, b1);
    let (z2, z3) = pairs_f32::<S, UNIFORM>(low, high);
    [z0, z1, z2, z3]
}

/// The numbers of eight blocks per group in the order of their indices, lanes being blocks.
#[inline(always)]
pub(crate) fn in_order_f64<S: Simd, const UNIFORM: bool, const GROUPS: usize>(
    simd: S,
    inputs: LaneInputs,
) -> [[f64x8<S>; 2]; GROUPS] {
    let words = threefry_lanes(simd, inputs, groups::<GROUPS>());
    let unused = <f64x8<S> as LaneFloat<S>>::splat(simd, 0.0);
    let mut numbers = [[unused; 2]; GROUPS];
    for (two, (a, b)) in numbers.iter_mut().zip(words) {
        let (z0, z1) = pairs_f64::<S, UNIFORM>(a, b);
        *two = LaneFloat::interleave(z0, z1).into();
    }
    numbers
}

/// As [`in_order_f64`].
#[inline(always)]
pub(crate) fn in_order_f32<S: Simd, const UNIFORM: bool, const GROUPS: usize>(
    simd: S,
    inputs: LaneInputs,
) -> [[f32x16<S>; 2]; GROUPS] {
    let words = threefry_lanes(simd, inputs, groups::<GROUPS>());
    let unused = <f32x16<S> as LaneFloat<S>>::splat(simd, 0.0);
    let mut numbers = [[unused; 2]; GROUPS];
    for (two, (a, b)) in numbers.iter_mut().zip(words) {
        // Lanes are the words a₀, b₀, a₁, b₁, …, each of which gives two numbers in a row.
        let (low, high) = half_words(a, b);
        let (z0, z1) = pairs_f32::<S, UNIFORM>(low, high);
        *two = LaneFloat::interleave(z0, z1).into();
    }
    numbers
}

/// Lanes of consecutive groups of eight.
fn groups<const GROUPS: usize>() -> [[u64; 8]; GROUPS] {
    std::array::from_fn(|g| ADJACENT.map(|i| i + 8 * g as u64))
}

/// The low halves of (first₀, second₀, first₁, …), and the high ones.
#[inline(always)]
fn half_words<S: Simd>(first: u64x8<S>, second: u64x8<S>) -> (u32x16<S>, u32x16<S>) {
    let low = (first & 0xffff_ffff) | (second << 32);
    let high = (first >> 32) | (second & !0xffff_ffff);
    (low.bitcast(), high.bitcast())
}

#[inline(always)]
fn pairs_f32<S: Simd, const UNIFORM: bool>(
    low: u32x16<S>,
    high: u32x16<S>,
) -> (f32x16<S>, f32x16<S>) {
    if UNIFORM {
        return (uniform_f32(low), uniform_f32(high));
    }
    normals_f32(low, high)
}

#[inline(always)]
fn pairs_f64<S: Simd, const UNIFORM: bool>(a: u64x8<S>, b: u64x8<S>) -> (f64x8<S>, f64x8<S>) {
    if UNIFORM {
        return (uniform_f64(a), uniform_f64(b));
    }
    normals_f64(uniform_f64(a), b)
}

/// (2k + 1) / 2^24 with k the upper 23 bits of a half word: never 0 nor 1.
#[inline(always)]
fn uniform_f32<S: Simd>(word: u32x16<S>) -> f32x16<S> {
    f32x16::from_bits((word >> 9) | 1.0f32.to_bits()) - (1.0 - f32::EPSILON / 2.0)
}

/// Uniform on (0, 1) by the upper 52 bits, as `Stream::uniform_at`.
#[inline(always)]
pub(super) fn uniform_f64<S: Simd>(word: u64x8<S>) -> f64x8<S> {
    f64x8::from_bits((word >> 12) | 1.0f64.to_bits()) - (1.0 - f64::EPSILON / 2.0)
}

/// start + stride · lane, for a stride of 0 or 1.
#[inline(always)]
fn strided<S: Simd>(lane: u64x8<S>, start: u64, stride: u64) -> u64x8<S> {
    (lane & 0u64.wrapping_sub(stride)) + start
}

/// The block function on vectors of the given lanes. The vectors take each round together, so that one computes
/// while the other waits for its last result: a round is a chain of two operations.
#[inline(always)]
fn threefry_lanes<S: Simd, const N: usize>(
    simd: S,
    inputs: LaneInputs,
    lanes: [[u64; 8]; N],
) -> [(u64x8<S>, u64x8<S>); N] {
    let key0 = u64x8::simd_from(simd, inputs.seed);
    let mut x0 = [key0 + inputs.step; N];
    let mut x1 = [key0; N];
    let mut schedule = [[key0; 3]; N];
    for i in 0..N {
        let lane = u64x8::simd_from(simd, lanes[i]);
        let key1 = strided(lane, inputs.replica, inputs.replica_stride);
        schedule[i] = [key0, key1, key0 ^ key1 ^ PARITY];
        x1[i] = key1 + strided(lane, inputs.block, inputs.block_stride);
    }
    macro_rules! round {
        ($r:expr) => {
            for i in 0..N {
                x0[i] += x1[i];
                x1[i] = ((x1[i] << ROTATIONS[$r]) | (x1[i] >> (64 - ROTATIONS[$r]))) ^ x0[i];
            }
        };
    }
    macro_rules! four {
        ($first:expr, $injection:expr) => {
            round!($first);
            round!($first + 1);
            round!($first + 2);
            round!($first + 3);
            for i in 0..N {
                x0[i] += schedule[i][$injection % 3];
                // The key first: that sum does not depend on the counter.
                x1[i] += schedule[i][($injection + 1) % 3] + $injection as u64;
            }
        };
    }
    four!(0, 1);
    four!(4, 2);
    four!(0, 3);
    four!(4, 4);
    four!(0, 5);
    let mut words = [(key0, key0); N];
    for i in 0..N {
        words[i] = (x0[i], x1[i]);
    }
    words
}
