//! Standard normals over lanes: Box–Muller, √(−2 ln u) (cos 2πv, sin 2πv).
//!
//! Lanes run over blocks of one stream or over the replicas of an ensemble; the number at (seed, replica, step, index)
//! is the same either way.

use super::threefry::{PARITY, ROTATIONS};
use crate::lanes::{LaneFloat, Lanes, Real, Simd, dispatch, level};
use fearless_simd::{SimdCvtFloat, SimdFloat, SimdFrom, SimdNarrow, f32x16, f64x8, u32x16, u64x8};

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

impl LaneInputs {
    /// Lanes are replicas, from block 0 on.
    fn of_replicas(seed: u64, first: u64, step: u64) -> LaneInputs {
        LaneInputs {
            seed,
            step,
            replica: first,
            replica_stride: 1,
            block: 0,
            block_stride: 0,
            half: false,
        }
    }
}

/// The normals of one block per lane, to be used inside a kernel: entry k of the array is index b·n + k of each lane.
/// Only the first [`Real::NORMALS_PER_BLOCK`] entries have a meaning.
#[inline(always)]
pub fn block_normals<S: Simd, T: Real>(simd: S, inputs: LaneInputs) -> [Lanes<S, T>; 4] {
    T::block_normals(simd, inputs)
}

/// Normals of an ensemble: `out[i · replicas + r]` is the normal of (seed, first_replica + r, step, first_index + i),
/// the number that `Stream::new(seed, first_replica + r, step)` gives at that index. The number of indices is
/// `out.len() / replicas`; entries beyond the last full row are left alone.
pub fn ensemble_normals<T: Real>(
    seed: u64,
    first_replica: u64,
    step: u64,
    first_index: u64,
    replicas: usize,
    out: &mut [T],
) {
    let inputs = LaneInputs::of_replicas(seed, first_replica, step);
    ensemble::<T, false>(inputs, first_index, replicas, out);
}

/// Uniforms on (0, 1) of an ensemble, laid out as [`ensemble_normals`]; those that [`Stream::uniforms_at`] gives.
///
/// [`Stream::uniforms_at`]: super::Stream::uniforms_at
pub fn ensemble_uniforms<T: Real>(
    seed: u64,
    first_replica: u64,
    step: u64,
    first_index: u64,
    replicas: usize,
    out: &mut [T],
) {
    let inputs = LaneInputs::of_replicas(seed, first_replica, step);
    ensemble::<T, true>(inputs, first_index, replicas, out);
}

fn ensemble<T: Real, const UNIFORM: bool>(
    inputs: LaneInputs,
    first_index: u64,
    replicas: usize,
    out: &mut [T],
) {
    if replicas > 0 {
        dispatch!(level(), simd => along_replicas::<_, T, UNIFORM>(simd, inputs, first_index, replicas, out));
    }
}

/// The numbers of one block per lane: uniforms or normals, chosen when compiling.
#[inline(always)]
fn block<S: Simd, T: Real, const UNIFORM: bool>(simd: S, inputs: LaneInputs) -> [Lanes<S, T>; 4] {
    if UNIFORM {
        T::block_uniforms(simd, inputs)
    } else {
        T::block_normals(simd, inputs)
    }
}

#[inline(always)]
fn along_replicas<S: Simd, T: Real, const UNIFORM: bool>(
    simd: S,
    inputs: LaneInputs,
    first_index: u64,
    replicas: usize,
    out: &mut [T],
) {
    let per_block = T::NORMALS_PER_BLOCK as u64;
    let rows = (out.len() / replicas) as u64;
    if rows == 0 {
        return;
    }
    let last_block = (first_index + rows - 1) / per_block;
    for number in first_index / per_block..=last_block {
        for start in (0..replicas).step_by(T::VIRTUAL_LANES) {
            let end = (start + T::VIRTUAL_LANES).min(replicas);
            let replica = inputs.replica.wrapping_add(start as u64);
            let numbers = block::<S, T, UNIFORM>(
                simd,
                LaneInputs {
                    replica,
                    block: number,
                    ..inputs
                },
            );
            for (k, z) in numbers.iter().enumerate().take(T::NORMALS_PER_BLOCK) {
                let index = number * per_block + k as u64;
                if index >= first_index && index < first_index + rows {
                    let row = (index - first_index) as usize * replicas;
                    z.store_partial(&mut out[row + start..row + end]);
                }
            }
        }
    }
}

pub(super) fn along_index<T: Real, const UNIFORM: bool>(
    seed: u64,
    replica: u64,
    step: u64,
    start: u64,
    out: &mut [T],
) {
    let inputs = LaneInputs {
        seed,
        step,
        replica,
        replica_stride: 0,
        block: 0,
        block_stride: 1,
        half: false,
    };
    dispatch!(level(), simd => along_blocks::<_, T, UNIFORM>(simd, inputs, start, out));
}

#[inline(always)]
fn along_blocks<S: Simd, T: Real, const UNIFORM: bool>(
    simd: S,
    inputs: LaneInputs,
    start: u64,
    out: &mut [T],
) {
    let per_block = T::NORMALS_PER_BLOCK as u64;
    let lanes = T::VIRTUAL_LANES;
    let group = lanes * T::NORMALS_PER_BLOCK;
    let mut number = start / per_block;
    let mut skip = (start % per_block) as usize;
    let mut out = out;
    while !out.is_empty() {
        let half = skip + out.len() <= group / 2;
        let inputs = LaneInputs {
            block: number,
            half,
            ..inputs
        };
        let vectors = in_order::<S, T>(block::<S, T, UNIFORM>(simd, inputs));
        if skip == 0 && out.len() >= group {
            let (head, tail) = out.split_at_mut(group);
            for (chunk, vector) in head.chunks_exact_mut(lanes).zip(vectors) {
                vector.store(chunk);
            }
            out = tail;
        } else {
            let taken = (group - skip).min(out.len());
            let (head, tail) = out.split_at_mut(taken);
            for (k, slot) in head.iter_mut().enumerate() {
                *slot = vectors[(skip + k) / lanes].lane((skip + k) % lanes);
            }
            out = tail;
            skip = 0;
        }
        number = number.wrapping_add(lanes as u64);
    }
}

/// From "entry k of every block" to the order of indices.
#[inline(always)]
fn in_order<S: Simd, T: Real>(z: [Lanes<S, T>; 4]) -> [Lanes<S, T>; 4] {
    if T::NORMALS_PER_BLOCK == 2 {
        let (a, b) = z[0].interleave(z[1]);
        return [a, b, z[2], z[3]];
    }
    let (even_low, even_high) = z[0].interleave(z[2]);
    let (odd_low, odd_high) = z[1].interleave(z[3]);
    let (a, b) = even_low.interleave(odd_low);
    let (c, d) = even_high.interleave(odd_high);
    [a, b, c, d]
}

/// √(−2 ln u) (cos 2πv, sin 2πv).
#[inline(always)]
fn box_muller<S: Simd, V: LaneFloat<S>>(u: V, v: V) -> (V, V) {
    let radius = (u.log() * V::Elem::from_f64(-2.0)).sqrt();
    let (sin, cos) = v.sin_cos_turns();
    (radius * cos, radius * sin)
}

#[inline(always)]
pub(crate) fn block_f64<S: Simd>(simd: S, inputs: LaneInputs) -> [f64x8<S>; 4] {
    let (a, b) = threefry_lanes(simd, inputs, 0);
    let (z0, z1) = box_muller(uniform_f64(a), uniform_f64(b));
    let unused = <f64x8<S> as LaneFloat<S>>::splat(simd, 0.0);
    [z0, z1, unused, unused]
}

#[inline(always)]
pub(crate) fn block_f32<S: Simd>(simd: S, inputs: LaneInputs) -> [f32x16<S>; 4] {
    let (a0, b0) = threefry_lanes(simd, inputs, 0);
    let (a1, b1) = upper_lanes(simd, inputs, (a0, b0));
    let (z0, z1) = pair_f32(a0, a1);
    let (z2, z3) = pair_f32(b0, b1);
    [z0, z1, z2, z3]
}

#[inline(always)]
pub(crate) fn uniforms_f64<S: Simd>(simd: S, inputs: LaneInputs) -> [f64x8<S>; 4] {
    let (a, b) = threefry_lanes(simd, inputs, 0);
    let unused = <f64x8<S> as LaneFloat<S>>::splat(simd, 0.0);
    [uniform_f64(a), uniform_f64(b), unused, unused]
}

/// (2k + 1) / 2^24 with k the upper 23 bits of a half word: never 0 nor 1.
#[inline(always)]
pub(crate) fn uniforms_f32<S: Simd>(simd: S, inputs: LaneInputs) -> [f32x16<S>; 4] {
    let (a0, b0) = threefry_lanes(simd, inputs, 0);
    let (a1, b1) = upper_lanes(simd, inputs, (a0, b0));
    let (z0, z1) = half_words(a0, a1);
    let (z2, z3) = half_words(b0, b1);
    [z0, z1, z2, z3]
}

/// Uniforms from the low and from the high halves.
#[inline(always)]
fn half_words<S: Simd>(first: u64x8<S>, second: u64x8<S>) -> (f32x16<S>, f32x16<S>) {
    let low: u32x16<S> = first.narrow(second);
    let high: u32x16<S> = (first >> 32).narrow(second >> 32);
    (uniform_f32(low), uniform_f32(high))
}

#[inline(always)]
fn uniform_f32<S: Simd>(word: u32x16<S>) -> f32x16<S> {
    f32x16::from_bits((word >> 9) | 1.0f32.to_bits()) - (1.0 - f32::EPSILON / 2.0)
}

/// Uniform on (0, 1) by the upper 52 bits, as `Stream::uniform_at`.
#[inline(always)]
fn uniform_f64<S: Simd>(word: u64x8<S>) -> f64x8<S> {
    f64x8::from_bits((word >> 12) | 1.0f64.to_bits()) - (1.0 - f64::EPSILON / 2.0)
}

/// Two normals per word: the low half gives the radius, the high half the angle.
#[inline(always)]
fn pair_f32<S: Simd>(first: u64x8<S>, second: u64x8<S>) -> (f32x16<S>, f32x16<S>) {
    let low: u32x16<S> = first.narrow(second);
    let high: u32x16<S> = (first >> 32).narrow(second >> 32);
    // (k + ½) / 2^32, fine near 0, where the tail of the normal comes from.
    let u = (f32x16::float_from(low) + 0.5f32) * (1.0 / 4294967296.0f32);
    let v = f32x16::from_bits((high >> 9) | 1.0f32.to_bits()) - (1.0 - f32::EPSILON / 2.0);
    box_muller(u, v)
}

/// The block function on the second eight lanes, unless nobody wants them.
#[inline(always)]
fn upper_lanes<S: Simd>(
    simd: S,
    inputs: LaneInputs,
    lower: (u64x8<S>, u64x8<S>),
) -> (u64x8<S>, u64x8<S>) {
    if inputs.half {
        lower
    } else {
        threefry_lanes(simd, inputs, 8)
    }
}

/// start + stride · lane, for a stride of 0 or 1.
#[inline(always)]
fn strided<S: Simd>(lane: u64x8<S>, start: u64, stride: u64) -> u64x8<S> {
    (lane & 0u64.wrapping_sub(stride)) + start
}

/// The block function on eight lanes, the first of which is lane `offset` of the inputs.
#[inline(always)]
fn threefry_lanes<S: Simd>(simd: S, inputs: LaneInputs, offset: u64) -> (u64x8<S>, u64x8<S>) {
    let lane = u64x8::simd_from(simd, [0, 1, 2, 3, 4, 5, 6, 7].map(|i: u64| i + offset));
    let key0 = u64x8::simd_from(simd, inputs.seed);
    let key1 = strided(lane, inputs.replica, inputs.replica_stride);
    let schedule = [key0, key1, key0 ^ key1 ^ PARITY];
    let mut x0 = key0 + inputs.step;
    let mut x1 = key1 + strided(lane, inputs.block, inputs.block_stride);
    macro_rules! round {
        ($r:expr) => {
            x0 += x1;
            x1 = ((x1 << ROTATIONS[$r]) | (x1 >> (64 - ROTATIONS[$r]))) ^ x0;
        };
    }
    macro_rules! four {
        ($first:expr, $injection:expr) => {
            round!($first);
            round!($first + 1);
            round!($first + 2);
            round!($first + 3);
            x0 += schedule[$injection % 3];
            x1 += schedule[($injection + 1) % 3] + $injection as u64;
        };
    }
    four!(0, 1);
    four!(4, 2);
    four!(0, 3);
    four!(4, 4);
    four!(0, 5);
    (x0, x1)
}
