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

/// Groups that are computed together, so that each fills the time that the others wait: f32 takes 0.94 ns per normal with
/// two and 0.82 with four, f64 the same with either (Zen 4, AVX-512).
const TOGETHER: usize = 4;

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
    let mut many = out.chunks_exact_mut(TOGETHER * group);
    for chunk in &mut many {
        let vectors = T::in_order::<S, UNIFORM, TOGETHER>(simd, inputs);
        for (part, vector) in chunk
            .chunks_exact_mut(T::VIRTUAL_LANES)
            .zip(vectors.as_flattened())
        {
            vector.store(part);
        }
        inputs.block = inputs.block.wrapping_add(TOGETHER as u64 * GROUP);
    }
    for chunk in many.into_remainder().chunks_mut(group) {
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

#[cfg(test)]
mod tests {
    use super::super::{block_normals, block_uniforms};
    use super::*;
    use crate::lanes::has_fma;

    fn equal<T: Real>(a: &[T], b: &[T]) -> bool {
        a.len() == b.len() && a.iter().zip(b).all(|(x, y)| x == y)
    }

    /// Entry k of each lane, side by side; the lanes are as many as are whole.
    #[inline(always)]
    fn blocks<S: Simd, T: Real>(simd: S, inputs: LaneInputs, uniform: bool, out: &mut [T]) {
        let numbers = if uniform {
            block_uniforms::<S, T>(simd, inputs)
        } else {
            block_normals::<S, T>(simd, inputs)
        };
        for (part, z) in out.chunks_mut(T::VIRTUAL_LANES).zip(numbers) {
            z.store_partial(part);
        }
    }

    /// Streams of many lengths, ensembles and blocks on one level.
    fn all<T: Real>(level: Level) -> Vec<T> {
        let mut out = Vec::new();
        for (start, length) in [(0, 7), (1, 300), (3, 129), (2, 1000), (1 << 40, 33)] {
            let mut z = vec![T::ZERO; length];
            stream::<T, false>(level, of_blocks(1, 2, 3), start, &mut z);
            out.extend(z);
        }
        for (replicas, rows, first) in [(5, 3, 0), (37, 9, 2), (16, 4, 1), (64, 2, 4)] {
            let mut z = vec![T::ZERO; replicas * rows];
            ensemble::<T, false>(level, of_replicas(1, 2, 3), first, replicas, &mut z);
            out.extend(z);
        }
        let mut z = vec![T::ZERO; T::NORMALS_PER_BLOCK * T::VIRTUAL_LANES];
        for uniform in [true, false] {
            dispatch!(level, simd => blocks::<_, T>(simd, of_replicas(1, 2, 3), uniform, &mut z));
            out.extend_from_slice(&z);
        }
        out
    }

    #[test]
    #[cfg(target_arch = "x86_64")]
    fn levels_with_fused_multiply_add_give_the_same_bits() {
        let best = level();
        if let (true, Some(avx2)) = (has_fma(best), best.as_avx2()) {
            assert!(equal(&all::<f32>(best), &all::<f32>(Level::Avx2(avx2))));
            assert!(equal(&all::<f64>(best), &all::<f64>(Level::Avx2(avx2))));
        }
        // Those without it agree among themselves, and not with the others.
        if let (Some(newer), Some(older)) = (best.as_sse4_2(), best.as_sse2()) {
            let newer = all::<f32>(Level::Sse4_2(newer));
            assert!(equal(&newer, &all::<f32>(Level::Sse2(older))));
            assert!(!has_fma(best) || !equal(&newer, &all::<f32>(best)));
        }
    }

    /// A kernel's blocks, whole or half, are those of the streams.
    fn blocks_are_streams<T: Real>() {
        let (lanes, entries) = (T::VIRTUAL_LANES, T::NORMALS_PER_BLOCK);
        let mut z = vec![T::ZERO; entries * lanes];
        for (uniform, half) in [(false, false), (false, true), (true, false), (true, true)] {
            let inputs = LaneInputs {
                half,
                block: 9,
                ..of_replicas(7, u64::MAX - 3, 11)
            };
            dispatch!(level(), simd => blocks::<_, T>(simd, inputs, uniform, &mut z));
            for lane in 0..if half { 8 } else { lanes } {
                let replica = inputs.replica.wrapping_add(lane as u64);
                let mut own = vec![T::ZERO; entries];
                let of = of_blocks(7, replica, 11);
                let start = 9 * entries as u64;
                if uniform {
                    stream::<T, true>(level(), of, start, &mut own);
                } else {
                    stream::<T, false>(level(), of, start, &mut own);
                }
                let found: Vec<T> = (0..entries).map(|k| z[k * lanes + lane]).collect();
                assert!(equal(&own, &found), "{uniform} {half} {lane}");
            }
        }
    }

    #[test]
    fn blocks_of_a_kernel_are_those_of_streams() {
        blocks_are_streams::<f32>();
        blocks_are_streams::<f64>();
    }
}
