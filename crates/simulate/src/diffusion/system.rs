//! dθ = −∇V dt + σ dW as a [`System`]: θ entry by entry, replicas innermost.

use super::potential::Slopes;
use super::resident::Resident;
use super::slice::Slice;
use super::{Compiled, Diffusion};
use crate::noise::Shaker;
use crate::scheme::{Sense, System};
use crate::training::Setting;
use crate::training::feed::Feeder;
use symbias_geometry::sde::NoiseKind;
use symbias_numerics::lanes::{LaneFloat, Real, Simd, dispatch, level};

/// The diffusion of a tile.
#[derive(Debug)]
pub struct Theta<'c, T> {
    gradient: Resident<'c, T>,
    slopes: Slopes<T>,
    shaker: Shaker<'c, T>,
    slice: Option<Slice<T>>,
    watch: Option<(Resident<'c, T>, Vec<T>, std::ops::Range<usize>)>,
    kind: NoiseKind,
    d: usize,
    lanes: usize,
}

impl<'c, T: Real> Theta<'c, T> {
    /// For replicas with these settings; lanes beyond them repeat the last.
    pub(super) fn new(
        diffusion: &Diffusion,
        compiled: &'c Compiled<T>,
        settings: &[Setting],
    ) -> Theta<'c, T> {
        let (lanes, own) = (compiled.lanes, compiled.own);
        let data: Vec<&[f64]> = (0..lanes)
            .map(|r| settings[r.min(settings.len() - 1)].fixed.as_slice())
            .collect();
        let inputs = Feeder::<T>::new(&diffusion.training, &data).inputs;
        let programs = (lanes, own);
        Theta {
            gradient: Resident::new(&compiled.gradient, lanes, own, &inputs),
            slopes: Slopes::new(&diffusion.potential, lanes),
            shaker: Shaker::new(
                diffusion,
                (compiled.noise.as_ref(), compiled.slope.as_ref()),
                programs,
                &inputs,
            ),
            slice: diffusion.slice.as_ref().map(|f| Slice::new(f, lanes)),
            watch: compiled.watch.as_ref().map(|(program, entry)| {
                let all = program.result_len(0) / own * lanes;
                let resident = Resident::new(program, lanes, own, &[]);
                let range = entry * lanes..(entry + 1) * lanes;
                (resident, vec![T::ZERO; all], range)
            }),
            kind: diffusion.noise.kind(),
            d: diffusion.training.model.space().dim(),
            lanes,
        }
    }
}

/// into = −g − λx, for a strip of one entry.
#[inline(always)]
fn slope<S: Simd, T: Real>(simd: S, decay: T, g: &[T], x: &[T], into: &mut [T]) {
    let w = T::VIRTUAL_LANES;
    let minus = T::Lanes::<S>::splat(simd, -decay);
    let rows = into
        .chunks_exact_mut(w)
        .zip(g.chunks_exact(w))
        .zip(x.chunks_exact(w));
    for ((into, g), x) in rows {
        let (g, x) = (T::Lanes::<S>::load(simd, g), T::Lanes::<S>::load(simd, x));
        x.fma(minus, -g).store(into);
    }
}

impl<T: Real> System<T> for Theta<'_, T> {
    fn entries(&self) -> usize {
        self.d
    }

    fn noises(&self) -> usize {
        self.shaker.noises(self.d, self.lanes)
    }

    fn lanes(&self) -> usize {
        self.lanes
    }

    fn kind(&self) -> NoiseKind {
        self.kind
    }

    fn sense(&self) -> Sense {
        Sense::Ito
    }

    fn knows(&self) -> (bool, bool) {
        self.shaker.knows()
    }

    fn scalar(&self) -> Option<f64> {
        self.shaker.scalar()
    }

    fn drift(&mut self, x: &[T], into: &mut [T]) {
        self.gradient.run(x);
        let (decay, lanes) = (self.slopes.decay, self.lanes);
        self.gradient.gradient(|entry, lane, g| {
            let at = entry * lanes + lane;
            let (x, into) = (&x[at..at + g.len()], &mut into[at..at + g.len()]);
            dispatch!(level(), simd => slope(simd, decay, g, x, into));
        });
        self.slopes.subtract(x, into);
    }

    fn noise(&mut self, x: &[T], z: &[T], into: &mut [T]) {
        self.shaker.noise(x, z, self.lanes, into);
    }

    fn correction(&mut self, x: &[T], into: &mut [T]) {
        self.shaker.correction(x, self.lanes, into);
    }

    fn along(&mut self, x: &[T], v: &[T], z: &[T], into: &mut [T]) {
        self.shaker.along(x, v, z, self.lanes, into);
    }

    fn constrained(&self) -> bool {
        self.slice.is_some()
    }

    fn constrain(&mut self, from: &[T], x: &mut [T]) {
        if let Some(slice) = &mut self.slice {
            slice.project(from, x);
        }
    }

    fn watched(&mut self, x: &[T]) -> Option<&[T]> {
        let (resident, values, range) = self.watch.as_mut()?;
        resident.run(x);
        resident.result(0, values);
        Some(&values[range.clone()])
    }
}
