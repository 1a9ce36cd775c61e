//! An [`Sde`] of a few dimensions as a process: evaluated replica by replica, in f64.

use super::tile::{Tile, Walk};
use super::{step_is_positive, widths};
use crate::ensemble::Process;
use crate::scheme::{Scheme, Sense, System};
use crate::training::Setting;
use symbias_geometry::sde::{Calculus, NoiseKind, Sde};
use symbias_model::error::{Error, ErrorKind, Result};
use symbias_numerics::lanes::Real;

/// dx = b(x) dt + σ(x) dW; x₀ of each replica is [`Setting::theta`].
#[derive(Clone, Debug)]
pub struct Equation<S> {
    /// b and σ.
    pub sde: S,
    /// How it is integrated.
    pub scheme: Scheme,
    /// The step h > 0.
    pub step: f64,
    /// Names the ensemble: (seed, replica, step) decides every random number.
    pub seed: u64,
}

/// The sense of a calculus.
fn sense<C: Calculus>() -> Sense {
    // The Itô drift of the same process is the Stratonovich drift and the correction.
    if C::CORRECTION < 0.0 {
        Sense::Ito
    } else {
        Sense::Stratonovich
    }
}

/// Replicas of an equation, one evaluated after the other.
#[derive(Debug)]
pub struct Member<'s, S> {
    sde: &'s S,
    lanes: usize,
    /// x, v, z and a result of one replica; σ or its slope.
    one: [Vec<f64>; 4],
    sigma: Vec<f64>,
    slope: Vec<f64>,
}

impl<'s, S: Sde> Member<'s, S> {
    /// For so many replicas at once.
    #[must_use]
    pub fn new(sde: &'s S, lanes: usize) -> Member<'s, S> {
        let (n, m) = (sde.dimension(), sde.noises());
        Member {
            one: [vec![0.0; n], vec![0.0; n], vec![0.0; m], vec![0.0; n]],
            sigma: vec![0.0; n * m],
            slope: vec![0.0; n * m],
            sde,
            lanes,
        }
    }

    fn gather<T: Real>(from: &[T], lanes: usize, r: usize, into: &mut [f64]) {
        for (k, x) in into.iter_mut().enumerate() {
            *x = from[k * lanes + r].to_f64();
        }
    }

    fn scatter<T: Real>(from: &[f64], lanes: usize, r: usize, into: &mut [T]) {
        for (k, x) in from.iter().enumerate() {
            into[k * lanes + r] = T::from_f64(*x);
        }
    }
}

fn times(matrix: &[f64], z: &[f64], into: &mut [f64]) {
    let m = z.len();
    for (i, x) in into.iter_mut().enumerate() {
        let row = &matrix[i * m..(i + 1) * m];
        *x = row.iter().zip(z).map(|(s, z)| s * z).sum();
    }
}

impl<T: Real, S: Sde> System<T> for Member<'_, S> {
    fn entries(&self) -> usize {
        self.sde.dimension()
    }

    fn noises(&self) -> usize {
        self.sde.noises()
    }

    fn lanes(&self) -> usize {
        self.lanes
    }

    fn kind(&self) -> NoiseKind {
        self.sde.kind()
    }

    fn sense(&self) -> Sense {
        sense::<S::Sense>()
    }

    fn knows(&self) -> (bool, bool) {
        (true, true)
    }

    fn drift(&mut self, x: &[T], into: &mut [T]) {
        let [own, _, _, found] = &mut self.one;
        for r in 0..self.lanes {
            Self::gather(x, self.lanes, r, own);
            self.sde.drift(own, found);
            Self::scatter(found, self.lanes, r, into);
        }
    }

    fn noise(&mut self, x: &[T], z: &[T], into: &mut [T]) {
        let [own, _, noise, found] = &mut self.one;
        for r in 0..self.lanes {
            Self::gather(x, self.lanes, r, own);
            Self::gather(z, self.lanes, r, noise);
            self.sde.diffusion(own, &mut self.sigma);
            times(&self.sigma, noise, found);
            Self::scatter(found, self.lanes, r, into);
        }
    }

    fn correction(&mut self, x: &[T], into: &mut [T]) {
        let [own, column, _, found] = &mut self.one;
        let m = self.sde.noises();
        for r in 0..self.lanes {
            Self::gather(x, self.lanes, r, own);
            self.sde.diffusion(own, &mut self.sigma);
            found.fill(0.0);
            for k in 0..m {
                for (i, c) in column.iter_mut().enumerate() {
                    *c = self.sigma[i * m + k];
                }
                self.sde.diffusion_along(own, column, &mut self.slope);
                for (i, f) in found.iter_mut().enumerate() {
                    *f += self.slope[i * m + k] / 2.0;
                }
            }
            Self::scatter(found, self.lanes, r, into);
        }
    }

    fn along(&mut self, x: &[T], v: &[T], z: &[T], into: &mut [T]) {
        let [own, direction, noise, found] = &mut self.one;
        for r in 0..self.lanes {
            Self::gather(x, self.lanes, r, own);
            Self::gather(v, self.lanes, r, direction);
            Self::gather(z, self.lanes, r, noise);
            self.sde.diffusion_along(own, direction, &mut self.slope);
            times(&self.slope, noise, found);
            Self::scatter(found, self.lanes, r, into);
        }
    }
}

impl<S: Sde> Process for Equation<S> {
    type Compiled<T: Real> = usize;
    type Tile<'p, T: Real>
        = Tile<T, Member<'p, S>>
    where
        S: 'p;

    fn validate(&self) -> Result<()> {
        step_is_positive(self.step)?;
        self.scheme
            .allows(self.sde.kind(), sense::<S::Sense>(), (true, true))
    }

    fn admits(&self, setting: &Setting, replica: u64) -> Result<()> {
        let (found, wanted) = (setting.theta.len(), self.sde.dimension());
        if found == wanted {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::Shape,
            format!("replica {replica} starts from {found} numbers, and the equation has {wanted}"),
        )
        .remedy("give as many as the equation has dimensions"))
    }

    fn widths<T: Real>(&self, replicas: u64) -> Vec<u64> {
        widths::<T>(replicas)
    }

    fn compile<T: Real>(&self, replicas: usize) -> Result<usize> {
        Ok(replicas.next_multiple_of(T::VIRTUAL_LANES))
    }

    fn bytes<T: Real>(_: &usize) -> usize {
        0
    }

    fn tile<'p, T: Real>(
        &'p self,
        lanes: &'p usize,
        first: u64,
        settings: &[Setting],
        _: bool,
    ) -> Tile<T, Member<'p, S>> {
        let walk = Walk {
            scheme: self.scheme,
            h: self.step,
            seed: self.seed,
        };
        Tile::new(Member::new(&self.sde, *lanes), walk, first, settings)
    }
}
