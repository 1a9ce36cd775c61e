//! A decay design as a thing to compute with: parts, lift, weights and penalty, without certificate or analysis.

use super::answer::Basin;
use super::compose;
use super::decay;
use super::file::DesignSpec;
use super::lift::{groups, lift};
use super::part::{Construction, On, Part};
use super::penalty::Penalty;
use super::target::Target;
use super::{Options, certificate, in_use, into, start, study};
use symbias_bias::Driver;
use symbias_model::data::{Folder, Named};
use symbias_model::error::{Error, ErrorKind, Result};
use symbias_model::language::{Copies, SourceFile};
use symbias_numerics::dense::{Matrix, singular_values};

/// A parameterization whose least ½‖θ‖² is the target.
pub struct Made {
    /// The model file: outputs are the weights, or those of the model that was designed into.
    pub model: String,
    /// The weights as a model of the components; `None` where they are the components, or within a model.
    pub weights: Option<String>,
    /// One per component.
    pub parts: Vec<Part>,
    /// Where to start.
    pub start: Vec<Named>,
    /// The target.
    pub penalty: Penalty,
    /// The file of the target: linear combinations are components, models have given their axes.
    pub spec: DesignSpec,
    /// Whether the design is one into a model.
    pub within: bool,
}

impl Made {
    /// Builds the parameterization of a file under decay.
    ///
    /// # Errors
    /// As [`design`](super::design()); another driver.
    pub fn new(spec: &DesignSpec, folder: &Folder, options: &Options) -> Result<Made> {
        if spec.driver != Driver::Decay {
            return Err(Error::new(
                ErrorKind::Unsupported,
                format!("a fit under {}", spec.driver.name()),
            )
            .remedy("a fit minimises loss + lambda R, which is training with weight decay: driver = \"decay\""));
        }
        let (adapted, into) = match (&spec.model, &options.model) {
            (None, _) => (None, None),
            (Some(_), Some(text)) => {
                let (spec, into) = into::adapted(spec, text)?;
                (Some(spec), Some(into))
            }
            (Some(path), None) => {
                return Err(Error::new(
                    ErrorKind::File,
                    format!("the text of `{path}` is not given"),
                )
                .remedy("the command line reads it; a program gives it as an option"));
            }
        };
        let spec = adapted.as_ref().unwrap_or(spec);
        let target = Target::read(spec, folder)?;
        let mut names = decay::Names {
            used: in_use(&target.spec)
                .into_iter()
                .chain(into.iter().flat_map(into::Into::names))
                .collect(),
            several: target.terms.len() > 1,
        };
        let mut parts = Vec::new();
        for term in &target.terms {
            let shape = study::study(&target, term, spec.range(), spec.range.is_some())?;
            parts.push(decay::part(
                &target,
                term,
                &shape,
                spec.range(),
                &mut names,
            )?);
        }
        let name = match (&spec.name, options.name.as_str()) {
            (Some(name), _) => name.clone(),
            (None, "") => "design".into(),
            (None, name) => name.into(),
        };
        let mut model = compose::model(&target.spec, &target, &parts, &name)?;
        if let Some(into) = &into {
            model = into.composed(&model, &parts, &name)?;
        }
        let (mut start, _) = start::start(Driver::Decay, &parts, &[])?;
        if into.is_some() {
            let source = SourceFile::parse(&model, folder)?;
            start::rest(&source.check(Copies::All)?, &mut start);
        }
        Ok(Made {
            weights: compose::synthesis(&target.spec, &target)?,
            model,
            parts,
            start,
            spec: target.spec.clone(),
            penalty: Penalty::of(target),
            within: into.is_some(),
        })
    }

    /// The largest |least ½‖θ‖² − target| over the range, relative to max(1, |target|), by minimisation over fibres.
    ///
    /// # Errors
    /// A fibre that cannot be searched.
    pub fn error(&self) -> Result<f64> {
        let target = self.penalty.target();
        let mut worst = 0.0;
        for (term, part) in target.terms.iter().zip(&self.parts) {
            let found = certificate::decay(target, term, part, self.spec.range())?;
            let whole = certificate::whole(term, part)?;
            let found = found.with(whole);
            if certificate::exceeds(found.error, worst) {
                worst = found.error;
            }
        }
        Ok(worst)
    }

    /// One part alone, as a model file whose output is its component.
    ///
    /// # Errors
    /// As the composition of a model.
    pub fn alone(&self, part: usize) -> Result<String> {
        compose::alone(&self.parts[part])
    }
}

impl Part {
    /// θ of this part at z and a charge, its arrays one after the other.
    ///
    /// # Errors
    /// A value that the part does not reach.
    pub fn lifted(&self, z: &[f64], charge: f64) -> Result<Vec<Named>> {
        lift(self, z, charge)
    }

    /// Flat places of the entries of each norm, or matrix; each entry alone where entries are penalised, or the whole.
    #[must_use]
    pub fn places(&self) -> Vec<Vec<usize>> {
        if self.on == On::Joint {
            return (0..self.size()).map(|k| vec![k]).collect();
        }
        groups(self)
    }

    /// Whether the factors multiply three numbers or more, so that the origin is a minimum for every loss.
    #[must_use]
    pub fn holds_origin(&self) -> bool {
        matches!(&self.construction, Construction::Product { exponents, .. } if exponents.iter().sum::<f64>() > 2.0)
    }

    /// Whether its profile has a kink at 0, at which no slope leads away.
    #[must_use]
    pub fn has_kink(&self) -> bool {
        matches!(
            self.construction,
            Construction::Profile { .. } | Construction::Curve { .. } | Construction::Square { .. }
        )
    }

    /// Singular values of z that are not 0, over all of its matrices.
    ///
    /// # Errors
    /// A decomposition that does not converge.
    pub fn ranks(&self, z: &[f64]) -> Result<usize> {
        /// Of the largest singular value.
        const ZERO: f64 = 1e-6;
        let [n, m] = [self.inner[0], self.inner[1]].map(|a| self.shape[a]);
        let mut ranks = 0;
        for group in groups(self) {
            let w = Matrix::from_fn(n, m, |i, j| z[group[i * m + j]]);
            let s =
                singular_values(&w).map_err(|e| Error::new(ErrorKind::Numerical, e.to_string()))?;
            let top = s.first().copied().unwrap_or(0.0);
            ranks += s.iter().filter(|x| **x > ZERO * top && top > 0.0).count();
        }
        Ok(ranks)
    }

    /// Whether the component is penalised as a whole.
    #[must_use]
    pub fn is_joint(&self) -> bool {
        self.on == On::Joint
    }

    /// Whether singular values are penalised.
    #[must_use]
    pub fn is_spectral(&self) -> bool {
        self.on == On::Singular
    }
}

/// What training of parts under decay reaches.
#[must_use]
pub fn basin_of(parts: &[Part]) -> Basin {
    super::basin::basin(Driver::Decay, parts)
}
