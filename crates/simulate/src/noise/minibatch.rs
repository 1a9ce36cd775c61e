//! Minibatch noise, C = ηΣ_B(θ) (theory §2.3, §5.4): Σ_B the covariance of the gradient of b samples drawn with
//! replacement from N.
//!
//! With g_i the gradient of the loss of sample i alone and ḡ their mean, Σ_B = Σ_i (g_i − ḡ)(g_i − ḡ)ᵀ/(bN). The
//! covariance of √(η/(bN)) Σ_i (z_i − z̄) g_i is η/(bN)(Σ_i g_i g_iᵀ − N ḡḡᵀ), the same: one gradient with weights, whatever
//! the number of samples is. The shares L_i of the loss that a program weighs are those of a mean, so that g_i = N∇L_i.

use symbias_geometry::noise::Minibatch;
use symbias_model::error::{Error, ErrorKind, Result};
use symbias_model::expression::Model;
use symbias_numerics::lanes::{LaneFloat, Real, Simd, dispatch, level};

/// Whether the loss is a mean over samples that can be weighed.
pub(super) fn validate(noise: Minibatch, model: &Model, samples: usize) -> Result<()> {
    let refuse = |why: String, remedy: &str| {
        Err(Error::new(ErrorKind::Unsupported, why).remedy(remedy.to_owned()))
    };
    if noise.size == 0 {
        return refuse("a batch of no samples".into(), "give at least one");
    }
    if model.batch.is_some() || samples < 2 {
        return refuse(
            format!(
                "minibatch noise needs samples to draw from, and the model `{}` has one",
                model.name
            ),
            "take the sample axis out of the model and give the data sample by sample",
        );
    }
    let (one, all) = (model.loss_divisor(1), model.loss_divisor(samples));
    if (all - one * samples as f64).abs() > 1e-9 * all {
        return refuse(
            "the loss is a sum over samples: a minibatch would have another gradient in the mean"
                .into(),
            "take the mean over samples (reduce = \"mean\")",
        );
    }
    Ok(())
}

/// √(η/(bN)) · N.
pub(super) fn amplitude(noise: Minibatch, samples: usize) -> f64 {
    (noise.rate * samples as f64 / noise.size as f64).sqrt()
}

/// Weights (z_i − z̄) · amplitude, lanes innermost.
pub(super) fn weights<T: Real>(z: &[T], amplitude: f64, lanes: usize, into: &mut [T]) {
    dispatch!(level(), simd => centred(simd, z, T::from_f64(amplitude), lanes, into));
}

#[inline(always)]
fn centred<S: Simd, T: Real>(simd: S, z: &[T], amplitude: T, lanes: usize, into: &mut [T]) {
    let samples = z.len() / lanes;
    let share = T::from_f64(1.0 / samples as f64);
    for v in (0..lanes).step_by(T::VIRTUAL_LANES) {
        let at = |i: usize| i * lanes + v..i * lanes + v + T::VIRTUAL_LANES;
        let mut sum = T::Lanes::<S>::splat(simd, T::ZERO);
        for i in 0..samples {
            sum += T::Lanes::<S>::load(simd, &z[at(i)]);
        }
        let mean = sum * share;
        for i in 0..samples {
            let own = T::Lanes::<S>::load(simd, &z[at(i)]) - mean;
            (own * amplitude).store(&mut into[at(i)]);
        }
    }
}
