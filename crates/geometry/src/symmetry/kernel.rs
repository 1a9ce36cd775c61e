//! ker J at a point.

use crate::probe::Probes;
use crate::rank::numerical;
use symbias_model::error::Result;
use symbias_model::scalar::Measured;
use symbias_numerics::dense::Matrix;
use symbias_numerics::rank::{RankDecision, measured_nullspace, measured_nullspace_of_rank};

/// Rows beyond the rank.
const SPARE: usize = 16;
/// Columns up to which singular vectors are computed for a rank that is known.
const SMALL: usize = 400;
/// The gap there, at least.
const LEAST_GAP: f64 = 1e3;

/// A basis of ker J(θ) at a point (of [`Probes::point`]), one vector each, and how its dimension was
/// decided. J has at most this rank, on so many probes; at a point where that is its rank it is `known`.
///
/// # Errors
/// Those of the program; floating linear algebra that does not converge.
pub fn kernel_at(
    probes: &Probes<'_>,
    theta: &[f64],
    (rank, used): (usize, u64),
    known: bool,
) -> Result<(RankDecision, Vec<Vec<f64>>)> {
    let (values, errors) = rows_at(probes, theta, (rank, used))?;
    let (decision, basis) =
        measured_nullspace("kernel of J", &values, &errors).map_err(numerical)?;
    if !known || decision.rank == rank || theta.len() > SMALL {
        return Ok((decision, columns(&basis)));
    }
    // A weak gap is cut where the rank was decided, if there is one.
    let (gap, basis) = measured_nullspace_of_rank(&values, &errors, rank).map_err(numerical)?;
    // Rows that are too few leave zeros on both sides.
    if gap < LEAST_GAP || !gap.is_finite() && decision.rank < rank {
        return Ok((decision, columns(&basis)));
    }
    let known = RankDecision {
        rank,
        gap,
        ..decision
    };
    Ok((known, columns(&basis)))
}

/// Rows of J at a point, a few times as many as its rank, and bounds on their errors.
pub(super) fn rows_at(
    probes: &Probes<'_>,
    theta: &[f64],
    (rank, used): (usize, u64),
) -> Result<(Matrix, Matrix)> {
    let used = (2 * used).max(16);
    let used = probes.count().map_or(used, |n| n.min(used));
    // All probes have a share, or one with many outputs would leave no room for what others say.
    let share = (4 * rank + 64).div_ceil(used as usize).max(SPARE / 2);
    let most = if used == 1 { rank + SPARE } else { share };
    let (mut values, mut errors, mut rows) = (Vec::new(), Vec::new(), 0);
    for probe in 0..used {
        probes.measured_rows(theta, probe, most, &mut |row| {
            values.extend(row.iter().map(Measured::value));
            errors.extend(row.iter().map(Measured::error));
            rows += 1;
        })?;
    }
    let matrix = |data| Matrix::from_vec(rows, theta.len(), data).map_err(numerical);
    Ok((matrix(values)?, matrix(errors)?))
}

fn columns(basis: &Matrix) -> Vec<Vec<f64>> {
    (0..basis.cols).map(|k| basis.column(k)).collect()
}
