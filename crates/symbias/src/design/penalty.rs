//! The target as a penalty at given components: its value, and how far a point is from a minimum of ℓ + λR (theory §7.1, Basins).
//!
//! Slopes are those of the target as it was written, by differences of its values, so that the residual knows nothing of the
//! parameterization that it judges.

use super::file::DesignSpec;
use super::spectral::{is_named, renamed};
use super::target::{Kind, Target, Term};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use symbias_model::data::Folder;
use symbias_model::error::{Error, ErrorKind, Result};
use symbias_numerics::dense::{Matrix, svd};

/// Entries, norms and singular values below this share of the largest are 0.
const ZERO: f64 = 1e-9;
/// r(10⁻⁹)/10⁻⁹ over r(10⁻⁶)/10⁻⁶: above, r′(0) is infinite, below its inverse it is 0.
const STEEP: f64 = 1.2;

/// How far −∇ℓ is from λ∂R.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Kkt {
    /// ‖∇ℓ + λs‖ over the larger of ‖∇ℓ‖ and ‖λs‖, s the nearest element of ∂R.
    pub residual: f64,
    /// Places at 0 where R has an infinite slope: nothing is asked of ∇ℓ there.
    pub empty: usize,
}

/// A target as a function of its components.
pub struct Penalty {
    target: Target,
}

/// r′(0) on one side.
#[derive(Clone, Copy)]
enum Slope {
    Finite(f64),
    Infinite,
}

/// Σ over a point, of which the residual is made.
#[derive(Default)]
struct Sums {
    off: f64,
    gradient: f64,
    penalty: f64,
    empty: usize,
}

impl Sums {
    /// One number g = ∂ℓ, and the nearest element of λ∂R with a minus.
    fn add(&mut self, g: f64, nearest: f64) {
        self.off += (g - nearest) * (g - nearest);
        self.gradient += g * g;
        self.penalty += nearest * nearest;
    }
}

impl Penalty {
    /// Reads the target of a file.
    ///
    /// # Errors
    /// A mistake in the expression, or a target that is no sum of terms of one component each.
    pub fn read(spec: &DesignSpec, folder: &Folder) -> Result<Penalty> {
        let target = Target::read(spec, folder)?;
        Ok(Penalty { target })
    }

    pub(super) fn target(&self) -> &Target {
        &self.target
    }

    /// What was read.
    pub(super) fn of(target: Target) -> Penalty {
        Penalty { target }
    }

    /// The target as an expression of its components alone, numbers in the place of constants; `None` where a constant is an
    /// array.
    #[must_use]
    pub fn expression(&self) -> Option<String> {
        let spec = &self.target.spec;
        // What the target names is no component any more.
        let other = |t: &Term| t.joint.is_some() || t.atoms.is_some() || !t.rows.is_empty();
        if self.target.terms.iter().any(other) {
            return None;
        }
        let mut text = spec.target.trim().to_owned();
        for (name, value) in &spec.constants {
            if is_named(&text, name) {
                let number = value
                    .as_float()
                    .or_else(|| value.as_integer().map(|n| n as f64))?;
                text = renamed(&text, name, &format!("({number:?})")).ok()?;
            }
        }
        Some(text)
    }

    /// The components: names and sizes.
    #[must_use]
    pub fn components(&self) -> Vec<(String, Vec<usize>)> {
        let terms = self.target.terms.iter();
        terms
            .map(|t| (t.component.clone(), t.shape.clone()))
            .collect()
    }

    /// R(z) − R(0), of one array per component.
    ///
    /// # Errors
    /// Arrays of another size.
    pub fn value(&self, z: &[Vec<f64>]) -> Result<f64> {
        self.fits(z)?;
        let mut sum = 0.0;
        for (term, z) in self.target.terms.iter().zip(z) {
            if let Some(structured) = &term.joint {
                sum += structured.norm(z);
                continue;
            }
            for (place, group) in groups(term).iter().enumerate() {
                let zero = self.r(term, place, 0.0);
                for x in sizes(term, z, group)? {
                    sum += self.r(term, place, x) - zero;
                }
            }
        }
        Ok(sum)
    }

    /// r(x) − r(0) of one place of a component.
    #[must_use]
    pub fn of_one(&self, component: usize, place: usize, x: f64) -> f64 {
        let term = &self.target.terms[component];
        self.r(term, place, x) - self.r(term, place, 0.0)
    }

    /// The least λ of which −∇ℓ is in λ∂R(0), or more, of a component that is penalised as a whole.
    #[must_use]
    pub fn dual(&self, component: usize, gradient: &[f64]) -> Option<f64> {
        let joint = self.target.terms[component].joint.as_ref();
        joint.map(|s| s.dual(gradient))
    }

    /// The KKT residual of ℓ + λR at z, with ∇ℓ of one array per component.
    ///
    /// # Errors
    /// Arrays of another size.
    pub fn kkt(&self, z: &[Vec<f64>], gradient: &[Vec<f64>], lambda: f64) -> Result<Kkt> {
        self.fits(z)?;
        self.fits(gradient)?;
        let mut sums = Sums::default();
        for ((term, z), g) in self.target.terms.iter().zip(z).zip(gradient) {
            let top = z.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
            if let Some(structured) = &term.joint {
                let cut: Vec<f64> = z
                    .iter()
                    .map(|x| if x.abs() > ZERO * top { *x } else { 0.0 })
                    .collect();
                let nearest = structured.nearest(&cut, g, lambda);
                g.iter().zip(nearest).for_each(|(g, n)| sums.add(*g, n));
                continue;
            }
            for (place, group) in groups(term).iter().enumerate() {
                match term.kind {
                    Kind::Singular(_) => {
                        self.matrix(&mut sums, term, place, (z, g, group), lambda)?
                    }
                    _ => self.group(&mut sums, term, place, (z, g, group), (lambda, top)),
                }
            }
        }
        let size = sums.gradient.max(sums.penalty).sqrt();
        Ok(Kkt {
            residual: match size > 0.0 {
                true => sums.off.sqrt() / size,
                false => 0.0,
            },
            empty: sums.empty,
        })
    }

    /// A norm ρ = ‖z_g‖, or one entry, which may differ in its two directions.
    fn group(
        &self,
        sums: &mut Sums,
        term: &Term,
        place: usize,
        (z, g, group): (&[f64], &[f64], &[usize]),
        (lambda, top): (f64, f64),
    ) {
        let norm = |v: &[f64]| group.iter().map(|k| v[*k] * v[*k]).sum::<f64>().sqrt();
        let rho = norm(z);
        if rho > ZERO * top {
            let side = match (group, term.kind == Kind::Entries) {
                ([k], true) => z[*k],
                _ => rho,
            };
            let slope = lambda * self.slope(term, place, side);
            for k in group {
                let along = if side == rho { z[*k] / rho } else { 1.0 };
                sums.add(g[*k], -slope * along);
            }
            return;
        }
        let total = norm(g);
        let side = match (group, term.kind == Kind::Entries) {
            ([k], true) => -g[*k].signum(),
            _ => 1.0,
        };
        if term.is_positive() && side < 0.0 {
            // Nothing is asked on the side that has an infinite penalty.
            group.iter().for_each(|k| sums.add(g[*k], g[*k]));
            return;
        }
        match self.slope_at_zero(term, place, side) {
            Slope::Infinite => sums.empty += 1,
            Slope::Finite(s) => {
                let share = if total > 0.0 {
                    (lambda * s / total).min(1.0)
                } else {
                    0.0
                };
                group.iter().for_each(|k| sums.add(g[*k], share * g[*k]));
            }
        }
    }

    /// ∇ℓ in the singular basis of W: −λr′(σ) on the diagonal of its range, 0 beside it, at most λr′(0) elsewhere.
    fn matrix(
        &self,
        sums: &mut Sums,
        term: &Term,
        place: usize,
        (z, g, group): (&[f64], &[f64], &[usize]),
        lambda: f64,
    ) -> Result<()> {
        let Kind::Singular([rows, columns]) = term.kind else {
            return Ok(());
        };
        let (n, m) = (term.shape[rows], term.shape[columns]);
        let matrix = |v: &[f64]| Matrix::from_fn(n, m, |i, j| v[group[i * m + j]]);
        let numerical =
            |e: symbias_numerics::Error| Error::new(ErrorKind::Numerical, e.to_string());
        let (w, g) = (svd(&matrix(z)).map_err(numerical)?, matrix(g));
        let top = w.s.first().copied().unwrap_or(0.0);
        let rank = w.s.iter().take_while(|s| **s > ZERO * top).count();
        // P = U_r Uᵀ_r G, Q = G V_r Vᵀ_r; what remains of G is outside of both.
        let u = |i: usize, k: usize| w.u[(i, k)];
        let v = |j: usize, k: usize| w.v[(j, k)];
        let mut rest = g.clone();
        let mut left = Matrix::zeros(rank, m);
        for k in 0..rank {
            for j in 0..m {
                left[(k, j)] = (0..n).map(|i| u(i, k) * g[(i, j)]).sum();
            }
        }
        for k in 0..rank {
            for j in 0..m {
                for i in 0..n {
                    rest[(i, j)] -= u(i, k) * left[(k, j)];
                }
            }
        }
        for k in 0..rank {
            let right: Vec<f64> = (0..n)
                .map(|i| (0..m).map(|j| rest[(i, j)] * v(j, k)).sum())
                .collect();
            for (i, x) in right.iter().enumerate() {
                for j in 0..m {
                    rest[(i, j)] -= x * v(j, k);
                }
                sums.add(*x, 0.0);
            }
        }
        for k in 0..rank {
            // Row k of UᵀG: along v_k it is −λr′(σ_k), across 0.
            let along: f64 = (0..m).map(|j| left[(k, j)] * v(j, k)).sum();
            sums.add(along, -lambda * self.slope(term, place, w.s[k]));
            for j in 0..m {
                sums.add(left[(k, j)] - along * v(j, k), 0.0);
            }
        }
        let outside = svd(&rest).map_err(numerical)?.s;
        if rank == n.min(m) {
            return Ok(());
        }
        match self.slope_at_zero(term, place, 1.0) {
            Slope::Infinite => sums.empty += n.min(m) - rank,
            Slope::Finite(s) => outside.iter().for_each(|g| sums.add(*g, g.min(lambda * s))),
        }
        Ok(())
    }

    fn r(&self, term: &Term, place: usize, x: f64) -> f64 {
        term.value(&self.target, place, x).unwrap_or(f64::NAN)
    }

    /// r′(x) by the central difference of sixth order.
    fn slope(&self, term: &Term, place: usize, x: f64) -> f64 {
        let h = 4e-3 * x.abs();
        let d = |k: f64| self.r(term, place, x + k * h) - self.r(term, place, x - k * h);
        (45.0 * d(1.0) - 9.0 * d(2.0) + d(3.0)) / (60.0 * h)
    }

    /// |r′(0)| on the side of a sign.
    fn slope_at_zero(&self, term: &Term, place: usize, side: f64) -> Slope {
        let zero = self.r(term, place, 0.0);
        let at = |x: f64| self.r(term, place, side * x) - zero;
        let steep = (at(1e-9) / 1e-9) / (at(1e-6) / 1e-6);
        if steep > STEEP {
            return Slope::Infinite;
        }
        if steep.is_nan() || steep <= 1.0 / STEEP {
            return Slope::Finite(0.0);
        }
        let h = 1e-5;
        Slope::Finite((18.0 * at(h) - 9.0 * at(2.0 * h) + 2.0 * at(3.0 * h)) / (6.0 * h))
    }

    fn fits(&self, arrays: &[Vec<f64>]) -> Result<()> {
        let sizes = self
            .target
            .terms
            .iter()
            .map(|t| t.shape.iter().product::<usize>());
        match sizes.eq(arrays.iter().map(Vec::len)) {
            true => Ok(()),
            false => Err(Error::new(
                ErrorKind::Shape,
                "the arrays are not those of the components of the target",
            )
            .remedy("give one array per component, in declared order")),
        }
    }
}

/// Places of the entries of each norm or matrix of a term.
fn groups(term: &Term) -> Vec<Vec<usize>> {
    let inner = match &term.kind {
        Kind::Entries => Vec::new(),
        Kind::Groups(inner) => inner.clone(),
        Kind::Singular(pair) => pair.to_vec(),
        Kind::Joint => vec![0],
    };
    super::lift::places(&term.shape, &term.outer(), &inner)
}

/// The arguments of r: an entry, a norm, singular values.
fn sizes(term: &Term, z: &[f64], group: &[usize]) -> Result<Vec<f64>> {
    Ok(match term.kind {
        Kind::Entries | Kind::Joint => group.iter().map(|k| z[*k]).collect(),
        Kind::Groups(_) => vec![group.iter().map(|k| z[*k] * z[*k]).sum::<f64>().sqrt()],
        Kind::Singular([rows, columns]) => {
            let (n, m) = (term.shape[rows], term.shape[columns]);
            let w = Matrix::from_fn(n, m, |i, j| z[group[i * m + j]]);
            svd(&w)
                .map_err(|e| Error::new(ErrorKind::Numerical, e.to_string()))?
                .s
        }
    })
}
