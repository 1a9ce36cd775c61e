//! `symbias gauge`: moves parameters along their orbit, to a gauge or along a generator.

use crate::table::{Header, taken};
use crate::watch::Watch;
use crate::{Outcome, print};
use anyhow::{Result, bail};
use clap::{Args, ValueEnum};
use std::path::{Path, PathBuf};
use symbias::gauge::{Covariance, Options, To, fix, text};
use symbias::model::data;
use symbias::model::language::SourceFile;

/// Arguments of `gauge`.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Model file (docs/language.md)
    model: PathBuf,
    /// Parameters: one tensor per parameter (safetensors), or all entries in declared order or below their names (NPY, CSV); without it the random point of --seed
    #[arg(long, value_name = "THETA")]
    at: Option<PathBuf>,
    /// Where to write the parameters reached (safetensors)
    #[arg(short, long, value_name = "OUT")]
    output: PathBuf,
    /// Which gauge: where the charges vanish, or where the noise drives no charge
    #[arg(long, value_enum, default_value = "balanced", conflicts_with = "along")]
    to: Gauge,
    /// Noise of `--to noise`: predictor (the same on every output; the default), minibatch (gradients of the
    /// samples of --inputs), or a safetensors file with `covariance`, d x d
    #[arg(long, value_name = "NOISE", conflicts_with = "along")]
    noise: Option<String>,
    /// Samples to use instead of random inputs: samples first, one tensor per input (safetensors) or a sample to a row (NPY, CSV)
    #[arg(long, value_name = "X")]
    inputs: Option<PathBuf>,
    #[command(flatten)]
    header: Header,
    /// Random inputs that predictor noise is taken over
    #[arg(long, value_name = "N")]
    samples: Option<u64>,
    /// Move along one generator instead, named NAME#INDEX as `analyze --full` prints it
    #[arg(long, value_name = "GENERATOR", requires = "by")]
    along: Option<String>,
    /// The time t of exp(t xi)
    #[arg(
        long,
        value_name = "T",
        requires = "along",
        allow_negative_numbers = true
    )]
    by: Option<f64>,
    /// The machine-readable answer
    #[arg(long)]
    json: bool,
    /// Seed of random inputs and generated constants
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Gauge {
    Balanced,
    Noise,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome> {
    let source = SourceFile::read(&arguments.model)?;
    let to = match (&arguments.along, arguments.by, arguments.to) {
        (Some(generator), Some(time), _) => To::Along {
            generator: generator.clone(),
            time,
        },
        (_, _, Gauge::Noise) => To::Noise(match arguments.noise.as_deref() {
            None | Some("predictor") => Covariance::Predictor,
            Some("minibatch") => Covariance::Minibatch,
            Some(path) => Covariance::File(Path::new(path).into()),
        }),
        (_, _, Gauge::Balanced) if arguments.noise.is_some() => {
            bail!(
                "--noise says which noise to balance, and the gauge is the balanced one\n  help: add --to noise"
            )
        }
        (_, _, Gauge::Balanced) => To::Balanced,
    };
    let file = |path: &PathBuf| arguments.header.file(path);
    let (at, inputs) = (
        arguments.at.as_ref().map(file),
        arguments.inputs.as_ref().map(file),
    );
    let said = taken([at.as_ref(), inputs.as_ref()])?;
    let options = Options {
        to,
        inputs,
        seed: arguments.seed,
        samples: arguments.samples,
    };
    let found = Watch::during(|watch| fix(&source, at.as_ref(), &options, watch))?;
    data::write(&arguments.output, &found.arrays)?;
    if arguments.json {
        print(&format!(
            "{}\n",
            serde_json::to_string_pretty(&found.answer)?
        ))?;
    } else {
        let written = arguments.output.display().to_string();
        print(&(said + &text(&found.answer, &written)))?;
    }
    Ok(if found.answer.holds() {
        Outcome::Fine
    } else {
        Outcome::Refuted
    })
}
