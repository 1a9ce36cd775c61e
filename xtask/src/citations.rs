//! Citations: `theory §5.2`, `language §9`, `design §n` name sections that exist.

use crate::Outcome;
use crate::repository::{Repository, files, read};
use std::collections::BTreeSet;

/// A text that is cited by number: the word that cites it, its file, and how its sections are numbered.
struct Cited {
    word: &'static str,
    file: &'static str,
    sections: fn(&str) -> BTreeSet<String>,
}

const CITED: &[Cited] = &[
    Cited {
        word: "theory",
        file: "docs/theory.md",
        sections: headings,
    },
    Cited {
        word: "language",
        file: "docs/language.md",
        sections: rules,
    },
    Cited {
        word: "design",
        file: "docs/design.md",
        sections: headings,
    },
];

/// Every citation in code, texts, models, experiments and designs names a section of its text. Returns how many there are.
pub fn check(repository: &Repository) -> Outcome<usize> {
    let mut paths = repository.texts()?;
    paths.extend(files(&repository.root.join("crates"), "rs")?);
    for folder in ["crates", "models", "experiments", "designs"] {
        paths.extend(files(&repository.root.join(folder), "toml")?);
    }
    let mut wrong = Vec::new();
    let mut count = 0;
    for cited in CITED {
        let known = (cited.sections)(&read(&repository.root.join(cited.file))?);
        for path in &paths {
            for (line, number) in citations(&read(path)?, cited.word) {
                count += 1;
                if !known.contains(&number) {
                    wrong.push(format!(
                        "{}:{line}: {} has no section {number}",
                        repository.name(path),
                        cited.file
                    ));
                }
            }
        }
    }
    if wrong.is_empty() {
        Ok(count)
    } else {
        Err(wrong.join("\n"))
    }
}

/// The numbers cited after a word, each with its line: `theory §5.2`, `theory 5.2`, `theory §1, §4`, `theory §5.1 to §5.4`, `language §4–§8`,
/// also over the end of a line of a comment. `§n` stands for any section.
fn citations(text: &str, word: &str) -> Vec<(usize, String)> {
    let mut joined = String::new();
    let mut starts = Vec::new();
    for line in text.lines() {
        starts.push(joined.len());
        let marks = |c: char| c.is_whitespace() || "/!#*>".contains(c);
        joined.push_str(line.trim_start_matches(marks).trim_end());
        joined.push(' ');
    }
    let lower = joined.to_ascii_lowercase();
    let mut found = Vec::new();
    for (at, _) in lower.match_indices(&format!("{word} ")) {
        if lower[..at].ends_with(|c: char| c.is_alphanumeric()) {
            continue;
        }
        let line = starts.partition_point(|start| *start <= at);
        let mut rest = &lower[at + word.len() + 1..];
        // Without the sign only a number with a point is a citation: `theory 7.1`.
        if !rest.starts_with('§') {
            found.extend(number(rest).filter(|n| n.contains('.')).map(|n| (line, n)));
            continue;
        }
        while let Some(after) = rest.strip_prefix('§') {
            let Some(cited) = number(after) else { break };
            rest = &after[cited.len()..];
            found.push((line, cited));
            rest = [", ", "; ", " and ", " or ", " to ", "–"]
                .iter()
                .find_map(|joint| rest.strip_prefix(joint))
                .unwrap_or("");
        }
    }
    found
}

/// The number at the start of a text, `5` or `5.2`, without a point that ends a sentence.
fn number(text: &str) -> Option<String> {
    let end = text
        .char_indices()
        .find(|(at, c)| {
            let inside = *c == '.' && text[at + 1..].starts_with(|d: char| d.is_ascii_digit());
            !c.is_ascii_digit() && !inside
        })
        .map_or(text.len(), |(at, _)| at);
    let found = &text[..end];
    found
        .starts_with(|c: char| c.is_ascii_digit())
        .then(|| found.to_owned())
}

/// The lines of a text outside its code blocks.
pub fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut fenced = false;
    text.lines().enumerate().filter(move |(_, line)| {
        let fence = line.starts_with("```");
        fenced ^= fence;
        !fenced && !fence
    })
}

/// The numbers of numbered headings: `## 5. Title`, `### 5.2 Title`.
fn headings(text: &str) -> BTreeSet<String> {
    let titles = prose(text).filter(|(_, line)| line.starts_with('#'));
    titles
        .filter_map(|(_, line)| number(line.trim_start_matches('#').trim_start()))
        .collect()
}

/// The numbers of the items of numbered lists at the margin: `9. A rule`.
fn rules(text: &str) -> BTreeSet<String> {
    let items = prose(text).filter_map(|(_, line)| line.split_once(". "));
    items
        .filter_map(|(start, _)| number(start).filter(|n| n == start))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn citations_have_their_lines_and_numbers() {
        let text = "//! A law (theory §5.2, §6; [A26]) of theory\n//! §7.1. Theory 7.4\nmytheory §1 theory §n theory 3\n\
                    theory §2.1 to §2.3, of 4";
        let found = citations(text, "theory");
        let expected = [
            (1, "5.2"),
            (1, "6"),
            (1, "7.1"),
            (2, "7.4"),
            (4, "2.1"),
            (4, "2.3"),
        ];
        assert_eq!(found, expected.map(|(line, n)| (line, n.to_owned())));
    }

    /// The twin of a citation that holds: one number further, and the section is missing.
    #[test]
    fn a_missing_section_is_seen() {
        let text = "# T\n## 5. Laws\n### 5.2 Slice\n1. an item\n```text\n## 6. code\n```\n";
        let known = headings(text);
        let cites = |citation: &str| {
            let found = citations(citation, "theory");
            assert_eq!(found.len(), 1);
            known.contains(&found[0].1)
        };
        assert!(cites("theory §5") && cites("theory §5.2."));
        assert!(!cites("theory §5.3") && !cites("theory §6") && !cites("theory §1"));
        assert_eq!(rules(text), BTreeSet::from(["1".to_owned()]));
    }
}
