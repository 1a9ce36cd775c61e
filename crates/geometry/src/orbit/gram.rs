//! Γ_ab(θ) = ⟨ξ_a, ξ_b⟩: rank = dimension of the orbit, ½ log pdet Γ = log of its local volume
//! in the basis given (theory §1).

use crate::field::AffineField;
use crate::rank::numerical;
use symbias_model::error::Result;
use symbias_numerics::dense::{Matrix, symmetric_eigen};
use symbias_numerics::rank::{RankDecision, RowSpace};

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
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
    let mut gram = Matrix::zeros(fields.len(), fields.len());
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
    let mut space = RowSpace::new(theta.len());
    if !fields.is_empty() {
        let values: Vec<Vec<f64>> = fields.iter().map(|f| f.at(theta)).collect();
        let rows = Matrix::from_fn(values.len(), theta.len(), |i, j| values[i][j]);
        space.push_rows(&rows).map_err(numerical)?;
    }
    let decision = space.rank("generators at the point").map_err(numerical)?;
    let mut log_pdet = 0.0;
    if !fields.is_empty() {
        let mut eigenvalues = symmetric_eigen(&matrix(fields, theta))
            .map_err(numerical)?
            .values;
        eigenvalues.sort_by(|a, b| b.total_cmp(a));
        log_pdet = eigenvalues
            .iter()
            .take(decision.rank)
            .map(|x| x.max(f64::MIN_POSITIVE).ln())
            .sum();
    }
    Ok(Gram { decision, log_pdet })
}
