//! The moment map μ_A(θ) = ½ θᵀAθ + ⟨b, θ⟩ of a symmetric generator ξ(θ) = Aθ + b (theory §2).

use crate::field::AffineField;
use crate::rank::numerical;
use std::collections::{BTreeMap, HashMap};
use symbias_model::error::Result;
use symbias_numerics::dense::Matrix;
use symbias_numerics::rank::{RankOptions, nullspace_with};

/// Relative asymmetry up to which A counts as symmetric: entries are sums of a few roundings.
const SYMMETRIC: f64 = 1e-12;

/// Relative error of the entries of fields that are not exact.
const ROUNDED: f64 = 1e-10;

/// Whether A = Aᵀ, so that the field is the gradient of μ.
#[must_use]
pub fn is_symmetric(field: &AffineField) -> bool {
    if field.linear.iter().all(|(i, j, _)| i == j) {
        return true;
    }
    let (mut entries, mut largest) = (HashMap::new(), 0.0_f64);
    for (i, j, x) in &field.linear {
        *entries.entry((*i, *j)).or_insert(0.0) += x;
    }
    entries
        .values()
        .for_each(|x: &f64| largest = largest.max(x.abs()));
    entries.iter().all(|((i, j), x)| {
        let mirrored = entries.get(&(*j, *i)).copied().unwrap_or(0.0);
        (x - mirrored).abs() <= SYMMETRIC * largest
    })
}

/// A basis of the symmetric fields in the span of `fields`: 𝔭 and the translations, or as much of
/// them as there is. A is symmetric where its antisymmetric part vanishes, linear equations in
/// the coefficients.
///
/// # Errors
/// Floating linear algebra that does not converge.
pub fn symmetric_part(fields: &[AffineField], d: usize) -> Result<Vec<AffineField>> {
    if fields.iter().all(is_symmetric) {
        return Ok(fields.to_vec());
    }
    let rows = equations(fields, d);
    // Fields that no equation connects are solved apart: E_ij and E_ji of each pair.
    let mut group: Vec<usize> = (0..fields.len()).collect();
    let find = |group: &[usize], mut k: usize| {
        while group[k] != k {
            k = group[k];
        }
        k
    };
    for row in &rows {
        for (k, _) in row {
            let (a, b) = (find(&group, row[0].0), find(&group, *k));
            group[a.max(b)] = a.min(b);
        }
    }
    let mut members: BTreeMap<usize, (Vec<usize>, Vec<usize>)> = BTreeMap::new();
    for k in 0..fields.len() {
        members.entry(find(&group, k)).or_default().0.push(k);
    }
    for (number, row) in rows.iter().enumerate() {
        let of = members.entry(find(&group, row[0].0)).or_default();
        of.1.push(number);
    }
    // Fields that a floating null space found have entries with its error.
    let options = RankOptions {
        entry_error: ROUNDED,
        ..RankOptions::default()
    };
    let mut found = Vec::new();
    for (members, own) in members.values() {
        let part: Vec<AffineField> = members.iter().map(|k| fields[*k].clone()).collect();
        let mut block = Matrix::zeros(own.len(), members.len());
        for (i, number) in own.iter().enumerate() {
            for (k, x) in &rows[*number] {
                if let Ok(at) = members.binary_search(k) {
                    block.row_mut(i)[at] = *x;
                }
            }
        }
        let (_, basis) =
            nullspace_with("antisymmetric parts", &block, options).map_err(numerical)?;
        found.extend((0..basis.cols).map(|k| combination(&part, &basis.column(k))));
    }
    Ok(found)
}

/// The equations for the coefficients of a symmetric combination: one for each entry above the
/// diagonal that some field has, as sparse rows (field, coefficient), each once.
fn equations(fields: &[AffineField], d: usize) -> Vec<Vec<(usize, f64)>> {
    let mut entries: Vec<(usize, usize, f64)> = Vec::new();
    for (k, field) in fields.iter().enumerate() {
        for (i, j, x) in field.linear.iter().filter(|(i, j, _)| i != j) {
            let (low, high, x) = if i < j { (i, j, *x) } else { (j, i, -*x) };
            entries.push((low * d + high, k, x));
        }
    }
    entries.sort_by_key(|e| (e.0, e.1));
    let mut rows = Vec::new();
    for place in entries.chunk_by(|a, b| a.0 == b.0) {
        let mut row: Vec<(usize, f64)> = Vec::new();
        for (_, k, x) in place {
            match row.last_mut() {
                Some(last) if last.0 == *k => last.1 += x,
                _ => row.push((*k, *x)),
            }
        }
        row.retain(|(_, x)| *x != 0.0);
        // One sign for a row and its negative: tensors with the dual action have the same.
        if row.first().is_some_and(|f| f.1 < 0.0) {
            row.iter_mut().for_each(|(_, x)| *x = -*x);
        }
        if !row.is_empty() {
            rows.push(row);
        }
    }
    let key = |row: &[(usize, f64)]| -> Vec<(usize, u64)> {
        row.iter().map(|(k, x)| (*k, x.to_bits())).collect()
    };
    rows.sort_by_cached_key(|row| key(row));
    rows.dedup();
    rows
}

/// Σ_a c_a ξ_a; coefficients that are roundings are dropped.
fn combination(fields: &[AffineField], c: &[f64]) -> AffineField {
    let mut sum = AffineField::default();
    for (field, c) in fields.iter().zip(c).filter(|(_, c)| c.abs() > SYMMETRIC) {
        sum.linear
            .extend(field.linear.iter().map(|(i, j, x)| (*i, *j, c * x)));
        sum.constant
            .extend(field.constant.iter().map(|(i, x)| (*i, c * x)));
    }
    sum
}

/// μ(θ) of a symmetric field.
#[must_use]
pub fn value(field: &AffineField, theta: &[f64]) -> f64 {
    let quadratic: f64 = field
        .linear
        .iter()
        .map(|(i, j, x)| x * theta[*i] * theta[*j])
        .sum();
    let linear: f64 = field.constant.iter().map(|(i, x)| x * theta[*i]).sum();
    quadratic / 2.0 + linear
}

/// What one step of gradient descent θ − ηg adds to μ, exactly (theory §2.2):
/// μ(θ − ηg) = μ(θ) − η⟨ξ(θ), g⟩ + (η²/2) gᵀAg, where the middle term vanishes for the gradient
/// of a loss that the field leaves alone.
#[must_use]
pub fn step_drift(field: &AffineField, gradient: &[f64], rate: f64) -> f64 {
    rate * rate / 2.0 * quadratic_form(field, gradient)
}

/// gᵀAg.
#[must_use]
pub fn quadratic_form(field: &AffineField, g: &[f64]) -> f64 {
    field.linear.iter().map(|(i, j, x)| x * g[*i] * g[*j]).sum()
}

/// What one step of SGD adds to μ in expectation (theory §2.3):
/// (η²/2)(ḡᵀAḡ + tr(AΣ)), from the gradients of equally likely minibatches, whose mean is ḡ and
/// whose covariance is Σ; the sum is the mean of gᵀAg.
#[must_use]
pub fn expected_step_drift(field: &AffineField, minibatches: &[Vec<f64>], rate: f64) -> f64 {
    let mean: f64 = minibatches
        .iter()
        .map(|g| quadratic_form(field, g))
        .sum::<f64>();
    rate * rate / 2.0 * mean / minibatches.len().max(1) as f64
}

/// μ after a step of gradient descent with decoupled weight decay λ (theory §2.3), for a field
/// that leaves the loss alone: (1−ηλ)² times its quadratic and (1−ηλ) times its linear part,
/// plus the drift.
#[must_use]
pub fn after_decayed_step(
    field: &AffineField,
    theta: &[f64],
    gradient: &[f64],
    rate: f64,
    decay: f64,
) -> f64 {
    let keep = 1.0 - rate * decay;
    let quadratic = quadratic_form(field, theta) / 2.0;
    let linear: f64 = field.constant.iter().map(|(i, x)| x * theta[*i]).sum();
    // A field that leaves the loss alone has ⟨Aθ + b, g⟩ = 0, hence ⟨Aθ, g⟩ = −⟨b, g⟩.
    let moved: f64 = field.constant.iter().map(|(i, x)| x * gradient[*i]).sum();
    keep * keep * quadratic
        + keep * linear
        + (keep - 1.0) * rate * moved
        + step_drift(field, gradient, rate)
}
