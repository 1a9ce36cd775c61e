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
    /// Inner part: size, strides of A and B, which wrap around where it runs backwards.
    pub inner: (usize, usize, usize),
    /// Accumulators that the elements of the inner part go to in turn, added by halves in the end.
    pub split: usize,
    /// What the sum is multiplied by.
    pub scale: f64,
    /// An array that lies like C, as the distance to it, and factors: the result is c·sum + d·other.
    pub plus: Option<(usize, [f64; 2])>,
}

#[inline(always)]
pub(super) fn contraction<S: Simd, T: Real>(simd: S, step: &Contraction, arena: &mut [T]) {
    let narrow = step.split == NARROW;
    let row = step.rows.0 == 1 && step.split == 1;
    match step.reads {
        [Read::Vector, Read::Vector] if step.split == 1 => both::<S, T>(simd, step, arena),
        [Read::Splat, Read::Vector] if row => wide::<S, T>(simd, step, arena),
        [Read::Splat, Read::Vector] if step.split == 1 => one::<S, T>(simd, step, arena),
        [Read::Vector, Read::Vector] if narrow => few::<S, T, true>(simd, step, arena),
        [Read::Splat, Read::Vector] if narrow => few::<S, T, false>(simd, step, arena),
        [Read::Vector, Read::Vector] => turns::<S, T, true>(simd, step, arena),
        [Read::Splat, Read::Vector] => turns::<S, T, false>(simd, step, arena),
        // Splats on both sides fill a lane that neither has.
        _ => tiles::<S, T>(
            simd,
            step,
            arena,
            1,
            1,
            #[inline(always)]
            |arena, at, _, _| in_turn::<S, T, 1, 1, false, false>(simd, step, arena, at),
        ),
    }
}

/// Accumulators of each of a few sums that alone would wait for one another.
const NARROW: usize = 4;

/// Tiles of up to `most_rows` × `most_columns`, halved where the rest is smaller; eight rows only of narrow ones.
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
                let high = most_rows == 8 && columns <= 2 && rows - i >= 8;
                let height = if high {
                    8
                } else {
                    fitting(rows - i, 4.min(most_rows))
                };
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
    ($name:ident, $a:literal, $most:literal, $widest:literal, $(($high:literal, $wide:literal)),*) => {
        #[inline(always)]
        fn $name<S: Simd, T: Real>(simd: S, step: &Contraction, arena: &mut [T]) {
            tiles::<S, T>(
                simd,
                step,
                arena,
                $most,
                $widest,
                #[inline(always)]
                |arena, at, height, width| match (height, width) {
                    (4, $widest) => tile::<S, T, 4, $widest, $a, true>(simd, step, arena, at),
                    (4, 2) => tile::<S, T, 4, 2, $a, true>(simd, step, arena, at),
                    (4, _) => tile::<S, T, 4, 1, $a, true>(simd, step, arena, at),
                    (2, $widest) => tile::<S, T, 2, $widest, $a, true>(simd, step, arena, at),
                    (2, 2) => tile::<S, T, 2, 2, $a, true>(simd, step, arena, at),
                    (2, _) => tile::<S, T, 2, 1, $a, true>(simd, step, arena, at),
                    $(($high, $wide) => tile::<S, T, $high, $wide, $a, true>(simd, step, arena, at),)*
                    (_, $widest) => tile::<S, T, 1, $widest, $a, true>(simd, step, arena, at),
                    (_, 2) => tile::<S, T, 1, 2, $a, true>(simd, step, arena, at),
                    _ => tile::<S, T, 1, 1, $a, true>(simd, step, arena, at),
                },
            );
        }
    };
}
tile_sizes!(both, true, 4, 4,);
tile_sizes!(one, false, 8, 4, (8, 2), (8, 1));

/// One tile: I·J accumulators.
#[inline(always)]
fn tile<S: Simd, T: Real, const I: usize, const J: usize, const A: bool, const B: bool>(
    simd: S,
    step: &Contraction,
    arena: &mut [T],
    at: [usize; 3],
) {
    let sums = sums::<S, T, I, J, A, B>(simd, step, arena, at, 0, 1);
    finish::<S, T, I, J>(simd, step, arena, at[0], sums);
}

/// Sums over the elements first, first + by, … of the inner part.
#[inline(always)]
fn sums<S: Simd, T: Real, const I: usize, const J: usize, const A: bool, const B: bool>(
    simd: S,
    step: &Contraction,
    arena: &[T],
    [_, a, b]: [usize; 3],
    first: usize,
    by: usize,
) -> [[T::Lanes<S>; J]; I] {
    let zero = T::Lanes::<S>::splat(simd, T::ZERO);
    let mut sums = [[zero; J]; I];
    let (n, a_step, b_step) = step.inner;
    let (a_row, b_column) = (step.rows.2, step.columns.2);
    for (a_outer, b_outer) in &step.outer {
        let mut p = (a + a_outer).wrapping_add(first.wrapping_mul(a_step));
        let mut q = (b + b_outer).wrapping_add(first.wrapping_mul(b_step));
        let mut k = first;
        while k < n {
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
            p = p.wrapping_add(by.wrapping_mul(a_step));
            q = q.wrapping_add(by.wrapping_mul(b_step));
            k += by;
        }
    }
    sums
}

#[inline(always)]
fn finish<S: Simd, T: Real, const I: usize, const J: usize>(
    simd: S,
    step: &Contraction,
    arena: &mut [T],
    c: usize,
    sums: [[T::Lanes<S>; J]; I],
) {
    let scale = T::Lanes::<S>::splat(simd, T::from_f64(step.scale));
    for (i, row) in sums.iter().enumerate() {
        for (j, sum) in row.iter().enumerate() {
            let at = c + i * step.rows.1 + j * step.columns.1;
            let mut total = *sum * scale;
            if let Some((shift, factors)) = step.plus {
                let [c, d] = factors.map(T::from_f64);
                let other = read::<S, T>(simd, arena, at.wrapping_add(shift), true);
                total = other.fma(T::Lanes::<S>::splat(simd, d), total * c);
            }
            write::<S, T>(total, arena, at);
        }
    }
}

/// Tiles whose accumulators are filled one after the other.
#[inline(always)]
fn turns<S: Simd, T: Real, const A: bool>(simd: S, step: &Contraction, arena: &mut [T]) {
    tiles::<S, T>(
        simd,
        step,
        arena,
        if step.columns.0 == 1 { 8 } else { 4 },
        2,
        #[inline(always)]
        |arena, at, height, width| match (height, width) {
            (4, 2) => in_turn::<S, T, 4, 2, A, true>(simd, step, arena, at),
            (8, _) => in_turn::<S, T, 8, 1, A, true>(simd, step, arena, at),
            (4, 1) => in_turn::<S, T, 4, 1, A, true>(simd, step, arena, at),
            (height, width) => {
                for i in 0..height {
                    for j in 0..width {
                        let [c, a, b] = at;
                        let ((_, c_row, a_row), (_, c_column, b_column)) =
                            (step.rows, step.columns);
                        let at = [
                            c + i * c_row + j * c_column,
                            a + i * a_row,
                            b + j * b_column,
                        ];
                        in_turn::<S, T, 1, 1, A, true>(simd, step, arena, at);
                    }
                }
            }
        },
    );
}

/// One tile whose sums have several accumulators: in the order in which halves are added, so that few wait.
#[inline(always)]
fn in_turn<S: Simd, T: Real, const I: usize, const J: usize, const A: bool, const B: bool>(
    simd: S,
    step: &Contraction,
    arena: &mut [T],
    at: [usize; 3],
) {
    let zero = T::Lanes::<S>::splat(simd, T::ZERO);
    let mut waiting = [[[zero; J]; I]; 5];
    let (mut depth, bits) = (0, step.split.trailing_zeros());
    for turn in 0..step.split {
        let first = turn
            .reverse_bits()
            .checked_shr(usize::BITS - bits)
            .unwrap_or(0);
        let mut now = sums::<S, T, I, J, A, B>(simd, step, arena, at, first, step.split);
        // Two that are done are added: the binary carries of the number of turns.
        let mut carry = turn;
        while carry & 1 == 1 {
            depth -= 1;
            for (row, other) in now.iter_mut().zip(&waiting[depth]) {
                for (x, y) in row.iter_mut().zip(other) {
                    *x = *y + *x;
                }
            }
            carry >>= 1;
        }
        waiting[depth] = now;
        depth += 1;
    }
    finish::<S, T, I, J>(simd, step, arena, at[0], waiting[0]);
}

/// Sums that each have several accumulators at once.
#[inline(always)]
fn few<S: Simd, T: Real, const A: bool>(simd: S, step: &Contraction, arena: &mut [T]) {
    tiles::<S, T>(
        simd,
        step,
        arena,
        4,
        if step.rows.0 == 1 { 2 } else { 1 },
        #[inline(always)]
        |arena, at, height, width| match (height, width) {
            (4, _) => at_once::<S, T, 4, 1, A>(simd, step, arena, at),
            (2, _) => at_once::<S, T, 2, 1, A>(simd, step, arena, at),
            (_, 2) => at_once::<S, T, 1, 2, A>(simd, step, arena, at),
            _ => at_once::<S, T, 1, 1, A>(simd, step, arena, at),
        },
    );
}

#[inline(always)]
fn at_once<S: Simd, T: Real, const I: usize, const J: usize, const A: bool>(
    simd: S,
    step: &Contraction,
    arena: &mut [T],
    [c, a, b]: [usize; 3],
) {
    let zero = T::Lanes::<S>::splat(simd, T::ZERO);
    let mut sums = [[[zero; J]; I]; NARROW];
    let (n, a_step, b_step) = step.inner;
    let (row, column) = (step.rows.2, step.columns.2);
    for (a_outer, b_outer) in &step.outer {
        let (mut p, mut q) = (a + a_outer, b + b_outer);
        let mut left = n;
        while left > 0 {
            let count = left.min(NARROW);
            for (k, sums) in sums.iter_mut().enumerate() {
                if k < count {
                    let mut ys = [zero; J];
                    for (j, y) in ys.iter_mut().enumerate() {
                        *y = read::<S, T>(simd, arena, q + k * b_step + j * column, true);
                    }
                    for (i, sums) in sums.iter_mut().enumerate() {
                        let x = read::<S, T>(simd, arena, p + k * a_step + i * row, A);
                        for (sum, y) in sums.iter_mut().zip(&ys) {
                            *sum = x.fma(*y, *sum);
                        }
                    }
                }
            }
            (p, q) = (p + NARROW * a_step, q + NARROW * b_step);
            left -= count;
        }
    }
    let mut total = [[zero; J]; I];
    for (i, row) in total.iter_mut().enumerate() {
        for (j, x) in row.iter_mut().enumerate() {
            *x = (sums[0][i][j] + sums[2][i][j]) + (sums[1][i][j] + sums[3][i][j]);
        }
    }
    finish::<S, T, I, J>(simd, step, arena, c, total);
}

/// A row of many vectors: as many at once as there are chains to fill, so that a matrix is read as it lies.
#[inline(always)]
fn wide<S: Simd, T: Real>(simd: S, step: &Contraction, arena: &mut [T]) {
    let (columns, c, b) = step.columns;
    each(
        &step.loops,
        step.at,
        #[inline(always)]
        |at| {
            let mut j = 0;
            while j < columns {
                let at = [at[0] + j * c, at[1], at[2] + j * b];
                let left = columns - j;
                j += if left >= 8 {
                    tile::<S, T, 1, 8, false, true>(simd, step, arena, at);
                    8
                } else if left >= 4 {
                    tile::<S, T, 1, 4, false, true>(simd, step, arena, at);
                    4
                } else {
                    tile::<S, T, 1, 1, false, true>(simd, step, arena, at);
                    1
                };
            }
        },
    );
}
