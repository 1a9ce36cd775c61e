//! Links between texts: relative targets exist, and docs/SUMMARY.md lists every chapter.

use crate::Outcome;
use crate::repository::{Repository, files, read};
use std::path::Path;

/// Every relative link of README, book and the texts beside them leads to a file.
pub fn check(repository: &Repository) -> Outcome<String> {
    let mut wrong = Vec::new();
    let mut count = 0;
    for path in repository.texts()? {
        let folder = path.parent().unwrap_or(Path::new(""));
        for (line, target) in targets(&read(&path)?) {
            count += 1;
            if !folder.join(&target).exists() {
                wrong.push(format!(
                    "{}:{line}: no file `{target}`",
                    repository.name(&path)
                ));
            }
        }
    }
    let docs = repository.root.join("docs");
    let summary = docs.join("SUMMARY.md");
    let chapters = files(&docs, "md")?;
    if !chapters.is_empty() {
        let listed: Vec<_> = targets(&read(&summary)?)
            .into_iter()
            .map(|(_, target)| docs.join(target))
            .collect();
        for chapter in chapters
            .iter()
            .filter(|c| **c != summary && !listed.contains(c))
        {
            wrong.push(format!(
                "docs/SUMMARY.md does not list {}",
                repository.name(chapter)
            ));
        }
    }
    if wrong.is_empty() {
        Ok(format!("{count} links"))
    } else {
        Err(wrong.join("\n"))
    }
}

/// The relative targets of `[text](target)` outside code, without their `#fragment`, each with
/// its line.
fn targets(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut fenced = false;
    for (index, line) in text.lines().enumerate() {
        if line.starts_with("```") {
            fenced = !fenced;
        }
        if fenced {
            continue;
        }
        // Odd pieces between backticks are code.
        for piece in line.split('`').step_by(2) {
            for rest in piece.split("](").skip(1) {
                let target = rest.split(')').next().unwrap_or_default();
                let file = target.split('#').next().unwrap_or_default();
                if !file.is_empty() && !target.contains("://") && !target.starts_with("mailto:") {
                    found.push((index + 1, file.to_owned()));
                }
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_links_outside_code_are_found() {
        let text = "[a](a.md#part) [b](https://b.c/d) `x[i](u[i])` [c](#here)\n\
                    ```text\n[d](d.md)\n```\n[e](e/f.md)\n";
        let found = targets(text);
        assert_eq!(found, [(1, "a.md".to_owned()), (5, "e/f.md".to_owned())]);
    }
}
