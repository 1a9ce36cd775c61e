//! Which coordinates turn each block of the null space.
//!
//! J at θ with one coordinate changed is applied to two vectors v of the block. Where the function has no pieces and there are
//! few blocks, one derivative says it of all coordinates at once: that of J v with respect to θ_j is entry j of the derivative
//! of Jᵀc along v, summed over the outputs with weights c.

use super::blocks::Block;
use super::quotient::Quotient;
use crate::probe::{Probes, normals};
use symbias_model::error::Result;
use symbias_model::scalar::{Measured, Nilpotent};
use symbias_numerics::random::Stream;

/// Rows of J that a perturbed coordinate is tried on, each a sum over the probes of a share, at most so
/// many: a rarely active unit must be active in some.
const TRIED: u64 = 8;
const SHARE: u64 = 32;
/// Combinations of the rows of a probe without pieces, where there is no other.
const TRIED_TOGETHER: u64 = 2;
/// Changes of a coordinate that are tried: a factor, and what is added of another random point's.
const CHANGES: [(f64, f64); 2] = [(1.3, 0.02), (0.3, 1.0)];
/// Directional derivatives above this share of their size say that a block turns.
const TURNS: f64 = 1e-7;
/// A derivative of Jᵀc costs as much as so many rows.
const DERIVATIVE: usize = 30;

/// Finds the coordinates that turn each block at θ, from two vectors each, on the slice. J has full rank on `needed` rows of
/// the first probes.
///
/// # Errors
/// Those of the program.
pub(super) fn turned_by(
    probes: &Probes<'_>,
    quotient: &Quotient,
    (theta, needed): (&[f64], u64),
    vectors: &[Vec<f64>],
    blocks: &mut [Block],
) -> Result<()> {
    let changes = CHANGES.len() * quotient.kept.len();
    if !probes.is_piecewise() && vectors.len() * DERIVATIVE < changes {
        return by_derivatives(probes, quotient, theta, vectors, blocks);
    }
    let other = probes.point(OTHER);
    let among = among(probes, theta, needed)?;
    let sums = among.chunks(among.len().div_ceil(TRIED as usize).max(1));
    let sums: Vec<&[u64]> = sums.collect();
    for &j in &quotient.kept {
        let mut turned = vec![false; blocks.len()];
        for (factor, added) in CHANGES {
            let mut moved = theta.to_vec();
            // On the same side of 0: what is finite stays so.
            moved[j] = (moved[j].abs() * factor + added * other[j].abs()).copysign(moved[j]);
            for numbers in &sums {
                let row = sum_of_rows(probes, &moved, numbers)?;
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

/// By derivatives along the vectors, whose entries carry a share of themselves as an error: what exceeds its own is no sum
/// that cancels.
fn by_derivatives(
    probes: &Probes<'_>,
    quotient: &Quotient,
    theta: &[f64],
    vectors: &[Vec<f64>],
    blocks: &mut [Block],
) -> Result<()> {
    let number = |x: f64| Nilpotent::number(Measured::exact(x));
    for (k, vector) in vectors.iter().enumerate() {
        let mut moved: Vec<Nilpotent<Measured>> = theta.iter().map(|x| number(*x)).collect();
        for (i, v) in quotient.kept.iter().zip(vector).filter(|(_, v)| **v != 0.0) {
            let along = Measured::with_error(*v, TURNS * v);
            moved[*i] = moved[*i].moved(&Nilpotent::number(along));
        }
        for n in 0..tried(probes) {
            let (program, x) = probes.program(probes.cheap(n))?;
            let mut stream = Stream::new(19, n, ROWS);
            let c = normals(&mut stream, program.outputs())
                .into_iter()
                .map(number);
            let (x, c) = (
                x.into_iter().map(number).collect::<Vec<_>>(),
                c.collect::<Vec<_>>(),
            );
            let slopes = program.vjp(&moved, &x, &c).unwrap_or_default();
            let turns = |slope: &Nilpotent<Measured>| {
                let along = slope.derivative(1);
                along.value().value().abs() > along.value().error()
            };
            let columns = &mut blocks[k / 2].columns;
            let kept = quotient
                .kept
                .iter()
                .filter(|j| slopes.get(**j).is_some_and(turns));
            columns.extend(kept);
        }
    }
    Ok(())
}

/// Combinations of rows that are looked at: those of one probe without pieces are alive together.
fn tried(probes: &Probes<'_>) -> u64 {
    match probes.count() {
        Some(1) if !probes.is_piecewise() => TRIED_TOGETHER,
        _ => TRIED,
    }
}

/// Probes whose rows are added up at most: where every unit is always alive, one.
fn share(probes: &Probes<'_>, needed: u64) -> u64 {
    if !probes.is_piecewise() {
        return 1;
    }
    let inside = probes.outputs().max(1) as u64;
    (needed / inside / TRIED + 1).min(SHARE)
}

/// The probes whose rows are looked at: of a function of pieces those that are wanted for a coordinate which moves the outputs of
/// few. A row says nothing of what is dead in its probe, and more of what is alive in [`TRIED`] others adds nothing.
fn among(probes: &Probes<'_>, theta: &[f64], needed: u64) -> Result<Vec<u64>> {
    let all = tried(probes) * share(probes, needed);
    if !probes.is_piecewise() {
        return Ok((0..all).collect());
    }
    let mut alive = vec![0; theta.len()];
    let mut wanted = Vec::new();
    for number in 0..all {
        let row = sum_of_rows(probes, theta, &[number])?;
        let lives: Vec<usize> = (0..row.len()).filter(|i| row[*i] != 0.0).collect();
        if lives.iter().any(|i| alive[*i] < TRIED) {
            lives.iter().for_each(|i| alive[*i] += 1);
            wanted.push(number);
        }
    }
    Ok(wanted)
}

/// Rows of J that are looked at for one point, at most.
#[must_use]
pub(super) fn rows(probes: &Probes<'_>, needed: u64) -> usize {
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
fn sum_of_rows(probes: &Probes<'_>, theta: &[f64], numbers: &[u64]) -> Result<Vec<f64>> {
    let mut sum = vec![0.0; theta.len()];
    for number in numbers {
        let mut stream = Stream::new(19, *number, ROWS);
        let row = probes.row(theta, probes.cheap(*number), &mut stream)?;
        for (s, x) in sum.iter_mut().zip(row.unwrap_or_default()) {
            *s += x;
        }
    }
    Ok(sum)
}

/// The point whose coordinates replace single ones of θ, and the stream of the combinations of rows.
const OTHER: u64 = 1 << 44;
const ROWS: u64 = 25;
