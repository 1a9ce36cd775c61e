//! A random balanced teacher, and data that it answers.

use super::curvature::Curvatures;
use super::setting::{SCALE, TEACHER, refuse};
use symbias_bias::quotient::FullBatch;
use symbias_geometry::factor::Factor;
use symbias_geometry::gauge::balance_factors;
use symbias_geometry::probe::Probes;
use symbias_geometry::structure::orthonormal;
use symbias_model::data::{self, Named};
use symbias_model::error::{Error, ErrorKind, Result};
use symbias_model::expression::{Model, TensorId};
use symbias_model::program::{Arguments, Layout, Options, Program, Task};
use symbias_model::scalar::{Arrays, Inputs};
use symbias_numerics::random::Stream;

/// Teachers of which one is taken.
const CANDIDATES: u64 = 32;
/// Samples at least and at most.
const SAMPLES: (usize, usize) = (16, 256);
/// First of the random samples.
const FIRST_SAMPLE: u64 = 1 << 42;
/// First of the random points of functions that are not defined everywhere.
const FIRST_POINT: u64 = 1 << 43;

/// A teacher with its data.
pub(super) struct Taught {
    /// d numbers, balanced where the orbit has a balanced point.
    pub teacher: Vec<f64>,
    /// The inputs that are data: name, shape with the samples first, entries.
    pub inputs: Vec<Named>,
    /// The loss.
    pub batch: FullBatch,
    /// Of the loss at the teacher.
    pub curvatures: Curvatures,
}

impl Taught {
    /// Of some random teachers the one whose loss is the best conditioned among the directions that it sees: a law holds for
    /// every teacher, and a run shows it the sooner the less the slowest direction is behind the steepest.
    pub fn of(model: &Model, factors: &[Factor], of: Option<&str>, seed: u64) -> Result<Taught> {
        let probes = Probes::new(model, &data::constants(model)?, None, seed)?;
        let candidate = |k: u64| -> Result<Taught> {
            let teacher = teacher(&probes, factors, (seed, k))?;
            let (inputs, samples) = answered(model, &teacher, of, seed)?;
            let batch = FullBatch::of(model, &data::constants(model)?, &samples)?;
            Ok(Taught {
                curvatures: Curvatures::at(&batch, &teacher)?,
                teacher,
                inputs,
                batch,
            })
        };
        // Where a function is not defined everywhere some are of no use; data that do not fit none is spared.
        let (mut best, mut why): (Option<Taught>, Option<Error>) = (None, None);
        for k in 0..CANDIDATES {
            match candidate(k) {
                Ok(other)
                    if best.as_ref().is_none_or(|b| {
                        other.curvatures.condition() > b.curvatures.condition()
                    }) =>
                {
                    best = Some(other);
                }
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::Numerical => why = Some(error),
                Err(error) => return Err(error),
            }
        }
        best.ok_or_else(|| {
            let reason = why.map_or_else(String::new, |e| format!(": {}", e.message()));
            refuse(
                format!(
                    "the loss of `{}` has no curvature that is a number at {CANDIDATES} random teachers{reason}",
                    model.name
                ),
                "give a function that is smooth at the parameters that noise reaches",
            )
        })
    }
}

fn teacher(
    probes: &Probes<'_>,
    factors: &[Factor],
    (seed, candidate): (u64, u64),
) -> Result<Vec<f64>> {
    let (model, d) = (probes.model(), probes.parameters());
    let mut stream = Stream::new(seed, candidate, TEACHER);
    let mut theta: Vec<f64> = (0..d).map(|_| SCALE * stream.next_normal()).collect();
    // Of a function that is not defined everywhere the probes know where it is.
    if !finite(probes, &theta)? {
        theta = probes.point(FIRST_POINT + candidate);
    }
    let split = orthonormal(model, factors);
    Ok(balance_factors(model, factors, &split.symmetric, &theta)?.theta)
}

fn finite(probes: &Probes<'_>, theta: &[f64]) -> Result<bool> {
    let value = probes.value(theta, 0)?;
    Ok(!value.is_empty() && value.iter().all(|x| x.is_finite()))
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
