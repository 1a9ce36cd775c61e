//! Charges (theory §2), and what the steps so far must have made of them.

use super::{Moment, Observable, Worker};
use symbias_geometry::charge::moment;
use symbias_geometry::field::AffineField;
use symbias_model::error::Result;

/// μ_A(θ) for each of some symmetric generators.
#[derive(Debug)]
pub struct Charges {
    name: String,
    fields: Vec<AffineField>,
}

impl Charges {
    /// The moment map of these generators.
    #[must_use]
    pub fn new(name: &str, fields: Vec<AffineField>) -> Charges {
        Charges {
            name: name.to_owned(),
            fields,
        }
    }
}

impl Observable for Charges {
    fn name(&self) -> &str {
        &self.name
    }

    fn shape(&self) -> Vec<usize> {
        vec![self.fields.len()]
    }

    fn axes(&self) -> Vec<String> {
        vec!["charge".to_owned()]
    }

    fn worker(&self) -> Box<dyn Worker + '_> {
        Box::new(Values(&self.fields))
    }
}

struct Values<'f>(&'f [AffineField]);

impl Worker for Values<'_> {
    fn observe(&mut self, moment: Moment<'_>, into: &mut [f64]) -> Result<()> {
        for (field, into) in self.0.iter().zip(into) {
            *into = moment::value(field, moment.theta);
        }
        Ok(())
    }
}

/// What the gradients of all steps so far have added to each charge, exactly: (η²/2) Σ_t keep^{2(T−t)} g_tᵀAg_t (theory
/// §2.2), for generators whose A is diagonal. A charge without translation is then keep^{2T} μ(θ₀) + this, up to the
/// rounding of θ.
#[derive(Debug)]
pub struct Drift {
    name: String,
    rate: f64,
    /// The diagonal of each A.
    diagonals: Vec<Vec<(usize, f64)>>,
}

impl Drift {
    /// `None` where a generator is not diagonal or has a translation: sums of squares do not tell its drift.
    #[must_use]
    pub fn new(name: &str, rate: f64, fields: &[AffineField]) -> Option<Drift> {
        let diagonal =
            |f: &AffineField| f.constant.is_empty() && f.linear.iter().all(|(i, j, _)| i == j);
        fields.iter().all(diagonal).then(|| Drift {
            name: name.to_owned(),
            rate,
            diagonals: fields
                .iter()
                .map(|f| f.linear.iter().map(|(i, _, x)| (*i, *x)).collect())
                .collect(),
        })
    }
}

impl Observable for Drift {
    fn name(&self) -> &str {
        &self.name
    }

    fn shape(&self) -> Vec<usize> {
        vec![self.diagonals.len()]
    }

    fn axes(&self) -> Vec<String> {
        vec!["charge".to_owned()]
    }

    fn worker(&self) -> Box<dyn Worker + '_> {
        Box::new(Sums(self))
    }

    fn needs_squares(&self) -> bool {
        true
    }
}

struct Sums<'d>(&'d Drift);

impl Worker for Sums<'_> {
    fn observe(&mut self, moment: Moment<'_>, into: &mut [f64]) -> Result<()> {
        let half = self.0.rate * self.0.rate / 2.0;
        for (diagonal, into) in self.0.diagonals.iter().zip(into) {
            let sum: f64 = diagonal.iter().map(|(i, a)| a * moment.squares[*i]).sum();
            *into = half * sum;
        }
        Ok(())
    }
}
