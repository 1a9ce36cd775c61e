//! From a model file to its symmetries, charges and conservation laws: rules, ranks and the
//! certificate, each for itself, and what they say together.
//!
//! ```
//! # use symbias::{SourceFile, Watch};
//! # let source = SourceFile::parse("symbias = 1\noutputs = [\"w\"]\nprogram = \"w = u * v\"\n\
//! #     parameters = { u = [], v = [] }\nloss = { kind = \"expression\", expr = \"0.5 * (w - 1)^2\" }\n", None)?;
//! use symbias::analyze::{Options, analyze};
//! let found = analyze(&source, &Options::default(), &Watch::default())?;
//! assert_eq!(found.answer.symmetry.name, "R");
//! assert_eq!(found.answer.charges.formulas, ["mu = (v^2 - u^2)/2"]);
//! assert_eq!(found.answer.bias.decay.formula.as_deref(), Some("|u| |v|"));
//! # Ok::<(), symbias::Error>(())
//! ```

mod charges;
mod findings;
mod laws;
mod scale;
mod structure;
mod symmetry;
mod warnings;

pub use structure::{FactorKind, Structure, structure};
pub use symbias_bias::noise::{Chart, Temper};

use crate::answer::{Answer, Gram, Warning};
use crate::watch::{self, Watch};
use findings::Findings;
use laws::Laws;
use scale::Scaled;
use std::fmt::Write;
use symbias_bias::Driver;
use symbias_geometry::discover::certificate::certify;
pub use symbias_geometry::effort::Effort;
use symbias_geometry::factor::Factor;
use symbias_geometry::field::AffineField;
use symbias_geometry::formula::Formula;
use symbias_geometry::orbit::formula;
use symbias_geometry::probe::Probes;
use symbias_model::data::File;
use symbias_model::error::{ErrorKind, Result};
use symbias_model::language::{Copies, SourceFile};
use symbias_model::{Model, data};

/// What the caller decides.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Seed of random points, probes and generated constants.
    pub seed: u64,
    /// Parameters at which values are computed.
    pub at: Option<File>,
    /// Inputs in place of random probes.
    pub data: Option<File>,
    /// Temperature and weight decay of the law of isotropic noise.
    pub temper: Temper,
    /// The function that vanishes on the gauge slice.
    pub chart: Chart,
    /// What ranks and null spaces may cost.
    pub effort: Effort,
}

/// The answer, and what it was read from.
#[derive(Clone, Debug)]
pub struct Analysis {
    /// The machine-readable answer.
    pub answer: Answer,
    /// LaTeX of the charges, in the order of the answer's formulas.
    pub charges_latex: Vec<String>,
    /// LaTeX of the regulariser that weight decay induces.
    pub decay_latex: Option<String>,
    /// LaTeX of det Γ and of the potentials of flow and of the laws of noise that exist: what it is of,
    /// and the formula.
    pub laws_latex: Vec<(String, String)>,
    /// The point at which values were computed, flat; `None` where none were.
    pub theta: Option<Vec<f64>>,
    model: Model,
    families: Vec<(String, Vec<AffineField>)>,
    contradiction: bool,
}

/// Parameters up to which a model is written out number by number, if the effort allows what follows;
/// beyond them the rules stand alone.
pub const NUMERICAL: u128 = 200_000;
/// Entries of all generators of the rules, at most, for ranks and for a certificate at full size.
const GENERATED: u128 = 40_000_000;
/// … and for a certificate alone.
const CERTIFIED: u128 = 100_000;

/// Everything that is known of a model.
///
/// # Errors
/// A mistake in the model or in what it or the options name; floating linear algebra that does not converge; work that was
/// stopped.
pub fn analyze(source: &SourceFile, options: &Options, watch: &Watch) -> Result<Analysis> {
    watch::over(watch, || analysis(source, options))
}

/// As [`analyze`], as a part of other work.
pub(crate) fn analysis(source: &SourceFile, options: &Options) -> Result<Analysis> {
    watch::stage("rules");
    let sizes = match &options.data {
        Some(file) => data::sizes(&source.check(Copies::AtMost(1))?, file)?,
        None => std::collections::BTreeMap::new(),
    };
    let structure = structure(source, NUMERICAL, &sizes)?;
    let model = structure.model();
    let written = model.is_complete() && model.parameter_count() <= NUMERICAL;
    // A complete graph is needed to read a point; its sizes decide whether that is possible.
    let theta = match &options.at {
        Some(file) if model.is_complete() => {
            let given = data::parameters(&structure.file, file)?;
            Some(structure.parted.parted(&given).into_owned())
        }
        Some(file) => Some(data::parameters(&source.check(Copies::All)?, file)?),
        None => None,
    };
    let samples = options
        .data
        .as_ref()
        .map(|file| data::inputs(model, file))
        .transpose()?;
    let mut findings = None;
    let mut certificate = None;
    if written && generated(&structure) <= GENERATED {
        let files = data::constants(model)?;
        match Probes::new(model, &files, samples, options.seed) {
            Ok(probes) => {
                findings = Findings::of(&structure, &probes, theta, options)?;
                if findings.is_none() && generated(&structure) <= CERTIFIED {
                    watch::stage("certificate");
                    certificate = at_full_size(&structure, &probes)?;
                }
            }
            // Too many operations to be written out.
            Err(error) if error.kind() == ErrorKind::Unsupported => {}
            Err(error) => return Err(error),
        }
    }
    if findings.is_none() && certificate.is_none() {
        watch::stage("certificate of a shortened program");
        certificate = scale::certificate(source, options.seed)?;
    }
    watch::stage("charges");
    let reads = structure.file.reads();
    let mut analysis = assemble(
        structure,
        findings.as_ref(),
        certificate,
        reads,
        options.seed,
    );
    let computed = findings.is_some_and(|f| f.laws.is_some());
    if options.temper.decay > 0.0 && !computed {
        analysis.answer.warnings.push(Warning {
            code: "decay-not-used".into(),
            text: "the weight decay given is not used: the laws of noise are not computed at this size".into(),
        });
    }
    Ok(analysis)
}

/// Entries of the rules' generators, about.
fn generated(structure: &Structure) -> u128 {
    structure
        .factors
        .iter()
        .map(|f| {
            f.dimension
                .saturating_mul(entries_moved(structure.model(), f))
        })
        .fold(0, u128::saturating_add)
}

/// Entries of the parameters that a factor moves, for each of its copies.
fn entries_moved(model: &Model, factor: &Factor) -> u128 {
    let entries = factor
        .moved()
        .into_iter()
        .map(|t| u128::from(model.entries(t)));
    entries.sum::<u128>() / factor.copies.max(1)
}

/// The certificate of the rules where ranks cost too much.
fn at_full_size(structure: &Structure, probes: &Probes<'_>) -> Result<Option<Scaled>> {
    let families: Vec<Vec<AffineField>> = structure
        .factors
        .iter()
        .map(|f| f.generators(structure.model()))
        .collect();
    Ok(certify(probes, &families, 2)?.map(|certificate| Scaled {
        certificate,
        sizes: String::new(),
    }))
}

fn assemble(
    structure: Structure,
    findings: Option<&Findings>,
    scaled: Option<Scaled>,
    reads: Vec<String>,
    seed: u64,
) -> Analysis {
    let model = structure.model();
    let charges = charges::charges(&structure, findings);
    let theta = findings.map(|f| f.theta.as_slice());
    let laws = findings
        .and_then(|f| f.laws.clone())
        .unwrap_or_else(|| Laws::by_rules(&structure));
    // Formulas of the rules are those of the whole algebra only where the rules find it.
    let gram = findings
        .is_none_or(Findings::rules_are_all)
        .then(|| formula::of_factors(model, &structure.factors))
        .flatten();
    let gram_latex = gram
        .as_ref()
        .map(|g| ("\\det\\Gamma".to_owned(), g.latex()));
    let rank = findings.map(|f| f.rank.decision.rank as u64);
    let parameters = u64::try_from(model.parameter_count()).unwrap_or(u64::MAX);
    let redundancy = rank.map(|r| parameters - r);
    let orbit = findings.map(|f| f.symmetry.orbit.rank as u64);
    let certificate = match (findings, &scaled) {
        (Some(f), _) => f.symmetry.certificate.as_ref(),
        (None, Some(s)) => Some(&s.certificate),
        (None, None) => None,
    };
    let scale = scaled
        .as_ref()
        .map(|s| s.sizes.clone())
        .filter(|s| !s.is_empty());
    let answer = Answer {
        schema: 2,
        model: model.name.clone(),
        reads,
        parameters,
        rank,
        redundancy,
        orbit_dimension: orbit,
        unexplained: redundancy.zip(orbit).map(|(r, o)| r.saturating_sub(o)),
        unexplained_on: symmetry::unexplained_on(model, findings),
        symmetry: symmetry::symmetry(&structure, findings),
        certificate: symmetry::certificate(certificate, scale),
        ranks: findings.map(Findings::ranks).unwrap_or_default(),
        charges: charges.answer,
        gram: Gram {
            basis: basis(findings),
            formula: gram.as_ref().map(Formula::text),
            log_det: findings.and_then(|f| f.gram.as_ref()).map(|g| g.log_pdet),
            log_det_by_formula: gram.as_ref().zip(theta).and_then(|(g, at)| g.log_value(at)),
            factors: laws::gram_factors(&structure, theta),
        },
        orbit: laws.orbit.clone(),
        bias: laws.answer(),
        warnings: warnings::warnings(&structure, findings, certificate, &laws),
        seed,
    };
    let mut families: Vec<(String, Vec<AffineField>)> = Vec::new();
    if let Some(f) = findings {
        families.extend(f.standing.iter().map(|s| (s.name(), s.generators(model))));
        let beyond = f.symmetry.beyond.iter();
        families.extend(beyond.map(|b| (b.shown_name(), b.fields.clone())));
    }
    let contradiction = certificate.is_some_and(|c| !c.holds())
        || findings.is_some_and(|f| f.symmetry.contradiction().is_some());
    Analysis {
        answer,
        charges_latex: charges.latex,
        decay_latex: laws
            .of_driver(Driver::Decay)
            .formula
            .as_ref()
            .map(Formula::latex),
        laws_latex: gram_latex.into_iter().chain(laws.latex()).collect(),
        theta: findings.map(|f| structure.parted.joined(&f.theta).into_owned()),
        model: structure.parted.into_model(),
        families,
        contradiction,
    }
}

/// Generators whose brackets are computed for `--full`, at most.
const BRACKETED: usize = 100;

/// The basis that det Γ and volumes refer to (theory §1): another one adds a constant of the algebra.
fn basis(findings: Option<&Findings>) -> String {
    let by_rules = findings.is_none_or(|f| f.symmetry.is_of_rules());
    let basis = if by_rules { BASIS } else { BASIS_OF_NUMBERS };
    basis.into()
}

/// Of generators of which some are given by no rule.
const BASIS_OF_NUMBERS: &str = "generators A theta + b, orthonormal in the entries of A and b";
/// Of the rules' generators.
const BASIS: &str = "orthonormal in each group's matrices: E_ii, (E_ij +- E_ji)/sqrt(2), times i for u, (E_11 + E_22)/sqrt(2) and \
(E_12 - E_21)/sqrt(2) per plane; one generator with the exponents of the charge for each other scaling, unit shifts for translations";

impl Analysis {
    /// Whether nothing contradicts: no lower bound above an upper one, no certificate that fails. What is
    /// open contradicts nothing.
    #[must_use]
    pub fn holds(&self) -> bool {
        !self.contradiction
    }

    /// The model.
    #[must_use]
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// The structure of the algebra that the generators span: dimension, centre, signature of the
    /// Killing form, Cartan split; empty where there are none or too many to bracket.
    #[must_use]
    pub fn algebra_text(&self) -> String {
        let fields: Vec<AffineField> = self
            .families
            .iter()
            .flat_map(|f| f.1.iter().cloned())
            .collect();
        if fields.is_empty() || fields.len() > BRACKETED {
            return String::new();
        }
        let Ok(found) = symbias_geometry::algebra::recognise(&fields, 2 * BRACKETED) else {
            return String::new();
        };
        let (negative, zero, positive) = found.killing;
        let split = found.cartan.as_ref().map_or_else(String::new, |c| {
            let closed = if c.closed {
                ""
            } else {
                ", not closed under transposition"
            };
            format!(
                "; k + p = {} + {}{closed}",
                c.antisymmetric.cols, c.symmetric.cols
            )
        });
        format!(
            "algebra       {} by its brackets: dimension {}, centre {}, Killing form (-{negative}, 0: {zero}, +{positive}){split}\n",
            found.name, found.dimension, found.centre
        )
    }

    /// The generators, one line each: `d W[0,1] = W[1,1] - ...`.
    #[must_use]
    pub fn generators_text(&self) -> String {
        let names = if self.families.is_empty() {
            Vec::new()
        } else {
            coordinate_names(&self.model)
        };
        let mut out = String::new();
        for (name, fields) in &self.families {
            for (k, field) in fields.iter().enumerate() {
                let mut rows: std::collections::BTreeMap<usize, Vec<String>> =
                    std::collections::BTreeMap::new();
                for (i, j, x) in &field.linear {
                    rows.entry(*i)
                        .or_default()
                        .push(coefficient(*x, &names[*j]));
                }
                for (i, x) in &field.constant {
                    rows.entry(*i).or_default().push(format!("{x:+}"));
                }
                let moved: Vec<String> = rows
                    .iter()
                    .map(|(i, terms)| format!("d {} = {}", names[*i], terms.join(" ")))
                    .collect();
                let _ = writeln!(out, "generator     {name} #{k}: {}", moved.join("; "));
            }
        }
        out
    }
}

fn coefficient(x: f64, name: &str) -> String {
    if x == 1.0 {
        format!("+{name}")
    } else if x == -1.0 {
        format!("-{name}")
    } else {
        format!("{x:+} {name}")
    }
}

/// Names of the coordinates of θ: `W[0,1]`, complex ones with `.re` and `.im`.
fn coordinate_names(model: &Model) -> Vec<String> {
    let mut names = Vec::new();
    for block in model.space().blocks() {
        for flat in 0..block.entries() {
            let (mut rest, mut index) = (flat, Vec::new());
            for n in block.shape.iter().rev() {
                index.push((rest % n).to_string());
                rest /= n;
            }
            index.reverse();
            let entry = if index.is_empty() {
                block.name.clone()
            } else {
                format!("{}[{}]", block.name, index.join(","))
            };
            match block.field.width() {
                1 => names.push(entry),
                _ => names.extend([format!("{entry}.re"), format!("{entry}.im")]),
            }
        }
    }
    names
}
