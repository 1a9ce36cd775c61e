//! The step size taken to zero: what a scheme of weak order p computes is a + b h^p + higher orders.
//!
//! Of distribution functions: F_h = F + h^p c + …, from independent samples at 2h (coarse) and h (fine)
//! F₀ = (2^p F_fine − F_coarse)/(2^p − 1) = F + higher orders. √n (F_n − F) tends to a Brownian bridge in F(x); the
//! two samples' bridges are independent, a combination w₁B₁ + w₂B₂ has the covariance (w₁² + w₂²)(s∧t − st), and so
//! F₀'s noise is that of one empirical distribution function of 1/(w₁²/n_fine + w₂²/n_coarse) values:
//!
//! n_eff = (2^p − 1)² / (4^p/n_fine + 1/n_coarse),
//!
//! to leading order in h (the bridges run in F_h, not in F).

use super::argument;
use super::empirical::Empirical;
use super::ks::{self, Test};
use super::line::Line;
use symbias_model::error::{Error, ErrorKind, Result};

/// Ratios of neighbouring steps count as equal within this; they are written as decimals.
const EQUAL_RATIOS: f64 = 1e-6;

/// Estimates at several steps: (step, value, standard error).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AtStep {
    /// h.
    pub step: f64,
    /// The estimate.
    pub value: f64,
    /// Its standard error.
    pub error: f64,
}

/// a + b h^p fitted to estimates at different steps. `intercept` is a, the value at h = 0, `slope` is b; `adequate` says
/// whether the leading order suffices.
///
/// # Errors
/// Fewer than two steps, steps or errors that are not positive, all steps the same, an order that is not positive.
pub fn fit(estimates: &[AtStep], order: f64) -> Result<Line> {
    argument::positive("the order", order)?;
    for e in estimates {
        argument::positive("a step", e.step)?;
    }
    let column = |f: fn(&AtStep) -> f64| -> Vec<f64> { estimates.iter().map(f).collect() };
    let powers: Vec<f64> = estimates.iter().map(|e| e.step.powf(order)).collect();
    Line::through(&powers, &column(|e| e.value), &column(|e| e.error))
}

/// (2^p − 1)² / (4^p/n_fine + 1/n_coarse); at p = 1 and equal sizes n/5, at p = 2 9n/17.
#[must_use]
pub fn effective(fine: f64, coarse: f64, order: f64) -> f64 {
    let ratio = order.exp2();
    (ratio - 1.0).powi(2) / (ratio * ratio / fine + 1.0 / coarse)
}

/// The Kolmogorov-Smirnov test of the extrapolated distribution function of samples at steps h and 2h, worth so many
/// independent values each, against a continuous distribution function: the limit law at √n_eff D.
///
/// # Errors
/// No values, values that are not finite; sizes or an order that are not positive; a function that is none.
pub fn ks(
    fine: (&[f64], f64),
    coarse: (&[f64], f64),
    order: f64,
    cdf: impl Fn(f64) -> f64,
) -> Result<Test> {
    argument::positive("the effective sample size", fine.1)?;
    argument::positive("the effective sample size", coarse.1)?;
    let empirical = Empirical::richardson(fine.0, coarse.0, order)?;
    ks::limit(&empirical, effective(fine.1, coarse.1, order), cdf)
}

/// An order that was measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Order {
    /// ln((m₁ − m₂)/(m₂ − m₃)) / ln r.
    pub value: f64,
    /// Its standard error, by linear propagation: to be trusted while it is small.
    pub error: f64,
}

/// The order seen in three estimates at steps h, h/r, h/r². `None` where the two differences have opposite signs or one
/// is zero: the estimates are not in the asymptotic regime, or noise hides it.
///
/// # Errors
/// Steps that do not fall by one ratio, numbers that are not positive or not finite.
pub fn observed_order(estimates: &[AtStep; 3]) -> Result<Option<Order>> {
    let [first, second, third] = estimates;
    for e in estimates {
        argument::positive("a step", e.step)?;
        argument::positive("a standard error", e.error)?;
        argument::sample("the estimates", &[e.value], 1)?;
    }
    let (ratio, next) = (first.step / second.step, second.step / third.step);
    if !(ratio > 1.0 && (next / ratio - 1.0).abs() <= EQUAL_RATIOS) {
        return Err(Error::new(
            ErrorKind::Value,
            format!(
                "the steps {}, {}, {} do not fall by one ratio",
                first.step, second.step, third.step
            ),
        )
        .remedy("give the steps h, h/2, h/4"));
    }
    let (upper, lower) = (first.value - second.value, second.value - third.value);
    // NaN, from 0/0, is not above 0 either.
    if !(upper / lower > 0.0 && (upper / lower).is_finite()) {
        return Ok(None);
    }
    let scale = ratio.ln();
    let slopes = [1.0 / upper, -1.0 / upper - 1.0 / lower, 1.0 / lower];
    let variance: f64 = estimates
        .iter()
        .zip(slopes)
        .map(|(e, s)| (s * e.error / scale).powi(2))
        .sum();
    Ok(Some(Order {
        value: (upper / lower).ln() / scale,
        error: variance.sqrt(),
    }))
}

/// A slope of log error against log h, for tests of an order, with its standard error: the line by weighted least
/// squares. The standard error of a logarithm is the relative one.
///
/// # Errors
/// As [`Line::through`].
pub fn slope(log_steps: &[f64], log_errors: &[f64], standard_errors: &[f64]) -> Result<Line> {
    Line::through(log_steps, log_errors, standard_errors)
}
