//! Flats of the weights of a maximal abelian 𝔞 ⊂ 𝔭: the sets of weights that vanish on a subspace of 𝔞, up to
//! what looks alike.

use super::point::Action;
use crate::rank::numerical;
use std::collections::{BTreeMap, BTreeSet};
use std::f64::consts::SQRT_2;
use symbias_model::error::Result;
use symbias_numerics::dense::{Matrix, symmetric_eigen};
use symbias_numerics::random::Stream;
use symbias_numerics::rank::{RankOptions, nullspace_with, rank_with};

/// Sets of weights that are tried below one flat, and flats in all, at most.
const SETS: usize = 2000;
/// Sets that are chosen where there are more: a choice completes nothing, so that it is no larger than the flats that are looked at ask.
const CHOSEN: usize = 2 * FLATS;
const FLATS: usize = 64;
/// Errors of weights of an orthonormal basis, which are found by two decompositions.
const ROUNDED: f64 = 1e-9;
/// Streams.
const ELEMENT: u64 = 91;
const CHOICE: u64 = 92;

/// The space of a flat: orthonormal columns that span the vectors whose weights vanish on a subspace of 𝔞.
#[derive(Clone, Debug)]
pub(super) struct Flat {
    pub basis: Matrix,
}

/// A flat under way: the vectors of the eigenbasis that are in it.
#[derive(Clone)]
struct Open {
    members: Vec<usize>,
    rank: usize,
}

/// Flats up to what looks alike, the whole space first; and whether all were found.
pub(super) fn flats(action: &Action) -> Result<(Vec<Flat>, bool)> {
    let (vectors, weights) = weights(action)?;
    let n = action.size;
    let options = RankOptions {
        entry_error: ROUNDED,
        // Generators are orthonormal: brackets that vanish, and weights that do, leave rounding alone.
        noise: ROUNDED,
        ..RankOptions::default()
    };
    let rank_of = |members: &[usize]| -> Result<usize> {
        let rows = Matrix::from_fn(members.len(), weights.cols, |i, j| weights[(members[i], j)]);
        Ok(rank_with("weights", &rows, options)
            .map_err(numerical)?
            .rank)
    };
    let whole = Open {
        members: (0..n).collect(),
        rank: rank_of(&(0..n).collect::<Vec<_>>())?,
    };
    let mut seen: BTreeSet<Vec<i64>> = BTreeSet::from([signature(&weights, &whole)]);
    let (mut found, mut next, mut all) = (vec![whole], 0, true);
    // What follows a choice among too many is a choice as well: it completes nothing.
    while next < found.len() && all {
        let flat = found[next].clone();
        next += 1;
        let (children, complete) = below(&weights, &flat)?;
        all &= complete;
        for child in children {
            if found.len() == FLATS {
                all = false;
                break;
            }
            if seen.insert(signature(&weights, &child)) {
                found.push(child);
            }
        }
    }
    let flats = found.iter().map(|open| Flat {
        basis: Matrix::from_fn(n, open.members.len(), |i, j| vectors[(i, open.members[j])]),
    });
    Ok((flats.collect(), all))
}

/// An orthonormal basis in which 𝔞 is diagonal, and its weights there, one row a vector, in an orthonormal basis of 𝔞.
fn weights(action: &Action) -> Result<(Matrix, Matrix)> {
    let (n, p) = (action.size, action.symmetric.len());
    if p == 0 {
        return Ok((Matrix::identity(n), Matrix::zeros(n, 0)));
    }
    let mut stream = Stream::new(1, 0, ELEMENT);
    let mut element = Matrix::zeros(n, n);
    for a in &action.symmetric {
        add(&mut element, stream.next_normal(), a);
    }
    // Generators have few entries each.
    let sparse: Vec<Vec<(usize, usize, f64)>> = action.symmetric.iter().map(entries).collect();
    let vectors = symmetric_eigen(&element).map_err(numerical)?.vectors;
    let abelian = centraliser(&element, &sparse)?;
    // ⟨v_i, A_k v_i⟩, and the same of the members of 𝔞.
    let mut diagonal = Matrix::zeros(n, p);
    for (k, a) in sparse.iter().enumerate() {
        for (r, c, x) in a {
            let (left, right) = (vectors.row(*r), vectors.row(*c));
            for (i, (v, w)) in left.iter().zip(right).enumerate() {
                diagonal[(i, k)] += x * v * w;
            }
        }
    }
    Ok((vectors, diagonal.matmul(&abelian).map_err(numerical)?))
}

/// Coefficients of the elements of 𝔭 that commute with one of its elements, orthonormal columns.
fn centraliser(element: &Matrix, generators: &[Vec<(usize, usize, f64)>]) -> Result<Matrix> {
    // Brackets of symmetric matrices are antisymmetric: their entries above the diagonal, where any has one.
    let zero = || vec![0.0; generators.len()];
    let mut rows: BTreeMap<(usize, usize), Vec<f64>> = BTreeMap::from([((0, 0), zero())]);
    for (k, a) in generators.iter().enumerate() {
        let mut add = |i: usize, j: usize, x: f64| {
            if i < j && x != 0.0 {
                rows.entry((i, j)).or_insert_with(zero)[k] += x * SQRT_2;
            }
        };
        for (r, c, x) in a {
            for (i, e) in element.row(*r).iter().enumerate() {
                add(i, *c, x * e);
            }
            for (j, e) in element.row(*c).iter().enumerate() {
                add(*r, j, -x * e);
            }
        }
    }
    let count = rows.len();
    let rows = Matrix::from_vec(
        count,
        generators.len(),
        rows.into_values().flatten().collect(),
    );
    let options = RankOptions {
        entry_error: ROUNDED,
        // Generators are orthonormal: brackets that vanish, and weights that do, leave rounding alone.
        noise: ROUNDED,
        ..RankOptions::default()
    };
    let found = nullspace_with("centraliser in p", &rows.map_err(numerical)?, options);
    Ok(found.map_err(numerical)?.1)
}

/// The entries of a matrix that are not 0, by row and column.
fn entries(matrix: &Matrix) -> Vec<(usize, usize, f64)> {
    let all = matrix.data.iter().enumerate().filter(|(_, x)| **x != 0.0);
    all.map(|(k, x)| (k / matrix.cols, k % matrix.cols, *x))
        .collect()
}

/// A ← A + c B, of one shape.
pub(super) fn add(a: &mut Matrix, c: f64, b: &Matrix) {
    a.data
        .iter_mut()
        .zip(&b.data)
        .for_each(|(a, b)| *a += c * b);
}

/// The flats of one rank less inside a flat, and whether all were tried.
fn below(weights: &Matrix, flat: &Open) -> Result<(Vec<Open>, bool)> {
    let size = |i: usize| weights.row(i).iter().map(|x| x * x).sum::<f64>().sqrt();
    let of = &flat.members;
    let zero: Vec<usize> = of.iter().copied().filter(|i| size(*i) < 1e-7).collect();
    if flat.rank == 0 {
        return Ok((vec![], true));
    }
    if flat.rank == 1 {
        let apex = Open {
            members: zero,
            rank: 0,
        };
        return Ok((vec![apex], true));
    }
    // One weight of each line.
    let mut lines: Vec<usize> = Vec::new();
    for i in of.iter().copied().filter(|i| size(*i) >= 1e-7) {
        let parallel = |j: &usize| {
            let dot: f64 = weights
                .row(i)
                .iter()
                .zip(weights.row(*j))
                .map(|(a, b)| a * b)
                .sum();
            (dot.abs() - size(i) * size(*j)).abs() < 1e-7 * size(i) * size(*j)
        };
        if !lines.iter().any(parallel) {
            lines.push(i);
        }
    }
    let (sets, complete) = sets(lines.len(), flat.rank - 1);
    let mut found: Vec<Open> = Vec::new();
    let mut seen: BTreeSet<Vec<usize>> = BTreeSet::new();
    for set in sets {
        let Some(span) = orthonormal(weights, set.iter().map(|k| lines[*k])) else {
            continue;
        };
        let inside = |i: &usize| {
            let row = weights.row(*i);
            let mut rest = row.to_vec();
            for q in &span {
                let along: f64 = row.iter().zip(q).map(|(a, b)| a * b).sum();
                rest.iter_mut().zip(q).for_each(|(r, q)| *r -= along * q);
            }
            rest.iter().map(|x| x * x).sum::<f64>().sqrt() < 1e-7 * size(*i).max(1.0)
        };
        let members: Vec<usize> = of.iter().copied().filter(inside).collect();
        if seen.insert(members.clone()) {
            found.push(Open {
                members,
                rank: flat.rank - 1,
            });
        }
    }
    Ok((found, complete))
}

/// An orthonormal basis of the span of independent weights; `None` if they are dependent.
fn orthonormal(weights: &Matrix, of: impl Iterator<Item = usize>) -> Option<Vec<Vec<f64>>> {
    let mut basis: Vec<Vec<f64>> = Vec::new();
    for i in of {
        let row = weights.row(i);
        let size = row.iter().map(|x| x * x).sum::<f64>().sqrt();
        let mut rest = row.to_vec();
        for _ in 0..2 {
            for q in &basis {
                let along: f64 = rest.iter().zip(q).map(|(a, b)| a * b).sum();
                rest.iter_mut().zip(q).for_each(|(r, q)| *r -= along * q);
            }
        }
        let norm = rest.iter().map(|x| x * x).sum::<f64>().sqrt();
        if norm < 1e-7 * size {
            return None;
        }
        rest.iter_mut().for_each(|x| *x /= norm);
        basis.push(rest);
    }
    Some(basis)
}

/// Subsets of k of n, all of them or a random choice.
fn sets(n: usize, k: usize) -> (Vec<Vec<usize>>, bool) {
    let mut count = 1.0_f64;
    for i in 0..k {
        count *= (n - i.min(n)) as f64 / (i + 1) as f64;
    }
    if count <= SETS as f64 {
        let mut all = vec![vec![]];
        for _ in 0..k {
            let longer = |set: &Vec<usize>| {
                let first = set.last().map_or(0, |l| l + 1);
                (first..n)
                    .map(|i| [set.clone(), vec![i]].concat())
                    .collect::<Vec<_>>()
            };
            all = all.iter().flat_map(longer).collect();
        }
        return (all, true);
    }
    let mut stream = Stream::new(2, n as u64, CHOICE);
    let random = |_| {
        let mut order: Vec<usize> = (0..n).collect();
        for i in 0..k {
            let j = i + stream.next_below((n - i) as u64) as usize;
            order.swap(i, j);
        }
        order.truncate(k);
        order
    };
    ((0..CHOSEN).map(random).collect(), false)
}

/// What a flat looks like: numbers that elements of the Weyl group, which move 𝔞 by isometries, leave alone.
fn signature(weights: &Matrix, flat: &Open) -> Vec<i64> {
    let coarse = |x: f64| (x * 1e5).round() as i64;
    let k = flat.members.len();
    let mut products: Vec<i64> = Vec::with_capacity(k * (k + 1) / 2);
    for (a, i) in flat.members.iter().enumerate() {
        for j in &flat.members[..=a] {
            let dot: f64 = weights
                .row(*i)
                .iter()
                .zip(weights.row(*j))
                .map(|(x, y)| x * y)
                .sum();
            products.push(coarse(dot));
        }
    }
    products.sort_unstable();
    let mut signature = vec![flat.rank as i64, k as i64];
    signature.extend(products);
    signature
}
