//! Whether noise commutes: Dσ_k\[σ_l\] = Dσ_l\[σ_k\] for all columns, so that the iterated integrals of a step are products of its
//! increments (Kloeden and Platen 1992, §10.3).

use crate::scheme::System;
use symbias_model::error::{Error, ErrorKind, Result};

/// Columns that are looked at: the pairs of more are not worth their time, and of many none has been seen to commute.
const COLUMNS: usize = 24;

/// Brackets count as zero below this share of their terms. Derivatives are exact but for rounding, 1e-16 times the terms of a
/// sum; what does not commute at a generic point differs in the first digits.
const SHARE: f64 = 1e-9;

fn refuse(why: String) -> Error {
    Error::new(ErrorKind::Unsupported, why).remedy("take Euler-Maruyama or stochastic Heun")
}

/// Checks the brackets of all pairs of columns at the points in the lanes of x, which should be generic. A single column
/// always commutes.
///
/// # Errors
/// Two columns that do not commute, with their share; too many columns; no lane with finite numbers.
pub(crate) fn commutes<S: System<f64>>(system: &mut S, x: &[f64]) -> Result<()> {
    let (d, m, lanes) = (system.entries(), system.noises(), system.lanes());
    if m <= 1 {
        return Ok(());
    }
    if m > COLUMNS {
        return Err(refuse(format!(
            "Milstein needs commutative noise, which is looked at for up to {COLUMNS} noises, and the noise here has {m} (one \
             for each output and sample)"
        )));
    }
    let units: Vec<Vec<f64>> = (0..m)
        .map(|k| {
            let mut unit = vec![0.0; m * lanes];
            unit[k * lanes..(k + 1) * lanes].fill(1.0);
            unit
        })
        .collect();
    let columns: Vec<Vec<f64>> = units
        .iter()
        .map(|unit| {
            let mut column = vec![0.0; d * lanes];
            system.noise(x, unit, &mut column);
            column
        })
        .collect();
    let (mut one, mut other) = (vec![0.0; d * lanes], vec![0.0; d * lanes]);
    let mut seen = false;
    for k in 0..m {
        for l in 0..k {
            system.along(x, &columns[l], &units[k], &mut one);
            system.along(x, &columns[k], &units[l], &mut other);
            for r in 0..lanes {
                let at = |v: &[f64]| (0..d).map(|i| v[i * lanes + r]).collect::<Vec<f64>>();
                let (a, b) = (at(&one), at(&other));
                let size = a.iter().chain(&b).fold(0.0_f64, |s, x| s.max(x.abs()));
                if a.iter().chain(&b).any(|x| !x.is_finite()) {
                    continue;
                }
                seen = true;
                let apart = a
                    .iter()
                    .zip(&b)
                    .fold(0.0_f64, |s, (a, b)| s.max((a - b).abs()));
                if apart > SHARE * size {
                    return Err(refuse(format!(
                        "Milstein needs commutative noise, and noises {l} and {k} here do not commute: at a random point their \
                         bracket is {:.2} of its terms",
                        apart / size
                    )));
                }
            }
        }
    }
    if seen {
        return Ok(());
    }
    Err(refuse(
        "Milstein needs commutative noise, and the noise here is not finite at random points, where that could be seen"
            .to_owned(),
    ))
}
