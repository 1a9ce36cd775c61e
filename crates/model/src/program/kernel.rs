//! The kernels: each runs one step over the arena, dispatched to the instruction set once.
//!
//! A sum runs in the order of its dimensions with fused multiply-adds, and one that leaves no
//! dimension in the order of virtual lanes (element j to accumulator j mod V, then a fixed tree),
//! whatever the layout: the bits of a replica are those of a single run.

use super::graph::Pointwise;
use super::reach::Span;
use super::slot::{Loop, each};
use symbias_numerics::lanes::{Elementary, LaneFloat, Real, Simd};

/// How an operand is read: a vector along the lane, or one number for all lanes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Read {
    Vector,
    Splat,
}

/// Tests of this crate see each access checked, also when they are optimised.
#[inline(always)]
fn inside<T>(arena: &[T], at: usize, numbers: usize) {
    if cfg!(any(test, debug_assertions)) {
        let end = at.checked_add(numbers);
        assert!(end.is_some_and(|e| e <= arena.len()), "beyond the arena");
    }
}

/// Reads a vector or a number, at a position that has been checked: kernels of steps only run by
/// [`super::execute::execute`], which compares what they reach ([`super::reach::Steps`]) with the arena, and
/// [`copies`] and [`super::moves::turns`] compare for themselves.
#[inline(always)]
#[allow(unsafe_code)]
pub(super) fn read<S: Simd, T: Real>(simd: S, arena: &[T], at: usize, vector: bool) -> T::Lanes<S> {
    if vector {
        inside(arena, at, T::VIRTUAL_LANES);
        // SAFETY: `Step::reach` bounds `at` + V of every vector that a step reads, and `execute` has compared it with
        // the length of the arena; so have `copies` and `turns` with that of `Span::end`.
        T::Lanes::<S>::load(simd, unsafe {
            arena.get_unchecked(at..at + T::VIRTUAL_LANES)
        })
    } else {
        inside(arena, at, 1);
        // SAFETY: as above, of `at` + 1.
        T::Lanes::<S>::splat(simd, unsafe { *arena.get_unchecked(at) })
    }
}

/// Writes a vector, at a position that has been checked as in [`read`].
#[inline(always)]
#[allow(unsafe_code)]
pub(super) fn write<S: Simd, T: Real>(x: T::Lanes<S>, arena: &mut [T], at: usize) {
    inside(arena, at, T::VIRTUAL_LANES);
    // SAFETY: as in `read`; the reach of a step is also that of what it writes.
    x.store(unsafe { arena.get_unchecked_mut(at..at + T::VIRTUAL_LANES) });
}

/// Rows of vectors, entry by entry.
#[derive(Clone, Debug)]
pub(super) struct Rows {
    pub kind: RowKind,
    /// Offsets of the result and of up to three operands.
    pub at: [usize; 4],
    pub reads: [Read; 3],
    pub loops: Vec<Loop<4>>,
    /// Vectors per row, and how far each is from the next.
    pub blocks: usize,
    pub advance: [usize; 4],
}

/// What is computed entry by entry.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum RowKind {
    Copy,
    /// c·x·y.
    Product(f64),
    /// c·x.
    Scale(f64),
    /// c·x + d·y.
    Sum(f64, f64),
    /// result + c·x.
    Add(f64),
    Map(Pointwise),
    /// x > 0 ? y : z.
    Select,
}

#[inline(always)]
pub(super) fn rows<S: Simd, T: Real>(simd: S, step: &Rows, arena: &mut [T]) {
    let v = |x: f64| T::Lanes::<S>::splat(simd, T::from_f64(x));
    match step.kind {
        RowKind::Copy => one(
            simd,
            step,
            arena,
            #[inline(always)]
            |x| x,
        ),
        RowKind::Scale(c) => {
            let c = v(c);
            one(
                simd,
                step,
                arena,
                #[inline(always)]
                |x| x * c,
            );
        }
        RowKind::Map(f) => mapped(simd, step, f, arena),
        RowKind::Product(c) => {
            let c = v(c);
            two(
                simd,
                step,
                arena,
                #[inline(always)]
                |x, y| x * y * c,
            );
        }
        RowKind::Sum(c, d) => {
            let (c, d) = (v(c), v(d));
            two(
                simd,
                step,
                arena,
                #[inline(always)]
                |x, y| y.fma(d, x * c),
            );
        }
        RowKind::Add(c) => {
            let c = v(c);
            add(simd, step, arena, c);
        }
        RowKind::Select => {
            let zero = v(0.0);
            three(
                simd,
                step,
                arena,
                #[inline(always)]
                |x, y, z| T::Lanes::<S>::select(x.gt(zero), y, z),
            );
        }
    }
}

#[inline(always)]
fn mapped<S: Simd, T: Real>(simd: S, step: &Rows, f: Pointwise, arena: &mut [T]) {
    let v = |x: f64| T::Lanes::<S>::splat(simd, T::from_f64(x));
    let (zero, unit) = (v(0.0), v(1.0));
    macro_rules! elementary {
        ($name:ident) => {
            one(
                simd,
                step,
                arena,
                #[inline(always)]
                |x| Elementary::$name.vector(x),
            )
        };
    }
    macro_rules! choose {
        ($x:ident, $mask:expr, $yes:expr, $no:expr) => {
            one(
                simd,
                step,
                arena,
                #[inline(always)]
                |$x| T::Lanes::<S>::select($mask, $yes, $no),
            )
        };
    }
    match f {
        Pointwise::Exp => elementary!(Exp),
        Pointwise::Log => elementary!(Log),
        Pointwise::Sqrt => elementary!(Sqrt),
        Pointwise::Tanh => elementary!(Tanh),
        Pointwise::Sigmoid => elementary!(Sigmoid),
        Pointwise::Erf => elementary!(Erf),
        Pointwise::Sin => elementary!(Sin),
        Pointwise::Cos => elementary!(Cos),
        Pointwise::Relu => choose!(x, x.gt(zero) | x.is_nan(), x, zero),
        Pointwise::Step => choose!(x, x.gt(zero), unit, zero),
        Pointwise::Leaky(s) => {
            let s = v(s);
            choose!(x, x.gt(zero), x, x * s);
        }
        Pointwise::LeakyStep(s) => {
            let s = v(s);
            choose!(x, x.gt(zero), unit, s);
        }
        Pointwise::Abs => one(
            simd,
            step,
            arena,
            #[inline(always)]
            |x| x.abs(),
        ),
        Pointwise::Sign => choose!(x, x.eq(zero), zero, unit.copysign(x)),
        Pointwise::Inverse => one(
            simd,
            step,
            arena,
            #[inline(always)]
            |x| unit / x,
        ),
        Pointwise::InverseOrZero => choose!(x, x.eq(zero), zero, unit / x),
        // Number by number: a table is looked up, not computed along lanes.
        Pointwise::Curve(curve) => one(
            simd,
            step,
            arena,
            #[inline(always)]
            |x| T::Lanes::<S>::from_fn(simd, |i| T::from_f64(curve.at(x.lane(i).to_f64()))),
        ),
        Pointwise::Power(p) => one(
            simd,
            step,
            arena,
            #[inline(always)]
            |x| power(x, unit, p),
        ),
    }
}

/// xᵖ: integer exponents by repeated squaring, others by exp(p log x).
#[inline(always)]
fn power<S: Simd, V: LaneFloat<S>>(x: V, one: V, p: f64) -> V {
    if p != p.trunc() {
        return (x.log() * V::Elem::from_f64(p)).exp();
    }
    let (mut result, mut square, mut n) = (one, x, p.abs() as u64);
    while n > 0 {
        if n & 1 == 1 {
            result *= square;
        }
        n >>= 1;
        if n > 0 {
            square *= square;
        }
    }
    if p < 0.0 { one / result } else { result }
}

/// Rows of one operand.
#[inline(always)]
fn one<S: Simd, T: Real>(
    simd: S,
    step: &Rows,
    arena: &mut [T],
    f: impl Fn(T::Lanes<S>) -> T::Lanes<S>,
) {
    let vector = step.reads[0] == Read::Vector;
    let [forward, next, ..] = step.advance;
    each(
        &step.loops,
        step.at,
        #[inline(always)]
        |[mut to, mut x, ..]| {
            for _ in 0..step.blocks {
                let value = f(read::<S, T>(simd, arena, x, vector));
                write::<S, T>(value, arena, to);
                (to, x) = (to + forward, x + next);
            }
        },
    );
}

/// Rows of two operands; the way of reading is settled before the loops.
#[inline(always)]
fn two<S: Simd, T: Real>(
    simd: S,
    step: &Rows,
    arena: &mut [T],
    f: impl Fn(T::Lanes<S>, T::Lanes<S>) -> T::Lanes<S>,
) {
    match (step.reads[0], step.reads[1]) {
        (Read::Vector, Read::Vector) => two_as::<S, T, true, true>(simd, step, arena, f),
        (Read::Vector, Read::Splat) => two_as::<S, T, true, false>(simd, step, arena, f),
        (Read::Splat, Read::Vector) => two_as::<S, T, false, true>(simd, step, arena, f),
        (Read::Splat, Read::Splat) => two_as::<S, T, false, false>(simd, step, arena, f),
    }
}

#[inline(always)]
fn two_as<S: Simd, T: Real, const X: bool, const Y: bool>(
    simd: S,
    step: &Rows,
    arena: &mut [T],
    f: impl Fn(T::Lanes<S>, T::Lanes<S>) -> T::Lanes<S>,
) {
    let [forward, first, second, _] = step.advance;
    each(
        &step.loops,
        step.at,
        #[inline(always)]
        |[mut to, mut x, mut y, _]| {
            for _ in 0..step.blocks {
                let value = f(
                    read::<S, T>(simd, arena, x, X),
                    read::<S, T>(simd, arena, y, Y),
                );
                write::<S, T>(value, arena, to);
                (to, x, y) = (to + forward, x + first, y + second);
            }
        },
    );
}

/// result + c·x.
#[inline(always)]
fn add<S: Simd, T: Real>(simd: S, step: &Rows, arena: &mut [T], c: T::Lanes<S>) {
    let vector = step.reads[0] == Read::Vector;
    let [forward, next, ..] = step.advance;
    each(
        &step.loops,
        step.at,
        #[inline(always)]
        |[mut to, mut x, ..]| {
            for _ in 0..step.blocks {
                let value = read::<S, T>(simd, arena, x, vector)
                    .fma(c, read::<S, T>(simd, arena, to, true));
                write::<S, T>(value, arena, to);
                (to, x) = (to + forward, x + next);
            }
        },
    );
}

/// Rows of three operands.
#[inline(always)]
fn three<S: Simd, T: Real>(
    simd: S,
    step: &Rows,
    arena: &mut [T],
    f: impl Fn(T::Lanes<S>, T::Lanes<S>, T::Lanes<S>) -> T::Lanes<S>,
) {
    let vector = step.reads.map(|r| r == Read::Vector);
    each(
        &step.loops,
        step.at,
        #[inline(always)]
        |mut at| {
            for _ in 0..step.blocks {
                let x = read::<S, T>(simd, arena, at[1], vector[0]);
                let y = read::<S, T>(simd, arena, at[2], vector[1]);
                let z = read::<S, T>(simd, arena, at[3], vector[2]);
                write::<S, T>(f(x, y, z), arena, at[0]);
                (0..4).for_each(|k| at[k] += step.advance[k]);
            }
        },
    );
}

/// Vectors copied from one array to another: how replicas enter and leave the arena.
#[inline(always)]
pub(super) fn copies<S: Simd, T: Real>(
    simd: S,
    loops: &[Loop<2>],
    at: [usize; 2],
    from: &[T],
    to: &mut [T],
) {
    let end = |k: usize| Span::at(at[k]).loops(loops, k).end(T::VIRTUAL_LANES);
    assert!(
        end(0) <= from.len() && end(1) <= to.len(),
        "an argument or a result is too short"
    );
    each(
        loops,
        at,
        #[inline(always)]
        |[a, b]| {
            let vector = read::<S, T>(simd, from, a, true);
            write::<S, T>(vector, to, b);
        },
    );
}
