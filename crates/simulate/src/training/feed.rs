//! How the inputs of each step get their entries.

use super::batch::Choice;
use super::{Place, Training};
use std::ops::Range;
use symbias_model::expression::Law;
use symbias_numerics::lanes::{LaneFloat, Real, Simd, dispatch, level};
use symbias_numerics::random::{Stream, ensemble_normals, ensemble_uniforms};

/// How an input gets its entries.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Feed {
    /// From the setting of the replica: data.
    Fixed,
    /// Drawn by a law.
    Drawn(Law),
    /// So many of its entries are 1 and the others 0, each choice equally likely.
    Subset(usize),
    /// What the teacher's parameters give for the same inputs, and noise of this standard deviation.
    Teacher(f64),
}

/// Uniforms have indices of their own: normals of the same index share their bits.
const UNIFORM: u64 = 1 << 40;
/// Indices of choices of samples.
pub(super) const CHOICE: u64 = 1 << 41;

/// The inputs of one step for the replicas of a tile, entry by entry: samples, entries, replicas innermost.
#[derive(Clone, Debug)]
pub(crate) struct Feeder<T> {
    places: Vec<Place>,
    samples: usize,
    /// Numbers of one sample.
    per_sample: usize,
    replicas: usize,
    /// As the program reads them.
    pub inputs: Vec<T>,
    normals: Vec<T>,
    uniforms: Vec<T>,
    /// Which of the numbers of all samples are drawn: a hull.
    normal: Range<usize>,
    uniform: Range<usize>,
    /// The data: samples × fixed entries × replicas.
    data: Vec<T>,
    fixed: usize,
    choice: Option<Choice>,
    noise: f64,
}

impl<T: Real> Feeder<T> {
    /// `data` of the replicas one after the other.
    pub fn new(training: &Training, data: &[&[f64]]) -> Feeder<T> {
        let places = training.places();
        let (samples, replicas) = (training.samples, data.len());
        let per_sample: usize = places.iter().map(|p| p.len).sum();
        let len = samples * per_sample * replicas;
        let normal = hull(&places, samples, |f| {
            matches!(f, Feed::Drawn(Law::Normal) | Feed::Teacher(_))
        });
        let uniform = hull(&places, samples, |f| {
            matches!(f, Feed::Drawn(Law::Uniform | Law::Sign) | Feed::Subset(_))
        });
        let room = |range: &Range<usize>| if range.is_empty() { 0 } else { len };
        let fixed = training.fixed_per_sample();
        let entries = training.data_samples() * fixed;
        let noise = places.iter().find_map(|p| match p.feed {
            Feed::Teacher(noise) => Some(noise),
            _ => None,
        });
        let mut feeder = Feeder {
            samples,
            per_sample,
            replicas,
            inputs: vec![T::ZERO; len],
            normals: vec![T::ZERO; room(&normal)],
            uniforms: vec![T::ZERO; room(&uniform)],
            normal,
            uniform,
            data: (0..entries * replicas)
                .map(|k| T::from_f64(data[k % replicas][k / replicas]))
                .collect(),
            fixed,
            choice: training.batch.map(|b| Choice::new(b, samples, replicas)),
            noise: noise.unwrap_or(0.0),
            places,
        };
        if training.batch.is_none() {
            feeder.all_rows();
        }
        feeder
    }

    fn all_rows(&mut self) {
        let (replicas, per_sample) = (self.replicas, self.per_sample);
        let mut own = 0;
        for place in self.places.iter().filter(|p| p.feed == Feed::Fixed) {
            let len = place.len * replicas;
            for sample in 0..self.samples {
                let to = (sample * per_sample + place.start) * replicas;
                let from = (sample * self.fixed + own) * replicas;
                self.inputs[to..to + len].copy_from_slice(&self.data[from..from + len]);
            }
            own += place.len;
        }
    }

    /// Fills everything but the answers of a teacher, which needs the rest.
    pub fn fill(&mut self, seed: u64, first: u64, step: u64) {
        let replicas = self.replicas;
        // The number of a position is that of its index, whatever else is drawn.
        let numbers = |range: &Range<usize>| range.start * replicas..range.end * replicas;
        if !self.normal.is_empty() {
            let (at, own) = (self.normal.start as u64, numbers(&self.normal));
            match replicas {
                1 => Stream::new(seed, first, step).normals_at(at, &mut self.normals[own]),
                _ => ensemble_normals(seed, first, step, at, replicas, &mut self.normals[own]),
            }
        }
        if !self.uniform.is_empty() {
            let (at, own) = (UNIFORM + self.uniform.start as u64, numbers(&self.uniform));
            match replicas {
                1 => Stream::new(seed, first, step).uniforms_at(at, &mut self.uniforms[own]),
                _ => ensemble_uniforms(seed, first, step, at, replicas, &mut self.uniforms[own]),
            }
        }
        if self
            .places
            .iter()
            .all(|p| p.feed == Feed::Drawn(Law::Normal))
        {
            self.inputs.copy_from_slice(&self.normals);
        } else {
            for k in 0..self.places.len() {
                self.fill_place(k);
            }
        }
        if let Some(choice) = &mut self.choice {
            choice.draw(seed, first, step);
            self.chosen_rows();
        }
    }

    fn fill_place(&mut self, k: usize) {
        let place = self.places[k];
        for sample in 0..self.samples {
            let start = (sample * self.per_sample + place.start) * self.replicas;
            let range = start..start + place.len * self.replicas;
            match place.feed {
                Feed::Drawn(Law::Normal) => {
                    self.inputs[range.clone()].copy_from_slice(&self.normals[range]);
                }
                Feed::Drawn(Law::Uniform) => {
                    self.inputs[range.clone()].copy_from_slice(&self.uniforms[range]);
                }
                Feed::Drawn(Law::Sign) => {
                    let half = T::from_f64(0.5);
                    let signs = self.uniforms[range.clone()].iter();
                    self.inputs[range].iter_mut().zip(signs).for_each(|(x, u)| {
                        *x = if *u < half { -T::ONE } else { T::ONE };
                    });
                }
                Feed::Subset(count) => {
                    let uniforms = &self.uniforms[range.clone()];
                    subset(count, self.replicas, uniforms, &mut self.inputs[range]);
                }
                Feed::Fixed | Feed::Teacher(_) => {}
            }
        }
    }

    /// The rows of the batch of each replica.
    fn chosen_rows(&mut self) {
        let Some(choice) = &self.choice else { return };
        let (replicas, per_sample) = (self.replicas, self.per_sample);
        let mut own = 0;
        for place in self.places.iter().filter(|p| p.feed == Feed::Fixed) {
            for sample in 0..self.samples {
                let to = (sample * per_sample + place.start) * replicas;
                for r in 0..replicas {
                    let row = choice.row(r, sample);
                    for e in 0..place.len {
                        self.inputs[to + e * replicas + r] =
                            self.data[(row * self.fixed + own + e) * replicas + r];
                    }
                }
            }
            own += place.len;
        }
    }

    /// The answers of the teacher (samples × outputs × replicas), with noise.
    pub fn answer(&mut self, answers: &[T]) {
        let noise = T::from_f64(self.noise);
        let Some(place) = self
            .places
            .iter()
            .find(|p| matches!(p.feed, Feed::Teacher(_)))
        else {
            return;
        };
        let len = place.len * self.replicas;
        for (sample, own) in answers.chunks_exact(len).enumerate() {
            let at = (sample * self.per_sample + place.start) * self.replicas;
            for ((x, y), z) in self.inputs[at..at + len]
                .iter_mut()
                .zip(own)
                .zip(&self.normals[at..at + len])
            {
                *x = *y + noise * *z;
            }
        }
    }
}

/// The numbers of all samples from the first to the last that some places have.
fn hull(places: &[Place], samples: usize, of: impl Fn(&Feed) -> bool) -> Range<usize> {
    let per_sample: usize = places.iter().map(|p| p.len).sum();
    let own = || places.iter().filter(|p| of(&p.feed));
    match (own().next(), own().next_back()) {
        (Some(first), Some(last)) => {
            first.start..(samples - 1) * per_sample + last.start + last.len
        }
        _ => 0..0,
    }
}

/// Selection sampling: entry i of n is taken with probability (still wanted)/(n − i), which makes every subset of the
/// size equally likely. Replicas innermost.
fn subset<T: Real>(count: usize, replicas: usize, uniforms: &[T], into: &mut [T]) {
    if replicas == T::VIRTUAL_LANES {
        return dispatch!(level(), simd => subset_of_lanes(simd, count, uniforms, into));
    }
    let n = uniforms.len() / replicas;
    // ⌊u·left⌋, bounded so that the number is exact whatever the product rounds to. Ranks do not depend on what was taken
    // before: of the chain of choices only a comparison and a subtraction remain.
    let rank = |u: T, left: i32| (u * T::from_i32(left)).truncated().min(left - 1);
    if replicas == 1 {
        let mut wanted = count as i32;
        let mut left = n as i32;
        for (x, u) in into.iter_mut().zip(uniforms) {
            let taken = i32::from(rank(*u, left) < wanted);
            wanted -= taken;
            left -= 1;
            *x = T::from_i32(taken);
        }
        return;
    }
    // As many replicas as a virtual vector has lanes, at most.
    let mut wanted = [count as i32; 16];
    let rows = into
        .chunks_exact_mut(replicas)
        .zip(uniforms.chunks_exact(replicas));
    for (i, (row, us)) in rows.enumerate() {
        let left = (n - i) as i32;
        for ((x, u), wanted) in row.iter_mut().zip(us).zip(&mut wanted) {
            let taken = i32::from(rank(*u, left) < *wanted);
            *wanted -= taken;
            *x = T::from_i32(taken);
        }
    }
}

/// The same for whole vectors of replicas.
#[inline(always)]
fn subset_of_lanes<S: Simd, T: Real>(simd: S, count: usize, uniforms: &[T], into: &mut [T]) {
    let splat = |x: usize| T::Lanes::<S>::splat(simd, T::from_f64(x as f64));
    let (zero, one) = (splat(0), splat(1));
    let mut wanted = splat(count);
    let mut left = uniforms.len() / T::VIRTUAL_LANES;
    let rows = into
        .chunks_exact_mut(T::VIRTUAL_LANES)
        .zip(uniforms.chunks_exact(T::VIRTUAL_LANES));
    for (row, us) in rows {
        let product = T::Lanes::<S>::load(simd, us) * splat(left);
        left -= 1;
        let rank = product.floor().min(splat(left));
        let taken = T::Lanes::<S>::select(rank.lt(wanted), one, zero);
        wanted -= taken;
        taken.store(row);
    }
}
