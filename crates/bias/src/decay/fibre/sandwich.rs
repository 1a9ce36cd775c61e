//! W = PMQ with M constant: the least ½(‖P‖² + ‖Q‖²) is Σ_i σ_i(W)/σ_i(M), singular values falling. It is attained at P = U_W √(σ(W)/σ(M)) U_Mᵀ
//! and Q in the same way; that there is no less: for any k indices I, Π_I σ_i(PMQ) ≤ Π_I σ_i(M) Π_{i≤k} σ_i(P)σ_i(Q) (Gelfand and Naimark), so
//! that log σ(W)/σ(M) is weakly majorised by log σ(P)σ(Q), exp is convex, and 2σ_i(P)σ_i(Q) ≤ σ_i(P)² + σ_i(Q)².
//! The semidefinite bound is less where M is no multiple of an isometry: each inner index serves once.

use symbias_geometry::metric::Polynomial;
use symbias_geometry::rank::numerical;
use symbias_model::error::Result;
use symbias_numerics::dense::{Matrix, svd};
use symbias_numerics::rank::{RankOptions, decide};

/// Entries of M that are equal to this share of the largest.
const SAME: f64 = 1e-12;

/// The coordinates of the rows of P and of the columns of Q, and M.
struct Sandwich {
    rows: Vec<Vec<usize>>,
    columns: Vec<Vec<usize>>,
    /// Row and column of each entry of the map.
    places: Vec<(usize, usize)>,
    middle: Matrix,
}

/// The least norm and where it is attained; `None` where the map is no such product.
pub(super) fn least(map: &Polynomial, target: &[f64], d: usize) -> Result<Option<(f64, Vec<f64>)>> {
    let Some(found) = Sandwich::of(map, d) else {
        return Ok(None);
    };
    let mut w = Matrix::zeros(found.rows.len(), found.columns.len());
    for ((i, j), x) in found.places.iter().zip(target) {
        w[(*i, *j)] = *x;
    }
    let outer = svd(&w).map_err(numerical)?;
    let inner = svd(&found.middle).map_err(numerical)?;
    let (m, n) = (found.middle.rows, found.middle.cols);
    let rank = decide("M", &inner.s, m, n, RankOptions::default()).rank;
    let count = rank.min(outer.s.len());
    let ratio = |i: usize| outer.s[i] / inner.s[i];
    let mut theta = vec![0.0; d];
    for i in 0..count {
        let root = ratio(i).sqrt();
        let mut fill = |sets: &[Vec<usize>], far: &Matrix, near: &Matrix| {
            for (k, set) in sets.iter().enumerate() {
                for (l, place) in set.iter().enumerate() {
                    theta[*place] += root * far[(k, i)] * near[(l, i)];
                }
            }
        };
        fill(&found.rows, &outer.u, &inner.u);
        fill(&found.columns, &outer.v, &inner.v);
    }
    Ok(Some(((0..count).map(ratio).sum(), theta)))
}

impl Sandwich {
    fn of(map: &Polynomial, d: usize) -> Option<Sandwich> {
        let side = sides(map, d)?;
        let (mut rows, mut columns): (Vec<Vec<usize>>, Vec<Vec<usize>>) = (Vec::new(), Vec::new());
        let (mut of_row, mut of_column) = (vec![None; d], vec![None; d]);
        let (mut places, mut middle) = (Vec::new(), None);
        for entry in &map.entries {
            let read = |wanted: bool| {
                let all = entry.iter().flat_map(|m| &m.places).copied();
                let mut set: Vec<usize> = all.filter(|p| side[*p] == wanted).collect();
                set.sort_unstable();
                set.dedup();
                set
            };
            let (left, right) = (read(false), read(true));
            let i = numbered(&left, &mut rows, &mut of_row)?;
            let j = numbered(&right, &mut columns, &mut of_column)?;
            let mut own = Matrix::zeros(left.len(), right.len());
            for m in entry {
                let [p, q] = m.places.as_slice() else {
                    return None;
                };
                let (p, q) = if side[*p] { (q, p) } else { (p, q) };
                let at = (left.binary_search(p).ok()?, right.binary_search(q).ok()?);
                own[at] += m.coefficient;
            }
            match &middle {
                None => middle = Some(own),
                Some(first) => {
                    let size = Matrix::max_abs(first);
                    let difference = own.add_scaled(-1.0, first).ok()?;
                    (difference.max_abs() <= SAME * size).then_some(())?;
                }
            }
            places.push((i, j));
        }
        let mut each = places.clone();
        each.sort_unstable();
        each.dedup();
        let whole = each.len() == places.len() && each.len() == rows.len() * columns.len();
        let middle = middle?;
        whole.then_some(Sandwich {
            rows,
            columns,
            places,
            middle,
        })
    }
}

/// The number of a set among sets that are disjoint.
fn numbered(set: &[usize], sets: &mut Vec<Vec<usize>>, of: &mut [Option<usize>]) -> Option<usize> {
    match of[*set.first()?] {
        Some(k) => (sets[k] == set).then_some(k),
        None => {
            set.iter().all(|p| of[*p].is_none()).then_some(())?;
            set.iter().for_each(|p| of[*p] = Some(sets.len()));
            sets.push(set.to_vec());
            Some(sets.len() - 1)
        }
    }
}

/// On which of two sides each coordinate is, if every monomial is a product of one from each.
fn sides(map: &Polynomial, d: usize) -> Option<Vec<bool>> {
    let mut beside: Vec<Vec<usize>> = vec![Vec::new(); d];
    for m in map.entries.iter().flatten() {
        let [p, q] = m.places.as_slice() else {
            return None;
        };
        beside[*p].push(*q);
        beside[*q].push(*p);
    }
    let mut side: Vec<Option<bool>> = vec![None; d];
    for first in 0..d {
        if side[first].is_some() {
            continue;
        }
        side[first] = Some(false);
        let mut open = vec![first];
        while let Some(p) = open.pop() {
            for q in &beside[p] {
                match side[*q] {
                    None => {
                        side[*q] = side[p].map(|s| !s);
                        open.push(*q);
                    }
                    known if known == side[p] => return None,
                    Some(_) => {}
                }
            }
        }
    }
    side.into_iter().collect()
}
