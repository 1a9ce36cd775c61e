//! The leaf of vanishing charges under horizontal noise C = 2T·P_H (theory §5.3).
//!
//! dμ_A = T tr(A P_H) dt, without noise of its own: charges only drift. With E an orthonormal basis
//! of the orbit's tangent space, d/dX_b tr(A_a P_H) = −2 Σ_e ⟨P_H A_a e, P_H A_b e⟩ along every
//! symmetric generator X_b, which is symmetric and never positive: the drift is minus the gradient
//! of a geodesically convex function on the orbit. Where it vanishes on the leaf it can only attract,
//! and does if that matrix is regular.

use crate::discover::structural::Split;
use crate::field::AffineField;
use crate::orbit::OrbitFrame;
use crate::rank::numerical;
use symbias_model::error::Result;
use symbias_numerics::dense::Matrix;
use symbias_numerics::rank::{self, RankDecision};

/// What horizontal noise does to the charges at a point.
#[derive(Clone, Debug)]
pub struct LeafDrift {
    /// tr(A_a P_H): drift of each charge per temperature.
    pub drift: Vec<f64>,
    /// Largest drift relative to the size of its generator, Σ|A_a| on the diagonal or its norm.
    pub relative: f64,
    /// Rank of Σ_e ⟨P_H A_a e, P_H A_b e⟩: directions of 𝔭 in which the drift restores; `None` where
    /// it was not computed at this size.
    pub restoring: Option<RankDecision>,
    /// Dimension of 𝔭 without translations.
    pub charges: usize,
}

/// Relative drift up to which a leaf counts as invariant.
const INVARIANT: f64 = 1e-9;
/// Multiplications spent on the restoring matrix, at most.
const LARGEST: usize = 3_000_000_000;

impl LeafDrift {
    /// Whether the leaf stays: no charge drifts.
    #[must_use]
    pub fn is_invariant(&self) -> bool {
        self.relative <= INVARIANT
    }

    /// Whether the drift restores every charge; `None` if not computed.
    #[must_use]
    pub fn attracts(&self) -> Option<bool> {
        self.restoring.as_ref().map(|r| r.rank == self.charges)
    }
}

/// The drift at a balanced point.
///
/// # Errors
/// Floating linear algebra that does not converge.
pub fn leaf_drift(split: &Split, fields: &[AffineField], theta: &[f64]) -> Result<LeafDrift> {
    let frame = OrbitFrame::new(fields, theta)?;
    let drift = frame.horizontal_traces(&split.symmetric);
    let relative = split
        .symmetric
        .iter()
        .zip(&drift)
        .map(|(field, b)| {
            let size: f64 = field.linear.iter().map(|e| e.2 * e.2).sum();
            b.abs() / size.sqrt().max(f64::MIN_POSITIVE)
        })
        .fold(0.0, f64::max);
    // Translations are isometries: horizontal noise leaves their charges alone, and K with them.
    let linear: Vec<&AffineField> = split
        .symmetric
        .iter()
        .filter(|f| !f.linear.is_empty())
        .collect();
    let (p, r, d) = (linear.len(), frame.dimension(), theta.len());
    let restoring = if p * r * r * d > LARGEST {
        None
    } else {
        Some(restoring(&frame, &linear, theta.len())?)
    };
    Ok(LeafDrift {
        drift,
        relative,
        restoring,
        charges: p,
    })
}

/// Rank of the map a ↦ (P_H A_a e)_e.
fn restoring(frame: &OrbitFrame<'_>, symmetric: &[&AffineField], d: usize) -> Result<RankDecision> {
    let tangent = frame.tangent();
    let rows: Vec<Vec<f64>> = symmetric
        .iter()
        .map(|field| {
            let mut row = Vec::with_capacity(tangent.len() * d);
            for e in &tangent {
                let mut moved = vec![0.0; d];
                field.add_linear(e, 1.0, &mut moved);
                // Twice: what is left of a vector along the orbit is rounding.
                for _ in 0..2 {
                    for t in &tangent {
                        let c: f64 = t.iter().zip(&moved).map(|(x, y)| x * y).sum();
                        moved.iter_mut().zip(t).for_each(|(m, t)| *m -= c * t);
                    }
                }
                row.extend(moved);
            }
            row
        })
        .collect();
    let width = rows.first().map_or(0, Vec::len);
    let transposed = Matrix::from_fn(width, rows.len(), |i, j| rows[j][i]);
    rank::rank("drift that restores the charges", &transposed).map_err(numerical)
}
