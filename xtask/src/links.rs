//! Links between texts: relative targets and the sections that they name exist, docs/SUMMARY.md lists every chapter, and
//! citations by number lead to a section.

use crate::Outcome;
use crate::citations::{self, prose};
use crate::repository::{Repository, files, read};
use std::path::Path;

/// Every relative link of README, book and the texts beside them leads to a file, and to a heading of it where it names one.
pub fn check(repository: &Repository) -> Outcome<String> {
    let mut wrong = Vec::new();
    let mut count = 0;
    for path in repository.texts()? {
        let folder = path.parent().unwrap_or(Path::new(""));
        for link in links(&read(&path)?) {
            count += 1;
            let target = if link.file.is_empty() {
                path.clone()
            } else {
                folder.join(&link.file)
            };
            let what = if !target.exists() {
                format!("no file `{}`", link.file)
            } else if !link.section.is_empty() && !anchors(&read(&target)?).contains(&link.section)
            {
                format!(
                    "no heading `#{}` in {}",
                    link.section,
                    repository.name(&target)
                )
            } else {
                continue;
            };
            wrong.push(format!("{}:{}: {what}", repository.name(&path), link.line));
        }
    }
    let docs = repository.root.join("docs");
    let summary = docs.join("SUMMARY.md");
    let chapters = files(&docs, "md")?;
    if !chapters.is_empty() {
        let listed: Vec<_> = links(&read(&summary)?)
            .into_iter()
            .map(|link| docs.join(link.file))
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
    let citations = citations::check(repository).unwrap_or_else(|reason| {
        wrong.push(reason);
        0
    });
    if wrong.is_empty() {
        Ok(format!("{count} links, {citations} citations"))
    } else {
        Err(wrong.join("\n"))
    }
}

/// A relative link `[text](file#section)`; either may be empty.
#[derive(Debug, PartialEq)]
struct Link {
    line: usize,
    file: String,
    section: String,
}

/// The relative links outside code.
fn links(text: &str) -> Vec<Link> {
    let mut found = Vec::new();
    for (index, line) in prose(text) {
        // Odd pieces between backticks are code.
        for piece in line.split('`').step_by(2) {
            for rest in piece.split("](").skip(1) {
                let target = rest.split(')').next().unwrap_or_default();
                if !target.contains("://") && !target.starts_with("mailto:") {
                    let (file, section) = target.split_once('#').unwrap_or((target, ""));
                    found.push(Link {
                        line: index + 1,
                        file: file.to_owned(),
                        section: section.to_owned(),
                    });
                }
            }
        }
    }
    found
}

/// What headings are called in links: lower case, without punctuation, blanks as hyphens.
fn anchors(text: &str) -> Vec<String> {
    let titles = prose(text).filter(|(_, line)| line.starts_with('#'));
    titles
        .map(|(_, line)| {
            let title = line.trim_start_matches('#').trim().to_lowercase();
            let kept = title.replace(' ', "-");
            kept.chars()
                .filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_'))
                .collect()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_links_outside_code_are_found() {
        let text = "[a](a.md#part) [b](https://b.c/d) `x[i](u[i])` [c](#here)\n\
                    ```text\n[d](d.md)\n```\n[e](e/f.md)\n";
        let found: Vec<_> = links(text)
            .into_iter()
            .map(|l| (l.line, l.file, l.section))
            .collect();
        let expected = [(1, "a.md", "part"), (1, "", "here"), (5, "e/f.md", "")];
        assert_eq!(
            found,
            expected.map(|(l, f, s)| (l, f.to_owned(), s.to_owned()))
        );
    }

    #[test]
    fn headings_are_called_as_on_a_page() {
        let text = "# The theory\n## 5. Stationary laws\n```text\n# code\n```\n### 5.2 Noise, on a slice\n";
        assert_eq!(
            anchors(text),
            ["the-theory", "5-stationary-laws", "52-noise-on-a-slice"]
        );
    }
}
