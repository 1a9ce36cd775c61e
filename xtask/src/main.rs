//! What the project does to itself, with the Rust toolchain alone.
//!
//! * `cargo xtask check [STEP ...]` runs what CI runs ([`check`]);
//! * `cargo xtask generate [--check]` writes every derived file ([`generate`]);
//! * `cargo xtask figures FOLDER` writes the figures of README and book as PNG ([`picture`]);
//! * `cargo xtask gallery FOLDER` takes the numbers and figures of a run of the gallery over into the book ([`gallery`]);
//! * `cargo xtask deny` looks at the licences and advisories of what we depend on ([`deny`]).

#![forbid(unsafe_code)]

mod arrows;
mod book;
mod check;
mod citations;
mod deny;
mod gallery;
mod generate;
mod length;
mod links;
mod picture;
mod process;
mod repository;

use repository::Repository;
use std::process::ExitCode;

/// The result of a task; the error is the text that a person reads.
pub type Outcome<T = ()> = Result<T, String>;

const USAGE: &str = "\
usage: cargo xtask check [STEP ...]     what CI runs, or only the steps named
       cargo xtask generate [--check]   write every derived file, or say which are stale
       cargo xtask figures FOLDER       the figures of README and book as PNG, to be looked at
       cargo xtask gallery FOLDER       the gallery of the book from a run of `symbias reproduce --gallery`
       cargo xtask deny                 licences and advisories of the dependencies";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match dispatch(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(arguments: &[&str]) -> Outcome {
    match arguments {
        ["check", steps @ ..] => check::run(&Repository::open()?, steps),
        ["generate"] => generate::write(&Repository::open()?),
        ["generate", "--check"] => generate::verify(&Repository::open()?),
        ["figures", folder] => picture::png(folder),
        ["gallery", folder] => gallery::take(&Repository::open()?, folder),
        ["deny"] => deny::run(&Repository::open()?),
        ["help" | "--help" | "-h"] => {
            println!("{USAGE}\n\nsteps of check: {}", check::names().join(", "));
            Ok(())
        }
        [] => Err(format!("a task is missing\n{USAGE}")),
        other => Err(format!("unknown task `{}`\n{USAGE}", other.join(" "))),
    }
}
