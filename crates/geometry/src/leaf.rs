//! The leaf of vanishing charges under horizontal noise C = 2T·P_H (theory §5.3).
//!
//! dμ_A = T tr(A P_H) dt, without noise of its own: charges only drift. With E an orthonormal basis
//! of the orbit's tangent space, d/dX_b tr(A_a P_H) = −2 Σ_e ⟨P_H A_a e, P_H A_b e⟩ along every
//! symmetric generator X_b, which is symmetric and never positive: the drift is minus the gradient
//! of a geodesically convex function on the orbit. Where it vanishes on the leaf it can only attract,
//! and does if that matrix is regular.

use crate::connected::Connected;
use crate::discover::structural::Split;
use crate::field::AffineField;
use crate::orbit::OrbitFrame;
use crate::rank::numerical;
use std::collections::{BTreeMap, HashMap};
use symbias_model::error::Result;
use symbias_numerics::dense::{Matrix, singular_values};
use symbias_numerics::rank::{self, RankDecision, RankOptions};

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
const LARGEST: f64 = 3e9;
/// Multiplications that an entry of it counts as, at least: 800 MB in all.
const ENTRY: usize = 30;

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
    let groups = groups(&frame, &linear, theta.len());
    let restoring = if groups.iter().map(Group::cost).sum::<f64>() > LARGEST {
        None
    } else {
        Some(restoring(&groups, &linear, theta.len())?)
    };
    Ok(LeafDrift {
        drift,
        relative,
        restoring,
        charges: linear.len(),
    })
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

    /// Multiplications for its matrix, and its entries where they are more of a burden.
    fn cost(&self) -> f64 {
        let (p, r, d) = (self.fields.len(), self.dimension(), self.coords.len());
        p as f64 * r as f64 * d as f64 * r.max(ENTRY) as f64
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

/// Rank of the map a ↦ (P_H A_a e)_e: one decision on the singular values of all groups.
fn restoring(groups: &[Group<'_>], symmetric: &[&AffineField], d: usize) -> Result<RankDecision> {
    let (mut all, mut rows) = (Vec::new(), 0);
    for group in groups {
        let columns = columns(group, symmetric)?;
        rows += columns.rows;
        all.extend(singular_values(&columns).map_err(numerical)?);
    }
    all.sort_by(|a: &f64, b| b.total_cmp(a));
    let what = "drift that restores the charges";
    let (rows, cols) = (rows.max(d), symmetric.len());
    Ok(rank::decide(what, &all, rows, cols, RankOptions::default()))
}

/// (P_H A_a e)_e, one column for each field of a group.
fn columns(group: &Group<'_>, symmetric: &[&AffineField]) -> Result<Matrix> {
    let (width, r) = (group.coords.len(), group.dimension());
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
    let mut columns = Matrix::zeros(r * width, group.fields.len());
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
        // Twice: what is left of a vector along the orbit is rounding.
        for _ in 0..2 {
            let along = across.matmul(&across_tangent).map_err(numerical)?;
            let vertical = along.matmul(&tangent).map_err(numerical)?;
            across = across.add_scaled(-1.0, &vertical).map_err(numerical)?;
        }
        for (i, e) in live.iter().enumerate() {
            for (j, x) in across.row(i).iter().enumerate() {
                columns.row_mut(e * width + j)[a] = *x;
            }
        }
    }
    Ok(columns)
}
