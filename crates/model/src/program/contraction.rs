//! Contractions: register tiles of multiply-adds.

use super::kernel::{Read, read, write};
use super::slot::{Loop, each};
use symbias_numerics::lanes::{LaneFloat, Real, Simd};

/// C = Σ A·B. Tiles of C go over one dimension that only A has and one that only B has (or the
/// vectors of the lane); the sum is innermost.
#[derive(Clone, Debug)]
pub(super) struct Contraction {
    /// Offsets of C, A, B.
    pub at: [usize; 3],
    pub reads: [Read; 2],
    /// Over what is in no tile.
    pub loops: Vec<Loop<3>>,
    /// Over what only A has: size, strides of C and of A.
    pub rows: (usize, usize, usize),
    /// Over what only B has: size, strides of C and of B.
    pub columns: (usize, usize, usize),
    /// Outer part of the sum: offsets in A and B.
    pub outer: Vec<(usize, usize)>,
    /// Inner part: size, strides of A and B.
    pub inner: (usize, usize, usize),
}

#[inline(always)]
pub(super) fn contraction<S: Simd, T: Real>(simd: S, step: &Contraction, arena: &mut [T]) {
    match step.reads {
        [Read::Vector, Read::Vector] => both::<S, T>(simd, step, arena),
        [Read::Splat, Read::Vector] => one::<S, T>(simd, step, arena),
        _ => tiles::<S, T>(
            simd,
            step,
            arena,
            1,
            1,
            #[inline(always)]
            |arena, at, _, _| {
                tile::<S, T, 1, 1, false, false>(simd, step, arena, at);
            },
        ),
    }
}

/// Tiles of up to `most_rows` × `most_columns`, halved where the rest is smaller.
#[inline(always)]
fn tiles<S: Simd, T: Real>(
    _simd: S,
    step: &Contraction,
    arena: &mut [T],
    most_rows: usize,
    most_columns: usize,
    run: impl Fn(&mut [T], [usize; 3], usize, usize),
) {
    let (rows, c_row, a_row) = step.rows;
    let (columns, c_column, b_column) = step.columns;
    each(
        &step.loops,
        step.at,
        #[inline(always)]
        |at| {
            let mut i = 0;
            while i < rows {
                let height = fitting(rows - i, most_rows);
                let mut j = 0;
                while j < columns {
                    let width = if columns - j >= most_columns {
                        most_columns
                    } else {
                        fitting(columns - j, 2)
                    };
                    let tile = [
                        at[0] + i * c_row + j * c_column,
                        at[1] + i * a_row,
                        at[2] + j * b_column,
                    ];
                    run(arena, tile, height, width);
                    j += width;
                }
                i += height;
            }
        },
    );
}

/// The largest of 4, 2, 1 that fits.
#[inline(always)]
fn fitting(left: usize, most: usize) -> usize {
    if left >= 4 && most >= 4 {
        4
    } else if left >= 2 && most >= 2 {
        2
    } else {
        1
    }
}

macro_rules! tile_sizes {
    ($name:ident, $a:literal, $widest:literal) => {
        #[inline(always)]
        fn $name<S: Simd, T: Real>(simd: S, step: &Contraction, arena: &mut [T]) {
            tiles::<S, T>(
                simd,
                step,
                arena,
                4,
                $widest,
                #[inline(always)]
                |arena, at, height, width| match (height, width) {
                    (4, $widest) => tile::<S, T, 4, $widest, $a, true>(simd, step, arena, at),
                    (4, 2) => tile::<S, T, 4, 2, $a, true>(simd, step, arena, at),
                    (4, _) => tile::<S, T, 4, 1, $a, true>(simd, step, arena, at),
                    (2, $widest) => tile::<S, T, 2, $widest, $a, true>(simd, step, arena, at),
                    (2, 2) => tile::<S, T, 2, 2, $a, true>(simd, step, arena, at),
                    (2, _) => tile::<S, T, 2, 1, $a, true>(simd, step, arena, at),
                    (_, $widest) => tile::<S, T, 1, $widest, $a, true>(simd, step, arena, at),
                    (_, 2) => tile::<S, T, 1, 2, $a, true>(simd, step, arena, at),
                    _ => tile::<S, T, 1, 1, $a, true>(simd, step, arena, at),
                },
            );
        }
    };
}
tile_sizes!(both, true, 4);
tile_sizes!(one, false, 3);

/// One tile: I·J accumulators.
#[inline(always)]
fn tile<S: Simd, T: Real, const I: usize, const J: usize, const A: bool, const B: bool>(
    simd: S,
    step: &Contraction,
    arena: &mut [T],
    [c, a, b]: [usize; 3],
) {
    let zero = T::Lanes::<S>::splat(simd, T::ZERO);
    let mut sums = [[zero; J]; I];
    let (n, a_step, b_step) = step.inner;
    let (a_row, b_column) = (step.rows.2, step.columns.2);
    for (a_outer, b_outer) in &step.outer {
        let (mut p, mut q) = (a + a_outer, b + b_outer);
        for _ in 0..n {
            let mut ys = [zero; J];
            for (j, y) in ys.iter_mut().enumerate() {
                *y = read::<S, T>(simd, arena, q + j * b_column, B);
            }
            for (i, row) in sums.iter_mut().enumerate() {
                let x = read::<S, T>(simd, arena, p + i * a_row, A);
                for (sum, y) in row.iter_mut().zip(&ys) {
                    *sum = x.fma(*y, *sum);
                }
            }
            p += a_step;
            q += b_step;
        }
    }
    for (i, row) in sums.iter().enumerate() {
        for (j, sum) in row.iter().enumerate() {
            write::<S, T>(*sum, arena, c + i * step.rows.1 + j * step.columns.1);
        }
    }
}

/// A sum that leaves no dimension but the replicas, in the order of virtual lanes.
#[derive(Clone, Debug)]
pub(super) struct Total {
    /// Offsets of C, A, B.
    pub at: [usize; 3],
    pub reads: [Read; 2],
    /// Vectors of the replicas; 1 without.
    pub blocks: usize,
    /// Outer part of the sum: offsets in A and B.
    pub outer: Vec<(usize, usize)>,
    /// Inner part: size, strides of A and B.
    pub inner: (usize, usize, usize),
    /// Whether lanes are replicas; otherwise they are elements of the inner part.
    pub replicas: bool,
}

#[inline(always)]
pub(super) fn total<S: Simd, T: Real>(simd: S, step: &Total, arena: &mut [T]) {
    if step.replicas {
        totals_of_replicas::<S, T>(simd, step, arena);
    } else {
        total_along_lanes::<S, T>(simd, step, arena);
    }
}

/// Virtual lanes of f32, the larger number; f64 uses the first half.
const ACCUMULATORS: usize = 16;

#[inline(always)]
fn totals_of_replicas<S: Simd, T: Real>(simd: S, step: &Total, arena: &mut [T]) {
    let vector = step.reads.map(|r| r == Read::Vector);
    let zero = T::Lanes::<S>::splat(simd, T::ZERO);
    let (n, a_step, b_step) = step.inner;
    for block in 0..step.blocks {
        let shift = |k: usize| {
            if vector[k] {
                block * T::VIRTUAL_LANES
            } else {
                0
            }
        };
        let mut sums = [zero; ACCUMULATORS];
        for (a_outer, b_outer) in &step.outer {
            let (p, q) = (
                step.at[1] + a_outer + shift(0),
                step.at[2] + b_outer + shift(1),
            );
            let mut k = 0;
            while k < n {
                let count = (n - k).min(T::VIRTUAL_LANES);
                for (j, sum) in sums[..count].iter_mut().enumerate() {
                    let x = read::<S, T>(simd, arena, p + (k + j) * a_step, vector[0]);
                    *sum = x.fma(
                        read::<S, T>(simd, arena, q + (k + j) * b_step, vector[1]),
                        *sum,
                    );
                }
                k += count;
            }
        }
        let mut half = T::VIRTUAL_LANES / 2;
        while half > 0 {
            for j in 0..half {
                sums[j] += sums[j + half];
            }
            half /= 2;
        }
        write::<S, T>(sums[0], arena, step.at[0] + block * T::VIRTUAL_LANES);
    }
}

#[inline(always)]
fn total_along_lanes<S: Simd, T: Real>(simd: S, step: &Total, arena: &mut [T]) {
    let (n, a_step, b_step) = step.inner;
    let mut sum = T::Lanes::<S>::splat(simd, T::ZERO);
    for (a_outer, b_outer) in &step.outer {
        let mut k = 0;
        while k < n {
            let count = (n - k).min(T::VIRTUAL_LANES);
            let x = take::<S, T>(
                simd,
                arena,
                step.at[1] + a_outer + k * a_step,
                a_step,
                count,
            );
            let y = take::<S, T>(
                simd,
                arena,
                step.at[2] + b_outer + k * b_step,
                b_step,
                count,
            );
            sum = x.fma(y, sum);
            k += count;
        }
    }
    let total = T::Lanes::<S>::splat(simd, sum.sum_lanes());
    write::<S, T>(total, arena, step.at[0]);
}

/// `count` elements at a stride; the missing ones are zero, so that they add nothing.
#[inline(always)]
fn take<S: Simd, T: Real>(
    simd: S,
    arena: &[T],
    at: usize,
    stride: usize,
    count: usize,
) -> T::Lanes<S> {
    match (stride, count == T::VIRTUAL_LANES) {
        (1, true) => read::<S, T>(simd, arena, at, true),
        (0, true) => read::<S, T>(simd, arena, at, false),
        _ => T::Lanes::<S>::from_fn(
            simd,
            #[inline(always)]
            |i| {
                if i < count {
                    arena[at + i * stride]
                } else {
                    T::ZERO
                }
            },
        ),
    }
}
