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
    values: Vec<Vec<f64>>,
    /// Γ⁺.
    inverse: Matrix,
    /// Eigenvectors of Γ with eigenvalue 0, as columns: the stabiliser of θ.
    stabiliser: Matrix,
    log_pdet: f64,
    d: usize,
    /// How the dimension of the orbit was decided.
    pub decision: RankDecision,
}

impl<'a> OrbitFrame<'a> {
    /// The frame at θ. Fields that are orthonormal in their groups' defining matrices make the
    /// pseudo-determinant that of theory §1. The rank is decided on the values ξ_a(θ), whose
    /// squared singular values are the eigenvalues of Γ.
    ///
    /// # Errors
    /// Floating linear algebra that does not converge; θ that is not finite.
    pub fn new(fields: &'a [AffineField], theta: &[f64]) -> Result<OrbitFrame<'a>> {
        let d = theta.len();
        let values: Vec<Vec<f64>> = fields.iter().map(|f| f.at(theta)).collect();
        let n = fields.len();
        let mut space = RowSpace::new(d);
        if n > 0 {
            let rows = Matrix::from_fn(n, d, |i, j| values[i][j]);
            space.push_rows(&rows).map_err(numerical)?;
        }
        let decision = space.rank("generators at the point").map_err(numerical)?;
        let (mut inverse, mut log_pdet) = (Matrix::zeros(n, n), 0.0);
        let mut stabiliser = Matrix::zeros(n, 0);
        if n > 0 {
            let eigen = symmetric_eigen(&gram::of_values(&values)).map_err(numerical)?;
            let mut order: Vec<usize> = (0..n).collect();
            order.sort_by(|a, b| eigen.values[*b].total_cmp(&eigen.values[*a]));
            let (kept, dropped) = order.split_at(decision.rank);
            log_pdet = kept
                .iter()
                .map(|k| eigen.values[*k].max(f64::MIN_POSITIVE).ln())
                .sum();
            for k in kept {
                let v = eigen.vectors.column(*k);
                let scale = 1.0 / eigen.values[*k].max(f64::MIN_POSITIVE);
                for i in 0..n {
                    let c = scale * v[i];
                    let row = inverse.row_mut(i);
                    row.iter_mut().zip(&v).for_each(|(x, w)| *x += c * w);
                }
            }
            stabiliser = Matrix::from_fn(n, dropped.len(), |i, j| eigen.vectors.row(i)[dropped[j]]);
        }
        Ok(OrbitFrame {
            fields,
            values,
            inverse,
            stabiliser,
            log_pdet,
            d,
            decision,
        })
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
        self.values.iter().map(|x| dot(x, v)).collect()
    }

    /// Γ⁺Ξᵀv: the element of the algebra whose field at θ is the vertical part of v.
    #[must_use]
    pub fn vertical(&self, v: &[f64]) -> Vec<f64> {
        let c = self.components(v);
        (0..c.len()).map(|i| dot(self.inverse.row(i), &c)).collect()
    }

    /// P_H v.
    #[must_use]
    pub fn horizontal(&self, v: &[f64]) -> Vec<f64> {
        let mut rest = v.to_vec();
        for (x, c) in self.values.iter().zip(self.vertical(v)) {
            rest.iter_mut().zip(x).for_each(|(r, x)| *r -= c * x);
        }
        rest
    }

    /// S_a = Σ_b Γ⁺_ab ξ_b, one row each.
    fn dual(&self) -> Vec<Vec<f64>> {
        (0..self.fields.len())
            .map(|a| {
                let mut s = vec![0.0; self.d];
                for (x, c) in self.values.iter().zip(self.inverse.row(a)) {
                    if *c != 0.0 {
                        s.iter_mut().zip(x).for_each(|(s, x)| *s += c * x);
                    }
                }
                s
            })
            .collect()
    }

    /// ∇ ½ log pdet Γ(θ), d numbers; valid along directions in which rank Γ does not change.
    #[must_use]
    pub fn log_volume_gradient(&self) -> Vec<f64> {
        let mut sum = vec![0.0; self.d];
        for (field, s) in self.fields.iter().zip(self.dual()) {
            field.add_transposed(&s, 1.0, &mut sum);
        }
        sum
    }

    /// The mean curvature vector H of the orbit, the trace of its second fundamental form, d
    /// numbers, normal to the orbit.
    #[must_use]
    pub fn mean_curvature(&self) -> Vec<f64> {
        let mut sum = vec![0.0; self.d];
        for (field, s) in self.fields.iter().zip(self.dual()) {
            field.add_linear(&s, 1.0, &mut sum);
        }
        self.horizontal(&sum)
    }

    /// tr(A P_H) of each field's matrix: the drift of its charge per temperature under horizontal
    /// noise C = 2T·P_H is dμ_A = T tr(A P_H) dt (theory §2.4, §5.3).
    #[must_use]
    pub fn horizontal_traces(&self, fields: &[AffineField]) -> Vec<f64> {
        let dual = self.dual();
        let trace = |field: &AffineField| {
            let diagonal = field.linear.iter().filter(|(i, j, _)| i == j);
            let whole: f64 = diagonal.map(|e| e.2).sum();
            let along: f64 = self
                .values
                .iter()
                .zip(&dual)
                .map(|(x, s)| {
                    field
                        .linear
                        .iter()
                        .map(|(i, j, a)| s[*i] * a * x[*j])
                        .sum::<f64>()
                })
                .sum();
            whole - along
        };
        fields.iter().map(trace).collect()
    }

    /// An orthonormal basis of the orbit's tangent space, one vector each.
    #[must_use]
    pub fn tangent(&self) -> Vec<Vec<f64>> {
        let mut basis: Vec<Vec<f64>> = Vec::new();
        // Twice, for orthogonality to rounding; the rank is the one decided.
        let mut order: Vec<usize> = (0..self.values.len()).collect();
        let size = |v: &[f64]| dot(v, v);
        let mut rest: Vec<Vec<f64>> = self.values.clone();
        while basis.len() < self.dimension() {
            let Some((at, _)) = order
                .iter()
                .enumerate()
                .max_by(|a, b| size(&rest[*a.1]).total_cmp(&size(&rest[*b.1])))
            else {
                break;
            };
            let mut v = rest[order.swap_remove(at)].clone();
            for e in &basis {
                let c = dot(e, &v);
                v.iter_mut().zip(e).for_each(|(v, e)| *v -= c * e);
            }
            let norm = size(&v).sqrt();
            v.iter_mut().for_each(|x| *x /= norm);
            for k in &order {
                let c = dot(&v, &rest[*k]);
                rest[*k].iter_mut().zip(&v).for_each(|(r, v)| *r -= c * v);
            }
            basis.push(v);
        }
        basis
    }
}

pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}
