//! Inverse design: from a wanted bias to a parameterization that has it, with a certificate, a lift and a start (docs/design.md, theory §7).
//!
//! A target is read as a sum of terms (`target`), each studied (`study`) and made by a part (`decay`, `part`); the parts are
//! composed to a model file (`compose`), whose bias is found again by code that knows no formula (`certificate`). Values in, values out;
//! the command line reads and writes.
//!
//! ```
//! use symbias::Watch;
//! use symbias::design::{DesignSpec, Driver, Options, design};
//! let spec = DesignSpec::short("abs(x)^0.5", "entries", Driver::Decay, &[3])?;
//! let found = design(&spec, &Default::default(), &Options::default(), &Watch::default())?;
//! assert!(found.holds() && found.answer.certificate.error < 1e-8);
//! # Ok::<(), symbias::Error>(())
//! ```

mod achieved;
pub mod answer;
mod atoms;
mod basin;
mod calls;
mod certificate;
mod compose;
mod decay;
mod density;
mod evaluate;
mod explained;
mod expression;
pub mod file;
mod flow;
mod form;
mod into;
mod leaf;
mod lift;
mod linear;
mod made;
mod mass;
mod noise;
mod norms;
mod part;
mod penalty;
mod report;
mod spectral;
mod spell;
mod start;
mod structured;
mod study;
mod target;
mod term;
mod unit;
mod vertices;
mod weights;

pub use answer::{Achieved, At, Basin, DesignAnswer, DesignCertificate, Lift, Start, TargetAnswer};
pub use explained::explained;
pub use file::DesignSpec;
pub use form::Form;
pub use lift::lift;
pub use made::{Made, basin_of};
pub use part::{Construction, On, Parameter, Part, Raw, indexed};
pub use penalty::{Kkt, Penalty};
pub use report::text;
pub use spectral::is_named;
pub use start::usual_charge;
pub use structured::{Sharing, Structured};
pub use symbias_bias::Driver;
pub use weights::{Lifted, lifted};

use crate::analyze::{Options as AnalyzeOptions, analysis};
use crate::answer::{Hypothesis, Warning};
use crate::watch::{self, Watch};
use answer::CertificateStatus;
use std::collections::BTreeMap;
use symbias_bias::Status;
use symbias_model::data::{Array, Folder, Named};
use symbias_model::error::{Error, ErrorKind, Result};
use symbias_model::language::{Copies, SourceFile};
use target::Target;

/// What the caller decides.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Name of the model.
    pub name: String,
    /// The text of the model that the file names.
    pub model: Option<String>,
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
/// The error up to which one of noise or flow holds.
const MEASURED: f64 = 1e-6;

/// Designs a parameterization. `folder` is where files that the design names are looked up; `watch` is told what begins.
///
/// # Errors
/// A mistake in the file; a target that has no exact construction, with the nearest that has.
pub fn design(
    spec: &DesignSpec,
    folder: &Folder,
    options: &Options,
    watch: &Watch,
) -> Result<Design> {
    watch::over(watch, || designed(spec, folder, options))
}

fn designed(spec: &DesignSpec, folder: &Folder, options: &Options) -> Result<Design> {
    watch::stage("target");
    let into = match (&spec.model, &options.model) {
        (None, _) => None,
        (Some(_), Some(text)) => Some(into::adapted(spec, text)?),
        (Some(path), None) => {
            return Err(Error::new(
                ErrorKind::File,
                format!("the text of `{path}` is not given"),
            )
            .remedy("the command line reads it; a program gives it as an option"));
        }
    };
    let (adapted, into) = into.unzip();
    let spec = adapted.as_ref().unwrap_or(spec);
    let target = Target::read(spec, folder)?;
    let range = spec.range();
    let mut names = decay::Names {
        used: in_use(&target.spec)
            .into_iter()
            .chain(into.iter().flat_map(into::Into::names))
            .collect(),
        several: target.terms.len() > 1,
    };
    let (mut parts, mut warnings) = (Vec::new(), Vec::new());
    let (mut error, mut points, mut reached) = (0.0_f64, 0, range);
    let mut grounds = Vec::new();
    if spec.driver != Driver::Decay && target.terms.len() > 1 && spec.weights.is_some() {
        return Err(Error::new(
            ErrorKind::Unsupported,
            format!("several components in one statement of weights, under {}", spec.driver.name()),
        )
        .remedy("infimal convolutions are those of decay; a sum of parts under noise has the convolution of their laws"));
    }
    watch::stage("certificate");
    for term in &target.terms {
        term.is_for(spec.driver)?;
        let found = match spec.driver {
            Driver::Decay => {
                let shape = study::study(&target, term, range, spec.range.is_some())?;
                warnings.extend(shape.warnings.iter().map(|text| Warning {
                    code: "below-bound".into(),
                    text: text.clone(),
                }));
                parts.push(decay::part(&target, term, &shape, range, &mut names)?);
                let part = &parts[parts.len() - 1];
                certificate::decay(&target, term, part, range)?
                    .with(certificate::whole(term, part)?)
            }
            Driver::Flow => {
                let (made, whole) = flow::part(&target, term, range, &mut names)?;
                grounds.push(flow::ground(&target, term, whole));
                let found = density::flow(&target, term, &made.part, made.range, whole)?;
                parts.push(made.part);
                found
            }
            driver => {
                let made = noise::part(spec, &target, term, &mut names)?;
                let tau = spec.temperature / spec.decay;
                let found = density::law(driver, &target, term, &made.part, made.range, tau)?;
                reached[1] = reached[1].min(made.range[1]);
                parts.push(made.part);
                found
            }
        };
        if certificate::exceeds(found.error, error) {
            error = found.error;
        }
        points += found.points;
    }
    let range = reached;
    warnings.extend(target.warnings.iter().map(|text| Warning {
        code: "infinite-penalty".into(),
        text: text.clone(),
    }));
    let name = match (&spec.name, options.name.as_str()) {
        (Some(name), _) => name.clone(),
        (None, "") => "design".into(),
        (None, name) => name.into(),
    };
    let mut model = compose::model(&target.spec, &target, &parts, &name)?;
    let composite = into
        .as_ref()
        .map(|i| i.composed(&model, &parts, &name))
        .transpose()?;
    let alone = SourceFile::parse(&model, None)?;
    if let Some(text) = composite {
        model = text;
    }
    watch::stage("analysis");
    let source = SourceFile::parse(&model, folder)?;
    let analysis = analysis(&source, &AnalyzeOptions::default())?;
    let synthesis = compose::synthesis(&target.spec, &target)?;
    let (mut start, said) = start::start(spec.driver, &parts, &grounds)?;
    if into.is_some() {
        start::rest(&source.check(Copies::All)?, &mut start);
    }
    watch::stage("check of the lift");
    weights::check(&alone, &parts, synthesis.as_deref(), range, spec.driver)?;
    warnings.extend(parts.iter().filter_map(basin::warning));
    let exact = spec.driver == Driver::Decay;
    let acts = match &options.model {
        Some(text) if into.is_some() => into::acting(text, folder, &parts, range)?,
        _ => Vec::new(),
    };
    let acted = !acts.is_empty();
    let composite = acts.iter().find_map(|a| a.formula.clone());
    warnings.extend(acts.into_iter().map(|a| Warning {
        code: "rest-acts".into(),
        text: a.text,
    }));
    let holds = !acted
        && error
            <= options
                .tolerance
                .unwrap_or(if exact { EXACT } else { MEASURED });
    let at = options
        .at
        .as_ref()
        .map(|given| weights::at(&target, &parts, synthesis.as_deref(), given))
        .transpose()?;
    let answer = DesignAnswer {
        schema: 1,
        driver: spec.driver,
        target: TargetAnswer {
            formula: spec.target.trim().into(),
        },
        achieved: Achieved {
            formula: match acted {
                // With one part acted on, the whole bias has its form; else none is known.
                true if parts.len() == 1 => composite,
                true => None,
                false => exact.then(|| achieved::formula(&parts)).flatten(),
            },
            base_measure: match spec.driver {
                Driver::Decay => "none: a minimiser, not a distribution",
                Driver::Flow => "none: a mirror potential, up to an affine function and a positive factor",
                _ => "Lebesgue measure of the components",
            }
            .into(),
        },
        model: name,
        parameters: parts.iter().flat_map(Part::parameters).collect(),
        symmetry: analysis.answer.symmetry.clone(),
        charges: analysis.answer.charges.clone(),
        certificate: DesignCertificate {
            status: match (holds, parts.iter().any(|p| !p.profiles().is_empty())) {
                (false, _) => CertificateStatus::Fails,
                (true, true) => CertificateStatus::Measured,
                (true, false) => CertificateStatus::Exact,
            },
            // Answers hold no number that is not finite.
            error: if error.is_finite() { error } else { f64::MAX },
            range,
            how: how(spec.driver).into(),
            points,
        },
        start: said,
        lift: Lift {
            formulas: parts.iter().flat_map(lift::formulas).collect(),
            charges: "balanced (all 0) with --balanced, which is the default but for decay: 0.5 there; --charges C: half the difference of a factor's square and that of the factor that carries the sign, \
each over its exponent".into(),
            parts: parts.clone(),
            weights: synthesis,
        },
        basin: basin::basin(spec.driver, &parts),
        hypotheses: if exact { hypotheses(acted) } else { Vec::new() },
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

/// How a bias was compared with the target.
fn how(driver: Driver) -> &'static str {
    match driver {
        Driver::Decay => {
            "the calculus of decay (theory 7.1), re-found by minimising |theta|^2/2 over the fibre of each part from many starts"
        }
        Driver::Isotropic => {
            "the law of F of a normal vector (theory 7.2): log det J at the lift, or a quadrature over the mixture"
        }
        Driver::Horizontal => "log det JJ^T at the lift, on the balanced leaf (theory 7.3)",
        Driver::Slice => {
            "log det JJ^T + log det Gamma at the lift, on the slice of the charges (theory 7.3)"
        }
        Driver::Flow => {
            "the double integral of 1/K at the lift, after the best affine function and factor (theory 7.4)"
        }
    }
}

/// Names that a parameter must not have.
fn in_use(spec: &DesignSpec) -> Vec<String> {
    let tables = [&spec.axes, &spec.components, &spec.constants];
    let mut used: Vec<String> = tables.iter().flat_map(|t| t.keys().cloned()).collect();
    used.extend(compose::defined(spec.weights.as_deref().unwrap_or("")));
    used
}

/// `acted`: whether the rest of a model moves what was designed, so that least norms do not add up.
fn hypotheses(acted: bool) -> Vec<Hypothesis> {
    let said = |text: &str, status: Status, topic: &str| Hypothesis {
        text: text.into(),
        status,
        topic: topic.into(),
    };
    vec![
        said(
            "the penalty is the same multiple of the squared norm of every parameter",
            Status::Assumed,
            "squared-norm-penalty",
        ),
        said(
            "parts have parameters of their own, so that their least norms add up",
            if acted {
                Status::Fails
            } else {
                Status::Verified
            },
            "whole-fibre",
        ),
        said(
            "training starts off the balanced leaf, where signs are free",
            Status::Assumed,
            "sign-frozen",
        ),
        said(
            "training does not start in the basin of the origin, if that is a local minimum",
            Status::Assumed,
            "origin-is-minimum",
        ),
    ]
}
