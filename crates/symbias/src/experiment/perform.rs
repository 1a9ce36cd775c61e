//! A request from a person: read, plan, run, conclude, record.

use super::plan::{self, Planned};
use super::record::{self, Measured, RECORD, Record};
use super::run::{self, Board, RunOptions};
use super::spec::ExperimentFile;
use super::{figures, given, shards, verdict};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use symbias_model::error::{Error, ErrorKind, Result};

/// The folder of checkpoints in that of a record.
const PARTIAL: &str = "partial";

/// What to run, and where to put it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Request {
    /// The experiment file.
    pub experiment: PathBuf,
    /// The folder of the record.
    pub out: PathBuf,
    /// Replicas; `None` leaves it to the file.
    pub replicas: Option<u64>,
    /// Part i of n of the replicas.
    pub shard: Option<(u64, u64)>,
    /// Arms; empty is all.
    pub arms: Vec<String>,
    /// Threads; `None` is all there are.
    pub threads: Option<usize>,
    /// Go on with what was interrupted.
    pub resume: bool,
    /// Time between checkpoints, if not the usual.
    pub pause: Option<Duration>,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Concluded {
    /// The record, as it is on the disk.
    pub record: Record,
    /// The numbers.
    pub measured: Vec<Measured>,
    /// Where the record is.
    pub folder: PathBuf,
    /// Whether the run was interrupted: there is no record yet, but checkpoints.
    pub interrupted: bool,
}

/// Whether a folder is free for a run, or holds one to go on with; `Some` if that one is finished.
fn claim(request: &Request) -> Result<Option<(Record, Vec<Measured>)>> {
    let out = &request.out;
    let exists = |remedy: &str| {
        Err(Error::new(ErrorKind::File, format!("`{}` exists", out.display())).remedy(remedy))
    };
    if out.is_file() {
        return exists("name a folder");
    }
    let empty = std::fs::read_dir(out).map_or(true, |mut entries| entries.next().is_none());
    if out.join(RECORD).is_file() {
        if request.resume {
            return record::read(out).map(Some);
        }
        return exists("it holds a finished record: name another folder, or remove it");
    }
    if out.join(PARTIAL).is_dir() && !request.resume {
        return exists("it holds an interrupted run: go on with --resume, or name another folder");
    }
    if !empty && !out.join(PARTIAL).is_dir() {
        return exists("it holds other files: name a new folder");
    }
    record::make_folder(&out.join(PARTIAL))?;
    Ok(None)
}

/// Runs a request to its record, or to checkpoints if the board is stopped.
///
/// # Errors
/// A mistake in the experiment or the request; a folder that exists or cannot be written.
pub fn perform(request: &Request, board: &Board) -> Result<Concluded> {
    let begun = Instant::now();
    let file = ExperimentFile::read(&request.experiment)?;
    let mut arms = plan::plan(&file)?;
    let names: Vec<String> = arms.iter().map(|a| a.name.clone()).collect();
    if let Some(unknown) = request.arms.iter().find(|a| !names.contains(a)) {
        return Err(Error::new(
            ErrorKind::Unknown,
            format!("the experiment has no arm `{unknown}`"),
        )
        .suggest(unknown, names.iter().map(String::as_str)));
    }
    arms.retain(|a| request.arms.is_empty() || request.arms.contains(&a.name));
    let options = RunOptions {
        replicas: request.replicas.unwrap_or(file.spec.replicas),
        shard: request.shard,
        threads: request.threads.unwrap_or_else(threads).max(1),
        keep: Some(request.out.join(PARTIAL)),
        pause: request.pause,
    };
    for arm in &arms {
        options.part(arm.most)?;
    }
    if let Some((record, measured)) = claim(request)? {
        same(&record, &file, &arms, &options)
            .map_err(|e| e.context(&format!("`{}`", request.out.display())))?;
        let concluded = Concluded {
            record,
            measured,
            folder: request.out.clone(),
            interrupted: false,
        };
        // The run may have been killed between the record and the end.
        if request.shard.is_none() && !concluded.folder.join(figures::FIGURES).is_dir() {
            concluded.draw()?;
        }
        return Ok(concluded);
    }
    let measured = run::run(&file, &arms, &options, board)
        .inspect_err(|_| without_checkpoints(&request.out))?;
    let interrupted =
        measured.iter().any(|m| !m.finished) || measured.len() < started(&arms, &options);
    let mut record = record::describe(&file.spec, &measured, &parameters(&arms));
    record.given = given::read(&file.spec, &file.folder)?;
    if !interrupted {
        if request.shard.is_none() {
            record.verdicts = verdict::conclude(&file.spec, &arms, &measured)?;
        }
        record.environment = environment(&options, begun);
        record::write(&request.out, &record, &measured)?;
        let partial = request.out.join(PARTIAL);
        std::fs::remove_dir_all(&partial).map_err(|e| {
            let text = format!("cannot remove `{}`: {e}", partial.display());
            Error::new(ErrorKind::File, text)
                .remedy("the record is complete: remove the folder of checkpoints by hand")
        })?;
    }
    let concluded = Concluded {
        record,
        measured,
        folder: request.out.clone(),
        interrupted,
    };
    if !interrupted && request.shard.is_none() {
        concluded.draw()?;
    }
    Ok(concluded)
}

/// Removes the folders of a run that failed before it had anything to keep.
fn without_checkpoints(out: &Path) {
    let partial = out.join(PARTIAL);
    // Only empty folders can be removed like this.
    for arm in std::fs::read_dir(&partial).into_iter().flatten().flatten() {
        drop(std::fs::remove_dir(arm.path()));
    }
    drop(std::fs::remove_dir(&partial).and_then(|()| std::fs::remove_dir(out)));
}

/// Whether a finished record is what a request asks for.
fn same(
    record: &Record,
    file: &ExperimentFile,
    arms: &[Planned],
    options: &RunOptions,
) -> Result<()> {
    let other = |what: &str| {
        Err(Error::new(
            ErrorKind::Value,
            format!("it holds a finished record of {what}"),
        )
        .remedy("name another folder, or ask for what was run"))
    };
    if record.experiment != file.spec {
        return other("another experiment, or of this one before the file was changed");
    }
    let mut wanted = Vec::new();
    for arm in arms {
        let part = options.part(arm.most)?;
        if !part.is_empty() {
            wanted.push((arm.name.as_str(), (part.start, part.end)));
        }
    }
    let held = record
        .arms
        .iter()
        .map(|(name, a)| (name.as_str(), a.replicas));
    if !held.eq(wanted) {
        return other("other arms or replicas");
    }
    Ok(())
}

/// Arms that have replicas in this part.
fn started(arms: &[Planned], options: &RunOptions) -> usize {
    let has = |a: &&Planned| options.part(a.most).is_ok_and(|r| !r.is_empty());
    arms.iter().filter(has).count()
}

fn parameters(arms: &[Planned]) -> BTreeMap<String, Vec<(String, Vec<usize>)>> {
    let of = |a: &Planned| {
        let space = a.training.model.space();
        space
            .blocks()
            .iter()
            .map(|b| (b.name.clone(), b.shape.clone()))
            .collect()
    };
    arms.iter().map(|a| (a.name.clone(), of(a))).collect()
}

/// Threads of the machine.
fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get)
}

fn environment(options: &RunOptions, begun: Instant) -> serde_json::Value {
    use symbias_numerics::lanes::{level, level_name};
    serde_json::json!({
        "version": env!("CARGO_PKG_VERSION"),
        "instruction_set": level_name(level()),
        "threads": options.threads,
        "shard": options.shard,
        "seconds": begun.elapsed().as_secs_f64(),
    })
}

/// Whether all shards of a run are there, as far as the records say which they are.
fn complete(parts: &[(Record, Vec<Measured>)]) -> Result<()> {
    let told = parts.iter().filter_map(|p| {
        let shard = p.0.environment.get("shard")?;
        serde_json::from_value::<(u64, u64)>(shard.clone()).ok()
    });
    let told: Vec<(u64, u64)> = told.collect();
    let Some((_, n)) = told.first().copied() else {
        return Ok(());
    };
    match (0..n.min(1 << 20)).find(|i| !told.contains(&(*i, n))) {
        None => Ok(()),
        Some(i) => Err(Error::new(
            ErrorKind::Value,
            format!("the record of shard {i}/{n} is missing"),
        )
        .remedy("give the folders of all shards of one run")),
    }
}

/// Joins the records of shards, draws the conclusions, and writes the whole.
///
/// # Errors
/// Records of different experiments, or not all shards; a folder that exists.
pub fn join(experiment: &Path, shards: &[PathBuf], out: &Path) -> Result<Concluded> {
    let file = ExperimentFile::read(experiment)?;
    let parts = shards
        .iter()
        .map(|s| record::read(s))
        .collect::<Result<Vec<_>>>()?;
    complete(&parts)?;
    let (mut record, measured) = shards::join(parts)?;
    if record.experiment != file.spec {
        return Err(
            Error::new(ErrorKind::Value, "the records are of another experiment")
                .remedy("give the experiment file that the shards were run from"),
        );
    }
    let mut arms = plan::plan(&file)?;
    arms.retain(|a| measured.iter().any(|m| m.arm == a.name));
    let request = Request {
        out: out.to_owned(),
        ..Request::default()
    };
    claim(&request)?;
    record.verdicts = verdict::conclude(&file.spec, &arms, &measured)?;
    record::write(out, &record, &measured)?;
    drop(std::fs::remove_dir_all(out.join(PARTIAL)));
    let concluded = Concluded {
        record,
        measured,
        folder: out.to_owned(),
        interrupted: false,
    };
    concluded.draw()?;
    Ok(concluded)
}

impl Concluded {
    /// Writes the figures into the folder of the record.
    ///
    /// # Errors
    /// As [`figures::draw`] and [`figures::write`].
    pub fn draw(&self) -> Result<()> {
        let specs = figures::wanted(&self.record.experiment);
        let drawn = figures::draw(&specs, &self.record, &self.measured)?;
        figures::write(&self.folder.join(figures::FIGURES), &drawn).map(drop)
    }

    /// A law in words.
    #[must_use]
    pub fn law(&self, name: &str, found: &verdict::law::LawVerdict) -> String {
        let asked = self.record.experiment.laws.get(name);
        let of = asked.map_or(Vec::new(), |a| a.of.all());
        verdict::words::law(name, &of, found)
    }

    /// What a person reads at the end.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = format!("{}\n", self.record.experiment.title);
        for m in &self.measured {
            let replicas = m.samples.replicas.end - m.samples.replicas.start;
            let steps = m.observed.steps.last().copied().unwrap_or(0);
            text += &format!("{:<18} {replicas} replicas, {steps} steps", m.arm);
            if let Some(first) = m.samples.diverged.first() {
                let count = m.samples.diverged.len();
                text += &format!(
                    ", {count} diverged (replica {} at step {})",
                    first.replica, first.step
                );
            }
            text += "\n";
        }
        if self.interrupted {
            text += &format!(
                "interrupted: go on with --resume -o {}\n",
                self.folder.display()
            );
            return text;
        }
        for (arm, found) in &self.record.verdicts.flow {
            text += &format!("\n{}", verdict::words::flow(arm, found));
        }
        for found in self.record.verdicts.attribution.values() {
            text += &format!("\n{}\n", found.paragraph);
        }
        let mut outcomes = Vec::new();
        for (name, found) in &self.record.verdicts.laws {
            text += &format!("\n{}", self.law(name, found));
            outcomes.push((name.as_str(), found.stands()));
        }
        for (name, found) in &self.record.verdicts.numbers {
            text += &format!("\n{}", verdict::words::number(name, found));
            outcomes.push((name.as_str(), found.stands()));
        }
        let spec = &self.record.experiment;
        for name in spec.laws.keys().chain(spec.numbers.keys()) {
            if outcomes.iter().all(|o| o.0 != name.as_str()) {
                text += &format!("\nnot judged    {name}: an arm of it did not run\n");
            }
        }
        if outcomes.len() > 1 {
            text += &format!("\n{}\n", verdict::words::tally(&outcomes));
        }
        text += &format!("\nrecord in {}\n", self.folder.display());
        text
    }
}
