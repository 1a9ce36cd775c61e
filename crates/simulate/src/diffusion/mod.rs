//! Diffusions: dθ = −∇V dt + σ dW of the parameters of a model (theory §2.4, §5), and [`Equation`], any
//! [`Sde`](symbias_geometry::sde::Sde) of a few dimensions. Both are a [`Process`] that an ensemble runs.
//!
//! ```
//! # use symbias_model::language::ModelBuilder;
//! # use symbias_model::scalar::Arrays;
//! # let model = ModelBuilder::new("pair").parameter("u", &[]).parameter("v", &[]).input("x", &[])
//! #     .statement("y = u * v * x").output("y").loss("mse", "y").build()?;
//! # let arrays = Arrays::new(&model, &Default::default())?;
//! use symbias_geometry::noise::Noise;
//! use symbias_simulate::diffusion::Diffusion;
//! use symbias_simulate::ensemble::Process;
//! let diffusion = Diffusion::new(&model, &arrays, 1, Noise::Isotropic(0.1), 1e-3);
//! assert!(diffusion.validate().is_ok());
//! let still = Diffusion::new(&model, &arrays, 1, Noise::Isotropic(0.1), 0.0);
//! assert!(still.validate().is_err());
//! # Ok::<(), symbias_model::Error>(())
//! ```

mod draws;
mod equation;
pub(crate) mod orbit;
mod potential;
pub(crate) mod resident;
mod slice;
mod system;
mod tile;
mod watch;

pub use equation::{Equation, Member};
pub use potential::Potential;
pub use system::Theta;
pub use tile::Tile;
pub use watch::Watch;

use crate::ensemble::Process;
use crate::noise::{self, commutes, within};
use crate::scheme::{Scheme, Sense};
use crate::training::{Descent, Feed, Setting, Training};
use symbias_geometry::field::AffineField;
use symbias_geometry::noise::Noise;
use symbias_geometry::sde::NoiseKind;
use symbias_model::error::{Error, ErrorKind, Result};
use symbias_model::expression::Model;
use symbias_model::program::{Layout, Options, Program, Task};
use symbias_model::scalar::Arrays;
use symbias_numerics::lanes::Real;
use symbias_numerics::random::Stream;
use tile::Walk;

/// dθ = −∇V dt + σ dW in the Itô sense, V = L + the terms of [`Potential`], L the full loss on data that stay.
///
/// Replicas run in whole virtual vectors: a single one costs as much as 8 (f64) or 16 (f32) of them.
#[derive(Clone, Debug)]
pub struct Diffusion {
    training: Training,
    /// What V has besides the loss.
    pub potential: Potential,
    /// σ.
    pub noise: Noise,
    /// Generators of all of 𝔤, compact ones too, of which horizontal noise projects the orbits away.
    pub fields: Vec<AffineField>,
    /// How it is integrated.
    pub scheme: Scheme,
    /// The step h > 0.
    pub step: f64,
    /// Symmetric generators whose charges are held at 0; `None` is a free diffusion.
    pub slice: Option<Vec<AffineField>>,
    /// What is watched.
    pub watch: Option<Watch>,
    /// Names the ensemble: (seed, replica, step) decides every random number.
    pub seed: u64,
}

impl Diffusion {
    /// The diffusion of a model with a loss, by Euler–Maruyama. `samples` are those of the data that each [`Setting`] has
    /// in [`Setting::fixed`]: all real inputs of each sample, in declared order; 1 for a model without samples.
    #[must_use]
    pub fn new(
        model: &Model,
        arrays: &Arrays,
        samples: usize,
        noise: Noise,
        step: f64,
    ) -> Diffusion {
        let feeds = Training::real_inputs(model).map(|_| Feed::Fixed).collect();
        Diffusion {
            training: Training {
                model: model.clone(),
                arrays: arrays.clone(),
                feeds,
                samples,
                refresh: false,
                batch: None,
                descent: Descent::plain(1.0),
                orbit: None,
                seed: 0,
            },
            potential: Potential::default(),
            noise,
            fields: Vec::new(),
            scheme: Scheme::EulerMaruyama,
            step,
            slice: None,
            watch: None,
            seed: 0,
        }
    }

    pub(crate) fn model(&self) -> &Model {
        &self.training.model
    }

    pub(crate) fn samples(&self) -> usize {
        self.training.samples
    }
}

impl Diffusion {
    /// Whether the noise commutes, at random points and random real inputs: data for which alone it does are not known
    /// here, and are refused.
    fn commutes(&self) -> Result<()> {
        let lanes = <f64 as Real>::VIRTUAL_LANES;
        let compiled = Process::compile::<f64>(self, lanes)?;
        let fixed = self.training.fixed_per_sample() * self.training.samples;
        let d = self.training.model.space().dim();
        let settings: Vec<Setting> = (0..lanes as u64)
            .map(|lane| {
                let mut stream = Stream::new(POINTS, lane, 0);
                let mut normals = |n: usize| (0..n).map(|_| stream.next_normal()).collect();
                Setting {
                    theta: normals(d),
                    teacher: Vec::new(),
                    fixed: normals(fixed),
                }
            })
            .collect();
        let entry = |k: usize| settings[k % lanes].theta[k / lanes];
        let x: Vec<f64> = (0..d * lanes).map(entry).collect();
        commutes(&mut Theta::new(self, &compiled, &settings), &x)
    }
}

/// The seed of the points at which noise is seen to commute.
const POINTS: u64 = 0x636f_6d6d;

/// The compiled programs of a diffusion for tiles of one width.
#[derive(Clone, Debug)]
pub struct Compiled<T> {
    gradient: Program<T>,
    noise: Option<Program<T>>,
    /// D(σz)\[v\], where the scheme needs it.
    slope: Option<Program<T>>,
    watch: Option<(Program<T>, usize)>,
    /// Replicas of a tile in whole virtual vectors, and of one run of a program.
    lanes: usize,
    own: usize,
}

/// Virtual vectors of a tile, from the widest: small models spend less on each step where a tile is wide.
const WIDTHS: [u64; 4] = [8, 4, 2, 1];

/// Tiles that a run has at least, if it has as many virtual vectors: work for as many threads.
const TILES: u64 = 16;

/// Tiles of so many replicas, from the widest to the narrowest.
fn widths<T: Real>(replicas: u64) -> Vec<u64> {
    let vector = T::VIRTUAL_LANES as u64;
    let enough = |w: &u64| *w == 1 || replicas >= w * vector * TILES;
    let wide = WIDTHS.into_iter().filter(enough);
    wide.map(|w| w * vector).collect()
}

/// Whether a step can be one.
fn step_is_positive(h: f64) -> Result<()> {
    if h > 0.0 && h.is_finite() {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Value, format!("the step is {h}")).remedy("give a positive number"))
}

impl Process for Diffusion {
    type Compiled<T: Real> = Compiled<T>;
    type Tile<'p, T: Real> = Tile<T, Theta<'p, T>>;

    fn validate(&self) -> Result<()> {
        self.training.validate()?;
        step_is_positive(self.step)?;
        let (model, samples) = (&self.training.model, self.training.samples);
        let d = model.space().dim();
        noise::validate(self.noise, &self.fields, model, samples)?;
        self.potential.validate(d)?;
        if let Some(watch) = &self.watch {
            watch.validate(d)?;
        }
        if let Some(fields) = &self.slice {
            potential::symmetric(fields, "the slice")?;
            within(fields, d)?;
            // Horizontal noise stays on a leaf that is invariant, but a step in the tangent leaves it, and near a singular
            // orbit rounding alone would be enough.
            let held = matches!(self.noise, Noise::Isotropic(_) | Noise::Horizontal(_));
            let steps = matches!(self.scheme, Scheme::EulerMaruyama | Scheme::Tamed);
            if !held || !steps {
                return Err(Error::new(
                    ErrorKind::Unsupported,
                    format!("a slice is held by {} here", self.scheme.name()),
                )
                .remedy("take isotropic or horizontal noise, and Euler-Maruyama"));
            }
        }
        // Of all noises ½ Σ Dσ_k[σ_k] is known, and of those that a program computes D(σz)[v].
        let along = noise::slope_task(self.noise).is_some();
        let kind = match self.scheme == Scheme::Milstein && along {
            true => self.commutes().map(|()| NoiseKind::Commutative)?,
            false => self.noise.kind(),
        };
        self.scheme.allows(kind, Sense::Ito, (true, along))
    }

    fn admits(&self, setting: &Setting, replica: u64) -> Result<()> {
        self.training.admits(setting, replica)
    }

    fn widths<T: Real>(&self, replicas: u64) -> Vec<u64> {
        widths::<T>(replicas)
    }

    fn compile<T: Real>(&self, replicas: usize) -> Result<Compiled<T>> {
        let lanes = replicas.next_multiple_of(T::VIRTUAL_LANES);
        // All in one run: the bits are those of one vector after the other.
        let own = lanes;
        let compile = |task| {
            let options = Options {
                task,
                layout: Layout::Wide(own),
                samples: self.training.samples,
                inputs_per_replica: true,
            };
            Program::<T>::compile(&self.training.model, &self.training.arrays, options)
        };
        let slope = noise::slope_task(self.noise);
        let slope = slope.filter(|_| self.scheme.converts(Sense::Ito));
        let watch = match &self.watch {
            Some(w) => Some((w.compile(own)?, w.entry)),
            None => None,
        };
        Ok(Compiled {
            gradient: compile(Task::Gradient)?,
            noise: noise::task(self.noise).map(compile).transpose()?,
            slope: slope.map(compile).transpose()?,
            watch,
            lanes,
            own,
        })
    }

    fn bytes<T: Real>(compiled: &Compiled<T>) -> usize {
        let programs = [&compiled.noise, &compiled.slope];
        let noise: usize = programs
            .iter()
            .filter_map(|p| p.as_ref())
            .map(Program::bytes)
            .sum();
        (compiled.gradient.bytes() + noise) * (compiled.lanes / compiled.own)
    }

    fn tile<'p, T: Real>(
        &'p self,
        compiled: &'p Compiled<T>,
        first: u64,
        settings: &[Setting],
        _: bool,
    ) -> Tile<T, Theta<'p, T>> {
        let walk = Walk {
            scheme: self.scheme,
            h: self.step,
            seed: self.seed,
        };
        Tile::new(Theta::new(self, compiled, settings), walk, first, settings)
    }
}
