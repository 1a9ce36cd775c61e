//! Γ_ab(θ) = ⟨ξ_a, ξ_b⟩: rank = dimension of the orbit, ½ log pdet Γ = log of its local volume
//! in the basis given (theory §1).

use super::frame::OrbitFrame;
use crate::field::AffineField;
use crate::rank::numerical;
use symbias_model::error::Result;
use symbias_numerics::dense::Matrix;
use symbias_numerics::rank::RankDecision;

/// What Γ says at one point.
#[derive(Clone, Debug)]
pub struct Gram {
    /// Rank of Γ.
    pub decision: RankDecision,
    /// Logarithm of the product of the non-zero eigenvalues of Γ; 0 for no generators.
    pub log_pdet: f64,
}

/// ξ_a(θ), one row each.
pub(super) fn values(fields: &[AffineField], theta: &[f64]) -> Matrix {
    let mut values = Matrix::zeros(fields.len(), theta.len());
    for (a, field) in fields.iter().enumerate() {
        field.add_at(theta, 1.0, values.row_mut(a));
    }
    values
}

/// The Gram matrix of fields at θ (both triangles).
///
/// # Errors
/// Never for the shapes that occur; those of a product of matrices.
pub fn matrix(fields: &[AffineField], theta: &[f64]) -> Result<Matrix> {
    let values = values(fields, theta);
    values.matmul(&values.transpose()).map_err(numerical)
}

/// Rank and pseudo-determinant of Γ at θ. The rank is that of the values ξ_a(θ), whose squared
/// singular values are the eigenvalues of Γ: decided there, where half as many digits are lost.
///
/// # Errors
/// Floating linear algebra that does not converge.
pub fn gram(fields: &[AffineField], theta: &[f64]) -> Result<Gram> {
    let frame = OrbitFrame::new(fields, theta)?;
    Ok(Gram {
        log_pdet: 2.0 * frame.log_volume(),
        decision: frame.decision,
    })
}
