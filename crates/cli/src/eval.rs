//! `symbias eval`: outputs, loss, gradient and Jacobian at a point, as safetensors.

use crate::table::{Header, taken};
use crate::{Outcome, print};
use anyhow::Result;
use clap::Args;
use std::fmt::Write;
use std::path::PathBuf;
use symbias::eval::evaluate;
use symbias::model::data;
use symbias::model::language::SourceFile;

/// Arguments of `eval`.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Model file (docs/language.md)
    model: PathBuf,
    /// Parameters: one tensor per parameter (safetensors), or all entries in declared order or below their names (NPY, CSV)
    #[arg(long, value_name = "THETA")]
    at: PathBuf,
    /// Inputs, samples first: one tensor per input (safetensors), or a sample to a row (NPY, CSV)
    #[arg(long, value_name = "X")]
    inputs: Option<PathBuf>,
    #[command(flatten)]
    header: Header,
    /// Where to write outputs, loss, gradient and jacobian (safetensors)
    #[arg(short, long, value_name = "OUT")]
    output: PathBuf,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome> {
    let source = SourceFile::read(&arguments.model)?;
    let file = |path: &PathBuf| arguments.header.file(path);
    let (at, inputs) = (file(&arguments.at), arguments.inputs.as_ref().map(file));
    let mut text = taken([Some(&at), inputs.as_ref()])?;
    let found = evaluate(&source, &at, inputs.as_ref())?;
    let arrays = found.arrays();
    data::write(&arguments.output, &arrays)?;
    let width = arrays.iter().map(|a| a.0.len()).max().unwrap_or(0);
    for (name, shape, entries) in &arrays {
        let summary = match entries.as_slice() {
            [one] => format!("{one}"),
            many => format!(
                "norm {:.6e}",
                many.iter().map(|x| x * x).sum::<f64>().sqrt()
            ),
        };
        let _ = writeln!(text, "{name:<width$}  {shape:?}  {summary}");
    }
    let _ = writeln!(text, "written to {}", arguments.output.display());
    print(&text)?;
    Ok(Outcome::Fine)
}
