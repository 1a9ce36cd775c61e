//! The rank of J in 31 digits, where those of f64 leave its gap weak.

use crate::probe::Probes;
use crate::rank::numerical;
use symbias_model::error::Result;
use symbias_model::scalar::Measured;
use symbias_numerics::extended::Extended;
use symbias_numerics::rank::{EXTENDED_SHARE, ExtendedRows, RankDecision};

/// Rank of J at a point with `used` probes; `None` where the program has a function without such digits. The
/// errors are those of f64, as bounded there, times what the longer operations leave of them.
///
/// # Errors
/// Those of the program; a shape that never occurs.
pub(crate) fn rank(probes: &Probes<'_>, theta: &[f64], used: u64) -> Result<Option<RankDecision>> {
    let d = theta.len();
    let long = |v: &[f64]| v.iter().map(|x| Extended::from(*x)).collect::<Vec<_>>();
    let exact = |v: &[f64]| v.iter().map(|x| Measured::exact(*x)).collect::<Vec<_>>();
    let mut rows = ExtendedRows::new(d);
    for probe in 0..probes.count().map_or(used, |n| n.min(used)) {
        let (program, x) = probes.program(probe)?;
        let (Some(found), Some(bounds)) = (
            program.jacobian(&long(theta), &long(&x)),
            program.jacobian(&exact(theta), &exact(&x)),
        ) else {
            return Ok(None);
        };
        for (row, bound) in found.iter().zip(&bounds) {
            let errors: Vec<f64> = bound.iter().map(|b| b.error() * EXTENDED_SHARE).collect();
            if errors.iter().all(|e| e.is_finite()) && row.iter().all(|x| x.high().is_finite()) {
                rows.push(row, Some(&errors)).map_err(numerical)?;
            }
        }
    }
    rows.rank("J").map(Some).map_err(numerical)
}
