//! The command `symbias`: one file per subcommand, nothing but arguments and printing.

#![forbid(unsafe_code)]

mod analyze;
mod catalogue;
mod check;
mod design;
mod eval;
mod explain;
mod figure;
mod fit;
mod folder;
mod gauge;
mod join;
mod lift;
mod reproduce;
mod run;
mod schema;
mod table;
mod verify;
mod watch;

use clap::{Parser, Subcommand};
use std::process::ExitCode;
use symbias::model::error::{Error, ErrorKind};

/// Symmetries of parameterized models, what they conserve, and the bias they carry.
#[derive(Parser)]
#[command(name = "symbias", version, about, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Which continuous symmetries a model has, with proof, and what they conserve
    Analyze(analyze::Arguments),
    /// Outputs, loss, gradient and Jacobian at a point
    Eval(eval::Arguments),
    /// Parameters in a gauge: moved along their orbit to where the charges vanish, or noise is balanced
    Gauge(gauge::Arguments),
    /// A model that has a wanted bias, with its certificate, a lift and a start
    Design(design::Arguments),
    /// Weights that minimise loss + lambda R of a design for data: the path over lambda, cross-validation, proofs
    Fit(fit::Arguments),
    /// Parameters of a designed model at given weights
    Lift(lift::Arguments),
    /// Whether derivatives and symmetries of a model hold, by slopes and finite group elements
    Check(check::Arguments),
    /// Train an experiment: record, predictions, attribution
    Run(run::Arguments),
    /// Predict the stationary laws of a model, simulate them, and judge
    Verify(verify::Arguments),
    /// The JSON schema of a file format
    Schema(schema::Arguments),
    /// The figures of a record, as SVG and PNG
    Figure(figure::Arguments),
    /// The records of all shards of a run as one, bit for bit that of the whole run
    Join(join::Arguments),
    /// The published experiments, with predictions, controls, figures and a summary
    Reproduce(reproduce::Arguments),
    /// The known models and their closed forms
    #[command(subcommand)]
    Catalogue(catalogue::Command),
    /// What a law, a symmetry, an object or a hypothesis of a report is, with its source
    Explain(explain::Arguments),
}

/// How a command ended: 0 fine, 1 a claim does not hold, 130 interrupted; 2 is failure.
pub(crate) enum Outcome {
    /// Everything asked for was done and holds.
    Fine,
    /// Something was refuted: bounds disagree, a certificate fails.
    Refuted,
    /// A person stopped it; what was done is kept, to go on from.
    Interrupted,
}

/// What a shell says of a command that Ctrl-C ended.
const INTERRUPTED: u8 = 130;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let outcome = match cli.command {
        Command::Analyze(arguments) => analyze::run(&arguments),
        Command::Eval(arguments) => eval::run(&arguments),
        Command::Gauge(arguments) => gauge::run(&arguments),
        Command::Design(arguments) => design::run(&arguments),
        Command::Fit(arguments) => fit::run(&arguments),
        Command::Lift(arguments) => lift::run(&arguments),
        Command::Check(arguments) => check::run(&arguments),
        Command::Run(arguments) => run::run(&arguments),
        Command::Verify(arguments) => verify::run(&arguments),
        Command::Schema(arguments) => schema::run(&arguments),
        Command::Figure(arguments) => figure::run(&arguments),
        Command::Join(arguments) => join::run(&arguments),
        Command::Reproduce(arguments) => reproduce::run(&arguments),
        Command::Catalogue(command) => catalogue::run(&command),
        Command::Explain(arguments) => explain::run(&arguments),
    };
    match outcome {
        Ok(Outcome::Fine) => ExitCode::SUCCESS,
        Ok(Outcome::Refuted) => ExitCode::from(1),
        Ok(Outcome::Interrupted) => ExitCode::from(INTERRUPTED),
        Err(error) => {
            // Ours says all of it, its cause too.
            let own = error.downcast_ref::<Error>();
            if own.is_some_and(|e| e.kind() == ErrorKind::Interrupted) {
                return ExitCode::from(INTERRUPTED);
            }
            complain(&own.map_or_else(|| format!("error: {error:#}"), |e| format!("error: {e}")));
            ExitCode::from(2)
        }
    }
}

/// Prints to standard output in one piece; a closed pipe is not a failure.
pub(crate) fn print(text: &str) -> anyhow::Result<()> {
    use std::io::Write;
    let mut out = std::io::stdout().lock();
    match out
        .write_all(shown(text).as_bytes())
        .and_then(|()| out.flush())
    {
        Err(e) if e.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        other => Ok(other?),
    }
}

/// A line on standard error. Where nobody listens, nobody is told.
pub(crate) fn complain(line: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "{}", shown(line));
}

/// What a terminal may show: files name models, arms and arrays, and what they say must not drive it.
pub(crate) fn shown(text: &str) -> std::borrow::Cow<'_, str> {
    // Direction marks turn what stands beside them around.
    let drives = |c: char| {
        c.is_control() && c != '\n' && c != '\t'
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    match text.contains(drives) {
        true => text.replace(drives, "\u{fffd}").into(),
        false => text.into(),
    }
}
