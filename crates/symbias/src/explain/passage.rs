//! Marked passages of a chapter:
//!
//! ```text
//! <!-- explain: noise-slice, slice-law | theory §5.2; \[A26\] Theorem 1 -->
//! … paragraphs …
//! <!-- end -->
//! ```
//!
//! Marks stand on lines of their own, outside code, do not nest, and do not reach over a heading.

/// A passage of a chapter.
#[derive(Clone, Debug, PartialEq)]
pub struct Passage<'a> {
    /// The topics that it explains.
    pub slugs: Vec<&'a str>,
    /// Where its statement is from.
    pub source: &'a str,
    /// The line of the opening mark, from 1.
    pub line: usize,
    /// Its Markdown.
    pub body: &'a str,
}

const OPEN: &str = "<!-- explain:";
const CLOSE: &str = "<!-- end -->";

/// All passages of a text. Errors are `LINE: reason`.
///
/// # Errors
/// A mark that is malformed, nested, never closed, reaches over a heading, or marks nothing.
pub fn passages(text: &str) -> Result<Vec<Passage<'_>>, String> {
    let mut found = Vec::new();
    let mut open: Option<(Passage<'_>, usize)> = None;
    let (mut fenced, mut start) = (false, 0);
    for (index, line) in text.split_inclusive('\n').enumerate() {
        let (number, end) = (index + 1, start + line.len());
        let content = line.trim_end();
        if content.starts_with("```") {
            fenced = !fenced;
        } else if !fenced && content.starts_with(OPEN) {
            if let Some((passage, _)) = &open {
                return Err(format!(
                    "{number}: the passage of line {} is not closed: write {CLOSE}",
                    passage.line
                ));
            }
            open = Some((head(content, number)?, end));
        } else if !fenced && content == CLOSE {
            let Some((mut passage, begin)) = open.take() else {
                return Err(format!("{number}: {CLOSE} closes nothing"));
            };
            passage.body = text[begin..start].trim();
            if passage.body.is_empty() {
                return Err(format!("{}: this passage is empty", passage.line));
            }
            found.push(passage);
        } else if !fenced && content.starts_with("<!-- ex") && content.contains("explain") {
            return Err(format!("{number}: a mark reads {OPEN} SLUG | SOURCE -->"));
        } else if let Some((passage, _)) = open.as_ref().filter(|_| !fenced)
            && content.starts_with('#')
        {
            return Err(format!(
                "{number}: the passage of line {} reaches over a heading",
                passage.line
            ));
        }
        start = end;
    }
    match open {
        Some((passage, _)) => Err(format!("{}: this passage is never closed", passage.line)),
        None => Ok(found),
    }
}

/// The opening mark: slugs and source.
fn head(line: &str, number: usize) -> Result<Passage<'_>, String> {
    let wrong = |what: &str| Err(format!("{number}: {what}: write {OPEN} SLUG | SOURCE -->"));
    let Some(inside) = line
        .strip_prefix(OPEN)
        .and_then(|rest| rest.strip_suffix("-->"))
    else {
        return wrong("this mark is not closed on its line");
    };
    let Some((slugs, source)) = inside.split_once('|') else {
        return wrong("this mark has no source");
    };
    let slugs: Vec<&str> = slugs.split(',').map(str::trim).collect();
    let proper = |slug: &&str| {
        !slug.is_empty()
            && slug
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
    };
    if !slugs.iter().all(proper) {
        return wrong("a topic is lower-case letters, digits and hyphens");
    }
    if source.trim().is_empty() {
        return wrong("this mark has no source");
    }
    Ok(Passage {
        slugs,
        source: source.trim(),
        line: number,
        body: "",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_passage_has_topics_source_and_text() {
        let text = "# T\n\n<!-- explain: a, b-c | theory §1; [X] -->\nOne.\n\n```text\n# x\n```\n<!-- end -->\nTwo.\n";
        let found = passages(text).unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].slugs, ["a", "b-c"]);
        assert_eq!(found[0].source, "theory §1; [X]");
        assert_eq!(found[0].body, "One.\n\n```text\n# x\n```");
    }

    #[test]
    fn a_malformed_mark_is_refused_with_its_line() {
        for (text, reason) in [
            (
                "<!-- explain: a -->\nx\n<!-- end -->\n",
                "1: this mark has no source",
            ),
            ("<!-- explain: a | s\nx\n", "1: this mark is not closed"),
            ("<!-- explain: A b | s -->\nx\n", "1: a topic is lower-case"),
            (
                "<!-- explain: a | s -->\nx\n",
                "1: this passage is never closed",
            ),
            (
                "<!-- explain: a | s -->\n<!-- end -->\n",
                "1: this passage is empty",
            ),
            ("x\n<!-- end -->\n", "2: <!-- end --> closes nothing"),
            (
                "<!-- explain: a | s -->\nx\n<!-- explain: b | s -->\n",
                "3: the passage of line 1 is not closed",
            ),
            (
                "<!-- explain: a | s -->\nx\n## y\n",
                "3: the passage of line 1 reaches",
            ),
            ("<!-- explains: a | s -->\n", "1: a mark reads"),
        ] {
            let found = passages(text).unwrap_err();
            assert!(found.starts_with(reason), "{found}");
        }
    }
}
