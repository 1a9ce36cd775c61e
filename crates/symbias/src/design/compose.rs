//! The parts of a parameterization as one model file.

use super::file::DesignSpec;
use super::part::{Part, indexed};
use super::target::{Target, tables, written};
use std::fmt::Write;
use symbias_model::data;
use symbias_model::error::{Error, ErrorKind, Result};
use symbias_model::expression::{ConstantSource, Source};

/// Entries of a constant that are written into a model file, at most.
const INLINE: usize = 30_000;

/// A word of a text, letters, digits and `_`.
fn has_word(text: &str, word: &str) -> bool {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
        .any(|w| w == word)
}

/// The names that statements define.
pub(super) fn defined(program: &str) -> Vec<String> {
    let mut depth = 0_i32;
    let mut names = Vec::new();
    for line in program.lines() {
        let line = line.split('#').next().unwrap_or("");
        if depth == 0 {
            let name: String = line
                .trim_start()
                .chars()
                .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
                .collect();
            if !name.is_empty() {
                names.push(name);
            }
        }
        depth += line.matches(['(', '[']).count() as i32;
        depth -= line.matches([')', ']']).count() as i32;
    }
    names
}

/// Nested arrays of TOML.
fn nested(shape: &[usize], entries: &[f64]) -> toml::Value {
    match shape.split_first() {
        None => toml::Value::Float(entries[0]),
        Some((n, rest)) => {
            let each = entries.len() / n;
            let rows = entries.chunks(each.max(1)).map(|c| nested(rest, c));
            toml::Value::Array(rows.collect())
        }
    }
}

/// A constant with its entries written out.
fn constant(axes: Vec<String>, shape: &[usize], entries: &[f64]) -> Result<toml::Value> {
    if entries.len() > INLINE {
        return Err(Error::new(
            ErrorKind::Unsupported,
            format!("{} different weights of entries", entries.len()),
        )
        .remedy(format!(
            "weights that differ: of at most {INLINE} entries; one weight for all has no bound"
        )));
    }
    let mut table = toml::Table::new();
    let axes = axes.into_iter().map(toml::Value::String).collect();
    table.insert("axes".into(), toml::Value::Array(axes));
    let key = if shape.is_empty() { "value" } else { "values" };
    table.insert(key.into(), nested(shape, entries));
    Ok(table.into())
}

/// The parameters and constants of parts, as tables.
fn declared(parts: &[Part]) -> Result<(toml::Table, toml::Table)> {
    let (mut parameters, mut constants) = (toml::Table::new(), toml::Table::new());
    for part in parts {
        for p in part.parameters() {
            let axes = p.axes.into_iter().map(toml::Value::String).collect();
            parameters.insert(p.name, toml::Value::Array(axes));
        }
        if let Some(entries) = part.constants() {
            let (axes, shape) = part.constant_axes();
            constants.insert(part.constant(), constant(axes, &shape, &entries)?);
        }
    }
    Ok((parameters, constants))
}

/// Adds the profiles of parts.
fn profiled(root: &mut toml::Table, parts: &[Part]) -> Result<()> {
    let mut profiles = toml::Table::new();
    for (name, value) in parts.iter().flat_map(Part::profiles) {
        let line = format!("{name} = {value}");
        let own: toml::Table = toml::from_str(&line)
            .map_err(|e| Error::new(ErrorKind::Syntax, format!("{line}: {}", e.message())))?;
        profiles.extend(own);
    }
    if !profiles.is_empty() {
        root.insert("profiles".into(), profiles.into());
    }
    Ok(())
}

fn assembled(
    name: Option<&str>,
    outputs: &[String],
    program: &str,
    tables: toml::Table,
) -> Result<String> {
    let list: Vec<String> = outputs.iter().map(|o| format!("\"{o}\"")).collect();
    let mut text = String::from("symbias = 1\n");
    if let Some(name) = name {
        let _ = writeln!(text, "name = {}", toml::Value::String(name.into()));
    }
    let _ = write!(
        text,
        "outputs = [{}]\nprogram = \"\"\"\n{program}\"\"\"\n\n",
        list.join(", ")
    );
    text.push_str(&written(&tables)?);
    Ok(text)
}

/// The model of a design; its outputs are the weights.
pub(super) fn model(
    spec: &DesignSpec,
    target: &Target,
    parts: &[Part],
    name: &str,
) -> Result<String> {
    let statements: Vec<String> = parts.iter().map(Part::statement).collect();
    let mut program = statements.join("\n") + "\n";
    let weights = spec.weights.as_deref().unwrap_or("");
    let outputs = match spec.weights {
        Some(_) => defined(weights),
        None => parts.iter().map(|p| p.component.clone()).collect(),
    };
    for line in weights.lines().filter(|l| !l.trim().is_empty()) {
        let _ = writeln!(program, "{line}");
    }
    let mut root: toml::Table = toml::from_str(&tables(spec)?)
        .map_err(|e| Error::new(ErrorKind::Syntax, e.message().to_owned()))?;
    if let Some(toml::Value::Table(axes)) = root.get_mut("axes") {
        for part in parts {
            for (letter, size) in part.letters.iter().zip(&part.shape) {
                if !axes.contains_key(letter) {
                    // A second letter of an axis that occurs twice.
                    let axis = letter.trim_end_matches('2');
                    let value = match axes.contains_key(axis) {
                        true => toml::Value::String(axis.into()),
                        false => toml::Value::Integer(*size as i64),
                    };
                    axes.insert(letter.clone(), value);
                }
            }
            for letter in &part.between {
                axes.insert(
                    letter.clone(),
                    toml::Value::Integer(part.between_size() as i64),
                );
            }
        }
    }
    let (parameters, more) = declared(parts)?;
    let mut constants = match root.remove("constants") {
        Some(toml::Value::Table(table)) => table,
        _ => toml::Table::new(),
    };
    constants.retain(|name, _| has_word(weights, name));
    let files = data::constants(&target.model)?;
    for id in target.model.constants() {
        let tensor = target.model.tensor(id);
        let from_file = matches!(
            &tensor.source,
            Source::Constant {
                source: ConstantSource::File { .. },
                ..
            }
        );
        if let (true, true, Some(entries)) = (
            from_file,
            constants.contains_key(&tensor.name),
            files.get(&id),
        ) {
            let axes = tensor.axes.iter();
            let axes = axes
                .map(|a| target.model.axes[a.index()].name.clone())
                .collect();
            let shape: Vec<usize> = target.model.shape(id).iter().map(|n| *n as usize).collect();
            constants.insert(tensor.name.clone(), constant(axes, &shape, entries)?);
        }
    }
    constants.extend(more);
    root.insert("parameters".into(), parameters.into());
    if !constants.is_empty() {
        root.insert("constants".into(), constants.into());
    }
    profiled(&mut root, parts)?;
    assembled(Some(name), &outputs, &program, root)
}

/// One part alone, as a model whose output is its component.
pub(super) fn alone(part: &Part) -> Result<String> {
    let mut axes = toml::Table::new();
    for (letter, size) in part.letters.iter().zip(&part.shape) {
        axes.insert(letter.clone(), toml::Value::Integer(*size as i64));
    }
    for letter in &part.between {
        axes.insert(
            letter.clone(),
            toml::Value::Integer(part.between_size() as i64),
        );
    }
    let (parameters, constants) = declared(std::slice::from_ref(part))?;
    let mut root = toml::Table::new();
    root.insert("axes".into(), axes.into());
    root.insert("parameters".into(), parameters.into());
    if !constants.is_empty() {
        root.insert("constants".into(), constants.into());
    }
    profiled(&mut root, std::slice::from_ref(part))?;
    let outputs = vec![part.component.clone()];
    assembled(None, &outputs, &(part.statement() + "\n"), root)
}

/// The weights as statements of components that are parameters: a linear map.
pub(super) fn synthesis(spec: &DesignSpec, target: &Target) -> Result<Option<String>> {
    let Some(weights) = &spec.weights else {
        return Ok(None);
    };
    let identity: Vec<Part> = Vec::new();
    let text = model(spec, target, &identity, "weights")?;
    let mut root: toml::Table =
        toml::from_str(&text).map_err(|e| Error::new(ErrorKind::Syntax, e.message().to_owned()))?;
    root.insert("parameters".into(), spec.components.clone().into());
    let _ = (weights, indexed("", &[]));
    Ok(Some(written(&root)?))
}
