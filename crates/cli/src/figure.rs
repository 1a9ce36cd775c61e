//! `symbias figure RECORD`: the figures of a record, as SVG and PNG.

use crate::Outcome;
use std::path::{Path, PathBuf};
use symbias::experiment::figures::{self, FIGURES};
use symbias::experiment::record;
use symbias::experiment::spec::ExperimentFile;
use symbias::model::error::{Error, ErrorKind};

/// Arguments of `figure`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The folder of a record
    record: PathBuf,
    /// Where to write; the folder `figures` of the record without
    #[arg(short, long)]
    out: Option<PathBuf>,
    /// Only this figure
    #[arg(long)]
    name: Option<String>,
    /// Draw what this experiment file says now, and not what the record's did
    #[arg(long, value_name = "EXPERIMENT")]
    with: Option<PathBuf>,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let (record, measured) = record::read(&arguments.record)?;
    let mut specs = match &arguments.with {
        Some(path) => ExperimentFile::read(path)?.spec.figures,
        None => figures::wanted(&record.experiment),
    };
    if let Some(name) = &arguments.name {
        let names: Vec<String> = specs.iter().map(|s| s.name.clone()).collect();
        specs.retain(|s| s.name == *name);
        if specs.is_empty() {
            let there = match names.is_empty() {
                true => "the record describes no figures".to_owned(),
                false => format!("there are {}", names.join(", ")),
            };
            return Err(
                Error::new(ErrorKind::Unknown, format!("there is no figure `{name}`"))
                    .remedy(there)
                    .into(),
            );
        }
    }
    let drawn = figures::draw(&specs, &record, &measured)?;
    let (root, below) = match &arguments.out {
        Some(out) => (out.as_path(), Path::new("")),
        None => (arguments.record.as_path(), Path::new(FIGURES)),
    };
    let mut text = String::new();
    if record.edited {
        text +=
            "note: record.json was edited since it was written: figures show what it says now\n";
    }
    for file in figures::write(root, below, &drawn)? {
        text += &format!("{}\n", file.display());
    }
    for figure in &drawn {
        let arms = figure.without.join(", ");
        match &figure.figure {
            None => text += &format!("{}: not drawn, this did not run: {arms}\n", figure.name),
            Some(_) if !arms.is_empty() => {
                text += &format!("{}: without what did not run: {arms}\n", figure.name);
            }
            Some(_) => {}
        }
    }
    crate::print(&text)?;
    Ok(Outcome::Fine)
}
