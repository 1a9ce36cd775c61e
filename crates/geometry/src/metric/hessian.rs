//! Whether K⁻¹ is the Hessian of a potential Q in the coordinates w, so that gradient flow on the
//! leaf is mirror flow (theory §4.1): ∂_k(K⁻¹)_ij must be symmetric in all three indices.
//!
//! w moves along e on the leaf when θ moves along h(e) = JᵀK⁻¹e, which is horizontal and so keeps
//! the charges; then dK = J′Jᵀ + JJ′ᵀ with J′ = ∇²w h, and dK⁻¹ = −K⁻¹ dK K⁻¹.

use super::map::PredictorMap;
use crate::rank::numerical;
use symbias_model::error::Result;
use symbias_numerics::dense::{Matrix, least_squares};
use symbias_numerics::random::Stream;
use symbias_numerics::rank;

/// What the test measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Hessian {
    /// Entries of w, and the rank of K: w ranges over an open set only if they agree.
    pub entries: usize,
    /// Rank of K.
    pub rank: usize,
    /// Largest relative asymmetry of ∂_k(K⁻¹)_ij; `None` where K has no inverse.
    pub asymmetry: Option<f64>,
}

/// Relative asymmetry up to which a third-order tensor counts as symmetric: two solves with K.
const SYMMETRIC: f64 = 1e-8;
/// Random triples of directions for each block.
const TRIED: usize = 3;

impl Hessian {
    /// Whether w ranges over an open set of its space.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.rank == self.entries
    }

    /// Whether K⁻¹ is a Hessian.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.is_open() && self.asymmetry.is_some_and(|a| a <= SYMMETRIC)
    }
}

/// Tests at θ.
///
/// # Errors
/// Undefined at θ; floating linear algebra that does not converge.
pub fn hessian(map: &dyn PredictorMap, theta: &[f64]) -> Result<Hessian> {
    let jacobian = map.jacobian(theta)?;
    let mut found = Hessian {
        entries: jacobian.len(),
        rank: 0,
        asymmetry: Some(0.0),
    };
    for (number, block) in map.blocks(theta)?.iter().enumerate() {
        let rows: Vec<&[f64]> = block.iter().map(|i| jacobian[*i].as_slice()).collect();
        let n = rows.len();
        let columns = Matrix::from_fn(theta.len(), n, |i, j| rows[j][i]);
        let decision = rank::rank("J of the effective weights", &columns).map_err(numerical)?;
        found.rank += decision.rank;
        if decision.rank < n {
            found.asymmetry = None;
            continue;
        }
        // One number has a symmetric derivative.
        if n == 1 {
            continue;
        }
        let k = columns.transpose_matmul(&columns).map_err(numerical)?;
        let mut stream = Stream::new(2, number as u64, TRIPLES);
        let mut directions = Matrix::zeros(n, 3 * TRIED);
        for c in 0..directions.cols {
            (0..n).for_each(|i| directions[(i, c)] = stream.next_normal());
        }
        // K is factored once for all of them.
        let solved = least_squares(&k, &directions).map_err(numerical)?;
        for tried in 0..TRIED {
            let triple = std::array::from_fn(|c| solved.column(3 * tried + c));
            let asymmetry = asymmetry(map, theta, block, &columns, &triple)?;
            found.asymmetry = found.asymmetry.map(|a| a.max(asymmetry));
        }
    }
    Ok(found)
}

/// |∂_g K⁻¹(e, f) − ∂_f K⁻¹(e, g)| relative to the terms, from K⁻¹e, K⁻¹f, K⁻¹g and Jᵀ.
fn asymmetry(
    map: &dyn PredictorMap,
    theta: &[f64],
    block: &[usize],
    columns: &Matrix,
    [a, b, c]: &[Vec<f64>; 3],
) -> Result<f64> {
    let lift = |v: &[f64]| columns.apply(v).map_err(numerical);
    // −aᵀ dK[h] b = −(⟨J′ᵀa, Jᵀb⟩ + ⟨Jᵀa, J′ᵀb⟩).
    let change = |h: &[f64], a: &[f64], b: &[f64]| -> Result<f64> {
        let all = map.jacobian_along(theta, h)?;
        let combine = |c: &[f64]| {
            let mut sum = vec![0.0; theta.len()];
            for (i, c) in block.iter().zip(c) {
                sum.iter_mut().zip(&all[*i]).for_each(|(s, x)| *s += c * x);
            }
            sum
        };
        let dot = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| x * y).sum::<f64>();
        Ok(dot(&combine(a), &lift(b)?) + dot(&lift(a)?, &combine(b)))
    };
    let first = change(&lift(c)?, a, b)?;
    let second = change(&lift(b)?, a, c)?;
    let third = change(&lift(a)?, b, c)?;
    let scale = first.abs().max(second.abs()).max(third.abs());
    Ok(if scale > 0.0 {
        (first - second).abs() / scale
    } else {
        0.0
    })
}

/// Stream of the random triples.
const TRIPLES: u64 = 62;
