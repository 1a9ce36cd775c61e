//! What a model is tried on: a random balanced teacher, data that it answers, and from the curvature of the loss a
//! temperature, a step and a time.

use super::curvature::steepest;
use super::taught::Taught;
use crate::experiment::spec::StationarySpec;
use symbias_bias::noise::Temper;
use symbias_bias::quotient::FullBatch;
use symbias_geometry::factor::Factor;
use symbias_geometry::structure::orthonormal;
use symbias_model::data::Named;
use symbias_model::error::{Error, ErrorKind, Result};
use symbias_model::expression::{Model, Source};
use symbias_model::language::{Copies, SourceFile};
use symbias_numerics::random::Stream;

/// Size of the entries of the teacher: charges and weights of order one.
pub(super) const SCALE: f64 = 0.8;
/// Stream of the teacher: a step that no training reaches.
pub(super) const TEACHER: u64 = u64::MAX - 77;
/// Step times the largest curvature that is met.
const RESOLVED: f64 = 0.1;
/// Times of the slowest direction that a run lasts.
const LASTS: f64 = 8.0;
/// Steps at least, if the caller allows as many.
const FEWEST: u64 = 1000;
/// Share of the loss of random models that noise keeps up: much warmer, and weights run along flat valleys.
const SHARE: f64 = 0.3;
/// How often the temperature is halved at most, until the run lasts as long as it should: the warmer, the steeper are the
/// places that noise finds.
const HALVINGS: u32 = 5;
/// Share of the steps that a halving must at least save: far along orbits a loss is steep at any temperature.
const GAIN: f64 = 0.8;

/// The laws that may be tried.
const LAWS: [StationarySpec; 3] = [
    StationarySpec::Isotropic,
    StationarySpec::Slice,
    StationarySpec::Horizontal,
];

/// A model with data and numbers of their scale.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Trial {
    /// The teacher, d numbers, balanced where its orbit has a balanced point.
    pub teacher: Vec<f64>,
    /// The inputs that are data: name, shape with the samples first, entries.
    pub inputs: Vec<Named>,
    /// The warmest T for which the run suffices, at most that at which the loss is a third of that of random other models.
    pub temperature: f64,
    strides: Vec<(StationarySpec, Stride)>,
}

/// What the caller decides.
pub(super) struct Wanted {
    pub seed: u64,
    pub temperature: Option<f64>,
    pub most_steps: u64,
}

pub(super) fn refuse(text: impl Into<String>, remedy: &str) -> Error {
    Error::new(ErrorKind::Unsupported, text).remedy(remedy)
}

/// Time of a step and number of steps of an arm.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Stride {
    pub step: f64,
    /// Steps.
    pub steps: u64,
    /// Steps that the slowest direction asks for.
    asked: u64,
}

impl Stride {
    /// Whether `steps` are fewer than the slowest direction asks for.
    pub fn cut(&self) -> bool {
        self.steps < self.asked / 8 * 8
    }
}

/// Temperature, and steps of the laws.
struct Pace {
    temperature: f64,
    strides: Vec<(StationarySpec, Stride)>,
}

impl Pace {
    /// The most steps that any law asks for.
    fn asked(&self) -> u64 {
        self.strides.iter().map(|s| s.1.asked).max().unwrap_or(0)
    }

    /// Of what is wanted, or the warmest that fits.
    fn of((model, factors): (&Model, &[Factor]), taught: &Taught, wanted: &Wanted) -> Result<Pace> {
        let Taught {
            batch, curvatures, ..
        } = taught;
        let split = orthonormal(model, factors);
        let compact = split.symmetric.is_empty() && split.neither.is_empty();
        let at = |temperature: f64| -> Result<Pace> {
            let mut strides = Vec::new();
            for noise in LAWS {
                // As in the arms: isotropic noise alone has a decay, where orbits are not compact.
                let decayed = noise == StationarySpec::Isotropic && !compact;
                let decay = if decayed { temperature } else { 0.0 };
                let law = noise.law(Temper::new(temperature, decay)?);
                let from = (taught.teacher.as_slice(), wanted.seed);
                let Some(steepest) = steepest(batch, &split, law, from)? else {
                    continue;
                };
                let step = rounded(RESOLVED / curvatures.largest().max(steepest));
                let asked = (LASTS / (curvatures.smallest() * step)).ceil() as u64;
                let steps = asked.max(FEWEST).min(wanted.most_steps) / 8 * 8;
                strides.push((noise, Stride { step, steps, asked }));
            }
            Ok(Pace {
                temperature,
                strides,
            })
        };
        if let Some(temperature) = wanted.temperature {
            return at(temperature);
        }
        // ½T for each direction that the loss sees.
        let far = usual_loss(batch, model.space().dim(), wanted.seed);
        if !(far > 0.0 && far.is_finite()) {
            return Err(Error::new(
                ErrorKind::Value,
                format!("the median loss of random parameters of `{}` is {far}, and the usual temperature a share of it", model.name),
            )
            .remedy("give --temperature, in units of the loss, or a loss that is at least 0"));
        }
        let usual = SHARE * far * 2.0 / curvatures.count() as f64;
        let mut pace = at(rounded(usual))?;
        for halvings in 1..=HALVINGS {
            if pace.asked() <= wanted.most_steps {
                break;
            }
            let cooler = at(rounded(usual / f64::from(1 << halvings)))?;
            if cooler.asked() as f64 > GAIN * pace.asked() as f64 {
                break;
            }
            pace = cooler;
        }
        Ok(pace)
    }
}

/// The file with a loss, and a note where it was supplied: stationary laws differ in their loss alone, so that a model without one is
/// tried on the mean square of its only output.
///
/// # Errors
/// A mistake in the model file.
pub(super) fn with_loss(source: &SourceFile) -> Result<(SourceFile, Option<String>)> {
    let model = source.check(Copies::AtMost(1))?;
    let (None, [output]) = (&model.loss, model.outputs.as_slice()) else {
        return Ok((source.clone(), None));
    };
    let of = &model.tensor(*output).name;
    let text = format!("{}\n[loss]\nkind = \"mse\"\nof = \"{of}\"\n", source.text());
    let note = format!(
        "`{}` has no loss: its laws were tried with loss = {{ kind = \"mse\", of = \"{of}\" }}",
        model.name
    );
    Ok((SourceFile::parse(&text, source.folder())?, Some(note)))
}

impl Trial {
    /// For a model whose loss compares the output `of` with a target that the file leaves open, or with none.
    pub fn of(
        model: &Model,
        factors: &[Factor],
        of: Option<&str>,
        wanted: &Wanted,
    ) -> Result<Trial> {
        if model.loss.is_none() {
            return Err(refuse(
                format!("`{}` has no loss", model.name),
                "it has several outputs: add loss = { kind = \"mse\", of = \"OUTPUT\" } for one of them to the model file",
            ));
        }
        if model.inputs().any(|i| {
            !matches!(model.tensor(i).source, Source::Input { index: None, .. })
                || model.tensor(i).field.width() == 2
        }) {
            return Err(refuse(
                format!(
                    "`{}` has integer or complex inputs, for which no data are made",
                    model.name
                ),
                "make them constants",
            ));
        }
        if let Some(id) = model
            .parameters()
            .find(|p| model.tensor(*p).field.width() == 2)
        {
            return Err(refuse(
                format!(
                    "the parameter `{}` of `{}` is complex, and starts of experiments are real",
                    model.tensor(id).name,
                    model.name
                ),
                "write it as two real parameters, and its products by their real and imaginary parts",
            ));
        }
        let taught = Taught::of(model, factors, of, wanted.seed)?;
        if taught.curvatures.count() == 0 {
            return Err(refuse(
                format!(
                    "the loss of `{}` has no curvature at a random teacher",
                    model.name
                ),
                "give a loss that depends on the outputs",
            ));
        }
        let pace = Pace::of((model, factors), &taught, wanted)?;
        Ok(Trial {
            teacher: taught.teacher,
            inputs: taught.inputs,
            temperature: pace.temperature,
            strides: pace.strides,
        })
    }

    /// The steps of a law by its name, to be lengthened.
    pub fn stride_of(&mut self, name: &str) -> Option<&mut Stride> {
        let own = self.strides.iter_mut().find(|s| s.0.name() == name);
        own.map(|s| &mut s.1)
    }

    /// The steps of a law.
    ///
    /// # Errors
    /// A law that cannot be sampled.
    pub fn stride(&self, law: StationarySpec) -> Result<Stride> {
        let found = self.strides.iter().find(|s| s.0 == law);
        found.map(|s| s.1).ok_or_else(|| {
            refuse(
                format!("the law of {} noise cannot be sampled", law.name()),
                "ask for other noises with --noise",
            )
        })
    }
}

/// To two digits: numbers that a person writes down.
fn rounded(x: f64) -> f64 {
    format!("{x:.1e}").parse().unwrap_or(x)
}

/// The median loss of random other models.
fn usual_loss(batch: &FullBatch, d: usize, seed: u64) -> f64 {
    const MODELS: u64 = 15;
    let mut all: Vec<f64> = (1..=MODELS)
        .map(|k| {
            let mut stream = Stream::new(seed, k, TEACHER);
            let theta: Vec<f64> = (0..d).map(|_| SCALE * stream.next_normal()).collect();
            batch.loss(&theta)
        })
        .collect();
    // Where a function is not defined everywhere some are of no loss.
    all.retain(|loss| loss.is_finite());
    all.sort_by(f64::total_cmp);
    all.get(all.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The files that a model file names, by their names.
///
/// # Errors
/// A file that cannot be read.
pub(super) fn named_files(
    source: &SourceFile,
    table: &toml::Table,
) -> Result<Vec<(String, Vec<u8>)>> {
    let of = |key: &str| table.get(key).and_then(|t| t.as_table());
    let declared = ["constants", "profiles"].into_iter().filter_map(of);
    let names = declared
        .flat_map(|t| t.values())
        .filter_map(|p| p.get("file")?.as_str());
    let read = |name: &str| {
        let bytes = source.folder().file(name)?.bytes()?;
        Ok((name.to_owned(), bytes.to_vec()))
    };
    names.map(read).collect()
}
