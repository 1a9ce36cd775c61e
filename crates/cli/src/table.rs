//! The tables that a command reads: what their first row is, and what a person is told that was taken of them.

use anyhow::Result;
use clap::Args;
use std::path::Path;
use symbias::model::data::{self, File};

/// The option `--header`.
#[derive(Args)]
pub(crate) struct Header {
    /// Whether the first row of tables has names; what it looks like decides otherwise
    #[arg(long, value_name = "BOOL")]
    header: Option<bool>,
}

impl Header {
    /// A file, read as the option says if it is a table.
    pub(crate) fn file(&self, path: &Path) -> File {
        let file = File::from(path);
        let header = self.header.filter(|_| file.is_table());
        file.with_header(header)
    }
}

/// A line for each table: rows, columns, and whether its first row are names.
pub(crate) fn taken<'a>(files: impl IntoIterator<Item = Option<&'a File>>) -> Result<String> {
    let mut said = String::new();
    for file in files.into_iter().flatten().filter(|f| f.is_table()) {
        said += &line(data::read(file, None)?.table);
    }
    Ok(said)
}

/// The line of what was read.
pub(crate) fn line(table: Option<String>) -> String {
    table.map_or_else(String::new, |t| format!("read          {t}\n"))
}
