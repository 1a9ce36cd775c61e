//! One chain: Metropolis steps with a step size that is found during burn-in and then fixed.
//!
//! On the slice (\[Z18\] Zappa, Holmes-Cerfon and Goodman, *Monte Carlo on manifolds*, 2018, Algorithm 1): v is normal in
//! the tangent space at x, y = x + v + Σ c_a ξ_a(x) lies on the slice, v' is the tangent part of x − y at y. The step is
//! accepted with probability min(1, p(y) e^{−|v'|²/2σ²} / p(x) e^{−|v|²/2σ²}), if the same Newton's steps lead from y + v'
//! back to x.

use super::Sampler;
use super::slice::{Point, Room};
use super::volume::{Volume, dot};
use symbias_numerics::random::Stream;

/// Which chains to run, and how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Chain k draws from the streams (seed, k, step).
    pub seed: u64,
    /// Number of chains.
    pub chains: u64,
    /// Steps during which the step size adapts; nothing of them is kept.
    pub burn_in: u64,
    /// Steps after that.
    pub steps: u64,
    /// Every so many steps are kept; 0 counts as 1.
    pub thin: u64,
}

/// What became of the proposals after burn-in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Steps.
    pub proposals: u64,
    /// Accepted.
    pub accepted: u64,
    /// No point of the slice was found from the tangent step.
    pub no_projection: u64,
    /// The way back led elsewhere: such steps are not reversible, and refused.
    pub no_return: u64,
    /// The density vanishes there, or is not defined: an infinite loss, an orbit of lower dimension.
    pub outside: u64,
}

impl Counts {}

/// What one chain saw.
#[derive(Clone, Debug, PartialEq)]
pub struct Chain {
    /// Observables of the kept points, `width` numbers each.
    pub observed: Vec<f64>,
    /// Observables of a point.
    pub width: usize,
    /// What became of the proposals.
    pub counts: Counts,
    /// σ after burn-in.
    pub step_size: f64,
    /// Where the chain ended.
    pub theta: Vec<f64>,
}

impl Chain {
    /// The series of one observable.
    #[must_use]
    pub fn series(&self, observable: usize) -> Vec<f64> {
        let rows = self.observed.chunks_exact(self.width.max(1));
        rows.map(|row| row[observable]).collect()
    }
}

/// How a step ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Accepted,
    Rejected,
    NoProjection,
    NoReturn,
    Outside,
}

/// A returned point is the old one up to this, relative to θ: other solutions of quadratic equations lie at distances of
/// the size of θ.
const RETURNED: f64 = 1e-6;
/// Exponent of the falling weights of the adaptation (Robbins and Monro).
const FALLING: f64 = 0.6;

/// A walker with its room: no step allocates.
struct Walker<'a> {
    sampler: &'a Sampler<'a>,
    here: Point,
    there: Point,
    /// The tangent step, the point that it leads back to, and normals on the way there.
    v: Vec<f64>,
    back: Vec<f64>,
    normals: Vec<f64>,
    room: Room,
    volume: Volume,
}

impl<'a> Walker<'a> {
    fn new(sampler: &'a Sampler<'a>) -> Walker<'a> {
        let (p, d) = (sampler.constraints().len(), sampler.start.len());
        let point = Point::new(p, sampler.start.clone());
        let mut walker = Walker {
            sampler,
            there: point.clone(),
            here: point,
            v: vec![0.0; d],
            back: vec![0.0; d],
            normals: vec![0.0; p * d],
            room: Room::new(p),
            volume: sampler.volume(),
        };
        super::volume::values(
            sampler.constraints(),
            &sampler.start,
            &mut walker.here.normals,
        );
        walker.here.factorise();
        walker.here.log_target = sampler.log_target(&walker.here, &mut walker.volume);
        walker
    }

    fn step(&mut self, size: f64, stream: &Stream) -> Step {
        let d = self.v.len();
        stream.normals_at(0, &mut self.v);
        self.v.iter_mut().for_each(|v| *v *= size);
        let constrained = !self.sampler.constraints().is_empty();
        if constrained {
            self.here.make_tangent(&mut self.v, &mut self.room);
        }
        let moved = self.here.theta.iter().zip(&self.v).map(|(t, v)| t + v);
        self.there
            .theta
            .iter_mut()
            .zip(moved)
            .for_each(|(t, x)| *t = x);
        let fields = self.sampler.constraints();
        let (at, normals) = (&mut self.there.theta, &mut self.there.normals);
        if constrained && !self.here.project(fields, at, normals, &mut self.room) {
            return Step::NoProjection;
        }
        if constrained && !self.there.factorise() {
            return Step::Outside;
        }
        self.there.log_target = self.sampler.log_target(&self.there, &mut self.volume);
        // Written so that NaN is outside; an infinite density would never be left.
        if !self.there.log_target.is_finite() {
            return Step::Outside;
        }
        let mut ratio = self.there.log_target - self.here.log_target;
        if constrained {
            let forth = dot(&self.v, &self.v);
            for (v, (x, y)) in self
                .v
                .iter_mut()
                .zip(self.here.theta.iter().zip(&self.there.theta))
            {
                *v = x - y;
            }
            self.there.make_tangent(&mut self.v, &mut self.room);
            ratio += (forth - dot(&self.v, &self.v)) / (2.0 * size * size);
        }
        // Indices of normals and uniforms of one stream must not share a block of two.
        if stream.uniform_at(d as u64 + 2).ln() >= ratio {
            return Step::Rejected;
        }
        if constrained && !self.returns() {
            return Step::NoReturn;
        }
        std::mem::swap(&mut self.here, &mut self.there);
        Step::Accepted
    }

    /// Whether y + v' is projected to x.
    fn returns(&mut self) -> bool {
        let moved = self.there.theta.iter().zip(&self.v).map(|(t, v)| t + v);
        self.back.iter_mut().zip(moved).for_each(|(t, x)| *t = x);
        let fields = self.sampler.constraints();
        let (at, normals) = (&mut self.back, &mut self.normals);
        if !self.there.project(fields, at, normals, &mut self.room) {
            return false;
        }
        let far = |(a, b): (&f64, &f64)| (a - b) * (a - b);
        let distance: f64 = self.back.iter().zip(&self.here.theta).map(far).sum();
        distance <= RETURNED * RETURNED * dot(&self.here.theta, &self.here.theta)
    }
}

/// Acceptance that the burn-in aims at: what is best for a normal law in so many dimensions (Roberts and Rosenthal 2001).
fn aim(dimension: usize) -> f64 {
    match dimension {
        0 | 1 => 0.44,
        2..=4 => 0.35,
        _ => 0.25,
    }
}

/// Runs chain number `chain`; `observe` writes `width` numbers for a θ.
pub(super) fn run(
    sampler: &Sampler<'_>,
    settings: Settings,
    chain: u64,
    width: usize,
    observe: &(dyn Fn(&[f64], &mut [f64]) + Sync),
) -> Chain {
    let mut walker = Walker::new(sampler);
    let d = sampler.start.len();
    let dimension = d.saturating_sub(sampler.constraints().len());
    let scale = dot(&sampler.start, &sampler.start)
        .sqrt()
        .max(f64::MIN_POSITIVE);
    let mut log_size = (scale / (d.max(1) as f64).sqrt()).ln();
    let (target, mut sum, mut summed) = (aim(dimension), 0.0, 0.0);
    for k in 0..settings.burn_in {
        let step = walker.step(log_size.exp(), &Stream::new(settings.seed, chain, k));
        let won = f64::from(u8::from(step == Step::Accepted));
        log_size += (won - target) / ((k + 1) as f64).powf(FALLING);
        if 2 * k >= settings.burn_in {
            sum += log_size;
            summed += 1.0;
        }
    }
    if summed > 0.0 {
        log_size = sum / summed;
    }
    let (step_size, thin) = (log_size.exp(), settings.thin.max(1));
    let kept = (settings.steps / thin) as usize;
    let mut observed = vec![0.0; kept * width];
    let mut rows = observed.chunks_exact_mut(width.max(1));
    let mut counts = Counts::default();
    for k in 0..settings.steps {
        let stream = Stream::new(settings.seed, chain, settings.burn_in + k);
        counts.proposals += 1;
        match walker.step(step_size, &stream) {
            Step::Accepted => counts.accepted += 1,
            Step::NoProjection => counts.no_projection += 1,
            Step::NoReturn => counts.no_return += 1,
            Step::Outside => counts.outside += 1,
            Step::Rejected => {}
        }
        if (k + 1) % thin == 0
            && let Some(row) = rows.next()
        {
            observe(&walker.here.theta, row);
        }
    }
    Chain {
        observed,
        width,
        counts,
        step_size,
        theta: walker.here.theta,
    }
}
