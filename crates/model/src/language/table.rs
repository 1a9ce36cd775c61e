//! Reading a TOML table key by key: kinds checked, unknown keys refused, places kept.

use super::syntax::Name;
use super::text::Text;
use crate::error::{Error, ErrorKind, Result, Span};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

pub(super) type Value<'a> = Spanned<DeValue<'a>>;

/// A table that forgets the keys already read.
pub(super) struct Table<'a> {
    entries: Vec<(Name, &'a Value<'a>)>,
    known: Vec<&'static str>,
    /// Where it stands.
    pub span: Span,
    /// How messages call it: `[loss]`, `the root`.
    what: String,
    file: &'a str,
}

pub(super) fn span_of<T>(value: &Spanned<T>) -> Span {
    let range = value.span();
    Span {
        start: range.start,
        end: range.end,
    }
}

impl<'a> Table<'a> {
    pub fn new(
        table: &'a DeTable<'a>,
        span: Span,
        what: impl Into<String>,
        file: &'a str,
    ) -> Table<'a> {
        let mut entries: Vec<_> = table
            .iter()
            .map(|(key, value)| {
                let name = Name {
                    text: key.get_ref().to_string(),
                    span: span_of(key),
                };
                (name, value)
            })
            .collect();
        entries.sort_by_key(|(name, _)| name.span.start);
        Table {
            entries,
            known: Vec::new(),
            span,
            what: what.into(),
            file,
        }
    }

    /// The value as a table, or an error that says what was expected.
    pub fn of(value: &'a Value<'a>, what: impl Into<String>, file: &'a str) -> Result<Table<'a>> {
        let what = what.into();
        match value.get_ref() {
            DeValue::Table(table) => Ok(Table::new(table, span_of(value), what, file)),
            other => Err(mismatch(&what, "a table", other).at(span_of(value))),
        }
    }

    /// Takes the value of a key that the format knows.
    pub fn take(&mut self, key: &'static str) -> Option<&'a Value<'a>> {
        self.known.push(key);
        let at = self.entries.iter().position(|(name, _)| name.text == key)?;
        Some(self.entries.remove(at).1)
    }

    pub fn table(&mut self, key: &'static str) -> Result<Option<Table<'a>>> {
        let file = self.file;
        self.take(key)
            .map(|value| Table::of(value, format!("[{key}]"), file))
            .transpose()
    }

    pub fn string(&mut self, key: &'static str) -> Result<Option<Name>> {
        self.take(key).map(|value| string(value, key)).transpose()
    }

    pub fn text(&mut self, key: &'static str) -> Result<Option<Text>> {
        let file = self.file;
        self.take(key)
            .map(|value| text(value, key, file))
            .transpose()
    }

    pub fn names(&mut self, key: &'static str) -> Result<Option<Vec<Name>>> {
        self.take(key).map(|value| names(value, key)).transpose()
    }

    pub fn integer(&mut self, key: &'static str) -> Result<Option<(i64, Span)>> {
        self.take(key)
            .map(|value| Ok((integer(value, key)?, span_of(value))))
            .transpose()
    }

    /// An error at this table.
    pub fn missing(&self, key: &str, remedy: &str) -> Error {
        Error::new(
            ErrorKind::Definition,
            format!("{} lacks the key `{key}`", self.what),
        )
        .at(self.span)
        .remedy(remedy)
    }

    /// All entries, where the keys are names that the user chooses.
    pub fn rest(&mut self) -> Vec<(Name, &'a Value<'a>)> {
        std::mem::take(&mut self.entries)
    }

    /// Refuses what was not read.
    pub fn done(self) -> Result<()> {
        let Some((name, _)) = self.entries.first() else {
            return Ok(());
        };
        let shown = name.text.escape_debug();
        let error = Error::new(
            ErrorKind::Unknown,
            format!("unknown key `{shown}` in {}", self.what),
        )
        .at(name.span);
        Err(
            match crate::error::nearest(&name.text, self.known.iter().copied()) {
                Some(near) => error.remedy(format!("did you mean `{near}`?")),
                None => error.remedy(format!("known keys: {}", self.known.join(", "))),
            },
        )
    }
}

/// `what` is not `expected`.
pub(super) fn mismatch(what: &str, expected: &str, found: &DeValue<'_>) -> Error {
    Error::new(
        ErrorKind::Value,
        format!(
            "{what} is {expected}, found a value of type {}",
            found.type_str()
        ),
    )
}

pub(super) fn string(value: &Value<'_>, what: &str) -> Result<Name> {
    match value.get_ref() {
        DeValue::String(text) => Ok(Name {
            text: text.to_string(),
            span: span_of(value),
        }),
        other => Err(mismatch(&format!("`{what}`"), "a string", other).at(span_of(value))),
    }
}

pub(super) fn text(value: &Value<'_>, what: &str, file: &str) -> Result<Text> {
    string(value, what).map(|name| Text::new(&name.text, name.span, file))
}

pub(super) fn names(value: &Value<'_>, what: &str) -> Result<Vec<Name>> {
    match value.get_ref() {
        DeValue::Array(array) => array.iter().map(|item| string(item, what)).collect(),
        other => {
            Err(mismatch(&format!("`{what}`"), "an array of strings", other).at(span_of(value)))
        }
    }
}

pub(super) fn integer(value: &Value<'_>, what: &str) -> Result<i64> {
    match value.get_ref() {
        DeValue::Integer(n) => i64::from_str_radix(n.as_str(), n.radix()).map_err(|_| {
            Error::new(
                ErrorKind::Value,
                format!("`{what}` is outside the 64-bit integers"),
            )
            .at(span_of(value))
        }),
        other => Err(mismatch(&format!("`{what}`"), "an integer", other).at(span_of(value))),
    }
}

/// A finite real number; integers are numbers too.
pub(super) fn number(value: &Value<'_>, what: &str) -> Result<f64> {
    let found = match value.get_ref() {
        DeValue::Integer(_) => return Ok(integer(value, what)? as f64),
        DeValue::Float(x) => x.as_str().parse::<f64>().unwrap_or(f64::NAN),
        other => {
            return Err(mismatch(&format!("`{what}`"), "a number", other).at(span_of(value)));
        }
    };
    if found.is_finite() {
        return Ok(found);
    }
    Err(
        Error::new(ErrorKind::Value, format!("`{what}` is not finite: {found}"))
            .at(span_of(value))
            .remedy("constants are finite; `-inf` stands in a `where` of a program only"),
    )
}
