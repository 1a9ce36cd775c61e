//! `console` blocks: `$ command` lines and what they print, compared and rewritten.
//!
//! A line `...` stands for any number of lines; durations are not compared; a status other
//! than 0 is a last line `[exit N]`.

use super::blocks::Block;

/// Runs `symbias` with arguments and returns what a terminal would show.
pub type Run<'a> = &'a mut dyn FnMut(&[String]) -> Result<String, String>;

/// One command and what it is said to print.
#[derive(Debug, PartialEq)]
struct Exchange {
    line: usize,
    command: String,
    expected: String,
}

/// The text with the outputs of its console blocks as they are now. Where old and new output
/// agree up to durations and `...`, the old one stays. Errors are `LINE: reason`.
pub fn refresh(text: &str, blocks: &[Block], run: Run) -> Result<String, String> {
    let mut fresh = String::new();
    let mut done = 0;
    for block in blocks.iter().filter(|b| b.language() == "console") {
        fresh.push_str(&text[done..block.range.start]);
        for exchange in exchanges(block)? {
            let at = |reason: String| format!("{}: {reason}", exchange.line);
            let printed = run(&arguments(&exchange.command).map_err(at)?).map_err(at)?;
            if printed.trim().is_empty() {
                return Err(at(format!("`{}` printed nothing", exchange.command)));
            }
            fresh.push_str(&format!("$ {}\n", exchange.command));
            if agree(&exchange.expected, &printed) {
                fresh.push_str(&exchange.expected);
            } else {
                fresh.push_str(&tidy(&printed));
                fresh.push_str(blank_end(&exchange.expected));
            }
        }
        done = block.range.end;
    }
    fresh.push_str(&text[done..]);
    Ok(fresh)
}

/// Splits a block at its `$ ` lines.
fn exchanges(block: &Block) -> Result<Vec<Exchange>, String> {
    let mut found: Vec<Exchange> = Vec::new();
    for (index, line) in block.body.lines().enumerate() {
        if let Some(command) = line.strip_prefix("$ ") {
            found.push(Exchange {
                line: block.line + 1 + index,
                command: command.trim().to_owned(),
                expected: String::new(),
            });
        } else if let Some(exchange) = found.last_mut() {
            exchange.expected.push_str(line);
            exchange.expected.push('\n');
        } else {
            return Err(format!(
                "{}: a console block starts with a command, `$ symbias ...`",
                block.line + 1 + index
            ));
        }
    }
    if found.is_empty() {
        return Err(format!("{}: this console block has no command", block.line));
    }
    Ok(found)
}

/// The arguments of `symbias ...` or `cargo run --release -- ...`; single and double quotes
/// group, and nothing else of a shell is understood.
fn arguments(command: &str) -> Result<Vec<String>, String> {
    let rest = [
        "symbias",
        "cargo run --release --quiet --",
        "cargo run --release --",
    ]
    .iter()
    .find_map(|start| command.strip_prefix(start))
    .filter(|rest| rest.is_empty() || rest.starts_with(' '))
    .ok_or_else(|| {
        format!(
            "`{command}` is not run: console blocks hold `symbias ...` or \
                 `cargo run --release -- ...`; write ```sh for other commands"
        )
    })?;
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote: Option<char> = None;
    for c in rest.chars() {
        match (quote, c) {
            (Some(q), _) if c == q => quote = None,
            (None, '"' | '\'') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, ' ') => words.extend(word.take()),
            (None, '|' | '<' | '>' | '&' | ';' | '$' | '`' | '\\') => {
                return Err(format!(
                    "`{command}` needs a shell (`{c}`): quote it, or use ```sh"
                ));
            }
            _ => word.get_or_insert_default().push(c),
        }
    }
    if quote.is_some() {
        return Err(format!("`{command}` has an open quote"));
    }
    words.extend(word);
    Ok(words)
}

/// Whether the text says what was printed, up to durations, `...`, and blank ends.
fn agree(expected: &str, printed: &str) -> bool {
    let (expected, printed) = (tidy(expected), tidy(printed));
    let expected: Vec<String> = expected.lines().map(without_durations).collect();
    let printed: Vec<String> = printed.lines().map(without_durations).collect();
    matches(&expected, &printed)
}

fn matches(expected: &[String], printed: &[String]) -> bool {
    match expected.split_first() {
        None => printed.is_empty(),
        Some((first, rest)) if first == "..." => {
            (0..=printed.len()).any(|skipped| matches(rest, &printed[skipped..]))
        }
        Some((first, rest)) => printed.first() == Some(first) && matches(rest, &printed[1..]),
    }
}

/// No blanks at the ends of lines, no blank lines at the end, one last newline.
fn tidy(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    lines.join("\n").trim_end().to_owned() + "\n"
}

/// The blank lines at the end of an output: they separate it from the next command.
fn blank_end(text: &str) -> &str {
    let kept = text.trim_end().len();
    text[kept..].strip_prefix('\n').unwrap_or_default()
}

/// The line with each duration (`12 ms`, `0.3s`) replaced by `<time>`.
fn without_durations(line: &str) -> String {
    const UNITS: &[&str] = &["ns", "µs", "us", "ms", "s", "min"];
    let mut out = String::new();
    let mut rest = line;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let inside = |c: char| c.is_alphanumeric() || matches!(c, '_' | '^' | '-');
        let after_word = rest[..start].ends_with(inside);
        let number = rest[start..]
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .map_or(rest.len(), |end| start + end);
        let tail = rest[number..].strip_prefix(' ').unwrap_or(&rest[number..]);
        let unit = tail
            .find(|c: char| !c.is_alphanumeric())
            .map_or(tail, |end| &tail[..end]);
        out.push_str(&rest[..start]);
        if !after_word && UNITS.contains(&unit) {
            out.push_str("<time>");
            rest = &tail[unit.len()..];
        } else {
            out.push_str(&rest[start..number]);
            rest = &rest[number..];
        }
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::super::blocks::blocks;
    use super::*;

    fn refreshed(text: &str, printed: &str) -> Result<String, String> {
        refresh(
            text,
            &blocks(text).unwrap(),
            &mut |_| Ok(printed.to_owned()),
        )
    }

    #[test]
    fn an_output_that_holds_stays_as_written() {
        let text = "x\n```console\n$ symbias analyze m.toml\nrank 48\nin 0.2 s\n```\ny\n";
        assert_eq!(refreshed(text, "rank 48  \nin 17 ms\n").unwrap(), text);
        let elided = "```console\n$ symbias analyze m.toml\n...\nrank 48\n...\n```\n";
        assert_eq!(refreshed(elided, "a\nb\nrank 48\n").unwrap(), elided);
    }

    #[test]
    fn an_output_that_changed_is_rewritten() {
        let text = "```console\n$ symbias a\nrank 48\n\n$ symbias b\nrank 48\n```\n";
        let fresh = "```console\n$ symbias a\nrank 49\n\n$ symbias b\nrank 49\n```\n";
        assert_eq!(refreshed(text, "rank 49\n").unwrap(), fresh);
        let elided = "```console\n$ symbias a\n...\nrank 48\n```\n";
        assert!(
            refreshed(elided, "rank 49\n")
                .unwrap()
                .contains("\nrank 49\n")
        );
    }

    #[test]
    fn a_command_that_prints_nothing_or_cannot_run_is_refused() {
        let text = "```console\n$ symbias a\n```\n";
        assert!(
            refreshed(text, "\n")
                .unwrap_err()
                .starts_with("2: `symbias a` printed nothing")
        );
        for (body, reason) in [
            ("$ cargo test\n", "2: `cargo test` is not run"),
            ("$ symbiased a\n", "2: `symbiased a` is not run"),
            ("$ symbias a | wc\n", "2: `symbias a | wc` needs a shell"),
            ("$ symbias 'a\n", "2: `symbias 'a` has an open quote"),
            ("rank\n", "2: a console block starts with a command"),
            ("", "1: this console block has no command"),
        ] {
            let found = refreshed(&format!("```console\n{body}```\n"), "x\n").unwrap_err();
            assert!(found.starts_with(reason), "{found}");
        }
    }

    #[test]
    fn quotes_group_and_both_spellings_run() {
        for start in ["symbias", "cargo run --release --"] {
            let words = arguments(&format!("{start} eval \"a b\" '' --at x")).unwrap();
            assert_eq!(words, ["eval", "a b", "", "--at", "x"]);
        }
    }

    #[test]
    fn durations_and_nothing_else_are_left_out() {
        assert_eq!(without_durations("12 ms, 0.3s"), "<time>, <time>");
        for kept in [
            "rank 48",
            "gl(3) + so(2)",
            "R^16 s",
            "x1 s",
            "3 scalars",
            "1e-16",
        ] {
            assert_eq!(without_durations(kept), kept);
        }
    }
}
