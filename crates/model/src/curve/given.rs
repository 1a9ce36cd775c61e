//! A table from a file: on each panel Σ_j c_j T_j(t), t = (2z − a − b)/(b − a), with a bound on its error.

use super::panels::Panels;
use crate::data::{Array, File, read_array};
use crate::error::{Error, ErrorKind, Result};

/// Series and what they may be wrong by.
pub(super) struct Given {
    pub panels: Panels,
    pub error: f64,
    /// What tells it from others.
    pub key: String,
}

/// Reads `key.breaks` (P + 1), `key.coefficients` (P, n) and `key.error` (one number).
pub(super) fn read(file: &File, key: &str) -> Result<Given> {
    let array = |part: &str| read_array(file, Some(&format!("{key}.{part}")));
    let fault = |what: String, remedy: &str| {
        let place = format!(
            "the table `{}` of `{}`: {what}",
            key.escape_debug(),
            file.shown()
        );
        Err(Error::new(ErrorKind::File, place).remedy(remedy.to_owned()))
    };
    let (breaks, coefficients, error) = (array("breaks")?, array("coefficients")?, array("error")?);
    let Array { shape, entries } = coefficients;
    let count = breaks.entries.len();
    if breaks.shape.len() != 1
        || count < 2
        || shape.len() != 2
        || shape[0] + 1 != count
        || shape[1] < 1
    {
        return fault(
            format!(
                "{key}.breaks has shape {:?}, {key}.coefficients {shape:?}",
                breaks.shape
            ),
            "breaks are P + 1 numbers, coefficients have shape (P, n): a row for each panel",
        );
    }
    if let Some(pair) = breaks.entries.windows(2).find(|p| p[0] >= p[1]) {
        return fault(
            format!("the break {} is followed by {}", pair[0], pair[1]),
            "breaks increase",
        );
    }
    let bound = match error.entries.as_slice() {
        [bound] if *bound >= 0.0 => *bound,
        other => {
            return fault(
                format!("{key}.error is {:?}", &other[..other.len().min(3)]),
                "one number from 0 on: how much a value may be wrong",
            );
        }
    };
    let size = entries.iter().fold(0.0_f64, |m, c| m.max(c.abs()));
    let key = format!("{:?} {:?} {bound:?}", bits(&breaks.entries), bits(&entries));
    let panels = Panels::given(breaks.entries, &entries);
    let (jump, at) = panels.jump();
    if jump > 2.0 * bound + 1e-12 * size {
        return fault(
            format!("at {at} the value jumps by {jump:.3e}, more than twice the error {bound:.3e}"),
            "panels meet: give a larger error, or series of the same function",
        );
    }
    Ok(Given {
        panels,
        error: bound,
        key,
    })
}

fn bits(x: &[f64]) -> Vec<u64> {
    x.iter().map(|x| x.to_bits()).collect()
}
