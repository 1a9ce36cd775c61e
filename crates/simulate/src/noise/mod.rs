//! What shakes θ: C = σσᵀ of dθ = −∇V dt + σ dW (theory §5), one file each.

mod commuting;
mod horizontal;
mod minibatch;
mod predictor;
mod slope;

pub(crate) use commuting::commutes;

use crate::diffusion::Diffusion;
use crate::diffusion::resident::Resident;
use horizontal::Projector;
use slope::Slope;
use symbias_geometry::field::AffineField;
use symbias_geometry::noise::Noise;
use symbias_model::error::{Error, ErrorKind, Result};
use symbias_model::expression::Model;
use symbias_model::program::{Program, Task};
use symbias_numerics::lanes::Real;

/// Whether the numbers of a noise are in their range, and the model has what it needs.
///
/// # Errors
/// Otherwise.
pub(crate) fn validate(
    noise: Noise,
    fields: &[AffineField],
    model: &Model,
    samples: usize,
) -> Result<()> {
    noise.checked()?;
    within(fields, model.space().dim())?;
    match noise {
        Noise::Minibatch(n) => minibatch::validate(n, model, samples),
        Noise::Labels(_) => predictor::has_labels(model),
        _ => Ok(()),
    }
}

/// The program of D(σz)\[v\], where that is how its derivatives are known.
pub(crate) fn slope_task(noise: Noise) -> Option<Task> {
    match noise {
        Noise::Minibatch(_) => Some(Task::WeightedGradientAlong),
        Noise::Predictor(_) | Noise::Labels(_) => Some(Task::VjpAlong),
        _ => None,
    }
}

/// The program that computes it, beside the gradient.
pub(crate) fn task(noise: Noise) -> Option<Task> {
    match noise {
        Noise::Minibatch(_) => Some(Task::WeightedGradient),
        Noise::Predictor(_) | Noise::Labels(_) => Some(Task::Vjp),
        _ => None,
    }
}

/// The factor of σ before what the noise pulls back, projects or weighs.
fn amplitude(noise: Noise, model: &Model, samples: usize) -> f64 {
    match noise {
        Noise::Isotropic(temperature) | Noise::Horizontal(temperature) => {
            (2.0 * temperature).sqrt()
        }
        Noise::Predictor(scale) => scale,
        Noise::Labels(n) => predictor::of_labels(n, model, samples),
        Noise::Minibatch(n) => minibatch::amplitude(n, samples),
    }
}

/// Fields of a space of d dimensions.
pub(crate) fn within(fields: &[AffineField], d: usize) -> Result<()> {
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
        diffusion: &Diffusion,
        (program, slope): (Option<&'c Program<T>>, Option<&'c Program<T>>),
        (lanes, own): (usize, usize),
        inputs: &[T],
    ) -> Shaker<'c, T> {
        let resident = |p: &'c Program<T>| Resident::new(p, lanes, own, inputs);
        let derivative = |noises: usize| slope.map(|p| Slope::new(resident(p), noises, lanes));
        let (noise, samples) = (diffusion.noise, diffusion.samples());
        let amplitude = amplitude(noise, diffusion.model(), samples);
        match (noise, program) {
            (Noise::Horizontal(_), _) => {
                Shaker::Projector(Projector::new(amplitude, &diffusion.fields, lanes))
            }
            (Noise::Minibatch(_), Some(p)) => Shaker::Weighted {
                gradient: resident(p),
                amplitude,
                weights: vec![T::ZERO; samples * lanes],
                slope: derivative(samples),
            },
            (Noise::Predictor(_) | Noise::Labels(_), Some(p)) => Shaker::Pullback {
                vjp: resident(p),
                amplitude,
                scaled: vec![T::ZERO; p.result_len(0) / own * lanes],
                slope: derivative(p.result_len(0) / own),
            },
            (Noise::Isotropic(_), _) => Shaker::Scalar(amplitude),
            // Without its program there is no noise; `Compiled` has one wherever the noise names a task.
            (Noise::Minibatch(_) | Noise::Predictor(_) | Noise::Labels(_), None) => {
                Shaker::Scalar(0.0)
            }
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
