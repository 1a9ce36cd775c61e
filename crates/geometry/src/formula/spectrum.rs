//! Spectra of matrices whose entries are coordinates of θ, and their gradients: of W = USVᵀ, ds_i = u_iᵀ dW v_i.

use super::Script;
use crate::rank::numerical;
use std::fmt;
use std::sync::Arc;
use symbias_model::error::Result;
use symbias_numerics::dense::{Matrix, singular_values, svd};
use symbias_numerics::rank::{self, RankOptions};

/// Values of a copy of a structure, largest first.
pub trait Spectrum: fmt::Debug + Send + Sync {
    /// What it is the spectrum of: `A B`.
    fn name(&self, script: Script) -> String;
    /// Which spectrum.
    fn kind(&self) -> Values;
    /// The values; `None` where they do not converge.
    fn values(&self, theta: &[f64], copy: usize) -> Option<Vec<f64>>;
    /// Adds the gradient of Σ adjoint_i value_i.
    fn pull(&self, theta: &[f64], copy: usize, adjoint: &[f64], gradient: &mut [f64])
    -> Option<()>;
}

/// How values follow from the singular values s of a matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Values {
    /// s, written `sigma_i(W)` where it stands.
    Inline,
    /// s.
    Singular,
    /// s².
    Squared,
    /// s² as the eigenvalues of WᵀW, zeros included.
    Gram,
}

/// A matrix by the coordinates of its entries, each with a sign.
pub type Shape = Vec<Vec<(usize, f64)>>;

type Listed = dyn Fn(usize) -> Vec<Shape> + Send + Sync;

/// The spectrum of a product of matrices.
#[derive(Clone)]
pub struct Matrices {
    /// What the product is called.
    pub names: [String; 2],
    /// Which spectrum.
    pub kind: Values,
    /// The factors of a copy, listed when they are asked for.
    pub factors: Arc<Listed>,
    /// How many values: completed by zeros, or the largest; `None` for all there are.
    pub count: Option<usize>,
    /// Columns are centred first.
    pub centred: bool,
    /// Complex matrices written as real ones have every singular value twice.
    pub twice: bool,
    /// Values are zero where the rank is decided to end.
    pub decided: bool,
}

impl fmt::Debug for Matrices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Matrices").field(&self.names[0]).finish()
    }
}

impl Matrices {
    fn at(&self, theta: &[f64], copy: usize) -> (Vec<Shape>, Vec<Matrix>) {
        let shapes = (self.factors)(copy);
        let matrix = |shape: &Shape| {
            let width = shape.first().map_or(0, Vec::len);
            let mut m = Matrix::from_fn(shape.len(), width, |i, j| {
                let (place, sign) = shape[i][j];
                sign * theta[place]
            });
            if self.centred {
                centre(&mut m);
            }
            m
        };
        let matrices = shapes.iter().map(matrix).collect();
        (shapes, matrices)
    }

    fn singular(&self, product: &Matrix) -> Option<Vec<f64>> {
        let mut values = singular_values(product).ok()?;
        if self.decided {
            let (n, m) = (product.rows, product.cols);
            let found = rank::decide("stack", &values, n, m, RankOptions::default());
            values[found.rank..].fill(0.0);
        }
        if self.twice {
            values = values.into_iter().step_by(2).collect();
        }
        if let Some(count) = self.count {
            values.resize(count, 0.0);
        }
        Some(values)
    }

    fn pulled(
        &self,
        theta: &[f64],
        copy: usize,
        adjoint: &[f64],
        gradient: &mut [f64],
    ) -> Result<()> {
        let (shapes, matrices) = self.at(theta, copy);
        let whole = product(&matrices)?;
        let found = svd(&whole).map_err(numerical)?;
        let weight = |k: usize| {
            let (k, share) = if self.twice { (k / 2, 0.5) } else { (k, 1.0) };
            let slope = match self.kind {
                Values::Inline | Values::Singular => 1.0,
                Values::Squared | Values::Gram => 2.0 * found.s[if self.twice { 2 * k } else { k }],
            };
            share * slope * adjoint.get(k).copied().unwrap_or(0.0)
        };
        let weights: Vec<f64> = (0..found.s.len()).map(weight).collect();
        let upon = Matrix::from_fn(whole.rows, whole.cols, |i, j| {
            let term = |k: usize| found.u[(i, k)] * weights[k] * found.v[(j, k)];
            (0..weights.len())
                .filter(|k| weights[*k] != 0.0)
                .map(term)
                .sum()
        });
        for (k, shape) in shapes.iter().enumerate() {
            // d(L M R) = L dM R: the adjoint of M is Lᵀ (adjoint) Rᵀ.
            let mut own = upon.clone();
            if k > 0 {
                let left = product(&matrices[..k])?;
                own = left.transpose_matmul(&own).map_err(numerical)?;
            }
            if k + 1 < matrices.len() {
                let right = product(&matrices[k + 1..])?;
                own = own.matmul(&right.transpose()).map_err(numerical)?;
            }
            if self.centred {
                centre(&mut own);
            }
            for (i, row) in shape.iter().enumerate() {
                for (j, (place, sign)) in row.iter().enumerate() {
                    gradient[*place] += sign * own[(i, j)];
                }
            }
        }
        Ok(())
    }
}

impl Spectrum for Matrices {
    fn name(&self, script: Script) -> String {
        match script {
            Script::Plain => self.names[0].clone(),
            Script::Latex => self.names[1].clone(),
        }
    }

    fn kind(&self) -> Values {
        self.kind
    }

    fn values(&self, theta: &[f64], copy: usize) -> Option<Vec<f64>> {
        let (_, matrices) = self.at(theta, copy);
        let s = self.singular(&product(&matrices).ok()?)?;
        Some(match self.kind {
            Values::Inline | Values::Singular => s,
            Values::Squared | Values::Gram => s.iter().map(|x| x * x).collect(),
        })
    }

    fn pull(
        &self,
        theta: &[f64],
        copy: usize,
        adjoint: &[f64],
        gradient: &mut [f64],
    ) -> Option<()> {
        self.pulled(theta, copy, adjoint, gradient).ok()
    }
}

fn product(matrices: &[Matrix]) -> Result<Matrix> {
    let (first, rest) = matrices.split_first().unwrap_or((const { &EMPTY }, &[]));
    rest.iter()
        .try_fold(first.clone(), |w, m| w.matmul(m).map_err(numerical))
}

const EMPTY: Matrix = Matrix {
    rows: 0,
    cols: 0,
    data: Vec::new(),
};

fn centre(m: &mut Matrix) {
    for j in 0..m.cols {
        let mean = m.column(j).iter().sum::<f64>() / m.rows as f64;
        (0..m.rows).for_each(|i| m.row_mut(i)[j] -= mean);
    }
}
