//! The normal and the χ² distribution, in the forms that tests need, with relative errors below 1e-12.
//!
//! erfc comes from `libm`, since that of `statrs` 0.19 has relative errors up to 8e-11; the inverse and the incomplete
//! gamma function from `statrs`.

use libm::erfc;
use statrs::function::erf::erfc_inv;
use statrs::function::gamma::gamma_ur;
use std::f64::consts::SQRT_2;

/// Φ(z).
#[must_use]
pub fn cdf(z: f64) -> f64 {
    0.5 * erfc(-z / SQRT_2)
}

/// Φ⁻¹(p), infinite at 0 and 1.
#[must_use]
pub fn quantile(p: f64) -> f64 {
    -SQRT_2 * erfc_inv(2.0 * p)
}

/// P(|Z| ≥ |z|), of a two-sided test.
#[must_use]
pub fn two_sided(z: f64) -> f64 {
    erfc(z.abs() / SQRT_2)
}

/// P(χ²_k ≥ x) = Γ(k/2, x/2) / Γ(k/2); `None` for k = 0, where there is nothing to test.
#[must_use]
pub fn chi_squared_survival(x: f64, freedom: usize) -> Option<f64> {
    match freedom {
        0 => None,
        // The regularised function is not defined at 0 and underflows far out.
        _ if x <= 0.0 => Some(1.0),
        _ if x == f64::INFINITY => Some(0.0),
        k => Some(gamma_ur(k as f64 / 2.0, x / 2.0)),
    }
}
