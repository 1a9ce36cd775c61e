//! The orbit through one point: tangent, normal, volume, curvature (theory §1).
//!
//! With Ξ the generators at θ as columns, Γ = ΞᵀΞ and S = ΞΓ⁺:
//! P_H = I − SΞᵀ, ∇½ log pdet Γ = Σ_a A_aᵀ S_a, H = P_H Σ_a A_a S_a. Only the generators' matrices
//! are applied: no derivative of F is formed. Generators that share no coordinate are orthogonal, and
//! all of this is computed block by block, from Ξᵀ = U diag(s) Vᵀ on each.

use super::blocks::{Block, blocks};
use super::horizontal::{Horizontal, project};
use crate::field::AffineField;
use crate::rank::numerical;
use std::borrow::Cow;
use symbias_model::error::Result;
use symbias_numerics::dense::{Matrix, svd};
use symbias_numerics::rank::{RankDecision, RankOptions, decide};

/// The geometry of an orbit at θ, for a basis of the algebra.
#[derive(Clone, Debug)]
pub struct OrbitFrame<'a> {
    fields: Cow<'a, [AffineField]>,
    d: usize,
    parts: Vec<Part>,
    /// Part and place in it of each coordinate; `None` where no field has a value.
    place: Vec<Option<(u32, u32)>>,
    /// Part and row in it of each field; `None` where a field is zero everywhere.
    row: Vec<Option<(u32, u32)>>,
    log_pdet: f64,
    /// How the dimension of the orbit was decided.
    pub decision: RankDecision,
}

/// The fields of one block.
#[derive(Clone, Debug)]
struct Part {
    block: Block,
    /// Orthonormal columns that span the tangent space.
    tangent: Matrix,
    /// S_a = Σ_b Γ⁺_ab ξ_b, one row each.
    dual: Matrix,
    /// Coefficients of the fields that vanish at θ, orthonormal columns.
    stabiliser: Matrix,
}

/// What singular values say of all blocks together.
pub(super) struct Spectrum {
    pub decision: RankDecision,
    /// The least that counts as not zero.
    least: f64,
}

impl Spectrum {
    /// One decision on the singular values of all blocks, which are those of all fields.
    pub fn new(mut all: Vec<f64>, fields: usize, d: usize) -> Spectrum {
        all.sort_by(|a, b| b.total_cmp(a));
        let options = RankOptions::default();
        let decision = decide("generators at the point", &all, fields, d, options);
        let last = decision.rank.checked_sub(1);
        Spectrum {
            least: last.map_or(f64::INFINITY, |k| all[k]),
            decision,
        }
    }

    /// How many of a block's singular values count, largest first.
    pub fn kept(&self, own: &[f64]) -> usize {
        own.iter().take_while(|s| **s >= self.least).count()
    }
}

impl<'a> OrbitFrame<'a> {
    /// The frame at θ. Fields that are orthonormal in their groups' defining matrices make the
    /// pseudo-determinant that of theory §1. The rank is decided on the values ξ_a(θ), whose
    /// squared singular values are the eigenvalues of Γ. Costs O(n²d + n³) for n fields that share d
    /// coordinates, block by block.
    ///
    /// # Errors
    /// Floating linear algebra that does not converge; θ that is not finite; fields whose values no
    /// memory holds.
    pub fn new(fields: &'a [AffineField], theta: &[f64]) -> Result<OrbitFrame<'a>> {
        let blocks = blocks(fields, theta)?;
        let mut found = Vec::new();
        for block in &blocks {
            found.push(svd(&square(&block.values)).map_err(numerical)?);
        }
        let all = blocks.iter().zip(&found).flat_map(|(b, f)| {
            let count = b.values.rows.min(b.values.cols);
            f.s.iter().copied().take(count)
        });
        let spectrum = Spectrum::new(all.collect(), fields.len(), theta.len());
        let mut frame = OrbitFrame {
            fields: Cow::Borrowed(fields),
            d: theta.len(),
            parts: Vec::new(),
            place: vec![None; theta.len()],
            row: vec![None; fields.len()],
            log_pdet: 0.0,
            decision: spectrum.decision.clone(),
        };
        for (number, (block, found)) in blocks.into_iter().zip(found).enumerate() {
            let number = number as u32;
            for (at, i) in block.coords.iter().enumerate() {
                frame.place[*i] = Some((number, at as u32));
            }
            for (at, a) in block.fields.iter().enumerate() {
                frame.row[*a] = Some((number, at as u32));
            }
            let rank = spectrum.kept(&found.s);
            let logs = found.s[..rank].iter().map(|s| 2.0 * s.ln());
            frame.log_pdet += logs.sum::<f64>();
            let (n, c) = (block.values.rows, block.values.cols);
            let tangent = Matrix::from_fn(c, rank, |i, k| found.v[(i, k)]);
            let scaled = Matrix::from_fn(n, rank, |a, k| found.u[(a, k)] / found.s[k]);
            frame.parts.push(Part {
                dual: scaled.matmul(&tangent.transpose()).map_err(numerical)?,
                stabiliser: Matrix::from_fn(n, n - rank, |a, k| found.u[(a, rank + k)]),
                tangent,
                block,
            });
        }
        Ok(frame)
    }

    /// The same with fields of its own.
    #[must_use]
    pub fn into_owned(self) -> OrbitFrame<'static> {
        OrbitFrame {
            fields: Cow::Owned(self.fields.into_owned()),
            d: self.d,
            parts: self.parts,
            place: self.place,
            row: self.row,
            log_pdet: self.log_pdet,
            decision: self.decision,
        }
    }

    /// Dimension of the orbit: rank Γ.
    #[must_use]
    pub fn dimension(&self) -> usize {
        self.decision.rank
    }

    /// Dimension of the stabiliser, dim 𝔤 − dim of the orbit (for independent fields).
    #[must_use]
    pub fn stabiliser_dimension(&self) -> usize {
        self.fields.len() - self.decision.rank
    }

    /// Coefficients of the fields that vanish at θ, one vector per column.
    #[must_use]
    pub fn stabiliser(&self) -> Matrix {
        let mut all = Matrix::zeros(self.fields.len(), self.stabiliser_dimension());
        let mut column = 0;
        for part in &self.parts {
            for k in 0..part.stabiliser.cols {
                for (a, number) in part.block.fields.iter().enumerate() {
                    all.row_mut(*number)[column] = part.stabiliser[(a, k)];
                }
                column += 1;
            }
        }
        for (number, _) in self.row.iter().enumerate().filter(|r| r.1.is_none()) {
            all.row_mut(number)[column] = 1.0;
            column += 1;
        }
        all
    }

    /// ½ log pdet Γ: the logarithm of the orbit's local volume.
    #[must_use]
    pub fn log_volume(&self) -> f64 {
        self.log_pdet / 2.0
    }

    /// ⟨ξ_a, v⟩ for each field.
    #[must_use]
    pub fn components(&self, v: &[f64]) -> Vec<f64> {
        self.of_rows(v, |part| &part.block.values)
    }

    /// Γ⁺Ξᵀv: the element of the algebra whose field at θ is the vertical part of v.
    #[must_use]
    pub fn vertical(&self, v: &[f64]) -> Vec<f64> {
        self.of_rows(v, |part| &part.dual)
    }

    fn of_rows(&self, v: &[f64], rows: impl Fn(&Part) -> &Matrix) -> Vec<f64> {
        let mut all = vec![0.0; self.fields.len()];
        for part in &self.parts {
            let own = part.gather(v);
            for (a, number) in part.block.fields.iter().enumerate() {
                all[*number] = dot(rows(part).row(a), &own);
            }
        }
        all
    }

    /// P_H v.
    #[must_use]
    pub fn horizontal(&self, v: &[f64]) -> Vec<f64> {
        let mut rest = v.to_vec();
        for part in &self.parts {
            let mut own = part.gather(v);
            project(&part.tangent, &mut own);
            let places = part.block.coords.iter();
            places.zip(own).for_each(|(i, x)| rest[*i] = x);
        }
        rest
    }

    /// P_H, to be kept without the fields.
    #[must_use]
    pub fn projection(&self) -> Horizontal {
        let parts = self.parts.iter();
        let block = |p: &Part| (p.block.coords.clone(), p.tangent.clone());
        Horizontal {
            blocks: parts.map(block).collect(),
        }
    }

    /// S_a at a coordinate.
    fn dual(&self, field: usize, coordinate: usize) -> f64 {
        match (self.row[field], self.place[coordinate]) {
            (Some((part, a)), Some((own, i))) if part == own => {
                self.parts[part as usize].dual[(a as usize, i as usize)]
            }
            _ => 0.0,
        }
    }

    /// ∇ ½ log pdet Γ(θ), d numbers; valid along directions in which rank Γ does not change.
    #[must_use]
    pub fn log_volume_gradient(&self) -> Vec<f64> {
        let mut sum = vec![0.0; self.d];
        for (a, field) in self.fields.iter().enumerate() {
            for (i, j, x) in &field.linear {
                sum[*j] += x * self.dual(a, *i);
            }
        }
        sum
    }

    /// The mean curvature vector H of the orbit, the trace of its second fundamental form, d
    /// numbers, normal to the orbit.
    #[must_use]
    pub fn mean_curvature(&self) -> Vec<f64> {
        let mut sum = vec![0.0; self.d];
        for (a, field) in self.fields.iter().enumerate() {
            for (i, j, x) in &field.linear {
                sum[*i] += x * self.dual(a, *j);
            }
        }
        self.horizontal(&sum)
    }

    /// tr(A P_H) of each field's matrix: the drift of its charge per temperature under horizontal
    /// noise C = 2T·P_H is dμ_A = T tr(A P_H) dt (theory §2.4, §5.3).
    #[must_use]
    pub fn horizontal_traces(&self, fields: &[AffineField]) -> Vec<f64> {
        // tr(A P_V) = Σ A_ij (P_V)_ji, and P_V is that of the blocks.
        let along = |(i, j, x): &(usize, usize, f64)| match (self.place[*i], self.place[*j]) {
            (Some((part, i)), Some((own, j))) if part == own => {
                let tangent = &self.parts[part as usize].tangent;
                x * dot(tangent.row(i as usize), tangent.row(j as usize))
            }
            _ => 0.0,
        };
        let trace = |field: &AffineField| {
            let diagonal = field.linear.iter().filter(|(i, j, _)| i == j);
            let whole: f64 = diagonal.map(|e| e.2).sum();
            whole - field.linear.iter().map(along).sum::<f64>()
        };
        fields.iter().map(trace).collect()
    }

    /// An orthonormal basis of the orbit's tangent space, by blocks: the coordinates of each, and the
    /// vectors as columns over them.
    #[must_use]
    pub fn tangent(&self) -> Vec<(&[usize], &Matrix)> {
        let parts = self.parts.iter();
        parts
            .map(|p| (p.block.coords.as_slice(), &p.tangent))
            .collect()
    }
}

impl Part {
    fn gather(&self, v: &[f64]) -> Vec<f64> {
        self.block.coords.iter().map(|i| v[*i]).collect()
    }
}

/// With columns of zeros where there are fewer than rows: its left singular vectors are a whole basis.
fn square(values: &Matrix) -> Cow<'_, Matrix> {
    if values.cols >= values.rows {
        return Cow::Borrowed(values);
    }
    let entry = |i: usize, j: usize| values.row(i).get(j).copied().unwrap_or(0.0);
    Cow::Owned(Matrix::from_fn(values.rows, values.rows, entry))
}

pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}
