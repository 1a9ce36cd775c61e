//! Inverse design: from a wanted bias to a parameterization that has it, with a certificate, a lift and a start (docs/design.md, theory §7).
//!
//! A target is read as a sum of terms ([`target`]), each studied ([`study`]) and made by a part ([`decay`], [`part`]); the parts are
//! composed to a model file ([`compose`]), whose bias is found again by code that knows no formula ([`certificate`]). Values in, values out;
//! the command line reads and writes.

mod achieved;
mod answer;
mod basin;
mod certificate;
mod compose;
mod decay;
mod evaluate;
mod expression;
pub mod file;
mod form;
mod leaf;
mod lift;
mod linear;
mod part;
mod report;
mod spectral;
mod spell;
mod start;
mod study;
mod target;
mod weights;

pub use answer::{
    Achieved, At, Basin, DesignAnswer, DesignCertificate, Lift, Start, TargetAnswer,
};
pub use file::{DesignSpec, Driver};
pub use form::Form;
pub use lift::lift;
pub use part::{Construction, On, Parameter, Part, Raw};
pub use report::text;
pub use weights::{Lifted, lifted};

use crate::analyze::{Options as AnalyzeOptions, analyze};
use crate::answer::{Hypothesis, Warning};
use std::collections::BTreeMap;
use std::path::Path;
use symbias_model::data::{Array, Named};
use symbias_model::error::{Error, ErrorKind, Result};
use symbias_model::language::SourceFile;
use target::Target;

/// What the caller decides.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Name of the model.
    pub name: String,
    /// The largest error of a certificate that holds; by default 1e-8 where exact, 1e-6 else.
    pub tolerance: Option<f64>,
    /// Components or weights at which to give target, bias and least norm.
    pub at: Option<BTreeMap<String, Array>>,
}

/// A design.
#[derive(Clone, Debug)]
pub struct Design {
    /// The model file.
    pub model: String,
    /// The answer.
    pub answer: DesignAnswer,
    /// Where to start: one array per parameter.
    pub start: Vec<Named>,
    holds: bool,
}

impl Design {
    /// Whether the certificate holds to the tolerance.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.holds
    }
}

/// The error up to which an exact certificate holds.
const EXACT: f64 = 1e-8;

/// Designs a parameterization. `folder` is where files that the design names are looked up; `stage` hears what begins.
///
/// # Errors
/// A mistake in the file; a target that has no exact construction, with the nearest that has.
pub fn design(
    spec: &DesignSpec,
    folder: Option<&Path>,
    options: &Options,
    stage: &mut dyn FnMut(&str),
) -> Result<Design> {
    stage("target");
    if spec.model.is_some() {
        return Err(Error::new(
            ErrorKind::Unsupported,
            "designs into a model are not offered yet",
        )
        .remedy("leave `model` out, and replace the parameter by the statements of the design by hand"));
    }
    if spec.driver != Driver::Decay {
        return Err(Error::new(
            ErrorKind::Unsupported,
            format!("designs for the driver `{}` are not offered yet", spec.driver.name()),
        )
        .remedy("driver = \"decay\""));
    }
    let target = Target::read(spec, folder)?;
    let range = spec.range();
    let mut names = decay::Names {
        used: in_use(&target.spec),
        several: target.terms.len() > 1,
    };
    let (mut parts, mut warnings) = (Vec::new(), Vec::new());
    for term in &target.terms {
        let shape = study::study(&target, term, range, spec.range.is_some())?;
        warnings.extend(shape.warnings.iter().map(|text| Warning {
            code: "below-bound".into(),
            text: text.clone(),
        }));
        parts.push(decay::part(term, &shape, &mut names)?);
    }
    stage("certificate");
    let (mut error, mut points) = (0.0_f64, 0);
    for (term, part) in target.terms.iter().zip(&parts) {
        let found = certificate::decay(&target, term, part, range)?;
        if !(found.error <= error) {
            error = found.error;
        }
        points += found.points;
    }
    let name = match (&spec.name, options.name.as_str()) {
        (Some(name), _) => name.clone(),
        (None, "") => "design".into(),
        (None, name) => name.into(),
    };
    let model = compose::model(&target.spec, &target, &parts, &name)?;
    stage("analysis");
    let source = SourceFile::parse(&model, None)?;
    let analysis = analyze(&source, &AnalyzeOptions::default(), &mut |_| {})?;
    let synthesis = compose::synthesis(&target.spec, &target)?;
    let (start, said) = start::start(&parts)?;
    stage("check of the lift");
    weights::check(&source, &parts, synthesis.as_deref(), range)?;
    warnings.extend(parts.iter().filter_map(basin::warning));
    let holds = error <= options.tolerance.unwrap_or(EXACT);
    let at = options
        .at
        .as_ref()
        .map(|given| weights::at(&target, &parts, synthesis.as_deref(), given))
        .transpose()?;
    let answer = DesignAnswer {
        schema: 1,
        driver: spec.driver.name().into(),
        target: TargetAnswer {
            formula: spec.target.trim().into(),
        },
        achieved: Achieved {
            formula: Some(achieved::formula(&parts)),
            base_measure: "none: a minimiser, not a distribution".into(),
        },
        model: name,
        parameters: parts.iter().flat_map(Part::parameters).collect(),
        symmetry: analysis.answer.symmetry.clone(),
        charges: analysis.answer.charges.clone(),
        certificate: DesignCertificate {
            status: if holds { "exact" } else { "fails" }.into(),
            // Answers hold no number that is not finite.
            error: if error.is_finite() { error } else { f64::MAX },
            range,
            how: "the calculus of decay (theory 7.1), re-found by minimising |theta|^2/2 over the fibre of each part from many starts".into(),
            points,
        },
        start: said,
        lift: Lift {
            formulas: parts.iter().flat_map(lift::formulas).collect(),
            charges: "balanced (all 0) by default; --charges C: half the difference of a factor's square and that of the factor that carries the sign, \
each over its exponent".into(),
            parts: parts.clone(),
            weights: synthesis,
        },
        basin: basin::basin(&parts),
        hypotheses: hypotheses(),
        warnings,
        at,
    };
    Ok(Design {
        model,
        answer,
        start,
        holds,
    })
}

/// Names that a parameter must not have.
fn in_use(spec: &DesignSpec) -> Vec<String> {
    let tables = [&spec.axes, &spec.components, &spec.constants];
    let mut used: Vec<String> = tables.iter().flat_map(|t| t.keys().cloned()).collect();
    used.extend(compose::defined(spec.weights.as_deref().unwrap_or("")));
    used
}

fn hypotheses() -> Vec<Hypothesis> {
    let said = |text: &str, status: &str, topic: &str| Hypothesis {
        text: text.into(),
        status: status.into(),
        topic: topic.into(),
    };
    vec![
        said(
            "the penalty is the same multiple of the squared norm of every parameter",
            "assumed",
            "squared-norm-penalty",
        ),
        said(
            "parts have parameters of their own, so that their least norms add up",
            "verified",
            "whole-fibre",
        ),
        said(
            "training starts off the balanced leaf, where signs are free",
            "assumed",
            "sign-frozen",
        ),
        said(
            "training does not start in the basin of the origin, if that is a local minimum",
            "assumed",
            "origin-is-minimum",
        ),
    ]
}
