//! `symbias schema experiment`: the JSON schema of a file format.

use crate::Outcome;

/// Arguments of `schema`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The format
    #[arg(value_parser = ["experiment", "design", "design-answer"])]
    format: String,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let schema = match arguments.format.as_str() {
        "experiment" => symbias::experiment::spec::schema(),
        "design" => symbias::design::file::schema(),
        "design-answer" => symbias::design::answer::schema(),
        other => anyhow::bail!("there is no format `{other}`"),
    };
    crate::print(&(serde_json::to_string_pretty(&schema)? + "\n"))?;
    Ok(Outcome::Fine)
}
