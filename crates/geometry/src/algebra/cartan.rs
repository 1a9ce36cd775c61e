//! The split of an algebra of affine fields by transposition, 𝔤 = 𝔨 ⊕ 𝔭 (theory §1).

use super::bracket::{CONSTANT, Entries, Key};
use super::decision::RankDecision;
use super::structure::split_gram;
use std::collections::HashMap;
use symbias_numerics::Error;
use symbias_numerics::dense::Matrix;

/// Antisymmetric, symmetric and constant fields in an algebra. A field (A, b) counts by its A;
/// a pure translation (A = 0) is the gradient of a linear charge and belongs to 𝔭.
#[derive(Clone, Debug)]
pub struct Cartan {
    /// Columns (coordinates in the algebra's basis) that span 𝔨 = {A = −Aᵀ} modulo translations.
    pub antisymmetric: Matrix,
    /// Columns that span 𝔭 = {A = Aᵀ}, translations included.
    pub symmetric: Matrix,
    /// Dimension of the pure translations.
    pub translations: usize,
    /// Whether 𝔨 ⊕ 𝔭 is all: the algebra contains the transpose of each of its A.
    pub closed: bool,
}

/// Frobenius Gram ⟨A_a, A_b⟩ and trace form tr(A_a A_b) of the linear parts.
pub(crate) fn forms(rows: &[Entries]) -> (Matrix, Matrix) {
    let n = rows.len();
    let mut places: HashMap<Key, Vec<(usize, f64)>> = HashMap::new();
    for (a, row) in rows.iter().enumerate() {
        for &(key, value) in &row.0 {
            if key.1 != CONSTANT {
                places.entry(key).or_default().push((a, value));
            }
        }
    }
    let (mut gram, mut trace) = (Matrix::zeros(n, n), Matrix::zeros(n, n));
    let mut keys: Vec<Key> = places.keys().copied().collect();
    keys.sort_unstable();
    for key in keys {
        let here = &places[&key];
        for &(a, x) in here {
            for &(b, y) in here {
                gram[(a, b)] += x * y;
            }
            for &(b, y) in places.get(&(key.1, key.0)).map_or(&[][..], Vec::as_slice) {
                trace[(a, b)] += x * y;
            }
        }
    }
    (gram, trace)
}

/// The split, from the forms: ‖A ∓ Aᵀ‖² = 2(⟨A, A⟩ ∓ tr A²).
pub(crate) fn split(
    gram: &Matrix,
    trace: &Matrix,
    decisions: &mut Vec<RankDecision>,
) -> Result<Cartan, Error> {
    let n = gram.rows;
    let (linear, constant, rank) = split_gram("linear parts", gram)?;
    decisions.push(rank);
    // Within the complement of the translations, where the Gram is positive definite.
    let reduce = |form: &Matrix| linear.transpose_matmul(&form.matmul(&linear)?);
    let (gram, trace) = (reduce(gram)?, reduce(trace)?);
    let (_, symmetric, rank) = split_gram("antisymmetric parts", &gram.add_scaled(-1.0, &trace)?)?;
    decisions.push(rank);
    let (_, antisymmetric, rank) = split_gram("symmetric parts", &gram.add_scaled(1.0, &trace)?)?;
    decisions.push(rank);
    let closed = symmetric.cols + antisymmetric.cols == linear.cols;
    let gradients = linear.matmul(&symmetric)?;
    Ok(Cartan {
        antisymmetric: linear.matmul(&antisymmetric)?,
        symmetric: Matrix::from_fn(n, gradients.cols + constant.cols, |i, j| {
            if j < gradients.cols {
                gradients[(i, j)]
            } else {
                constant[(i, j - gradients.cols)]
            }
        }),
        translations: constant.cols,
        closed,
    })
}
