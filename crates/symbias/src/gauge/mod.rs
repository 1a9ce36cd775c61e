//! From a model file and a point to a point in a gauge: the symmetric generators that are established, the balanced or the noise-balanced gauge over them (theory §3), transport along one
//! generator, and how much F moved on the way.
//!
//! ```
//! # use symbias::{SourceFile, Watch};
//! # let source = SourceFile::parse("symbias = 1\noutputs = [\"w\"]\nprogram = \"w = u * v\"\n\
//! #     parameters = { u = [], v = [] }\nloss = { kind = \"expression\", expr = \"0.5 * (w - 1)^2\" }\n", None)?;
//! use symbias::File;
//! use symbias::gauge::{Options, Stop, fix};
//! let at = File::arrays("theta", &[("u".into(), vec![], vec![4.0]), ("v".into(), vec![], vec![1.0])])?;
//! let found = fix(&source, Some(&at), &Options::default(), &Watch::default())?;
//! assert_eq!(found.answer.stop, Stop::Balanced);
//! assert!(found.theta.iter().all(|x| (x - 2.0).abs() < 1e-9));
//! # Ok::<(), symbias::Error>(())
//! ```

mod function;
mod generators;
mod noise;
mod words;

use crate::answer::versioned;
use crate::watch::{self, Watch};
use generators::{Established, Symmetric};
pub use words::{EscapeInWords, text};

use function::Function;
use noise::gradients;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use symbias_geometry::discover::certificate::THRESHOLD;
use symbias_geometry::field::AffineField;
use symbias_geometry::gauge::{self, Fixed, Pairs, StopReason};
use symbias_geometry::probe::Probes;
use symbias_model::Model;
use symbias_model::data::{self, File, Named};
use symbias_model::error::{Error, ErrorKind, Result};
use symbias_model::language::{CheckOptions, Copies, SourceFile};
use symbias_model::parts::Parted;

/// Drift relative to what a generator moves that may be left when the gradients are computed anew:
/// their roundings, and the conditioning of the group element.
const DRIFT: f64 = 1e-8;

/// Where to go on the orbit.
#[derive(Clone, Debug, Default)]
pub enum To {
    /// Where the charges vanish (theory §3.1).
    #[default]
    Balanced,
    /// Where the noise drives no charge (theory §3.4).
    Noise(Covariance),
    /// exp(tξ)θ for one generator, named as `symbias analyze --full` prints it.
    Along {
        /// `NAME#INDEX`.
        generator: String,
        /// t.
        time: f64,
    },
}

/// The covariance of the noise of a noise-balanced gauge.
#[derive(Clone, Debug)]
pub enum Covariance {
    /// C = JᵀJ over the samples: the same noise on every output (label noise).
    Predictor,
    /// Second moment of the loss gradients of single samples.
    Minibatch,
    /// Tensor `covariance`, d × d. Assumed to move along the orbit as second
    /// moments of gradients do, C(gθ) = g⁻ᵀ C(θ) g⁻¹.
    File(File),
}

/// What the caller decides.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Where to go.
    pub to: To,
    /// Samples; random inputs by their laws otherwise.
    pub inputs: Option<File>,
    /// Seed of random inputs and generated constants.
    pub seed: u64,
    /// Random inputs that predictor noise is taken over; as many as memory allows up to 256 if not
    /// given.
    pub samples: Option<u64>,
}

/// What happened, in numbers (the JSON of `symbias gauge --json`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Answer {
    /// Version of this record.
    pub schema: u32,
    /// The model's name.
    pub model: String,
    /// d.
    pub parameters: usize,
    /// `balanced`, `noise: …`, or `along …`.
    pub to: String,
    /// Symmetric generators that the gauge is over.
    pub generators: usize,
    /// How it ended.
    pub stop: Stop,
    /// ‖θ‖ before and after.
    pub norm: [f64; 2],
    /// Largest charge (drift, for noise) relative to the squares that its generator moves, before and
    /// after.
    pub charge: [f64; 2],
    /// The same at the end over the generators that have a minimum: all, unless there are escapes.
    pub residual: f64,
    /// Iterations of Newton's method.
    pub iterations: usize,
    /// Largest change of F relative to its norm.
    pub moved: f64,
    /// Samples or random inputs on which F was compared.
    pub points: u64,
    /// Directions without a minimum.
    pub escapes: Vec<EscapeInWords>,
    /// What the result does not cover, or assumes.
    pub notes: Vec<String>,
}

/// How the way to a gauge ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Stop {
    /// In the gauge.
    #[serde(rename = "balanced")]
    Balanced,
    /// Some orbit has no minimum: see the escapes.
    #[serde(rename = "degenerate")]
    Degenerate,
    /// Charges are left, and no direction of escape was verified.
    #[serde(rename = "not converged")]
    NotConverged,
    /// Along one generator, as far as was asked.
    #[serde(rename = "moved")]
    Moved,
}

impl Stop {
    /// As the answer writes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Stop::Balanced => "balanced",
            Stop::Degenerate => "degenerate",
            Stop::NotConverged => "not converged",
            Stop::Moved => "moved",
        }
    }
}

/// The JSON schema of the answer.
#[must_use]
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(Answer).to_value()
}

/// The answer, and the point.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// What happened.
    pub answer: Answer,
    /// The point reached, flat.
    pub theta: Vec<f64>,
    /// The point reached, one array per parameter.
    pub arrays: Vec<Named>,
}

impl Answer {
    /// An answer of `symbias gauge --json`.
    ///
    /// # Errors
    /// A text that is no JSON, or an answer of another version.
    pub fn read(text: &str) -> Result<Answer> {
        versioned(text, 1, "symbias gauge --json")
    }

    /// Whether everything claimed holds: the gauge is reached, and F stayed.
    #[must_use]
    pub fn holds(&self) -> bool {
        matches!(self.stop, Stop::Balanced | Stop::Moved) && self.moved <= THRESHOLD
    }
}

/// Moves given parameters, or the random point of the seed, to a gauge. `watch` is told
/// what begins.
///
/// # Errors
/// A mistake in what is given; a model without a symmetry that the rules prove; noise that is
/// not defined (no loss, no samples); too many generators for memory.
pub fn fix(
    source: &SourceFile,
    at: Option<&File>,
    options: &Options,
    watch: &Watch,
) -> Result<Outcome> {
    watch::over(watch, || fixed(source, at, options))
}

fn fixed(source: &SourceFile, at: Option<&File>, options: &Options) -> Result<Outcome> {
    watch::stage("model");
    // Fused parameters are taken apart: a group may act on a part of one.
    let file = checked(source, options)?;
    let parted = Parted::new(file.clone());
    let model = parted.model();
    let samples = options
        .inputs
        .as_ref()
        .map(|file| data::inputs(model, file))
        .transpose()?;
    let constants = data::constants(model)?;
    let function = Function::new(model, constants, samples, options)?;
    let theta = match at {
        Some(given) => parted.parted(&data::parameters(&file, given)?).into_owned(),
        None => function.point(),
    };
    watch::stage("symmetry");
    let found = Established::of(model, function.of_analysis())?;
    if found.is_empty() {
        return Err(Error::new(
            ErrorKind::Unsupported,
            "no continuous symmetry of this model is established: there is no orbit to move on",
        )
        .remedy("`symbias analyze` says what was looked for"));
    }
    let mut answer = Answer {
        schema: 1,
        model: model.name.clone(),
        parameters: theta.len(),
        to: String::new(),
        generators: 0,
        stop: Stop::Moved,
        norm: [norm(&theta); 2],
        charge: [0.0; 2],
        residual: 0.0,
        iterations: 0,
        moved: 0.0,
        points: 0,
        escapes: Vec::new(),
        notes: Vec::new(),
    };
    let after = match &options.to {
        To::Along { generator, time } => {
            let field = generators::named(model, &found, generator)?;
            answer.to = format!("along {generator} by {time}");
            gauge::transport(&field, *time, &theta)?
        }
        to => {
            watch::stage("generators");
            // Pairs of stacks have a balanced point without generators.
            let mut pairs = match to {
                To::Noise(_) => Pairs::default(),
                _ => Pairs::of(model, &found.factors),
            };
            let mut symmetric = Symmetric::new(model, &found)?;
            symmetric.add(model, &found.factors, |k| !pairs.has(k))?;
            let irregular = pairs.regular(&gauge::centred(&symmetric.fields, &theta)?)?;
            symmetric.add(model, &found.factors, |k| irregular.contains(&k))?;
            symmetric.concluded(&found, pairs.generators())?;
            answer.notes.extend(symmetric.notes.clone());
            answer.generators = symmetric.fields.len() + pairs.generators();
            let fields = &symmetric.fields;
            watch::stage("gauge");
            let fixed = match to {
                To::Noise(noise) => {
                    let probes = function.probes()?;
                    let fixed = to_noise(
                        (&probes, &parted.places()),
                        noise,
                        options,
                        fields,
                        &theta,
                        &mut answer,
                    )?;
                    answer.to = format!("noise balance ({})", noise::name(noise));
                    fixed
                }
                _ => {
                    answer.to = "balance".into();
                    let charge = |theta: &[f64]| -> Result<f64> {
                        let fields = gauge::imbalance(fields, theta)?;
                        Ok(fields.max(pairs.imbalance(theta)?))
                    };
                    answer.charge[0] = charge(&theta)?;
                    let fixed = gauge::balance_pairs(&pairs, fields, &theta)?;
                    answer.charge[1] = charge(&fixed.theta)?;
                    fixed
                }
            };
            record(&mut answer, &fixed);
            answer.escapes = words::escapes(model, &symmetric, &fixed.escapes);
            fixed.theta
        }
    };
    if let Some(at) = after.iter().position(|x| !x.is_finite()) {
        return Err(Error::new(
            ErrorKind::Numerical,
            format!(
                "`{}` would leave the range of numbers",
                words::tensor_of(model, at)
            ),
        )
        .remedy("give a shorter time, or a point nearer to the gauge"));
    }
    watch::stage("F before and after");
    answer.norm[1] = norm(&after);
    (answer.moved, answer.points) = moved(&function, &theta, &after)?;
    Ok(Outcome {
        answer,
        arrays: data::named(&file, &parted.joined(&after)),
        theta: parted.joined(&after).into_owned(),
    })
}

fn checked(source: &SourceFile, options: &Options) -> Result<Model> {
    let model = source.check(Copies::All)?;
    if let Some(file) = &options.inputs {
        let sizes = data::sizes(&model, file)?;
        if !sizes.is_empty() {
            return source.check(CheckOptions {
                copies: Copies::All,
                sizes,
            });
        }
    }
    Ok(model)
}

fn record(answer: &mut Answer, fixed: &Fixed) {
    answer.residual = fixed.residual;
    answer.iterations = fixed.iterations;
    answer.stop = match fixed.stop {
        StopReason::Balanced => Stop::Balanced,
        StopReason::Degenerate => Stop::Degenerate,
        StopReason::NotConverged => Stop::NotConverged,
    };
}

fn to_noise(
    probes: (&Probes<'_>, &[usize]),
    noise: &Covariance,
    options: &Options,
    fields: &[AffineField],
    theta: &[f64],
    answer: &mut Answer,
) -> Result<Fixed> {
    let linear: Vec<AffineField> = fields
        .iter()
        .filter(|f| !f.linear.is_empty())
        .cloned()
        .collect();
    if linear.len() < fields.len() {
        answer.notes.push(
            "translations move no gradient: noise does not drive their charges anywhere, and they are left alone".into(),
        );
    }
    let before = gradients(probes, noise, options, theta)?;
    answer.notes.extend(before.note);
    answer.charge[0] = gauge::residual(&linear, &before.vectors)?;
    let mut fixed = gauge::noise_balance(&linear, theta, &before.vectors)?;
    answer.charge[1] = match fixed.stop {
        // The scalings and groups without a minimum are at the identity, their drift is what it was.
        StopReason::Degenerate => answer.charge[0].max(fixed.residual),
        _ => fixed.residual,
    };
    if fixed.stop == StopReason::Balanced && !matches!(noise, Covariance::File(_)) {
        let after = gradients(probes, noise, options, &fixed.theta)?;
        answer.charge[1] = gauge::residual(&linear, &after.vectors)?;
        if answer.charge[1] > DRIFT {
            fixed.stop = StopReason::NotConverged;
            answer.notes.push(
                "gradients computed anew at the end still drive the charges: they do not move along the orbit as those of an invariant function".into(),
            );
        }
    }
    Ok(fixed)
}

/// The largest change of F relative to its largest norm, and the number of points.
fn moved(function: &Function<'_>, before: &[f64], after: &[f64]) -> Result<(f64, u64)> {
    let (mut change, mut size) = (0.0_f64, 0.0_f64);
    let points = function.values([before, after], |f, g| {
        let difference: Vec<f64> = f.iter().zip(g).map(|(a, b)| a - b).collect();
        change = change.max(norm(&difference));
        size = size.max(norm(f));
    })?;
    let relative = match change {
        0.0 => 0.0,
        _ => change / size.max(f64::MIN_POSITIVE),
    };
    Ok((relative, points))
}

/// ‖x‖, safe against overflow.
fn norm(x: &[f64]) -> f64 {
    let top = x.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
    if top == 0.0 || !top.is_finite() {
        return top;
    }
    top * x.iter().map(|x| (x / top).powi(2)).sum::<f64>().sqrt()
}
