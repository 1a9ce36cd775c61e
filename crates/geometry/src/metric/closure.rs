//! Whether K is a function of w on the leaf of fixed charges through θ (theory §4).
//!
//! Along a generator J(gθ) = J(θ)g⁻¹, hence dK[Xθ] = −J(X + Xᵀ)Jᵀ: only the symmetric part of X
//! changes K. The directions that keep both w and the charges are {X : ⟨ξ_a, Xθ⟩ = 0 for all a ∈ 𝔭};
//! K is a function of w near θ if none of them has a symmetric part that J sees.

use crate::factor::Split;
use crate::field::AffineField;
use crate::orbit::gram;
use crate::probe::normals;
use crate::rank::numerical;
use symbias_model::error::Result;
use symbias_numerics::dense::Matrix;
use symbias_numerics::random::Stream;
use symbias_numerics::rank::nullspace;

/// What the test measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Closure {
    /// Dimension of the directions that keep w and the charges.
    pub directions: usize,
    /// Largest ‖J(X + Xᵀ)Jᵀ‖ over ‖J‖²‖X‖ among random such directions.
    pub change: f64,
}

/// Relative change up to which K counts as constant: a null space to 1e-14, some hundred terms.
const CONSTANT: f64 = 1e-9;
/// Random directions that are tried; one generic direction would do.
const TRIED: u64 = 4;
/// Rows of J, at most; more are replaced by so many random combinations.
const ROWS: usize = 12;

impl Closure {
    /// Whether K is a function of w, as far as the directions tried can tell.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.change <= CONSTANT
    }
}

/// Tests at θ; `jacobian` is J(θ).
///
/// # Errors
/// Floating linear algebra that does not converge.
pub fn closure(split: &Split, theta: &[f64], jacobian: &[Vec<f64>]) -> Result<Closure> {
    let fields: Vec<AffineField> = [split.symmetric.clone(), split.antisymmetric.clone()].concat();
    let p = split.symmetric.len();
    if p == 0 || split.antisymmetric.is_empty() {
        // Isometric actions keep K; without 𝔨 nothing keeps the charges.
        return Ok(Closure {
            directions: split.antisymmetric.len(),
            change: 0.0,
        });
    }
    let gram = gram::matrix(&fields, theta)?;
    let rows = Matrix::from_fn(p, fields.len(), |i, j| gram.row(i)[j]);
    let (_, null) = nullspace("directions that keep the charges", &rows).map_err(numerical)?;
    let mut change = 0.0_f64;
    let mut stream = Stream::new(1, 0, DIRECTIONS);
    let combined = combinations(jacobian, &mut stream);
    let jacobian = combined.as_deref().unwrap_or(jacobian);
    let scale: f64 = jacobian.iter().flatten().map(|x| x * x).sum();
    for _ in 0..if null.cols == 0 { 0 } else { TRIED } {
        let weights: Vec<f64> = (0..null.cols).map(|_| stream.next_normal()).collect();
        let x = null.apply(&weights).map_err(numerical)?;
        let size = x.iter().map(|x| x * x).sum::<f64>().sqrt();
        // A_𝔭 Jᵀ, then J of it.
        let moved: Vec<Vec<f64>> = jacobian
            .iter()
            .map(|row| {
                let mut sum = vec![0.0; theta.len()];
                for (field, c) in split.symmetric.iter().zip(&x) {
                    field.add_linear(row, *c, &mut sum);
                }
                sum
            })
            .collect();
        let mut square = 0.0;
        for a in jacobian {
            for b in &moved {
                let entry: f64 = a.iter().zip(b).map(|(x, y)| x * y).sum();
                square += entry * entry;
            }
        }
        if scale > 0.0 && size > 0.0 {
            change = change.max(2.0 * square.sqrt() / (scale * size));
        }
    }
    Ok(Closure {
        directions: null.cols,
        change,
    })
}

/// Random combinations of the rows, if there are many: an entry of J(X + Xᵀ)Jᵀ that does not vanish
/// shows in them.
fn combinations(rows: &[Vec<f64>], stream: &mut Stream) -> Option<Vec<Vec<f64>>> {
    (rows.len() > ROWS).then(|| {
        let one = |_| {
            let mut sum = vec![0.0; rows[0].len()];
            for (row, c) in rows.iter().zip(normals(stream, rows.len())) {
                sum.iter_mut().zip(row).for_each(|(s, x)| *s += c * x);
            }
            sum
        };
        (0..ROWS).map(one).collect()
    })
}

/// Stream of the random directions.
const DIRECTIONS: u64 = 61;
