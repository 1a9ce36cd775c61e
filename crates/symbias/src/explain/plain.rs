//! Markdown of a passage as plain terminal text: paragraphs, lists and quotes are wrapped, code
//! and tables keep their lines, emphasis and links lose their marks. Formulas stay as they are.

/// The text wrapped at `width` columns, blocks one blank line apart, one last newline.
pub(super) fn text(markdown: &str, width: usize) -> String {
    let mut blocks: Vec<String> = Vec::new();
    let mut lines = markdown.lines().peekable();
    while let Some(line) = lines.next() {
        if line.trim().is_empty() {
            continue;
        }
        if line.starts_with("```") {
            let code: Vec<String> = lines
                .by_ref()
                .take_while(|l| !l.starts_with("```"))
                .map(|l| format!("    {l}").trim_end().to_owned())
                .collect();
            blocks.push(code.join("\n"));
        } else if is_row(line) {
            let mut table = vec![unmarked(line)];
            while let Some(row) = lines.next_if(|l| is_row(l)) {
                table.push(unmarked(row));
            }
            blocks.push(columns(&table));
        } else {
            let mut items: Vec<String> = vec![line.trim().to_owned()];
            while let Some(next) =
                lines.next_if(|l| !l.trim().is_empty() && !l.starts_with("```") && !is_row(l))
            {
                if marker(next.trim()).is_empty() {
                    let last = items.last_mut().expect("one item at least");
                    last.push(' ');
                    last.push_str(next.trim());
                } else if next.trim().starts_with("> ") && line.starts_with("> ") {
                    let last = items.last_mut().expect("one item at least");
                    last.push_str(&next.trim()[1..]);
                } else {
                    items.push(next.trim().to_owned());
                }
            }
            let wrapped: Vec<String> = items
                .iter()
                .map(|item| {
                    let mark = marker(item);
                    let shown = mark.replace("> ", "  ");
                    hanging(&shown, &unmarked(&item[mark.len()..]), width)
                })
                .collect();
            blocks.push(wrapped.join("\n"));
        }
    }
    blocks.join("\n\n") + "\n"
}

/// A row of a table; a line of text may start with `|w|`.
fn is_row(line: &str) -> bool {
    line.starts_with("| ") || line.starts_with("|-")
}

/// A blank at which no line ends, until it is printed.
const KEPT: &str = "\u{a0}";

/// What a list item or quote starts with: `- `, `1. `, `> `, or nothing.
fn marker(line: &str) -> &str {
    if line.starts_with("- ") || line.starts_with("> ") {
        return &line[..2];
    }
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    if digits > 0 && line[digits..].starts_with(". ") {
        &line[..digits + 2]
    } else {
        ""
    }
}

/// `first` and then the words, wrapped; later lines start under the first word.
pub(super) fn hanging(first: &str, words: &str, width: usize) -> String {
    let indent = first.trim_start_matches('\n').chars().count();
    let mut out = first.to_owned();
    let mut column = indent;
    for word in pieces(words) {
        let length = word.chars().count();
        if column > indent && column + 1 + length > width {
            out.push('\n');
            out.push_str(&" ".repeat(indent));
            column = indent;
        } else if column > indent {
            out.push(' ');
            column += 1;
        }
        out.push_str(&word.replace(KEPT, " "));
        column += length;
    }
    out
}

/// Longest bracket that is kept on one line.
const BRACKET: usize = 30;

/// What holds a formula together.
const OPERATORS: &str = "=<>≤≥∝→+−";

/// Words, where a short bracket such as `√(c² + 4w²)` and a short relation such as `a ≤ 1` count as
/// one.
fn pieces(words: &str) -> Vec<String> {
    let depth = |piece: &str| -> i32 {
        let count = |set: &str| piece.chars().filter(|c| set.contains(*c)).count() as i32;
        count("([{") - count(")]}")
    };
    let relation = |word: &str| {
        let mut characters = word.chars();
        let first = characters.next();
        first.is_some_and(|c| OPERATORS.contains(c)) && characters.next().is_none()
    };
    let mut found: Vec<String> = Vec::new();
    let mut joins = false;
    for word in words.split(' ').filter(|w| !w.is_empty()) {
        match found.last_mut() {
            Some(last)
                if (joins || relation(word) || depth(last) > 0)
                    && last.chars().count() < BRACKET =>
            {
                last.push_str(KEPT);
                last.push_str(word);
            }
            _ => found.push(word.to_owned()),
        }
        joins = relation(word);
    }
    found
}

/// The cells of a table in columns, without its ruler.
fn columns(rows: &[String]) -> String {
    let cells: Vec<Vec<&str>> = rows
        .iter()
        .map(|row| row.trim_matches('|').split(" | ").map(str::trim).collect())
        .filter(|cells: &Vec<&str>| !cells.iter().all(|c| c.contains("---")))
        .collect();
    let count = cells.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..count)
        .map(|k| {
            let lengths = cells.iter().filter_map(|row| row.get(k));
            lengths.map(|c| c.chars().count()).max().unwrap_or(0)
        })
        .collect();
    let lines: Vec<String> = cells
        .iter()
        .map(|row| {
            let mut line = String::from("   ");
            for (cell, width) in row.iter().zip(&widths) {
                let cell = cell.replace("\\|", "|").replace(KEPT, " ");
                line.push_str(&format!(" {cell:<width$} "));
            }
            line.trim_end().to_owned()
        })
        .collect();
    lines.join("\n")
}

/// The line without the marks of emphasis, code and links. A `*` is emphasis where it opens a
/// word and is closed after one, so that ‖W‖_* keeps its own.
pub(super) fn unmarked(line: &str) -> String {
    let mut out = String::new();
    // Odd pieces between backticks are code and stay as they are.
    for (k, piece) in line.split('`').enumerate() {
        if k % 2 == 1 {
            out.push_str(&piece.replace(' ', KEPT));
        } else {
            out.push_str(&without_stars(&without_links(piece)));
        }
    }
    out
}

fn without_links(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(middle) = rest.find("](") {
        let (Some(open), Some(close)) = (rest[..middle].rfind('['), rest[middle..].find(')'))
        else {
            break;
        };
        out.push_str(&rest[..open]);
        out.push_str(&rest[open + 1..middle]);
        rest = &rest[middle + close + 1..];
    }
    out + rest
}

fn without_stars(text: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    let mut out = String::new();
    let mut open = false;
    for (k, c) in characters.iter().enumerate() {
        let before = k.checked_sub(1).map(|k| characters[k]);
        let after = characters.get(k + 1);
        let opens = !open
            && before.is_none_or(|b| b.is_whitespace() || "(*".contains(b))
            && after.is_some_and(|a| !a.is_whitespace());
        let closes = open && before.is_some_and(|b| !b.is_whitespace());
        match c {
            '*' if before == Some('*') && !open && !opens => {}
            '*' if opens => open = after != Some(&'*') || before == Some('*'),
            '*' if closes => open = after == Some(&'*'),
            _ => out.push(*c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_go_and_formulas_stay() {
        for (markdown, plain) in [
            ("the *balanced* gauge", "the balanced gauge"),
            ("**not** here, *nor* there", "not here, nor there"),
            ("selects ‖W‖_* and *only* it", "selects ‖W‖_* and only it"),
            (
                "`U[i,k] * V[k,j]` is 2 * 3",
                "U[i,k]\u{a0}*\u{a0}V[k,j] is 2 * 3",
            ),
            ("see [Charges](charges.md#a), [A26]", "see Charges, [A26]"),
        ] {
            assert_eq!(unmarked(markdown), plain);
        }
    }

    #[test]
    fn paragraphs_are_wrapped_and_code_is_not() {
        let markdown = "one two three\nfour\n\n- five six seven\n- eight\n\n```text\na    very long line of code\n```\n";
        assert_eq!(
            text(markdown, 10),
            "one two\nthree four\n\n- five six\n  seven\n- eight\n\n    a    very long line of code\n"
        );
    }

    #[test]
    fn formulas_are_not_broken() {
        assert_eq!(text("and is √(c² + 4w²)", 12), "and is\n√(c² + 4w²)\n");
        assert_eq!(text("a factor `a * b`", 10), "a factor\na * b\n");
        assert_eq!(text("of all a ≤ 1", 10), "of all\na ≤ 1\n");
    }

    #[test]
    fn tables_are_columns() {
        assert_eq!(
            text("| a | b |\n|---|---|\n| ccc | d |\n", 80),
            "    a    b\n    ccc  d\n"
        );
    }
}
