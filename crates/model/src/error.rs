//! The one public error type: what the caller gave, where, the rule, and the remedy.

use std::fmt;
use std::path::PathBuf;

/// `Result` with the error of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A place in a source text, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// The smallest span that covers both.
    #[must_use]
    pub fn to(self, other: Span) -> Span {
        Span {
            start: self.start.min(other.start),
            end: self.end.max(other.end),
        }
    }
}

/// The kind of a caller's mistake; programs match on it, people read the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The text is not TOML, not UTF-8, or too long.
    Syntax,
    /// A key, name, operation or axis that does not exist.
    Unknown,
    /// A name defined twice, or definitions that form a cycle.
    Definition,
    /// An index used on two axes, left over, or out of bounds.
    Index,
    /// Shapes or sizes that do not fit.
    Shape,
    /// A value outside its range: not finite, negative, too large.
    Value,
    /// A file that cannot be read or does not hold what it should.
    File,
    /// A request that this model, or this version, does not support.
    Unsupported,
    /// Numerical linear algebra that did not converge.
    Numerical,
}

/// A mistake of the caller: value, place, rule, remedy.
#[derive(Clone, Debug)]
pub struct Error(Box<Inner>);

#[derive(Clone, Debug)]
struct Inner {
    kind: ErrorKind,
    message: String,
    remedy: Option<String>,
    span: Option<Span>,
    notes: Vec<(Span, String)>,
    source: Option<SourceText>,
}

#[derive(Clone, Debug)]
struct SourceText {
    path: Option<PathBuf>,
    text: String,
}

impl Error {
    /// An error that says what was found and which rule it breaks.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Error {
        Error(Box::new(Inner {
            kind,
            message: message.into(),
            remedy: None,
            span: None,
            notes: Vec::new(),
            source: None,
        }))
    }

    /// Says before the message what it is about.
    #[must_use]
    pub fn context(mut self, of: &str) -> Error {
        self.0.message = format!("{of}: {}", self.0.message);
        self
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn remedy(mut self, remedy: impl Into<String>) -> Error {
        self.0.remedy = Some(remedy.into());
        self
    }

    /// Adds the remedy `did you mean`, if one of the candidates is near.
    #[must_use]
    pub fn suggest<'a>(self, name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Error {
        match nearest(name, candidates) {
            Some(near) => self.remedy(format!("did you mean `{near}`?")),
            None => self,
        }
    }

    /// Adds the place, unless a more precise one is already there.
    #[must_use]
    pub fn at(mut self, span: Span) -> Error {
        self.0.span.get_or_insert(span);
        self
    }

    /// Adds a second place and what is to be seen there; an empty span adds nothing.
    #[must_use]
    pub fn note(mut self, span: Span, text: impl Into<String>) -> Error {
        if span != Span::default() {
            self.0.notes.push((span, text.into()));
        }
        self
    }

    /// Adds the text (and file) that the span refers to, unless already there.
    #[must_use]
    pub fn in_text(mut self, path: Option<PathBuf>, text: &str) -> Error {
        if self.0.source.is_none() {
            self.0.source = Some(SourceText {
                path,
                text: text.to_owned(),
            });
        }
        self
    }

    /// The kind.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The message alone: no place, no remedy.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The place, in bytes of the source text.
    #[must_use]
    pub fn span(&self) -> Option<Span> {
        self.0.span
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.message)?;
        if let Some(source) = &self.0.source {
            let path = source
                .path
                .as_ref()
                .map_or_else(|| "<text>".into(), |p| p.display().to_string());
            match self.0.span {
                Some(span) => write_excerpt(f, &path, &source.text, span)?,
                None => write!(f, "\n  --> {path}")?,
            }
            for (span, text) in &self.0.notes {
                write!(f, "\n  note: {text}")?;
                write_excerpt(f, &path, &source.text, *span)?;
            }
        }
        if let Some(remedy) = &self.0.remedy {
            write!(f, "\n  help: {remedy}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}

/// Writes `path:line:column`, the line, and a caret under the span.
fn write_excerpt(f: &mut fmt::Formatter<'_>, path: &str, text: &str, span: Span) -> fmt::Result {
    let mut start = span.start.min(text.len());
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    let line_start = text[..start].rfind('\n').map_or(0, |i| i + 1);
    let line_end = text[start..].find('\n').map_or(text.len(), |i| start + i);
    let number = text[..start].matches('\n').count() + 1;
    let column = text[line_start..start].chars().count() + 1;
    let mut end = span.end.clamp(start, line_end);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let width = text[start..end].chars().count().max(1);
    let gutter = number.to_string().len();
    write!(f, "\n{:gutter$}--> {path}:{number}:{column}", " ")?;
    let shown: String = text[line_start..line_end]
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    if shown.chars().count() <= 200 {
        write!(f, "\n{number} | {shown}")?;
        write!(
            f,
            "\n{:gutter$} | {:indent$}{}",
            "",
            "",
            "^".repeat(width),
            indent = column - 1
        )?;
    }
    Ok(())
}

/// The nearest of `candidates` to `name` by edit distance, if near enough to suggest.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (name.chars().count() / 3).max(1) + 1;
    candidates
        .into_iter()
        .map(|candidate| (distance(name, candidate), candidate))
        .filter(|(d, candidate)| *d <= limit && *d < candidate.chars().count().max(2))
        .min()
        .map(|(_, candidate)| candidate)
}

/// Edit distance with exchanged neighbours counted once, quadratic; names are short.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    rows[0] = (0..=b.len()).collect();
    for i in 1..=a.len() {
        rows[i][0] = i;
        for j in 1..=b.len() {
            let substituted = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = substituted.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            rows[i][j] = least;
        }
    }
    rows[a.len()][b.len()]
}
