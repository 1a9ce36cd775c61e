//! A model built in Rust: it writes the text of a model file and parses it, so that there is
//! one way to the checked expression.

use super::{CheckOptions, SourceFile};
use crate::data::Folder;
use crate::error::Result;
use crate::expression::Model;
use std::fmt::Write;

/// Builds a model from statements.
///
/// ```
/// use symbias_model::language::ModelBuilder;
/// let model = ModelBuilder::new("shallow ReLU")
///     .axis("h", 16)
///     .axis("d", 3)
///     .parameter("v", &["h"])
///     .parameter("W", &["h", "d"])
///     .input("x", &["d"])
///     .statement("y = v[h] * relu(W[h,d] * x[d])")
///     .output("y")
///     .build()?;
/// assert_eq!(model.parameter_count(), 64);
/// # Ok::<(), symbias_model::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct ModelBuilder {
    name: String,
    outputs: Vec<String>,
    axes: String,
    batch: Option<String>,
    statements: Vec<String>,
    parameters: String,
    inputs: String,
    constants: String,
    profiles: String,
    blocks: String,
    loss: String,
    folder: Folder,
    options: CheckOptions,
}

/// A TOML string.
fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            c if c.is_control() => {
                let _ = write!(quoted, "\\u{:04X}", c as u32);
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

fn list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let quoted: Vec<String> = names.into_iter().map(quote).collect();
    format!("[{}]", quoted.join(", "))
}

fn entry(table: &mut String, key: &str, value: &str) {
    let _ = writeln!(table, "{} = {value}", quote(key));
}

/// A program over several lines, so that errors show the line of a statement.
fn program(statements: &[String]) -> String {
    let text = quote(&statements.join("\n"));
    let inner = &text[1..text.len() - 1];
    format!("\"\"\"\n{}\"\"\"", inner.replace("\\n", "\n"))
}

impl ModelBuilder {
    /// An empty model.
    #[must_use]
    pub fn new(name: &str) -> ModelBuilder {
        ModelBuilder {
            name: name.to_owned(),
            ..ModelBuilder::default()
        }
    }

    /// An index letter with its own axis.
    #[must_use]
    pub fn axis(mut self, letter: &str, size: u64) -> ModelBuilder {
        entry(&mut self.axes, letter, &size.to_string());
        self
    }

    /// An index letter by size arithmetic (`"4*c"`), or another letter of an axis (`"t"`).
    #[must_use]
    pub fn axis_as(mut self, letter: &str, size: &str) -> ModelBuilder {
        entry(&mut self.axes, letter, &quote(size));
        self
    }

    /// The sample axis.
    #[must_use]
    pub fn batch(mut self, letter: &str) -> ModelBuilder {
        self.batch = Some(letter.to_owned());
        self
    }

    /// A real parameter.
    #[must_use]
    pub fn parameter(mut self, name: &str, axes: &[&str]) -> ModelBuilder {
        entry(&mut self.parameters, name, &list(axes.iter().copied()));
        self
    }

    /// A complex parameter.
    #[must_use]
    pub fn complex_parameter(mut self, name: &str, axes: &[&str]) -> ModelBuilder {
        let value = format!(
            "{{ axes = {}, field = \"complex\" }}",
            list(axes.iter().copied())
        );
        entry(&mut self.parameters, name, &value);
        self
    }

    /// A real input with law N(0, 1).
    #[must_use]
    pub fn input(mut self, name: &str, axes: &[&str]) -> ModelBuilder {
        entry(&mut self.inputs, name, &list(axes.iter().copied()));
        self
    }

    /// An integer input whose values index the axis of `letter`.
    #[must_use]
    pub fn index_input(mut self, name: &str, axes: &[&str], letter: &str) -> ModelBuilder {
        let axes = list(axes.iter().copied());
        let value = format!("{{ axes = {axes}, index = {} }}", quote(letter));
        entry(&mut self.inputs, name, &value);
        self
    }

    /// A constant; `entries` as a file writes it: `value = 2.0`, `law = "normal", seed = 1`,
    /// `values = [1, 2]`, `file = "a.safetensors", key = "a"`.
    #[must_use]
    pub fn constant(mut self, name: &str, axes: &[&str], entries: &str) -> ModelBuilder {
        let axes = list(axes.iter().copied());
        let value = format!("{{ axes = {axes}, {entries} }}");
        entry(&mut self.constants, name, &value);
        self
    }

    /// A pointwise function by its expression in z.
    #[must_use]
    pub fn profile(mut self, name: &str, expression: &str) -> ModelBuilder {
        entry(&mut self.profiles, name, &quote(expression));
        self
    }

    /// A block: its parameters are separate in each of `count` repetitions.
    #[must_use]
    pub fn block(
        mut self,
        name: &str,
        count: u64,
        carry: &str,
        parameters: &[(&str, &[&str])],
        statements: &[&str],
    ) -> ModelBuilder {
        let statements: Vec<String> = statements.iter().map(|s| (*s).to_owned()).collect();
        let table = &mut self.blocks;
        let _ = writeln!(table, "[blocks.{}]", quote(name));
        entry(table, "count", &count.to_string());
        entry(table, "carry", &quote(carry));
        entry(table, "program", &program(&statements));
        let _ = writeln!(table, "[blocks.{}.parameters]", quote(name));
        for (parameter, axes) in parameters {
            entry(table, parameter, &list(axes.iter().copied()));
        }
        self
    }

    /// A statement, or several lines of them.
    #[must_use]
    pub fn statement(mut self, statement: &str) -> ModelBuilder {
        self.statements.push(statement.to_owned());
        self
    }

    /// A tensor that is part of F(θ).
    #[must_use]
    pub fn output(mut self, name: &str) -> ModelBuilder {
        self.outputs.push(name.to_owned());
        self
    }

    /// A loss of an output; the target is left to the experiment.
    #[must_use]
    pub fn loss(mut self, kind: &str, of: &str) -> ModelBuilder {
        self.loss.clear();
        entry(&mut self.loss, "kind", &quote(kind));
        entry(&mut self.loss, "of", &quote(of));
        self
    }

    /// The folder in which files of constants are looked up.
    #[must_use]
    pub fn folder(mut self, folder: impl Into<Folder>) -> ModelBuilder {
        self.folder = folder.into();
        self
    }

    /// Copies of blocks and sizes of axes.
    #[must_use]
    pub fn options(mut self, options: impl Into<CheckOptions>) -> ModelBuilder {
        self.options = options.into();
        self
    }

    /// The text of the model file.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::from("symbias = 1\n");
        entry(&mut text, "name", &quote(&self.name));
        let outputs = list(self.outputs.iter().map(String::as_str));
        entry(&mut text, "outputs", &outputs);
        if let Some(batch) = &self.batch {
            entry(&mut text, "batch", &quote(batch));
        }
        entry(&mut text, "program", &program(&self.statements));
        for (name, table) in [
            ("axes", &self.axes),
            ("parameters", &self.parameters),
            ("inputs", &self.inputs),
            ("constants", &self.constants),
            ("profiles", &self.profiles),
            ("loss", &self.loss),
        ] {
            if !table.is_empty() {
                let _ = write!(text, "\n[{name}]\n{table}");
            }
        }
        if !self.blocks.is_empty() {
            let _ = write!(text, "\n{}", self.blocks);
        }
        text
    }

    /// The parsed file.
    pub fn source(&self) -> Result<SourceFile> {
        SourceFile::parse(&self.text(), &self.folder)
    }

    /// The checked expression.
    pub fn build(&self) -> Result<Model> {
        self.source()?.check(self.options.clone())
    }
}
