//! `symbias analyze`: from a model file to its symmetries, charges and conservation laws.

use crate::table::{Header, taken};
use crate::watch::Watch;
use crate::{Outcome, print};
use anyhow::Result;
use clap::Args;
use std::path::PathBuf;
use symbias::analyze::{Chart, Effort, Options, Temper, analyze};
use symbias::model::language::SourceFile;
use symbias::report;

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
    /// Parameters at which values are computed: one tensor per parameter (safetensors), or all entries in declared order or below their names (NPY, CSV)
    #[arg(long, value_name = "THETA")]
    at: Option<PathBuf>,
    /// Inputs to use instead of random probes: samples first, one tensor per input (safetensors) or a sample to a row (NPY, CSV)
    #[arg(long, value_name = "INPUTS")]
    data: Option<PathBuf>,
    #[command(flatten)]
    header: Header,
    /// Seed of random points, probes and generated constants
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// The function that vanishes on the gauge slice; each gives another law (theory §5.2)
    #[arg(long, value_enum, default_value_t = Slice::Charges)]
    slice: Slice,
    /// Temperature T of the law of isotropic noise with weight decay
    #[arg(long, value_name = "T", default_value_t = 1.0)]
    temperature: f64,
    /// Weight decay (lambda/2)||theta||^2 that bounds orbits of infinite volume
    #[arg(long, value_name = "LAMBDA", default_value_t = 0.0)]
    decay: f64,
    /// How many times the default work ranks and null spaces may take (1: some ten seconds)
    #[arg(long, value_name = "TIMES", default_value_t = 1.0)]
    effort: f64,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Slice {
    /// The charges
    Charges,
    /// Log ratios of norms
    LogRatios,
    /// No density: the slice's surface measure
    Surface,
}

impl Slice {
    fn chart(self) -> Chart {
        match self {
            Slice::Charges => Chart::Charges,
            Slice::LogRatios => Chart::LogRatios,
            Slice::Surface => Chart::Surface,
        }
    }
}

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome> {
    let mut outcome = Outcome::Fine;
    let mut printed = String::new();
    let file = |path: &Option<PathBuf>| path.as_ref().map(|p| arguments.header.file(p));
    let (at, data) = (file(&arguments.at), file(&arguments.data));
    let said = taken([at.as_ref(), data.as_ref()])?;
    let watch = Watch::new();
    for path in &arguments.models {
        let source = SourceFile::read(path)?;
        let options = Options {
            seed: arguments.seed,
            at: at.clone(),
            data: data.clone(),
            temper: Temper::new(arguments.temperature, arguments.decay)?,
            chart: arguments.slice.chart(),
            effort: Effort::new(arguments.effort).ok_or_else(|| {
                anyhow::anyhow!(
                    "--effort is {}: it is a positive number, 1 by default",
                    arguments.effort
                )
            })?,
        };
        let analysis = analyze(&source, &options, watch.watch())?;
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
                &analysis.laws_latex,
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
    drop(watch);
    if !(arguments.json || arguments.latex) {
        printed.insert_str(0, &said);
    }
    print(&printed)?;
    Ok(outcome)
}
