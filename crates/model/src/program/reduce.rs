//! Kernels of reductions that are no sums.

use super::kernel::{Read, read, write};
use super::slot::{Loop, each};
use symbias_numerics::lanes::{LaneFloat, Real, Simd};

/// log Σ exp, or the maximum, over some dimensions.
#[derive(Clone, Debug)]
pub(super) struct Reduce {
    pub max: bool,
    /// Result and argument.
    pub at: [usize; 2],
    pub read: Read,
    pub loops: Vec<Loop<2>>,
    pub blocks: usize,
    /// Offsets of what is reduced, in order.
    pub over: Vec<usize>,
}

#[inline(always)]
pub(super) fn reduce<S: Simd, T: Real>(simd: S, step: &Reduce, arena: &mut [T]) {
    let vector = step.read == Read::Vector;
    let forward = if vector { T::VIRTUAL_LANES } else { 0 };
    let zero = T::Lanes::<S>::splat(simd, T::ZERO);
    let lowest = T::Lanes::<S>::splat(simd, -T::INFINITY);
    each(
        &step.loops,
        step.at,
        #[inline(always)]
        |[mut to, mut from]| {
            for _ in 0..step.blocks {
                let max = step.over.iter().fold(
                    lowest,
                    #[inline(always)]
                    |m: T::Lanes<S>, k| m.max(read::<S, T>(simd, arena, from + *k, vector)),
                );
                let result = if step.max {
                    max
                } else {
                    // Where everything is masked the sum is empty: log 0 = −∞, without ∞ − ∞.
                    let shift = T::Lanes::<S>::select(max.eq(lowest), zero, max);
                    let sum = step.over.iter().fold(
                        zero,
                        #[inline(always)]
                        |s: T::Lanes<S>, k| {
                            s + (read::<S, T>(simd, arena, from + *k, vector) - shift).exp()
                        },
                    );
                    sum.log() + shift
                };
                write::<S, T>(result, arena, to);
                to += T::VIRTUAL_LANES;
                from += forward;
            }
        },
    );
}

/// 1 at the first maximum, 0 elsewhere.
#[derive(Clone, Debug)]
pub(super) struct FirstMax {
    /// Result, argument, maximum.
    pub at: [usize; 3],
    pub read: [Read; 2],
    pub loops: Vec<Loop<3>>,
    pub blocks: usize,
    /// Offsets of what was reduced in the result and in the argument, in order.
    pub over: Vec<[usize; 2]>,
    /// Whether results are written along a lane, or one number at a time.
    pub lanes: bool,
}

#[inline(always)]
pub(super) fn first_max<S: Simd, T: Real>(simd: S, step: &FirstMax, arena: &mut [T]) {
    let vector = step.read.map(|r| r == Read::Vector);
    let forward = vector.map(|v| if v { T::VIRTUAL_LANES } else { 0 });
    let zero = T::Lanes::<S>::splat(simd, T::ZERO);
    let one = T::Lanes::<S>::splat(simd, T::ONE);
    each(
        &step.loops,
        step.at,
        #[inline(always)]
        |[mut to, mut from, mut maximum]| {
            for _ in 0..step.blocks {
                let y = read::<S, T>(simd, arena, maximum, vector[1]);
                let mut free = one;
                for [into, k] in &step.over {
                    let x = read::<S, T>(simd, arena, from + k, vector[0]);
                    let first = T::Lanes::<S>::select(x.eq(y), free, zero);
                    free -= first;
                    if step.lanes {
                        write::<S, T>(first, arena, to + into);
                    } else {
                        arena[to + into] = first.lane(0);
                    }
                }
                to += T::VIRTUAL_LANES;
                from += forward[0];
                maximum += forward[1];
            }
        },
    );
}
