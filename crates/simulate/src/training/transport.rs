//! Moves along orbits: every n steps θ goes along its orbit to wanted charges, F unchanged.
//!
//! Commuting scalings move θ_i to θ_i e^{⟨d_i, x⟩}, and the charges Q_a = ½ Σ_i d_{ia} θ_i² with it. Charges Q = c are where the convex
//! function ¼ Σ_i θ_i² e^{2⟨d_i, x⟩} − ⟨c, x⟩ is least: Newton's method in x, one small system for each set of generators that
//! share parameters. A product of two factors has the closed form y(y + 2C) = w² that the tests compare with.
//!
//! Decay shrinks charges as e^{−2ηλ t}, and a product of even depth on the balanced leaf keeps its sign (theory §7.1). Charges that are put
//! back on let it cross. A point whose moved parameters are all 0 is its own orbit: it stays.

use symbias_model::error::{Error, ErrorKind, Result};
use symbias_numerics::lanes::Real;

/// When θ moves along its orbit, and to which charges.
#[derive(Clone, Debug, PartialEq)]
pub struct OrbitMoves {
    /// A move before each so many steps.
    pub every: u64,
    /// Wanted charges, over those of the start, at step 0.
    pub charges: f64,
    /// Steps in which wanted charges fall by half; `None` keeps them.
    pub half_life: Option<f64>,
    /// The diagonals of commuting generators: parameter and exponent.
    pub generators: Vec<Vec<(usize, f64)>>,
}

impl OrbitMoves {
    /// Wanted charges over those of the start.
    #[must_use]
    pub fn share(&self, step: u64) -> f64 {
        let halvings = self.half_life.map_or(0.0, |h| step as f64 / h);
        self.charges * (-halvings).exp2()
    }

    pub(super) fn validate(&self, dim: usize) -> Result<()> {
        let wrong =
            |text: String, remedy: &str| Err(Error::new(ErrorKind::Value, text).remedy(remedy));
        if self.every == 0 {
            return wrong(
                "orbit moves every 0 steps".into(),
                "every = 1 is before each step",
            );
        }
        if !self.charges.is_finite() {
            return wrong(
                format!(
                    "orbit moves to {} times the charges of the start",
                    self.charges
                ),
                "charges is a finite number, 1 for those of the start",
            );
        }
        if let Some(h) = self.half_life
            && !(h > 0.0 && h.is_finite())
        {
            return wrong(
                format!("wanted charges halve in {h} steps"),
                "half_life is a positive number of steps; leave it out for charges that stay",
            );
        }
        let exponents = self.generators.iter().flatten();
        match exponents.clone().all(|(i, d)| *i < dim && d.is_finite()) && exponents.count() > 0 {
            true => Ok(()),
            false => wrong(
                "orbit moves without scalings of the parameters".into(),
                "give generators that scale parameters of the model",
            ),
        }
    }
}

/// Generators that share parameters, through others, too.
#[derive(Clone, Debug)]
struct Orbit {
    /// Numbers of the generators.
    generators: Vec<usize>,
    parameters: Vec<usize>,
    /// d_{ia}: of each parameter the exponents of all generators of the orbit.
    exponents: Vec<f64>,
}

/// The orbits of a training, with room for one move.
#[derive(Clone, Debug)]
pub(super) struct Transport {
    moves: OrbitMoves,
    orbits: Vec<Orbit>,
    /// Q of the start: generators, replicas innermost.
    start: Vec<f64>,
    replicas: usize,
    logs: Vec<f64>,
    x: Vec<f64>,
    trial: Vec<f64>,
    q: Vec<f64>,
    wanted: Vec<f64>,
    hessian: Vec<f64>,
}

/// Newton steps, at most; each changes the logarithm of a square by [`CAP`] at most, so that factors of e^{±400} come back.
const STEPS: usize = 400;
const CAP: f64 = 4.0;
/// Charges are reached to this share of the squares that make them.
const REACHED: f64 = 1e-14;

impl Transport {
    pub fn new(moves: &OrbitMoves, thetas: &[&[f64]]) -> Transport {
        let orbits = orbits(&moves.generators);
        let replicas = thetas.len();
        let mut start = vec![0.0; moves.generators.len() * replicas];
        for (a, generator) in moves.generators.iter().enumerate() {
            for (r, theta) in thetas.iter().enumerate() {
                let sum: f64 = generator
                    .iter()
                    .map(|(i, d)| d * theta[*i] * theta[*i])
                    .sum();
                start[a * replicas + r] = sum / 2.0;
            }
        }
        let most = orbits.iter().map(|o| o.generators.len()).max().unwrap_or(0);
        let wide = orbits.iter().map(|o| o.parameters.len()).max().unwrap_or(0);
        Transport {
            moves: moves.clone(),
            orbits,
            start,
            replicas,
            logs: vec![0.0; wide],
            x: vec![0.0; most],
            trial: vec![0.0; most],
            q: vec![0.0; most],
            wanted: vec![0.0; most],
            hessian: vec![0.0; most * most],
        }
    }

    /// Whether θ moves before this step; the start has its charges.
    pub fn is_due(&self, step: u64) -> bool {
        step > 0 && step.is_multiple_of(self.moves.every)
    }

    /// Moves all replicas; a velocity transforms as gradients do. `positions` are those of θ, replicas innermost.
    pub fn run<T: Real>(
        &mut self,
        step: u64,
        positions: &[usize],
        theta: &mut [T],
        mut velocity: Option<&mut Vec<T>>,
    ) {
        let (share, replicas) = (self.moves.share(step), self.replicas);
        let orbits = std::mem::take(&mut self.orbits);
        for orbit in &orbits {
            let k = orbit.generators.len();
            for r in 0..replicas {
                let at = |i: usize| positions[i * replicas + r];
                for (a, g) in orbit.generators.iter().enumerate() {
                    self.wanted[a] = share * self.start[g * replicas + r];
                }
                for (log, i) in self.logs.iter_mut().zip(&orbit.parameters) {
                    // The logarithm of 0 has weight 0 everywhere.
                    *log = 2.0 * theta[at(*i)].to_f64().abs().ln();
                }
                if !self.solve(orbit) {
                    continue;
                }
                for (i, d) in orbit.parameters.iter().zip(orbit.exponents.chunks_exact(k)) {
                    let x: f64 = d.iter().zip(&self.x).map(|(d, x)| d * x).sum();
                    let p = at(*i);
                    theta[p] = T::from_f64(theta[p].to_f64() * x.exp());
                    if let Some(v) = velocity.as_deref_mut() {
                        v[p] = T::from_f64(v[p].to_f64() * (-x).exp());
                    }
                }
            }
        }
        self.orbits = orbits;
    }

    /// Q at `trial` with the sum of what makes it, and the convex function; `None` where that has no value.
    fn at_trial(&mut self, orbit: &Orbit, with_hessian: bool) -> Option<(f64, f64)> {
        let k = orbit.generators.len();
        self.q[..k].fill(0.0);
        if with_hessian {
            self.hessian[..k * k].fill(0.0);
        }
        let (mut size, mut f) = (0.0_f64, 0.0);
        for (log, d) in self.logs.iter().zip(orbit.exponents.chunks_exact(k)) {
            if *log == f64::NEG_INFINITY {
                continue;
            }
            let x: f64 = d.iter().zip(&self.trial).map(|(d, x)| d * x).sum();
            let square = (log + 2.0 * x).exp();
            f += square / 4.0;
            for a in 0..k {
                self.q[a] += d[a] * square / 2.0;
                size = size.max(d[a].abs() * square / 2.0);
                if with_hessian {
                    for b in 0..k {
                        self.hessian[a * k + b] += d[a] * d[b] * square;
                    }
                }
            }
        }
        for a in 0..k {
            f -= self.wanted[a] * self.trial[a];
        }
        f.is_finite().then_some((size, f))
    }

    /// x of the wanted charges; whether there is one.
    fn solve(&mut self, orbit: &Orbit) -> bool {
        let k = orbit.generators.len();
        let parameters = orbit.parameters.len();
        if self.logs[..parameters]
            .iter()
            .all(|l| *l == f64::NEG_INFINITY)
            || self.logs[..parameters]
                .iter()
                .any(|l| l.is_nan() || *l == f64::INFINITY)
        {
            return false;
        }
        self.x[..k].fill(0.0);
        for _ in 0..STEPS {
            self.trial[..k].copy_from_slice(&self.x[..k]);
            let Some((size, f)) = self.at_trial(orbit, true) else {
                return false;
            };
            let off = (0..k)
                .map(|a| (self.q[a] - self.wanted[a]).abs())
                .fold(0.0, f64::max);
            let scale = (0..k).map(|a| self.wanted[a].abs()).fold(size, f64::max);
            if off <= REACHED * scale {
                return true;
            }
            for a in 0..k {
                self.q[a] -= self.wanted[a];
            }
            if !eliminate(&mut self.hessian[..k * k], &mut self.q[..k]) {
                return false;
            }
            let largest = orbit
                .exponents
                .chunks_exact(k)
                .zip(&self.logs)
                .filter(|(_, l)| **l > f64::NEG_INFINITY)
                .map(|(d, _)| 2.0 * d.iter().zip(&self.q).map(|(d, x)| d * x).sum::<f64>().abs())
                .fold(0.0, f64::max);
            let mut t = (CAP / largest.max(f64::MIN_POSITIVE)).min(1.0);
            self.advance(k, &mut t, f, orbit);
            if t == 0.0 {
                // Rounding is all that is left.
                return off <= 1e3 * REACHED * scale;
            }
        }
        false
    }

    /// x ← x − t·step for the first of t, t/2, … that does not raise the convex function beyond rounding.
    fn advance(&mut self, k: usize, t: &mut f64, f: f64, orbit: &Orbit) {
        // The step survives in the first row of the Hessian, which is done with.
        let (step, q) = (&mut self.hessian, &self.q);
        step[..k].copy_from_slice(&q[..k]);
        for _ in 0..60 {
            for a in 0..k {
                self.trial[a] = self.x[a] - *t * self.hessian[a];
            }
            let found = self.at_trial(orbit, false);
            if found.is_some_and(|(_, new)| new <= f + 8.0 * f64::EPSILON * f.abs()) {
                if self.trial[..k] == self.x[..k] {
                    *t = 0.0;
                }
                self.x[..k].copy_from_slice(&self.trial[..k]);
                return;
            }
            *t /= 2.0;
        }
        *t = 0.0;
    }
}

/// Solves a small symmetric positive system in place, by pivots of the diagonal; the solution is in `b`.
fn eliminate(a: &mut [f64], b: &mut [f64]) -> bool {
    let k = b.len();
    for i in 0..k {
        let pivot = a[i * k + i];
        if !(pivot > 0.0 && pivot.is_finite()) {
            return false;
        }
        for j in i + 1..k {
            let factor = a[j * k + i] / pivot;
            for l in i..k {
                a[j * k + l] -= factor * a[i * k + l];
            }
            b[j] -= factor * b[i];
        }
    }
    for i in (0..k).rev() {
        let rest: f64 = (i + 1..k).map(|j| a[i * k + j] * b[j]).sum();
        b[i] = (b[i] - rest) / a[i * k + i];
    }
    b.iter().all(|x| x.is_finite())
}

/// Generators by what they share.
fn orbits(generators: &[Vec<(usize, f64)>]) -> Vec<Orbit> {
    use std::collections::BTreeMap;
    let mut root: Vec<usize> = (0..generators.len()).collect();
    let find = |root: &[usize], mut a: usize| {
        while root[a] != a {
            a = root[a];
        }
        a
    };
    let mut owner: BTreeMap<usize, usize> = BTreeMap::new();
    for (a, generator) in generators.iter().enumerate() {
        for (i, _) in generator {
            let other = *owner.entry(*i).or_insert(a);
            let (one, two) = (find(&root, a), find(&root, other));
            root[one.max(two)] = one.min(two);
        }
    }
    let mut sets: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for a in 0..generators.len() {
        sets.entry(find(&root, a)).or_default().push(a);
    }
    sets.into_values()
        .map(|set| {
            let k = set.len();
            let mut rows: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
            for (a, g) in set.iter().enumerate() {
                for (i, d) in &generators[*g] {
                    rows.entry(*i).or_insert_with(|| vec![0.0; k])[a] += d;
                }
            }
            Orbit {
                generators: set,
                parameters: rows.keys().copied().collect(),
                exponents: rows.into_values().flatten().collect(),
            }
        })
        .collect()
}
