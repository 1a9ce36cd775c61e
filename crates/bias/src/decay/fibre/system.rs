//! The equations of a fibre, F(θ) = w, and what a minimisation asks of them at a point.

use super::metered::Metered;
use symbias_geometry::metric::{Monomial, Polynomial, PredictorMap};
use symbias_geometry::rank::numerical;
use symbias_model::error::Result;
use symbias_numerics::dense::{Matrix, svd};
use symbias_numerics::rank::{RankOptions, decide};

/// {θ : F(θ) = w}, for some coordinates of θ.
pub(super) struct System<'a> {
    pub map: Metered<'a>,
    /// The same map, where it is a polynomial.
    pub polynomial: Option<&'a Polynomial>,
    pub target: Vec<f64>,
    pub unknowns: usize,
}

/// J at a point by its singular values: what lies across the fibre and what along it.
pub(super) struct Across {
    jacobian: Matrix,
    /// Left vectors, m × k, and right ones, d × k, of the singular values that count.
    left: Matrix,
    right: Matrix,
    sizes: Vec<f64>,
}

/// A symmetric matrix, by its products.
pub(super) enum Bent<'a> {
    Matrix(Matrix),
    Products {
        system: &'a System<'a>,
        theta: &'a [f64],
        multipliers: &'a [f64],
    },
}

impl Bent<'_> {
    pub fn times(&self, v: &[f64]) -> Result<Vec<f64>> {
        match self {
            Bent::Matrix(matrix) => Ok((0..matrix.rows).map(|i| dot(matrix.row(i), v)).collect()),
            Bent::Products {
                system,
                theta,
                multipliers,
            } => {
                let along = |c: &f64| v.iter().map(|x| c * x).collect();
                let b: Vec<Vec<f64>> = multipliers.iter().map(along).collect();
                system.map.contracted(theta, &b)
            }
        }
    }
}

impl System<'_> {
    pub fn residual(&self, theta: &[f64]) -> Result<Vec<f64>> {
        let value = self.map.value(theta)?;
        Ok(value.iter().zip(&self.target).map(|(v, w)| v - w).collect())
    }

    /// Counts multiplications.
    pub fn spend(&self, work: f64) {
        self.map.spend(work);
    }

    /// Whether there is work left.
    pub fn may_go_on(&self) -> bool {
        self.map.affords(0.0)
    }

    /// Multiplications of J and its singular values, about.
    pub fn across_cost(&self) -> f64 {
        let (m, d) = (self.target.len() as f64, self.unknowns as f64);
        12.0 * m * d * m.min(d) + self.map.costs().jacobian + 100.0
    }

    pub fn across(&self, theta: &[f64]) -> Result<Across> {
        self.spend(self.across_cost() - self.map.costs().jacobian);
        let rows = self.map.jacobian(theta)?;
        let jacobian = Matrix::from_fn(rows.len(), self.unknowns, |i, j| rows[i][j]);
        Across::of(jacobian)
    }

    /// Σ_k λ_k ∇²F_k: of a polynomial a matrix, which its few terms fill; else products with vectors, one evaluation each.
    pub fn bent<'s>(&'s self, theta: &'s [f64], multipliers: &'s [f64]) -> Bent<'s> {
        let d = self.unknowns;
        let Some(polynomial) = self.polynomial else {
            return Bent::Products {
                system: self,
                theta,
                multipliers,
            };
        };
        let mut sum = Matrix::zeros(d, d);
        self.spend((d * d) as f64 + self.map.costs().second);
        for (entry, c) in polynomial.entries.iter().zip(multipliers) {
            entry
                .iter()
                .for_each(|m| add_hessian(m, *c, theta, &mut sum));
        }
        Bent::Matrix(sum)
    }

    /// Sizes of the terms that cancel in F(θ) − w: the unit of its rounding.
    pub fn scale(&self, theta: &[f64], across: &Across) -> f64 {
        let length = norm(theta);
        norm(&self.target) + 1e-2 * across.jacobian.norm() * length
    }
}

/// Adds c ∇²m.
fn add_hessian(m: &Monomial, c: f64, theta: &[f64], sum: &mut Matrix) {
    for (k, p) in m.places.iter().enumerate() {
        for (l, q) in m.places.iter().enumerate() {
            if k != l {
                let rest = m.places.iter().enumerate();
                let rest = rest.filter(|(i, _)| *i != k && *i != l);
                sum[(*p, *q)] += c * m.coefficient * rest.map(|(_, p)| theta[*p]).product::<f64>();
            }
        }
    }
}

impl Across {
    fn of(jacobian: Matrix) -> Result<Across> {
        let found = svd(&jacobian).map_err(numerical)?;
        let (m, d) = (jacobian.rows, jacobian.cols);
        let kept = decide("J on the fibre", &found.s, m, d, RankOptions::default()).rank;
        let first = |a: &Matrix| Matrix::from_fn(a.rows, kept, |i, j| a[(i, j)]);
        Ok(Across {
            left: first(&found.u),
            right: first(&found.v),
            sizes: found.s[..kept].to_vec(),
            jacobian,
        })
    }

    /// The shortest λ with Jᵀλ = the part of v across the fibre.
    pub fn multipliers(&self, v: &[f64]) -> Vec<f64> {
        let along = combined(&self.right, v);
        let scaled: Vec<f64> = along.iter().zip(&self.sizes).map(|(a, s)| a / s).collect();
        expanded(&self.left, &scaled)
    }

    /// The shortest step by which J moves the values by r.
    pub fn step(&self, r: &[f64]) -> Vec<f64> {
        let along = combined(&self.left, r);
        let scaled: Vec<f64> = along.iter().zip(&self.sizes).map(|(a, s)| a / s).collect();
        expanded(&self.right, &scaled)
    }

    /// The part of v along the fibre.
    pub fn tangent(&self, v: &[f64]) -> Vec<f64> {
        let across = expanded(&self.right, &combined(&self.right, v));
        v.iter().zip(&across).map(|(v, a)| v - a).collect()
    }

    /// Dimension of the fibre there.
    pub fn freedom(&self) -> usize {
        self.jacobian.cols - self.sizes.len()
    }
}

/// Aᵀv.
fn combined(a: &Matrix, v: &[f64]) -> Vec<f64> {
    let mut sum = vec![0.0; a.cols];
    for (i, v) in v.iter().enumerate() {
        sum.iter_mut().zip(a.row(i)).for_each(|(s, a)| *s += a * v);
    }
    sum
}

/// A c.
fn expanded(a: &Matrix, c: &[f64]) -> Vec<f64> {
    (0..a.rows).map(|i| dot(a.row(i), c)).collect()
}

pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

pub(super) fn norm(v: &[f64]) -> f64 {
    dot(v, v).sqrt()
}
