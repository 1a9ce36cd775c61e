//! Functions of a matrix or a vector that the language does not have.

use super::{Moment, Observable, Worker, len};
use symbias_geometry::rank::numerical;
use symbias_model::error::{Error, ErrorKind, Result};
use symbias_numerics::dense::{Matrix, singular_values};

/// A function of another observable's array.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// σ₁ ≥ σ₂ ≥ …, min(m, n) numbers.
    SingularValues,
    /// Σ σ_i.
    Nuclear,
    /// 2 Σ log σ_i = log det MᵀM of the smaller side; −∞ at a singular matrix.
    LogDet,
    /// Σ |x_{i+1} − x_i| of a vector.
    TotalVariation,
}

/// A measure of an observable.
pub struct Measure {
    name: String,
    kind: Kind,
    of: Box<dyn Observable>,
}

impl Measure {
    /// A function of the array of `of`.
    ///
    /// # Errors
    /// An array of another number of axes than the function needs.
    pub fn new(name: &str, kind: Kind, of: Box<dyn Observable>) -> Result<Measure> {
        let (wanted, what) = match kind {
            Kind::TotalVariation => (1, "a vector"),
            _ => (2, "a matrix"),
        };
        let found = of.shape().len();
        if found != wanted {
            return Err(Error::new(
                ErrorKind::Shape,
                format!(
                    "`{name}` is a function of {what}, and `{}` has {found} axes",
                    of.name()
                ),
            )
            .remedy(format!("name {what} in `of`")));
        }
        Ok(Measure {
            name: name.to_owned(),
            kind,
            of,
        })
    }
}

impl Observable for Measure {
    fn name(&self) -> &str {
        &self.name
    }

    fn shape(&self) -> Vec<usize> {
        match self.kind {
            Kind::SingularValues => vec![self.of.shape().iter().copied().min().unwrap_or(0)],
            _ => Vec::new(),
        }
    }

    fn axes(&self) -> Vec<String> {
        match self.kind {
            Kind::SingularValues => vec!["mode".to_owned()],
            _ => Vec::new(),
        }
    }

    fn worker(&self) -> Box<dyn Worker + '_> {
        Box::new(Evaluation {
            of: self,
            inner: self.of.worker(),
            array: vec![0.0; len(self.of.as_ref())],
        })
    }
}

struct Evaluation<'m> {
    of: &'m Measure,
    inner: Box<dyn Worker + 'm>,
    array: Vec<f64>,
}

impl Worker for Evaluation<'_> {
    fn observe(&mut self, moment: Moment<'_>, into: &mut [f64]) -> Result<()> {
        self.inner.observe(moment, &mut self.array)?;
        if self.array.iter().any(|x| !x.is_finite()) {
            into.fill(f64::NAN);
            return Ok(());
        }
        if self.of.kind == Kind::TotalVariation {
            into[0] = self.array.windows(2).map(|w| (w[1] - w[0]).abs()).sum();
            return Ok(());
        }
        let shape = self.of.of.shape();
        let matrix = Matrix::from_fn(shape[0], shape[1], |i, j| self.array[i * shape[1] + j]);
        let values = singular_values(&matrix).map_err(numerical)?;
        match self.of.kind {
            Kind::Nuclear => into[0] = values.iter().sum(),
            Kind::LogDet => into[0] = values.iter().map(|s| 2.0 * s.ln()).sum(),
            _ => into.copy_from_slice(&values),
        }
        Ok(())
    }
}
