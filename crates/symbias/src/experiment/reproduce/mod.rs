//! All published experiments, one after the other, into one folder: `experiments/` (the files as they were run), a record with
//! figures for each, `summary.md` and `summary.json`.

mod files;
mod summary;

pub use files::{GALLERY, PUBLISHED, Set};
pub use summary::{Answer, Row, Summary};

use super::hold::{Hold, is_empty};
use super::perform::{Concluded, Request, perform};
use super::record::{self, RECORD};
use super::run::Board;
use super::seal;
use super::spec::{ExperimentFile, Spec};
use super::unpack::unpack;
use std::path::{Path, PathBuf};
use symbias_model::data::output::{self, write_bytes};
use symbias_model::error::{Error, ErrorKind, Result};

/// The folder of the files.
const EXPERIMENTS: &str = "experiments";

/// What is to be reproduced.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Wish {
    /// The folder of everything.
    pub out: PathBuf,
    /// One seed.
    pub quick: bool,
    /// Without the arms that are `apart`.
    pub battery: bool,
    /// Go on with what was interrupted; what is finished is not run again.
    pub resume: bool,
    /// Threads; `None` is all there are.
    pub threads: Option<usize>,
    /// Only these experiments; empty is all.
    pub only: Vec<String>,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Reproduced {
    /// Over all experiments whose records are in the folder.
    pub summary: Summary,
    /// Whether it was interrupted: `resume` goes on.
    pub interrupted: bool,
}

/// Runs experiments of a set, and says of each how it came out.
///
/// # Errors
/// As [`perform`]; an experiment that is not in the set; a folder that exists.
pub fn reproduce(
    set: &Set,
    wish: &Wish,
    board: &Board,
    said: &mut dyn FnMut(&Concluded),
) -> Result<Reproduced> {
    if let Some(unknown) = wish
        .only
        .iter()
        .find(|n| !set.experiments.contains(&n.as_str()))
    {
        return Err(Error::new(
            ErrorKind::Unknown,
            format!("there is no experiment `{unknown}`"),
        )
        .remedy(format!("there are {}", set.experiments.join(", "))));
    }
    free(wish)?;
    let _hold = Hold::take(&wish.out)?;
    free(wish)?;
    let folder = wish.out.join(EXPERIMENTS);
    output::sweep(&wish.out);
    let files = set
        .files
        .iter()
        .map(|(name, bytes)| (Path::new(name), *bytes));
    unpack(&folder, files, edited)?;
    let mut interrupted = false;
    for name in set.experiments {
        if !wish.only.is_empty() && wish.only.iter().all(|n| n != name) {
            continue;
        }
        let experiment = ExperimentFile::read(&folder.join(format!("{name}.toml")))?;
        let arms = match wish.battery {
            true => battery(&experiment.spec),
            false => Vec::new(),
        };
        let concluded = perform(
            &experiment,
            &Request {
                out: Some(wish.out.join(name)),
                replicas: if wish.quick { Some(1) } else { set.seeds },
                arms,
                threads: wish.threads,
                resume: wish.resume,
                ..Request::default()
            },
            board,
        )
        .map_err(|e| e.context(&format!("experiment `{name}`")))?;
        said(&concluded);
        if concluded.interrupted {
            interrupted = true;
            break;
        }
    }
    let mut summary = Summary::default();
    for name in set.experiments {
        let own = wish.out.join(name);
        if own.join(RECORD).is_file() {
            let (record, measured) = record::read(&own)?;
            seal::whole(&record)?;
            summary.add(&record, &measured)?;
        }
    }
    if !interrupted {
        let json = serde_json::to_string_pretty(&summary)
            .map_err(|e| Error::new(ErrorKind::Value, e.to_string()))?;
        write_bytes(&wish.out.join("summary.json"), (json + "\n").as_bytes())?;
        write_bytes(&wish.out.join("summary.md"), summary.text().as_bytes())?;
    }
    Ok(Reproduced {
        summary,
        interrupted,
    })
}

/// Arms that are not apart.
fn battery(spec: &Spec) -> Vec<String> {
    let apart = |a: &super::spec::Arm| a.apart.or(spec.run.apart).unwrap_or(false);
    let arms = spec.arms.iter().filter(|(_, a)| !apart(a));
    arms.map(|(name, _)| name.clone()).collect()
}

/// Whether the folder is for this: it is empty, or there is something to go on with.
fn free(wish: &Wish) -> Result<()> {
    if wish.out.is_file() || !wish.resume && !is_empty(&wish.out) {
        return Err(
            Error::new(ErrorKind::File, format!("`{}` exists", wish.out.display()))
                .remedy("go on with --resume, or name another folder"),
        );
    }
    Ok(())
}

/// The error of a file that is there and is not that of the set.
fn edited(path: &Path) -> Error {
    Error::new(
        ErrorKind::File,
        format!(
            "`{}` is not the published file: it was edited, or is of another version",
            path.display()
        ),
    )
    .remedy("remove it to reproduce what is published; what is your own is run by `symbias run`")
}
