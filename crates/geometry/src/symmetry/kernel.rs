//! ker J at the point where its rank was found.

use crate::probe::Probes;
use crate::rank::{GenericRank, numerical};
use symbias_model::error::Result;
use symbias_model::scalar::Measured;
use symbias_numerics::dense::Matrix;
use symbias_numerics::rank::measured_nullspace;

/// Rows beyond the rank.
const SPARE: usize = 16;

/// A basis of ker J(θ) at the point of the rank, one vector each; `None` where rounded numbers do not
/// give the dimension that was decided (a gap lost to rounding).
///
/// # Errors
/// Those of the program; floating linear algebra that does not converge.
pub fn kernel(probes: &Probes<'_>, rank: &GenericRank) -> Result<Option<Vec<Vec<f64>>>> {
    let d = probes.parameters();
    let theta = probes.point(rank.point);
    let most = rank.decision.rank + SPARE;
    let (mut values, mut errors, mut rows) = (Vec::new(), Vec::new(), 0);
    let probes_at_most = (2 * rank.probes).max(16);
    for probe in 0..probes.count().map_or(probes_at_most, |n| n.min(probes_at_most)) {
        for row in probes.measured_rows(&theta, probe, most)? {
            values.extend(row.iter().map(Measured::value));
            errors.extend(row.iter().map(Measured::error));
            rows += 1;
        }
        if rows > 3 * d + most {
            break;
        }
    }
    let matrix = |data| Matrix::from_vec(rows, d, data).map_err(numerical);
    let (decision, basis) =
        measured_nullspace("kernel of J", &matrix(values)?, &matrix(errors)?).map_err(numerical)?;
    let agrees = decision.rank == rank.decision.rank;
    Ok(agrees.then(|| (0..basis.cols).map(|k| basis.column(k)).collect()))
}
