//! Γ_ab(θ) = ⟨ξ_a, ξ_b⟩: rank = dimension of the orbit, ½ log pdet Γ = log of its local volume
//! in the basis given (theory §1).

use super::frame::{OrbitFrame, dot};
use crate::field::AffineField;
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

/// The Gram matrix of fields at θ (both triangles).
#[must_use]
pub fn matrix(fields: &[AffineField], theta: &[f64]) -> Matrix {
    let values: Vec<Vec<f64>> = fields.iter().map(|f| f.at(theta)).collect();
    of_values(&values)
}

/// ⟨v_a, v_b⟩.
pub(crate) fn of_values(values: &[Vec<f64>]) -> Matrix {
    let mut gram = Matrix::zeros(values.len(), values.len());
    for (i, a) in values.iter().enumerate() {
        for (j, b) in values.iter().enumerate().take(i + 1) {
            let entry = dot(a, b);
            gram.row_mut(i)[j] = entry;
            gram.row_mut(j)[i] = entry;
        }
    }
    gram
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
