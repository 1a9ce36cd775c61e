//! Which pieces of a function of pieces (relu, abs, max) random probes reach. A symmetry or a rank that
//! holds on the pieces that were met says nothing of the others: inputs are widened by powers of
//! ten until every piece of every unit was met, and what no probe reaches is said.

use super::Probes;
use crate::rank::numerical;
use std::cmp::Reverse;
use std::collections::BTreeSet;
use symbias_model::error::Result;
use symbias_numerics::dense::Matrix;
use symbias_numerics::rank::rank;

/// Powers of ten by which inputs are widened, at most.
const DECADES: u32 = 6;
/// Points and samples looked at for each power.
const POINTS: u64 = 8;
const SAMPLES: u64 = 12;
/// They are those of no other search.
const FIRST_POINT: u64 = 1 << 42;
/// Evaluations of operations spent on the survey, at most.
const WORK: usize = 200_000_000;

/// The pieces of a function, and how many of them probes reach.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pieces {
    /// Pieces in all: two for each relu or abs, one for each argument of a maximum.
    pub all: usize,
    /// Those that some probe met.
    pub met: usize,
}

impl Pieces {
    /// Whether every piece of every unit was met.
    #[must_use]
    pub fn are_met(&self) -> bool {
        self.met == self.all
    }
}

/// The pieces, and the power of ten up to which inputs have to be widened to meet them.
pub(super) fn survey(probes: &Probes<'_>) -> (Pieces, u32) {
    let program = &probes.program;
    let kinks = program.kinks();
    let all = kinks.iter().map(|k| k.pieces).sum();
    let mut met: BTreeSet<(usize, usize)> = BTreeSet::new();
    let mut needed = 0;
    let affordable = WORK / program.len().max(1);
    // Given data are the inputs there are, and without inputs there is nothing to widen.
    let widens = probes.data.is_none() && program.inputs() > 0;
    let decades = if widens { DECADES } else { 0 };
    let mut spent = 0;
    for decade in 0..=decades {
        let before = met.len();
        for number in 0..POINTS * SAMPLES {
            if met.len() == all || spent >= affordable as u64 {
                break;
            }
            spent += 1;
            let point = if widens { number / SAMPLES } else { number };
            let theta = probes.point(FIRST_POINT + point);
            let mut x = probes.inputs(number).flat;
            let wide = 10_f64.powi(decade as i32);
            x.iter_mut().for_each(|x| *x *= wide);
            let pieces = program.pieces(&kinks, &theta, &x).unwrap_or_default();
            met.extend(pieces.into_iter().enumerate());
        }
        if met.len() > before && decade > 0 {
            needed = decade;
        }
    }
    let pieces = Pieces {
        all,
        met: met.len(),
    };
    (pieces, needed)
}

/// Points that are looked at for each one that is asked for, and samples at each.
const CANDIDATES: u64 = 12;
const LOOKED: u64 = 24;

/// Numbers of `count` points. Where samples are finitely many and cheap: those where J at all of them has the largest rank by
/// a first look, and last the one where it has the least. Otherwise those at which the samples meet most pieces first, and
/// most combinations of them: where every unit is alive the rank is that of the function, and not that of one without its
/// dead units.
///
/// # Errors
/// Those of lowering the program of a sample; floating linear algebra that does not converge.
pub(super) fn points(probes: &Probes<'_>, count: u64) -> Result<Vec<u64>> {
    if let Some(found) = by_rank(probes, count)? {
        return Ok(found);
    }
    let program = &probes.program;
    let affordable = (WORK / program.len().max(1)) as u64 / LOOKED;
    let candidates = (CANDIDATES * count).min(affordable).max(count);
    let one_input = program.inputs() == 0 && !probes.selects();
    if !probes.is_piecewise() || affordable < count || one_input {
        return Ok((0..count).collect());
    }
    let samples = (0..LOOKED).map(|sample| probes.program(sample));
    let samples = samples.collect::<Result<Vec<_>>>()?;
    let kinks: Vec<_> = samples.iter().map(|(p, _)| p.kinks()).collect();
    let met = |number: u64| {
        let theta = probes.point(number);
        let (mut met, mut together) = (BTreeSet::new(), BTreeSet::new());
        for ((program, x), kinks) in samples.iter().zip(&kinks) {
            let pieces = program.pieces(kinks, &theta, x).unwrap_or_default();
            met.extend(pieces.iter().copied().enumerate());
            together.insert(pieces);
        }
        (met.len(), together.len())
    };
    let mut by: Vec<_> = (0..candidates).map(|n| (met(n), n)).collect();
    by.sort_by_key(|(met, n)| (Reverse(*met), *n));
    by.truncate(count as usize);
    Ok(by.into_iter().map(|e| e.1).collect())
}

/// `None` where samples are not finitely many, or where a first look at some more points than are asked for costs too much.
fn by_rank(probes: &Probes<'_>, count: u64) -> Result<Option<Vec<u64>>> {
    let (Some(samples), true) = (probes.count(), probes.is_piecewise()) else {
        return Ok(None);
    };
    let (rows, d) = (samples as usize * probes.outputs(), probes.parameters());
    let one = rows * probes.length() + rows * d * rows.min(d);
    let candidates = (CANDIDATES * count).min((WORK / one.max(1)) as u64 / LOOKED);
    if candidates <= count {
        return Ok(None);
    }
    let look = |number: u64| {
        let theta = probes.point(number);
        let mut all = Matrix::zeros(0, d);
        for sample in 0..samples {
            let found = probes.rows(&theta, sample)?;
            all.rows += found.len();
            all.data.extend(found.into_iter().flatten());
        }
        Ok((rank("J", &all).map_err(numerical)?.rank, number))
    };
    let mut by = (0..candidates).map(look).collect::<Result<Vec<_>>>()?;
    by.sort_by_key(|(rank, n)| (Reverse(*rank), *n));
    let least = by.pop();
    by.truncate(count as usize - 1);
    by.extend(least);
    Ok(Some(by.into_iter().map(|e| e.1).collect()))
}
