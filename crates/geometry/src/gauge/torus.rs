//! Components of diagonal fields: scalings, coupled through the parameters that several move.
//!
//! f(x) = ½ Σ_c w_c e^{2⟨e_c, x⟩}, where w_c collects the squares of the coordinates with the same
//! exponents e_c: a sum of exponentials of linear forms, convex in x. Weights are kept as
//! logarithms, so that rows of any size count.
//!
//! A field alone has the closed form x = ¼ log(N/P), the square root of a norm ratio (theory §3.2);
//! a few sweeps of it are the start of Newton's method x ← x − Γ⁻¹μ.

use super::local::Local;
use super::solve::{Rows, solve};
use super::{ITERATIONS, TARGET};
use std::collections::HashMap;
use symbias_model::error::Result;

/// Sweeps of closed forms before Newton's method: each is as cheap as a gradient, and brings units
/// that are far off (e^{±20}) near at once.
const SWEEPS: usize = 20;
/// A sweep that leaves less than this is near enough for Newton's method.
const NEAR: f64 = 1e-2;
/// Largest change of the logarithm of a coordinate in one step: beyond e⁴ the quadratic model of an
/// exponential says nothing.
const CAP: f64 = 4.0;
/// Weights relative to the largest that are summed in a unit of their own, so that none is lost.
const SMALL: f64 = 1e-250;
/// Accuracy of a step relative to the charges that are left: Newton's method squares them.
const INEXACT: f64 = 0.1;
/// Slope along the step, relative to its start, that is still taken: a step that ends beyond the
/// minimum of a convex function by no more than this.
const OVERSHOOT: f64 = 0.5;

/// What the solver found.
pub(super) struct Solved {
    /// Coefficients of the fields.
    pub x: Vec<f64>,
    /// Iterations of Newton's method.
    pub iterations: usize,
}

pub(super) struct Torus {
    /// Exponents by class of coordinates.
    pub classes: Rows,
    columns: Rows,
    /// log w_c.
    pub weight: Vec<f64>,
    /// Class of each coordinate of the component; `usize::MAX` where it is zero in all vectors.
    pub class: Vec<usize>,
}

impl Torus {
    /// The problem of the vectors on a component of diagonal fields.
    pub fn new(local: &Local, vectors: &[Vec<f64>]) -> Torus {
        let by_coordinate = exponents(local);
        let mut torus = Torus {
            classes: Rows {
                start: vec![0],
                unknown: Vec::new(),
                value: Vec::new(),
            },
            columns: Rows {
                start: vec![0],
                unknown: Vec::new(),
                value: Vec::new(),
            },
            weight: Vec::new(),
            class: vec![usize::MAX; local.coords.len()],
        };
        let bits: Vec<u64> = by_coordinate.value.iter().map(|e| e.to_bits()).collect();
        let mut known: HashMap<(&[u32], &[u64]), usize> = HashMap::new();
        let mut members: Vec<Vec<f64>> = Vec::new();
        for i in 0..local.coords.len() {
            let Some(log) = log_square(vectors, i) else {
                continue;
            };
            let range = by_coordinate.start[i]..by_coordinate.start[i + 1];
            let key = (&by_coordinate.unknown[range.clone()], &bits[range]);
            let class = *known.entry(key).or_insert_with(|| {
                let (classes, row) = (&mut torus.classes, by_coordinate.row(i));
                row.for_each(|(a, e)| {
                    classes.unknown.push(a as u32);
                    classes.value.push(e);
                });
                classes.start.push(classes.unknown.len());
                members.push(Vec::new());
                members.len() - 1
            });
            torus.class[i] = class;
            members[class].push(log);
        }
        torus.weight = members.iter().map(|logs| log_sum(logs)).collect();
        torus.columns = torus.classes.transposed(local.fields.len());
        torus
    }

    fn unknowns(&self) -> usize {
        self.columns.count()
    }

    /// Fields that only shrink or only grow what they move: the exponent of each such field that
    /// shrinks it, ±1, by field.
    pub fn one_sided(&self) -> Vec<(usize, f64)> {
        let sign = |a: usize| {
            let mut signs = self.columns.row(a).map(|(_, e)| e > 0.0);
            let first = signs.next()?;
            signs
                .all(|s| s == first)
                .then_some(if first { -1.0 } else { 1.0 })
        };
        (0..self.unknowns())
            .filter_map(|a| Some((a, sign(a)?)))
            .collect()
    }

    /// Minimises over the fields of `free` from x = 0.
    pub fn minimise(&self, free: &[bool]) -> Result<Solved> {
        let mut x = vec![0.0; self.unknowns()];
        let mut iterations = 0;
        if self.residual(&x, free) > TARGET {
            self.sweep(&mut x, free);
        }
        let (mut residual, mut idle) = (self.residual(&x, free), 0);
        while residual > TARGET && iterations < ITERATIONS && idle < 3 {
            iterations += 1;
            let top = self.top(&x);
            let weight = self.weights(&x, top);
            let mut charge = self.charges(&weight);
            let masked = |v: &mut [f64]| {
                v.iter_mut().zip(free).for_each(|(v, f)| {
                    if !f {
                        *v = 0.0;
                    }
                });
            };
            masked(&mut charge);
            let mut step: Vec<f64> = self.direction(&weight, &charge, free, INEXACT * residual)?;
            masked(&mut step);
            let longest = (0..self.classes.count())
                .map(|c| self.classes.dot(c, &step).abs())
                .fold(0.0, f64::max);
            let mut length = if longest > CAP { CAP / longest } else { 1.0 };
            let slope = |x: &[f64]| {
                let mut charge = self.charges(&self.weights(x, top));
                masked(&mut charge);
                charge.iter().zip(&step).map(|(c, s)| c * s).sum::<f64>()
            };
            let at = |length: f64| -> Vec<f64> {
                x.iter().zip(&step).map(|(x, s)| x + length * s).collect()
            };
            let first = slope(&x);
            let mut next = at(length);
            // Of a convex function the slope grows along the step: no more than it was, on the far side.
            while slope(&next) > -OVERSHOOT * first && length > f64::EPSILON {
                length /= 2.0;
                next = at(length);
            }
            let found = self.residual(&next, free);
            // Rounding ends the progress.
            idle = if found > residual / 2.0 && found < NEAR.powi(3) {
                idle + 1
            } else {
                0
            };
            if found < residual || found > NEAR.powi(3) {
                (x, residual) = (next, found);
            }
        }
        Ok(Solved { x, iterations })
    }

    /// −Γ⁻¹μ over the free fields.
    fn direction(
        &self,
        weight: &[f64],
        charge: &[f64],
        free: &[bool],
        accuracy: f64,
    ) -> Result<Vec<f64>> {
        let minus: Vec<f64> = charge.iter().map(|c| -c).collect();
        if free.iter().all(|f| *f) {
            return solve(&self.classes, weight, &minus, accuracy);
        }
        let mut rows = self.classes.clone();
        rows.unknown.iter().zip(&mut rows.value).for_each(|(a, e)| {
            if !free[*a as usize] {
                *e = 0.0;
            }
        });
        solve(&rows, weight, &minus, accuracy)
    }

    /// log w_c e^{2⟨e_c, x⟩}.
    fn logarithm(&self, c: usize, x: &[f64]) -> f64 {
        self.weight[c] + 2.0 * self.classes.dot(c, x)
    }

    /// w_c e^{2⟨e_c, x⟩} / e^top.
    fn weights(&self, x: &[f64], top: f64) -> Vec<f64> {
        (0..self.classes.count())
            .map(|c| (self.logarithm(c, x) - top).exp())
            .collect()
    }

    /// The largest logarithm at x: the unit in which weights are numbers.
    fn top(&self, x: &[f64]) -> f64 {
        (0..self.classes.count())
            .map(|c| self.logarithm(c, x))
            .fold(f64::NEG_INFINITY, f64::max)
    }

    /// 2μ_a.
    fn charges(&self, weight: &[f64]) -> Vec<f64> {
        (0..self.unknowns())
            .map(|a| self.columns.row(a).map(|(c, e)| e * weight[c]).sum())
            .collect()
    }

    /// The largest charge of a free field relative to what it moves, each field in its own unit.
    pub fn residual(&self, x: &[f64], free: &[bool]) -> f64 {
        let log: Vec<f64> = (0..self.classes.count())
            .map(|c| self.logarithm(c, x))
            .collect();
        let top = log.iter().fold(f64::NEG_INFINITY, |a, b| a.max(*b));
        let weight: Vec<f64> = log.iter().map(|l| (l - top).exp()).collect();
        let of = |a: usize| {
            let sums = |weight: &dyn Fn(usize) -> f64| {
                let (mut charge, mut moved) = (0.0, 0.0);
                for (c, e) in self.columns.row(a) {
                    charge += e * weight(c);
                    moved += e.abs() * weight(c);
                }
                (charge, moved)
            };
            let found = sums(&|c| weight[c]);
            if found.1 > SMALL {
                return super::local::relative(found);
            }
            let own = self.columns.row(a).map(|(c, _)| log[c]);
            let top = own.fold(f64::NEG_INFINITY, f64::max);
            super::local::relative(sums(&|c| (log[c] - top).exp()))
        };
        let free = (0..self.unknowns()).filter(|a| free[*a]);
        free.map(of).fold(0.0, f64::max)
    }

    /// The part of a field's charge that it makes grow (sign 1) or shrink (−1): the logarithm of its
    /// magnitude, and its mean exponent; `None` where there is none.
    fn side(&self, a: usize, sign: f64, log: &[f64]) -> Option<(f64, f64)> {
        let own = || self.columns.row(a).filter(|(_, e)| e * sign > 0.0);
        let top = own().fold(f64::NEG_INFINITY, |top, (c, _)| top.max(log[c]));
        let (mut first, mut second) = (0.0, 0.0);
        for (c, e) in own() {
            let w = (log[c] - top).exp();
            first += e.abs() * w;
            second += e * e * w;
        }
        (first > 0.0).then(|| (top + first.ln(), second / first))
    }

    /// Closed forms one field after the other, x_a += log(N/P) / 2(p + n): P and N are the parts of
    /// the charge that grow and shrink, p and n their mean exponents.
    fn sweep(&self, x: &mut [f64], free: &[bool]) {
        let mut log: Vec<f64> = (0..self.classes.count())
            .map(|c| self.logarithm(c, x))
            .collect();
        for _ in 0..SWEEPS {
            for a in (0..self.unknowns()).filter(|a| free[*a]) {
                let (up, down) = (self.side(a, 1.0, &log), self.side(a, -1.0, &log));
                if let (Some(up), Some(down)) = (up, down) {
                    let by = (down.0 - up.0) / (2.0 * (up.1 + down.1));
                    x[a] += by;
                    self.columns
                        .row(a)
                        .for_each(|(c, e)| log[c] += 2.0 * e * by);
                }
            }
            if self.residual(x, free) < NEAR {
                break;
            }
        }
    }
}

/// Exponents by coordinate.
pub(super) fn exponents(local: &Local) -> Rows {
    let mut by_field = Rows {
        start: vec![0],
        unknown: Vec::new(),
        value: Vec::new(),
    };
    for a in 0..local.fields.len() {
        for (i, _, e) in local.entries(a).filter(|e| e.2 != 0.0) {
            by_field.unknown.push(i as u32);
            by_field.value.push(e);
        }
        by_field.start.push(by_field.unknown.len());
    }
    by_field.transposed(local.coords.len())
}

/// log Σ_k v_ki²; `None` where all are zero.
fn log_square(vectors: &[Vec<f64>], i: usize) -> Option<f64> {
    let top = vectors.iter().map(|v| v[i].abs()).fold(0.0, f64::max);
    if top == 0.0 {
        return None;
    }
    let sum: f64 = vectors.iter().map(|v| (v[i] / top).powi(2)).sum();
    Some(2.0 * top.ln() + sum.ln())
}

fn log_sum(logs: &[f64]) -> f64 {
    let top = logs.iter().fold(f64::NEG_INFINITY, |a, b| a.max(*b));
    top + logs.iter().map(|l| (l - top).exp()).sum::<f64>().ln()
}
