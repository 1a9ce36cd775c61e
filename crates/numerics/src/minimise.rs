//! The least value of a smooth function near a start: limited-memory BFGS with a strong Wolfe search (Nocedal and Wright,
//! algorithms 3.5, 3.6 and 7.4). Deterministic: the same function and start give the same bits.

use crate::watch;
use std::collections::VecDeque;

/// When a search ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stop {
    /// The largest |∂f/∂x_i| of a minimum.
    pub gradient: f64,
    /// The relative decrease of f over [`PATIENCE`] steps below which it is a minimum; 0 asks for the gradient alone.
    pub decrease: f64,
    /// Steps, at most.
    pub steps: usize,
}

/// How a search ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The gradient is small.
    Gradient,
    /// f no longer falls by more than rounding, or than was asked for.
    Decrease,
    /// Out of steps.
    Steps,
    /// The caller asked to stop.
    Stopped,
    /// f or its gradient is no number at the start.
    NotFinite,
}

/// What a search found; the point is where the start was.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Least {
    /// f.
    pub value: f64,
    /// The largest |∂f/∂x_i|.
    pub gradient: f64,
    /// Steps.
    pub steps: usize,
    /// Evaluations of f with its gradient.
    pub evaluations: usize,
    /// Why it ended.
    pub ended: Ended,
}

/// Steps over which a decrease is judged.
pub const PATIENCE: usize = 10;
/// Pairs that the inverse Hessian is made of.
const MEMORY: usize = 12;
/// Sufficient decrease, and curvature, of the Wolfe conditions.
const WOLFE: (f64, f64) = (1e-4, 0.9);
/// Evaluations of one line search, at most.
const TRIALS: usize = 40;

/// A pair of the memory: s = Δx, y = Δ∇f, 1/(s·y).
struct Pair {
    s: Vec<f64>,
    y: Vec<f64>,
    rho: f64,
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn largest(g: &[f64]) -> f64 {
    g.iter().fold(0.0, |m: f64, x| m.max(x.abs()))
}

/// A point of the line: step, f, slope.
#[derive(Clone, Copy)]
struct Trial {
    t: f64,
    f: f64,
    slope: f64,
}

/// The function along a line, with the point and gradient of the last evaluation.
struct Line<'a, F> {
    f: &'a mut F,
    from: &'a [f64],
    direction: &'a [f64],
    x: &'a mut [f64],
    g: &'a mut [f64],
    evaluations: usize,
}

impl<F: FnMut(&[f64], &mut [f64]) -> f64> Line<'_, F> {
    fn at(&mut self, t: f64) -> Trial {
        for ((x, from), d) in self.x.iter_mut().zip(self.from).zip(self.direction) {
            *x = from + t * d;
        }
        let f = (self.f)(self.x, self.g);
        self.evaluations += 1;
        let slope = dot(self.g, self.direction);
        // Beyond where f has a value the line rises.
        match f.is_finite() && slope.is_finite() {
            true => Trial { t, f, slope },
            false => Trial {
                t,
                f: f64::INFINITY,
                slope: f64::INFINITY,
            },
        }
    }

    /// A step with sufficient decrease and a flatter slope; `None` where rounding leaves none.
    fn search(&mut self, start: Trial, first: f64) -> Option<Trial> {
        // Where f is flat to rounding, slopes tell what its values no longer do (Hager and Zhang, approximate Wolfe).
        let noise = start.f + 4.0 * f64::EPSILON * start.f.abs();
        let falls = |p: &Trial| {
            p.f <= start.f + WOLFE.0 * p.t * start.slope
                || p.f <= noise && p.slope <= (2.0 * WOLFE.0 - 1.0) * start.slope
        };
        let flat = |p: &Trial| p.slope.abs() <= -WOLFE.1 * start.slope;
        let (mut last, mut t) = (start, first);
        let mut bracket = None;
        for trial in 0..TRIALS {
            let p = self.at(t);
            if !falls(&p) || trial > 0 && p.f >= last.f && p.f > noise {
                bracket = Some((last, p));
                break;
            }
            if flat(&p) {
                return Some(p);
            }
            if p.slope >= 0.0 {
                bracket = Some((p, last));
                break;
            }
            last = p;
            t *= 2.5;
        }
        let (mut low, mut high) = bracket?;
        for _ in 0..TRIALS {
            let p = self.at(between(low, high));
            if !falls(&p) || p.f >= low.f && p.f > noise {
                high = p;
            } else {
                if flat(&p) {
                    return Some(p);
                }
                if p.slope * (high.t - low.t) >= 0.0 {
                    high = low;
                }
                low = p;
            }
            if (high.t - low.t).abs() <= 1e-14 * low.t.abs().max(high.t.abs()) {
                break;
            }
        }
        // The best that was seen decreases f, if anything does.
        (low.t > 0.0 && low.f < start.f).then(|| self.at(low.t))
    }
}

/// The minimum of the cubic through two points of a line, kept off its ends.
fn between(a: Trial, b: Trial) -> f64 {
    let middle = (a.t + b.t) / 2.0;
    if !b.f.is_finite() {
        return a.t + (b.t - a.t) / 10.0;
    }
    let d1 = a.slope + b.slope - 3.0 * (a.f - b.f) / (a.t - b.t);
    let square = d1 * d1 - a.slope * b.slope;
    if square.is_nan() || square < 0.0 {
        return middle;
    }
    let d2 = (b.t - a.t).signum() * square.sqrt();
    let t = b.t - (b.t - a.t) * (b.slope + d2 - d1) / (b.slope - a.slope + 2.0 * d2);
    let (low, high) = (a.t.min(b.t), a.t.max(b.t));
    let room = 0.1 * (high - low);
    match t.is_finite() {
        true => t.clamp(low + room, high - room),
        false => middle,
    }
}

/// Lowers f from x on; f writes its gradient. x is where the search ends.
pub fn minimise<F: FnMut(&[f64], &mut [f64]) -> f64>(
    f: &mut F,
    x: &mut [f64],
    stop: Stop,
) -> Least {
    let n = x.len();
    let (mut g, mut from, mut gradient) = (vec![0.0; n], x.to_vec(), vec![0.0; n]);
    let mut direction = vec![0.0; n];
    let mut memory: VecDeque<Pair> = VecDeque::with_capacity(MEMORY);
    let mut alpha = [0.0; MEMORY];
    let mut recent = VecDeque::with_capacity(PATIENCE + 1);
    let mut least = Least {
        value: f(x, &mut g),
        gradient: largest(&g),
        steps: 0,
        evaluations: 1,
        ended: Ended::NotFinite,
    };
    if !(least.value.is_finite() && least.gradient.is_finite()) {
        return least;
    }
    loop {
        if least.gradient <= stop.gradient {
            least.ended = Ended::Gradient;
            return least;
        }
        if least.steps >= stop.steps {
            least.ended = Ended::Steps;
            return least;
        }
        if watch::stopped() {
            least.ended = Ended::Stopped;
            return least;
        }
        recent.push_back(least.value);
        if recent.len() > PATIENCE && stop.decrease > 0.0 {
            let before = recent.pop_front().unwrap_or(f64::INFINITY);
            if before - least.value <= stop.decrease * before.abs().max(least.value.abs()) {
                least.ended = Ended::Decrease;
                return least;
            }
        }
        // −H g by the two loops.
        direction.iter_mut().zip(&g).for_each(|(d, g)| *d = -g);
        for (pair, a) in memory.iter().zip(&mut alpha).rev() {
            *a = pair.rho * dot(&pair.s, &direction);
            let a = *a;
            direction
                .iter_mut()
                .zip(&pair.y)
                .for_each(|(d, y)| *d -= a * y);
        }
        if let Some(last) = memory.back() {
            let scale = 1.0 / (last.rho * dot(&last.y, &last.y));
            direction.iter_mut().for_each(|d| *d *= scale);
        }
        for (pair, a) in memory.iter().zip(&alpha) {
            let b = pair.rho * dot(&pair.y, &direction);
            let c = a - b;
            direction
                .iter_mut()
                .zip(&pair.s)
                .for_each(|(d, s)| *d += c * s);
        }
        let mut slope = dot(&g, &direction);
        if slope.is_nan() || slope >= 0.0 {
            memory.clear();
            direction.iter_mut().zip(&g).for_each(|(d, g)| *d = -g);
            slope = -dot(&g, &g);
        }
        let first = match memory.is_empty() {
            true => (1.0 / least.gradient).min(1.0),
            false => 1.0,
        };
        from.copy_from_slice(x);
        gradient.copy_from_slice(&g);
        let start = Trial {
            t: 0.0,
            f: least.value,
            slope,
        };
        let mut line = Line {
            f,
            from: &from,
            direction: &direction,
            x,
            g: &mut g,
            evaluations: 0,
        };
        let found = line.search(start, first);
        least.evaluations += line.evaluations;
        let Some(p) = found else {
            x.copy_from_slice(&from);
            g.copy_from_slice(&gradient);
            if memory.is_empty() {
                least.ended = Ended::Decrease;
                return least;
            }
            memory.clear();
            recent.clear();
            continue;
        };
        least.value = p.f;
        least.gradient = largest(&g);
        least.steps += 1;
        // The oldest pair is overwritten.
        let mut pair = match memory.len() < MEMORY {
            true => Pair {
                s: vec![0.0; n],
                y: vec![0.0; n],
                rho: 0.0,
            },
            false => match memory.pop_front() {
                Some(pair) => pair,
                None => return least,
            },
        };
        for i in 0..n {
            pair.s[i] = x[i] - from[i];
            pair.y[i] = g[i] - gradient[i];
        }
        let sy = dot(&pair.s, &pair.y);
        if sy > 1e-18 * dot(&pair.y, &pair.y) {
            pair.rho = 1.0 / sy;
            memory.push_back(pair);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STOP: Stop = Stop {
        gradient: 1e-9,
        decrease: 0.0,
        steps: 2000,
    };

    /// Rosenbrock's valley in ten dimensions ends at (1, …, 1).
    #[test]
    fn a_valley_is_followed_to_its_end() {
        let mut f = |x: &[f64], g: &mut [f64]| {
            g.fill(0.0);
            let mut sum = 0.0;
            for i in 0..x.len() - 1 {
                let (a, b) = (x[i + 1] - x[i] * x[i], 1.0 - x[i]);
                sum += 100.0 * a * a + b * b;
                g[i] += -400.0 * a * x[i] - 2.0 * b;
                g[i + 1] += 200.0 * a;
            }
            sum
        };
        let mut x = vec![-1.2; 10];
        x[1] = 1.0;
        let found = minimise(&mut f, &mut x, STOP);
        assert_eq!(found.ended, Ended::Gradient);
        // This start leads to the global minimum or to the local one near x_0 = −1, both with no slope.
        assert!(found.gradient <= 1e-9 && found.value < 4.0, "{found:?}");
    }

    /// A quadratic of condition 1e4 is solved; without steps it is not.
    #[test]
    fn quadratics_are_solved() {
        let mut f = |x: &[f64], g: &mut [f64]| {
            let mut sum = 0.0;
            for (i, x) in x.iter().enumerate() {
                let c = 10.0_f64.powf(4.0 * i as f64 / 29.0);
                g[i] = c * (x - 1.0);
                sum += c * (x - 1.0) * (x - 1.0) / 2.0;
            }
            sum
        };
        let mut x = vec![0.0; 30];
        let found = minimise(&mut f, &mut x, STOP);
        assert!(x.iter().all(|x| (x - 1.0).abs() < 1e-8), "{found:?}");
        let mut x = vec![0.0; 30];
        let few = minimise(&mut f, &mut x, Stop { steps: 3, ..STOP });
        assert_eq!(few.ended, Ended::Steps);
        assert!(x.iter().any(|x| (x - 1.0).abs() > 1e-3));
    }

    /// What is no number at the start says so, and what is none on the way is gone around.
    #[test]
    fn no_number_is_an_outcome() {
        let mut never = |_: &[f64], g: &mut [f64]| {
            g.fill(f64::NAN);
            f64::NAN
        };
        let found = minimise(&mut never, &mut [1.0], STOP);
        assert_eq!(found.ended, Ended::NotFinite);
        // x − log x, which has no value for x ≤ 0.
        let mut f = |x: &[f64], g: &mut [f64]| {
            g[0] = 1.0 - 1.0 / x[0];
            if x[0] > 0.0 {
                x[0] - x[0].ln()
            } else {
                f64::NAN
            }
        };
        let mut x = [20.0];
        minimise(&mut f, &mut x, STOP);
        assert!((x[0] - 1.0).abs() < 1e-8);
    }
}
