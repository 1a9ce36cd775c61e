//! What CI runs, step by step; the first failure ends it with its reason.

use crate::repository::Repository;
use crate::{Outcome, arrows, book, generate, length, links, process};
use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;
use std::time::{Duration, Instant};

/// One step: what it is called, what it promises, and how it is checked. The text returned is
/// a count for the reader of the log.
struct Step {
    name: &'static str,
    promise: &'static str,
    run: fn(&Repository) -> Outcome<String>,
}

/// The steps, cheap ones first.
const STEPS: &[Step] = &[
    Step {
        name: "format",
        promise: "the code is formatted",
        run: |at| cargo(at, &["fmt", "--all", "--check"]),
    },
    Step {
        name: "arrows",
        promise: "crates depend on each other only as the house allows",
        run: arrows::check,
    },
    Step {
        name: "length",
        promise: "source files are short",
        run: length::check,
    },
    Step {
        name: "links",
        promise: "links and citations of sections lead somewhere, and the book lists every chapter",
        run: links::check,
    },
    Step {
        name: "clippy",
        promise: "no warning of the compiler or of clippy",
        run: |at| {
            cargo(
                at,
                &[
                    "clippy",
                    "--workspace",
                    "--all-targets",
                    "--",
                    "-D",
                    "warnings",
                ],
            )
        },
    },
    Step {
        name: "docs",
        promise: "the reference builds without a warning",
        run: docs,
    },
    Step {
        name: "tests",
        promise: "unit, integration and documentation tests pass",
        run: tests,
    },
    Step {
        name: "models",
        promise: "model files printed in README and book are accepted",
        run: book::check_models,
    },
    Step {
        name: "generated",
        promise: "derived files, and what README and book say commands print, are up to date",
        run: |at| generate::verify(at).map(|()| "up to date".to_owned()),
    },
];

/// The names of the steps.
pub fn names() -> Vec<&'static str> {
    STEPS.iter().map(|step| step.name).collect()
}

/// Runs the steps named, or all.
pub fn run(repository: &Repository, wanted: &[&str]) -> Outcome {
    if let Some(unknown) = wanted.iter().find(|name| !names().contains(name)) {
        return Err(format!(
            "unknown step `{unknown}`; steps: {}",
            names().join(", ")
        ));
    }
    let start = Instant::now();
    let mut counts = Vec::new();
    for step in STEPS {
        if !wanted.is_empty() && !wanted.contains(&step.name) {
            continue;
        }
        println!("== {}: {}", step.name, step.promise);
        flush();
        let begun = Instant::now();
        let count = (step.run)(repository).map_err(|reason| {
            format!(
                "{reason}\nstep `{}` failed (it promises: {}); `cargo xtask check {}` repeats it",
                step.name, step.promise, step.name
            )
        })?;
        println!("   {} ok, {count}, {}", step.name, seconds(begun.elapsed()));
        if step.name == "tests" {
            counts.push(count);
        }
    }
    println!("check passed in {}", seconds(start.elapsed()));
    for count in counts {
        println!(
            "test result: ok. {count}; finished in {}",
            seconds(start.elapsed())
        );
    }
    Ok(())
}

fn cargo(repository: &Repository, arguments: &[&str]) -> Outcome<String> {
    process::succeed(&mut process::cargo(&repository.root, arguments))?;
    Ok("no complaint".to_owned())
}

fn docs(repository: &Repository) -> Outcome<String> {
    let arguments = ["doc", "--workspace", "--no-deps", "--lib"];
    let mut command = process::cargo(&repository.root, &arguments);
    process::succeed(command.env("RUSTDOCFLAGS", "-D warnings"))?;
    Ok("no complaint".to_owned())
}

/// All tests, passed through to the reader, their summaries added up.
fn tests(repository: &Repository) -> Outcome<String> {
    let mut command = process::cargo(&repository.root, &["test", "--workspace", "--no-fail-fast"]);
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("cannot start {}: {error}", process::shown(&command)))?;
    let mut total = Counts::default();
    if let Some(stdout) = child.stdout.take() {
        for line in BufReader::new(stdout).split(b'\n') {
            let line = line.map_err(|error| format!("cannot read the tests' output: {error}"))?;
            let line = String::from_utf8_lossy(&line);
            println!("{line}");
            total.add(&line);
        }
    }
    let status = child
        .wait()
        .map_err(|error| format!("cannot wait for the tests: {error}"))?;
    flush();
    total.verdict(status.success())
}

/// The numbers of cargo test's summary lines.
#[derive(Debug, Default, PartialEq)]
struct Counts {
    passed: u64,
    failed: u64,
    ignored: u64,
}

impl Counts {
    /// Adds a line such as `test result: ok. 3 passed; 0 failed; 1 ignored; ...`.
    fn add(&mut self, line: &str) {
        let Some(rest) = line.strip_prefix("test result: ") else {
            return;
        };
        let words: Vec<&str> = rest.split_whitespace().collect();
        for pair in words.windows(2) {
            let Ok(number) = pair[0].parse::<u64>() else {
                continue;
            };
            match pair[1].trim_end_matches(';') {
                "passed" => self.passed += number,
                "failed" => self.failed += number,
                "ignored" => self.ignored += number,
                _ => {}
            }
        }
    }

    fn verdict(&self, success: bool) -> Outcome<String> {
        let counts = format!(
            "{} passed; {} failed; {} ignored",
            self.passed, self.failed, self.ignored
        );
        if !success || self.failed > 0 {
            Err(format!("test result: FAILED. {counts}"))
        } else if self.passed == 0 {
            Err("no test ran".to_owned())
        } else {
            Ok(counts)
        }
    }
}

fn seconds(time: Duration) -> String {
    format!("{:.1}s", time.as_secs_f64())
}

/// What follows may be written by another process to the same place.
fn flush() {
    let _ = std::io::stdout().flush();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn summaries_add_up() {
        let mut counts = Counts::default();
        counts.add("test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out");
        counts.add("test expression::shapes ... ok");
        counts.add("test result: ok. 4 passed; 0 failed; 0 ignored; 0 measured; finished in 1.00s");
        assert_eq!(
            counts,
            Counts {
                passed: 7,
                failed: 0,
                ignored: 1
            }
        );
        assert_eq!(
            counts.verdict(true).unwrap(),
            "7 passed; 0 failed; 1 ignored"
        );
    }

    #[test]
    fn a_failure_a_crash_and_silence_are_all_failures() {
        let mut failed = Counts::default();
        failed.add("test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured");
        assert!(failed.verdict(true).unwrap_err().contains("2 failed"));
        let mut crashed = Counts::default();
        crashed.add("test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured");
        assert!(crashed.verdict(false).is_err());
        assert!(
            Counts::default()
                .verdict(true)
                .unwrap_err()
                .contains("no test ran")
        );
    }

    #[test]
    fn steps_have_distinct_names() {
        let mut names = names();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
