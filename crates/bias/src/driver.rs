//! Drivers: what moves training among the parameters of one function (theory §4). Each is one implementation of
//! [`Selects`] in its own file, and one line of [`DRIVERS`]; reports, commands, files and checks read this list.

use crate::decay::Decay;
use crate::flow::Flow;
use crate::ground::{Base, Ground};
use crate::noise::{Chart, Horizontal, Isotropic, Slice, Temper};
use crate::potential::Potential;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use symbias_geometry::effort::Effort;
use symbias_geometry::factor::Factor;
use symbias_model::error::{Error, ErrorKind, Result};
use symbias_model::expression::Model;

/// A driver, as files and answers name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Driver {
    /// Weight decay: a minimiser of the induced regulariser (theory §7.1).
    Decay,
    /// Gradient flow: a mirror flow that remembers its start (theory §4.1).
    Flow,
    /// Isotropic noise, C = 2T·I (theory §5.1).
    Isotropic,
    /// Isotropic noise conditioned on a gauge slice (theory §5.2, \[A26\] Theorem 1).
    Slice,
    /// Horizontal noise, C = 2T·P_H (theory §5.3, \[M26\]).
    Horizontal,
}

/// A point at which a driver is asked.
#[derive(Clone, Copy)]
pub struct Case<'a> {
    /// The algebra, the effective weights.
    pub ground: &'a Ground<'a>,
    /// The balanced point of the orbit, where there is one.
    pub base: Option<&'a Base>,
    /// θ, d numbers.
    pub theta: &'a [f64],
    /// Dimension of its orbit.
    pub orbit: usize,
    /// Balanced points of other orbits, at which leaves are tested.
    pub more: &'a [Vec<f64>],
    /// T and λ of isotropic noise.
    pub temper: Temper,
    /// What the slice is the zero set of.
    pub chart: Chart,
    /// How long fibres are searched.
    pub effort: Effort,
}

/// How a driver is spoken of.
#[derive(Debug)]
pub struct About {
    /// Which it is.
    pub driver: Driver,
    /// As reports, files and commands name it.
    pub name: &'static str,
    /// What `symbias explain` calls it.
    pub topic: &'static str,
    /// What it selects, as a sentence begins.
    pub subject: &'static str,
    /// The potential's symbol in LaTeX.
    pub symbol: &'static str,
    /// Keys of the works that it is from.
    pub sources: &'static [&'static str],
    /// The least norm, a path and its limit, or a density.
    pub kind: Kind,
}

/// What a driver selects.
pub trait Selects: Sync {
    /// How it is spoken of.
    fn about(&self) -> &'static About;

    /// What rules say at any size, without a point: a formula, and hypotheses that nothing was computed for.
    fn by_rules(&self, model: &Model, factors: &[Factor]) -> Potential;

    /// The potential at a point.
    ///
    /// # Errors
    /// Undefined outputs; floating linear algebra that does not converge.
    fn potential(&self, case: &Case<'_>) -> Result<Potential>;
}

/// What a potential is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A regulariser whose minimiser is selected.
    Regulariser,
    /// A mirror potential on the leaf of a start.
    Mirror,
    /// R of a stationary density ∝ e^{−ℓ/T − R}.
    Density,
}

/// All drivers, in the order of reports.
pub static DRIVERS: [&dyn Selects; 5] = [&Decay, &Flow, &Isotropic, &Slice, &Horizontal];

impl Driver {
    /// All of them, in the order of reports.
    pub fn all() -> impl Iterator<Item = Driver> {
        DRIVERS.iter().map(|d| d.about().driver)
    }

    /// How it is spoken of.
    #[must_use]
    pub fn about(self) -> &'static About {
        // The list holds each variant, which a test checks.
        DRIVERS[self as usize].about()
    }

    /// As reports, files and commands name it.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.about().name
    }

    /// The driver of this name.
    ///
    /// # Errors
    /// Another word.
    pub fn of(name: &str) -> Result<Driver> {
        let found = Driver::all().find(|d| d.name() == name);
        found.ok_or_else(|| {
            let names: Vec<&str> = DRIVERS.iter().map(|d| d.about().name).collect();
            Error::new(ErrorKind::Unknown, format!("there is no driver `{name}`"))
                .remedy(format!("one of {}", names.join(", ")))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_driver_stands_at_its_place_under_its_own_name() {
        for (k, entry) in DRIVERS.iter().enumerate() {
            let about = entry.about();
            assert_eq!(about.driver as usize, k, "{}", about.name);
            assert_eq!(Driver::of(about.name).ok(), Some(about.driver));
        }
        assert!(Driver::of("heat").is_err());
    }
}
