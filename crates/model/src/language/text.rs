//! A string of the TOML file, with the place of each of its bytes in that file.

use crate::error::Span;

/// Text written inside a TOML string (a program, a size, an expression).
#[derive(Clone, Debug)]
pub(super) struct Text {
    /// The decoded text.
    pub text: String,
    /// Where the string stands in the file, quotes included.
    pub span: Span,
    places: Vec<u32>,
}

impl Text {
    /// The text of a string literal that stands at `span` of `file`.
    pub fn new(text: &str, span: Span, file: &str) -> Text {
        let literal = file.get(span.start..span.end).unwrap_or("");
        Text {
            text: text.to_owned(),
            span,
            places: places(text, literal, span.start),
        }
    }

    /// The span in the file of a span in this text.
    pub fn place(&self, span: Span) -> Span {
        let at = |i: usize| {
            let i = i.min(self.places.len().saturating_sub(1));
            self.places.get(i).map_or(self.span.start, |p| *p as usize)
        };
        let start = at(span.start);
        Span {
            start,
            end: at(span.end).max(start),
        }
    }
}

/// For each byte of the decoded text (and its end) the byte of the file.
fn places(text: &str, literal: &str, offset: usize) -> Vec<u32> {
    let mut raw = opening(literal);
    let escaped = literal.starts_with('"');
    let mut places = Vec::with_capacity(text.len() + 1);
    for c in text.chars() {
        if escaped {
            raw += trimmed(&literal[raw..]);
        }
        let rest = &literal[raw..];
        let used = if rest.starts_with(c) && !(escaped && c == '\\') {
            c.len_utf8()
        } else if escaped && rest.starts_with('\\') {
            escape(rest)
        } else if c == '\n' && rest.starts_with("\r\n") {
            2
        } else {
            0
        };
        places.extend(std::iter::repeat_n((offset + raw) as u32, c.len_utf8()));
        raw += used;
        while !literal.is_char_boundary(raw) {
            raw += 1;
        }
    }
    places.push((offset + raw) as u32);
    places
}

/// Bytes of the opening quotes, and of the line break after triple quotes.
fn opening(literal: &str) -> usize {
    if literal.starts_with("\"\"\"") || literal.starts_with("'''") {
        let rest = &literal[3..];
        3 + if rest.starts_with("\r\n") {
            2
        } else {
            usize::from(rest.starts_with('\n'))
        }
    } else {
        literal.len().min(1)
    }
}

/// Bytes of a backslash at the end of a line, with the blank that it removes.
fn trimmed(rest: &str) -> usize {
    let Some(after) = rest.strip_prefix('\\') else {
        return 0;
    };
    let line = after.trim_start_matches([' ', '\t']);
    if line.starts_with('\n') || line.starts_with("\r\n") {
        let blank = after.len() - after.trim_start_matches([' ', '\t', '\n', '\r']).len();
        return 1 + blank;
    }
    0
}

/// Bytes of an escape sequence.
fn escape(rest: &str) -> usize {
    let length = match rest.as_bytes().get(1) {
        Some(b'u') => 6,
        Some(b'U') => 10,
        Some(b'x') => 4,
        _ => 2,
    };
    length.min(rest.len())
}
