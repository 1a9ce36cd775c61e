//! Sums along the lane, and sums of replicas in the same order: element j of the innermost dimension goes to
//! accumulator j mod V, then the accumulators are added by halves.

use super::kernel::{Read, read, write};
use super::moves::mask;
use symbias_numerics::lanes::{LaneFloat, Real, Simd};

/// Virtual lanes of f32, the larger number; f64 uses the first half.
const MOST: usize = 16;

/// Several results, each a sum along the lane: as many at once as a vector has lanes, so that their accumulators are
/// added in registers and are one vector in the end.
#[derive(Clone, Debug)]
pub(super) struct Dots {
    /// Offsets of C, A, B.
    pub at: [usize; 3],
    /// Whether A has the lane; B has.
    pub first_is_vector: bool,
    /// Whether A is the same for the results of a vector.
    pub shared: bool,
    /// Offsets in A and B of each result, in the order of C.
    pub outputs: Vec<[u32; 2]>,
    /// Outer part of the sum: offsets in A and B.
    pub outer: Vec<(usize, usize)>,
    /// Whole vectors in each part: their number and strides.
    pub whole: (usize, usize, usize),
    /// Lanes of a last vector that count.
    pub tail: usize,
    pub scale: f64,
}

#[inline(always)]
pub(super) fn dots<S: Simd, T: Real>(simd: S, step: &Dots, arena: &mut [T]) {
    match (step.first_is_vector, step.shared) {
        (true, true) => groups::<S, T, true, true>(simd, step, arena),
        (true, false) => groups::<S, T, true, false>(simd, step, arena),
        (false, _) => groups::<S, T, false, false>(simd, step, arena),
    }
}

#[inline(always)]
fn groups<S: Simd, T: Real, const A: bool, const SHARED: bool>(
    simd: S,
    step: &Dots,
    arena: &mut [T],
) {
    let lanes = T::VIRTUAL_LANES;
    let zero = T::Lanes::<S>::splat(simd, T::ZERO);
    let scale = T::Lanes::<S>::splat(simd, T::from_f64(step.scale));
    let ((whole, a_step, b_step), tail) = (step.whole, step.tail);
    let inside = mask::<S, T>(simd, tail);
    for (number, group) in step.outputs.chunks_exact(lanes).enumerate() {
        let mut sums = [zero; MOST];
        for (a, b) in &step.outer {
            let (mut p, mut q) = (step.at[1] + a, step.at[2] + b);
            for _ in 0..whole {
                let one = read::<S, T>(simd, arena, p + group[0][0] as usize, A);
                for (sum, [x, y]) in sums[..lanes].iter_mut().zip(group) {
                    let x = if SHARED {
                        one
                    } else {
                        read::<S, T>(simd, arena, p + *x as usize, A)
                    };
                    *sum = x.fma(read::<S, T>(simd, arena, q + *y as usize, true), *sum);
                }
                p += a_step;
                q += b_step;
            }
            if tail > 0 {
                for (sum, [x, y]) in sums[..lanes].iter_mut().zip(group) {
                    let x = read::<S, T>(simd, arena, p + *x as usize, A);
                    let more = x.fma(read::<S, T>(simd, arena, q + *y as usize, true), *sum);
                    *sum = T::Lanes::<S>::select(inside, more, *sum);
                }
            }
        }
        let total = turned_sum::<S, T>(sums) * scale;
        write::<S, T>(total, arena, step.at[0] + number * lanes);
    }
}

/// Lane j is the sum of the lanes of vector j, by halves: interleaving two vectors and adding is the first half of
/// both.
#[inline(always)]
fn turned_sum<S: Simd, T: Real>(mut sums: [T::Lanes<S>; MOST]) -> T::Lanes<S> {
    for half in [8, 4, 2, 1] {
        if half < T::VIRTUAL_LANES {
            for j in 0..half {
                let (low, high) = sums[j].interleave(sums[j + half]);
                sums[j] = low + high;
            }
        }
    }
    sums[0]
}

/// One result: a sum along the lane.
#[derive(Clone, Debug)]
pub(super) struct Total {
    /// Offsets of C, A, B.
    pub at: [usize; 3],
    pub reads: [Read; 2],
    /// Outer part of the sum: offsets in A and B.
    pub outer: Vec<(usize, usize)>,
    /// Inner part: size, strides of A and B.
    pub inner: (usize, usize, usize),
    pub scale: f64,
}

#[inline(always)]
pub(super) fn total<S: Simd, T: Real>(simd: S, step: &Total, arena: &mut [T]) {
    let vector = step.reads.map(|r| r == Read::Vector);
    let lanes = T::VIRTUAL_LANES;
    let (whole, tail) = (step.inner.0 / lanes, step.inner.0 % lanes);
    let inside = mask::<S, T>(simd, tail);
    let forward = vector.map(|v| if v { lanes } else { 0 });
    let mut sum = T::Lanes::<S>::splat(simd, T::ZERO);
    for (a, b) in &step.outer {
        let (mut p, mut q) = (step.at[1] + a, step.at[2] + b);
        for k in 0..whole + usize::from(tail > 0) {
            let x = read::<S, T>(simd, arena, p, vector[0]);
            let more = x.fma(read::<S, T>(simd, arena, q, vector[1]), sum);
            sum = if k < whole {
                more
            } else {
                T::Lanes::<S>::select(inside, more, sum)
            };
            (p, q) = (p + forward[0], q + forward[1]);
        }
    }
    let total = T::Lanes::<S>::splat(simd, sum.sum_lanes() * T::from_f64(step.scale));
    write::<S, T>(total, arena, step.at[0]);
}

/// Sums of replicas that share no factor, each with its accumulators in registers.
#[derive(Clone, Debug)]
pub(super) struct Totals {
    /// Offsets of C, A, B.
    pub at: [usize; 3],
    pub reads: [Read; 2],
    /// Offsets in C, A and B of each result.
    pub outputs: Vec<[usize; 3]>,
    /// Outer part of the sum: offsets in A and B.
    pub outer: Vec<(usize, usize)>,
    /// Inner part: size, strides of A and B.
    pub inner: (usize, usize, usize),
    pub scale: f64,
}

#[inline(always)]
pub(super) fn totals<S: Simd, T: Real>(simd: S, step: &Totals, arena: &mut [T]) {
    match step.reads {
        [Read::Vector, Read::Vector] => each_total::<S, T, true, true>(simd, step, arena),
        [_, Read::Vector] => each_total::<S, T, false, true>(simd, step, arena),
        _ => each_total::<S, T, false, false>(simd, step, arena),
    }
}

#[inline(always)]
fn each_total<S: Simd, T: Real, const A: bool, const B: bool>(
    simd: S,
    step: &Totals,
    arena: &mut [T],
) {
    let lanes = T::VIRTUAL_LANES;
    let zero = T::Lanes::<S>::splat(simd, T::ZERO);
    let scale = T::Lanes::<S>::splat(simd, T::from_f64(step.scale));
    let (n, a_step, b_step) = step.inner;
    for [c, a, b] in &step.outputs {
        let mut sums = [zero; MOST];
        for (x, y) in &step.outer {
            let (mut p, mut q) = (step.at[1] + a + x, step.at[2] + b + y);
            for _ in 0..n / lanes {
                for sum in &mut sums[..lanes] {
                    let x = read::<S, T>(simd, arena, p, A);
                    *sum = x.fma(read::<S, T>(simd, arena, q, B), *sum);
                    (p, q) = (p + a_step, q + b_step);
                }
            }
            for (j, sum) in sums[..lanes].iter_mut().enumerate() {
                if j < n % lanes {
                    let x = read::<S, T>(simd, arena, p, A);
                    *sum = x.fma(read::<S, T>(simd, arena, q, B), *sum);
                    (p, q) = (p + a_step, q + b_step);
                }
            }
        }
        for half in [8, 4, 2, 1] {
            if half < lanes {
                for j in 0..half {
                    let other = sums[j + half];
                    sums[j] += other;
                }
            }
        }
        write::<S, T>(sums[0] * scale, arena, step.at[0] + c);
    }
}
