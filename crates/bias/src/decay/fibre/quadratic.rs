//! A lower bound of ½‖θ‖² over {F = w} for F of degree two: with F_k = ½θᵀA_kθ + b_kᵀθ + c_k and any λ for which
//! S(λ) = I − Σλ_kA_k is positive, ½‖θ‖² ≥ g(λ) = ⟨λ, w − c⟩ − ½ bᵀS⁻¹b, b = Σλ_kb_k, at every θ of the fibre: the minimum of the
//! Lagrangian. At λ with Jᵀλ = θ and S ≥ 0 it meets ½‖θ‖², which is then the least (theory §7.1: nuclear norms, infimal
//! convolutions, gauges of atoms, Huber).

use super::system::{dot, norm};
use symbias_geometry::metric::Polynomial;
use symbias_geometry::rank::numerical;
use symbias_model::error::Result;
use symbias_numerics::dense::{Cholesky, Matrix, symmetric_eigen};

/// The forms of a map of degree two.
pub(super) struct Quadratic {
    d: usize,
    /// A_k by entries (i, j), both orders.
    forms: Vec<Vec<(usize, usize, f64)>>,
    slopes: Vec<Vec<(usize, f64)>>,
    /// w − c.
    rest: Vec<f64>,
}

/// Operations that the search for multipliers may take, at most.
const SEARCH: f64 = 2e8;
/// Shares by which S is made larger until its factorisation shows that it is positive.
const SHARES: [f64; 4] = [1e-11, 1e-9, 1e-8, 1e-7];

impl Quadratic {
    /// `None` where the degree is larger.
    pub fn of(map: &Polynomial, target: &[f64], d: usize) -> Option<Quadratic> {
        let mut found = Quadratic {
            d,
            forms: Vec::new(),
            slopes: Vec::new(),
            rest: target.to_vec(),
        };
        for (k, entry) in map.entries.iter().enumerate() {
            let (mut form, mut slope) = (Vec::new(), Vec::new());
            for m in entry {
                match m.places.as_slice() {
                    [] => found.rest[k] -= m.coefficient,
                    [i] => slope.push((*i, m.coefficient)),
                    // ∇² of c θ_i² is 2c, of c θ_iθ_j it is c at (i, j) and (j, i): once for each order.
                    [i, j] => form.extend([(*i, *j, m.coefficient), (*j, *i, m.coefficient)]),
                    _ => return None,
                }
            }
            found.forms.push(form);
            found.slopes.push(slope);
        }
        Some(found)
    }

    fn is_homogeneous(&self) -> bool {
        self.slopes.iter().all(Vec::is_empty)
    }

    /// Σλ_kA_k and Σλ_kb_k.
    fn combined(&self, multipliers: &[f64]) -> (Matrix, Vec<f64>) {
        let mut sum = Matrix::zeros(self.d, self.d);
        let mut slope = vec![0.0; self.d];
        for (k, c) in multipliers.iter().enumerate() {
            self.forms[k]
                .iter()
                .for_each(|(i, j, x)| sum[(*i, *j)] += c * x);
            self.slopes[k].iter().for_each(|(i, x)| slope[*i] += c * x);
        }
        (sum, slope)
    }

    /// The largest bound that a multiple of λ gives.
    pub fn bound(&self, multipliers: &[f64]) -> Result<f64> {
        let (form, slope) = self.combined(multipliers);
        let mut top = None;
        for share in SHARES {
            let larger = Matrix::from_fn(self.d, self.d, |i, j| {
                f64::from(i == j) * (1.0 + share) - form[(i, j)]
            });
            if Cholesky::of(&larger).map_err(numerical)?.is_some() {
                top = Some(1.0 + share);
                break;
            }
        }
        let top = match top {
            Some(top) => top,
            None => {
                let eigen = symmetric_eigen(&form).map_err(numerical)?;
                eigen.values.last().copied().unwrap_or(0.0).max(1.0) * (1.0 + 1e-11)
            }
        };
        self.at_scale(multipliers, &form, &slope, 1.0 / top)
    }

    /// g(sλ), where sΣλ_kA_k ≤ I is known.
    fn at_scale(&self, multipliers: &[f64], form: &Matrix, slope: &[f64], s: f64) -> Result<f64> {
        let linear = s * dot(multipliers, &self.rest);
        if self.is_homogeneous() {
            return Ok(linear.max(0.0));
        }
        // At a slightly smaller scale, where S is positive by a margin.
        let s = s * (1.0 - 1e-10);
        let smaller = Matrix::from_fn(self.d, self.d, |i, j| f64::from(i == j) - s * form[(i, j)]);
        let b: Vec<f64> = slope.iter().map(|x| s * x).collect();
        let Some(factor) = Cholesky::of(&smaller).map_err(numerical)? else {
            return Ok(0.0);
        };
        let bound = s * dot(multipliers, &self.rest) - dot(&b, &factor.solve(&b)) / 2.0;
        Ok(if bound.is_finite() {
            bound.max(0.0)
        } else {
            0.0
        })
    }

    /// The multipliers with the largest bound, by a barrier: Newton steps on t g(λ) + log det S(λ), t rising; `None` where
    /// they cost too much. `known`: an upper bound of g.
    pub fn best(&self, known: f64, start: &[f64], effort: f64) -> Result<Option<Vec<f64>>> {
        let (d, m) = (self.d as f64, self.forms.len() as f64);
        let terms: f64 = self.forms.iter().map(|f| f.len() as f64).sum();
        let round = 3.0 * d * d * d + terms * terms + m * m * m + m * d * d;
        if 80.0 * round > effort * SEARCH || self.forms.is_empty() {
            return Ok(None);
        }
        // Inside: a part of the multipliers of a local minimum, or none.
        let (form, _) = self.combined(start);
        let eigen = symmetric_eigen(&form).map_err(numerical)?;
        let top = eigen.values.last().copied().unwrap_or(0.0).max(0.0);
        let inside = if top > 0.0 { 0.9 / top.max(1.0) } else { 0.9 };
        let mut at: Vec<f64> = start.iter().map(|x| inside * x).collect();
        let mut t = d / known.max(f64::MIN_POSITIVE);
        // g − max ≤ d/t at the centre of t.
        while d / t > 1e-9 * known {
            for _ in 0..30 {
                let Some(step) = self.newton(&at, t)? else {
                    return Ok(Some(at));
                };
                let mut length = 1.0 / (1.0 + step.1.max(0.0).sqrt());
                if step.1 < 0.3 {
                    length = 1.0;
                }
                let moved = |l: f64| -> Vec<f64> {
                    at.iter().zip(&step.0).map(|(a, s)| a + l * s).collect()
                };
                let mut next = moved(length);
                while !self.is_inside(&next)? && length > 1e-8 {
                    length *= 0.5;
                    next = moved(length);
                }
                if length <= 1e-8 {
                    break;
                }
                at = next;
                if step.1 < 1e-4 {
                    break;
                }
            }
            t *= 8.0;
        }
        Ok(Some(at))
    }

    fn is_inside(&self, multipliers: &[f64]) -> Result<bool> {
        let (form, _) = self.combined(multipliers);
        let s = Matrix::from_fn(self.d, self.d, |i, j| f64::from(i == j) - form[(i, j)]);
        Ok(Cholesky::of(&s).map_err(numerical)?.is_some())
    }

    /// The Newton step of t g + log det S and its decrement; `None` where the system cannot be solved.
    fn newton(&self, at: &[f64], t: f64) -> Result<Option<(Vec<f64>, f64)>> {
        let (d, m) = (self.d, self.forms.len());
        let (form, slope) = self.combined(at);
        let s = Matrix::from_fn(d, d, |i, j| f64::from(i == j) - form[(i, j)]);
        let Some(factor) = Cholesky::of(&s).map_err(numerical)? else {
            return Ok(None);
        };
        let mut inverse = Matrix::zeros(d, d);
        for j in 0..d {
            let mut unit = vec![0.0; d];
            unit[j] = 1.0;
            let column = factor.solve(&unit);
            (0..d).for_each(|i| inverse[(i, j)] = column[i]);
        }
        let theta: Vec<f64> = (0..d).map(|i| dot(inverse.row(i), &slope)).collect();
        // Rows A_kθ + b_k, and their images under S⁻¹.
        let mut rows = vec![vec![0.0; d]; m];
        let mut gradient = vec![0.0; m];
        for k in 0..m {
            let (mut value, mut trace) = (0.0, 0.0);
            for (i, j, x) in &self.forms[k] {
                rows[k][*i] += x * theta[*j];
                value += x * theta[*i] * theta[*j] / 2.0;
                trace += x * inverse[(*i, *j)];
            }
            for (i, x) in &self.slopes[k] {
                rows[k][*i] += x;
                value += x * theta[*i];
            }
            gradient[k] = t * (self.rest[k] - value) - trace;
        }
        let linear = !self.is_homogeneous();
        let mut hessian = Matrix::zeros(m, m);
        for k in 0..m {
            let image: Vec<f64> = match linear {
                true => (0..d).map(|i| dot(inverse.row(i), &rows[k])).collect(),
                false => Vec::new(),
            };
            for l in 0..=k {
                let mut sum = if linear {
                    t * dot(&image, &rows[l])
                } else {
                    0.0
                };
                for (i, j, x) in &self.forms[k] {
                    for (p, q, y) in &self.forms[l] {
                        sum += x * y * inverse[(*j, *p)] * inverse[(*q, *i)];
                    }
                }
                hessian[(k, l)] = sum;
                hessian[(l, k)] = sum;
            }
        }
        let size = (0..m).map(|k| hessian[(k, k)]).fold(0.0, f64::max);
        (0..m).for_each(|k| hessian[(k, k)] += 1e-13 * size);
        let step = Cholesky::of(&hessian)
            .map_err(numerical)?
            .map(|f| f.solve(&gradient));
        Ok(step
            .filter(|s| norm(s).is_finite())
            .map(|s| (s.clone(), dot(&s, &gradient))))
    }
}
