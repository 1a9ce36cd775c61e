//! Least ℓ(θ) + (λ/2)‖θ‖² of a design for some samples: descent, with moves along the orbits between.
//!
//! A descent of decay ends on the balanced leaf, where places that are 0 stay there: K vanishes (theory §7.1). A move puts charges
//! back on: θ goes along its orbit to charge C, w unchanged, and places at 0 can leave to the side that the loss wants. Charges fall from
//! round to round, and rounds end when one brings nothing.

use super::data::Rows;
use super::problem::{Loss, Maker, Problem, Range};
use symbias_model::error::Result;
use symbias_numerics::minimise::{Least, Stop, minimise};

/// How hard a minimum is looked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Effort {
    /// Moves along the orbit, at most.
    pub rounds: usize,
    /// The largest slope of a minimum, over that of the start.
    pub slope: f64,
    /// The relative decrease over some steps at which a descent ends.
    pub decrease: f64,
    /// Steps of a descent.
    pub steps: usize,
    /// Falling charges of a first minimum, and the steps at each.
    pub stages: usize,
    pub stage: usize,
}

impl Effort {
    /// Of a fold: its score needs no more digits.
    pub const FOLD: Effort = Effort {
        rounds: 2,
        slope: 1e-5,
        decrease: 1e-6,
        steps: 300,
        stages: 40,
        stage: 15,
    };
    /// Of the path of all samples.
    pub const PATH: Effort = Effort {
        rounds: 3,
        slope: 1e-7,
        decrease: 1e-9,
        steps: 1000,
        stages: 80,
        stage: 25,
    };
    /// Of the solution.
    pub const LAST: Effort = Effort {
        rounds: 6,
        slope: 1e-11,
        decrease: 1e-15,
        steps: 20_000,
        stages: 0,
        stage: 0,
    };
}

/// The charge of a first move, over the balanced square of a factor at the size of the components; and what a round leaves of it.
const CHARGE: f64 = 0.25;
const FALL: f64 = 0.1;
/// A round that lowers the objective by less, relatively, is the last.
const GAIN: f64 = 1e-9;
/// Components below these shares of the largest become 0 if that does not cost.
const SNAP: [f64; 3] = [1e-2, 1e-4, 1e-6];
/// Where all components are below this share of their size, that is their measure.
const SMALL: f64 = 0.1;
/// Where a profile has a kink at 0, a move goes beside it, by this share of the size of the components.
const BESIDE: f64 = 1e-3;

/// A minimum.
#[derive(Clone, Debug)]
pub(super) struct Point {
    pub theta: Vec<f64>,
    pub z: Vec<Vec<f64>>,
    pub loss: f64,
    /// ℓ + (λ/2)‖θ‖².
    pub objective: f64,
    pub steps: usize,
}

/// A design with samples.
pub(super) struct Solver<'p> {
    pub problem: &'p Problem,
    loss: Loss,
    /// The loss of the components.
    slopes: Loss,
    makers: Vec<Maker>,
    /// The charge of a move, of each part.
    charges: Vec<f64>,
    /// Typical sizes of the components of each part.
    sizes: Vec<f64>,
    gradient: Vec<f64>,
    pub steps: usize,
}

impl<'p> Solver<'p> {
    pub fn new(problem: &'p Problem, rows: Rows, sizes: &[f64]) -> Result<Solver<'p>> {
        let loss = Loss::new(&problem.designed, rows.clone())?;
        let mut charges = Vec::new();
        for (part, size) in problem.made.parts.iter().zip(sizes) {
            let mut z = vec![0.0; part.shape.iter().product()];
            z[0] = *size;
            let balanced = part.lifted(&z, 0.0)?;
            let entries = balanced.iter().flat_map(|a| a.2.iter());
            charges.push(CHARGE * entries.fold(0.0_f64, |m, x| m.max(x * x)));
        }
        Ok(Solver {
            gradient: vec![0.0; loss.dim()],
            loss,
            slopes: Loss::new(&problem.components, rows)?,
            makers: problem.makers()?,
            charges,
            sizes: sizes.to_vec(),
            problem,
            steps: 0,
        })
    }

    /// θ of the start of the design.
    pub fn start(&self) -> Vec<f64> {
        let space = self.problem.designed.model.space();
        let mut theta = vec![0.0; space.dim()];
        for (name, _, entries) in &self.problem.made.start {
            if let Some(block) = space.block(name) {
                theta[block.range()].copy_from_slice(entries);
            }
        }
        theta
    }

    /// The components of θ.
    pub fn z(&mut self, theta: &[f64]) -> Vec<Vec<f64>> {
        let problem = self.problem;
        let parts = problem.made.parts.iter().zip(&problem.parameters);
        parts
            .zip(&mut self.makers)
            .map(|((part, ranges), maker)| {
                let own: Vec<f64> = ranges
                    .iter()
                    .flat_map(|r| &theta[r.clone()])
                    .copied()
                    .collect();
                let mut z = vec![0.0; part.shape.iter().product()];
                maker.make(&own, &mut z);
                z
            })
            .collect()
    }

    /// The components with everything that has no decay, as the model of the components reads them.
    pub fn point(&self, theta: &[f64], z: &[Vec<f64>]) -> Vec<f64> {
        let mut point = vec![0.0; self.slopes.dim()];
        for (place, z) in self.problem.places.iter().zip(z) {
            point[place.clone()].copy_from_slice(z);
        }
        for (from, to) in &self.problem.free {
            point[to.clone()].copy_from_slice(&theta[from.clone()]);
        }
        point
    }

    /// ∇ℓ of the components.
    pub fn slopes(&mut self, theta: &[f64], z: &[Vec<f64>]) -> Vec<Vec<f64>> {
        let point = self.point(theta, z);
        let mut gradient = vec![0.0; point.len()];
        self.slopes.at(&point, &mut gradient);
        let places = self.problem.places.iter();
        places.map(|p| gradient[p.clone()].to_vec()).collect()
    }

    /// θ on the orbit of components at a charge for each part.
    fn lift(&self, theta: &mut [f64], z: &[Vec<f64>], share: f64) -> Result<()> {
        for (k, part) in self.problem.made.parts.iter().enumerate() {
            let arrays = part.lifted(&z[k], share * self.charges[k])?;
            for ((_, _, entries), range) in arrays.iter().zip(&self.problem.parameters[k]) {
                theta[range.clone()].copy_from_slice(entries);
            }
        }
        Ok(())
    }

    /// Profiles whose slope is 0 at 0 are left to the side that the loss wants.
    fn leave_kinks(&mut self, theta: &[f64], z: &mut [Vec<f64>]) {
        if !self
            .problem
            .made
            .parts
            .iter()
            .any(crate::design::Part::has_kink)
        {
            return;
        }
        let slopes = self.slopes(theta, z);
        for (k, part) in self.problem.made.parts.iter().enumerate() {
            if !part.has_kink() {
                continue;
            }
            for group in part.places() {
                let size = group.iter().map(|i| z[k][*i].abs()).fold(0.0, f64::max);
                let slope = group
                    .iter()
                    .map(|i| slopes[k][*i].powi(2))
                    .sum::<f64>()
                    .sqrt();
                let closed = part.is_positive() && group.iter().any(|i| slopes[k][*i] >= 0.0);
                if size == 0.0 && slope > 0.0 && !closed {
                    let step = BESIDE * self.sizes[k] / slope;
                    group.iter().for_each(|i| z[k][*i] = -step * slopes[k][*i]);
                }
            }
        }
    }

    pub(super) fn descend(&mut self, theta: &mut [f64], lambda: f64, effort: Effort) -> Least {
        let (loss, parameters) = (&mut self.loss, &self.problem.parameters);
        let mut f = |theta: &[f64], g: &mut [f64]| {
            let value = loss.at(theta, g);
            value + decayed(parameters, theta, lambda, Some(g))
        };
        f(theta, &mut self.gradient);
        let slope = self.gradient.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
        let stop = Stop {
            gradient: effort.slope * slope.max(f64::MIN_POSITIVE),
            decrease: effort.decrease,
            steps: effort.steps,
        };
        let found = minimise(&mut f, theta, stop);
        self.steps += found.steps;
        found
    }

    /// θ moved along its orbit to this share of the charges of a first move.
    pub fn charged(&self, theta: &[f64], z: &[Vec<f64>], share: f64) -> Result<Vec<f64>> {
        let mut theta = theta.to_vec();
        self.lift(&mut theta, z, share)?;
        Ok(theta)
    }

    /// The largest curvature of ℓ + (λ/2)‖θ‖² at a point, by power iteration on differences of slopes.
    pub fn curvature(&mut self, theta: &[f64], lambda: f64) -> f64 {
        const ROUNDS: usize = 40;
        let n = theta.len();
        let mut slope = |theta: &[f64]| {
            let mut g = vec![0.0; n];
            self.loss.at(theta, &mut g);
            decayed(&self.problem.parameters, theta, lambda, Some(&mut g));
            g
        };
        let here = slope(theta);
        let size = theta.iter().map(|x| x * x).sum::<f64>().sqrt().max(1e-6);
        let h = 1e-6 * size;
        let mut v: Vec<f64> = (0..n).map(|k| 1.0 + (k as f64 * 0.7).sin()).collect();
        let mut curvature = 0.0;
        for _ in 0..ROUNDS {
            let norm = v.iter().map(|x| x * x).sum::<f64>().sqrt();
            if !(norm > 0.0 && norm.is_finite()) {
                break;
            }
            let there: Vec<f64> = theta
                .iter()
                .zip(&v)
                .map(|(t, v)| t + h * v / norm)
                .collect();
            v = slope(&there)
                .iter()
                .zip(&here)
                .map(|(a, b)| (a - b) / h)
                .collect();
            curvature = v.iter().map(|x| x * x).sum::<f64>().sqrt();
        }
        f64::max(curvature, lambda)
    }

    fn objective(&mut self, theta: &[f64], lambda: f64) -> (f64, f64) {
        let loss = self.loss.at(theta, &mut self.gradient);
        (
            loss,
            loss + decayed(&self.problem.parameters, theta, lambda, None),
        )
    }

    /// The balanced point of the same components, those at 0 that cost nothing there: never above the objective.
    fn settle(&mut self, theta: &mut Vec<f64>, lambda: f64) -> Result<bool> {
        let (_, before) = self.objective(theta, lambda);
        let z = self.z(theta);
        for share in SNAP.iter().copied().chain([0.0]) {
            let mut snapped = z.clone();
            let mut changed = false;
            let parts = self.problem.made.parts.iter().zip(&self.sizes);
            for ((part, size), z) in parts.zip(&mut snapped) {
                if part.is_spectral() {
                    continue;
                }
                let groups = part.places();
                let norm =
                    |z: &[f64], g: &[usize]| g.iter().map(|i| z[*i] * z[*i]).sum::<f64>().sqrt();
                let top = groups.iter().map(|g| norm(z, g)).fold(0.0, f64::max);
                for g in &groups {
                    let rho = norm(z, g);
                    if rho <= share * top.max(SMALL * size) && rho > 0.0 {
                        g.iter().for_each(|i| z[*i] = 0.0);
                        changed = true;
                    }
                }
            }
            if share > 0.0 && !changed {
                continue;
            }
            let mut other = theta.clone();
            self.lift(&mut other, &snapped, 0.0)?;
            let (_, after) = self.objective(&other, lambda);
            if after <= before + 1e-14 * before.abs() {
                *theta = other;
                return Ok(changed);
            }
        }
        Ok(false)
    }

    /// A minimum of ℓ + (λ/2)‖θ‖² from θ on.
    ///
    /// # Errors
    /// Components that a part does not reach.
    pub fn solve(&mut self, theta: &[f64], lambda: f64, effort: Effort) -> Result<Point> {
        let begun = self.steps;
        let mut best: Option<(Vec<f64>, f64)> = None;
        let mut share = 1.0;
        for _ in 0..effort.rounds {
            let mut own = best.as_ref().map_or(theta, |b| b.0.as_slice()).to_vec();
            let mut z = self.z(&own);
            self.leave_kinks(&own, &mut z);
            self.lift(&mut own, &z, share)?;
            self.descend(&mut own, lambda, effort);
            if self.settle(&mut own, lambda)? {
                // What became 0 stays there: few parameters are left.
                self.descend(&mut own, lambda, effort);
                if self
                    .problem
                    .made
                    .parts
                    .iter()
                    .any(crate::design::Part::is_joint)
                {
                    // But what shares a factor: that is small and never 0, so that a descent leaves 0 by as little.
                    self.settle(&mut own, lambda)?;
                }
            }
            let (_, objective) = self.objective(&own, lambda);
            let before = best.as_ref().map_or(f64::INFINITY, |b| b.1);
            if objective < before {
                best = Some((own, objective));
            }
            if before - objective <= GAIN * objective.abs() {
                break;
            }
            share *= FALL;
        }
        let theta = best.map_or_else(|| theta.to_vec(), |b| b.0);
        let (loss, objective) = self.objective(&theta, lambda);
        Ok(Point {
            z: self.z(&theta),
            theta,
            loss,
            objective,
            steps: self.steps - begun,
        })
    }
}

/// (λ/2)‖θ‖² of what has decay, whose gradient is added.
fn decayed(
    parameters: &[Vec<Range>],
    theta: &[f64],
    lambda: f64,
    gradient: Option<&mut [f64]>,
) -> f64 {
    let ranges = parameters.iter().flatten();
    let mut sum = 0.0;
    if let Some(g) = gradient {
        for range in ranges {
            for k in range.clone() {
                sum += theta[k] * theta[k];
                g[k] += lambda * theta[k];
            }
        }
    } else {
        sum = ranges.flat_map(|r| &theta[r.clone()]).map(|x| x * x).sum();
    }
    lambda / 2.0 * sum
}
