//! An axis of a grid: x = φ(ξ), ξ in [0, 1] with even cells. Towards an end where the density, or a, has
//! a power of the distance, x − end = span ξ^k makes both smooth; the process is turned into one of ξ
//! by Itô's formula.

use symbias_model::error::{Error, ErrorKind, Result};

/// Cells between two ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Axis {
    lower: f64,
    upper: f64,
    cells: usize,
    towards: Towards,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Towards {
    None,
    Lower(f64),
    Upper(f64),
}

impl Axis {
    /// Cells of one size.
    ///
    /// # Errors
    /// Ends that are not finite and in order; fewer than two cells.
    pub fn even(lower: f64, upper: f64, cells: usize) -> Result<Axis> {
        Axis::with(lower, upper, cells, Towards::None)
    }

    /// Cells that grow from the lower end: x − lower ∝ ξ^power, power ≥ 1. 2 for products of two factors.
    ///
    /// # Errors
    /// As [`Axis::even`]; a power below 1.
    pub fn from_lower(lower: f64, upper: f64, cells: usize, power: f64) -> Result<Axis> {
        Axis::with(lower, upper, cells, Towards::Lower(power))
    }

    /// Cells that grow from the upper end: upper − x ∝ (1 − ξ)^power.
    ///
    /// # Errors
    /// As [`Axis::from_lower`].
    pub fn from_upper(lower: f64, upper: f64, cells: usize, power: f64) -> Result<Axis> {
        Axis::with(lower, upper, cells, Towards::Upper(power))
    }

    fn with(lower: f64, upper: f64, cells: usize, towards: Towards) -> Result<Axis> {
        let wrong =
            |text: String, remedy: &str| Err(Error::new(ErrorKind::Value, text).remedy(remedy));
        if !(lower.is_finite() && upper.is_finite() && lower < upper) {
            return wrong(
                format!("an axis from {lower} to {upper}"),
                "give finite ends, the lower one first",
            );
        }
        if cells < 2 {
            return wrong(format!("an axis of {cells} cells"), "give two or more");
        }
        match towards {
            Towards::Lower(k) | Towards::Upper(k) if !(k.is_finite() && k >= 1.0) => wrong(
                format!("cells that grow with the power {k}"),
                "give a power of 1 or more",
            ),
            _ => Ok(Axis {
                lower,
                upper,
                cells,
                towards,
            }),
        }
    }

    /// The lower end.
    #[must_use]
    pub fn lower(&self) -> f64 {
        self.lower
    }

    /// The upper end.
    #[must_use]
    pub fn upper(&self) -> f64 {
        self.upper
    }

    /// Number of cells.
    #[must_use]
    pub fn cells(&self) -> usize {
        self.cells
    }

    /// Where cells begin and end, one more than there are cells, rising.
    #[must_use]
    pub fn edges(&self) -> Vec<f64> {
        (0..=self.cells)
            .map(|i| self.at(i as f64 / self.cells as f64))
            .collect()
    }

    /// The middle of a cell, in ξ.
    #[must_use]
    pub fn centre(&self, cell: usize) -> f64 {
        self.at(self.middle(cell))
    }

    pub(super) fn middle(&self, cell: usize) -> f64 {
        (cell as f64 + 0.5) / self.cells as f64
    }

    /// φ(ξ).
    pub(super) fn at(&self, xi: f64) -> f64 {
        let span = self.upper - self.lower;
        match self.towards {
            _ if xi == 0.0 => self.lower,
            _ if xi == 1.0 => self.upper,
            Towards::None => self.lower + span * xi,
            Towards::Lower(k) => self.lower + span * xi.powf(k),
            Towards::Upper(k) => self.upper - span * (1.0 - xi).powf(k),
        }
    }

    /// φ′ and φ″.
    pub(super) fn slopes(&self, xi: f64) -> (f64, f64) {
        let span = self.upper - self.lower;
        let power = |x: f64, k: f64| (k * x.powf(k - 1.0), k * (k - 1.0) * x.powf(k - 2.0));
        match self.towards {
            Towards::None => (span, 0.0),
            Towards::Lower(k) => {
                let (first, second) = power(xi, k);
                (span * first, span * second)
            }
            Towards::Upper(k) => {
                let (first, second) = power(1.0 - xi, k);
                (span * first, -span * second)
            }
        }
    }

    /// ξ of x, cut off at the ends.
    pub(super) fn inverse(&self, x: f64) -> f64 {
        let span = self.upper - self.lower;
        let share = ((x - self.lower) / span).clamp(0.0, 1.0);
        match self.towards {
            Towards::None => share,
            Towards::Lower(k) => share.powf(1.0 / k),
            Towards::Upper(k) => 1.0 - ((self.upper - x) / span).clamp(0.0, 1.0).powf(1.0 / k),
        }
    }
}
