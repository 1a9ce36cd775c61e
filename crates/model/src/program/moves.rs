//! Kernels that move numbers: by a table, from one lane to another, and zero into padding.

use super::kernel::{read, write};
use super::reach::Span;
use super::slot::{Loop, each};
use symbias_numerics::lanes::{LaneFloat, Real, Simd};

/// Numbers or whole vectors copied by a table.
#[derive(Clone, Debug)]
pub(super) struct Move {
    /// Result and argument.
    pub at: [usize; 2],
    pub loops: Vec<Loop<2>>,
    /// Offsets in the result and in the argument; without an argument, zero.
    pub table: Vec<(usize, Option<usize>)>,
    /// Vectors per entry; 0 for single numbers.
    pub blocks: usize,
}

#[inline(always)]
pub(super) fn moves<S: Simd, T: Real>(simd: S, step: &Move, arena: &mut [T]) {
    let zero = T::Lanes::<S>::splat(simd, T::ZERO);
    each(
        &step.loops,
        step.at,
        #[inline(always)]
        |[to, from]| {
            if step.blocks == 0 {
                for (into, source) in &step.table {
                    arena[to + into] = source.map_or(T::ZERO, |s| arena[from + s]);
                }
                return;
            }
            for (into, source) in &step.table {
                for k in 0..step.blocks {
                    let shift = k * T::VIRTUAL_LANES;
                    let x = match source {
                        Some(s) => read::<S, T>(simd, arena, from + s + shift, true),
                        None => zero,
                    };
                    write::<S, T>(x, arena, to + into + shift);
                }
            }
        },
    );
}

/// An array with another lane: blocks of as many rows as a vector has lanes are turned in registers.
#[derive(Clone, Debug)]
pub(super) struct Transpose {
    /// Result and argument.
    pub at: [usize; 2],
    pub loops: Vec<Loop<2>>,
    /// What becomes the lane: size, stride in the argument.
    pub rows: (usize, usize),
    /// What was contiguous: size, stride in the result.
    pub columns: (usize, usize),
}

/// Virtual lanes of f32, the larger number; f64 uses the first half.
const MOST: usize = 16;

#[inline(always)]
pub(super) fn transpose<S: Simd, T: Real>(simd: S, step: &Transpose, arena: &mut [T]) {
    let ((rows, from_stride), (columns, into_stride)) = (step.rows, step.columns);
    let lanes = T::VIRTUAL_LANES;
    each(
        &step.loops,
        step.at,
        #[inline(always)]
        |[to, from]| {
            for row in (0..rows).step_by(lanes) {
                for column in (0..columns).step_by(lanes) {
                    let source = from + row * from_stride + column;
                    let block = turned::<S, T>(simd, arena, source, from_stride, rows - row);
                    let target = to + column * into_stride + row;
                    for (k, x) in block[..lanes].iter().enumerate() {
                        if k < columns - column {
                            write::<S, T>(*x, arena, target + k * into_stride);
                        }
                    }
                }
            }
        },
    );
}

/// Reads up to as many rows as lanes, the others zero, and returns the columns.
#[inline(always)]
fn turned<S: Simd, T: Real>(
    simd: S,
    arena: &[T],
    at: usize,
    stride: usize,
    rows: usize,
) -> [T::Lanes<S>; MOST] {
    let zero = T::Lanes::<S>::splat(simd, T::ZERO);
    let lanes = T::VIRTUAL_LANES;
    let mut now = [zero; MOST];
    for (k, x) in now[..lanes].iter_mut().enumerate() {
        if k < rows {
            *x = read::<S, T>(simd, arena, at + k * stride, true);
        }
    }
    // Each round interleaves row k with row k + half: the bits of (row, column) rotate by one place.
    let half = lanes / 2;
    for _ in 0..lanes.trailing_zeros() {
        let mut next = [zero; MOST];
        for k in 0..half {
            (next[2 * k], next[2 * k + 1]) = now[k].interleave(now[k + half]);
        }
        now = next;
    }
    now
}

/// Rows of one array as columns of another: how samples enter and leave an arena in which they are the lane. Positions and
/// strides are (from, to); `rows` are contiguous in `to`, `columns` in `from`, whole vectors of them.
#[inline(always)]
pub(super) fn turns<S: Simd, T: Real>(
    simd: S,
    (loops, at): (&[Loop<2>], [usize; 2]),
    rows: (usize, usize),
    columns: (usize, usize),
    from: &[T],
    to: &mut [T],
) {
    let lanes = T::VIRTUAL_LANES;
    let outer = |k: usize| Span::at(at[k]).loops(loops, k);
    let read = outer(0).over(rows.0, rows.1);
    assert!(
        read.over(columns.0 / lanes, lanes).end(lanes) <= from.len()
            && outer(1).over(columns.0, columns.1).end(rows.0) <= to.len()
            && columns.0.is_multiple_of(lanes),
        "an argument or a result is too short"
    );
    each(
        loops,
        at,
        #[inline(always)]
        |[from_at, to_at]| {
            for row in (0..rows.0).step_by(lanes) {
                let left = (rows.0 - row).min(lanes);
                for column in (0..columns.0).step_by(lanes) {
                    let source = from_at + row * rows.1 + column;
                    let block = turned::<S, T>(simd, from, source, rows.1, left);
                    let target = to_at + column * columns.1 + row;
                    for (k, x) in block[..lanes].iter().enumerate() {
                        let own = &mut to[target + k * columns.1..][..left];
                        x.store_partial(own);
                    }
                }
            }
        },
    );
}

/// Sets the padding of the rows of an array to zero, so that what reads whole vectors finds nothing there.
#[derive(Clone, Debug)]
pub(super) struct Clear {
    pub at: usize,
    pub rows: usize,
    /// Numbers of a row with and without padding.
    pub padded: usize,
    pub size: usize,
}

#[inline(always)]
pub(super) fn clear<S: Simd, T: Real>(simd: S, step: &Clear, arena: &mut [T]) {
    let zero = T::Lanes::<S>::splat(simd, T::ZERO);
    let lanes = T::VIRTUAL_LANES;
    let inside = mask::<S, T>(simd, step.size % lanes);
    let first = step.size / lanes * lanes;
    for row in 0..step.rows {
        let at = step.at + row * step.padded;
        let x = read::<S, T>(simd, arena, at + first, true);
        write::<S, T>(T::Lanes::<S>::select(inside, x, zero), arena, at + first);
        for later in (first + lanes..step.padded).step_by(lanes) {
            write::<S, T>(zero, arena, at + later);
        }
    }
}

/// The first lanes.
#[inline(always)]
pub(super) fn mask<S: Simd, T: Real>(simd: S, count: usize) -> <T::Lanes<S> as LaneFloat<S>>::Mask {
    let number = |k: usize| T::from_f64(k as f64);
    T::Lanes::<S>::from_fn(simd, number).lt(T::Lanes::<S>::splat(simd, number(count)))
}
