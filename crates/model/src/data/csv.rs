//! CSV: rows of numbers, with or without a first row of names. Columns are parted by tabs, `;` or `,`, whichever of them
//! the first row has, in this order; `#` begins a comment; numbers and names may stand in quotes.
//!
//! A field never has a line break, so that an open quote cannot swallow the rest of the file, and every mistake has a line and a
//! column.

use super::file::Loaded;
use super::number::{Bad, FINITE};
use super::{Array, Reading, foreign, listed, shown};
use crate::error::{Error, ErrorKind, Result, nearest};

/// A field: its text and the character it begins at, from 1.
struct Field {
    text: String,
    column: usize,
}

/// A mistake in a line: character from 1, what it is, what to do.
struct Wrong(usize, String, &'static str);

/// A table, or a column of it.
pub(super) struct Table<'a> {
    file: &'a Loaded,
    /// The name of the column that is wanted.
    key: Option<&'a str>,
    /// The first row, if it has names.
    pub names: Option<Vec<String>>,
    /// Fields of a row; 0 before the first.
    pub width: usize,
    /// The column of the key.
    chosen: Option<usize>,
    pub rows: usize,
    pub entries: Vec<f64>,
}

/// The columns, or the one that is asked for.
pub(super) fn table<'a>(
    file: &'a Loaded,
    key: Option<&'a str>,
    delimiter: Option<char>,
) -> Result<Table<'a>> {
    let mut table = Table {
        file,
        key,
        names: None,
        width: 0,
        chosen: None,
        rows: 0,
        entries: Vec::new(),
    };
    let mut delimiter = delimiter;
    for (number, line) in (1..).zip(text(file)?.lines()) {
        let line = without_comment(line);
        if line.trim().is_empty() {
            continue;
        }
        let by = *delimiter.get_or_insert_with(|| delimiter_of(line));
        let fields = fields(line, by).map_err(|wrong| table.at(number, wrong))?;
        if table.width > 0 || !table.begin(number, &fields)? {
            table.row(number, &fields)?;
        }
    }
    match table.entries.is_empty() {
        true => Err(file.without_entries("the table")),
        false => Ok(table),
    }
}

impl Table<'_> {
    /// As an array: a column or a single one is a vector.
    pub fn reading(self) -> Reading {
        let first = match self.names {
            Some(_) => "names in the first row",
            None => "numbers from the first row on",
        };
        let (rows, width) = (self.rows, self.width);
        let plural = |n: usize, of: &str| format!("{n} {of}{}", if n == 1 { "" } else { "s" });
        Reading {
            table: Some(format!(
                "{}: {} x {}, {first}",
                self.file.shown,
                plural(rows, "row"),
                plural(width, "column")
            )),
            array: Array {
                shape: match self.chosen.is_some() || width == 1 {
                    true => vec![rows],
                    false => vec![rows, width],
                },
                entries: self.entries,
            },
        }
    }

    fn at(&self, line: usize, Wrong(column, what, remedy): Wrong) -> Error {
        Error::new(
            ErrorKind::File,
            format!("`{}` line {line} column {column}: {what}", self.file.shown),
        )
        .remedy(remedy)
    }

    /// The first row; true if it is one of names.
    fn begin(&mut self, line: usize, fields: &[Field]) -> Result<bool> {
        self.width = fields.len();
        let names = match self.file.header {
            Some(said) => said,
            None => header(fields).map_err(|wrong| self.at(line, wrong))?,
        };
        if let Some(key) = self.key {
            self.chosen = Some(column(self.file, names.then_some(fields), key)?);
        }
        self.names = names.then(|| fields.iter().map(|f| f.text.clone()).collect());
        Ok(names)
    }

    fn row(&mut self, line: usize, fields: &[Field]) -> Result<()> {
        if fields.len() != self.width {
            let extra = fields.get(self.width).or(fields.last());
            let (found, width) = (fields.len(), self.width);
            let what = format!("{found} fields, where the first row has {width}");
            let remedy = "every row has a number in each column";
            return Err(self.at(line, Wrong(extra.map_or(1, |f| f.column), what, remedy)));
        }
        // Columns that nobody asked for may hold anything.
        let wanted = |at: usize| self.chosen.is_none_or(|chosen| chosen == at);
        for (_, field) in fields.iter().enumerate().filter(|(at, _)| wanted(*at)) {
            let value = number(field).map_err(|wrong| self.at(line, wrong))?;
            if !value.is_finite() {
                let bad = Bad {
                    at: self.entries.len(),
                    value: format!("{value} (line {line} column {})", field.column),
                    rule: FINITE,
                };
                return Err(self.file.entry("the array in", &bad));
            }
            self.entries.push(value);
        }
        self.rows += 1;
        Ok(())
    }
}

/// The file as text, without a byte order mark.
fn text(file: &Loaded) -> Result<&str> {
    let wrong = |what: String, remedy: &str| {
        Error::new(ErrorKind::File, format!("`{}` {what}", file.shown)).remedy(remedy)
    };
    if let Some((what, remedy)) = foreign::of(&file.bytes, &file.shown).filter(|f| f.0 != "text") {
        return Err(wrong(format!("is no CSV file: it is {what}"), remedy));
    }
    match std::str::from_utf8(&file.bytes) {
        Ok(text) => Ok(text.strip_prefix('\u{feff}').unwrap_or(text)),
        Err(e) => {
            let before = &file.bytes[..e.valid_up_to()];
            let line = before.iter().filter(|b| **b == b'\n').count() + 1;
            let what = format!("is not UTF-8 at byte {} (line {line})", e.valid_up_to());
            Err(wrong(what, "save the table as text in UTF-8"))
        }
    }
}

/// A line up to the first `#` that stands in no quotes.
fn without_comment(line: &str) -> &str {
    let mut quoted = false;
    for (at, c) in line.char_indices() {
        match c {
            '"' => quoted = !quoted,
            '#' if !quoted => return &line[..at],
            _ => {}
        }
    }
    line
}

fn delimiter_of(line: &str) -> char {
    let mut quoted = false;
    let plain: String = line
        .chars()
        .filter(|c| {
            quoted ^= *c == '"';
            !quoted
        })
        .collect();
    let found = ['\t', ';', ','].into_iter().find(|d| plain.contains(*d));
    found.unwrap_or(',')
}

/// The fields of a line, without their quotes and the spaces around them.
fn fields(line: &str, delimiter: char) -> std::result::Result<Vec<Field>, Wrong> {
    let mut found = Vec::new();
    let mut characters = line.chars().zip(1..).peekable();
    let space = |c: char| c != delimiter && c.is_whitespace();
    loop {
        while characters.next_if(|(c, _)| space(*c)).is_some() {}
        let column = characters.peek().map_or(line.chars().count() + 1, |c| c.1);
        let mut text = String::new();
        if characters.next_if(|(c, _)| *c == '"').is_some() {
            loop {
                match characters.next() {
                    Some(('"', _)) if characters.next_if(|(c, _)| *c == '"').is_some() => {
                        text.push('"')
                    }
                    Some(('"', _)) => break,
                    Some((c, _)) => text.push(c),
                    None => {
                        let what = "a quote that is not closed in its line".to_owned();
                        return Err(Wrong(column, what, "close it with \", or leave quotes out"));
                    }
                }
            }
            while characters.next_if(|(c, _)| space(*c)).is_some() {}
            if let Some((c, at)) = characters.peek().filter(|(c, _)| *c != delimiter) {
                let what = format!("`{}` after the end of a quote", c.escape_debug());
                return Err(Wrong(
                    *at,
                    what,
                    "put quotes around the whole field, or none",
                ));
            }
        } else {
            while let Some((c, at)) = characters.next_if(|(c, _)| *c != delimiter) {
                if c == '"' {
                    let what = "a quote within a field".to_owned();
                    return Err(Wrong(
                        at,
                        what,
                        "put quotes around the whole field, or none",
                    ));
                }
                text.push(c);
            }
            text.truncate(text.trim_end().len());
        }
        found.push(Field { text, column });
        if characters.next().is_none() {
            return Ok(found);
        }
    }
}

/// Whether the first row has names. Only what looks like names is taken for them: a row in doubt would be lost or gained.
fn header(fields: &[Field]) -> std::result::Result<bool, Wrong> {
    let is_number = |f: &Field| f.text.parse::<f64>().is_ok();
    // The column of a row's own name has none in the tables of some programs.
    let is_name = |at: usize, f: &Field| looks_like_a_name(&f.text) || (at, &*f.text) == (0, "");
    if fields.iter().all(is_number) {
        return Ok(false);
    }
    let all = || fields.iter().enumerate();
    if all().all(|(at, f)| is_name(at, f)) && fields.iter().any(|f| !f.text.is_empty()) {
        return Ok(true);
    }
    let doubtful = all().find(|(at, f)| !is_number(f) && !is_name(*at, f));
    let (what, field) = match doubtful {
        Some((_, f)) => ("neither a number nor a name", f),
        None => match all().find(|(_, f)| !is_number(f)) {
            Some((_, f)) => ("among numbers", f),
            None => return Ok(false),
        },
    };
    Err(Wrong(
        field.column,
        format!("{} {what} in the first row", shown(&field.text)),
        "the first row has names only, or numbers only; header = true or false says which",
    ))
}

/// Words and formulas, which have a letter before anything that a number has; what stands for a missing number is no name.
fn looks_like_a_name(text: &str) -> bool {
    const MISSING: [&str; 6] = ["na", "n/a", "null", "none", "missing", "nil"];
    let lower = text.to_lowercase();
    let digits_first = text.starts_with(|c: char| c.is_ascii_digit() || ".,+-".contains(c));
    text.chars().any(char::is_alphabetic) && !digits_first && !MISSING.contains(&lower.as_str())
}

/// The column of this name.
fn column(file: &Loaded, names: Option<&[Field]>, key: &str) -> Result<usize> {
    let error = |what: &str| {
        let message = format!("`{}` has {what} named {}", file.shown, shown(key));
        Error::new(ErrorKind::File, message)
    };
    let Some(names) = names else {
        return Err(error("no column").remedy(
            "its first row are numbers: write names above them, say header = true, or leave `key` out for all columns",
        ));
    };
    let mut found = (0..names.len()).filter(|i| names[*i].text == key);
    match (found.next(), found.next()) {
        (Some(at), None) => Ok(at),
        (Some(_), Some(_)) => {
            Err(error("several columns").remedy("give every column its own name"))
        }
        (None, _) => {
            let all: Vec<&str> = names.iter().map(|f| f.text.as_str()).collect();
            let near = nearest(key, all.iter().copied()).map(shown);
            let remedy = format!("it has {}", near.unwrap_or_else(|| listed(&all)));
            Err(error("no column").remedy(remedy))
        }
    }
}

fn number(field: &Field) -> std::result::Result<f64, Wrong> {
    let text = field.text.trim();
    text.parse().map_err(|_| {
        let comma = text.contains(',') && text.replace(',', ".").parse::<f64>().is_ok();
        match (text.is_empty(), comma) {
            (true, _) => Wrong(
                field.column,
                "an empty field".into(),
                "every row has a number in each column",
            ),
            (_, true) => Wrong(
                field.column,
                format!("{} is no number", shown(text)),
                "write the decimal point as `.`",
            ),
            _ => Wrong(
                field.column,
                format!("{} is no number", shown(text)),
                "write numbers as 1, -2.5 or 3e-4, parted by commas, semicolons or tabs",
            ),
        }
    })
}
