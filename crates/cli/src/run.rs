//! `symbias run EXPERIMENT -o FOLDER`: trains, records, concludes.

use crate::Outcome;
use crate::watch::Watch;
use std::path::PathBuf;
use std::time::Duration;
use symbias::experiment::spec::ExperimentFile;
use symbias::experiment::{self, Request};

/// Arguments of `run`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The experiment file (TOML)
    experiment: PathBuf,
    /// The folder of the record
    #[arg(short, long, default_value = "record")]
    out: PathBuf,
    /// Replicas; the file says how many otherwise
    #[arg(long)]
    replicas: Option<u64>,
    /// Part i of n of the replicas: records of all parts join exactly with `symbias join`
    #[arg(long, value_name = "I/N", value_parser = shard)]
    shard: Option<(u64, u64)>,
    /// Only these arms
    #[arg(long = "arm")]
    arms: Vec<String>,
    /// Threads; results do not depend on them
    #[arg(long)]
    threads: Option<usize>,
    /// Go on with a run that was interrupted
    #[arg(long)]
    resume: bool,
    /// Seconds between checkpoints
    #[arg(long, value_name = "SECONDS", default_value_t = 2.0, value_parser = seconds)]
    checkpoint: f64,
    /// The conclusions as JSON on standard output
    #[arg(long)]
    json: bool,
}

fn shard(text: &str) -> Result<(u64, u64), String> {
    let parsed = text
        .split_once('/')
        .and_then(|(i, n)| Some((i.parse().ok()?, n.parse().ok()?)));
    parsed.ok_or_else(|| format!("`{text}` is no shard: write i/n, as 0/4"))
}

fn seconds(text: &str) -> Result<f64, String> {
    let parsed = text.parse().ok();
    let given = parsed.filter(|s| (0.0..=1e6).contains(s));
    given.ok_or_else(|| format!("`{text}` is no time: give seconds, 0 to 1e6"))
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let request = Request {
        out: Some(arguments.out.clone()),
        replicas: arguments.replicas,
        shard: arguments.shard,
        arms: arguments.arms.clone(),
        threads: arguments.threads,
        resume: arguments.resume,
        pause: Some(Duration::from_secs_f64(arguments.checkpoint)),
    };
    let file = ExperimentFile::read(&arguments.experiment)?;
    let watch = Watch::new();
    let concluded = experiment::perform(&file, &request, watch.board());
    drop(watch);
    let concluded = concluded?;
    if arguments.json {
        crate::print(&(serde_json::to_string_pretty(&concluded.record)? + "\n"))?;
    } else {
        crate::print(&concluded.text())?;
    }
    Ok(match concluded.interrupted {
        true => Outcome::Interrupted,
        false if concluded.record.verdicts.stand() => Outcome::Fine,
        false => Outcome::Refuted,
    })
}
