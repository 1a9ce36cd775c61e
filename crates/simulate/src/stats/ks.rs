//! The Kolmogorov-Smirnov tests: D = sup |F_n − F| of one sample, D = sup |F_n − G_m| of two.

use super::argument;
use super::empirical::{Deviation, Empirical};
use super::kolmogorov;
use symbias_model::error::Result;

/// Up to this n·m the two-sample law is computed by counting paths.
pub const EXACT_UP_TO: usize = 10_000;

/// How a p-value was computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Law {
    /// The law at this n (and m). Of two samples it is the law given which values are equal.
    Exact,
    /// Kolmogorov's law with its corrections for large n: see [`kolmogorov::survival_of`].
    Corrected,
    /// Kolmogorov's limit at √n_eff D; for independent values a little larger than the law (conservative).
    Limit,
}

/// A test and its outcome.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Test {
    /// D, and where.
    pub deviation: Deviation,
    /// n, nm/(n + m), or what was given.
    pub effective: f64,
    /// P(a distance at least as large), if the prediction is true.
    pub p_value: f64,
    /// How it was computed.
    pub law: Law,
    /// Values that equal an earlier one. One sample of a continuous law has none: with ties (rounded values, a
    /// repeated state) the p-value of the one-sample test is that of the limit, and too optimistic if they are many.
    pub ties: usize,
}

/// n independent values against a continuous distribution function.
///
/// # Errors
/// No values, values that are not finite; a function that is not within [0, 1], or falls.
pub fn one_sample(sample: &[f64], cdf: impl Fn(f64) -> f64) -> Result<Test> {
    let empirical = Empirical::of(sample)?;
    let deviation = empirical.distance_to(cdf)?;
    let n = sample.len();
    let (p_value, law) = if empirical.ties() > 0 {
        let lambda = (n as f64).sqrt() * deviation.distance;
        (kolmogorov::survival(lambda), Law::Limit)
    } else if n <= kolmogorov::EXACT_UP_TO {
        (kolmogorov::survival_of(n, deviation.distance), Law::Exact)
    } else {
        (
            kolmogorov::survival_of(n, deviation.distance),
            Law::Corrected,
        )
    };
    Ok(Test {
        deviation,
        effective: n as f64,
        p_value,
        law,
        ties: empirical.ties(),
    })
}

/// Correlated values, worth `effective` independent ones, against a continuous distribution function: the limit law at
/// √effective · D.
///
/// # Errors
/// As [`one_sample`], and a size that is not positive.
pub fn one_sample_effective(
    sample: &[f64],
    effective: f64,
    cdf: impl Fn(f64) -> f64,
) -> Result<Test> {
    limit(&Empirical::of(sample)?, effective, cdf)
}

/// Any combination of empirical distribution functions whose noise is that of `effective` independent values.
///
/// # Errors
/// As [`one_sample_effective`].
pub fn limit(empirical: &Empirical, effective: f64, cdf: impl Fn(f64) -> f64) -> Result<Test> {
    argument::positive("the effective sample size", effective)?;
    let deviation = empirical.distance_to(cdf)?;
    Ok(Test::of_limit(deviation, effective, empirical.ties()))
}

impl Test {
    /// The limit law at √effective · D.
    pub(super) fn of_limit(deviation: Deviation, effective: f64, ties: usize) -> Test {
        Test {
            deviation,
            effective,
            p_value: kolmogorov::survival(effective.sqrt() * deviation.distance),
            law: Law::Limit,
            ties,
        }
    }
}

/// Two samples of independent values, by the exact law up to nm = [`EXACT_UP_TO`] and the limit with
/// n_eff = nm/(n + m) beyond.
///
/// # Errors
/// No values, or values that are not finite.
pub fn two_sample(first: &[f64], second: &[f64]) -> Result<Test> {
    let difference = Empirical::combination(&[(1.0, first), (-1.0, second)])?;
    let effective = harmonic(first.len() as f64, second.len() as f64);
    let test = Test::of_limit(difference.largest(), effective, difference.ties());
    if first.len() * second.len() > EXACT_UP_TO {
        return Ok(test);
    }
    Ok(Test {
        p_value: by_paths(first, second),
        law: Law::Exact,
        ..test
    })
}

/// Two samples of correlated values, worth so many independent ones each: the limit law.
///
/// # Errors
/// As [`two_sample`], and sizes that are not positive.
pub fn two_sample_effective(first: &[f64], second: &[f64], effective: (f64, f64)) -> Result<Test> {
    argument::positive("the effective sample size", effective.0)?;
    argument::positive("the effective sample size", effective.1)?;
    let difference = Empirical::combination(&[(1.0, first), (-1.0, second)])?;
    Ok(Test::of_limit(
        difference.largest(),
        harmonic(effective.0, effective.1),
        difference.ties(),
    ))
}

/// 1 / (1/n + 1/m).
pub(super) fn harmonic(n: f64, m: f64) -> f64 {
    1.0 / (1.0 / n + 1.0 / m)
}

/// P(D ≥ the D of these samples) over all ways to deal the pooled values out: paths from (0, 0) to (n, m) that meet
/// |i m − j n| ≥ D n m at the end of a group of equal values. All ways are equally likely, so that the last step to
/// (i, j) came from (i − 1, j) with probability i/(i + j); every term is positive and nothing cancels.
fn by_paths(first: &[f64], second: &[f64]) -> f64 {
    let (n, m) = (first.len(), second.len());
    let mut pooled: Vec<(f64, bool)> = first.iter().map(|x| (*x, true)).collect();
    pooled.extend(second.iter().map(|x| (*x, false)));
    pooled.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let mut ends = vec![true; n + m + 1];
    ends[0] = false;
    let (mut i, mut j, mut d) = (0usize, 0usize, 0usize);
    for k in 0..n + m {
        if pooled[k].1 {
            i += 1;
        } else {
            j += 1;
        }
        ends[k + 1] = pooled.get(k + 1).is_none_or(|next| next.0 != pooled[k].0);
        if ends[k + 1] {
            d = d.max((i * m).abs_diff(j * n));
        }
    }
    if d == 0 {
        return 1.0;
    }
    let mut row = vec![0.0; m + 1];
    for i in 0..=n {
        for j in 0..=m {
            let touched = ends[i + j] && (i * m).abs_diff(j * n) >= d;
            row[j] = match (i, j) {
                _ if touched => 1.0,
                (0, 0) => 0.0,
                (0, _) => row[j - 1],
                (_, 0) => row[0],
                _ => (i as f64 * row[j] + j as f64 * row[j - 1]) / (i + j) as f64,
            };
        }
    }
    row[m]
}
