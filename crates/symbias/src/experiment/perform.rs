//! An experiment performed: plan, run, conclude; in memory, or in the folder of a record.

use super::hold::Hold;
use super::identity::Asked;
use super::place::{PARTIAL, Place};
use super::plan::{self, Planned};
use super::record::{self, Measured, Record};
use super::run::{self, Board, RunOptions};
use super::shards::Part;
use super::spec::ExperimentFile;
use super::{budget, figures, given, identity, place, shards, verdict};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use symbias_model::error::{Error, ErrorKind, Result};
use symbias_simulate::ensemble::Summary;

/// How much of an experiment to run, and where to put it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Request {
    /// The folder of the record; `None` leaves everything in memory.
    pub out: Option<PathBuf>,
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
    /// The record, as it is on the disk if it is to be there.
    pub record: Record,
    /// The numbers.
    pub measured: Vec<Measured>,
    /// Where the record is; `None` of one that is in memory.
    pub folder: Option<PathBuf>,
    /// Whether the run was interrupted: there is no record yet, but checkpoints.
    pub interrupted: bool,
    /// What was taken for rows, columns and names of each table that was read.
    pub tables: Vec<String>,
}

/// Runs a request to its record, or to checkpoints if the board is stopped.
///
/// # Errors
/// A mistake in the experiment or the request; a folder that exists, is another process's, or cannot be written; more memory or
/// disk than there is.
pub fn perform(file: &ExperimentFile, request: &Request, board: &Board) -> Result<Concluded> {
    let begun = Instant::now();
    let (arms, options) = prepared(request, file)?;
    let asked = Asked::of(&arms, &options)?;
    let run = || -> Result<Concluded> {
        let mut found = run(file, &arms, &options, board)?;
        found.record.asked = Some(asked.clone());
        if !found.interrupted {
            if request.shard.is_none() {
                found.record.verdicts = verdict::conclude(&file.spec, &arms, &found.measured)?;
            }
            found.record.environment = environment(&options, begun);
        }
        found.folder.clone_from(&request.out);
        Ok(found)
    };
    let Some(out) = &request.out else {
        return run();
    };
    let tables = tables(&arms);
    let admitted = || -> Result<Place> {
        let place = Place::of(out)?;
        place.admits_run(out, request.resume)?;
        Ok(place)
    };
    let recorded = || recorded(out, file, &asked, &tables);
    // What is finished is read, and needs no lock.
    if admitted()? == Place::Finished {
        return recorded();
    }
    let hold = Hold::take(out)?;
    // Another process may have come to its end meanwhile.
    match admitted()? {
        Place::Finished => return recorded(),
        Place::Undrawn => {
            place::begin(out)?;
            let concluded = recorded()?;
            concluded.end(out)?;
            return Ok(concluded);
        }
        _ => place::begin(out)?,
    }
    let mut found = match run() {
        Ok(found) => found,
        Err(error) => {
            place::without_checkpoints(out);
            drop(hold);
            // Only an empty folder can be removed like this.
            drop(std::fs::remove_dir(out));
            return Err(error);
        }
    };
    if !found.interrupted {
        record::write(out, &mut found.record, &found.measured)?;
        found.end(out)?;
    }
    Ok(found)
}

/// What was planned, measured; nothing is concluded yet.
fn run(
    file: &ExperimentFile,
    arms: &[Planned],
    options: &RunOptions,
    board: &Board,
) -> Result<Concluded> {
    let measured = run::run(file, arms, options, board)?;
    let interrupted =
        measured.iter().any(|m| !m.finished) || measured.len() < started(arms, options);
    let mut record = record::describe(&file.spec, &measured, &parameters(arms));
    record.given = given::read(&file.spec, &file.folder)?;
    Ok(Concluded {
        record,
        measured,
        folder: None,
        interrupted,
        tables: tables(arms),
    })
}

/// The arms that are asked for, and how they are run; everything that can be known before is looked at.
fn prepared(request: &Request, file: &ExperimentFile) -> Result<(Vec<Planned>, RunOptions)> {
    let mut arms = plan::plan(file)?;
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
        keep: request.out.as_ref().map(|out| out.join(PARTIAL)),
        pause: request.pause,
    };
    budget::check(&arms, &options)?;
    Ok((arms, options))
}

/// The record of a folder, if it is what is asked for.
fn recorded(
    out: &Path,
    file: &ExperimentFile,
    asked: &Asked,
    tables: &[String],
) -> Result<Concluded> {
    let (record, measured) = record::read(out)?;
    let differs = match identity::difference(&file.spec, &record.experiment) {
        Some(key) => Some(format!("another experiment: it differs in `{key}`")),
        None => {
            let held = identity::asked_of(&record)?;
            asked.differs(held).or_else(|| {
                (asked.shard != held.shard).then(|| "another shard of the replicas".to_owned())
            })
        }
    };
    if let Some(what) = differs {
        return Err(Error::new(
            ErrorKind::Value,
            format!(
                "`{}`: it holds a finished record of {what}",
                out.display()
            ),
        )
        .remedy("name another folder, or ask for what was run: a model, data or experiment that changed is run anew"));
    }
    Ok(Concluded {
        record,
        measured,
        folder: Some(out.to_owned()),
        interrupted: false,
        tables: tables.to_vec(),
    })
}

/// What was read of tables, each once.
fn tables(arms: &[Planned]) -> Vec<String> {
    let mut all: Vec<String> = arms.iter().flat_map(|a| a.tables.clone()).collect();
    all.sort();
    all.dedup();
    all
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

/// Joins the records of shards, draws the conclusions, and writes the whole.
///
/// # Errors
/// Records of different experiments, models, data or replicas, or not all shards; a folder that exists.
pub fn join(file: &ExperimentFile, shards: Vec<Part>, out: Option<&Path>) -> Result<Concluded> {
    let (mut record, measured) = shards::join(shards)?;
    if let Some(key) = identity::difference(&file.spec, &record.experiment) {
        return Err(Error::new(
            ErrorKind::Value,
            format!("the records are of another experiment: it differs in `{key}`"),
        )
        .remedy("give the experiment file that the shards were run from"));
    }
    let asked = identity::asked_of(&record)?.clone();
    let mut arms = plan::plan(file)?;
    arms.retain(|a| asked.arms.contains_key(&a.name));
    let options = RunOptions {
        replicas: asked.replicas,
        shard: None,
        threads: 1,
        keep: None,
        pause: None,
    };
    if let Some(what) = Asked::of(&arms, &options)?.differs(&asked) {
        return Err(
            Error::new(ErrorKind::Value, format!("the records are of {what}"))
                .remedy("a model or data that changed are run anew: give those of the shards"),
        );
    }
    let place = || out.map_or(Ok(()), |out| Place::of(out)?.admits_join(out));
    place()?;
    let _hold = out.map(Hold::take).transpose()?;
    place()?;
    out.map(place::begin_join).transpose()?;
    record.verdicts = verdict::conclude(&file.spec, &arms, &measured)?;
    let mut joined = Concluded {
        record,
        measured,
        folder: out.map(Path::to_owned),
        interrupted: false,
        tables: tables(&arms),
    };
    if let Some(out) = out {
        record::write(out, &mut joined.record, &joined.measured)?;
        joined.end(out)?;
    }
    Ok(joined)
}

impl Concluded {
    /// Draws the figures of a whole run, and says of the folder that it is finished. A figure that cannot be drawn leaves the
    /// record as it is; where there was no place for it, drawing is what is left to do.
    fn end(&self, out: &Path) -> Result<()> {
        let whole = self.record.asked.as_ref().is_none_or(|a| a.shard.is_none());
        let drawn = if whole { self.draw(out) } else { Ok(()) };
        if drawn.as_ref().is_err_and(|e| e.kind() == ErrorKind::File) {
            return drawn;
        }
        place::end(out)?;
        drawn
    }

    /// The figures.
    ///
    /// # Errors
    /// As [`figures::draw`].
    pub fn figures(&self) -> Result<Vec<figures::Drawn>> {
        let specs = figures::wanted(&self.record.experiment);
        figures::draw(&specs, &self.record, &self.measured)
    }

    /// Writes the figures into the folder of the record.
    fn draw(&self, out: &Path) -> Result<()> {
        figures::write(out, Path::new(figures::FIGURES), &self.figures()?).map(drop)
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
        for table in &self.tables {
            text += &format!("read               {table}\n");
        }
        for m in &self.measured {
            let kept = m.samples.replicas.clone().count();
            let of = m.samples.summary.as_ref().map(Summary::replicas);
            let replicas = match of.map(Iterator::count) {
                Some(all) => format!("{all} (values of {kept})"),
                None => kept.to_string(),
            };
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
            text += &match &self.folder {
                Some(folder) => {
                    format!("interrupted: go on with --resume -o {}\n", folder.display())
                }
                None => "interrupted\n".to_owned(),
            };
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
        if let Some(folder) = &self.folder {
            text += &format!("\nrecord in {}\n", folder.display());
        }
        text
    }
}
