//! CSV: rows of numbers, with or without a first row of names. Columns are parted by tabs, `;` or `,`, whichever of them
//! the first row has, in this order; `#` begins a comment; numbers and names may stand in quotes.
//!
//! A field never has a line break, so that an open quote cannot swallow the rest of the file, and every mistake has a line and a
//! column.

use super::file::File;
use super::number::{Bad, FINITE};
use super::{Array, listed, shown};
use crate::error::{Error, ErrorKind, Result, nearest};

/// A field: its text and the character it begins at, from 1.
struct Field {
    text: String,
    column: usize,
}

/// A mistake in a line: character from 1, what it is, what to do.
struct Wrong(usize, String, &'static str);

/// What the rows so far have said.
struct Table<'a> {
    file: &'a File,
    key: Option<&'a str>,
    /// Fields of a row; 0 before the first.
    width: usize,
    /// The column of `key`.
    chosen: Option<usize>,
    rows: usize,
    entries: Vec<f64>,
}

/// The columns, or the one named `key`.
pub(super) fn array(file: &File, key: Option<&str>, delimiter: Option<char>) -> Result<Array> {
    let mut table = Table {
        file,
        key,
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
    if table.entries.is_empty() {
        return Err(file.without_entries("the table"));
    }
    let shape = if table.chosen.is_some() || table.width == 1 {
        vec![table.rows]
    } else {
        vec![table.rows, table.width]
    };
    Ok(Array {
        shape,
        entries: table.entries,
    })
}

impl Table<'_> {
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
        let names = header(fields).map_err(|wrong| self.at(line, wrong))?;
        if let Some(key) = self.key {
            self.chosen = Some(column(self.file, names.then_some(fields), key)?);
        }
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
fn text(file: &File) -> Result<&str> {
    let wrong = |what: String, remedy: &str| {
        Error::new(ErrorKind::File, format!("`{}` {what}", file.shown)).remedy(remedy)
    };
    if file.bytes.starts_with(super::npy::MAGIC) {
        return Err(wrong(
            "is no CSV file".into(),
            "it is an NPY file: give it the ending .npy",
        ));
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

/// Whether the first row has names. A row with some of each is a mistake in either.
fn header(fields: &[Field]) -> std::result::Result<bool, Wrong> {
    let is_name = |f: &&Field| f.text.parse::<f64>().is_err();
    let names = fields.iter().filter(is_name).count();
    match fields.iter().find(is_name) {
        Some(name) if names < fields.len() => Err(Wrong(
            name.column,
            format!("{} among numbers in the first row", shown(&name.text)),
            "the first row has names only, or numbers only",
        )),
        found => Ok(found.is_some()),
    }
}

/// The column of this name.
fn column(file: &File, names: Option<&[Field]>, key: &str) -> Result<usize> {
    let error = |what: &str| {
        let message = format!("`{}` has {what} named {}", file.shown, shown(key));
        Error::new(ErrorKind::File, message)
    };
    let Some(names) = names else {
        return Err(error("no column").remedy(
            "its first row are numbers: write names above them, or leave `key` out for all columns",
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
