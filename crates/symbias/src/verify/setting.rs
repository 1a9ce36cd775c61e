//! What a model is tried on: a random balanced teacher, data that it answers, and from the curvature of the loss a
//! temperature, a step and a time.

use std::path::Path;
use symbias_bias::Noise;
use symbias_bias::law::sampler::{Sampler, Settings as Chains};
use symbias_bias::noise::{Chart, Temper};
use symbias_bias::quotient::FullBatch;
use symbias_geometry::component::orthonormal;
use symbias_geometry::discover::structural::Factor;
use symbias_geometry::gauge::balance_factors;
use symbias_geometry::rank::numerical;
use symbias_model::data::{self, Named};
use symbias_model::error::{Error, ErrorKind, Result};
use symbias_model::expression::{Model, Source, TensorId};
use symbias_model::program::{Arguments, Layout, Options, Program, Task};
use symbias_model::scalar::{Arrays, Inputs};
use symbias_numerics::dense::{Matrix, symmetric_eigen};
use symbias_numerics::random::Stream;

/// Size of the entries of the teacher: charges and weights of order one.
const SCALE: f64 = 0.8;
/// Samples at least and at most.
const SAMPLES: (usize, usize) = (16, 256);
/// Step times the largest curvature that is met.
const RESOLVED: f64 = 0.1;
/// Places at which it is looked for.
const PLACES: u64 = 48;
/// Times of the slowest direction that a run lasts.
const LASTS: f64 = 8.0;
/// Steps at least, if the caller allows as many.
const FEWEST: u64 = 1000;
/// Share of the loss of random models that noise keeps up: much warmer, and weights run along flat valleys.
const SHARE: f64 = 0.3;
/// Curvature below this share of the largest counts as that of a direction that the loss does not see.
const FLAT: f64 = 1e-6;
/// Half the spacing of the differences of gradients, relative to the size of θ.
const SPACING: f64 = 1e-5;
/// Stream of the teacher: a step that no training reaches.
const TEACHER: u64 = u64::MAX - 77;
/// First of the random samples.
const FIRST_SAMPLE: u64 = 1 << 42;

/// A model with data and numbers of their scale.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Trial {
    /// The teacher, d numbers, balanced where its orbit has a balanced point.
    pub teacher: Vec<f64>,
    /// The inputs that are data: name, shape with the samples first, entries.
    pub inputs: Vec<Named>,
    /// T at which the loss is about a third of that of random other models.
    pub temperature: f64,
    /// Time of a step.
    pub step: f64,
    /// Steps.
    pub steps: u64,
    /// Whether `steps` are fewer than the slowest direction asks for.
    pub cut: bool,
}

/// What the caller decides.
pub(super) struct Wanted {
    pub seed: u64,
    pub temperature: Option<f64>,
    pub most_steps: u64,
}

fn refuse(text: impl Into<String>, remedy: &str) -> Error {
    Error::new(ErrorKind::Unsupported, text).remedy(remedy)
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
                "add loss = { kind = \"mse\", of = \"OUTPUT\" } to the model file",
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
        let files = data::constants(model)?;
        let teacher = teacher(model, factors, wanted.seed)?;
        let (inputs, samples) = answered(model, &teacher, of, wanted.seed)?;
        let batch = FullBatch::of(model, &files, &samples)?;
        let curvatures = curvatures(&batch, &teacher)?;
        let largest = curvatures.iter().copied().fold(0.0, f64::max);
        let seen = || curvatures.iter().copied().filter(|c| *c > FLAT * largest);
        let (count, smallest) = (seen().count(), seen().fold(f64::INFINITY, f64::min));
        if count == 0 {
            return Err(refuse(
                format!(
                    "the loss of `{}` has no curvature at a random teacher",
                    model.name
                ),
                "give a loss that depends on the outputs",
            ));
        }
        // ½T for each direction that the loss sees.
        let far = usual_loss(&batch, model.space().dim(), wanted.seed);
        let temperature = wanted
            .temperature
            .unwrap_or_else(|| rounded(SHARE * far * 2.0 / count as f64));
        let steepest = steepest(&batch, (model, factors), &teacher, temperature, wanted.seed)?;
        let step = rounded(RESOLVED / largest.max(steepest));
        let asked = (LASTS / (smallest * step)).ceil() as u64;
        Ok(Trial {
            teacher,
            inputs,
            temperature,
            step,
            steps: asked.max(FEWEST).min(wanted.most_steps) / 4 * 4,
            cut: asked > wanted.most_steps,
        })
    }
}

/// To two digits: numbers that a person writes down.
fn rounded(x: f64) -> f64 {
    format!("{x:.1e}").parse().unwrap_or(x)
}

fn teacher(model: &Model, factors: &[Factor], seed: u64) -> Result<Vec<f64>> {
    let mut stream = Stream::new(seed, 0, TEACHER);
    let theta: Vec<f64> = (0..model.space().dim())
        .map(|_| SCALE * stream.next_normal())
        .collect();
    let split = orthonormal(model, factors);
    Ok(balance_factors(model, factors, &split.symmetric, &theta)?.theta)
}

/// Random samples with the teacher's answers, as arrays and as inputs of the model.
fn answered(
    model: &Model,
    teacher: &[f64],
    of: Option<&str>,
    seed: u64,
) -> Result<(Vec<Named>, Vec<Inputs>)> {
    let ids: Vec<TensorId> = model.inputs().collect();
    if ids.is_empty() {
        return Ok((Vec::new(), Vec::new()));
    }
    let target = model.loss.as_ref().and_then(|l| l.target);
    let target = target.filter(|t| ids.contains(t));
    let outputs: Vec<&str> = model
        .outputs
        .iter()
        .map(|o| model.tensor(*o).name.as_str())
        .collect();
    let d = model.space().dim();
    let compared = of.and_then(|of| outputs.iter().position(|o| *o == of));
    let compared = compared.unwrap_or(0);
    let entries = |id: TensorId| model.entries(id) as usize;
    let numbers = entries(model.outputs[compared]).max(1);
    let varied = ids.iter().any(|id| Some(*id) != target);
    // A model without inputs but the target answers the same for every sample.
    let count = match varied && model.batch.is_none() {
        true => (4 * d).div_ceil(numbers).clamp(SAMPLES.0, SAMPLES.1),
        false => 1,
    };
    let mut samples: Vec<Inputs> = (0..count as u64)
        .map(|k| Inputs::random(model, seed, FIRST_SAMPLE + k))
        .collect();
    let files = data::constants(model)?;
    let arrays = Arrays::new(model, &files)?;
    let program =
        Program::<f64>::compile(model, &arrays, Options::new(Task::Value, Layout::Single))?;
    let mut workspace = program.workspace();
    let mut values = vec![0.0; program.result_len(0)];
    let before: usize = model.outputs[..compared].iter().map(|o| entries(*o)).sum();
    let mut places = Vec::new();
    let mut at = 0;
    for id in &ids {
        places.push(at..at + entries(*id));
        at += entries(*id);
    }
    for sample in &mut samples {
        program.run(
            &mut workspace,
            &Arguments::at(teacher, &sample.flat),
            &mut [&mut values],
        );
        let own = ids.iter().position(|id| Some(*id) == target);
        if let Some(place) = own.map(|k| places[k].clone()) {
            if place.len() != numbers {
                return Err(refuse(
                    format!(
                        "the target of the loss has {} entries, and the output {numbers}",
                        place.len()
                    ),
                    "compare one output with a target of its shape: loss = { kind = \"mse\", of = \"OUTPUT\" }",
                ));
            }
            sample.flat[place].copy_from_slice(&values[before..before + numbers]);
        }
    }
    let named = ids.iter().zip(&places).map(|(id, place)| {
        let mut shape = vec![count];
        shape.extend(model.shape(*id).iter().map(|n| *n as usize));
        let entries = samples.iter().flat_map(|s| s.flat[place.clone()].to_vec());
        (model.tensor(*id).name.clone(), shape, entries.collect())
    });
    Ok((named.collect(), samples))
}

/// Eigenvalues of the Hessian of the loss, by differences of gradients.
fn curvatures(batch: &FullBatch, theta: &[f64]) -> Result<Vec<f64>> {
    let d = theta.len();
    let size = (theta.iter().map(|x| x * x).sum::<f64>() / d as f64).sqrt();
    let spacing = SPACING * size.max(f64::MIN_POSITIVE);
    let gradient = |at: &[f64]| {
        let mut g = vec![0.0; d];
        batch.evaluate(at, &mut g);
        g
    };
    let mut rows = Vec::with_capacity(d);
    for i in 0..d {
        let moved = |by: f64| {
            let mut at = theta.to_vec();
            at[i] += by;
            gradient(&at)
        };
        let (up, down) = (moved(spacing), moved(-spacing));
        let slope = up.iter().zip(&down).map(|(a, b)| (a - b) / (2.0 * spacing));
        rows.push(slope.collect::<Vec<f64>>());
    }
    let hessian = Matrix::from_fn(d, d, |i, j| (rows[i][j] + rows[j][i]) / 2.0);
    Ok(symmetric_eigen(&hessian).map_err(numerical)?.values)
}

/// The largest curvature where isotropic noise of this temperature, with as much weight decay, is found: away from the
/// teacher a loss is steeper.
fn steepest(
    batch: &FullBatch,
    (model, factors): (&Model, &[Factor]),
    teacher: &[f64],
    temperature: f64,
    seed: u64,
) -> Result<f64> {
    let split = orthonormal(model, factors);
    let loss = |theta: &[f64]| batch.loss(theta);
    let temper = Temper::new(temperature, temperature)?;
    let sampler = Sampler::new(
        Noise::Isotropic,
        Chart::Charges,
        temper,
        &split,
        &loss,
        teacher,
    )?;
    let settings = Chains {
        seed,
        chains: 1,
        burn_in: 2000,
        steps: PLACES * 200,
        thin: 200,
    };
    let keep = |theta: &[f64], into: &mut [f64]| into.copy_from_slice(theta);
    let chain = sampler.chain(settings, 0, teacher.len(), &keep);
    let mut largest = 0.0_f64;
    for theta in chain.observed.chunks_exact(teacher.len()) {
        let found = curvatures(batch, theta)?;
        largest = found.into_iter().fold(largest, |m, c| m.max(c.abs()));
    }
    Ok(largest)
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
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}

/// The files of a model that its text names, copied beside the copy of it.
pub(super) fn copy(model: &Model, from: &Path, to: &Path) -> Result<()> {
    use symbias_model::expression::ConstantSource;
    for id in model.constants() {
        let Source::Constant {
            source: ConstantSource::File { path, .. },
            ..
        } = &model.tensor(id).source
        else {
            continue;
        };
        let inside = path.strip_prefix(from).unwrap_or(path);
        let into = to.join(inside);
        crate::experiment::record::make_folder(into.parent().unwrap_or(to))?;
        std::fs::copy(path, &into).map_err(|e| {
            Error::new(
                ErrorKind::File,
                format!("cannot copy `{}`: {e}", path.display()),
            )
            .remedy("give a folder that can be written")
        })?;
    }
    Ok(())
}
