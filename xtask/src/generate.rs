//! Derived files: each is written by one row of a table, and a check says which are stale.

use crate::repository::{Repository, cannot, read};
use crate::{Outcome, book};
use std::path::PathBuf;

/// A file as it should be.
pub struct Derived {
    /// Where.
    pub path: PathBuf,
    /// Its whole text.
    pub text: String,
}

/// What is derived, and from what. A new kind of derived file is one row.
struct Generator {
    name: &'static str,
    run: fn(&Repository) -> Outcome<Vec<Derived>>,
}

const GENERATORS: &[Generator] = &[
    Generator {
        name: "what README and book say commands print",
        run: book::refresh,
    },
    Generator {
        name: "the list of texts whose Rust code is tested",
        run: book::doctests,
    },
];

/// Writes every derived file that is not as it should be.
pub fn write(repository: &Repository) -> Outcome {
    for (generator, stale) in stale(repository)? {
        for Derived { path, text } in stale {
            std::fs::write(&path, text).map_err(|error| cannot("write", &path, &error))?;
            println!("wrote {} ({generator})", repository.name(&path));
        }
    }
    Ok(())
}

/// Fails if a derived file is not as it should be; writes nothing.
pub fn verify(repository: &Repository) -> Outcome {
    let mut complaints = Vec::new();
    for (generator, stale) in stale(repository)? {
        for Derived { path, text } in stale {
            let name = repository.name(&path);
            let found = if path.is_file() {
                read(&path)?
            } else {
                String::new()
            };
            complaints.push(format!(
                "{name} is stale ({generator}):\n{}",
                difference(&found, &text)
            ));
        }
    }
    if complaints.is_empty() {
        Ok(())
    } else {
        Err(format!(
            "{}\n`cargo xtask generate` rewrites it",
            complaints.join("\n")
        ))
    }
}

fn stale(repository: &Repository) -> Outcome<Vec<(&'static str, Vec<Derived>)>> {
    let mut all = Vec::new();
    for generator in GENERATORS {
        let mut derived = (generator.run)(repository)?;
        derived.retain(|d| !d.path.is_file() || read(&d.path).as_ref() != Ok(&d.text));
        all.push((generator.name, derived));
    }
    Ok(all)
}

/// The lines between the common beginning and the common end, old and new.
fn difference(old: &str, new: &str) -> String {
    let (mut old, mut new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let equal = |(a, b): &(&&str, &&str)| a == b;
    let start = old.iter().zip(&new).take_while(equal).count();
    old.drain(..start);
    new.drain(..start);
    let end = old
        .iter()
        .rev()
        .zip(new.iter().rev())
        .take_while(equal)
        .count();
    old.truncate(old.len() - end);
    new.truncate(new.len() - end);
    let mut text = format!("  line {}", start + 1);
    for (sign, lines) in [('-', old), ('+', new)] {
        for line in lines.iter().take(40) {
            text.push_str(&format!("\n  {sign} {line}"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_names_the_line_and_shows_both() {
        let shown = difference("a\nb\nc\n", "a\nB\nc\n");
        assert_eq!(shown, "  line 2\n  - b\n  + B");
        assert_eq!(difference("a\n", "a\na\n"), "  line 2\n  + a");
    }
}
