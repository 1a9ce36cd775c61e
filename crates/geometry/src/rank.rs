//! Rank of J at a generic point (theory §1): probes are added until it stops growing.

use crate::probe::Probes;
use symbias_model::error::{Error, ErrorKind, Result};
use symbias_numerics::dense::Matrix;
use symbias_numerics::field::{Fp, MERSENNE61};
use symbias_numerics::rank::{ExactRowSpace, RankDecision, RowSpace, schwartz_zippel};

/// Probes at least, before a rank that does not grow counts as settled.
const LEAST: u64 = 4;
/// How often the largest rank must have been seen, …
const SEEN: u32 = 8;
/// … or how many points compared (fewer where the bound is reached): the rank of a piecewise model may differ from piece to piece.
const POINTS: u64 = 48;
const COMPARED: u64 = 4;

/// The rank of J at generic points.
#[derive(Clone, Debug)]
pub struct GenericRank {
    /// The largest rank found.
    pub decision: RankDecision,
    /// Probes (samples) that were used for it.
    pub probes: u64,
    /// The point (of [`Probes::point`]) where it was found.
    pub point: u64,
    /// Smallest rank among the points, where pieces differ.
    pub smallest: usize,
}

/// Rank of J at generic parameters for generic inputs (or for the given ones). It cannot exceed
/// `bound`, d minus the dimension of a generic orbit: the search ends when it gets there.
///
/// # Errors
/// Those of the program; floating linear algebra that does not converge.
pub fn generic_rank(probes: &Probes<'_>, bound: usize) -> Result<GenericRank> {
    let mut best: Option<GenericRank> = None;
    let mut smallest = usize::MAX;
    let mut seen = 0;
    for number in 0..POINTS {
        let found = match probes.arithmetic().degree() {
            Some(degree) => exact(probes, number, degree, bound)?,
            None => floating(probes, number, bound)?,
        };
        smallest = smallest.min(found.decision.rank);
        let before = best.as_ref().map_or(0, |b| b.decision.rank);
        seen = if found.decision.rank > before {
            1
        } else {
            seen + u32::from(found.decision.rank == before)
        };
        if found.decision.rank > before || best.is_none() {
            best = Some(found);
        }
        // The rank of an analytic map is the same at almost every point.
        let reached = best.as_ref().is_some_and(|b| b.decision.rank == bound);
        if seen == SEEN || reached && number + 1 >= COMPARED || !probes.is_piecewise() {
            break;
        }
    }
    let mut best =
        best.ok_or_else(|| Error::new(ErrorKind::Numerical, "no point was evaluated"))?;
    best.smallest = smallest;
    Ok(best)
}

fn exact(probes: &Probes<'_>, number: u64, degree: u64, bound: usize) -> Result<GenericRank> {
    let d = probes.parameters();
    let theta = probes.exact_point(number);
    let mut space: ExactRowSpace<MERSENNE61> = ExactRowSpace::new(d);
    let used = until_idle(probes, bound, |range| {
        for probe in range {
            for row in probes.exact_rows(&theta, probe)?.unwrap_or_default() {
                let mut row: Vec<Fp<MERSENNE61>> = row.iter().map(|x| x.residue).collect();
                space.insert(&mut row);
            }
        }
        Ok(space.rank())
    })?;
    let error = schwartz_zippel(degree.saturating_mul(space.rank() as u64), 61, 1);
    let decision = space.decision("J", Some(error));
    Ok(GenericRank {
        decision,
        probes: used,
        point: number,
        smallest: 0,
    })
}

fn floating(probes: &Probes<'_>, number: u64, bound: usize) -> Result<GenericRank> {
    let d = probes.parameters();
    let theta = probes.point(number);
    let mut space = RowSpace::new(d);
    let mut decision = None;
    let used = until_idle(probes, bound, |range| {
        for probe in range {
            let rows = probes.rows(&theta, probe)?;
            if !rows.is_empty() {
                let block = Matrix::from_fn(rows.len(), d, |i, j| rows[i][j]);
                space.push_rows(&block).map_err(numerical)?;
            }
        }
        let found = space.rank("J").map_err(numerical)?;
        let rank = found.rank;
        decision = Some(found);
        Ok(rank)
    })?;
    let decision =
        decision.ok_or_else(|| Error::new(ErrorKind::Numerical, "no probe was evaluated"))?;
    Ok(GenericRank {
        decision,
        probes: used,
        point: number,
        smallest: 0,
    })
}

/// Doubles the number of probes until the rank has not grown, or is full; returns the number.
fn until_idle(
    probes: &Probes<'_>,
    full: usize,
    mut add: impl FnMut(std::ops::Range<u64>) -> Result<usize>,
) -> Result<u64> {
    // Inputs that reach a rarely active unit are rare.
    let patience = if probes.is_piecewise() { 2 } else { 1 };
    let (mut rank, mut done, mut target, mut idle) = (0, 0, 1, 0);
    loop {
        target = probes.count().map_or(target, |n| target.min(n));
        let next = add(done..target)?;
        idle = if done > 0 && next == rank && target >= LEAST {
            idle + 1
        } else {
            0
        };
        (rank, done) = (next, target);
        if idle >= patience || rank == full || probes.count() == Some(done) {
            return Ok(done);
        }
        target *= 2;
    }
}

/// An error of the linear algebra as the public error.
pub fn numerical(error: symbias_numerics::Error) -> Error {
    Error::new(ErrorKind::Numerical, error.to_string())
}
