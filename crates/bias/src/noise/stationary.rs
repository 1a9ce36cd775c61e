//! The law of a noise as a value: its potential, and the logarithm of its density at a balanced point.

use super::{Chart, Temper, horizontal, isotropic, slice, value};
use crate::ground::{Base, Ground};
use crate::potential::{Law, Potential};
use symbias_geometry::formula::Formula;
use symbias_model::error::Result;

/// Which stationary law: of what noise, on which slice, how warm and with how much weight decay.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stationary {
    /// The noise.
    pub law: Law,
    /// What the slice is the zero set of; it matters for [`Law::Slice`] only.
    pub chart: Chart,
    /// T and λ.
    pub temper: Temper,
}

impl Stationary {
    /// R at a point with what the law rests on, as [`isotropic`], [`slice()`] and [`horizontal`] give it.
    ///
    /// # Errors
    /// Those of the noise's function.
    pub fn potential(
        &self,
        ground: &Ground<'_>,
        base: Option<&Base>,
        theta: &[f64],
    ) -> Result<Potential> {
        match self.law {
            Law::Isotropic => isotropic(ground, base, theta, self.temper),
            Law::Slice => slice(ground, base, theta, self.chart),
            Law::Horizontal => horizontal(ground, base, theta, &[]),
        }
    }

    /// R of a balanced point; `None` where this law has no number.
    ///
    /// # Errors
    /// As [`Stationary::potential`].
    pub fn value(&self, ground: &Ground<'_>, base: &Base) -> Result<Option<f64>> {
        match (self.law, self.chart) {
            (Law::Isotropic, _) if self.temper.decay == 0.0 => Ok(Some(value(base, self.law))),
            (Law::Horizontal, _) | (Law::Slice, Chart::Charges) => Ok(Some(value(base, self.law))),
            _ => Ok(self.potential(ground, Some(base), &base.fixed.theta)?.value),
        }
    }

    /// log p(w) = −(ℓ + ½λ‖θ‖²)/T − R up to a constant, with respect to dw, from a balanced point and its loss ℓ. Where
    /// orbits are not compact the R of isotropic noise holds the decay.
    ///
    /// # Errors
    /// As [`Stationary::potential`].
    pub fn log_density(&self, ground: &Ground<'_>, base: &Base, loss: f64) -> Result<Option<f64>> {
        let r = self.value(ground, base)?;
        let isometric = ground.is_isometric();
        Ok(r.map(|r| self.weighed(isometric, &base.fixed.theta, loss, r)))
    }

    /// The same from R, which [`Stationary::formula`] gives at any balanced θ once it is known; `isometric`: orbits are compact.
    #[must_use]
    pub fn weighed(&self, isometric: bool, theta: &[f64], loss: f64, r: f64) -> f64 {
        let held = self.law == Law::Isotropic && !isometric;
        let decay = match held {
            true => 0.0,
            false => self.temper.decay / 2.0 * theta.iter().map(|x| x * x).sum::<f64>(),
        };
        -(loss + decay) / self.temper.temperature - r
    }

    /// R as a formula of balanced parameters, where there is one that is the number at this point.
    ///
    /// # Errors
    /// As [`Stationary::potential`].
    pub fn formula(&self, ground: &Ground<'_>, base: &Base) -> Result<Option<Formula>> {
        let found = self.potential(ground, Some(base), &base.fixed.theta)?;
        Ok(found.formula.filter(|_| found.by_formula.is_some()))
    }
}
