//! Bands: percentiles of resampled statistics, and the Dvoretzky-Kiefer-Wolfowitz band of a distribution function.
//!
//! The i-th draw of resample b is index i of `Stream::new(seed, b, 0)`: a band is a function of its arguments. Values are
//! resampled as if they were independent; of a chain, thin to the effective size first.

use super::argument;
use super::empirical::Empirical;
use super::ess::quantile;
use symbias_model::error::Result;
use symbias_numerics::random::Stream;

/// How to resample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bootstrap {
    /// Coverage of the band, between 0 and 1.
    pub coverage: f64,
    /// How many resamples; 1000 and more for a coverage of 0.95.
    pub resamples: usize,
    /// Names the draw.
    pub seed: u64,
}

/// An estimate and the interval about it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Band {
    /// On the sample itself.
    pub estimate: f64,
    /// Percentile (1 − coverage)/2 of the resamples.
    pub low: f64,
    /// Percentile (1 + coverage)/2.
    pub high: f64,
}

impl Bootstrap {
    fn check(&self, sample: &[f64]) -> Result<()> {
        argument::sample("the sample", sample, 1)?;
        argument::probability("the coverage", self.coverage)?;
        argument::count("the number of resamples", self.resamples)
    }

    /// The band of resampled numbers, which are put in order.
    fn band(&self, estimate: f64, values: &mut [f64]) -> Band {
        values.sort_unstable_by(f64::total_cmp);
        Band {
            estimate,
            low: quantile(values, 0.5 * (1.0 - self.coverage)),
            high: quantile(values, 0.5 * (1.0 + self.coverage)),
        }
    }

    /// The percentile band of a statistic (Efron 1979).
    ///
    /// # Errors
    /// No values, values that are not finite, a coverage that is not between 0 and 1, no resamples.
    pub fn statistic(&self, sample: &[f64], statistic: impl Fn(&[f64]) -> f64) -> Result<Band> {
        self.check(sample)?;
        let n = sample.len() as u64;
        let mut drawn = vec![0.0; sample.len()];
        let mut values = Vec::with_capacity(self.resamples);
        for b in 0..self.resamples {
            let stream = Stream::new(self.seed, b as u64, 0);
            for (i, slot) in drawn.iter_mut().enumerate() {
                *slot = sample[stream.below_at(i as u64, n) as usize];
            }
            values.push(statistic(&drawn));
        }
        Ok(self.band(statistic(sample), &mut values))
    }

    /// Counts of bins [e_k, e_{k+1}), the last one closed, each with its band; one fewer than edges. Values outside of
    /// the edges are resampled and not counted.
    ///
    /// # Errors
    /// As [`statistic`](Self::statistic), and edges that are fewer than two or do not increase.
    pub fn histogram(&self, sample: &[f64], edges: &[f64]) -> Result<Vec<Band>> {
        self.check(sample)?;
        argument::sample("the edges", edges, 2)?;
        if let Some(pair) = edges.windows(2).find(|pair| pair[0] >= pair[1]) {
            return Err(argument::value(
                format!("the edge {} is followed by {}", pair[0], pair[1]),
                "put the edges in increasing order",
            ));
        }
        let bins = edges.len() - 1;
        // Below all edges 0, in bin k at k + 1, above all edges bins + 1.
        let places = sample
            .iter()
            .map(|x| match edges.partition_point(|e| e <= x) {
                k if k == edges.len() && *x == edges[bins] => bins,
                k => k,
            });
        let counts = self.counts(places.collect(), bins + 2);
        let bands = counts.into_iter().skip(1).take(bins);
        Ok(bands
            .map(|(estimate, mut values)| self.band(estimate, &mut values))
            .collect())
    }

    /// F_n at given points, each with its pointwise band.
    ///
    /// # Errors
    /// As [`statistic`](Self::statistic), and points that are not finite.
    pub fn ecdf(&self, sample: &[f64], at: &[f64]) -> Result<Vec<Band>> {
        self.check(sample)?;
        argument::sample("the points", at, 1)?;
        let sorted = argument::sorted(at);
        let places = sample.iter().map(|x| sorted.partition_point(|p| p < x));
        let mut counts = self.counts(places.collect(), at.len() + 1);
        // F_n at a point counts what lies in the cells up to it.
        for k in 1..counts.len() {
            let (done, rest) = counts.split_at_mut(k);
            rest[0].0 += done[k - 1].0;
            for (own, before) in rest[0].1.iter_mut().zip(&done[k - 1].1) {
                *own += before;
            }
        }
        let n = sample.len() as f64;
        let bands: Vec<Band> = counts
            .into_iter()
            .map(|(estimate, mut values)| {
                for value in &mut values {
                    *value /= n;
                }
                self.band(estimate / n, &mut values)
            })
            .collect();
        let place = |x: &f64| bands[sorted.partition_point(|p| p < x)];
        Ok(at.iter().map(place).collect())
    }

    /// For each cell: how many values it holds, and how many in each resample.
    fn counts(&self, places: Vec<usize>, cells: usize) -> Vec<(f64, Vec<f64>)> {
        let n = places.len() as u64;
        let mut counts = vec![(0.0, vec![0.0; self.resamples]); cells];
        for place in &places {
            counts[*place].0 += 1.0;
        }
        for b in 0..self.resamples {
            let stream = Stream::new(self.seed, b as u64, 0);
            for i in 0..n {
                counts[places[stream.below_at(i, n) as usize]].1[b] += 1.0;
            }
        }
        counts
    }
}

/// √(ln(2/(1 − coverage))/(2n)): the half width of a band that holds the whole distribution function with at least this
/// probability, at every n (Dvoretzky, Kiefer and Wolfowitz 1956; the constant 2 is Massart's, Ann. Probab. 18, 1990).
///
/// # Errors
/// A size that is not positive, a coverage that is not between 0 and 1.
pub fn dkw(effective: f64, coverage: f64) -> Result<f64> {
    argument::positive("the effective sample size", effective)?;
    argument::probability("the coverage", coverage)?;
    Ok(((2.0 / (1.0 - coverage)).ln() / (2.0 * effective)).sqrt())
}

/// The Dvoretzky-Kiefer-Wolfowitz band at given points, within [0, 1]; it holds at all points together.
///
/// # Errors
/// As [`dkw`], and no values or values that are not finite.
pub fn dkw_band(sample: &[f64], at: &[f64], effective: f64, coverage: f64) -> Result<Vec<Band>> {
    let half = dkw(effective, coverage)?;
    let empirical = Empirical::of(sample)?;
    let band = |x: &f64| {
        let estimate = empirical.at(*x);
        Band {
            estimate,
            low: (estimate - half).max(0.0),
            high: (estimate + half).min(1.0),
        }
    };
    Ok(at.iter().map(band).collect())
}
