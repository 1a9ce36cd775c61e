//! The balanced point of translations θ → θ + c, c in a subspace T: the projection onto its
//! orthogonal complement, where the charges ⟨b, θ⟩ vanish (centring).

use crate::field::AffineField;
use crate::rank::numerical;
use symbias_model::error::Result;
use symbias_numerics::dense::{Matrix, svd};
use symbias_numerics::rank::{RankOptions, decide};

fn of(fields: &[AffineField]) -> impl Iterator<Item = &AffineField> {
    fields
        .iter()
        .filter(|f| f.linear.is_empty() && !f.constant.is_empty())
}

/// What to add to θ: −B B⁺θ for the matrix B whose columns are the b's, coordinates that no
/// translation moves left out. Translations with no coordinate in common are projected apart.
pub(super) fn centring(fields: &[AffineField], theta: &[f64]) -> Result<Vec<(usize, f64)>> {
    let mut shift = Vec::new();
    let mut done: Vec<&AffineField> = of(fields).collect();
    while let Some(first) = done.pop() {
        // The translations connected to this one.
        let mut coords: std::collections::BTreeSet<usize> =
            first.constant.iter().map(|c| c.0).collect();
        let mut group = vec![first];
        loop {
            let (touching, rest): (Vec<_>, Vec<_>) = done
                .into_iter()
                .partition(|f| f.constant.iter().any(|c| coords.contains(&c.0)));
            done = rest;
            if touching.is_empty() {
                break;
            }
            coords.extend(touching.iter().flat_map(|f| f.constant.iter().map(|c| c.0)));
            group.extend(touching);
        }
        let coords: Vec<usize> = coords.into_iter().collect();
        shift.extend(projection(&coords, &group, theta)?);
    }
    shift.sort_by_key(|s| s.0);
    Ok(shift)
}

fn projection(
    coords: &[usize],
    group: &[&AffineField],
    theta: &[f64],
) -> Result<Vec<(usize, f64)>> {
    let mut b = Matrix::zeros(coords.len(), group.len());
    for (k, field) in group.iter().enumerate() {
        for (i, x) in &field.constant {
            if let Ok(at) = coords.binary_search(i) {
                b.row_mut(at)[k] += x;
            }
        }
    }
    let found = svd(&b).map_err(numerical)?;
    let rank = decide(
        "translations",
        &found.s,
        b.rows,
        b.cols,
        RankOptions::default(),
    )
    .rank;
    let part: Vec<f64> = coords.iter().map(|i| theta[*i]).collect();
    let mut by = vec![0.0; coords.len()];
    for k in 0..rank {
        let u = found.u.column(k);
        let along: f64 = u.iter().zip(&part).map(|(a, b)| a * b).sum();
        by.iter_mut().zip(&u).for_each(|(y, u)| *y -= along * u);
    }
    // What is a rounding of the entries is no motion: a centred point stays where it is.
    let size = part.iter().map(|x| x.abs()).fold(0.0, f64::max);
    if by.iter().all(|y| y.abs() <= ROUNDING * size) {
        return Ok(Vec::new());
    }
    Ok(coords.iter().copied().zip(by).collect())
}

/// Some roundings of a sum, relative to its largest entry.
const ROUNDING: f64 = 64.0 * f64::EPSILON;

/// The largest |⟨b, θ⟩| relative to ‖b‖₁ ‖θ‖_∞.
pub(super) fn residual(fields: &[AffineField], theta: &[f64]) -> f64 {
    let size = theta.iter().map(|x| x.abs()).fold(0.0, f64::max);
    of(fields)
        .map(|f| {
            let charge: f64 = f.constant.iter().map(|(i, b)| b * theta[*i]).sum();
            let norm: f64 = f.constant.iter().map(|c| c.1.abs()).sum();
            if size * norm > 0.0 {
                charge.abs() / (size * norm)
            } else {
                0.0
            }
        })
        .fold(0.0, f64::max)
}
