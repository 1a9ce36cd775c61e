//! `symbias verify MODEL`: predict, simulate, verdict.

use crate::Outcome;
use crate::watch::Watch;
use std::path::PathBuf;
use symbias::model::language::SourceFile;
use symbias::verify::{Verified, Wanting, Wish, verify};

/// Arguments of `verify`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The model file (TOML); without a loss it is the mean square of the output
    model: PathBuf,
    /// Only these noises: isotropic, slice, horizontal, labels, minibatch; the first three without
    #[arg(long, value_name = "NOISE", num_args = 1.., value_parser = noise)]
    noise: Vec<Wanting>,
    /// Temperature, in units of the loss; without, the warmest at which the steps suffice
    #[arg(long, allow_negative_numbers = true)]
    temperature: Option<f64>,
    /// Weight decay of isotropic noise where orbits are not compact; the temperature without
    #[arg(long, allow_negative_numbers = true)]
    decay: Option<f64>,
    /// Replicas
    #[arg(long, default_value_t = Wish::REPLICAS)]
    replicas: u64,
    /// Distance of distribution functions that is worth detecting: the smaller, the more replicas it takes
    #[arg(long, default_value_t = Wish::RESOLUTION, allow_negative_numbers = true)]
    resolution: f64,
    /// Steps at most
    #[arg(long, default_value_t = Wish::MOST_STEPS)]
    steps: u64,
    /// Seed of teacher, data and noise
    #[arg(long, default_value_t = Wish::SEED)]
    seed: u64,
    /// Threads; results do not depend on them
    #[arg(long)]
    threads: Option<usize>,
    /// The folder of everything: experiment, data, record, figures
    #[arg(short, long, default_value = "verified")]
    out: PathBuf,
    /// Go on with a folder of the same model and options: to its verdicts, as if nothing had been between
    #[arg(long)]
    resume: bool,
    /// The verdicts as JSON on standard output
    #[arg(long)]
    json: bool,
}

fn noise(text: &str) -> Result<Wanting, String> {
    let names: Vec<&str> = Wanting::ALL.iter().map(|n| n.name()).collect();
    let found = Wanting::ALL.into_iter().find(|n| n.name() == text);
    found.ok_or_else(|| format!("there is no law of `{text}` noise: {}", names.join(", ")))
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let wish = Wish {
        noises: arguments.noise.clone(),
        temperature: arguments.temperature,
        decay: arguments.decay,
        replicas: arguments.replicas,
        resolution: arguments.resolution,
        most_steps: arguments.steps,
        seed: arguments.seed,
        threads: arguments.threads,
        out: Some(arguments.out.clone()),
        resume: arguments.resume,
    };
    let found = watched(&SourceFile::read(&arguments.model)?, &wish)?;
    if arguments.json {
        crate::print(&(serde_json::to_string_pretty(&found.answer())? + "\n"))?;
    } else {
        crate::print(&found.text())?;
    }
    Ok(outcome(&found))
}

/// Verifies, with what it does shown.
pub(crate) fn watched(source: &SourceFile, wish: &Wish) -> anyhow::Result<Verified> {
    let watch = Watch::new();
    let found = verify(source, wish, watch.board());
    drop(watch);
    Ok(found?)
}

/// How the command ends that was asked for it.
pub(crate) fn outcome(found: &Verified) -> Outcome {
    match &found.concluded {
        Some(concluded) if concluded.interrupted => Outcome::Interrupted,
        Some(concluded) if !concluded.record.verdicts.stand() => Outcome::Refuted,
        _ => Outcome::Fine,
    }
}
