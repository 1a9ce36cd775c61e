//! The process of w as an Itô equation (theory §5).
//!
//! | noise | C | ½ tr(C∇²w) | a | σ_w |
//! |---|---|---|---|---|
//! | isotropic | 2T·I | T Δw | 2T K | √(2T) K^{1/2} |
//! | horizontal | 2T·P_H | T Σ_e ∇²w[e, e], e a basis of the rows of J | 2T K | √(2T) K^{1/2} |
//! | predictor | s² JᵀJ | (s²/2) Σ_k ∇²w[J_k, J_k] | s² K² | s K |
//!
//! K^{1/2} is the symmetric root: it exists where K is singular, does not depend on the order of the
//! weights, and is diagonal where K is. w moves along v on the leaf when θ moves along h = JᵀK⁺v, so
//! that dK = J′Jᵀ + JJ′ᵀ with J′ = ∇²w h, and d(K^{1/2}) solves R dR + dR R = dK: no differences.

use super::section::Section;
use super::stays::{self, Admitted};
use symbias_geometry::factor::Factor;
use symbias_geometry::metric::PredictorMap;
use symbias_geometry::noise::Noise;
use symbias_geometry::rank::numerical;
use symbias_geometry::sde::{Ito, NoiseKind, Sde};
use symbias_model::error::{Error, ErrorKind, Result};
use symbias_model::expression::Model;
use symbias_numerics::dense::{Matrix, symmetric_eigen};

/// ∇L at θ (d numbers), written into the second argument.
pub type Gradient<'a> = Box<dyn Fn(&[f64], &mut [f64]) + Send + Sync + 'a>;

/// The process of the n effective weights on a leaf: an [`Sde`] in the Itô sense with n noises.
///
/// Each evaluation costs the Jacobian of w and n of its derivatives, n²d, and a decomposition of K.
/// Where w has no lift (not finite, or on a side that the leaf does not reach), or K has lost rank, it is NaN.
pub struct Quotient<'a> {
    section: Section,
    noise: Noise,
    gradient: Gradient<'a>,
    rank: usize,
    kind: NoiseKind,
}

/// J at the lift of w, with K = V Λ Vᵀ of the rank that K has at generic points.
struct Place {
    theta: Vec<f64>,
    jacobian: Vec<Vec<f64>>,
    /// Λ, rank K numbers.
    values: Vec<f64>,
    /// V, n × rank K.
    vectors: Matrix,
}

impl<'a> Quotient<'a> {
    /// The process on the leaf of a section, for a loss that the symmetry leaves alone.
    ///
    /// It is admitted after a look at generic points of the leaf, where what is asked is an identity.
    ///
    /// # Errors
    /// A strength that is not a number ≥ 0; isotropic noise where orbits are not compact; noise that
    /// drives the charges away from the leaf, with the drift found; K or the fibre not those of one
    /// orbit; a gradient that is not horizontal; floating linear algebra that does not converge.
    pub fn new(
        model: &Model,
        factors: &[Factor],
        section: Section,
        noise: Noise,
        gradient: Gradient<'a>,
    ) -> Result<Quotient<'a>> {
        noise.checked()?;
        if matches!(noise, Noise::Labels(_) | Noise::Minibatch(_)) {
            return Err(Error::new(
                ErrorKind::Unsupported,
                format!("{} noise depends on more than the weights", noise.name()),
            )
            .remedy("take isotropic, horizontal or predictor noise, or let the parameters move"));
        }
        let Admitted { rank } = stays::admit(model, factors, &section, noise, &gradient)?;
        let kind = kind(&section)?;
        Ok(Quotient {
            section,
            noise,
            gradient,
            rank,
            kind,
        })
    }

    /// The section that it lives on.
    #[must_use]
    pub fn section(&self) -> &Section {
        &self.section
    }

    /// The noise of θ.
    #[must_use]
    pub fn noise(&self) -> Noise {
        self.noise
    }

    /// Rank of K: the dimension of the image of w, less than n where that is a surface.
    #[must_use]
    pub fn rank(&self) -> usize {
        self.rank
    }

    /// K at w, n rows of n numbers.
    ///
    /// # Errors
    /// Those of [`Section::nearest`].
    pub fn metric(&self, w: &[f64]) -> Result<Matrix> {
        let theta = self.section.nearest(w)?;
        Ok(metric(&self.section.map().jacobian(&theta)?))
    }

    fn place(&self, w: &[f64]) -> Result<Place> {
        let theta = self.section.nearest(w)?;
        let jacobian = self.section.map().jacobian(&theta)?;
        self.place_at(theta, jacobian)
    }

    fn place_at(&self, theta: Vec<f64>, jacobian: Vec<Vec<f64>>) -> Result<Place> {
        let n = jacobian.len();
        let eigen = symmetric_eigen(&metric(&jacobian)).map_err(numerical)?;
        // Eigenvalues rise: the last ones are those of the image.
        let zeros = n - self.rank;
        Ok(Place {
            values: eigen.values[zeros..].iter().map(|x| x.max(0.0)).collect(),
            vectors: Matrix::from_fn(n, self.rank, |i, k| eigen.vectors[(i, zeros + k)]),
            theta,
            jacobian,
        })
    }

    /// ½ tr(C∇²w).
    fn noise_drift(&self, at: &Place) -> Result<Vec<f64>> {
        let map = self.section.map();
        let mut sum = vec![0.0; at.jacobian.len()];
        let mut add = |v: &[f64], share: f64| -> Result<()> {
            let along = map.jacobian_along(&at.theta, v)?;
            sum.iter_mut()
                .zip(&along)
                .for_each(|(s, row)| *s += share * dot(row, v));
            Ok(())
        };
        match self.noise {
            _ if self.noise.is_silent() => {}
            Noise::Isotropic(temperature) => {
                let mut unit = vec![0.0; at.theta.len()];
                for p in 0..unit.len() {
                    unit[p] = 1.0;
                    add(&unit, temperature)?;
                    unit[p] = 0.0;
                }
            }
            Noise::Horizontal(temperature) => {
                for (k, value) in at.values.iter().enumerate() {
                    let e = combined(&at.jacobian, |i| at.vectors[(i, k)] / value.sqrt());
                    add(&e, temperature)?;
                }
            }
            Noise::Predictor(scale) => {
                for row in &at.jacobian {
                    add(row, scale * scale / 2.0)?;
                }
            }
            // Refused by `new`.
            Noise::Labels(_) | Noise::Minibatch(_) => sum.fill(f64::NAN),
        }
        Ok(sum)
    }

    fn drift_at(&self, w: &[f64], into: &mut [f64]) -> Result<()> {
        let at = self.place(w)?;
        let mut slope = vec![0.0; at.theta.len()];
        (self.gradient)(&at.theta, &mut slope);
        let noise = self.noise_drift(&at)?;
        for ((b, row), more) in into.iter_mut().zip(&at.jacobian).zip(noise) {
            *b = more - dot(row, &slope);
        }
        Ok(())
    }

    fn diffusion_at(&self, w: &[f64], into: &mut [f64]) -> Result<()> {
        let at = self.place(w)?;
        let (n, root) = (w.len(), self.root());
        for i in 0..n {
            for j in 0..n {
                let term =
                    |k: usize| at.vectors[(i, k)] * root.of(at.values[k]) * at.vectors[(j, k)];
                into[i * n + j] = (0..self.rank).map(term).sum();
            }
        }
        Ok(())
    }

    fn diffusion_slope(&self, w: &[f64], v: &[f64], into: &mut [f64]) -> Result<()> {
        let at = self.place(w)?;
        let (n, r, root) = (w.len(), self.rank, self.root());
        let across = |k: usize| (0..n).map(|i| at.vectors[(i, k)] * v[i]).sum::<f64>();
        let weights: Vec<f64> = (0..r).map(|k| across(k) / at.values[k]).collect();
        let h = combined(&at.jacobian, |i| {
            (0..r).map(|k| at.vectors[(i, k)] * weights[k]).sum()
        });
        let turned = self.section.map().jacobian_along(&at.theta, &h)?;
        let change = Matrix::from_fn(n, n, |i, j| {
            dot(&turned[i], &at.jacobian[j]) + dot(&at.jacobian[i], &turned[j])
        });
        // In the basis of all eigenvectors: along the surface that K has rank on, its kernel turns too.
        let full = symmetric_eigen(&metric(&at.jacobian)).map_err(numerical)?;
        let inside = change.matmul(&full.vectors).map_err(numerical)?;
        let mut inside = full.vectors.transpose_matmul(&inside).map_err(numerical)?;
        let value = |k: usize| {
            if k < n - r {
                0.0
            } else {
                full.values[k].max(0.0)
            }
        };
        for k in 0..n {
            for l in 0..n {
                inside[(k, l)] *= root.slope(value(k), value(l));
            }
        }
        let outside = full.vectors.matmul(&inside).map_err(numerical)?;
        let outside = outside
            .matmul(&full.vectors.transpose())
            .map_err(numerical)?;
        into.copy_from_slice(&outside.data);
        Ok(())
    }

    fn root(&self) -> Root {
        match self.noise {
            Noise::Isotropic(temperature) | Noise::Horizontal(temperature) => {
                Root::Square((2.0 * temperature).sqrt())
            }
            Noise::Predictor(scale) => Root::Whole(scale),
            // Refused by `new`.
            Noise::Labels(_) | Noise::Minibatch(_) => Root::Whole(f64::NAN),
        }
    }
}

/// σ_w as a function of K.
#[derive(Clone, Copy)]
enum Root {
    /// c K^{1/2}.
    Square(f64),
    /// c K.
    Whole(f64),
}

impl Root {
    fn of(self, value: f64) -> f64 {
        match self {
            Root::Square(c) => c * value.sqrt(),
            Root::Whole(c) => c * value,
        }
    }

    /// What a change of K between two eigenvectors is multiplied by.
    fn slope(self, a: f64, b: f64) -> f64 {
        match self {
            Root::Square(_) if a + b == 0.0 => 0.0,
            Root::Square(c) => c / (a.sqrt() + b.sqrt()),
            Root::Whole(c) => c,
        }
    }
}

impl Sde for Quotient<'_> {
    type Sense = Ito;

    fn dimension(&self) -> usize {
        self.section.len()
    }

    fn noises(&self) -> usize {
        self.section.len()
    }

    fn kind(&self) -> NoiseKind {
        self.kind
    }

    fn drift(&self, x: &[f64], into: &mut [f64]) {
        if self.drift_at(x, into).is_err() {
            into.fill(f64::NAN);
        }
    }

    fn diffusion(&self, x: &[f64], into: &mut [f64]) {
        if self.diffusion_at(x, into).is_err() {
            into.fill(f64::NAN);
        }
    }

    fn diffusion_along(&self, x: &[f64], v: &[f64], into: &mut [f64]) {
        if self.diffusion_slope(x, v, into).is_err() {
            into.fill(f64::NAN);
        }
    }
}

/// Whether w is linear, or each weight has a K of its own.
fn kind(section: &Section) -> Result<NoiseKind> {
    let map = section.map();
    let linear = map.entries.iter().flatten().all(|m| m.places.len() <= 1);
    if linear {
        return Ok(NoiseKind::Additive);
    }
    let blocks = map.blocks(section.start())?;
    Ok(if blocks.iter().all(|b| b.len() == 1) {
        NoiseKind::Commutative
    } else {
        NoiseKind::General
    })
}

/// K = JJᵀ.
pub(super) fn metric(jacobian: &[Vec<f64>]) -> Matrix {
    let n = jacobian.len();
    Matrix::from_fn(n, n, |i, j| dot(&jacobian[i], &jacobian[j]))
}

pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

/// Σ_i c_i J_i.
fn combined(rows: &[Vec<f64>], c: impl Fn(usize) -> f64) -> Vec<f64> {
    let mut sum = vec![0.0; rows.first().map_or(0, Vec::len)];
    for (i, row) in rows.iter().enumerate() {
        let c = c(i);
        sum.iter_mut().zip(row).for_each(|(s, x)| *s += c * x);
    }
    sum
}
