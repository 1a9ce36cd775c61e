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
use crate::probe::Probes;
use std::ops::Range;
use symbias_model::error::Result;
use symbias_numerics::random::Stream;

/// A component of the null space at the point.
#[derive(Clone, Debug)]
pub struct Block {
    /// Coordinates that it moves.
    pub rows: Vec<usize>,
    /// Coordinates that it depends on.
    pub columns: Vec<usize>,
    /// Its dimension.
    pub nullity: usize,
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
/// Rows of J that a perturbed coordinate is tried on, each a sum over the probes of a share, at most so
/// many: a rarely active unit must be active in some.
const TRIED: u64 = 8;
const SHARE: u64 = 32;
/// Changes of a coordinate that are tried: a factor, and what is added of another random point's.
const CHANGES: [(f64, f64); 2] = [(1.3, 0.02), (0.3, 1.0)];
/// Directional derivatives above this share of their size say that a block turns.
const TURNS: f64 = 1e-7;

/// The blocks of the null space at the point, whose basis (of ker J at θ, one vector each) is given.
/// J has full rank on `needed` rows of the first probes.
///
/// # Errors
/// Those of the program.
pub fn blocks(
    probes: &Probes<'_>,
    quotient: &Quotient,
    (theta, needed): (&[f64], u64),
    kernel: &[Vec<f64>],
) -> Result<Vec<Block>> {
    let slid: Vec<Vec<f64>> = kernel
        .iter()
        .map(|n| {
            let on = quotient.slide(n);
            quotient.kept.iter().map(|i| on[*i]).collect()
        })
        .collect();
    let reduced = Echelon::of(slid);
    let (mut members, vectors) = components(&reduced, quotient);
    turned_by(probes, quotient, (theta, needed), &vectors, &mut members)?;
    Ok(members)
}

/// Coordinates joined where a reduced vector has entries on both; and the vectors of each block, one
/// random combination for every block.
fn components(reduced: &Echelon, quotient: &Quotient) -> (Vec<Block>, Vec<Vec<f64>>) {
    let n = quotient.kept.len();
    let mut root: Vec<usize> = (0..n).collect();
    fn find(root: &mut [usize], mut i: usize) -> usize {
        while root[i] != i {
            root[i] = root[root[i]];
            i = root[i];
        }
        i
    }
    for (row, pivot) in reduced.rows.iter().zip(&reduced.pivots) {
        for (i, x) in row.iter().enumerate() {
            if x.abs() > CONNECTED {
                let (a, b) = (find(&mut root, i), find(&mut root, *pivot));
                root[a.max(b)] = a.min(b);
            }
        }
    }
    let mut blocks: Vec<(usize, Block)> = Vec::new();
    let mut place = vec![usize::MAX; n];
    for pivot in &reduced.pivots {
        let r = find(&mut root, *pivot);
        if place[r] == usize::MAX {
            place[r] = blocks.len();
            let block = Block {
                rows: Vec::new(),
                columns: Vec::new(),
                nullity: 0,
            };
            blocks.push((r, block));
        }
        blocks[place[r]].1.nullity += 1;
    }
    for i in 0..n {
        let r = find(&mut root, i);
        if place[r] != usize::MAX {
            blocks[place[r]].1.rows.push(quotient.kept[i]);
        }
    }
    let mut stream = Stream::new(18, n as u64, COMBINED);
    let mut vectors = vec![vec![0.0; n]; 2 * blocks.len()];
    for (row, pivot) in reduced.rows.iter().zip(&reduced.pivots) {
        let block = place[find(&mut root, *pivot)];
        for half in 0..2 {
            let c = stream.next_normal();
            let sum = &mut vectors[2 * block + half];
            // What is below the threshold is rounding, and on the coordinates of other blocks.
            let entries = sum.iter_mut().zip(row).filter(|(_, x)| x.abs() > CONNECTED);
            entries.for_each(|(s, x)| *s += c * x);
        }
    }
    (blocks.into_iter().map(|b| b.1).collect(), vectors)
}

/// Finds the coordinates that turn each block: J at θ with one coordinate changed, applied to two
/// vectors of the block.
fn turned_by(
    probes: &Probes<'_>,
    quotient: &Quotient,
    (theta, needed): (&[f64], u64),
    vectors: &[Vec<f64>],
    blocks: &mut [Block],
) -> Result<()> {
    let other = probes.point(OTHER);
    let inside = probes.outputs().max(1) as u64;
    let share = (needed / inside / TRIED + 1).min(SHARE);
    for &j in &quotient.kept {
        let mut turned = vec![false; blocks.len()];
        for (factor, added) in CHANGES {
            let mut moved = theta.to_vec();
            // On the same side of 0: what is finite stays so.
            moved[j] = (moved[j].abs() * factor + added * other[j].abs()).copysign(moved[j]);
            for number in 0..TRIED {
                let row = sum_of_rows(probes, &moved, number * share..(number + 1) * share)?;
                turns(&row, quotient, vectors, &mut turned);
            }
        }
        for (block, turns) in blocks.iter_mut().zip(turned) {
            if turns {
                block.columns.push(j);
            }
        }
    }
    Ok(())
}

/// Marks the blocks of which J, one combination of its rows, no longer annihilates both vectors.
fn turns(row: &[f64], quotient: &Quotient, vectors: &[Vec<f64>], turned: &mut [bool]) {
    for (k, v) in vectors.iter().enumerate() {
        let (mut sum, mut size) = (0.0, 0.0_f64);
        for (i, x) in quotient.kept.iter().zip(v) {
            sum += row[*i] * x;
            size += (row[*i] * x).abs();
        }
        turned[k / 2] |= sum.abs() > TURNS * size;
    }
}

/// A random combination of rows of J for some probes.
fn sum_of_rows(probes: &Probes<'_>, theta: &[f64], range: Range<u64>) -> Result<Vec<f64>> {
    let mut sum = vec![0.0; theta.len()];
    for number in range {
        let mut stream = Stream::new(19, number, ROWS);
        let row = probes.row(theta, probes.cheap(number), &mut stream)?;
        for (s, x) in sum.iter_mut().zip(row.unwrap_or_default()) {
            *s += x;
        }
    }
    Ok(sum)
}

/// The point whose coordinates replace single ones of θ, and streams of the combinations.
const OTHER: u64 = 1 << 44;
const COMBINED: u64 = 24;
const ROWS: u64 = 25;
