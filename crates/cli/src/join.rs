//! `symbias join EXPERIMENT SHARD… -o OUT`: records of all shards of a run as one, the bits of the run that was not sharded.

use crate::Outcome;
use std::path::PathBuf;
use symbias::experiment;

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
    let joined = experiment::join(&arguments.experiment, &arguments.shards, &arguments.out)?;
    crate::print(&joined.text())?;
    Ok(Outcome::Fine)
}
