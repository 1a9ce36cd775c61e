//! The layouts of numbers in memory: one stream by its indices, or an ensemble with replicas side by side.
//!
//! Lanes run over blocks of the stream or over the replicas of the ensemble; the number at (seed, replica, step, index)
//! is the same either way.

use super::block::LaneInputs;
use crate::lanes::{LaneFloat, Level, Real, Simd, dispatch, level};

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
    let inputs = of_replicas(seed, first_replica, step);
    ensemble::<T, false>(level(), inputs, first_index, replicas, out);
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
    let inputs = of_replicas(seed, first_replica, step);
    ensemble::<T, true>(level(), inputs, first_index, replicas, out);
}

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

/// Lanes are the blocks of one stream, from block 0 on.
pub(super) fn of_blocks(seed: u64, replica: u64, step: u64) -> LaneInputs {
    LaneInputs {
        seed,
        step,
        replica,
        replica_stride: 0,
        block: 0,
        block_stride: 1,
        half: false,
    }
}

fn ensemble<T: Real, const UNIFORM: bool>(
    level: Level,
    inputs: LaneInputs,
    first_index: u64,
    replicas: usize,
    out: &mut [T],
) {
    if replicas > 0 {
        dispatch!(level, simd => along_replicas::<_, T, UNIFORM>(simd, inputs, first_index, replicas, out));
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
    let past = first_index + rows;
    for number in first_index / per_block..=(past - 1) / per_block {
        // Of this block the entries that are wanted, and the row of entry 0, which may lie before the first.
        let base = number * per_block;
        let wanted = first_index.max(base) - base..past.min(base + per_block) - base;
        for start in (0..replicas).step_by(T::VIRTUAL_LANES) {
            let end = (start + T::VIRTUAL_LANES).min(replicas);
            let inputs = LaneInputs {
                replica: inputs.replica.wrapping_add(start as u64),
                block: number,
                ..inputs
            };
            // What is not stored is not computed: half of Box and Muller's work in f32.
            let numbers = if wanted.end <= 2 {
                let [z0, z1, ..] = T::block_numbers::<S, UNIFORM>(simd, inputs);
                [z0, z1, z1, z1]
            } else {
                T::block_numbers::<S, UNIFORM>(simd, inputs)
            };
            for (k, z) in numbers.into_iter().enumerate() {
                if wanted.contains(&(k as u64)) {
                    let row = (base + k as u64 - first_index) as usize * replicas;
                    z.store_partial(&mut out[row + start..row + end]);
                }
            }
        }
    }
}

/// out[k] ← the number of index start + k of the stream whose blocks are the lanes.
pub(super) fn stream<T: Real, const UNIFORM: bool>(
    level: Level,
    inputs: LaneInputs,
    start: u64,
    out: &mut [T],
) {
    dispatch!(level, simd => along_blocks::<_, T, UNIFORM>(simd, inputs, start, out));
}

/// Blocks of a group: those whose numbers fill two vectors, whatever the type.
const GROUP: u64 = 8;

#[inline(always)]
fn along_blocks<S: Simd, T: Real, const UNIFORM: bool>(
    simd: S,
    inputs: LaneInputs,
    start: u64,
    out: &mut [T],
) {
    let per_block = T::NORMALS_PER_BLOCK as u64;
    let group = 2 * T::VIRTUAL_LANES;
    let mut inputs = LaneInputs {
        block: start / per_block,
        ..inputs
    };
    let skip = (start % per_block) as usize;
    let mut out = out;
    if skip > 0 {
        let (head, tail) = out.split_at_mut((group - skip).min(out.len()));
        partial::<S, T, UNIFORM>(simd, inputs, skip, head);
        inputs.block = inputs.block.wrapping_add(GROUP);
        out = tail;
    }
    let mut pairs = out.chunks_exact_mut(2 * group);
    for chunk in &mut pairs {
        let vectors = T::in_order::<S, UNIFORM, 2>(simd, inputs);
        for (part, vector) in chunk
            .chunks_exact_mut(T::VIRTUAL_LANES)
            .zip(vectors.as_flattened())
        {
            vector.store(part);
        }
        inputs.block = inputs.block.wrapping_add(2 * GROUP);
    }
    for chunk in pairs.into_remainder().chunks_mut(group) {
        partial::<S, T, UNIFORM>(simd, inputs, 0, chunk);
        inputs.block = inputs.block.wrapping_add(GROUP);
    }
}

/// The numbers of one group but for the first `skip`, as many as there is room for.
#[inline(always)]
fn partial<S: Simd, T: Real, const UNIFORM: bool>(
    simd: S,
    inputs: LaneInputs,
    skip: usize,
    out: &mut [T],
) {
    let lanes = T::VIRTUAL_LANES;
    let [[first, second]] = T::in_order::<S, UNIFORM, 1>(simd, inputs);
    if skip == 0 && out.len() == 2 * lanes {
        let (head, tail) = out.split_at_mut(lanes);
        first.store(head);
        second.store(tail);
        return;
    }
    // Two vectors of sixteen at most.
    let mut numbers = [T::ZERO; 32];
    first.store(&mut numbers[..lanes]);
    second.store(&mut numbers[lanes..2 * lanes]);
    out.copy_from_slice(&numbers[skip..skip + out.len()]);
}
