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
pub fn blocks(
    probes: &Probes<'_>,
    quotient: &Quotient,
    points: &[Kernel],
    needed: u64,
) -> Result<Vec<Block>> {
    let on_slice = |kernel: &Kernel| {
        let slide = |n: &Vec<f64>| {
            let on = quotient.slide(n);
            quotient.kept.iter().map(|i| on[*i]).collect()
        };
        Echelon::of(kernel.vectors.iter().map(slide).collect())
    };
    let reduced: Vec<Echelon> = points.iter().map(on_slice).collect();
    let place = joined(&reduced, quotient.kept.len());
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
    for (kernel, reduced) in points.iter().zip(&reduced) {
        let vectors = combinations(reduced, &place, count);
        turned_by(
            probes,
            quotient,
            (&kernel.theta, needed),
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

/// For each coordinate of the slice its block: coordinates are joined where a reduced vector has entries
/// on both, at some point; none for one that is in no vector at one of them.
fn joined(reduced: &[Echelon], n: usize) -> Vec<Option<usize>> {
    let mut root: Vec<usize> = (0..n).collect();
    let mut moves = vec![true; n];
    for echelon in reduced {
        let mut here = vec![false; n];
        for (row, pivot) in echelon.rows.iter().zip(&echelon.pivots) {
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
    let share = share(probes, needed);
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

/// Probes whose rows are added up: where every unit is always alive, one.
fn share(probes: &Probes<'_>, needed: u64) -> u64 {
    if !probes.is_piecewise() {
        return 1;
    }
    let inside = probes.outputs().max(1) as u64;
    (needed / inside / TRIED + 1).min(SHARE)
}

/// Rows of J that [`blocks`] looks at for one point.
#[must_use]
pub fn rows(probes: &Probes<'_>, needed: u64) -> usize {
    let each = CHANGES.len() as u64 * TRIED * share(probes, needed);
    probes.parameters().saturating_mul(each as usize)
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
