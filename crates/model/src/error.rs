//! The one public error type: what the caller gave, where, the rule, and the remedy.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

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
    /// The caller asked to stop.
    Interrupted,
}

impl ErrorKind {
    /// All kinds.
    pub const ALL: [ErrorKind; 10] = [
        ErrorKind::Syntax,
        ErrorKind::Unknown,
        ErrorKind::Definition,
        ErrorKind::Index,
        ErrorKind::Shape,
        ErrorKind::Value,
        ErrorKind::File,
        ErrorKind::Unsupported,
        ErrorKind::Numerical,
        ErrorKind::Interrupted,
    ];

    /// What programs of other languages match on; it does not change from version to version.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            ErrorKind::Syntax => "syntax",
            ErrorKind::Unknown => "unknown",
            ErrorKind::Definition => "definition",
            ErrorKind::Index => "index",
            ErrorKind::Shape => "shape",
            ErrorKind::Value => "value",
            ErrorKind::File => "file",
            ErrorKind::Unsupported => "unsupported",
            ErrorKind::Numerical => "numerical",
            ErrorKind::Interrupted => "interrupted",
        }
    }
}

/// A place in a text, for a person: lines and columns count from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file, if the text is one.
    pub path: Option<PathBuf>,
    /// The line.
    pub line: usize,
    /// The column, in characters.
    pub column: usize,
}

/// A mistake of the caller: value, place, rule, remedy.
#[derive(Clone)]
pub struct Error(Box<Inner>);

/// What caused an error.
type Cause = Arc<dyn std::error::Error + Send + Sync>;

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    message: String,
    remedy: Option<String>,
    span: Option<Span>,
    notes: Vec<(Span, String)>,
    source: Option<SourceText>,
    cause: Option<Cause>,
}

#[derive(Clone)]
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
            cause: None,
        }))
    }

    /// The error of work that the caller stopped.
    #[must_use]
    pub fn interrupted() -> Error {
        Error::new(ErrorKind::Interrupted, "it was stopped before it was done")
    }

    /// Keeps what caused it.
    #[must_use]
    pub fn caused_by(mut self, cause: impl std::error::Error + Send + Sync + 'static) -> Error {
        self.0.cause = Some(Arc::new(cause));
        self
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

    /// What to do about it.
    #[must_use]
    pub fn help(&self) -> Option<&str> {
        self.0.remedy.as_deref()
    }

    /// The place as a person counts, where the text is known.
    #[must_use]
    pub fn place(&self) -> Option<Place> {
        Some(self.place_of(self.0.span?)?.0)
    }

    /// Further places and what is to be seen there.
    pub fn notes(&self) -> impl Iterator<Item = (Option<Place>, &str)> {
        self.0
            .notes
            .iter()
            .map(|(span, text)| (self.place_of(*span).map(|p| p.0), text.as_str()))
    }

    /// The place of a span, and the line that it is in.
    fn place_of(&self, span: Span) -> Option<(Place, &str)> {
        let SourceText { path, text } = self.0.source.as_ref()?;
        let mut start = span.start.min(text.len());
        while !text.is_char_boundary(start) {
            start -= 1;
        }
        let from = text[..start].rfind('\n').map_or(0, |i| i + 1);
        let to = text[start..].find('\n').map_or(text.len(), |i| start + i);
        let place = Place {
            path: path.clone(),
            line: text[..start].matches('\n').count() + 1,
            column: text[from..start].chars().count() + 1,
        };
        Some((place, &text[from..to]))
    }

    /// Writes `path:line:column`, the line, and a caret under the span.
    fn write_excerpt(&self, f: &mut fmt::Formatter<'_>, span: Span) -> fmt::Result {
        let Some((Place { path, line, column }, whole)) = self.place_of(span) else {
            return Ok(());
        };
        let path = shown(path.as_deref());
        let gutter = line.to_string().len();
        write!(f, "\n{:gutter$}--> {path}:{line}:{column}", " ")?;
        let printed = |c: char| if c.is_control() { ' ' } else { c };
        let printed: String = whole.chars().map(printed).collect();
        if printed.chars().count() > 200 {
            return Ok(());
        }
        let after: String = whole.chars().skip(column - 1).collect();
        let mut end = (span.end - span.start.min(span.end)).min(after.len());
        while !after.is_char_boundary(end) {
            end -= 1;
        }
        let carets = "^".repeat(after[..end].chars().count().max(1));
        write!(f, "\n{line} | {printed}")?;
        write!(
            f,
            "\n{:gutter$} | {:indent$}{carets}",
            "",
            "",
            indent = column - 1
        )
    }
}

fn shown(path: Option<&Path>) -> String {
    path.map_or_else(|| "<text>".into(), |p| p.display().to_string())
}

/// As [`Display`](fmt::Display): a person reads it, in a failed test too.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.message)?;
        if let Some(source) = &self.0.source {
            match self.0.span {
                Some(span) => self.write_excerpt(f, span)?,
                None => write!(f, "\n  --> {}", shown(source.path.as_deref()))?,
            }
            for (span, text) in &self.0.notes {
                write!(f, "\n  note: {text}")?;
                self.write_excerpt(f, *span)?;
            }
        }
        if let Some(remedy) = &self.0.remedy {
            write!(f, "\n  help: {remedy}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        let cause = self.0.cause.as_deref()?;
        Some(cause)
    }
}

/// The nearest of `candidates` to `name` by edit distance, if near enough to suggest.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (name.chars().count() / 3).max(1) + 1;
    candidates
        .into_iter()
        .map(|candidate| (strsim::osa_distance(name, candidate), candidate))
        .filter(|(d, candidate)| *d <= limit && *d < candidate.chars().count().max(2))
        .min()
        .map(|(_, candidate)| candidate)
}
