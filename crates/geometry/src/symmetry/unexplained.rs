//! Flat directions that belong to no symmetry found: on which tensors they live, as sparsely as they can
//! be written.

use super::echelon::{Echelon, eliminate};
use crate::field::AffineField;
use symbias_model::space::ParameterSpace;

/// Directions of ker J outside the orbit, on the fewest tensors that hold them.
#[derive(Clone, Debug, PartialEq)]
pub struct Unexplained {
    /// Names of the tensors.
    pub tensors: Vec<String>,
    /// A basis, sparse where there is a sparse one; vectors in θ.
    pub directions: Vec<Vec<f64>>,
}

/// Tensors up to which all pairs are tried.
const PAIRS: usize = 24;
/// Entries of unit vectors that are none.
const ROUNDING: f64 = 1e-9;

/// Locates ker J modulo the orbit: first what lives on single tensors, then on two, then the rest. `fields`
/// generate the orbit of θ.
#[must_use]
pub fn unexplained(
    space: &ParameterSpace,
    kernel: &[Vec<f64>],
    fields: &[AffineField],
    theta: &[f64],
    directions: usize,
) -> Vec<Unexplained> {
    let orbit: Vec<Vec<f64>> = fields.iter().map(|f| f.at(theta)).collect();
    let mut known = Echelon::of(orbit);
    let blocks = space.blocks();
    let mut sets: Vec<Vec<usize>> = (0..blocks.len()).map(|b| vec![b]).collect();
    if blocks.len() <= PAIRS {
        sets.extend((0..blocks.len()).flat_map(|a| (a + 1..blocks.len()).map(move |b| vec![a, b])));
    }
    sets.push((0..blocks.len()).collect());
    let mut found: Vec<Unexplained> = Vec::new();
    let mut left = directions;
    for set in sets {
        if left == 0 {
            break;
        }
        let inside: Vec<bool> = {
            let mut inside = vec![false; theta.len()];
            for b in &set {
                inside[blocks[*b].range()].fill(true);
            }
            inside
        };
        let here = supported(kernel, &inside);
        // Their own sparse form is kept: reduced by what is known they would move other tensors too.
        let mut new = Echelon::of(here).cleaned().rows;
        new.retain(|row| known.add(row.clone()));
        if new.is_empty() {
            continue;
        }
        left = left.saturating_sub(new.len());
        let touched = |b: &usize| {
            let range = blocks[*b].range();
            new.iter()
                .any(|row| row[range.clone()].iter().any(|x| *x != 0.0))
        };
        found.push(Unexplained {
            tensors: set
                .iter()
                .filter(|b| touched(b))
                .map(|b| blocks[*b].name.clone())
                .collect(),
            directions: new,
        });
    }
    found
}

/// The vectors in the span of `kernel` that vanish outside: those combinations that eliminate all
/// other coordinates.
fn supported(kernel: &[Vec<f64>], inside: &[bool]) -> Vec<Vec<f64>> {
    let outside: Vec<usize> = (0..inside.len()).filter(|i| !inside[*i]).collect();
    if outside.is_empty() {
        return kernel.to_vec();
    }
    // (outside part | inside part): what has no pivot outside lives inside.
    let n = outside.len();
    let mut order = outside;
    order.extend((0..inside.len()).filter(|i| inside[*i]));
    let mut rows: Vec<Vec<f64>> = kernel
        .iter()
        .map(|v| order.iter().map(|i| v[*i]).collect())
        .collect();
    rows.retain(|r| r.iter().any(|x| *x != 0.0));
    let _ = eliminate(&mut rows, n, ROUNDING);
    let inside = |row: Vec<f64>| {
        let mut v = vec![0.0; order.len()];
        for (i, x) in order.iter().zip(row).skip(n) {
            v[*i] = x;
        }
        v
    };
    rows.into_iter().map(inside).collect()
}
