//! `symbias check`: whether derivatives and symmetries of a model hold.

use crate::watch::Watch;
use crate::{Outcome, print};
use anyhow::Result;
use clap::Args;
use std::fmt::Write;
use std::path::PathBuf;
use symbias::conformance::check;
use symbias::model::language::SourceFile;

/// Arguments of `check`.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Model files (docs/language.md)
    #[arg(required = true)]
    models: Vec<PathBuf>,
    /// Seed of random points, probes and generated constants
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome> {
    let mut text = String::new();
    let mut outcome = Outcome::Fine;
    let watch = Watch::new();
    for path in &arguments.models {
        let source = SourceFile::read(path)?;
        let checks = check(&source, arguments.seed, watch.watch());
        let _ = writeln!(text, "{}", source.name());
        for check in checks? {
            let order = check
                .order
                .map_or_else(String::new, |o| format!(", order {o:.1}"));
            let mark = if check.holds() { "ok   " } else { "FAILS" };
            let _ = writeln!(
                text,
                "  {mark}  {}: {:.1e}{order} (accepted {:.0e})",
                check.what, check.error, check.accepted
            );
            if !check.holds() {
                outcome = Outcome::Refuted;
            }
        }
    }
    drop(watch);
    print(&text)?;
    Ok(outcome)
}
