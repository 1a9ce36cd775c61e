//! What a caller may give: samples of finite numbers, probabilities, sizes.

use symbias_model::error::{Error, ErrorKind, Result};

/// How far outside [0, 1], or below an earlier value, a distribution function may come out: it is often a quadrature.
const CDF_SLACK: f64 = 1e-9;

/// An error about a value.
pub(super) fn value(message: String, remedy: &str) -> Error {
    Error::new(ErrorKind::Value, message).remedy(remedy)
}

/// A sample has at least `least` numbers, and they are finite.
pub(super) fn sample(name: &str, values: &[f64], least: usize) -> Result<()> {
    if values.len() < least {
        return Err(Error::new(
            ErrorKind::Shape,
            format!(
                "{name} has {} values and needs at least {least}",
                values.len()
            ),
        )
        .remedy("run more replicas or look at more steps"));
    }
    match values.iter().position(|x| !x.is_finite()) {
        None => Ok(()),
        Some(i) => Err(value(
            format!(
                "{name} has the value {} at {i}, which is not finite",
                values[i]
            ),
            "leave divergent replicas out and count them as lost",
        )),
    }
}

/// A number strictly between 0 and 1.
pub(super) fn probability(name: &str, p: f64) -> Result<()> {
    if p > 0.0 && p < 1.0 {
        return Ok(());
    }
    Err(value(
        format!("{name} is {p}, and has to lie between 0 and 1"),
        "0.01 and 0.05 are usual",
    ))
}

/// A finite number above 0.
pub(super) fn positive(name: &str, x: f64) -> Result<()> {
    if x > 0.0 && x.is_finite() {
        return Ok(());
    }
    Err(value(
        format!("{name} is {x}, and has to be finite and above 0"),
        "give a positive number",
    ))
}

/// A count that is not 0.
pub(super) fn count(name: &str, n: usize) -> Result<()> {
    if n > 0 {
        return Ok(());
    }
    Err(value(
        format!("{name} is 0, and has to be at least 1"),
        "give a positive number",
    ))
}

/// F(x), which is not below `before`, the value at an earlier place; clamped to [0, 1].
pub(super) fn cdf(cdf: &impl Fn(f64) -> f64, x: f64, before: f64) -> Result<f64> {
    let p = cdf(x);
    if !(-CDF_SLACK..=1.0 + CDF_SLACK).contains(&p) {
        return Err(value(
            format!("the distribution function is {p} at {x}, outside of 0 to 1"),
            "give P(X ≤ x), normalised",
        ));
    }
    if p < before - CDF_SLACK {
        return Err(value(
            format!("the distribution function falls to {p} at {x}, from {before} before"),
            "give P(X ≤ x), which never falls",
        ));
    }
    Ok(p.clamp(0.0, 1.0))
}

/// The numbers in order.
pub(super) fn sorted(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted
}
