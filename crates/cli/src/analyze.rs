//! `symbias analyze`: from a model file to its symmetries, charges and conservation laws.

use crate::progress::Progress;
use crate::{Outcome, print};
use anyhow::Result;
use clap::Args;
use std::path::PathBuf;
use symbias::analyze::{Options, analyze};
use symbias::report;
use symbias_model::language::SourceFile;

/// Arguments of `analyze`.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Model files (docs/language.md)
    #[arg(required = true)]
    models: Vec<PathBuf>,
    /// The machine-readable answer (docs/answer.md)
    #[arg(long, conflicts_with_all = ["latex", "full"])]
    json: bool,
    /// A paragraph for a paper
    #[arg(long, conflicts_with = "full")]
    latex: bool,
    /// All ranks, charges, hypotheses, and the generators
    #[arg(long)]
    full: bool,
    /// Parameters at which values are computed: one tensor per parameter (safetensors)
    #[arg(long, value_name = "THETA")]
    at: Option<PathBuf>,
    /// Inputs to use instead of random probes: one tensor per input, samples first (safetensors)
    #[arg(long, value_name = "INPUTS")]
    data: Option<PathBuf>,
    /// Seed of random points, probes and generated constants
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome> {
    let mut outcome = Outcome::Fine;
    let mut printed = String::new();
    for path in &arguments.models {
        let source = SourceFile::read(path)?;
        let options = Options {
            seed: arguments.seed,
            at: arguments.at.clone(),
            data: arguments.data.clone(),
        };
        let mut progress = Progress::new();
        let analysis = analyze(&source, &options, &mut |stage| progress.stage(stage));
        progress.finish();
        let analysis = analysis?;
        if !printed.is_empty() {
            printed.push('\n');
        }
        if arguments.json {
            printed.push_str(&serde_json::to_string_pretty(&analysis.answer)?);
            printed.push('\n');
        } else if arguments.latex {
            printed.push_str(&report::latex(
                &analysis.answer,
                &analysis.charges_latex,
                analysis.decay_latex.as_deref(),
            ));
        } else {
            printed.push_str(&report::text(
                &analysis.answer,
                report::Style {
                    full: arguments.full,
                },
            ));
            if arguments.full {
                printed.push_str(&analysis.algebra_text());
                printed.push_str(&analysis.generators_text());
            }
        }
        if !analysis.holds() {
            outcome = Outcome::Refuted;
        }
    }
    print(&printed)?;
    Ok(outcome)
}
