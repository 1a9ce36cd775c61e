//! Short files: one noun each. Above [`WARN`] lines a file is named, above [`FAIL`] refused.

use crate::Outcome;
use crate::repository::{Repository, files, read};

/// Lines above which a file should be split by noun.
const WARN: usize = 400;
/// Lines above which it has to be.
const FAIL: usize = 600;

#[derive(Debug, PartialEq)]
enum Length {
    Fine,
    Long,
    TooLong,
}

fn judge(lines: usize) -> Length {
    match lines {
        0..=WARN => Length::Fine,
        _ if lines <= FAIL => Length::Long,
        _ => Length::TooLong,
    }
}

/// Every Rust file of the crates' sources, and of this program.
pub fn check(repository: &Repository) -> Outcome<String> {
    let mut sources = files(&repository.root.join("xtask/src"), "rs")?;
    let crates = repository.root.join("crates");
    for path in files(&crates, "rs")? {
        let below = path.strip_prefix(&crates).unwrap_or(&path);
        if below
            .components()
            .nth(1)
            .is_some_and(|c| c.as_os_str() == "src")
        {
            sources.push(path);
        }
    }
    let mut refused = Vec::new();
    for path in &sources {
        let lines = read(path)?.lines().count();
        let name = repository.name(path);
        match judge(lines) {
            Length::Fine => {}
            Length::Long => println!("warning: {name} has {lines} lines (over {WARN})"),
            Length::TooLong => refused.push(format!(
                "{name} has {lines} lines, more than {FAIL}: split it by noun"
            )),
        }
    }
    if refused.is_empty() {
        Ok(format!("{} files", sources.len()))
    } else {
        Err(refused.join("\n"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limits_are_inclusive() {
        assert_eq!(judge(0), Length::Fine);
        assert_eq!(judge(WARN), Length::Fine);
        assert_eq!(judge(WARN + 1), Length::Long);
        assert_eq!(judge(FAIL), Length::Long);
        assert_eq!(judge(FAIL + 1), Length::TooLong);
    }
}
