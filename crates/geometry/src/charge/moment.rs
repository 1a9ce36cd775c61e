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
    // One equation for each entry above the diagonal that some field has.
    let mut equations = Equations::new(fields.len());
    for (k, field) in fields.iter().enumerate() {
        for (i, j, x) in field.linear.iter().filter(|(i, j, _)| i != j) {
            let (low, high, x) = if i < j { (i, j, *x) } else { (j, i, -*x) };
            equations.add(low * d + high, k, x);
        }
    }
    equations.solutions("antisymmetric parts", fields)
}

/// A basis of the antisymmetric linear fields in the span of `fields`: 𝔨, or as much of it as there
/// is.
///
/// # Errors
/// Floating linear algebra that does not converge.
pub fn antisymmetric_part(fields: &[AffineField], d: usize) -> Result<Vec<AffineField>> {
    let mut equations = Equations::new(fields.len());
    for (k, field) in fields.iter().enumerate() {
        for (i, j, x) in &field.linear {
            equations.add(i.min(j) * d + i.max(j), k, *x);
        }
        for (i, x) in &field.constant {
            equations.add(d * d + i, k, *x);
        }
    }
    equations.solutions("symmetric parts", fields)
}

/// The same span by linear fields and translations apart; `None` where some fields are neither (a
/// rotation about a point that is not the origin).
///
/// # Errors
/// Floating linear algebra that does not converge.
pub fn linear_and_translations(
    fields: &[AffineField],
    d: usize,
) -> Result<Option<Vec<AffineField>>> {
    let pure = |f: &AffineField| f.linear.is_empty() || f.constant.is_empty();
    if fields.iter().all(pure) {
        return Ok(Some(fields.to_vec()));
    }
    let (mut linear, mut constant) = (Equations::new(fields.len()), Equations::new(fields.len()));
    for (k, field) in fields.iter().enumerate() {
        for (i, j, x) in &field.linear {
            linear.add(i * d + j, k, *x);
        }
        for (i, x) in &field.constant {
            constant.add(*i, k, *x);
        }
    }
    let mut translations = linear.solutions("linear parts", fields)?;
    translations.iter_mut().for_each(|f| f.linear.clear());
    let mut apart = constant.solutions("translations", fields)?;
    apart.iter_mut().for_each(|f| f.constant.clear());
    apart.extend(translations);
    Ok((apart.len() == fields.len()).then_some(apart))
}

/// Linear equations in the coefficients of fields, one for each place.
struct Equations {
    unknowns: usize,
    rows: BTreeMap<usize, Vec<f64>>,
}

impl Equations {
    fn new(unknowns: usize) -> Equations {
        Equations {
            unknowns,
            rows: BTreeMap::new(),
        }
    }

    fn add(&mut self, place: usize, unknown: usize, x: f64) {
        let row = self.rows.entry(place);
        row.or_insert_with(|| vec![0.0; self.unknowns])[unknown] += x;
    }

    /// The fields that solve them.
    fn solutions(self, what: &str, fields: &[AffineField]) -> Result<Vec<AffineField>> {
        let rows: Vec<Vec<f64>> = self
            .rows
            .into_values()
            .filter(|r| r.iter().any(|x| *x != 0.0))
            .collect();
        let block = Matrix::from_fn(rows.len(), fields.len(), |i, j| rows[i][j]);
        // Fields that a floating null space found have entries with its error.
        let options = RankOptions {
            entry_error: ROUNDED,
            ..RankOptions::default()
        };
        let (_, basis) = nullspace_with(what, &block, options).map_err(numerical)?;
        Ok((0..basis.cols)
            .map(|k| combination(fields, &basis.column(k)))
            .collect())
    }
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

/// An orthonormal basis of the span of independent fields, in the Frobenius product of (A, b).
#[must_use]
pub fn orthonormal(fields: &[AffineField]) -> Vec<AffineField> {
    type Entries = BTreeMap<(usize, Option<usize>), f64>;
    let dot = |a: &Entries, b: &Entries| -> f64 {
        let both = a.iter().filter_map(|(k, x)| b.get(k).map(|y| x * y));
        both.sum()
    };
    let mut basis: Vec<Entries> = Vec::new();
    for field in fields {
        let mut entries = Entries::new();
        for (i, j, x) in &field.linear {
            *entries.entry((*i, Some(*j))).or_default() += x;
        }
        for (i, x) in &field.constant {
            *entries.entry((*i, None)).or_default() += x;
        }
        // Twice: what one pass leaves along the others is rounding.
        for _ in 0..2 {
            for other in &basis {
                let c = dot(&entries, other);
                if c != 0.0 {
                    for (key, x) in other {
                        *entries.entry(*key).or_default() -= c * x;
                    }
                }
            }
        }
        let norm = dot(&entries, &entries).sqrt();
        if norm > 0.0 {
            entries.values_mut().for_each(|x| *x /= norm);
            entries.retain(|_, x| x.abs() > SYMMETRIC);
            basis.push(entries);
        }
    }
    let field = |entries: Entries| {
        let mut field = AffineField::default();
        for ((i, j), x) in entries {
            match j {
                Some(j) => field.linear.push((i, j, x)),
                None => field.constant.push((i, x)),
            }
        }
        field
    };
    basis.into_iter().map(field).collect()
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
