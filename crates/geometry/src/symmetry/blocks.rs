//! Which coordinates a symmetry can move together, and on which it can depend: the null space of J
//! at a point, taken apart.
//!
//! ξ(θ) lies in N(θ) = ker J(θ) at every θ. If N = ⊕ N_b over disjoint sets of coordinates, each part
//! of ξ is a symmetry by itself; and if N_b(θ) does not change with θ_j, the column A e_j of its part
//! lies in N_b everywhere: it is a constant symmetry, of which none is left on the slice. So all affine
//! fields are found among those that move one block and depend on the coordinates that turn N_b:
//! no field is lost, and the unknowns of many small searches are far fewer than d(d + 1).

use super::echelon::Echelon;
use super::quotient::Quotient;
use super::turning::turned_by;
use crate::probe::Probes;
use std::collections::BTreeMap;
use symbias_model::error::Result;
use symbias_numerics::random::Stream;

/// A component of the null space at the point.
#[derive(Clone, Debug)]
pub struct Block {
    /// Coordinates that it moves.
    pub rows: Vec<usize>,
    /// Coordinates that it depends on.
    pub columns: Vec<usize>,
}

impl Block {
    /// Unknown coefficients of an affine field on it.
    #[must_use]
    pub fn unknowns(&self) -> usize {
        self.rows.len() * (self.columns.len() + 1)
    }
}

/// Entries of the reduced null vectors from which they count as different from zero.
const CONNECTED: f64 = 1e-9;

/// A point, and a basis of ker J there.
#[derive(Clone, Debug)]
pub struct Kernel {
    /// θ.
    pub theta: Vec<f64>,
    /// One vector each.
    pub vectors: Vec<Vec<f64>>,
}

/// The blocks of the null space, joined over the points: on another piece of a function of pieces ker J
/// is another space, and what is a symmetry everywhere is one on each. A coordinate that is in no null
/// vector at one of the points does not move. J has full rank on `needed` rows of the first probes.
///
/// # Errors
/// Those of the program.
pub(super) fn blocks(
    probes: &Probes<'_>,
    quotient: &Quotient,
    points: &[Reduced],
    needed: u64,
) -> Result<Vec<Block>> {
    let place = joined(points, quotient.kept.len());
    let count = place.iter().flatten().max().map_or(0, |m| m + 1);
    let mut blocks = vec![
        Block {
            rows: Vec::new(),
            columns: Vec::new(),
        };
        count
    ];
    for (i, block) in place.iter().enumerate() {
        if let Some(block) = block {
            blocks[*block].rows.push(quotient.kept[i]);
        }
    }
    for point in points {
        let vectors = combinations(&point.vectors, &place, count);
        turned_by(
            probes,
            quotient,
            (&point.theta, needed),
            &vectors,
            &mut blocks,
        )?;
    }
    blocks.iter_mut().for_each(|b| {
        b.columns.sort_unstable();
        b.columns.dedup();
    });
    blocks.retain(|b| !b.rows.is_empty());
    Ok(blocks)
}

/// A point, and the null vectors there on the slice.
pub(super) struct Reduced {
    theta: Vec<f64>,
    vectors: Echelon,
}

impl Reduced {
    pub fn new(quotient: &Quotient, kernel: &Kernel) -> Reduced {
        let slide = |n: &Vec<f64>| {
            let on = quotient.slide(n);
            quotient.kept.iter().map(|i| on[*i]).collect()
        };
        Reduced {
            theta: kernel.theta.clone(),
            vectors: Echelon::of(kernel.vectors.iter().map(slide).collect()),
        }
    }
}

/// Whether some coordinate is a block by itself: J does not see it at these points, although its translation is no symmetry.
/// Of an analytic function only rounding does that, as where a softmax or a tanh is saturated.
pub(super) fn is_dead_somewhere(quotient: &Quotient, points: &[Reduced]) -> bool {
    let place = joined(points, quotient.kept.len());
    let mut sizes = BTreeMap::new();
    for block in place.into_iter().flatten() {
        *sizes.entry(block).or_insert(0) += 1;
    }
    sizes.into_values().any(|n| n == 1)
}

/// For each coordinate of the slice its block: coordinates are joined where a reduced vector has entries
/// on both, at some point; none for one that is in no vector at one of them.
fn joined(points: &[Reduced], n: usize) -> Vec<Option<usize>> {
    let mut root: Vec<usize> = (0..n).collect();
    let mut moves = vec![true; n];
    for Reduced { vectors, .. } in points {
        let mut here = vec![false; n];
        for (row, pivot) in vectors.rows.iter().zip(&vectors.pivots) {
            for (i, _) in row.iter().enumerate().filter(|(_, x)| x.abs() > CONNECTED) {
                here[i] = true;
                let (a, b) = (find(&mut root, i), find(&mut root, *pivot));
                root[a.max(b)] = a.min(b);
            }
        }
        moves.iter_mut().zip(here).for_each(|(m, h)| *m &= h);
    }
    let mut number = vec![None; n];
    let mut count = 0;
    (0..n)
        .map(|i| {
            let r = find(&mut root, i);
            moves[i].then(|| {
                *number[r].get_or_insert_with(|| {
                    count += 1;
                    count - 1
                })
            })
        })
        .collect()
}

fn find(root: &mut [usize], mut i: usize) -> usize {
    while root[i] != i {
        root[i] = root[root[i]];
        i = root[i];
    }
    i
}

/// Two random combinations of the reduced vectors of each block.
fn combinations(reduced: &Echelon, place: &[Option<usize>], count: usize) -> Vec<Vec<f64>> {
    let n = place.len();
    let mut stream = Stream::new(18, n as u64, COMBINED);
    let mut vectors = vec![vec![0.0; n]; 2 * count];
    for row in &reduced.rows {
        let entries = || row.iter().enumerate().filter(|(_, x)| x.abs() > CONNECTED);
        let Some(block) = entries().find_map(|(i, _)| place[i]) else {
            continue;
        };
        for half in 0..2 {
            let c = stream.next_normal();
            // What is below the threshold is rounding, and on the coordinates of other blocks.
            entries().for_each(|(i, x)| vectors[2 * block + half][i] += c * x);
        }
    }
    vectors
}

/// Stream of the combinations.
const COMBINED: u64 = 24;
