//! `symbias lift`: parameters of a designed model at given components or weights.

use crate::design::{arrays, beside};
use crate::{Outcome, print};
use anyhow::{Context, Result, bail};
use clap::Args;
use std::path::PathBuf;
use symbias::design::{Driver, Part, lifted, usual_charge};
use symbias::model::data;
use symbias::model::language::SourceFile;

/// Arguments of `lift`.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Model that `design` wrote, NAME.toml, with NAME.design.json beside it
    model: PathBuf,
    /// Components or weights, by their names (safetensors)
    #[arg(long, value_name = "W")]
    weights: PathBuf,
    /// Where to write the parameters (safetensors)
    #[arg(short, long, value_name = "OUT")]
    output: PathBuf,
    /// The charge of each place: half the difference of the squares of a factor and of the one that carries the sign
    #[arg(
        long,
        value_name = "C",
        allow_negative_numbers = true,
        conflicts_with = "balanced"
    )]
    charges: Option<f64>,
    /// Balanced: all charges 0 (the default but for decay, where balanced weights keep their signs: 0.5)
    #[arg(long)]
    balanced: bool,
}

/// The largest error of a lift.
const EXACT: f64 = 1e-12;

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome> {
    let source = SourceFile::read(&arguments.model)?;
    let path = beside(&arguments.model, "design.json");
    let text = std::fs::read_to_string(&path).with_context(|| {
        format!(
            "cannot read `{}`, the answer of the design\n  help: `symbias design … -o {}` writes both",
            path.display(),
            arguments.model.display()
        )
    })?;
    let answer: serde_json::Value = serde_json::from_str(&text)
        .with_context(|| format!("`{}` is no answer of `design`", path.display()))?;
    let parts: Vec<Part> = serde_json::from_value(answer["lift"]["parts"].clone())
        .with_context(|| format!("`{}` is no answer of `design`", path.display()))?;
    let driver: Driver = serde_json::from_value(answer["driver"].clone())
        .with_context(|| format!("`{}` is no answer of `design`", path.display()))?;
    let usual = match arguments.balanced {
        true => 0.0,
        false => usual_charge(driver),
    };
    let charge = arguments.charges.unwrap_or(usual);
    if !charge.is_finite() {
        bail!("--charges is {charge}: it is a finite number");
    }
    let found = lifted(
        &source,
        &parts,
        answer["lift"]["weights"].as_str(),
        &arrays(&arguments.weights)?,
        charge,
    )?;
    data::write(&arguments.output, &found.arrays)?;
    print(&format!(
        "lifted        F(theta) = w to {:.1e}, at charges {charge}\nwritten       {}\n",
        found.error,
        arguments.output.display()
    ))?;
    Ok(if found.error <= EXACT {
        Outcome::Fine
    } else {
        Outcome::Refuted
    })
}
