//! Reads of tensors within programs, found and replaced; what a checked file says of its parameters.

use super::rewrite::{File, Point, tokens};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use symbias_model::Model;
use symbias_model::language::{Copies, SourceFile};
use symbias_numerics::random::Stream;
use toml::{Table, Value};

/// What replaces a read of a tensor with its indices; `None` leaves it.
pub type Replace<'a> = &'a dyn Fn(&str, &[String]) -> Option<String>;

/// Where the files that the catalogue names are.
pub fn catalogue() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models")
}

impl File {
    /// A table of the file, made if it is missing.
    pub fn entry(&mut self, key: &str) -> &mut Table {
        let value = self
            .0
            .entry(key)
            .or_insert_with(|| Value::Table(Table::new()));
        value.as_table_mut().expect("a table")
    }

    pub fn source(&self) -> SourceFile {
        let text = self.text();
        SourceFile::parse(&text, catalogue()).unwrap_or_else(|e| panic!("{e}\n{text}"))
    }

    pub fn model(&self) -> Model {
        let checked = self.source().check(Copies::All);
        checked.unwrap_or_else(|e| panic!("{e}\n{}", self.text()))
    }

    /// Sizes of the axes of every parameter, those of blocks as `layer.0.W`.
    pub fn sizes(&self) -> BTreeMap<String, Vec<u64>> {
        let model = self.model();
        let space = model.space();
        let sizes = |shape: &[usize]| shape.iter().map(|n| *n as u64).collect();
        space
            .blocks()
            .iter()
            .map(|b| (b.name.clone(), sizes(&b.shape)))
            .collect()
    }

    pub fn complex_parameters(&self) -> BTreeSet<String> {
        let model = self.model();
        let space = model.space();
        let complex = space.blocks().iter().filter(|b| b.field.width() == 2);
        complex.map(|b| b.name.clone()).collect()
    }

    /// A point with normal entries.
    pub fn random_point(&self, seed: u64) -> Point {
        let mut stream = Stream::new(seed, 0, 4711);
        let model = self.model();
        let space = model.space();
        let draw = |range: std::ops::Range<usize>| range.map(|_| stream.next_normal()).collect();
        let mut draw = draw;
        space
            .blocks()
            .iter()
            .map(|b| (b.name.clone(), draw(b.range())))
            .collect()
    }

    /// Replaces reads in all programs. `None` where a tensor that would be replaced is mentioned without indices.
    pub fn rewrite(&mut self, replace: Replace<'_>) -> Option<()> {
        let arity: BTreeMap<String, usize> = self.parameters();
        for program in self.programs() {
            *program = replaced(program, &arity, replace)?;
        }
        Some(())
    }

    /// Whether the programs hold a word.
    pub fn mentions(&self, word: &str) -> bool {
        self.clone().programs().iter().any(|p| p.contains(word))
    }

    /// One more statement, and its name among the outputs.
    pub fn append(&mut self, statement: &str, output: &str) {
        if let Some(Value::String(program)) = self.0.get_mut("program") {
            program.push_str(&format!("\n{statement}"));
        }
        if let Some(Value::Array(outputs)) = self.0.get_mut("outputs") {
            outputs.push(output.into());
        }
    }

    /// The statements of the file from the last to the first.
    pub fn reverse_statements(&mut self) {
        if let Some(Value::String(program)) = self.0.get_mut("program") {
            let mut statements: Vec<String> = Vec::new();
            let mut depth = 0i32;
            for line in program
                .lines()
                .map(|l| l.split('#').next().unwrap_or_default())
            {
                match statements.last_mut() {
                    Some(open) if depth > 0 => open.push_str(line),
                    _ => statements.push(line.to_owned()),
                }
                let count = |c: [char; 2]| line.matches(c).count() as i32;
                depth += count(['(', '[']) - count([')', ']']);
            }
            statements.reverse();
            *program = statements.join("\n");
        }
    }
}

/// The entries of an index list, split at its own commas.
pub fn split_accesses(list: &str) -> Vec<String> {
    let mut depth = 0;
    let mut parts = vec![String::new()];
    for c in list.chars() {
        match c {
            '[' | '(' => depth += 1,
            ']' | ')' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        let last = parts.len() - 1;
        parts[last].push(c);
    }
    parts
}

fn replaced(
    program: &str,
    arity: &BTreeMap<String, usize>,
    replace: Replace<'_>,
) -> Option<String> {
    let tokens = tokens(program);
    let mut out = String::new();
    let mut i = 0;
    while i < tokens.len() {
        let name = tokens[i];
        let indexed = tokens.get(i + 1) == Some(&"[");
        if arity.get(name).is_none_or(|n| *n == 0) {
            out.push_str(name);
            i += 1;
            continue;
        }
        if !indexed {
            // A whole tensor, as the argument of a block.
            if replace(name, &vec![String::new(); arity[name]]).is_some() {
                return None;
            }
            out.push_str(name);
            i += 1;
            continue;
        }
        let mut depth = 0;
        let from = i + 2;
        let close = (i + 1..tokens.len()).find(|k| {
            depth += match tokens[*k] {
                "[" | "(" => 1,
                "]" | ")" => -1,
                _ => 0,
            };
            depth == 0
        })?;
        let list = replaced(&tokens[from..close].concat(), arity, replace)?;
        let new = replace(name, &split_accesses(&list));
        out.push_str(&new.unwrap_or_else(|| format!("{name}[{list}]")));
        i = close + 1;
    }
    Some(out)
}
