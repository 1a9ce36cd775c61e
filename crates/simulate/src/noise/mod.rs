//! What shakes θ: C = σσᵀ of dθ = −∇V dt + σ dW (theory §5), one file each.

mod commuting;
mod horizontal;
mod isotropic;
mod minibatch;
mod predictor;
mod slope;

pub(crate) use commuting::commutes;
pub use horizontal::Horizontal;
pub use isotropic::Isotropic;
pub use minibatch::Minibatch;
pub use predictor::Predictor;

use crate::diffusion::resident::Resident;
use horizontal::Projector;
use slope::Slope;
use symbias_geometry::sde::NoiseKind;
use symbias_model::error::{Error, ErrorKind, Result};
use symbias_model::expression::Model;
use symbias_model::program::{Program, Task};
use symbias_numerics::lanes::Real;

/// The noise of a diffusion of θ, in the Itô sense.
#[derive(Clone, Debug, PartialEq)]
pub enum Noise {
    /// C = 2T·I.
    Isotropic(Isotropic),
    /// C = 2T·P_H.
    Horizontal(Horizontal),
    /// C = ηΣ_B.
    Minibatch(Minibatch),
    /// C = s²JᵀJ.
    Predictor(Predictor),
}

impl Noise {
    /// What a scheme may suppose of it.
    #[must_use]
    pub fn kind(&self) -> NoiseKind {
        match self {
            Noise::Isotropic(_) => NoiseKind::Additive,
            _ => NoiseKind::General,
        }
    }

    /// Whether its numbers are in their range, and the model has what it needs.
    ///
    /// # Errors
    /// Otherwise.
    pub(crate) fn validate(&self, model: &Model, samples: usize) -> Result<()> {
        let (what, x) = match self {
            Noise::Isotropic(n) => ("the temperature", n.temperature),
            Noise::Horizontal(n) => ("the temperature", n.temperature),
            Noise::Minibatch(n) => ("the learning rate", n.rate),
            Noise::Predictor(n) => ("the amplitude of the noise", n.amplitude),
        };
        if !(x >= 0.0 && x.is_finite()) {
            return Err(Error::new(ErrorKind::Value, format!("{what} is {x}"))
                .remedy("give a finite number that is at least 0"));
        }
        let d = model.space().dim();
        match self {
            Noise::Horizontal(n) => within(&n.fields, d),
            Noise::Minibatch(n) => n.validate(model, samples),
            _ => Ok(()),
        }
    }

    /// The program of D(σz)\[v\], where that is how its derivatives are known.
    pub(crate) fn slope_task(&self) -> Option<Task> {
        match self {
            Noise::Minibatch(_) => Some(Task::WeightedGradientAlong),
            Noise::Predictor(_) => Some(Task::VjpAlong),
            _ => None,
        }
    }

    /// The program that computes it, beside the gradient.
    pub(crate) fn task(&self) -> Option<Task> {
        match self {
            Noise::Minibatch(_) => Some(Task::WeightedGradient),
            Noise::Predictor(_) => Some(Task::Vjp),
            _ => None,
        }
    }
}

/// Fields of a space of d dimensions.
pub(crate) fn within(fields: &[symbias_geometry::field::AffineField], d: usize) -> Result<()> {
    let places = fields.iter().flat_map(|f| {
        let linear = f.linear.iter().flat_map(|(i, j, _)| [*i, *j]);
        linear.chain(f.constant.iter().map(|c| c.0))
    });
    match places.max().filter(|p| *p >= d) {
        None => Ok(()),
        Some(place) => Err(Error::new(
            ErrorKind::Shape,
            format!("a generator moves parameter {place}, and there are {d}"),
        )
        .remedy("give generators of this model")),
    }
}

/// σ(θ)z along lanes.
#[derive(Debug)]
pub(crate) enum Shaker<'c, T> {
    /// c·z.
    Scalar(f64),
    /// √(2T) P_H z.
    Projector(Projector<T>),
    /// Σ_i w_i ∇L_i with weights from z.
    Weighted {
        gradient: Resident<'c, T>,
        amplitude: f64,
        weights: Vec<T>,
        slope: Option<Slope<'c, T>>,
    },
    /// s Jᵀz.
    Pullback {
        vjp: Resident<'c, T>,
        amplitude: f64,
        scaled: Vec<T>,
        slope: Option<Slope<'c, T>>,
    },
}

impl<'c, T: Real> Shaker<'c, T> {
    /// For a tile of so many lanes, programs of `own` of them (of σz, and of its derivative if a scheme needs that), and
    /// the inputs of all lanes.
    pub fn new(
        noise: &Noise,
        (program, slope): (Option<&'c Program<T>>, Option<&'c Program<T>>),
        samples: usize,
        (lanes, own): (usize, usize),
        inputs: &[T],
    ) -> Shaker<'c, T> {
        let resident = |p: &'c Program<T>| Resident::new(p, lanes, own, inputs);
        let derivative = |noises: usize| slope.map(|p| Slope::new(resident(p), noises, lanes));
        match (noise, program) {
            (Noise::Horizontal(n), _) => Shaker::Projector(Projector::new(n, lanes)),
            (Noise::Minibatch(n), Some(p)) => Shaker::Weighted {
                gradient: resident(p),
                amplitude: n.amplitude(samples),
                weights: vec![T::ZERO; samples * lanes],
                slope: derivative(samples),
            },
            (Noise::Predictor(n), Some(p)) => Shaker::Pullback {
                vjp: resident(p),
                amplitude: n.amplitude,
                scaled: vec![T::ZERO; p.result_len(0) / own * lanes],
                slope: derivative(p.result_len(0) / own),
            },
            (Noise::Isotropic(n), _) => Shaker::Scalar(n.amplitude()),
            // Without its program there is no noise; `Compiled` has one wherever the noise names a task.
            (Noise::Minibatch(_) | Noise::Predictor(_), None) => Shaker::Scalar(0.0),
        }
    }

    pub fn scalar(&self) -> Option<f64> {
        match self {
            Shaker::Scalar(c) => Some(*c),
            _ => None,
        }
    }

    /// Noises of one replica, for d entries of θ.
    pub fn noises(&self, d: usize, lanes: usize) -> usize {
        match self {
            Shaker::Scalar(_) | Shaker::Projector(_) => d,
            Shaker::Weighted { weights, .. } => weights.len() / lanes,
            Shaker::Pullback { scaled, .. } => scaled.len() / lanes,
        }
    }

    pub fn noise(&mut self, x: &[T], z: &[T], lanes: usize, into: &mut [T]) {
        match self {
            Shaker::Scalar(c) => {
                let c = T::from_f64(*c);
                into.iter_mut().zip(z).for_each(|(i, z)| *i = c * *z);
            }
            Shaker::Projector(p) => p.noise(x, z, into),
            Shaker::Weighted {
                gradient,
                amplitude,
                weights,
                ..
            } => {
                minibatch::weights(z, *amplitude, lanes, weights);
                gradient.put_cotangent(weights);
                gradient.run(x);
                gradient.gradient(|entry, lane, g| {
                    into[entry * lanes + lane..][..g.len()].copy_from_slice(g);
                });
            }
            Shaker::Pullback {
                vjp,
                amplitude,
                scaled,
                ..
            } => {
                let s = T::from_f64(*amplitude);
                scaled.iter_mut().zip(z).for_each(|(i, z)| *i = s * *z);
                vjp.put_cotangent(scaled);
                vjp.run(x);
                vjp.result(1, into);
            }
        }
    }

    /// Whether [`Shaker::correction`] and [`Shaker::along`] are known.
    pub fn knows(&self) -> (bool, bool) {
        match self {
            Shaker::Scalar(_) => (true, true),
            Shaker::Projector(_) => (true, false),
            Shaker::Weighted { slope, .. } | Shaker::Pullback { slope, .. } => {
                (slope.is_some(), slope.is_some())
            }
        }
    }

    /// D(σ(x)z)\[v\].
    pub fn along(&mut self, x: &[T], v: &[T], z: &[T], lanes: usize, into: &mut [T]) {
        match self {
            Shaker::Scalar(_) => into.fill(T::ZERO),
            Shaker::Weighted {
                amplitude,
                weights,
                slope: Some(slope),
                ..
            } => {
                minibatch::weights(z, *amplitude, lanes, weights);
                slope.along(x, v, weights, into);
            }
            Shaker::Pullback {
                amplitude,
                scaled,
                slope: Some(slope),
                ..
            } => {
                let s = T::from_f64(*amplitude);
                scaled.iter_mut().zip(z).for_each(|(i, z)| *i = s * *z);
                slope.along(x, v, scaled, into);
            }
            // `knows` says that it is not known: no scheme asks.
            _ => into.fill(T::NAN),
        }
    }

    /// ½ Σ_k Dσ_k\[σ_k\].
    pub fn correction(&mut self, x: &[T], lanes: usize, into: &mut [T]) {
        match self {
            Shaker::Scalar(_) => into.fill(T::ZERO),
            Shaker::Projector(p) => p.correction(x, into),
            Shaker::Weighted { .. } | Shaker::Pullback { .. } => {
                slope::sum_over_columns(self, x, lanes, into);
            }
        }
    }

    /// Where the derivative of noise by a program works.
    fn slope(&mut self) -> Option<&mut Slope<'c, T>> {
        match self {
            Shaker::Weighted { slope, .. } | Shaker::Pullback { slope, .. } => slope.as_mut(),
            _ => None,
        }
    }
}
