//! Samples of the law of a whole model in θ, by Metropolis: they have no step size's bias, so that what differs from
//! them differs from the law.
//!
//! | noise | where | density |
//! |---|---|---|
//! | isotropic (§5.1) | ℝᵈ | e^{−L/T} |
//! | horizontal, isometric action (§5.3) | ℝᵈ | e^{−L/T} / vol(O_θ) |
//! | slice (§5.2) | μ = 0 | e^{−L/T} det Γ_𝔭^{−1/2} for the charges, 1 for the surface measure, det Γ_𝔭^{1/2} for log ratios |
//! | horizontal on the balanced leaf (§5.3) | μ = 0 | e^{−L/T} / vol_𝔨(O_θ) |
//!
//! with respect to dθ, or to the surface measure of the slice; L stands for L + (λ/2)‖θ‖² where there is decay. At a balanced
//! point ⟨Aθ, Bθ⟩ = ½θᵀ[A, B]θ = 0 for A ∈ 𝔭, B ∈ 𝔨, so that the tangent space of the slice is the horizontal space and the
//! 𝔨-orbit, orthogonal to each other: surface measure = Riemannian volume of the quotient, pdet K₀^{−1/2} dw, times
//! vol_𝔨. Divided by vol_𝔨 the law of w is e^{−ℓ/T} pdet K₀^{−1/2} dw.
//!
//! Chains move in small steps: one does not cross to a part of the slice that only touches its own (w < 0 from w > 0).

mod chain;
mod slice;
mod volume;

pub use chain::{Chain, Counts, Settings};

use crate::noise::{Chart, Stationary, Temper, is_diagonal};
use crate::potential::Law;
use slice::{Point, Room};
use symbias_geometry::factor::Split;
use symbias_geometry::field::AffineField;
use symbias_geometry::orbit::OrbitFrame;
use symbias_model::error::{Error, ErrorKind, Result};
use volume::{Volume, dot};

/// A loss L(θ); +inf where the law has no mass.
pub type Loss<'a> = dyn Fn(&[f64]) -> f64 + Sync + 'a;

/// A law of θ, ready to be sampled.
pub struct Sampler<'a> {
    split: &'a Split,
    loss: &'a Loss<'a>,
    temper: Temper,
    /// Whether θ stays on the slice.
    constrained: bool,
    /// Exponents of det Γ_𝔭^{1/2} and of the volume of the 𝔨-orbit in the density.
    shares: (f64, f64),
    /// Dimension of the 𝔨-orbit.
    rank: usize,
    start: Vec<f64>,
}

impl<'a> Sampler<'a> {
    /// The law for a model with the generators `split` and the loss L, started at a generic point θ; for laws on the slice
    /// a point of it (that of `Ground::balanced`), or so near that Newton's steps find it.
    ///
    /// # Errors
    /// Isotropic noise without decay where orbits have infinite volume; an algebra that is not closed under
    /// transposition, or log ratios that are not defined, on the slice; a start off the slice, where generators of 𝔭
    /// depend on each other, or where the loss is not a number.
    pub fn new(
        of: Stationary,
        split: &'a Split,
        loss: &'a Loss<'a>,
        start: &[f64],
    ) -> Result<Sampler<'a>> {
        let Stationary { law, chart, .. } = of;
        let temper = Temper::new(of.temper.temperature, of.temper.decay)?;
        let isometric = split.symmetric.is_empty() && split.neither.is_empty();
        if law == Law::Isotropic && !isometric && temper.decay == 0.0 {
            return Err(Error::new(
                ErrorKind::Value,
                "isotropic noise without weight decay has no law here: orbits have infinite volume",
            )
            .remedy("give a weight decay, or take the slice or horizontal noise"));
        }
        if law != Law::Isotropic && !split.neither.is_empty() {
            return Err(Error::new(
                ErrorKind::Unsupported,
                format!(
                    "{} generators are neither symmetric nor antisymmetric: there is no balanced slice",
                    split.neither.len()
                ),
            )
            .remedy("take isotropic noise with weight decay"));
        }
        let shares = match (law, chart) {
            (Law::Isotropic, _) | (Law::Slice, Chart::Surface) => (0.0, 0.0),
            (Law::Slice, Chart::Charges) => (-1.0, 0.0),
            (Law::Slice, Chart::LogRatios) => (1.0, 0.0),
            (Law::Horizontal, _) => (0.0, -1.0),
        };
        if shares.0 > 0.0 && !is_diagonal(&split.symmetric, start.len()) {
            return Err(Error::new(
                ErrorKind::Unsupported,
                "log ratios are defined where every charge is a difference of two squared norms with no other charge in common",
            )
            .remedy("take the charges or the surface measure"));
        }
        let mut sampler = Sampler {
            constrained: law != Law::Isotropic && !split.symmetric.is_empty(),
            rank: OrbitFrame::new(&split.antisymmetric, start)?.dimension(),
            split,
            loss,
            temper,
            shares,
            start: start.to_vec(),
        };
        sampler.settle()?;
        Ok(sampler)
    }

    /// Puts the start on the slice, and looks at it.
    fn settle(&mut self) -> Result<()> {
        let fields = self.constraints();
        let given = self.start.clone();
        let mut point = Point::new(fields.len(), given.clone());
        volume::values(fields, &given, &mut point.normals);
        if !fields.is_empty() {
            let (mut at, mut normals) = (given, point.normals.clone());
            let found = OrbitFrame::new(fields, &at)?.dimension() == fields.len()
                && point.project(fields, &mut at, &mut normals, &mut Room::new(fields.len()));
            (point.theta, point.normals) = (at, normals);
            if !(found && point.factorise()) {
                return Err(Error::new(
                    ErrorKind::Value,
                    "the start is not near the balanced slice, or its symmetric generators depend on each other there",
                )
                .remedy("start at the balanced point of a generic orbit"));
            }
        }
        let log = self.log_target(&point, &mut self.volume());
        if !log.is_finite() {
            return Err(Error::new(
                ErrorKind::Value,
                format!("the log density is {log} at the start"),
            )
            .remedy("start where the loss is a number and the orbit is generic"));
        }
        self.start = point.theta;
        Ok(())
    }

    /// The symmetric generators if θ stays on the slice, else none.
    fn constraints(&self) -> &'a [AffineField] {
        match self.constrained {
            true => &self.split.symmetric,
            false => &[],
        }
    }

    fn volume(&self) -> Volume {
        let n = self.split.antisymmetric.len();
        Volume::new(n, self.start.len(), self.rank)
    }

    /// Log density at a point; −inf or NaN where there is none.
    fn log_target(&self, point: &Point, volume: &mut Volume) -> f64 {
        let theta = &point.theta;
        let (t, decay) = (self.temper.temperature, self.temper.decay);
        let energy = (self.loss)(theta) + decay / 2.0 * dot(theta, theta);
        let mut log = -energy / t + self.shares.0 * point.log_volume;
        if self.shares.1 != 0.0 && self.rank > 0 {
            match volume.log(&self.split.antisymmetric, theta) {
                Some(own) => log += self.shares.1 * own,
                None => return f64::NEG_INFINITY,
            }
        }
        log
    }

    /// The start, on the slice where the law lives there.
    #[must_use]
    pub fn start(&self) -> &[f64] {
        &self.start
    }

    /// Chain number `chain`, a pure function of the seed and the number; `observe` writes `width` numbers for a θ.
    pub fn chain(
        &self,
        settings: Settings,
        chain: u64,
        width: usize,
        observe: &(dyn Fn(&[f64], &mut [f64]) + Sync),
    ) -> Chain {
        chain::run(self, settings, chain, width, observe)
    }

    /// All chains, one after the other on each of `threads` threads; what they see does not depend on the threads.
    pub fn run(
        &self,
        settings: Settings,
        threads: usize,
        width: usize,
        observe: &(dyn Fn(&[f64], &mut [f64]) + Sync),
    ) -> Vec<Chain> {
        let mut chains: Vec<Option<Chain>> = (0..settings.chains).map(|_| None).collect();
        let share = chains.len().div_ceil(threads.max(1)).max(1);
        std::thread::scope(|scope| {
            for (k, part) in chains.chunks_mut(share).enumerate() {
                scope.spawn(move || {
                    for (i, place) in part.iter_mut().enumerate() {
                        let number = (k * share + i) as u64;
                        *place = Some(self.chain(settings, number, width, observe));
                    }
                });
            }
        });
        chains.into_iter().flatten().collect()
    }
}
