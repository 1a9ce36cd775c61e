//! A straight line through points with known errors: weighted least squares, and whether it fits.

use super::argument;
use super::normal;
use symbias_model::error::{Error, ErrorKind, Result};

/// A line whose χ² is rarer than this does not fit its points.
pub const FIT_LEVEL: f64 = 0.01;

/// y = intercept + slope · x.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Line {
    /// y at x = 0.
    pub intercept: f64,
    /// Its standard error.
    pub intercept_error: f64,
    /// dy/dx.
    pub slope: f64,
    /// Its standard error.
    pub slope_error: f64,
    /// Σ ((y − fit)/σ)².
    pub chi_squared: f64,
    /// Points less two.
    pub freedom: usize,
    /// P(χ² at least as large); `None` for two points, which any line passes.
    pub p_value: Option<f64>,
}

impl Line {
    /// The line that minimises Σ ((y − a − bx)/σ)². The errors given are taken as they are, not rescaled by χ².
    ///
    /// # Errors
    /// Fewer than two points, lengths that differ, numbers that are not finite, errors that are not positive, x that
    /// are all the same.
    pub fn through(x: &[f64], y: &[f64], errors: &[f64]) -> Result<Line> {
        argument::sample("x", x, 2)?;
        argument::sample("y", y, 2)?;
        if x.len() != y.len() || x.len() != errors.len() {
            return Err(Error::new(
                ErrorKind::Shape,
                format!(
                    "{} places, {} values and {} errors do not belong together",
                    x.len(),
                    y.len(),
                    errors.len()
                ),
            )
            .remedy("give one value and one standard error for each place"));
        }
        for error in errors {
            argument::positive("a standard error", *error)?;
        }
        let weights = || errors.iter().map(|e| 1.0 / (e * e));
        let total: f64 = weights().sum();
        let mean = |of: &[f64]| weights().zip(of).map(|(w, v)| w * v).sum::<f64>() / total;
        let (mean_x, mean_y) = (mean(x), mean(y));
        // About the means, where intercept and slope are independent.
        let spread: f64 = weights()
            .zip(x)
            .map(|(w, x)| w * (x - mean_x).powi(2))
            .sum();
        if x.iter().all(|other| *other == x[0]) {
            return Err(argument::value(
                format!(
                    "all places are {}, through which no line is determined",
                    x[0]
                ),
                "give values at different places",
            ));
        }
        let covariance: f64 = weights()
            .zip(x.iter().zip(y))
            .map(|(w, (x, y))| w * (x - mean_x) * (y - mean_y))
            .sum();
        let slope = covariance / spread;
        let intercept = mean_y - slope * mean_x;
        let chi_squared = x
            .iter()
            .zip(y)
            .zip(errors)
            .map(|((x, y), e)| ((y - mean_y - slope * (x - mean_x)) / e).powi(2))
            .sum();
        let freedom = x.len() - 2;
        Ok(Line {
            intercept,
            intercept_error: (1.0 / total + mean_x * mean_x / spread).sqrt(),
            slope,
            slope_error: 1.0 / spread.sqrt(),
            chi_squared,
            freedom,
            p_value: normal::chi_squared_survival(chi_squared, freedom),
        })
    }

    /// Whether the points lie on a line within their errors, at [`FIT_LEVEL`]; `None` for two points.
    #[must_use]
    pub fn adequate(&self) -> Option<bool> {
        self.p_value.map(|p| p >= FIT_LEVEL)
    }
}
