//! Laws of S = XXᵀ, X n×r with r ≥ n, turned by so(r).
//!
//! In coordinates that keep the norm of symmetric matrices, J dX = dX Xᵀ + X dXᵀ has Jᵀ A = 2AX, so that K A = 2(AS + SA)
//! with eigenvalues 2(s_i + s_j), i ≤ j: det K = Π_i 4s_i Π_{i<j} 2(s_i + s_j). The volume dS is Π_{i<j}(s_i − s_j) ds times that
//! of the rotations. For n = 2, with τ = s_1 + s_2 and s_1 − s_2 = τ sin φ:
//!
//! | law | density of (s_1, s_2) | of (τ, φ) |
//! |---|---|---|
//! | isotropic (Wishart, §5.1) | (s_1 s_2)^{(r−3)/2} (s_1 − s_2) | τ^{r−1} sin φ cos^{r−2} φ |
//! | horizontal (§5.3) | (s_1 − s_2) (s_1 s_2 (s_1 + s_2))^{−1/2} | τ^{1/2} sin φ |
//!
//! each times e^{−ℓ/T}.

use super::super::chebyshev::{Panel, integral, resolved};
use super::super::density::{Density, positive};
use super::super::piece::golden;
use super::product::gamma;
use crate::noise::Temper;
use crate::potential::Law;
use std::f64::consts::FRAC_PI_2;
use symbias_model::error::{Error, ErrorKind, Result};

/// r ≥ n, and σ² = T/λ, the variance of the entries of X.
fn wishart(n: u32, r: u32, temper: Temper) -> Result<(f64, f64)> {
    if n == 0 || r < n {
        return Err(Error::new(
            ErrorKind::Shape,
            format!("X is {n} x {r}, and needs as many columns as rows, or more"),
        )
        .remedy("S = X X' has a density only then"));
    }
    let t = positive("the temperature", temper.temperature)?;
    let decay = positive("the weight decay", temper.decay)?;
    Ok((f64::from(r), t / decay))
}

/// tr S under p(S) ∝ e^{−λ tr S/(2T)} det(S)^{(r−n−1)/2}: a sum of nr squares, Gamma(nr/2, 2T/λ).
///
/// # Errors
/// r < n; T or λ that is not positive.
pub fn wishart_trace(n: u32, r: u32, temper: Temper) -> Result<Density> {
    let (r, variance) = wishart(n, r, temper)?;
    gamma(f64::from(n) * r / 2.0, 2.0 * variance)
}

/// A diagonal entry of S under the same law: Gamma(r/2, 2T/λ).
///
/// # Errors
/// r = 0; T or λ that is not positive.
pub fn wishart_entry(r: u32, temper: Temper) -> Result<Density> {
    let (r, variance) = wishart(1, r, temper)?;
    gamma(r / 2.0, 2.0 * variance)
}

/// det S for n = 2: the root z = √det S is Gamma(r − 1, T/λ) (2z/σ² is χ² with 2(r−1) degrees of freedom: Anderson,
/// *Multivariate Statistical Analysis*, §7.5), so that p(D) ∝ D^{r/2 − 3/2} e^{−√D λ/T}.
///
/// # Errors
/// r < 2; T or λ that is not positive.
pub fn wishart_determinant(r: u32, temper: Temper) -> Result<Density> {
    let (r, variance) = wishart(2, r, temper)?;
    let log = move |d: f64| (r - 3.0) / 2.0 * d.ln() - d.sqrt() / variance;
    Density::new(log, (0.0, f64::INFINITY), &[])
}

/// The largest eigenvalue of S for n = 2: the marginal of (s_1 s_2)^{(r−3)/2} (s_1 − s_2) e^{−(s_1+s_2)/2σ²}, σ² = T/λ; with
/// s_2 = s_1 v², ∝ s^{r−1} e^{−s/2σ²} ∫₀¹ v^{r−2} (1 − v²) e^{−s v²/2σ²} dv.
///
/// # Errors
/// r < 2; T or λ that is not positive.
pub fn wishart_largest(r: u32, temper: Temper) -> Result<Density> {
    let (r, variance) = wishart(2, r, temper)?;
    let log = move |s: f64| {
        let z = s / (2.0 * variance);
        // Beyond, the integrand is below rounding: v^{r−2} e^{−zv²} has its top at v² = (r − 2)/2z.
        let reach = ((40.0 + 2.0 * r) / z).sqrt().min(1.0);
        let inner = |v: f64| v.powf(r - 2.0) * (1.0 - v * v) * (-z * v * v).exp();
        // In units of the reach, which may be small.
        let sum = integral(
            |x| inner(reach * x) / reach.powf(r - 2.0),
            (0.0, 1.0),
            &|_| 1e-13,
        );
        (r - 1.0) * s.ln() - z + sum.ln() + (r - 1.0) * reach.ln()
    };
    Density::new(log, (0.0, f64::INFINITY), &[])
}

/// Powers a of τ and b of cos φ.
fn powers(law: Law, r: u32) -> Result<(f64, f64)> {
    let (r, _) = wishart(
        2,
        r,
        Temper {
            temperature: 1.0,
            decay: 1.0,
        },
    )?;
    Ok(match law {
        // A compact group has no slice: conditioning is the isotropic law.
        Law::Isotropic | Law::Slice => (r - 1.0, r - 2.0),
        Law::Horizontal => (0.5, 0.0),
    })
}

/// tr S for n = 2 and a loss ℓ(s_1, s_2), s_1 ≥ s_2: τ^a ∫₀^{π/2} sin φ cos^b φ e^{−ℓ/T} dφ.
///
/// # Errors
/// r < 2; a T that is not positive; a law that is not normalisable.
pub fn eigenvalue_trace(
    law: Law,
    r: u32,
    loss: impl Fn(f64, f64) -> f64 + Send + Sync + 'static,
    temperature: f64,
) -> Result<Density> {
    let (a, b) = powers(law, r)?;
    let t = positive("the temperature", temperature)?;
    let log = move |tau: f64| {
        let height = |phi: f64| {
            let (low, high) = (tau / 2.0 * (1.0 - phi.sin()), tau / 2.0 * (1.0 + phi.sin()));
            -loss(high, low) / t
        };
        // The level of the integrand, so that the exponential neither overflows nor vanishes.
        let step = FRAC_PI_2 / f64::from(GRID);
        let best = (0..=GRID)
            .map(|k| f64::from(k) * step)
            .max_by(|x, y| height(*x).total_cmp(&height(*y)))
            .unwrap_or(0.0);
        let (low, high) = ((best - step).max(0.0), (best + step).min(FRAC_PI_2));
        let top = height(best).max(golden(height, low, high).1);
        if top < NOTHING {
            return top;
        }
        let inner = |phi: f64| phi.sin() * phi.cos().powf(b) * (height(phi) - top).exp();
        let rounding = |_: f64| 1e-13 + 16.0 * f64::EPSILON * top.abs();
        let step = FRAC_PI_2 / f64::from(PARTS);
        let part = |k: u32| {
            let range = (f64::from(k) * step, f64::from(k + 1) * step);
            integral(inner, range, &rounding)
        };
        a * tau.ln() + top + (0..PARTS).map(part).sum::<f64>().ln()
    };
    Density::new(log, (0.0, f64::INFINITY), &[])
}

/// Points at which the level of an inner integrand is looked for, and parts that it is integrated by.
const GRID: u32 = 64;
const PARTS: u32 = 4;
/// Logarithms below it have no digits left behind the point, and no probability.
const NOTHING: f64 = -1e12;
/// Added to the logarithm that is tabulated, so that its relative error is an absolute one.
const OFFSET: f64 = 10.0;

/// The relative gap ρ = (s_1 − s_2)/(s_1 + s_2) ∈ (0, 1) for n = 2: ρ (1 − ρ²)^{(b−1)/2} ∫₀^∞ τ^a e^{−ℓ/T} dτ. Where ℓ depends on
/// the trace alone, the integral is a constant: P(gap > ρ) = (1 − ρ²)^{(b+1)/2}.
///
/// # Errors
/// r < 2; a T that is not positive; a law that is not normalisable.
pub fn eigenvalue_gap(
    law: Law,
    r: u32,
    loss: impl Fn(f64, f64) -> f64 + Clone + Send + Sync + 'static,
    temperature: f64,
) -> Result<Density> {
    let (a, b) = powers(law, r)?;
    let t = positive("the temperature", temperature)?;
    let inner = |phi: f64| {
        let (loss, s) = (loss.clone(), phi.sin());
        let (low, high) = ((1.0 - s) / 2.0, (1.0 + s) / 2.0);
        let log = move |tau: f64| a * tau.ln() - loss(tau * high, tau * low) / t;
        Density::new(log, (0.0, f64::INFINITY), &[]).map(|p| p.log_mass())
    };
    // The inner integral is smooth in φ, up to both ends: a table of its logarithm.
    let level = inner(FRAC_PI_2 / 2.0).map_err(|e| e.context("the integral over the trace"))?;
    let (mut panels, mut failed): (Vec<Panel>, _) = (Vec::new(), None);
    let mut value = |phi: f64| match inner(phi) {
        Ok(x) => x - level + OFFSET,
        Err(error) => {
            failed.get_or_insert(error);
            f64::NAN
        }
    };
    resolved(&mut value, (0.0, FRAC_PI_2), &|_| 3e-12, 0.0, &mut panels);
    if let Some(error) = failed {
        return Err(error.context("the integral over the trace"));
    }
    let log = move |gap: f64| {
        let phi = gap.clamp(0.0, 1.0).asin();
        let k = panels.partition_point(|p| p.low <= phi).max(1) - 1;
        let table = panels.get(k).map_or(f64::NAN, |p| p.at(phi));
        gap.ln() + (b - 1.0) / 2.0 * ((1.0 - gap) * (1.0 + gap)).ln() + table
    };
    Density::new(log, (0.0, 1.0), &[])
}
