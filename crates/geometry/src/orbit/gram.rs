//! Γ_ab(θ) = ⟨ξ_a, ξ_b⟩: rank = dimension of the orbit, ½ log pdet Γ = log of its local volume
//! in the basis given (theory §1).

use super::blocks::blocks;
use super::frame::Spectrum;
use crate::field::AffineField;
use crate::rank::numerical;
use symbias_model::error::Result;
use symbias_numerics::dense::{Matrix, singular_values};
use symbias_numerics::rank::RankDecision;

/// What Γ says at one point.
#[derive(Clone, Debug)]
pub struct Gram {
    /// Rank of Γ.
    pub decision: RankDecision,
    /// Logarithm of the product of the non-zero eigenvalues of Γ; 0 for no generators.
    pub log_pdet: f64,
}

/// The Gram matrix of fields at θ (both triangles).
///
/// # Errors
/// Fields whose values no memory holds.
pub fn matrix(fields: &[AffineField], theta: &[f64]) -> Result<Matrix> {
    let mut gram = Matrix::zeros(fields.len(), fields.len());
    for block in blocks(fields, theta)? {
        let values = &block.values;
        let own = values.matmul(&values.transpose()).map_err(numerical)?;
        for (a, i) in block.fields.iter().enumerate() {
            let row = gram.row_mut(*i);
            for (b, j) in block.fields.iter().enumerate() {
                row[*j] = own[(a, b)];
            }
        }
    }
    Ok(gram)
}

/// Rank and pseudo-determinant of Γ at θ. The rank is that of the values ξ_a(θ), whose squared
/// singular values are the eigenvalues of Γ: decided there, where half as many digits are lost.
///
/// # Errors
/// Floating linear algebra that does not converge; fields whose values no memory holds.
pub fn gram(fields: &[AffineField], theta: &[f64]) -> Result<Gram> {
    let mut all = Vec::new();
    for block in blocks(fields, theta)? {
        all.extend(singular_values(&block.values).map_err(numerical)?);
    }
    let spectrum = Spectrum::new(all.clone(), fields.len(), theta.len());
    all.sort_by(|a, b| b.total_cmp(a));
    let kept = all.iter().take(spectrum.decision.rank);
    Ok(Gram {
        log_pdet: kept.map(|s| 2.0 * s.ln()).sum(),
        decision: spectrum.decision,
    })
}
