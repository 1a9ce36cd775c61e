//! `symbias schema FORMAT`: the JSON schema of a file format.

use crate::Outcome;
use clap::builder::PossibleValuesParser;
use symbias::schema::{FORMATS, of};

/// Arguments of `schema`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The format
    #[arg(value_parser = PossibleValuesParser::new(FORMATS.iter().map(|f| f.0)))]
    format: String,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    crate::print(&(serde_json::to_string_pretty(&of(&arguments.format))? + "\n"))?;
    Ok(Outcome::Fine)
}
