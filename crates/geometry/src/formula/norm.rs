//! Quantities of θ that formulas are made of: norms of blocks, products of entries, norms of what a projector
//! leaves, logarithms of determinants, and words.

use super::{Quantity, Script};
use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use symbias_numerics::dense::{Matrix, symmetric_eigen};

/// Names in ASCII and in LaTeX.
type Names = [String; 2];

fn of(names: &Names, script: Script) -> String {
    match script {
        Script::Plain => names[0].clone(),
        Script::Latex => names[1].clone(),
    }
}

/// Coordinates of an item.
type Places = dyn Fn(usize) -> Vec<usize> + Send + Sync;

/// ‖a‖ of the block of an item.
#[derive(Clone)]
pub struct Norm {
    /// `||W[h,:]||`.
    pub names: [String; 2],
    /// Of its square: `v[h]^2` for `|v[h]|`.
    pub squares: [String; 2],
    /// Coordinates of the block of each item, listed when they are asked for.
    pub places: Arc<Places>,
}

impl fmt::Debug for Norm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Norm").field(&self.names[0]).finish()
    }
}

impl Quantity for Norm {
    fn name(&self, script: Script) -> String {
        of(&self.names, script)
    }

    fn square(&self, script: Script) -> String {
        of(&self.squares, script)
    }

    fn value(&self, theta: &[f64], item: usize) -> Option<f64> {
        let own = (self.places)(item);
        Some(own.iter().map(|p| theta[*p].powi(2)).sum::<f64>().sqrt())
    }

    fn pull(&self, theta: &[f64], item: usize, seed: f64, gradient: &mut [f64]) -> Option<()> {
        let size = self.value(theta, item)?;
        if seed != 0.0 {
            for p in (self.places)(item) {
                gradient[p] += seed * theta[p] / size;
            }
        }
        Some(())
    }
}

/// The product of the entries of an item.
#[derive(Clone, Debug)]
pub struct Entries {
    /// `w`.
    pub name: &'static str,
    /// The entries' coordinates, of each item.
    pub places: Arc<Vec<Vec<usize>>>,
}

impl Quantity for Entries {
    fn name(&self, _: Script) -> String {
        self.name.to_owned()
    }

    fn value(&self, theta: &[f64], item: usize) -> Option<f64> {
        Some(self.places.get(item)?.iter().map(|p| theta[*p]).product())
    }

    fn pull(&self, theta: &[f64], item: usize, seed: f64, gradient: &mut [f64]) -> Option<()> {
        let own = self.places.get(item)?;
        for (k, p) in own.iter().enumerate() {
            let others = own.iter().enumerate().filter(|(j, _)| *j != k);
            gradient[*p] += seed * others.map(|(_, q)| theta[*q]).product::<f64>();
        }
        Some(())
    }
}

/// Orthonormal columns on coordinates of θ.
type Basis = dyn Fn() -> Vec<Vec<f64>> + Send + Sync;

/// ‖P a‖ of coordinates of θ, P = 1 − BBᵀ for orthonormal columns B.
#[derive(Clone)]
pub struct Projected {
    /// `||centred(b)||`.
    pub names: [String; 2],
    /// The coordinates.
    pub ranges: Vec<Range<usize>>,
    /// The columns of B on these coordinates, computed when they are asked for; `None` for P = 1.
    pub basis: Option<Arc<Basis>>,
}

impl fmt::Debug for Projected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Projected").field(&self.names[0]).finish()
    }
}

impl Projected {
    fn rest(&self, theta: &[f64]) -> Vec<f64> {
        let own = self.ranges.iter().flat_map(|r| &theta[r.clone()]);
        let mut rest: Vec<f64> = own.copied().collect();
        for b in self.basis.iter().flat_map(|b| b()) {
            let c: f64 = rest.iter().zip(&b).map(|(x, y)| x * y).sum();
            rest.iter_mut().zip(&b).for_each(|(x, y)| *x -= c * y);
        }
        rest
    }
}

impl Quantity for Projected {
    fn name(&self, script: Script) -> String {
        of(&self.names, script)
    }

    fn value(&self, theta: &[f64], _: usize) -> Option<f64> {
        let rest = self.rest(theta);
        Some(rest.iter().map(|x| x * x).sum::<f64>().sqrt())
    }

    fn pull(&self, theta: &[f64], _: usize, seed: f64, gradient: &mut [f64]) -> Option<()> {
        let rest = self.rest(theta);
        let size = rest.iter().map(|x| x * x).sum::<f64>().sqrt();
        if seed != 0.0 {
            let own = self.ranges.iter().cloned().flatten().zip(&rest);
            own.for_each(|(p, x)| gradient[p] += seed * x / size);
        }
        Some(())
    }
}

/// log of a number, of a point and an item.
type Log = dyn Fn(&[f64], usize) -> Option<f64> + Send + Sync;

/// A number that is known by its logarithm: a determinant, a norm in a metric of its own.
#[derive(Clone)]
pub struct Logarithm {
    /// What it is.
    pub names: [String; 2],
    /// Its logarithm.
    pub log: Arc<Log>,
}

impl Logarithm {
    /// det of a symmetric matrix that no eigenvalue makes negative.
    #[must_use]
    pub fn determinant(
        names: [String; 2],
        gram: impl Fn(&[f64]) -> Option<Matrix> + Send + Sync + 'static,
    ) -> Logarithm {
        let log = move |theta: &[f64], _: usize| {
            let values = symmetric_eigen(&gram(theta)?).ok()?.values;
            Some(values.iter().map(|x| x.max(f64::MIN_POSITIVE).ln()).sum())
        };
        Logarithm {
            names,
            log: Arc::new(log),
        }
    }
}

impl fmt::Debug for Logarithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Logarithm").field(&self.names[0]).finish()
    }
}

impl Quantity for Logarithm {
    fn name(&self, script: Script) -> String {
        of(&self.names, script)
    }

    fn value(&self, theta: &[f64], item: usize) -> Option<f64> {
        (self.log)(theta, item).map(f64::exp)
    }

    fn log_value(&self, theta: &[f64], item: usize) -> Option<f64> {
        (self.log)(theta, item)
    }

    fn pull(&self, _: &[f64], _: usize, _: f64, _: &mut [f64]) -> Option<()> {
        None
    }
}

/// Words: a function that only numbers elsewhere know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words(pub [&'static str; 2]);

/// What is the same at every θ.
pub const CONSTANT: Words = Words(["const", "\\mathrm{const}"]);

impl Quantity for Words {
    fn is_constant(&self) -> bool {
        *self == CONSTANT
    }

    fn name(&self, script: Script) -> String {
        match script {
            Script::Plain => self.0[0].to_owned(),
            Script::Latex => self.0[1].to_owned(),
        }
    }

    fn value(&self, _: &[f64], _: usize) -> Option<f64> {
        None
    }

    fn pull(&self, _: &[f64], _: usize, _: f64, _: &mut [f64]) -> Option<()> {
        None
    }
}
