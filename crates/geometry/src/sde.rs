//! A diffusion as a value: dx = b(x) dt + σ(x) dW in ℝⁿ with m noises, Itô or Stratonovich in its type
//! (theory §5).
//!
//! The process of the effective weights on a leaf is made elsewhere and integrated elsewhere; here is what both
//! agree on. The difference of the two senses is a drift: an Itô equation with b is the Stratonovich equation with
//! b − ½ Σ_k Dσ_k\[σ_k\], σ_k the columns of σ.
//!
//! Geometric Brownian motion, dx = σx dW: the Itô drift 0 is −σ²x/2 in the sense of Stratonovich.
//!
//! ```
//! use symbias_geometry::sde::{Ito, NoiseKind, Sde, correction};
//! struct Growth(f64);
//! impl Sde for Growth {
//!     type Sense = Ito;
//!     fn dimension(&self) -> usize { 1 }
//!     fn noises(&self) -> usize { 1 }
//!     fn kind(&self) -> NoiseKind { NoiseKind::Commutative }
//!     fn drift(&self, _: &[f64], into: &mut [f64]) { into[0] = 0.0; }
//!     fn diffusion(&self, x: &[f64], into: &mut [f64]) { into[0] = self.0 * x[0]; }
//!     fn diffusion_along(&self, _: &[f64], v: &[f64], into: &mut [f64]) { into[0] = self.0 * v[0]; }
//! }
//! let found = correction(&Growth(0.5), &[2.0]);
//! assert!((found[0] - 0.25).abs() < 1e-6);
//! ```

use std::marker::PhantomData;

/// In which sense σ(x) dW is meant.
pub trait Calculus: Send + Sync + 'static {
    /// `Itô` or `Stratonovich`.
    const NAME: &'static str;
    /// The sign of ½ Σ_k Dσ_k\[σ_k\] in the drift of the same process in the other sense.
    const CORRECTION: f64;
}

/// σ at the beginning of each step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ito;

/// σ in the middle of each step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stratonovich;

impl Calculus for Ito {
    const NAME: &'static str = "Itô";
    const CORRECTION: f64 = -1.0;
}

impl Calculus for Stratonovich {
    const NAME: &'static str = "Stratonovich";
    const CORRECTION: f64 = 1.0;
}

/// What a scheme may suppose of σ. Each kind is a case of the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NoiseKind {
    /// σ does not depend on x: both senses are one.
    Additive,
    /// Dσ_k\[σ_l\] = Dσ_l\[σ_k\] for all columns, as for a single noise.
    Commutative,
    /// Anything.
    General,
}

/// A diffusion in n dimensions with m noises.
///
/// A point where it is not defined gives NaN, which is data: the replica is lost there.
pub trait Sde: Send + Sync {
    /// [`Ito`] or [`Stratonovich`].
    type Sense: Calculus;

    /// n.
    fn dimension(&self) -> usize;

    /// m.
    fn noises(&self) -> usize;

    /// What σ is known to be.
    fn kind(&self) -> NoiseKind;

    /// b(x), n numbers.
    fn drift(&self, x: &[f64], into: &mut [f64]);

    /// σ(x), n rows of m numbers.
    fn diffusion(&self, x: &[f64], into: &mut [f64]);

    /// Dσ(x)\[v\], n rows of m numbers, for a direction v of n numbers.
    fn diffusion_along(&self, x: &[f64], v: &[f64], into: &mut [f64]);
}

/// ½ Σ_k Dσ_k\[σ_k\] at x, n numbers: what the Itô drift of a Stratonovich equation has more.
#[must_use]
pub fn correction<S: Sde + ?Sized>(sde: &S, x: &[f64]) -> Vec<f64> {
    let (n, m) = (sde.dimension(), sde.noises());
    let (mut sigma, mut slope) = (vec![0.0; n * m], vec![0.0; n * m]);
    let mut sum = vec![0.0; n];
    sde.diffusion(x, &mut sigma);
    for k in 0..m {
        let column: Vec<f64> = (0..n).map(|i| sigma[i * m + k]).collect();
        sde.diffusion_along(x, &column, &mut slope);
        sum.iter_mut()
            .enumerate()
            .for_each(|(i, s)| *s += slope[i * m + k] / 2.0);
    }
    sum
}

/// The same process in the other sense.
#[derive(Clone, Debug)]
pub struct Converted<S, C> {
    sde: S,
    sense: PhantomData<C>,
}

/// An Itô equation as a Stratonovich equation of the same process.
#[must_use]
pub fn stratonovich<S: Sde<Sense = Ito>>(sde: S) -> Converted<S, Stratonovich> {
    Converted {
        sde,
        sense: PhantomData,
    }
}

/// A Stratonovich equation as an Itô equation of the same process.
#[must_use]
pub fn ito<S: Sde<Sense = Stratonovich>>(sde: S) -> Converted<S, Ito> {
    Converted {
        sde,
        sense: PhantomData,
    }
}

impl<S: Sde, C: Calculus> Sde for Converted<S, C> {
    type Sense = C;

    fn dimension(&self) -> usize {
        self.sde.dimension()
    }

    fn noises(&self) -> usize {
        self.sde.noises()
    }

    fn kind(&self) -> NoiseKind {
        self.sde.kind()
    }

    fn drift(&self, x: &[f64], into: &mut [f64]) {
        self.sde.drift(x, into);
        if self.sde.kind() != NoiseKind::Additive {
            let more = correction(&self.sde, x);
            let sign = S::Sense::CORRECTION;
            into.iter_mut().zip(more).for_each(|(b, c)| *b += sign * c);
        }
    }

    fn diffusion(&self, x: &[f64], into: &mut [f64]) {
        self.sde.diffusion(x, into);
    }

    fn diffusion_along(&self, x: &[f64], v: &[f64], into: &mut [f64]) {
        self.sde.diffusion_along(x, v, into);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// dx = a x dt + s x dW: geometric Brownian motion in the Itô sense.
    struct Geometric(f64, f64);

    impl Sde for Geometric {
        type Sense = Ito;
        fn dimension(&self) -> usize {
            1
        }
        fn noises(&self) -> usize {
            1
        }
        fn kind(&self) -> NoiseKind {
            NoiseKind::Commutative
        }
        fn drift(&self, x: &[f64], into: &mut [f64]) {
            into[0] = self.0 * x[0];
        }
        fn diffusion(&self, x: &[f64], into: &mut [f64]) {
            into[0] = self.1 * x[0];
        }
        fn diffusion_along(&self, _: &[f64], v: &[f64], into: &mut [f64]) {
            into[0] = self.1 * v[0];
        }
    }

    /// The Stratonovich drift is (a − s²/2) x (Kloeden and Platen, §4.9), and back.
    #[test]
    fn the_senses_differ_by_a_drift() {
        let (a, s, x) = (0.3, 0.8, 1.7);
        let other = stratonovich(Geometric(a, s));
        let mut drift = [0.0];
        other.drift(&[x], &mut drift);
        assert!((drift[0] - (a - s * s / 2.0) * x).abs() < 1e-15);
        assert!(
            (drift[0] - (a + s * s / 2.0) * x).abs() > 1e-2,
            "the twin: the other sign"
        );
        ito(other).drift(&[x], &mut drift);
        assert!((drift[0] - a * x).abs() < 1e-15);
    }
}
