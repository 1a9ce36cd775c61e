//! How steep a loss is: at a point, and where noise takes the parameters.

use symbias_bias::law::sampler::{Sampler, Settings as Chains};
use symbias_bias::noise::Stationary;
use symbias_bias::quotient::FullBatch;
use symbias_geometry::factor::Split;
use symbias_geometry::rank::numerical;
use symbias_model::error::Result;
use symbias_numerics::dense::{Matrix, symmetric_eigen};

/// Curvature below this share of the largest counts as that of a direction that the loss does not see.
const FLAT: f64 = 1e-6;
/// Half the spacing of the differences of gradients, relative to the size of θ.
const SPACING: f64 = 1e-5;
/// Places at which the largest is looked for.
const PLACES: u64 = 48;

/// Eigenvalues of the Hessian of a loss.
pub(super) struct Curvatures(Vec<f64>);

impl Curvatures {
    /// At a point, by differences of gradients.
    pub fn at(batch: &FullBatch, theta: &[f64]) -> Result<Curvatures> {
        let d = theta.len();
        let size = (theta.iter().map(|x| x * x).sum::<f64>() / d as f64).sqrt();
        let spacing = SPACING * size.max(f64::MIN_POSITIVE);
        let gradient = |at: &[f64]| {
            let mut g = vec![0.0; d];
            batch.evaluate(at, &mut g);
            g
        };
        let mut rows = Vec::with_capacity(d);
        for i in 0..d {
            let moved = |by: f64| {
                let mut at = theta.to_vec();
                at[i] += by;
                gradient(&at)
            };
            let (up, down) = (moved(spacing), moved(-spacing));
            let slope = up.iter().zip(&down).map(|(a, b)| (a - b) / (2.0 * spacing));
            rows.push(slope.collect::<Vec<f64>>());
        }
        let hessian = Matrix::from_fn(d, d, |i, j| (rows[i][j] + rows[j][i]) / 2.0);
        Ok(Curvatures(
            symmetric_eigen(&hessian).map_err(numerical)?.values,
        ))
    }

    /// The largest, 0 if none is positive.
    pub fn largest(&self) -> f64 {
        self.0.iter().copied().fold(0.0, f64::max)
    }

    /// The largest size of any.
    pub fn steepest(&self) -> f64 {
        self.0.iter().fold(0.0, |m, c| m.max(c.abs()))
    }

    fn seen(&self) -> impl Iterator<Item = f64> {
        let least = FLAT * self.largest();
        self.0.iter().copied().filter(move |c| *c > least)
    }

    /// Directions that the loss sees.
    pub fn count(&self) -> usize {
        self.seen().count()
    }

    /// The smallest among them.
    pub fn smallest(&self) -> f64 {
        self.seen().fold(f64::INFINITY, f64::min)
    }

    /// Directions that the loss sees, and the smallest of their curvatures relative to the largest: the more the better.
    pub fn condition(&self) -> (usize, f64) {
        (self.count(), self.smallest() / self.largest())
    }
}

/// The largest curvature where a law is found: away from the teacher a loss is steeper. `None` if there is no such law of
/// parameters to be sampled.
pub(super) fn steepest(
    batch: &FullBatch,
    split: &Split,
    law: Stationary,
    (teacher, seed): (&[f64], u64),
) -> Result<Option<f64>> {
    let loss = |theta: &[f64]| batch.loss(theta);
    let Ok(sampler) = Sampler::new(law, split, &loss, teacher) else {
        return Ok(None);
    };
    let settings = Chains {
        seed,
        chains: 1,
        burn_in: 2000,
        steps: PLACES * 200,
        thin: 200,
    };
    let keep = |theta: &[f64], into: &mut [f64]| into.copy_from_slice(theta);
    let chain = sampler.chain(settings, 0, teacher.len(), &keep);
    let mut largest = 0.0_f64;
    for theta in chain.observed.chunks_exact(teacher.len()) {
        largest = largest.max(Curvatures::at(batch, theta)?.steepest());
    }
    Ok(Some(largest).filter(|c| c.is_finite()))
}
