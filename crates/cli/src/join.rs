//! `symbias join EXPERIMENT SHARD… -o OUT`: records of all shards of a run as one, the bits of the run that was not sharded.

use crate::Outcome;
use std::path::PathBuf;
use symbias::experiment::spec::ExperimentFile;
use symbias::experiment::{self, Part, record};

/// Arguments of `join`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The experiment file that the shards were run from
    experiment: PathBuf,
    /// The folders of all shards
    #[arg(required = true, value_name = "SHARD")]
    shards: Vec<PathBuf>,
    /// The folder of the record
    #[arg(short, long, default_value = "record")]
    out: PathBuf,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let file = ExperimentFile::read(&arguments.experiment)?;
    let read = |s: &PathBuf| Ok((s.display().to_string(), record::read(s)?));
    let shards: Vec<Part> = arguments
        .shards
        .iter()
        .map(read)
        .collect::<anyhow::Result<_>>()?;
    let joined = experiment::join(&file, shards, Some(&arguments.out))?;
    crate::print(&joined.text())?;
    Ok(Outcome::Fine)
}
