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
    let basis = frame.tangent();
    let tangent = Matrix::from_fn(basis.len(), d, |i, j| basis[i][j]);
    let mut columns = Matrix::zeros(basis.len() * d, symmetric.len());
    for (a, field) in symmetric.iter().enumerate() {
        // Many scalings leave most directions alone.
        let moved: Vec<(usize, Vec<f64>)> = basis
            .iter()
            .map(|e| {
                let mut moved = vec![0.0; d];
                field.add_linear(e, 1.0, &mut moved);
                moved
            })
            .enumerate()
            .filter(|(_, m)| m.iter().any(|x| *x != 0.0))
            .collect();
        let mut across = Matrix::from_fn(moved.len(), d, |i, j| moved[i].1[j]);
        // Twice: what is left of a vector along the orbit is rounding.
        for _ in 0..2 {
            let along = across.matmul(&tangent.transpose()).map_err(numerical)?;
            let vertical = along.matmul(&tangent).map_err(numerical)?;
            across = across.add_scaled(-1.0, &vertical).map_err(numerical)?;
        }
        for (i, (e, _)) in moved.iter().enumerate() {
            for (j, x) in across.row(i).iter().enumerate() {
                columns.row_mut(e * d + j)[a] = *x;
            }
        }
    }
    rank::rank("drift that restores the charges", &columns).map_err(numerical)
}
