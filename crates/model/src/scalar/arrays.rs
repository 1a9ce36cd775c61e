//! The arrays that a model does not hold: entries of constants, and samples of inputs.

use crate::error::{Error, ErrorKind, Result};
use crate::expression::{ConstantSource, Law, Model, Source, TensorId};
use std::collections::BTreeMap;
use symbias_numerics::random::Stream;

/// Entries of constants, and values of the integer inputs of one sample: what a program is
/// compiled with.
/// Row-major, complex entries as (re, im).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Arrays {
    values: BTreeMap<TensorId, Vec<f64>>,
}

/// One sample of the inputs (of a whole batch, where the model declares a sample axis).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Inputs {
    /// The entries of the real and complex inputs in declared order; complex ones as (re, im).
    pub flat: Vec<f64>,
    /// The entries of the integer inputs.
    pub indices: BTreeMap<TensorId, Vec<f64>>,
}

/// Numbers of all constants, at most: half a gigabyte.
const LARGEST: u128 = 1 << 26;

impl Arrays {
    /// Constants that the file defines by value or by law; those from files are given by `files`.
    ///
    /// # Errors
    /// If a constant from a file is not given, an array has not as many entries as its tensor, or all together are too many.
    pub fn new(model: &Model, files: &BTreeMap<TensorId, Vec<f64>>) -> Result<Arrays> {
        Arrays::fit(model)?;
        let mut arrays = Arrays::default();
        for id in model.constants() {
            let tensor = model.tensor(id);
            let count = model.entries(id) as usize * tensor.field.width();
            let values = match &tensor.source {
                _ if files.contains_key(&id) => files[&id].clone(),
                Source::Constant { source, index } => match source {
                    ConstantSource::Value(x) => match tensor.field.width() {
                        1 => vec![*x; count],
                        _ => (0..count)
                            .map(|i| if i % 2 == 0 { *x } else { 0.0 })
                            .collect(),
                    },
                    ConstantSource::Values(values) => values.to_vec(),
                    ConstantSource::File { file, .. } => {
                        return Err(Error::new(
                            ErrorKind::File,
                            format!("`{}` of `{}` is not loaded", tensor.name, file.shown()),
                        ));
                    }
                    ConstantSource::Random { law, seed } => {
                        let mut stream = Stream::new(*seed, id.0.into(), CONSTANTS);
                        let size = index.map(|axis| model.axis_size(axis));
                        (0..count).map(|_| draw(&mut stream, *law, size)).collect()
                    }
                },
                _ => continue,
            };
            if values.len() != count {
                return Err(Error::new(
                    ErrorKind::Shape,
                    format!(
                        "`{}` has {count} numbers, and {} are given",
                        tensor.name,
                        values.len()
                    ),
                ));
            }
            arrays.values.insert(id, values);
        }
        Ok(arrays)
    }

    /// Whether the constants have room, before any is made.
    fn fit(model: &Model) -> Result<()> {
        let mut total = 0_u128;
        for id in model.constants() {
            let tensor = model.tensor(id);
            let count = u128::from(model.entries(id)) * tensor.field.width() as u128;
            total = total.saturating_add(count);
            if total > LARGEST {
                return Err(Error::new(
                    ErrorKind::Unsupported,
                    format!(
                        "with the {count} numbers of `{}` the constants have {total}, more than {LARGEST}",
                        tensor.name
                    ),
                )
                .at(tensor.span)
                .remedy("smaller axes have the same symmetries"));
            }
        }
        Ok(())
    }

    /// With the integer inputs of one sample.
    #[must_use]
    pub fn with(&self, inputs: &Inputs) -> Arrays {
        let mut arrays = self.clone();
        arrays.values.extend(inputs.indices.clone());
        arrays
    }

    /// The entries of a constant or of an integer input.
    #[must_use]
    pub fn get(&self, id: TensorId) -> Option<&[f64]> {
        self.values.get(&id).map(Vec::as_slice)
    }
}

impl Inputs {
    /// A random sample by the inputs' laws, a function of (seed, probe).
    #[must_use]
    pub fn random(model: &Model, seed: u64, probe: u64) -> Inputs {
        let mut inputs = Inputs::default();
        for id in model.inputs() {
            let tensor = model.tensor(id);
            let Source::Input { law, index } = &tensor.source else {
                continue;
            };
            let mut stream = Stream::new(seed ^ probe.rotate_left(32), id.0.into(), SAMPLES);
            let count = model.entries(id) as usize * tensor.field.width();
            let size = index.map(|axis| model.axis_size(axis));
            let values = (0..count).map(|_| draw(&mut stream, *law, size));
            if size.is_some() {
                inputs.indices.insert(id, values.collect());
            } else {
                inputs.flat.extend(values);
            }
        }
        inputs
    }

    /// How many joint values the integer inputs of a model have; saturated.
    #[must_use]
    pub fn choices(model: &Model) -> u64 {
        let entries = index_sizes(model).map(|(id, size)| (model.entries(id), size));
        entries.fold(1, |all, (count, size)| {
            let exponent = u32::try_from(count).unwrap_or(u32::MAX);
            all.saturating_mul(size.saturating_pow(exponent))
        })
    }

    /// Gives the integer inputs the joint value of this number, below [`Self::choices`].
    pub fn choose(&mut self, model: &Model, mut number: u64) {
        for (id, size) in index_sizes(model) {
            for value in self.indices.entry(id).or_default() {
                *value = (number % size) as f64;
                number /= size;
            }
        }
    }
}

/// The integer inputs, and the size of the axis that each indexes.
fn index_sizes(model: &Model) -> impl Iterator<Item = (TensorId, u64)> {
    model
        .inputs()
        .filter_map(|id| match model.tensor(id).source {
            Source::Input {
                index: Some(axis), ..
            } => Some((id, model.axis_size(axis))),
            _ => None,
        })
}

/// Streams of one seed that must not meet.
const CONSTANTS: u64 = 1;
const SAMPLES: u64 = 2;

fn draw(stream: &mut Stream, law: Law, size: Option<u64>) -> f64 {
    if let Some(size) = size {
        return stream.next_below(size) as f64;
    }
    match law {
        Law::Normal => stream.next_normal(),
        Law::Uniform => stream.next_uniform(),
        Law::Sign => {
            if stream.next_uniform() < 0.5 {
                -1.0
            } else {
                1.0
            }
        }
    }
}
