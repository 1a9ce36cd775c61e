//! The leaf of vanishing charges under horizontal noise C = 2T·P_H (theory §5.3).
//!
//! dμ_A = T tr(A P_H) dt, without noise of its own: charges only drift. With E an orthonormal basis
//! of the orbit's tangent space, d/dX_b tr(A_a P_H) = −2 Σ_e ⟨P_H A_a e, P_H A_b e⟩ along every
//! symmetric generator X_b, which is symmetric and never positive: the drift is minus the gradient
//! of a geodesically convex function on the orbit. With M that sum, moving by X changes the charges by
//! ΓX and their drift by −2T MX, so that near an invariant leaf μ̇ = −2T MΓ⁺μ. Both matrices vanish on the
//! stabiliser, which moves no charge and says nothing. Where w moves too, the leaf attracts if one inner
//! product shrinks for all w: in that of an orthonormal basis, if MΓ⁺ + Γ⁺M is positive where Γ is.
//!
//! Of w = uv the leaf u² = v² stays under horizontal noise, and attracts:
//!
//! ```
//! # use symbias_model::language::ModelBuilder;
//! # let model = ModelBuilder::new("pairs").axis("i", 2).parameter("u", &["i"]).parameter("v", &["i"])
//! #     .statement("w[i] = u[i] * v[i]").output("w").build()?;
//! use symbias_geometry::discover::structural::factors;
//! use symbias_geometry::leaf::leaf_drift;
//! use symbias_geometry::structure::orthonormal;
//! let split = orthonormal(&model, &factors(&model));
//! let drift = leaf_drift(&split, &split.all(), &[1.0, 2.0, 1.0, -2.0])?;
//! assert!(drift.is_invariant() && drift.attracts());
//! # Ok::<(), symbias_model::Error>(())
//! ```

use crate::connected::Connected;
use crate::factor::Split;
use crate::field::AffineField;
use crate::orbit::OrbitFrame;
use crate::rank::numerical;
use std::collections::{BTreeMap, HashMap};
use symbias_model::error::Result;
use symbias_numerics::dense::{Matrix, column_pivoted_qr, singular_values, symmetric_eigen};
use symbias_numerics::rank::{self, RankDecision, RankOptions};

/// What horizontal noise does to the charges at a point.
#[derive(Clone, Debug)]
pub struct LeafDrift {
    /// tr(A_a P_H): drift of each charge per temperature.
    pub drift: Vec<f64>,
    /// Largest drift relative to the size of its generator, Σ|A_a| on the diagonal or its norm.
    pub relative: f64,
    /// Rank of M = Σ_e ⟨P_H A_a e, P_H A_b e⟩: directions of 𝔭 in which the drift restores; `None` where
    /// it was not computed at this size.
    pub restoring: Option<RankDecision>,
    /// Rank of Γ_𝔭 without translations: charges that the orbit moves.
    pub charges: usize,
    /// The least eigenvalue of ½(MΓ⁺ + Γ⁺M) relative to its largest, where Γ_𝔭 is not zero.
    pub contraction: f64,
}

/// Relative drift up to which a leaf counts as invariant.
const INVARIANT: f64 = 1e-9;
/// Relative eigenvalue from which the charges shrink: that of rounding is far below.
const CONTRACTS: f64 = 1e-7;
/// Eigenvalue of Γ relative to the largest up to which a generator fixes the point.
const STABILISER: f64 = 1e-10;
/// Multiplications spent on the restoring matrix, at most.
const LARGEST: f64 = 3e9;
/// Multiplications that an entry of it counts as, at least: 800 MB in all.
const ENTRY: usize = 30;

impl LeafDrift {
    /// Whether the leaf stays: no charge drifts.
    #[must_use]
    pub fn is_invariant(&self) -> bool {
        self.relative <= INVARIANT
    }

    /// Whether the drift restores every charge at first order, in one inner product for all w; what does not
    /// is left to higher orders, and repels nowhere.
    #[must_use]
    pub fn attracts(&self) -> bool {
        let all = self.restoring.as_ref();
        all.is_some_and(|r| r.rank == self.charges) && self.contraction > CONTRACTS
    }
}

/// The drift at a balanced point.
///
/// # Errors
/// Floating linear algebra that does not converge.
pub fn leaf_drift(split: &Split, fields: &[AffineField], theta: &[f64]) -> Result<LeafDrift> {
    leaf_drift_in(split, &OrbitFrame::new(fields, theta)?, theta)
}

/// The same in the frame of the point.
///
/// # Errors
/// Floating linear algebra that does not converge.
pub fn leaf_drift_in(split: &Split, frame: &OrbitFrame<'_>, theta: &[f64]) -> Result<LeafDrift> {
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
    let groups = groups(frame, &linear, theta.len());
    let mut found = LeafDrift {
        drift,
        relative,
        restoring: None,
        charges: 0,
        contraction: 0.0,
    };
    if groups.iter().map(Group::cost).sum::<f64>() <= LARGEST {
        found.restore(&groups, &linear, theta)?;
    }
    Ok(found)
}

impl LeafDrift {
    /// One decision on the singular values of all groups, and the least contraction of any.
    fn restore(
        &mut self,
        groups: &[Group<'_>],
        symmetric: &[&AffineField],
        theta: &[f64],
    ) -> Result<()> {
        let (mut of_m, mut of_gamma, mut rows) = (Vec::new(), Vec::new(), 0);
        self.contraction = 1.0;
        for group in groups {
            let columns = columns(group, symmetric)?;
            let moved = moved(group, symmetric, theta);
            rows += columns.rows;
            of_m.extend(singular_values(&columns).map_err(numerical)?);
            of_gamma.extend(singular_values(&moved).map_err(numerical)?);
            self.contraction = self.contraction.min(contraction(&columns, &moved)?);
        }
        let cols = symmetric.len();
        let decide = |what: &str, mut all: Vec<f64>, rows: usize| {
            all.sort_by(|a: &f64, b| b.total_cmp(a));
            rank::decide(what, &all, rows, cols, RankOptions::default())
        };
        let rows = rows.max(theta.len());
        self.restoring = Some(decide("drift that restores the charges", of_m, rows));
        self.charges = decide("charges at the point", of_gamma, theta.len()).rank;
        Ok(())
    }
}

/// A_aθ, one column for each field of a group.
fn moved(group: &Group<'_>, symmetric: &[&AffineField], theta: &[f64]) -> Matrix {
    let place: HashMap<usize, usize> = group.coords.iter().copied().zip(0..).collect();
    let mut columns = Matrix::zeros(group.coords.len(), group.fields.len());
    for (a, number) in group.fields.iter().enumerate() {
        for (i, j, x) in &symmetric[*number].linear {
            columns[(place[i], a)] += x * theta[*j];
        }
    }
    columns
}

/// The least eigenvalue of ½(MΓ⁺ + Γ⁺M) on the range of Γ, relative to the largest; M = CᵀC, Γ = VᵀV.
fn contraction(columns: &Matrix, moved: &Matrix) -> Result<f64> {
    let gamma = moved.transpose_matmul(moved).map_err(numerical)?;
    let m = columns.transpose_matmul(columns).map_err(numerical)?;
    let eigen = symmetric_eigen(&gamma).map_err(numerical)?;
    let top = eigen.values.iter().fold(0.0_f64, |t, x| t.max(x.abs()));
    let live: Vec<usize> = (0..eigen.values.len())
        .filter(|k| eigen.values[*k] > STABILISER * top)
        .collect();
    // Generators that all fix the point have no charge to lose.
    if live.is_empty() {
        return Ok(1.0);
    }
    let basis = Matrix::from_fn(gamma.rows, live.len(), |i, j| eigen.vectors[(i, live[j])]);
    let turned = m.matmul(&basis).map_err(numerical)?;
    let turned = basis.transpose_matmul(&turned).map_err(numerical)?;
    let both = Matrix::from_fn(live.len(), live.len(), |i, j| {
        let over = |k: usize| 1.0 / eigen.values[live[k]];
        turned[(i, j)] * (over(i) + over(j)) / 2.0
    });
    let values = symmetric_eigen(&both).map_err(numerical)?.values;
    let top = values.iter().fold(0.0_f64, |t, x| t.max(x.abs()));
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    Ok(if top > 0.0 { least / top } else { 0.0 })
}

/// Symmetric fields that share coordinates with one another or with the orbit: K is a matrix for each.
#[derive(Default)]
struct Group<'a> {
    coords: Vec<usize>,
    /// Numbers of the fields.
    fields: Vec<usize>,
    /// The orbit's tangent space there, by blocks.
    tangent: Vec<(&'a [usize], &'a Matrix)>,
}

impl Group<'_> {
    fn dimension(&self) -> usize {
        self.tangent.iter().map(|t| t.1.cols).sum()
    }

    /// Numbers that say what P_H leaves of a vector: its coordinates in the normal space where that is the thin side.
    fn across(&self) -> usize {
        let (r, d) = (self.dimension(), self.coords.len());
        if r < d && d < 2 * r { d - r } else { d }
    }

    /// Multiplications for its matrix, and its entries where they are more of a burden.
    fn cost(&self) -> f64 {
        let (p, r) = (self.fields.len(), self.dimension());
        p as f64 * r as f64 * self.across() as f64 * r.max(ENTRY) as f64
    }
}

fn groups<'a>(frame: &'a OrbitFrame<'_>, symmetric: &[&AffineField], d: usize) -> Vec<Group<'a>> {
    let mut connected = Connected::new(d);
    let blocks = frame.tangent();
    for (coords, _) in &blocks {
        connected.join_all(coords.iter().copied());
    }
    for field in symmetric {
        connected.join_all(field.linear.iter().flat_map(|e| [e.0, e.1]));
    }
    let mut groups: BTreeMap<usize, Group<'a>> = BTreeMap::new();
    for (number, field) in symmetric.iter().enumerate() {
        let root = connected.root(field.linear[0].0);
        groups.entry(root).or_default().fields.push(number);
    }
    for i in 0..d {
        if let Some(group) = groups.get_mut(&connected.root(i)) {
            group.coords.push(i);
        }
    }
    for (coords, tangent) in blocks {
        if let Some(group) = groups.get_mut(&connected.root(coords[0])) {
            group.tangent.push((coords, tangent));
        }
    }
    groups.into_values().collect()
}

/// (P_H A_a e)_e, one column for each field of a group; in an orthonormal basis of the normal space where that is the thin
/// side, which has the same products.
fn columns(group: &Group<'_>, symmetric: &[&AffineField]) -> Result<Matrix> {
    let (width, r, thin) = (group.coords.len(), group.dimension(), group.across());
    let place: HashMap<usize, usize> = group.coords.iter().copied().zip(0..).collect();
    let mut tangent = Matrix::zeros(r, width);
    let mut first = 0;
    for (coords, own) in &group.tangent {
        for (i, coordinate) in coords.iter().enumerate() {
            for k in 0..own.cols {
                tangent.row_mut(first + k)[place[coordinate]] = own[(i, k)];
            }
        }
        first += own.cols;
    }
    let across_tangent = tangent.transpose();
    let normal = match thin < width {
        true => Some(complement(&tangent, thin)?),
        false => None,
    };
    let mut columns = Matrix::zeros(r * thin, group.fields.len());
    for (a, number) in group.fields.iter().enumerate() {
        let mut moved = Matrix::zeros(r, width);
        for (i, j, x) in &symmetric[*number].linear {
            let (i, j) = (place[i], place[j]);
            for e in 0..r {
                moved.row_mut(e)[i] += x * tangent[(e, j)];
            }
        }
        // Many scalings leave most directions alone.
        let live: Vec<usize> = (0..r)
            .filter(|e| moved.row(*e).iter().any(|x| *x != 0.0))
            .collect();
        let mut across = Matrix::from_fn(live.len(), width, |i, j| moved[(live[i], j)]);
        if let Some(normal) = &normal {
            across = across.matmul(normal).map_err(numerical)?;
        } else {
            // Twice: what is left of a vector along the orbit is rounding.
            for _ in 0..2 {
                let along = across.matmul(&across_tangent).map_err(numerical)?;
                let vertical = along.matmul(&tangent).map_err(numerical)?;
                across = across.add_scaled(-1.0, &vertical).map_err(numerical)?;
            }
        }
        for (i, e) in live.iter().enumerate() {
            for (j, x) in across.row(i).iter().enumerate() {
                columns.row_mut(e * thin + j)[a] = *x;
            }
        }
    }
    Ok(columns)
}

/// Orthonormal columns that span what is orthogonal to orthonormal rows, so many dimensions.
fn complement(rows: &Matrix, dimension: usize) -> Result<Matrix> {
    let along = rows.transpose_matmul(rows).map_err(numerical)?;
    let across = Matrix::identity(rows.cols).add_scaled(-1.0, &along);
    let q = column_pivoted_qr(&across.map_err(numerical)?)
        .map_err(numerical)?
        .q;
    Ok(Matrix::from_fn(rows.cols, dimension, |i, k| q[(i, k)]))
}
