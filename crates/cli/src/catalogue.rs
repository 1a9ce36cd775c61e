//! `symbias catalogue`: the known models and their closed forms.

use crate::{Outcome, print};
use anyhow::{Result, bail};
use clap::Subcommand;
use std::fmt::Write;
use symbias::model::catalogue::{all, find};

/// What to do with the catalogue.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// One line per model
    List,
    /// The file of a model and its closed forms
    Show {
        /// Name, as in the list
        name: String,
    },
}

pub(crate) fn run(command: &Command) -> Result<Outcome> {
    let mut text = String::new();
    match command {
        Command::List => {
            let width = all().iter().map(|k| k.name.len()).max().unwrap_or(0);
            for known in all() {
                let _ = writeln!(text, "{:width$}  {}", known.name, known.title());
            }
        }
        Command::Show { name } => {
            let Some(known) = find(name) else {
                let near: Vec<&str> = all()
                    .iter()
                    .map(|k| k.name)
                    .filter(|k| k.contains(name.as_str()) || name.contains(k))
                    .collect();
                let hint = if near.is_empty() {
                    String::new()
                } else {
                    format!("; near it: {}", near.join(", "))
                };
                bail!(
                    "the catalogue has no model `{name}`{hint}\n  help: `symbias catalogue list` names them all"
                );
            };
            let _ = writeln!(text, "{}", known.text.trim_end());
            for form in known.closed_forms {
                let _ = writeln!(
                    text,
                    "\n# {}: {}\n#   {}",
                    form.of.name(),
                    form.formula,
                    form.source
                );
            }
        }
    }
    print(&text)?;
    Ok(Outcome::Fine)
}
