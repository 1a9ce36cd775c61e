//! The orbit through one point: tangent, normal, volume, curvature (theory §1).
//!
//! With Ξ the generators at θ as columns, Γ = ΞᵀΞ and S = ΞΓ⁺:
//! P_H = I − SΞᵀ, ∇½ log pdet Γ = Σ_a A_aᵀ S_a, H = P_H Σ_a A_a S_a. Only the generators' matrices
//! are applied: no derivative of F is formed.

use super::gram;
use crate::field::AffineField;
use crate::rank::numerical;
use symbias_model::error::Result;
use symbias_numerics::dense::{Matrix, symmetric_eigen};
use symbias_numerics::rank::{RankDecision, RowSpace};

/// The geometry of an orbit at θ, for a basis of the algebra.
#[derive(Clone, Debug)]
pub struct OrbitFrame<'a> {
    fields: &'a [AffineField],
    /// ξ_a(θ), one row each.
    values: Matrix,
    /// S_a = Σ_b Γ⁺_ab ξ_b, one row each.
    dual: Matrix,
    /// Eigenvectors of Γ with eigenvalue 0, as columns: the stabiliser of θ.
    stabiliser: Matrix,
    log_pdet: f64,
    /// How the dimension of the orbit was decided.
    pub decision: RankDecision,
}

impl<'a> OrbitFrame<'a> {
    /// The frame at θ. Fields that are orthonormal in their groups' defining matrices make the
    /// pseudo-determinant that of theory §1. The rank is decided on the values ξ_a(θ), whose
    /// squared singular values are the eigenvalues of Γ. Costs O(n²d + n³) for n fields.
    ///
    /// # Errors
    /// Floating linear algebra that does not converge; θ that is not finite.
    pub fn new(fields: &'a [AffineField], theta: &[f64]) -> Result<OrbitFrame<'a>> {
        let (n, d) = (fields.len(), theta.len());
        let values = gram::values(fields, theta);
        let mut space = RowSpace::new(d);
        if n > 0 {
            space.push_rows(&values).map_err(numerical)?;
        }
        let decision = space.rank("generators at the point").map_err(numerical)?;
        let mut frame = OrbitFrame {
            fields,
            dual: Matrix::zeros(n, d),
            values,
            stabiliser: Matrix::zeros(n, 0),
            log_pdet: 0.0,
            decision,
        };
        if n > 0 {
            frame.invert()?;
        }
        Ok(frame)
    }

    /// Eigenvalues of Γ, its pseudo-inverse, and its null space.
    fn invert(&mut self) -> Result<()> {
        let n = self.fields.len();
        let gram = self.values.matmul(&self.values.transpose());
        let eigen = symmetric_eigen(&gram.map_err(numerical)?).map_err(numerical)?;
        let mut order: Vec<usize> = (0..n).collect();
        order.sort_by(|a, b| eigen.values[*b].total_cmp(&eigen.values[*a]));
        let (kept, dropped) = order.split_at(self.decision.rank);
        let size = |k: usize| eigen.values[k].max(f64::MIN_POSITIVE);
        self.log_pdet = kept.iter().map(|k| size(*k).ln()).sum();
        let columns =
            |list: &[usize]| Matrix::from_fn(n, list.len(), |i, j| eigen.vectors.row(i)[list[j]]);
        let vectors = columns(kept);
        let scaled = Matrix::from_fn(n, kept.len(), |i, j| vectors.row(i)[j] / size(kept[j]));
        let across = vectors.transpose_matmul(&self.values).map_err(numerical)?;
        self.dual = scaled.matmul(&across).map_err(numerical)?;
        self.stabiliser = columns(dropped);
        Ok(())
    }

    /// Dimension of the orbit: rank Γ.
    #[must_use]
    pub fn dimension(&self) -> usize {
        self.decision.rank
    }

    /// Dimension of the stabiliser, dim 𝔤 − dim of the orbit (for independent fields).
    #[must_use]
    pub fn stabiliser_dimension(&self) -> usize {
        self.stabiliser.cols
    }

    /// Coefficients of the fields that vanish at θ, one vector per column.
    #[must_use]
    pub fn stabiliser(&self) -> &Matrix {
        &self.stabiliser
    }

    /// ½ log pdet Γ: the logarithm of the orbit's local volume.
    #[must_use]
    pub fn log_volume(&self) -> f64 {
        self.log_pdet / 2.0
    }

    /// ⟨ξ_a, v⟩ for each field.
    #[must_use]
    pub fn components(&self, v: &[f64]) -> Vec<f64> {
        (0..self.fields.len())
            .map(|a| dot(self.values.row(a), v))
            .collect()
    }

    /// Γ⁺Ξᵀv: the element of the algebra whose field at θ is the vertical part of v.
    #[must_use]
    pub fn vertical(&self, v: &[f64]) -> Vec<f64> {
        (0..self.fields.len())
            .map(|a| dot(self.dual.row(a), v))
            .collect()
    }

    /// P_H v.
    #[must_use]
    pub fn horizontal(&self, v: &[f64]) -> Vec<f64> {
        let mut rest = v.to_vec();
        for (a, c) in self.vertical(v).into_iter().enumerate() {
            let row = self.values.row(a);
            rest.iter_mut().zip(row).for_each(|(r, x)| *r -= c * x);
        }
        rest
    }

    /// ∇ ½ log pdet Γ(θ), d numbers; valid along directions in which rank Γ does not change.
    #[must_use]
    pub fn log_volume_gradient(&self) -> Vec<f64> {
        let mut sum = vec![0.0; self.values.cols];
        for (a, field) in self.fields.iter().enumerate() {
            field.add_transposed(self.dual.row(a), 1.0, &mut sum);
        }
        sum
    }

    /// The mean curvature vector H of the orbit, the trace of its second fundamental form, d
    /// numbers, normal to the orbit.
    #[must_use]
    pub fn mean_curvature(&self) -> Vec<f64> {
        let mut sum = vec![0.0; self.values.cols];
        for (a, field) in self.fields.iter().enumerate() {
            field.add_linear(self.dual.row(a), 1.0, &mut sum);
        }
        self.horizontal(&sum)
    }

    /// tr(A P_H) of each field's matrix: the drift of its charge per temperature under horizontal
    /// noise C = 2T·P_H is dμ_A = T tr(A P_H) dt (theory §2.4, §5.3).
    #[must_use]
    pub fn horizontal_traces(&self, fields: &[AffineField]) -> Vec<f64> {
        let rows = 0..self.fields.len();
        let trace = |field: &AffineField| {
            let diagonal = field.linear.iter().filter(|(i, j, _)| i == j);
            let whole: f64 = diagonal.map(|e| e.2).sum();
            let along = |a: usize| {
                let (s, x) = (self.dual.row(a), self.values.row(a));
                let entries = field.linear.iter();
                entries.map(|(i, j, c)| s[*i] * c * x[*j]).sum::<f64>()
            };
            whole - rows.clone().map(along).sum::<f64>()
        };
        fields.iter().map(trace).collect()
    }

    /// An orthonormal basis of the orbit's tangent space, one vector each.
    #[must_use]
    pub fn tangent(&self) -> Vec<Vec<f64>> {
        // Gram–Schmidt with pivots; the rank is the one decided.
        let mut basis: Vec<Vec<f64>> = Vec::new();
        let size = |v: &[f64]| dot(v, v);
        let mut rest: Vec<Vec<f64>> = (0..self.fields.len())
            .map(|a| self.values.row(a).to_vec())
            .collect();
        while basis.len() < self.dimension() {
            let largest =
                (0..rest.len()).max_by(|a, b| size(&rest[*a]).total_cmp(&size(&rest[*b])));
            let Some(at) = largest else { break };
            let mut v = rest.swap_remove(at);
            for e in &basis {
                let c = dot(e, &v);
                v.iter_mut().zip(e).for_each(|(v, e)| *v -= c * e);
            }
            let norm = size(&v).sqrt();
            v.iter_mut().for_each(|x| *x /= norm);
            for other in &mut rest {
                let c = dot(&v, other);
                other.iter_mut().zip(&v).for_each(|(r, v)| *r -= c * v);
            }
            basis.push(v);
        }
        basis
    }
}

pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}
