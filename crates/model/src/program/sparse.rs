//! Kernel of scattered sums: a product of a sparse matrix, whose rows are the results.

use super::kernel::{Read, read, write};
use super::slot::{Loop, each};
use symbias_numerics::lanes::{LaneFloat, Real, Simd};

/// C of each row = Σ A·B over the entries of the row, in their order.
#[derive(Clone, Debug)]
pub(super) struct Sparse {
    /// Offsets of C, A, B.
    pub at: [usize; 3],
    pub reads: [Read; 2],
    /// Over what passes through.
    pub loops: Vec<Loop<3>>,
    /// The innermost of it, of which several are summed at once.
    pub columns: Loop<3>,
    /// Offset in C, and the end of the entries.
    pub rows: Vec<(usize, usize)>,
    /// Offsets in A and B.
    pub entries: Vec<[usize; 2]>,
    /// Whether results are vectors along the lane, or single numbers.
    pub lanes: bool,
}

#[inline(always)]
pub(super) fn sparse<S: Simd, T: Real>(simd: S, step: &Sparse, arena: &mut [T]) {
    match (step.reads, step.columns.strides[1]) {
        ([Read::Vector, _], 0) => columns::<S, T, true, true, true>(simd, step, arena),
        ([Read::Vector, _], _) => columns::<S, T, true, true, false>(simd, step, arena),
        ([_, Read::Vector], _) => columns::<S, T, false, true, false>(simd, step, arena),
        _ => columns::<S, T, false, false, false>(simd, step, arena),
    }
}

#[inline(always)]
fn columns<S: Simd, T: Real, const A: bool, const B: bool, const ONE: bool>(
    simd: S,
    step: &Sparse,
    arena: &mut [T],
) {
    let [c, a, b] = step.columns.strides;
    each(
        &step.loops,
        step.at,
        #[inline(always)]
        |at| {
            let mut j = 0;
            while j < step.columns.size {
                let at = [at[0] + j * c, at[1] + j * a, at[2] + j * b];
                if step.columns.size - j >= 4 {
                    rows::<S, T, 4, A, B, ONE>(simd, step, arena, at);
                    j += 4;
                } else {
                    rows::<S, T, 1, A, B, ONE>(simd, step, arena, at);
                    j += 1;
                }
            }
        },
    );
}

/// All rows for J columns.
#[inline(always)]
fn rows<S: Simd, T: Real, const J: usize, const A: bool, const B: bool, const ONE: bool>(
    simd: S,
    step: &Sparse,
    arena: &mut [T],
    [to, p, q]: [usize; 3],
) {
    let zero = T::Lanes::<S>::splat(simd, T::ZERO);
    let [c, a, b] = step.columns.strides;
    let mut first = 0;
    for (into, end) in &step.rows {
        let mut sums = [zero; J];
        for [x, y] in &step.entries[first..*end] {
            let one = read::<S, T>(simd, arena, p + x, A);
            for (j, sum) in sums.iter_mut().enumerate() {
                let x = if ONE {
                    one
                } else {
                    read::<S, T>(simd, arena, p + x + j * a, A)
                };
                *sum = x.fma(read::<S, T>(simd, arena, q + y + j * b, B), *sum);
            }
        }
        first = *end;
        for (j, sum) in sums.iter().enumerate() {
            if step.lanes {
                write::<S, T>(*sum, arena, to + into + j * c);
            } else {
                arena[to + into + j * c] = sum.lane(0);
            }
        }
    }
}
