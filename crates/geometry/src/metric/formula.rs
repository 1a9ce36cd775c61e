//! log pdet K in closed form, where the structure gives one.
//!
//! * z = ⊗_k a_k^{⊗m_k}, a_k ∈ ℝ^{n_k}, A_k = ‖a_k‖², R = Π A_k^{m_k}: changes of the norms move z
//!   along itself, R Σ m_k²/A_k; those of one direction are orthogonal to all others, m_k R/A_k with
//!   multiplicity n_k − 1. pdet K = (Σ_k m_k² R/A_k) Π_k (m_k R/A_k)^{n_k−1}.
//! * W = AᵀB, A r×N, B r×M: K X = X BᵀB + AᵀA X has the eigenvalues a_i + b_j, a and b the spectra of
//!   the stacks completed by zeros: Π_ij (a_i + b_j) Π a_i^{M−r} Π b_j^{N−r}.
//! * S = MᵀM: K X = 2(XS + SX): Π_{i ≤ j} 2(s_i + s_j), pairs of zeros left out; for M*M each pair
//!   i < j counts twice.

use crate::component::{Balance, Pair, Rotation, Structure, Torus, Turn, components, parts};
use crate::discover::structural::Factor;
use symbias_model::expression::Model;

/// log pdet K of the effective weights at θ; `None` where no formula is known.
#[must_use]
pub fn log_pdet(model: &Model, factors: &[Factor], theta: &[f64]) -> Option<f64> {
    let mut sum = 0.0;
    for component in components(factors, |_| true) {
        for part in parts(model, &component)? {
            sum += of_part(&part, theta)?;
        }
    }
    Some(sum)
}

/// log pdet K of the effective weights of one part of a component.
#[must_use]
pub fn of_part(part: &Structure, theta: &[f64]) -> Option<f64> {
    match part {
        Structure::Torus(torus) => of_torus(torus, theta),
        Structure::Pair(pair) => of_pair(pair, theta),
        Structure::Rotation(rotation) => of_rotation(rotation, theta),
        Structure::Translation(_) => Some(0.0),
        _ => None,
    }
}

fn of_torus(torus: &Torus, theta: &[f64]) -> Option<f64> {
    if torus.phase {
        // z z*, z of n complex entries: 4‖z‖² along z, twice ‖z‖² for each other real direction
        // that the phase does not take.
        let item = |i: usize| {
            let n = torus.groups[0].places.count(i) / 2;
            let square = torus.squares(i, theta)[0];
            (4.0 * square).ln() + 2.0 * (n as f64 - 1.0) * (2.0 * square).ln()
        };
        return (torus.groups.len() == 1).then(|| (0..torus.items()).map(item).sum());
    }
    let Balance::Unique(m) = torus.balance() else {
        return None;
    };
    let item = |i: usize| {
        let a = torus.squares(i, theta);
        let log_r: f64 = a.iter().zip(&m).map(|(a, m)| m * a.ln()).sum();
        let along: f64 = a.iter().zip(&m).map(|(a, m)| m * m / a).sum();
        let across = |(k, m): (usize, &f64)| {
            let n = torus.groups[k].places.count(i) as f64;
            (n - 1.0) * (m.ln() + log_r - a[k].ln())
        };
        log_r + along.ln() + m.iter().enumerate().map(across).sum::<f64>()
    };
    Some((0..torus.items()).map(item).sum())
}

fn of_pair(pair: &Pair, theta: &[f64]) -> Option<f64> {
    let copy = |c: usize| {
        let [a, b] = pair.eigenvalues(c, theta)?;
        let [p, q] = pair.places(c);
        let r = a.len();
        let (n, m) = (p[0].len(), q[0].len());
        // Wider than tall: the stacks have full rank r and the rest of the rows are zeros of K.
        (n >= r && m >= r).then_some(())?;
        let sums: f64 = a
            .iter()
            .flat_map(|x| b.iter().map(move |y| (x + y).ln()))
            .sum();
        let left: f64 = a.iter().map(|x| (m - r) as f64 * x.ln()).sum();
        let right: f64 = b.iter().map(|x| (n - r) as f64 * x.ln()).sum();
        Some(sums + left + right)
    };
    (0..pair.copies()).map(copy).sum()
}

fn of_rotation(rotation: &Rotation, theta: &[f64]) -> Option<f64> {
    let times = match (&rotation.turn, rotation.is_complex()) {
        (Turn::Orthogonal, false) => 1.0,
        (Turn::Unitary, true) => 2.0,
        _ => return None,
    };
    let copy = |c: usize| {
        let values = rotation.eigenvalues(c, theta)?;
        let width = rotation.places(c)[0].len();
        let zeros = (width - values.len()) as f64;
        let mut sum = 0.0;
        for (i, x) in values.iter().enumerate() {
            sum += (4.0 * x).ln() + times * zeros * (2.0 * x).ln();
            for y in &values[i + 1..] {
                sum += times * (2.0 * (x + y)).ln();
            }
        }
        Some(sum)
    };
    (0..rotation.copies()).map(copy).sum()
}
