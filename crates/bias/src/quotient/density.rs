//! The logarithm of a stationary density at w, with respect to dw: −ℓ(w)/T − R(w), at the section
//! (theory §5.1 to §5.3). R is the number that [`crate::noise`] gives, so that what is sampled and what
//! is reported are one law.

use super::section::Section;
use crate::ground::{Base, Ground};
use crate::noise::{Stationary, Temper};
use crate::potential::{Potential, Status};
use symbias_model::error::{Error, ErrorKind, Result};

/// L(θ), θ of d numbers.
type Loss<'a> = Box<dyn Fn(&[f64]) -> f64 + Send + Sync + 'a>;

/// An unnormalised stationary density of w.
pub struct LogDensity<'a> {
    ground: &'a Ground<'a>,
    section: &'a Section,
    law: Stationary,
    loss: Loss<'a>,
}

impl<'a> LogDensity<'a> {
    /// That of a law, for the loss L(θ).
    ///
    /// # Errors
    /// A temperature that is not positive or a decay that is negative; a section that is not that of the balanced leaf; a
    /// law that does not exist, with the hypothesis that fails (one that only is not normalisable has a
    /// density all the same); effective weights that are not known; floating linear algebra that does
    /// not converge.
    pub fn of(
        ground: &'a Ground<'a>,
        section: &'a Section,
        law: Stationary,
        loss: impl Fn(&[f64]) -> f64 + Send + Sync + 'a,
    ) -> Result<LogDensity<'a>> {
        Temper::new(law.temper.temperature, law.temper.decay)?;
        if !section.is_balanced() {
            return Err(Error::new(
                ErrorKind::Unsupported,
                "stationary laws are those of the balanced leaf, and the section is that of another",
            )
            .remedy("build it with `Section::balanced`"));
        }
        let base = ground.base(section.start())?;
        admitted(&law.potential(ground, base.as_ref(), section.start())?)?;
        Ok(LogDensity {
            ground,
            section,
            law,
            loss: Box::new(loss),
        })
    }

    /// log p(w) up to a constant, w of n numbers.
    ///
    /// # Errors
    /// Those of [`Section::lift`]; floating linear algebra that does not converge.
    pub fn at(&self, w: &[f64]) -> Result<f64> {
        let theta = self.section.lift(w)?;
        let loss = (self.loss)(&theta);
        let found = self
            .law
            .log_density(self.ground, &self.base(&theta)?, loss)?;
        found.ok_or_else(unknown)
    }

    /// R(w), w of n numbers.
    ///
    /// # Errors
    /// As [`LogDensity::at`].
    pub fn potential(&self, w: &[f64]) -> Result<f64> {
        let base = self.base(&self.section.lift(w)?)?;
        self.law.value(self.ground, &base)?.ok_or_else(unknown)
    }

    fn base(&self, theta: &[f64]) -> Result<Base> {
        self.ground.base(theta)?.ok_or_else(|| {
            Error::new(
                ErrorKind::Numerical,
                "no balanced point was found at these weights",
            )
            .remedy("give weights inside their image, away from where they lose rank")
        })
    }
}

fn unknown() -> Error {
    Error::new(
        ErrorKind::Unsupported,
        "the potential of this law has no number at these weights",
    )
    .remedy("give weights inside their image, or ask for the law of another noise")
}

/// That no hypothesis fails but the one that only concerns the integral.
fn admitted(found: &Potential) -> Result<()> {
    let fails = found
        .hypotheses
        .iter()
        .find(|h| h.status == Status::Fails && h.topic != "normalisable-at-zero");
    match fails {
        None => Ok(()),
        Some(h) => Err(Error::new(
            ErrorKind::Unsupported,
            format!("there is no such law: it would need that {}", h.text),
        )
        .remedy("ask for the law of another noise, or simulate")),
    }
}
