//! Outputs, loss, gradient and Jacobian of a model at given parameters and inputs.
//!
//! ```
//! # use symbias::{SourceFile, Watch};
//! # let source = SourceFile::parse("symbias = 1\noutputs = [\"w\"]\nprogram = \"w = u * v\"\n\
//! #     parameters = { u = [], v = [] }\nloss = { kind = \"expression\", expr = \"0.5 * (w - 1)^2\" }\n", None)?;
//! use symbias::File;
//! use symbias::eval::evaluate;
//! let at = File::arrays("theta", &[("u".into(), vec![], vec![2.0]), ("v".into(), vec![], vec![3.0])])?;
//! let found = evaluate(&source, &at, None)?;
//! assert_eq!((found.outputs[0].2[0], found.loss), (6.0, Some(12.5)));
//! assert_eq!(found.jacobian.2, [3.0, 2.0]);
//! # Ok::<(), symbias::Error>(())
//! ```

use symbias_geometry::probe::Probes;
use symbias_model::data::{self, File, Named};
use symbias_model::error::{Error, ErrorKind, Result};
use symbias_model::expression::Model;
use symbias_model::language::{CheckOptions, Copies, SourceFile};

/// Numbers in a Jacobian, at most: 2 GiB of f64.
const LARGEST: u128 = 1 << 28;

/// What a model gives at one point.
#[derive(Clone, Debug)]
pub struct Evaluation {
    /// Number of samples; 0 where the model has no inputs.
    pub samples: usize,
    /// Each output by name, samples first (left out where the model has no inputs).
    pub outputs: Vec<Named>,
    /// Σ over samples, divided as the file says; `None` without a loss.
    pub loss: Option<f64>,
    /// ∇L in the order of the parameters, d numbers; `None` without a loss.
    pub gradient: Option<Vec<f64>>,
    /// J, samples first: (samples, m, d) with the outputs and the parameters in declared order.
    pub jacobian: Named,
    model: Model,
}

/// Evaluates a model at θ for given samples.
///
/// # Errors
/// A mistake in what is given; inputs that are needed and not given; a Jacobian beyond memory;
/// an operation outside its domain.
pub fn evaluate(source: &SourceFile, at: &File, inputs: Option<&File>) -> Result<Evaluation> {
    let mut model = source.check(Copies::All)?;
    if let Some(file) = inputs {
        let sizes = data::sizes(&model, file)?;
        if !sizes.is_empty() {
            model = source.check(CheckOptions {
                copies: Copies::All,
                sizes,
            })?;
        }
    }
    let theta = data::parameters(&model, at)?;
    let samples = match inputs {
        Some(file) => Some(data::inputs(&model, file)?),
        None if model.inputs().next().is_some() => {
            let names: Vec<&str> = model
                .inputs()
                .map(|i| model.tensor(i).name.as_str())
                .collect();
            return Err(Error::new(ErrorKind::Value, format!("the model has inputs: {}", names.join(", ")))
                .remedy("give them with --inputs, a safetensors file with one tensor per input, samples first"));
        }
        None => None,
    };
    let files = data::constants(&model)?;
    let has_samples = samples.is_some() && model.batch.is_none();
    let count = samples.as_ref().map_or(1, Vec::len);
    let probes = Probes::new(&model, &files, samples, 0).map_err(|e| source.locate(e))?;

    let undefined = |sample: usize| {
        Error::new(
            ErrorKind::Numerical,
            format!("sample {sample} divides by zero at these parameters"),
        )
    };
    let (mut values, mut jacobian) = (Vec::new(), Vec::new());
    let mut loss: Option<(f64, Vec<f64>)> =
        model.loss.as_ref().map(|_| (0.0, vec![0.0; theta.len()]));
    let mut m = 0;
    for sample in 0..count {
        let (program, x) = probes.program(sample as u64)?;
        m = program.outputs();
        let size = count as u128 * m as u128 * theta.len() as u128;
        if size > LARGEST {
            return Err(Error::new(
                ErrorKind::Value,
                format!(
                    "the Jacobian has {count} x {m} x {} entries, more than {LARGEST}",
                    theta.len()
                ),
            )
            .remedy("give fewer samples at a time"));
        }
        let outside = match model.loss {
            Some(_) => program.loss_outside_domain(&theta, &x),
            None => program.outside_domain(&theta, &x),
        };
        if let Some(outside) = outside.first() {
            let error = outside.error(&model).context(&format!("sample {sample}"));
            return Err(source.locate(error));
        }
        values.push(program.value(&theta, &x).ok_or_else(|| undefined(sample))?);
        for row in program
            .jacobian(&theta, &x)
            .ok_or_else(|| undefined(sample))?
        {
            jacobian.extend(row);
        }
        if let Some((sum, gradient)) = &mut loss {
            *sum += program.loss(&theta, &x).ok_or_else(|| undefined(sample))?;
            let own = program
                .loss_gradient(&theta, &x)
                .ok_or_else(|| undefined(sample))?;
            gradient.iter_mut().zip(own).for_each(|(g, o)| *g += o);
        }
    }
    let divisor = model.loss_divisor(count);
    let mut jacobian_shape = vec![m, theta.len()];
    if has_samples {
        jacobian_shape.insert(0, count);
    }
    Ok(Evaluation {
        samples: if has_samples { count } else { 0 },
        outputs: outputs(&model, &values, has_samples),
        loss: loss.as_ref().map(|l| l.0 / divisor),
        gradient: loss.map(|l| l.1.iter().map(|g| g / divisor).collect()),
        jacobian: ("jacobian".into(), jacobian_shape, jacobian),
        model,
    })
}

/// Splits F of each sample into the named outputs; complex ones have a trailing axis (re, im).
fn outputs(model: &Model, values: &[Vec<f64>], has_samples: bool) -> Vec<Named> {
    let mut offset = 0;
    model
        .outputs
        .iter()
        .map(|id| {
            let tensor = model.tensor(*id);
            let mut shape: Vec<usize> = model.shape(*id).iter().map(|n| *n as usize).collect();
            if tensor.field.width() == 2 {
                shape.push(2);
            }
            let length: usize = shape.iter().product();
            let entries = values
                .iter()
                .flat_map(|v| v[offset..offset + length].iter().copied())
                .collect();
            offset += length;
            if has_samples {
                shape.insert(0, values.len());
            }
            (tensor.name.clone(), shape, entries)
        })
        .collect()
}

impl Evaluation {
    /// The arrays as they are written: outputs by name, `loss`, `gradient` (d), `gradient.NAME` in
    /// the shape of each parameter, `jacobian`.
    #[must_use]
    pub fn arrays(&self) -> Vec<Named> {
        let mut arrays = self.outputs.clone();
        arrays.extend(
            self.loss
                .map(|loss| ("loss".into(), Vec::new(), vec![loss])),
        );
        if let Some(gradient) = &self.gradient {
            arrays.push(("gradient".into(), vec![gradient.len()], gradient.clone()));
            for block in self.model.space().blocks() {
                let mut shape = block.shape.clone();
                if block.field.width() == 2 {
                    shape.push(2);
                }
                arrays.push((
                    format!("gradient.{}", block.name),
                    shape,
                    gradient[block.range()].to_vec(),
                ));
            }
        }
        arrays.push(self.jacobian.clone());
        arrays
    }
}
