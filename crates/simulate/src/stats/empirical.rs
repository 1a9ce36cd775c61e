//! [`Empirical`]: a linear combination Σ_k w_k F_k of empirical distribution functions, as a step function.
//!
//! One sample (w = 1), the difference of two (1, −1) and Richardson's extrapolation ((2^p, −1)/(2^p − 1)) are the same
//! object, and each Kolmogorov-Smirnov statistic is its largest distance from something.

use super::argument;
use symbias_model::error::Result;

/// A step function, continuous from the right, 0 before its first point.
#[derive(Clone, Debug, PartialEq)]
pub struct Empirical {
    points: Vec<f64>,
    /// The value from each point on.
    after: Vec<f64>,
    ties: usize,
}

/// The largest distance between two distribution functions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Deviation {
    /// sup |difference|.
    pub distance: f64,
    /// A point where it is attained, from the right or as a limit from the left.
    pub at: f64,
    /// Whether the measured function lies above the predicted one (the first above the second) there: measured
    /// values are too small.
    pub above: bool,
}

impl Deviation {
    const NONE: Deviation = Deviation {
        distance: 0.0,
        at: 0.0,
        above: false,
    };

    fn include(&mut self, difference: f64, at: f64) {
        if difference.abs() > self.distance {
            *self = Deviation {
                distance: difference.abs(),
                at,
                above: difference > 0.0,
            };
        }
    }

    /// The distance with its sign: positive where the measured function lies above.
    #[must_use]
    pub fn signed(self) -> f64 {
        if self.above {
            self.distance
        } else {
            -self.distance
        }
    }
}

impl Empirical {
    /// F_n of one sample.
    ///
    /// # Errors
    /// No values, or values that are not finite.
    pub fn of(sample: &[f64]) -> Result<Empirical> {
        Empirical::combination(&[(1.0, sample)])
    }

    /// Σ_k w_k F_k.
    ///
    /// # Errors
    /// A sample without values, values that are not finite.
    pub fn combination(parts: &[(f64, &[f64])]) -> Result<Empirical> {
        let mut all = Vec::with_capacity(parts.iter().map(|(_, s)| s.len()).sum());
        for (k, (_, sample)) in parts.iter().enumerate() {
            argument::sample("the sample", sample, 1)?;
            all.extend(sample.iter().map(|x| (*x, k)));
        }
        all.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        // Counts, not sums of weights: the last value is Σw to the last bit.
        let mut counts = vec![0usize; parts.len()];
        let mut empirical = Empirical {
            points: Vec::with_capacity(all.len()),
            after: Vec::with_capacity(all.len()),
            ties: 0,
        };
        for (i, (x, k)) in all.iter().enumerate() {
            counts[*k] += 1;
            if all.get(i + 1).is_some_and(|next| next.0 == *x) {
                empirical.ties += 1;
                continue;
            }
            let value = parts
                .iter()
                .zip(&counts)
                .map(|((w, sample), count)| w * *count as f64 / sample.len() as f64)
                .sum();
            empirical.points.push(*x);
            empirical.after.push(value);
        }
        Ok(empirical)
    }

    /// (2^p F_fine − F_coarse) / (2^p − 1): the distribution function without its error of order h^p, from samples at
    /// steps h and 2h. It need not be monotone, nor within [0, 1].
    ///
    /// # Errors
    /// As [`combination`](Self::combination), and an order that is not positive.
    pub fn richardson(fine: &[f64], coarse: &[f64], order: f64) -> Result<Empirical> {
        argument::positive("the order", order)?;
        let ratio = order.exp2();
        Empirical::combination(&[
            (ratio / (ratio - 1.0), fine),
            (-1.0 / (ratio - 1.0), coarse),
        ])
    }

    /// Its points, increasing and different.
    #[must_use]
    pub fn points(&self) -> &[f64] {
        &self.points
    }

    /// How many values equal another one before them.
    #[must_use]
    pub fn ties(&self) -> usize {
        self.ties
    }

    /// The value at x.
    #[must_use]
    pub fn at(&self, x: f64) -> f64 {
        match self.points.partition_point(|p| *p <= x) {
            0 => 0.0,
            i => self.after[i - 1],
        }
    }

    /// The largest distance from a continuous distribution function F, looked at on both sides of each jump.
    ///
    /// # Errors
    /// F that is not within [0, 1], or falls.
    pub fn distance_to(&self, cdf: impl Fn(f64) -> f64) -> Result<Deviation> {
        let mut worst = Deviation::NONE;
        let (mut before, mut last) = (0.0, 0.0);
        for (x, after) in self.points.iter().zip(&self.after) {
            last = argument::cdf(&cdf, *x, last)?;
            worst.include(before - last, *x);
            worst.include(after - last, *x);
            before = *after;
        }
        Ok(worst)
    }

    /// The largest distance from 0, of a difference of distribution functions.
    #[must_use]
    pub fn largest(&self) -> Deviation {
        let mut worst = Deviation::NONE;
        for (x, after) in self.points.iter().zip(&self.after) {
            worst.include(*after, *x);
        }
        worst
    }
}
