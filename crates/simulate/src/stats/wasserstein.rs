//! W₁ = ∫ |F − G| dx = ∫₀¹ |F⁻¹ − G⁻¹| du: how far mass has to be moved on average, in the units of the sample.

use super::argument;
use super::empirical::Empirical;
use super::quadrature;
use symbias_model::error::Result;

/// Errors of the integrals are kept below this share of the sample's spread, as far as the function is smooth.
const TOLERANCE: f64 = 1e-10;

/// The probabilities nearest to 0 and 1, where quantiles may be infinite.
const LEAST: f64 = f64::MIN_POSITIVE;
const MOST: f64 = 1.0 - f64::EPSILON / 2.0;

/// A distance and the estimated error of its quadrature.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Distance {
    /// W₁.
    pub value: f64,
    /// Sum of the quadrature's error estimates; 0 where the integral is a finite sum.
    pub error: f64,
}

/// Between two samples: the integral of a step function.
///
/// # Errors
/// No values, or values that are not finite.
pub fn two_sample(first: &[f64], second: &[f64]) -> Result<Distance> {
    let difference = Empirical::combination(&[(1.0, first), (-1.0, second)])?;
    let value = difference
        .points()
        .windows(2)
        .map(|pair| difference.at(pair[0]).abs() * (pair[1] - pair[0]))
        .sum();
    Ok(Distance { value, error: 0.0 })
}

/// Between a sample and a continuous distribution function on an interval, which may be infinite: between two order
/// statistics |i/n − F| changes sign at most once, is split there and integrated by Gauss-Kronrod; beyond the extreme
/// values F and 1 − F are integrated to the ends. A law without a mean has an infinite distance, seen as a large error.
///
/// # Errors
/// No values, values outside of the interval, an interval that is none, a function that is not within [0, 1] or falls.
pub fn to_cdf(sample: &[f64], cdf: impl Fn(f64) -> f64, support: (f64, f64)) -> Result<Distance> {
    let empirical = Empirical::of(sample)?;
    let points = empirical.points();
    let (first, last) = (points[0], points[points.len() - 1]);
    let (low, high) = support;
    if !(low <= first && last <= high && low < high) {
        return Err(argument::value(
            format!("the sample runs from {first} to {last}, and the law lives on {low} to {high}"),
            "give the support of the law; values outside of it refute it",
        ));
    }
    let mut before = 0.0;
    for x in points {
        before = argument::cdf(&cdf, *x, before)?;
    }
    let scale = if last > first {
        last - first
    } else {
        first.abs().max(1.0)
    };
    let tolerance = TOLERANCE * scale / points.len() as f64;
    let mut total = (0.0, 0.0);
    let mut add = |part: (f64, f64)| total = (total.0 + part.0, total.1 + part.1);
    add(tail(&|x| cdf(x), first, low, scale, tolerance));
    add(tail(&|x| 1.0 - cdf(x), last, high, scale, tolerance));
    for pair in points.windows(2) {
        let level = empirical.at(pair[0]);
        let crossing = crossing(&cdf, level, pair[0], pair[1]);
        let excess = |x: f64| (cdf(x) - level).abs();
        add(quadrature::integral(&excess, pair[0], crossing, tolerance));
        add(quadrature::integral(&excess, crossing, pair[1], tolerance));
    }
    Ok(Distance {
        value: total.0,
        error: total.1,
    })
}

/// The place in [a, b] where a function that does not fall passes a level; an end if it does not.
fn crossing(cdf: &impl Fn(f64) -> f64, level: f64, a: f64, b: f64) -> f64 {
    if cdf(a) >= level {
        return a;
    }
    if cdf(b) <= level {
        return b;
    }
    let (mut low, mut high) = (a, b);
    loop {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            return middle;
        }
        if cdf(middle) < level {
            low = middle;
        } else {
            high = middle;
        }
    }
}

/// |∫ f| from x to an end, by x ± s t/(1 − t) if that is infinite.
fn tail(f: &dyn Fn(f64) -> f64, x: f64, end: f64, scale: f64, tolerance: f64) -> (f64, f64) {
    if end.is_finite() {
        let (a, b) = (x.min(end), x.max(end));
        return quadrature::integral(f, a, b, tolerance);
    }
    let sign = end.signum();
    let stretched = |t: f64| {
        let rest = 1.0 - t;
        f(x + sign * scale * t / rest) * scale / (rest * rest)
    };
    quadrature::integral(&stretched, 0.0, 1.0, tolerance)
}

/// Between a sample and a law given by its quantile function on (0, 1): Σ_i ∫_{(i−1)/n}^{i/n} |x_(i) − Q(u)| du, each
/// split where the sign changes. Q is never asked at 0 or 1.
///
/// # Errors
/// No values, or values that are not finite.
pub fn to_quantile(sample: &[f64], quantile: impl Fn(f64) -> f64) -> Result<Distance> {
    argument::sample("the sample", sample, 1)?;
    let sorted = argument::sorted(sample);
    let n = sorted.len() as f64;
    let scale = (sorted[sorted.len() - 1] - sorted[0]).max(f64::MIN_POSITIVE);
    let tolerance = TOLERANCE * scale / n;
    let mut total = Distance {
        value: 0.0,
        error: 0.0,
    };
    for (i, x) in sorted.iter().enumerate() {
        let (a, b) = (i as f64 / n, (i + 1) as f64 / n);
        let split = crossing(&quantile, *x, a.max(LEAST), b.min(MOST));
        let excess = |u: f64| (x - quantile(u.clamp(LEAST, MOST))).abs();
        for (from, to) in [(a, split), (split, b)] {
            let (value, error) = quadrature::integral(&excess, from, to, tolerance);
            total.value += value;
            total.error += error;
        }
    }
    Ok(total)
}
