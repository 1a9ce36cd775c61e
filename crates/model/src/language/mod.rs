//! Index notation as text: from a TOML file to the checked expression.
//!
//! [`SourceFile::parse`] reads the syntax; [`SourceFile::check`] gives it its meaning: a file
//! (`file`) declares axes (`axes`), tensors and constants (`constant`); statements (`lexer`,
//! `parser`, `syntax`) become definitions (`definition`), copies of blocks included (`block`);
//! each is closed by the rules of index notation (`resolve`, `ambiguity`, `function`, `index`, `complex`)
//! into shared nodes (`graph`); the loss follows (`loss`).

mod ambiguity;
mod axes;
mod block;
mod builder;
mod check;
mod complex;
mod constant;
mod definition;
mod file;
mod function;
mod graph;
mod index;
mod lexer;
mod loss;
mod occurrence;
mod parser;
mod profile;
mod resolve;
mod syntax;
mod table;
mod text;

pub use builder::ModelBuilder;

use crate::data::{self, Folder};
use crate::error::{Error, ErrorKind, Result};
use crate::expression::Model;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How many copies of a block to put into the graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Copies {
    /// All repetitions.
    All,
    /// At most this many.
    AtMost(u64),
}

/// What the caller decides when a file is checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckOptions {
    /// Copies of each block.
    pub copies: Copies,
    /// Sizes that replace those of the file, by axis (the sample axis above all).
    pub sizes: BTreeMap<String, u64>,
}

impl Default for CheckOptions {
    fn default() -> CheckOptions {
        CheckOptions::from(Copies::All)
    }
}

impl From<Copies> for CheckOptions {
    fn from(copies: Copies) -> CheckOptions {
        CheckOptions {
            copies,
            sizes: BTreeMap::new(),
        }
    }
}

impl CheckOptions {
    /// The same with the size of an axis replaced.
    #[must_use]
    pub fn size(mut self, axis: &str, size: u64) -> CheckOptions {
        self.sizes.insert(axis.to_owned(), size);
        self
    }
}

/// A parsed model file, before its blocks are expanded and its indices resolved.
#[derive(Clone, Debug)]
pub struct SourceFile {
    text: Arc<str>,
    path: Option<PathBuf>,
    folder: Folder,
    file: Arc<file::File>,
}

impl SourceFile {
    /// Reads a model file. Files that it names are looked up in its folder.
    pub fn read(path: &Path) -> Result<SourceFile> {
        let text = data::read_text(path, "model file")?;
        SourceFile::new(text, Some(path.to_owned()), Folder::around(path))
    }

    /// Reads a model file of a folder, of the disk or in memory.
    ///
    /// # Errors
    /// As [`SourceFile::read`]; a name that leads out of the folder.
    pub fn of(folder: &Folder, name: &str) -> Result<SourceFile> {
        let file = folder.file(name)?;
        match file.path() {
            Some(path) => SourceFile::read(path),
            None => {
                let text = folder.text(name)?;
                SourceFile::new(text, Some(name.into()), folder.beside(name)?)
            }
        }
    }

    /// Where the files are that it names.
    #[must_use]
    pub fn folder(&self) -> &Folder {
        &self.folder
    }

    /// Parses a text; `folder` is where files that it names are looked up.
    pub fn parse(text: &str, folder: impl Into<Folder>) -> Result<SourceFile> {
        SourceFile::new(text.to_owned(), None, folder.into())
    }

    fn new(text: String, path: Option<PathBuf>, folder: Folder) -> Result<SourceFile> {
        if text.len() > data::LARGEST {
            return Err(Error::new(
                ErrorKind::Syntax,
                format!(
                    "the text has {} bytes; a model file has at most 1 MiB",
                    text.len()
                ),
            )
            .remedy(
                "large arrays belong into a file (.safetensors, .npy, .csv): constants take `file` and `key`",
            ));
        }
        let file = file::decode(&text).map_err(|e| e.in_text(path.clone(), &text))?;
        Ok(SourceFile {
            text: text.into(),
            path,
            folder,
            file: Arc::new(file),
        })
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// An error with its place in this text.
    #[must_use]
    pub fn locate(&self, error: Error) -> Error {
        error.in_text(self.path.clone(), &self.text)
    }

    /// The name of the model: `name` in the file, or the file's own name.
    #[must_use]
    pub fn name(&self) -> String {
        let stem = self.path.as_ref().and_then(|p| p.file_stem());
        match (&self.file.name, stem) {
            (Some(name), _) => name.clone(),
            (None, Some(stem)) => stem.to_string_lossy().into_owned(),
            (None, None) => "model".into(),
        }
    }

    /// The checked expression, with as many copies of each block, and such sizes, as asked for.
    pub fn check(&self, options: impl Into<CheckOptions>) -> Result<Model> {
        check::check(
            &self.file,
            &self.text,
            &self.folder,
            &self.name(),
            &options.into(),
        )
        .map_err(|e| self.locate(e))
    }
}
