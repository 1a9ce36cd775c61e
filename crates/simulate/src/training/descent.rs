//! The step: gradient descent with momentum, decoupled decay and an ℓ1 term.

use symbias_model::error::{Error, ErrorKind, Result};
use symbias_numerics::lanes::{LaneFloat, Real, Simd, dispatch, level};

/// θ ← (1 − ηλ)θ − ηv with v ← βv + g + λ₁ sign(θ) on the parameters that the ℓ1 term names.
#[derive(Clone, Debug, PartialEq)]
pub struct Descent {
    /// η > 0.
    pub rate: f64,
    /// β in 0 ≤ β < 1.
    pub momentum: f64,
    /// λ ≥ 0, decoupled from the gradient.
    pub decay: f64,
    /// λ₁ for each of the d parameters; empty is none.
    pub l1: Vec<f64>,
}

impl Descent {
    /// Plain gradient descent.
    #[must_use]
    pub fn plain(rate: f64) -> Descent {
        Descent {
            rate,
            momentum: 0.0,
            decay: 0.0,
            l1: Vec::new(),
        }
    }

    /// 1 − ηλ, what a step leaves of θ.
    #[must_use]
    pub fn keep(&self) -> f64 {
        1.0 - self.rate * self.decay
    }

    pub(super) fn validate(&self) -> Result<()> {
        let wrong = |what: &str, x: f64, rule: &str| {
            Err(Error::new(ErrorKind::Value, format!("{what} is {x}")).remedy(rule))
        };
        if !(self.rate > 0.0 && self.rate.is_finite()) {
            return wrong("the learning rate", self.rate, "give a positive number");
        }
        if !(0.0..1.0).contains(&self.momentum) {
            return wrong(
                "the momentum",
                self.momentum,
                "give a number from 0 to less than 1",
            );
        }
        if !(self.decay >= 0.0 && self.rate * self.decay < 1.0) {
            return wrong(
                "the weight decay",
                self.decay,
                "rate times decay is at least 0 and less than 1",
            );
        }
        if let Some(x) = self.l1.iter().find(|x| !(**x >= 0.0 && x.is_finite())) {
            return wrong(
                "the weight of an l1 term",
                *x,
                "give a number that is at least 0",
            );
        }
        Ok(())
    }
}

/// What a step keeps besides θ, in the order of the program's arena.
#[derive(Clone, Debug)]
pub(super) struct Memory<T> {
    rate: f64,
    momentum: f64,
    keep: f64,
    /// λ₁ of each number.
    l1: Option<Vec<T>>,
    /// v.
    pub velocity: Option<Vec<T>>,
    /// Σ (1 − ηλ)^{2(later steps)} g² since it was last emptied: what drives the charges (theory §2.2, §2.3).
    pub squares: Option<Vec<T>>,
}

impl<T: Real> Memory<T> {
    /// For `len` numbers, `l1` of each; `squares` where charges are to be accounted for.
    pub fn new(descent: &Descent, len: usize, l1: Vec<T>, squares: bool) -> Memory<T> {
        Memory {
            rate: descent.rate,
            momentum: descent.momentum,
            keep: descent.keep(),
            l1: l1.iter().any(|x| *x != T::ZERO).then_some(l1),
            velocity: (descent.momentum != 0.0).then(|| vec![T::ZERO; len]),
            squares: squares.then(|| vec![T::ZERO; len]),
        }
    }

    /// One step. θ and g are whole vectors.
    pub fn step(&mut self, theta: &mut [T], gradient: &mut [T]) {
        dispatch!(level(), simd => self.descend(simd, theta, gradient));
    }

    #[inline(always)]
    fn descend<S: Simd>(&mut self, simd: S, theta: &mut [T], gradient: &mut [T]) {
        let width = T::VIRTUAL_LANES;
        if let Some(weights) = &self.l1 {
            let zero = splat::<S, T>(simd, 0.0);
            let chunks = gradient
                .chunks_exact_mut(width)
                .zip(theta.chunks_exact(width));
            for ((g, t), l) in chunks.zip(weights.chunks_exact(width)) {
                let (x, l) = (T::Lanes::<S>::load(simd, t), T::Lanes::<S>::load(simd, l));
                let sign = T::Lanes::<S>::select(x.eq(zero), zero, l.copysign(x));
                (T::Lanes::<S>::load(simd, g) + sign).store(g);
            }
        }
        if let Some(squares) = &mut self.squares {
            let keep = splat::<S, T>(simd, self.keep * self.keep);
            for (s, g) in squares
                .chunks_exact_mut(width)
                .zip(gradient.chunks_exact(width))
            {
                let g = T::Lanes::<S>::load(simd, g);
                g.fma(g, T::Lanes::<S>::load(simd, s) * keep).store(s);
            }
        }
        if let Some(velocity) = &mut self.velocity {
            let beta = splat::<S, T>(simd, self.momentum);
            for (v, g) in velocity
                .chunks_exact_mut(width)
                .zip(gradient.chunks_exact_mut(width))
            {
                let new = T::Lanes::<S>::load(simd, v).fma(beta, T::Lanes::<S>::load(simd, g));
                new.store(v);
                new.store(g);
            }
        }
        let rate = splat::<S, T>(simd, -self.rate);
        if self.keep == 1.0 {
            for (t, g) in theta
                .chunks_exact_mut(width)
                .zip(gradient.chunks_exact(width))
            {
                let g = T::Lanes::<S>::load(simd, g);
                g.fma(rate, T::Lanes::<S>::load(simd, t)).store(t);
            }
        } else {
            let keep = splat::<S, T>(simd, self.keep);
            for (t, g) in theta
                .chunks_exact_mut(width)
                .zip(gradient.chunks_exact(width))
            {
                let g = T::Lanes::<S>::load(simd, g);
                g.fma(rate, T::Lanes::<S>::load(simd, t) * keep).store(t);
            }
        }
    }
}

#[inline(always)]
fn splat<S: Simd, T: Real>(simd: S, x: f64) -> T::Lanes<S> {
    T::Lanes::<S>::splat(simd, T::from_f64(x))
}
