//! No code in prose that is not compiled or run: README and book.
//!
//! | block                    | what happens to it                                            |
//! |--------------------------|---------------------------------------------------------------|
//! | `console`                | its `$ symbias …` lines are run, what they print is compared  |
//! | `toml,model`             | `symbias analyze` accepts it, as a file of models/              |
//! | `toml,file=NAME`         | written as NAME beside the console blocks of the same text    |
//! | `rust`                   | compiled and run as a documentation test of package docs/     |
//! | anything else            | nothing, but it has to say what it is                         |

mod blocks;
mod console;
mod scratch;

use crate::generate::Derived;
use crate::repository::{Repository, read};
use crate::{Outcome, process};
use blocks::{Block, blocks};
use scratch::Scratch;
use std::path::PathBuf;
use std::process::Command;

/// Each text with its blocks.
fn texts(repository: &Repository) -> Outcome<Vec<(PathBuf, String, Vec<Block>)>> {
    let mut all = Vec::new();
    for path in repository.texts()? {
        let text = read(&path)?;
        let found = blocks(&text).map_err(|e| format!("{}:{e}", repository.name(&path)))?;
        all.push((path, text, found));
    }
    Ok(all)
}

/// Builds the command `symbias` as README tells a reader to, and says where it is; nothing if
/// it has no commands yet.
fn build(repository: &Repository) -> Outcome<Option<PathBuf>> {
    let arguments = ["build", "--release", "--quiet", "--package", "symbias-cli"];
    process::succeed(&mut process::cargo(&repository.root, &arguments))?;
    let name = format!("symbias{}", std::env::consts::EXE_SUFFIX);
    let program = repository.target.join("release").join(name);
    if process::output(Command::new(&program).arg("--help"))?.is_empty() {
        println!("warning: `symbias --help` prints nothing: no command was run");
        return Ok(None);
    }
    Ok(Some(program))
}

/// Every model printed in a text is accepted by the command that a reader would try.
pub fn check_models(repository: &Repository) -> Outcome<String> {
    let mut texts = texts(repository)?;
    texts.retain(|(_, _, blocks)| blocks.iter().any(|block| block.has("model")));
    if texts.is_empty() {
        return Ok("no models".to_owned());
    }
    let Some(program) = build(repository)? else {
        return Ok("no models".to_owned());
    };
    let mut count = 0;
    for (path, _, blocks) in texts {
        let name = repository.name(&path);
        let scratch = Scratch::new(repository, &name, &blocks)?;
        for block in blocks.iter().filter(|block| block.has("model")) {
            let place = format!("{name}:{}", block.line);
            let file = scratch.write("models/printed.toml", &block.body)?;
            let mut command = Command::new(&program);
            command
                .current_dir(scratch.folder())
                .arg("analyze")
                .arg(file);
            let printed = process::output(&mut command)
                .map_err(|reason| format!("{place}: this model is refused: {reason}"))?;
            if printed.is_empty() {
                return Err(format!(
                    "{place}: `symbias analyze` said nothing about this model"
                ));
            }
            count += 1;
        }
    }
    Ok(format!("{count} models"))
}

/// README and book with what their commands print now; texts without a command are left out.
pub fn refresh(repository: &Repository) -> Outcome<Vec<Derived>> {
    let mut derived = Vec::new();
    let mut texts = texts(repository)?;
    texts.retain(|(_, _, blocks)| blocks.iter().any(|block| block.language() == "console"));
    if texts.is_empty() {
        return Ok(derived);
    }
    let Some(program) = build(repository)? else {
        return Ok(derived);
    };
    for (path, text, blocks) in texts {
        let name = repository.name(&path);
        let scratch = Scratch::new(repository, &name, &blocks)?;
        let mut run = |arguments: &[String]| scratch.run(&program, arguments);
        let text = console::refresh(&text, &blocks, &mut run).map_err(|e| format!("{name}:{e}"))?;
        derived.push(Derived { path, text });
    }
    Ok(derived)
}

/// The schemas that the command knows.
pub fn schemas(repository: &Repository) -> Outcome<Vec<Derived>> {
    let Some(program) = build(repository)? else {
        return Ok(Vec::new());
    };
    [
        "experiment",
        "design",
        "record",
        "answer",
        "design-answer",
        "fit-answer",
        "gauge-answer",
        "verify-answer",
    ]
    .iter()
    .map(|format| {
        let text = process::output(Command::new(&program).args(["schema", format]))?;
        Ok(Derived {
            path: repository
                .root
                .join(format!("schemas/{format}.schema.json")),
            text: text.trim_end().to_owned() + "\n",
        })
    })
    .collect()
}

/// docs/lib.rs: every text with Rust code, as documentation of an empty module.
pub fn doctests(repository: &Repository) -> Outcome<Vec<Derived>> {
    let mut names = Vec::new();
    for (path, _, blocks) in texts(repository)? {
        if blocks.iter().any(|block| block.language() == "rust") {
            names.push(repository.name(&path));
        }
    }
    Ok(vec![Derived {
        path: repository.root.join("docs/lib.rs"),
        text: doctest_source(&names),
    }])
}

fn doctest_source(names: &[String]) -> String {
    let mut text = String::from(
        "//! The Rust code of README and book, compiled and run as documentation tests.\n\
         //! Written by `cargo xtask generate`.\n\
         // Blocks such as `toml,file=NAME` are not for rustdoc.\n\
         #![allow(rustdoc::invalid_codeblock_attributes)]\n",
    );
    for name in names {
        let module: String = name
            .trim_end_matches(".md")
            .chars()
            .map(|c| {
                if c.is_ascii_alphanumeric() {
                    c.to_ascii_lowercase()
                } else {
                    '_'
                }
            })
            .collect();
        text.push_str(&format!(
            "\n#[cfg(doctest)]\n#[doc = include_str!(\"../{name}\")]\npub mod {module} {{}}\n"
        ));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_text_with_rust_code_is_a_module() {
        let source = doctest_source(&["README.md".to_owned(), "docs/a-b.md".to_owned()]);
        assert!(source.contains("include_str!(\"../README.md\")]\npub mod readme {}"));
        assert!(source.contains("include_str!(\"../docs/a-b.md\")]\npub mod docs_a_b {}"));
        assert!(!doctest_source(&[]).contains("include_str"));
    }
}
