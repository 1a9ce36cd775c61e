//! What a test would have seen: detectable deviations, sample sizes, and the power against an alternative.
//!
//! Let G, the truth, differ from the prediction F by Δ at x₀. The test at level α rejects from D = c on, and
//! D ≥ |F_n(x₀) − F(x₀)| ≥ Δ − |F_n(x₀) − G(x₀)|. By Massart's inequality c ≤ √(ln(2/α)/(2n)), and F_n(x₀) falls
//! short of G(x₀) by t with probability at most e^{−2nt²} (Hoeffding). So the power is at least 1 − β if
//!
//! Δ ≥ (√(ln(2/α)) + √(ln(1/β))) / √(2n),
//!
//! at every n and for every alternative: sufficient, not necessary (1.3 to 1.6 times what a shift or a tent at the centre
//! needs, by simulation). The same holds for a combination Σ w_k F_k of independent samples with 1/n = Σ w_k²/n_k, whose terms
//! w_k/n_k are what Hoeffding's inequality sums.

use super::argument;
use super::kolmogorov;
use symbias_model::error::Result;
use symbias_numerics::random::Stream;

/// Doublings of the bracket in which an alternative is inverted: up to 2^1000.
const DOUBLINGS: i32 = 1000;

/// √(ln(2/α)/2) + √(ln(1/β)/2).
fn quantiles(level: f64, power: f64) -> Result<f64> {
    argument::probability("the level", level)?;
    argument::probability("the power", power)?;
    Ok((0.5 * (2.0 / level).ln()).sqrt() + (0.5 * (1.0 / (1.0 - power)).ln()).sqrt())
}

/// The smallest sup |G − F| that is surely detected at this level with this power; at most 1, which means that none is.
///
/// # Errors
/// A size that is not positive, a level or power that is not between 0 and 1.
pub fn detectable(effective: f64, level: f64, power: f64) -> Result<f64> {
    argument::positive("the effective sample size", effective)?;
    Ok((quantiles(level, power)? / effective.sqrt()).min(1.0))
}

/// How many independent values detect a deviation: the inverse of [`detectable`].
///
/// # Errors
/// A deviation that is not between 0 and 1, a level or power that is not either.
pub fn needed(deviation: f64, level: f64, power: f64) -> Result<f64> {
    argument::probability("the deviation", deviation)?;
    Ok((quantiles(level, power)? / deviation).powi(2))
}

/// How often a test rejected.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Power {
    /// Share of rejections.
    pub power: f64,
    /// √(power (1 − power)/trials).
    pub error: f64,
    /// How many samples were drawn.
    pub trials: usize,
}

/// A simulated test.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Simulation {
    /// Values of each sample.
    pub size: usize,
    /// α.
    pub level: f64,
    /// How many samples.
    pub trials: usize,
    /// Names the draws: value i of trial t is index i of `Stream::new(seed, t, 0)`.
    pub seed: u64,
}

impl Simulation {
    /// The power of the one-sample Kolmogorov-Smirnov test of F against an alternative, both continuous distribution
    /// functions; the alternative is inverted by bisection.
    ///
    /// # Errors
    /// No values or trials, a level that is not between 0 and 1, functions that are not within [0, 1] or fall.
    pub fn power(
        &self,
        cdf: impl Fn(f64) -> f64,
        alternative: impl Fn(f64) -> f64,
    ) -> Result<Power> {
        argument::count("the sample size", self.size)?;
        argument::count("the number of trials", self.trials)?;
        argument::probability("the level", self.level)?;
        let mut sample = vec![0.0; self.size];
        let mut rejected = 0usize;
        for trial in 0..self.trials {
            let stream = Stream::new(self.seed, trial as u64, 0);
            for (i, slot) in sample.iter_mut().enumerate() {
                *slot = stream.uniform_at(i as u64);
            }
            // In order first: the quantiles then come in order too, each beginning where the last one ended.
            sample.sort_unstable_by(f64::total_cmp);
            let (mut distance, mut last) = (0.0_f64, 0.0);
            let mut from = f64::NEG_INFINITY;
            for (i, u) in sample.iter().enumerate() {
                from = quantile(&alternative, *u, from)?;
                last = argument::cdf(&cdf, from, last)?;
                let n = self.size as f64;
                distance = distance
                    .max(last - i as f64 / n)
                    .max((i + 1) as f64 / n - last);
            }
            if kolmogorov::survival_of(self.size, distance) < self.level {
                rejected += 1;
            }
        }
        let power = rejected as f64 / self.trials as f64;
        Ok(Power {
            power,
            error: (power * (1.0 - power) / self.trials as f64).sqrt(),
            trials: self.trials,
        })
    }
}

/// The x with F(x) = u, above `from`, to the last bit of what F resolves.
fn quantile(cdf: &impl Fn(f64) -> f64, u: f64, from: f64) -> Result<f64> {
    let (mut low, mut high) = (from.max(-1.0), from.max(-1.0) + 2.0);
    let mut doublings = 0;
    while from < low && cdf(low) > u && doublings < DOUBLINGS {
        high = low;
        low = (2.0 * low).max(from);
        doublings += 1;
    }
    let mut width = high - low;
    while cdf(high) < u && doublings < DOUBLINGS {
        low = high;
        width *= 2.0;
        high += width;
        doublings += 1;
    }
    if doublings >= DOUBLINGS {
        return Err(argument::value(
            format!("the alternative's distribution function does not pass {u}"),
            "give P(X ≤ x), which runs from 0 to 1",
        ));
    }
    loop {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            return Ok(middle);
        }
        if cdf(middle) < u {
            low = middle;
        } else {
            high = middle;
        }
    }
}
