//! The gradients that make up a noise: vectors s_k with C = Σ s_k s_kᵀ.

use super::{Covariance, Options};
use symbias_geometry::probe::Probes;
use symbias_model::data::{self, File};
use symbias_model::error::{Error, ErrorKind, Result};
use symbias_numerics::dense::{Matrix, symmetric_eigen};
use symbias_numerics::rank::{RankOptions, decide};

/// Random inputs of predictor noise, unless told.
const SAMPLES: u64 = 256;
/// Numbers in all gradients, at most: 1 GiB.
const LARGEST: u64 = 1 << 27;
/// Rows of a covariance matrix, at most: its eigenvectors take some minutes beyond.
const ROWS: usize = 3000;
/// Asymmetry, and negative eigenvalues, of a covariance that are roundings of a file in single
/// precision.
const ROUNDED: f64 = 1e-6;

pub(super) struct Gradients {
    pub vectors: Vec<Vec<f64>>,
    pub note: Option<String>,
}

pub(super) fn name(noise: &Covariance) -> String {
    match noise {
        Covariance::Predictor => "predictor".into(),
        Covariance::Minibatch => "minibatch".into(),
        Covariance::File(file) => file.shown(),
    }
}

/// The gradients of the noise at θ; `places` are those of its coordinates in the file's θ, of which a covariance
/// is given.
pub(super) fn gradients(
    (probes, places): (&Probes<'_>, &[usize]),
    noise: &Covariance,
    options: &Options,
    theta: &[f64],
) -> Result<Gradients> {
    let found = match noise {
        Covariance::Predictor => predictor(probes, options, theta)?,
        Covariance::Minibatch => minibatch(probes, options, theta)?,
        Covariance::File(file) => covariance(file, places)?,
    };
    if found.vectors.iter().flatten().all(|x| *x == 0.0) {
        return Err(Error::new(
            ErrorKind::Value,
            "the noise vanishes at these parameters: every gradient is zero",
        )
        .remedy("give parameters that are no critical point, or other inputs"));
    }
    Ok(found)
}

fn predictor(probes: &Probes<'_>, options: &Options, theta: &[f64]) -> Result<Gradients> {
    let outputs = probes.program(0)?.0.outputs().max(1) as u64;
    let fits = (LARGEST / (outputs * theta.len().max(1) as u64)).max(1);
    let wanted = match (probes.count(), options.samples) {
        (Some(n), _) => n,
        (None, Some(n)) => n.max(1),
        (None, None) => SAMPLES.min(fits),
    };
    if wanted > fits {
        return Err(too_many(wanted, outputs, theta.len()));
    }
    let mut vectors = Vec::new();
    for probe in 0..wanted {
        let rows = probes.rows(theta, probe)?;
        if rows.len() as u64 != outputs {
            return Err(undefined(probe));
        }
        vectors.extend(rows);
    }
    let note = probes.count().is_none().then(|| {
        format!("noise over {wanted} random inputs by their laws: the point carries their sampling error")
    });
    Ok(Gradients { vectors, note })
}

fn minibatch(probes: &Probes<'_>, options: &Options, theta: &[f64]) -> Result<Gradients> {
    if probes.model().loss.is_none() {
        return Err(
            Error::new(ErrorKind::Unsupported, "the model file declares no loss")
                .remedy("add `loss = { kind = \"mse\", of = … }`, or use --noise predictor"),
        );
    }
    let samples = match probes.count() {
        Some(n) if options.inputs.is_some() && probes.model().batch.is_none() => n,
        _ => {
            return Err(Error::new(
                ErrorKind::Value,
                "minibatch noise is that of the samples of a data set, and none are given",
            )
            .remedy("give --inputs, a safetensors file with one tensor per input, samples first; or use --noise predictor"));
        }
    };
    if samples.saturating_mul(theta.len() as u64) > LARGEST {
        return Err(too_many(samples, 1, theta.len()));
    }
    let mut vectors = Vec::new();
    for sample in 0..samples {
        let (program, x) = probes.program(sample)?;
        let gradient = program
            .loss_gradient(theta, &x)
            .filter(|g| g.iter().all(|x| x.is_finite()))
            .ok_or_else(|| undefined(sample))?;
        vectors.push(gradient);
    }
    Ok(Gradients {
        vectors,
        note: Some(format!(
            "second moment of the gradients of {samples} single samples, the mean included: the drift of batches of one"
        )),
    })
}

fn covariance(file: &File, places: &[usize]) -> Result<Gradients> {
    let d = places.len();
    if d > ROWS {
        return Err(Error::new(
            ErrorKind::Unsupported,
            format!("a covariance of {d} rows, more than {ROWS}"),
        )
        .remedy("use --noise predictor or minibatch, which form no matrix"));
    }
    let entries = data::tensor(file, "covariance", &[d as u64, d as u64])?;
    let c = Matrix::from_fn(d, d, |i, j| entries[places[i] * d + places[j]]);
    let asymmetry = c.add_scaled(-1.0, &c.transpose());
    let linear = |e: symbias_numerics::Error| Error::new(ErrorKind::Numerical, e.to_string());
    let asymmetry = asymmetry.map_err(linear)?.max_abs();
    let shown = file.shown();
    if asymmetry > ROUNDED * c.max_abs() {
        return Err(Error::new(
            ErrorKind::Value,
            format!(
                "`covariance` in `{shown}` is not symmetric: entries differ by {asymmetry:.1e}"
            ),
        )
        .remedy("a covariance is symmetric and has no negative eigenvalue"));
    }
    let eigen = symmetric_eigen(&c).map_err(linear)?;
    let lowest = eigen.values.first().copied().unwrap_or(0.0);
    if lowest < -ROUNDED * c.max_abs() {
        return Err(Error::new(
            ErrorKind::Value,
            format!("`covariance` in `{shown}` has the eigenvalue {lowest:.3e}"),
        )
        .remedy("a covariance is symmetric and has no negative eigenvalue"));
    }
    let mut sizes: Vec<f64> = eigen.values.iter().rev().map(|x| x.max(0.0)).collect();
    let rank = decide("covariance", &sizes, d, d, RankOptions::default()).rank;
    sizes.truncate(rank);
    let vector = |(k, size): (usize, &f64)| {
        let column = eigen.vectors.column(d - 1 - k);
        column.into_iter().map(|x| x * size.sqrt()).collect()
    };
    Ok(Gradients {
        vectors: sizes.iter().enumerate().map(vector).collect(),
        note: Some("assumed: the given covariance moves along the orbit as second moments of gradients do, C(g theta) = g^-T C(theta) g^-1".into()),
    })
}

fn undefined(sample: u64) -> Error {
    Error::new(
        ErrorKind::Numerical,
        format!("the derivatives of sample {sample} are no numbers at these parameters"),
    )
    .remedy("give parameters and inputs at which the model is defined")
}

fn too_many(samples: u64, outputs: u64, d: usize) -> Error {
    Error::new(
        ErrorKind::Value,
        format!("gradients of {samples} samples x {outputs} outputs x {d} parameters are more than {LARGEST} numbers"),
    )
    .remedy("give fewer samples")
}
