//! Effective weights entry by entry, as polynomials of θ. Symmetric matrices are written in coordinates that keep
//! their norm (off-diagonal entries times √2).

use crate::metric::Monomial;

/// Monomials in a map, at most.
pub(crate) const LARGEST: usize = 400_000;

/// Polynomials, each a sum of monomials.
pub(super) type Entries = Vec<Vec<Monomial>>;

/// The effective weights of a structure.
#[derive(Clone, Debug, Default)]
pub struct Listed {
    /// z(θ), entry by entry.
    pub entries: Vec<Vec<Monomial>>,
    /// What they are, ASCII: `v[h] W[h,:]`; nothing where there are none.
    pub name: Option<String>,
}

pub(crate) fn single(place: usize) -> Monomial {
    Monomial {
        coefficient: 1.0,
        places: vec![place],
    }
}

pub(super) fn pair_of(coefficient: f64, p: usize, q: usize) -> Monomial {
    Monomial {
        coefficient,
        places: vec![p, q],
    }
}

/// What keeps the norm of a symmetric matrix that is written by its entries i ≤ j.
fn weight(i: usize, j: usize) -> f64 {
    if i == j {
        1.0
    } else {
        std::f64::consts::SQRT_2
    }
}

/// Entries i ≤ j of MᵀM, M given by rows, off-diagonal ones times √2.
pub(super) fn symmetric(rows: &[Vec<usize>]) -> Entries {
    let width = rows.first().map_or(0, Vec::len);
    let mut entries = Vec::new();
    for i in 0..width {
        for j in i..width {
            let c = weight(i, j);
            entries.push(rows.iter().map(|r| pair_of(c, r[i], r[j])).collect());
        }
    }
    entries
}

/// Entries i ≤ j of M*M, real and imaginary parts, off-diagonal ones times √2; rows of places of
/// the real parts.
pub(super) fn hermitian(rows: &[Vec<usize>]) -> Entries {
    let width = rows.first().map_or(0, Vec::len);
    let mut entries = Vec::new();
    for i in 0..width {
        for j in i..width {
            let c = weight(i, j);
            let real = rows
                .iter()
                .flat_map(|r| [pair_of(c, r[i], r[j]), pair_of(c, r[i] + 1, r[j] + 1)]);
            entries.push(real.collect());
            if i != j {
                let imaginary = rows
                    .iter()
                    .flat_map(|r| [pair_of(c, r[i], r[j] + 1), pair_of(-c, r[i] + 1, r[j])]);
                entries.push(imaginary.collect());
            }
        }
    }
    entries
}
