//! [`Elementary`]: the functions of one variable as data, applied to slices.

use super::{LaneFloat, Level, Real, Simd, dispatch, level};

/// A function of one real variable; see the method of the same name on [`LaneFloat`] for its accuracy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Elementary {
    Exp,
    Log,
    Tanh,
    Sigmoid,
    Erf,
    Sin,
    Cos,
    Sqrt,
}

impl Elementary {
    /// All of them.
    pub const ALL: [Elementary; 8] = [
        Elementary::Exp,
        Elementary::Log,
        Elementary::Tanh,
        Elementary::Sigmoid,
        Elementary::Erf,
        Elementary::Sin,
        Elementary::Cos,
        Elementary::Sqrt,
    ];

    /// xs ← f(xs), on the best level.
    pub fn apply<T: Real>(self, xs: &mut [T]) {
        self.apply_at(level(), xs);
    }

    /// f(x) of one number; the same bits as in a vector.
    pub fn of<T: Real>(self, x: T) -> T {
        let mut one = [x];
        self.apply(&mut one);
        one[0]
    }

    /// xs ← f(xs), on a given level.
    pub fn apply_at<T: Real>(self, level: Level, xs: &mut [T]) {
        dispatch!(level, simd => map(simd, self, xs));
    }

    /// f of a vector; resolve the choice outside of loops.
    #[inline(always)]
    pub fn vector<S: Simd, V: LaneFloat<S>>(self, x: V) -> V {
        match self {
            Elementary::Exp => x.exp(),
            Elementary::Log => x.log(),
            Elementary::Tanh => x.tanh(),
            Elementary::Sigmoid => x.sigmoid(),
            Elementary::Erf => x.erf(),
            Elementary::Sin => x.sin(),
            Elementary::Cos => x.cos(),
            Elementary::Sqrt => x.sqrt(),
        }
    }
}

#[inline(always)]
fn map<S: Simd, T: Real>(simd: S, f: Elementary, xs: &mut [T]) {
    macro_rules! each {
        ($($name:ident)*) => {
            match f { $(Elementary::$name => run(simd, xs, #[inline(always)] |x| Elementary::$name.vector(x)),)* }
        };
    }
    each!(Exp Log Tanh Sigmoid Erf Sin Cos Sqrt)
}

#[inline(always)]
fn run<S: Simd, T: Real>(simd: S, xs: &mut [T], f: impl Fn(T::Lanes<S>) -> T::Lanes<S>) {
    let mut chunks = xs.chunks_exact_mut(T::VIRTUAL_LANES);
    for chunk in &mut chunks {
        f(T::Lanes::<S>::load(simd, chunk)).store(chunk);
    }
    let rest = chunks.into_remainder();
    if !rest.is_empty() {
        f(T::Lanes::<S>::load_partial(simd, rest, T::ONE)).store_partial(rest);
    }
}
