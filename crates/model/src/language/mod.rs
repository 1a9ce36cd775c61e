//! Index notation as text: from a TOML file to the checked expression.

use crate::error::Result;
use crate::expression::Model;
use std::path::Path;

/// How many copies of a block to put into the graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Copies {
    /// All repetitions.
    All,
    /// At most this many.
    AtMost(u64),
}

/// A parsed model file, before its blocks are expanded and its indices resolved.
#[derive(Clone, Debug)]
pub struct SourceFile {}

impl SourceFile {
    /// Reads a model file.
    pub fn read(path: &Path) -> Result<SourceFile> {
        let _ = path;
        Ok(SourceFile {})
    }

    /// Parses a text; `folder` is where files that it names are looked up.
    pub fn parse(text: &str, folder: Option<&Path>) -> Result<SourceFile> {
        let _ = (text, folder);
        Ok(SourceFile {})
    }

    /// The checked expression, with as many copies of each block as asked for.
    pub fn check(&self, copies: Copies) -> Result<Model> {
        let _ = copies;
        Err(crate::Error::new(crate::ErrorKind::Unsupported, "not yet"))
    }
}
