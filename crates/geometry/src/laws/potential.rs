//! Potentials: functions of w, so constant on orbits; and formulas that agree with numbers.

use super::Check;
use super::group::invariance;
use crate::field::AffineField;
use symbias_model::error::Result;

/// Relative difference of a formula from numbers.
pub const FORMULA: f64 = 1e-8;

/// A potential is constant along the orbits.
///
/// # Errors
/// Those of [`crate::gauge::transport`].
pub fn constant_on_orbits(
    what: &str,
    fields: &[AffineField],
    value: &dyn Fn(&[f64]) -> Option<f64>,
    points: &[Vec<f64>],
) -> Result<Check> {
    // A shift, so that a potential near 0 has a size.
    let shifted = |theta: &[f64]| value(theta).map(|v| vec![v, 1.0]);
    invariance(what, fields, &shifted, points)
}

/// A closed form against numbers.
#[must_use]
pub fn closed_form(what: &str, number: f64, formula: f64) -> Check {
    let error = (number - formula).abs() / number.abs().max(formula.abs()).max(1.0);
    Check::new(
        format!("{what}: formula against numbers"),
        if error.is_nan() { f64::INFINITY } else { error },
        FORMULA,
    )
}
