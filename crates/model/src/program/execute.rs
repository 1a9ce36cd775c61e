//! Runs steps, each dispatched to the instruction set.

use super::element::{Numbers, numbers};
use super::plan::Step;
use super::reach::Steps;
use super::{contraction, dots, kernel, moves, reduce, sparse};
use symbias_numerics::lanes::{Level, Real, Simd};

/// A kernel on an instruction set. There are fewer than levels, and each kernel is a function of its own, since the
/// time to compile grows faster than either.
macro_rules! on {
    ($level:expr, $kernel:path, $step:expr, $arena:expr) => {{
        #[cfg(target_arch = "x86_64")]
        {
            let level = $level;
            if let Some(simd) = level.as_avx512() {
                simd.vectorize(#[inline(always)] || $kernel(simd, $step, $arena))
            } else if let Some(simd) = level.as_avx2() {
                simd.vectorize(#[inline(always)] || $kernel(simd, $step, $arena))
            } else if let Some(simd) = level.as_sse2() {
                simd.vectorize(#[inline(always)] || $kernel(simd, $step, $arena))
            }
        }
        #[cfg(not(target_arch = "x86_64"))]
        symbias_numerics::lanes::dispatch!($level, simd => $kernel(simd, $step, $arena))
    }};
}

/// Runs steps one after the other, in an arena that holds all that they reach.
pub(super) fn execute<T: Real>(level: Level, steps: &Steps, arena: &mut [T]) {
    assert!(
        steps.fit(arena.len(), T::VIRTUAL_LANES),
        "a workspace of another program"
    );
    match numbers(arena) {
        Numbers::Single(arena) => single(level, steps.all(), arena),
        Numbers::Double(arena) => double(level, steps.all(), arena),
    }
}

#[inline(never)]
fn single(level: Level, steps: &[Step], arena: &mut [f32]) {
    run(level, steps, arena);
}

#[inline(never)]
pub(super) fn double(level: Level, steps: &[Step], arena: &mut [f64]) {
    run(level, steps, arena);
}

#[inline(always)]
fn run<T: Real>(level: Level, steps: &[Step], arena: &mut [T]) {
    for step in steps {
        match step {
            Step::Rows(step) => on!(level, kernel::rows, step, arena),
            Step::Contraction(step) => on!(level, contraction::contraction, step, arena),
            Step::Dots(step) => on!(level, dots::dots, step, arena),
            Step::Total(step) => on!(level, dots::total, step, arena),
            Step::Totals(step) => on!(level, dots::totals, step, arena),
            Step::Sparse(step) => on!(level, sparse::sparse, step, arena),
            Step::Reduce(step) => on!(level, reduce::reduce, step, arena),
            Step::FirstMax(step) => on!(level, reduce::first_max, step, arena),
            Step::Move(step) => on!(level, moves::moves, step, arena),
            Step::Transpose(step) => on!(level, moves::transpose, step, arena),
            Step::Clear(step) => on!(level, moves::clear, step, arena),
        }
    }
}
