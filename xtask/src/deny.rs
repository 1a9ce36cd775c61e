//! The supply chain: `cargo deny` where it is installed, and always the licences, which the
//! toolchain alone can tell.

use crate::repository::{Repository, array, metadata, read};
use crate::{Outcome, process};
use std::process::Stdio;

/// Licences by `cargo metadata` and deny.toml, then everything else by cargo-deny.
pub fn run(repository: &Repository) -> Outcome {
    println!("{}", licences(repository)?);
    let mut probe = process::cargo(&repository.root, &["deny", "--version"]);
    let installed = probe
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if installed {
        process::succeed(&mut process::cargo(&repository.root, &["deny", "check"]))
    } else {
        Err(
            "advisories, bans and sources were not looked at: cargo-deny is not installed; \
             `cargo install --locked cargo-deny` installs it"
                .to_owned(),
        )
    }
}

/// Every package that we build has a licence that deny.toml allows.
fn licences(repository: &Repository) -> Outcome<String> {
    let path = repository.root.join("deny.toml");
    let rules: toml::Table = read(&path)?
        .parse()
        .map_err(|error| format!("deny.toml: {error}"))?;
    let allowed: Vec<String> = rules
        .get("licenses")
        .and_then(|licences| licences.get("allow")?.as_array().cloned())
        .ok_or("deny.toml has no list `licenses.allow`")?
        .iter()
        .filter_map(|licence| licence.as_str().map(str::to_owned))
        .collect();
    let packages = array(&metadata(&repository.root, &[])?["packages"]);
    let mut wrong = Vec::new();
    for package in &packages {
        let name = package["name"].as_str().unwrap_or_default();
        match package["license"].as_str() {
            None => wrong.push(format!("{name} names no licence")),
            Some(expression) if !satisfied(expression, &allowed) => {
                wrong.push(format!(
                    "{name}: `{expression}` is not allowed by deny.toml"
                ));
            }
            Some(_) => {}
        }
    }
    if wrong.is_empty() {
        Ok(format!(
            "{} packages, all under licences that deny.toml allows",
            packages.len()
        ))
    } else {
        Err(wrong.join("\n"))
    }
}

/// Whether an SPDX expression can be satisfied by licences of the list. `A/B` is the old
/// spelling of `A OR B`; `A WITH B` is one licence.
fn satisfied(expression: &str, allowed: &[String]) -> bool {
    let spaced = expression
        .replace('/', " OR ")
        .replace('(', " ( ")
        .replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut at = 0;
    any(&words, &mut at, allowed) && at == words.len()
}

fn any(words: &[&str], at: &mut usize, allowed: &[String]) -> bool {
    let mut value = all(words, at, allowed);
    while words.get(*at) == Some(&"OR") {
        *at += 1;
        value |= all(words, at, allowed);
    }
    value
}

fn all(words: &[&str], at: &mut usize, allowed: &[String]) -> bool {
    let mut value = one(words, at, allowed);
    while words.get(*at) == Some(&"AND") {
        *at += 1;
        value &= one(words, at, allowed);
    }
    value
}

fn one(words: &[&str], at: &mut usize, allowed: &[String]) -> bool {
    let Some(word) = words.get(*at) else {
        return false;
    };
    *at += 1;
    if *word == "(" {
        let value = any(words, at, allowed);
        let closed = words.get(*at) == Some(&")");
        *at += 1;
        return value && closed;
    }
    let mut name = (*word).to_owned();
    if words.get(*at) == Some(&"WITH") {
        name = format!("{name} WITH {}", words.get(*at + 1).unwrap_or(&""));
        *at += 2;
    }
    allowed.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(expression: &str) -> bool {
        let list = [
            "MIT",
            "Apache-2.0",
            "Apache-2.0 WITH LLVM-exception",
            "Unicode-3.0",
        ];
        satisfied(expression, &list.map(str::to_owned))
    }

    #[test]
    fn a_choice_needs_one_a_conjunction_all() {
        for good in [
            "MIT",
            "GPL-3.0 OR MIT",
            "GPL-3.0/MIT",
            "(MIT OR Apache-2.0) AND Unicode-3.0",
            "Apache-2.0 WITH LLVM-exception OR GPL-3.0",
        ] {
            assert!(allowed(good), "{good}");
        }
        for bad in [
            "GPL-3.0",
            "",
            "MIT AND GPL-3.0",
            "(MIT OR Apache-2.0) AND GPL-3.0",
            "MIT WITH LLVM-exception",
            "(MIT",
            "MIT Apache-2.0",
        ] {
            assert!(!allowed(bad), "{bad}");
        }
    }
}
