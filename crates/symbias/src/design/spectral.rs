//! What a target adds to the model language: `nuclear[i,j](e)` and `schatten[i,j](e, p)`, functions of singular values. Each is taken
//! out of the text as a whole, token by token, and a name of its own put in its place; the language reads the rest.

use symbias_model::error::{Error, ErrorKind, Result};

/// A function of the singular values of an expression.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Spectral {
    /// The name that stands for it.
    pub name: String,
    /// The letters of rows and columns.
    pub letters: [String; 2],
    /// The matrix.
    pub argument: String,
    /// r as an expression in the word `x`.
    function: String,
    /// Letters that stay free.
    pub free: Vec<String>,
}

impl Spectral {
    /// The name of one singular value.
    pub fn value(&self) -> String {
        format!("{}_value", self.name)
    }

    /// The name of the matrix.
    pub fn matrix(&self) -> String {
        format!("{}_matrix", self.name)
    }

    /// r of an expression.
    pub fn of(&self, value: &str) -> Result<String> {
        renamed(&self.function, "x", value)
    }
}

/// Words of a text with their places; numbers are no words.
pub(super) fn words(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let bytes = text.as_bytes();
    let part = |c: u8| c.is_ascii_alphanumeric() || c == b'_';
    let mut at = 0;
    while at < bytes.len() {
        if !part(bytes[at]) {
            at += 1;
            continue;
        }
        let start = at;
        // A number takes its letters, its point and the sign of its exponent.
        let number = bytes[at].is_ascii_digit();
        while at < bytes.len()
            && (part(bytes[at])
                || number && bytes[at] == b'.'
                || number
                    && (bytes[at] == b'-' || bytes[at] == b'+')
                    && matches!(bytes[at - 1], b'e' | b'E'))
        {
            at += 1;
        }
        if !number {
            found.push((start, &text[start..at]));
        }
    }
    found
}

/// Whether an expression has a word.
#[must_use]
pub fn is_named(text: &str, word: &str) -> bool {
    words(text).iter().any(|(_, w)| *w == word)
}

/// The text with a word replaced.
///
/// # Errors
/// A text without the word.
pub(super) fn renamed(text: &str, word: &str, by: &str) -> Result<String> {
    let places: Vec<usize> = words(text)
        .into_iter()
        .filter(|(_, w)| *w == word)
        .map(|(at, _)| at)
        .collect();
    if places.is_empty() {
        return Err(Error::new(
            ErrorKind::Value,
            format!("the target `{text}` has no `{word}`"),
        )
        .remedy("--target \"abs(x)^0.5\": x is the entry, the group's norm, the singular value"));
    }
    let mut out = String::new();
    let mut from = 0;
    for at in places {
        out.push_str(&text[from..at]);
        out.push_str(by);
        from = at + word.len();
    }
    out.push_str(&text[from..]);
    Ok(out)
}

/// The text with bare letters of other axes written as index expressions: `w[j]` is `w[j+0]` where j runs over a shorter axis than that of w.
pub(super) fn shifted(
    text: &str,
    other: &dyn Fn(&str, usize, &str) -> bool,
    names: &[String],
) -> String {
    let mut out = String::new();
    let mut from = 0;
    for (at, word) in words(text) {
        if at < from || !names.iter().any(|n| n == word) {
            continue;
        }
        let Some((inner, end)) = bracketed(text, at + word.len(), '[', ']') else {
            continue;
        };
        let indices: Vec<String> = split(inner)
            .iter()
            .enumerate()
            .map(|(k, i)| match other(word, k, i.trim()) {
                true => format!("{}+0", i.trim()),
                false => (*i).to_owned(),
            })
            .collect();
        out.push_str(&text[from..at]);
        out.push_str(&format!("{word}[{}]", indices.join(",")));
        from = end;
    }
    out.push_str(&text[from..]);
    out
}

/// The operation that stands for a function of `x` on singular values; [`extract`] knows it.
///
/// # Errors
/// A text without `x`.
pub(super) fn marker(target: &str) -> Result<String> {
    renamed(target, "x", "x")?;
    Ok(format!("spectral{{{target}}}"))
}

/// Takes functions of singular values out.
///
/// # Errors
/// Brackets that do not close, or hold something else.
pub(super) fn extract(text: &str) -> Result<(String, Vec<Spectral>)> {
    let mut rest = text.to_owned();
    let mut found = Vec::new();
    loop {
        let next = words(&rest)
            .into_iter()
            .find(|(_, w)| matches!(*w, "nuclear" | "schatten" | "spectral"))
            .map(|(at, w)| (at, w.to_owned()));
        let Some((start, word)) = next else { break };
        let wrong = |what: &str| {
            Error::new(ErrorKind::Syntax, format!("`{word}` in the target: {what}"))
                .remedy("write nuclear[i,j](W[i,j]), or schatten[i,j](W[i,j], 0.5) for the sum of singular values to the power 0.5")
        };
        let mut at = start + word.len();
        let mut function = None;
        if word == "spectral" {
            let (inner, end) = bracketed(&rest, at, '{', '}').ok_or_else(|| wrong("is no name"))?;
            function = Some(inner.to_owned());
            at = end;
        }
        let (letters, end) = bracketed(&rest, at, '[', ']')
            .ok_or_else(|| wrong("the letters of rows and columns are missing"))?;
        let letters: Vec<String> = letters.split(',').map(|l| l.trim().to_owned()).collect();
        let [rows, columns] =
            <[String; 2]>::try_from(letters).map_err(|_| wrong("it runs over two letters"))?;
        let (inner, end) =
            bracketed(&rest, end, '(', ')').ok_or_else(|| wrong("its argument is missing"))?;
        let arguments = split(inner);
        let (argument, function) = match (word.as_str(), arguments.as_slice()) {
            ("schatten", [e, p]) => ((*e).to_owned(), format!("abs(x)^({})", p.trim())),
            ("nuclear", [e]) => ((*e).to_owned(), "x".to_owned()),
            ("spectral", [e]) => ((*e).to_owned(), function.unwrap_or_default()),
            ("schatten", _) => return Err(wrong("it takes a matrix and a power")),
            _ => return Err(wrong("it takes one matrix")),
        };
        let name = format!("singular_{}", found.len());
        // The letters that stay free.
        let mut free: Vec<String> = Vec::new();
        for (_, letter) in indices(&argument) {
            let own = letter == rows || letter == columns;
            if !own && !free.contains(&letter) {
                free.push(letter);
            }
        }
        let by = if free.is_empty() {
            name.clone()
        } else {
            format!("{name}[{}]", free.join(","))
        };
        rest.replace_range(start..end, &by);
        found.push(Spectral {
            name,
            letters: [rows, columns],
            argument,
            function,
            free,
        });
    }
    Ok((rest, found))
}

/// Words within square brackets.
fn indices(text: &str) -> Vec<(usize, String)> {
    let mut depth = 0_i32;
    let mut at_depth = vec![0; text.len() + 1];
    for (at, c) in text.char_indices() {
        match c {
            '[' => depth += 1,
            ']' => depth -= 1,
            _ => {}
        }
        at_depth[at] = depth;
    }
    words(text)
        .into_iter()
        .filter(|(at, _)| at_depth[*at] > 0)
        .map(|(at, w)| (at, w.to_owned()))
        .collect()
}

/// What stands in brackets that open at `at`, blanks aside, and where they end.
pub(super) fn bracketed(text: &str, at: usize, open: char, close: char) -> Option<(&str, usize)> {
    let rest = &text[at..];
    let start = at + rest.len() - rest.trim_start().len();
    if !text[start..].starts_with(open) {
        return None;
    }
    let mut depth = 0;
    for (place, c) in text[start..].char_indices() {
        if c == open {
            depth += 1;
        } else if c == close {
            depth -= 1;
            if depth == 0 {
                return Some((&text[start + 1..start + place], start + place + 1));
            }
        }
    }
    None
}

/// Parts between commas outside of brackets.
pub(super) fn split(text: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut from) = (Vec::new(), 0, 0);
    for (at, c) in text.char_indices() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&text[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[from..]);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn singular_values_are_taken_out_with_their_free_letters() {
        let (rest, found) =
            extract("2*nuclear[h,d](W1[h,d]) + sum[g](schatten[a,b](M[g,a,b], 2/3))")
                .expect("fits");
        assert_eq!(rest, "2*singular_0 + sum[g](singular_1[g])");
        assert_eq!(found[1].of("s").expect("x"), "abs(s)^(2/3)");
        assert_eq!(found[1].letters, ["a", "b"]);
        assert!(extract("nuclear(W)").is_err());
    }

    #[test]
    fn only_whole_words_are_renamed() {
        assert_eq!(
            renamed("exp(x)+1e-3*xx", "x", "z[i]").expect("x"),
            "exp(z[i])+1e-3*xx"
        );
        assert!(renamed("abs(y)", "x", "z").is_err());
    }
}
