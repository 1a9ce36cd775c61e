//! From the text of a program to tokens.

use super::text::Text;
use crate::error::{Error, ErrorKind, Result, Span};

/// A token.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    Word(String),
    Integer(i64),
    Number(f64),
    Quoted(String),
    /// Operators and brackets.
    Symbol(&'static str),
    /// End of a line outside brackets.
    Line,
    End,
}

impl Token {
    /// How a message names it.
    pub fn describe(&self) -> String {
        match self {
            Token::Word(w) => format!("`{w}`"),
            Token::Integer(n) => format!("`{n}`"),
            Token::Number(n) => format!("`{n}`"),
            Token::Quoted(s) => format!("\"{s}\""),
            Token::Symbol(s) => format!("`{s}`"),
            Token::Line => "the end of the line".into(),
            Token::End => "the end of the text".into(),
        }
    }
}

const SYMBOLS: [&str; 26] = [
    "//", "<=", ">=", "==", "!=", "&&", "||", "**", "+", "-", "*", "/", "^", "%", "=", "<", ">",
    "(", ")", "[", "]", ",", "'", "!", ";", ":",
];

/// The tokens, with their places in the file; ends with `End`.
pub(super) fn tokens(text: &Text) -> Result<Vec<(Token, Span)>> {
    let source = text.text.as_str();
    let mut tokens = Vec::new();
    let mut open: Vec<(&'static str, Span)> = Vec::new();
    let mut at = 0;
    while let Some(c) = source[at..].chars().next() {
        let start = at;
        let rest = &source[at..];
        let token = if c == '\n' {
            at += 1;
            if !open.is_empty() {
                continue;
            }
            Token::Line
        } else if c == ' ' || c == '\t' || c == '\r' {
            at += 1;
            continue;
        } else if c == '#' {
            at += rest.find('\n').unwrap_or(rest.len());
            continue;
        } else if c.is_ascii_alphabetic() || c == '_' {
            let length = rest
                .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
                .unwrap_or(rest.len());
            at += length;
            Token::Word(rest[..length].to_owned())
        } else if c.is_ascii_digit() || (c == '.' && digit(rest, 1)) {
            let length = number_length(rest);
            at += length;
            let place = text.place(Span { start, end: at });
            number(&rest[..length]).map_err(|e| e.at(place))?
        } else if c == '"' || (c == '\'' && quoted(&tokens)) {
            let Some(length) = rest[1..].find(c).filter(|n| !rest[1..=*n].contains('\n')) else {
                let place = text.place(Span { start, end: at + 1 });
                return Err(syntax("a quoted word does not end on its line").at(place));
            };
            at += length + 2;
            Token::Quoted(rest[1..=length].to_owned())
        } else if let Some(symbol) = SYMBOLS.iter().find(|s| rest.starts_with(**s)) {
            at += symbol.len();
            Token::Symbol(symbol)
        } else {
            let place = text.place(Span {
                start,
                end: at + c.len_utf8(),
            });
            let shown = c.escape_debug();
            return Err(syntax(format!("`{shown}` has no meaning here"))
                .at(place)
                .remedy(
                    "programs are ASCII: words, numbers, + - * / ^ ( ) [ ] , = and comparisons",
                ));
        };
        let place = text.place(Span { start, end: at });
        brackets(&token, place, &mut open)?;
        tokens.push((token, place));
    }
    if let Some((symbol, place)) = open.last() {
        return Err(syntax(format!("`{symbol}` is never closed")).at(*place));
    }
    let end = text.place(Span {
        start: source.len(),
        end: source.len(),
    });
    tokens.push((Token::End, end));
    Ok(tokens)
}

/// Whether a `'` starts a quoted word (after `=`) rather than being a prime.
fn quoted(tokens: &[(Token, Span)]) -> bool {
    matches!(tokens.last(), Some((Token::Symbol("=" | "(" | ","), _)))
}

fn brackets(token: &Token, place: Span, open: &mut Vec<(&'static str, Span)>) -> Result<()> {
    match token {
        Token::Symbol(s @ ("(" | "[")) => open.push((s, place)),
        Token::Symbol(s @ (")" | "]")) => {
            let expected = if *s == ")" { "(" } else { "[" };
            match open.pop() {
                Some((found, _)) if found == expected => {}
                Some((found, opened)) => {
                    return Err(syntax(format!("`{s}` closes `{found}`"))
                        .at(place)
                        .note(opened, "opened here"));
                }
                None => return Err(syntax(format!("`{s}` closes nothing")).at(place)),
            }
        }
        _ => {}
    }
    Ok(())
}

fn digit(rest: &str, at: usize) -> bool {
    rest.as_bytes().get(at).is_some_and(u8::is_ascii_digit)
}

fn number_length(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let digits = |mut i: usize| {
        while i < bytes.len() && bytes[i].is_ascii_digit() {
            i += 1;
        }
        i
    };
    let mut end = digits(0);
    if bytes.get(end) == Some(&b'.') {
        end = digits(end + 1);
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        if digit(rest, end + 1 + sign) {
            end = digits(end + 1 + sign);
        }
    }
    end
}

fn number(text: &str) -> Result<Token> {
    if text.bytes().all(|b| b.is_ascii_digit()) {
        return text.parse().map(Token::Integer).map_err(|_| {
            Error::new(
                ErrorKind::Value,
                format!("the integer {text} is above 2^63 − 1"),
            )
            .remedy("write it with an exponent (1e20) if it is a real number")
        });
    }
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(Token::Number(value)),
        _ => Err(Error::new(
            ErrorKind::Value,
            format!("the number {text} is not finite"),
        )),
    }
}

pub(super) fn syntax(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Syntax, message)
}
