//! Predictor-isotropic noise s Jᵀ dW over all outputs and samples: C = s²JᵀJ (theory §3.4, §5.4).

use symbias_geometry::noise::Labels;
use symbias_model::error::{Error, ErrorKind, Result};
use symbias_model::expression::Model;

/// s of label noise: fresh noise of standard deviation σ_y on every target of an mse loss, at each step of rate η.
///
/// L = Σ (f − y)²/divisor, so that labels y + σ_y ε add −(2σ_y/divisor) Jᵀε to the gradient. A step of length η in
/// time η has the variance η²(2σ_y/divisor)² JᵀJ = η C, hence s = √η · 2σ_y/divisor.
pub(super) fn of_labels(noise: Labels, model: &Model, samples: usize) -> f64 {
    noise.rate.sqrt() * 2.0 * noise.deviation / model.loss_divisor(samples)
}

/// Whether the loss has labels.
///
/// # Errors
/// A loss that is not mse, or reads less than all outputs.
pub(super) fn has_labels(model: &Model) -> Result<()> {
    let loss = model.loss.as_ref().filter(|l| l.kind == "mse");
    if loss.is_some() && model.outputs.len() == 1 {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Unsupported,
        format!("label noise is on the targets of an mse loss over the only output, which `{}` has not", model.name),
    )
    .remedy("give the model one output and loss = { kind = \"mse\" }, or name the amplitude of the noise"))
}
