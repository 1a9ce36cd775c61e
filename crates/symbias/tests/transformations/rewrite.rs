//! Rewrites model files without changing what they mean (or in a known way): the file as TOML
//! tables, its programs as tokens.

use std::collections::{BTreeMap, BTreeSet};
use toml::{Table, Value};

/// Values of the parameters by name, row-major; complex entries as (re, im).
pub type Point = BTreeMap<String, Vec<f64>>;

/// A model file that can be rewritten.
#[derive(Clone)]
pub struct File(pub Table);

impl File {
    pub fn parse(text: &str) -> File {
        File(text.parse().expect("a TOML file"))
    }

    pub fn text(&self) -> String {
        toml::to_string(&self.0).expect("a TOML file")
    }

    pub fn table(&self, key: &str) -> Table {
        self.0
            .get(key)
            .and_then(Value::as_table)
            .cloned()
            .unwrap_or_default()
    }

    pub fn blocks(&self) -> Table {
        self.table("blocks")
    }

    /// All programs: the file's, and each block's.
    pub fn programs(&mut self) -> Vec<&mut String> {
        let mut found = Vec::new();
        for (key, value) in self.0.iter_mut() {
            match value {
                Value::String(program) if key == "program" => found.push(program),
                Value::Table(table) if key == "blocks" || key == "loss" => {
                    for (inner, value) in table.iter_mut() {
                        match value {
                            Value::String(expression) if inner == "expr" => found.push(expression),
                            Value::Table(block) => {
                                if let Some(Value::String(program)) = block.get_mut("program") {
                                    found.push(program);
                                }
                            }
                            _ => {}
                        }
                    }
                }
                _ => {}
            }
        }
        found
    }

    /// Names of the parameters with the number of their axes, those of blocks included.
    pub fn parameters(&self) -> BTreeMap<String, usize> {
        let mut tables = vec![self.table("parameters")];
        for (_, block) in self.blocks() {
            tables.extend(block.get("parameters").and_then(Value::as_table).cloned());
        }
        let axes = |v: &Value| {
            v.as_array()
                .or_else(|| v.get("axes")?.as_array())
                .map_or(0, Vec::len)
        };
        tables
            .iter()
            .flatten()
            .map(|(name, value)| (name.clone(), axes(value)))
            .collect()
    }

    /// Tensors, axes and definitions under other names.
    pub fn renamed(&self, new: &dyn Fn(&str) -> String) -> File {
        let mut names: BTreeSet<String> = BTreeSet::new();
        for key in [
            "axes",
            "parameters",
            "inputs",
            "constants",
            "profiles",
            "blocks",
        ] {
            names.extend(self.table(key).keys().cloned());
        }
        for (_, block) in self.blocks() {
            names.extend(
                block
                    .get("parameters")
                    .and_then(Value::as_table)
                    .into_iter()
                    .flatten()
                    .map(|(k, _)| k.clone()),
            );
            names.extend(
                block
                    .get("carry")
                    .and_then(Value::as_str)
                    .map(str::to_owned),
            );
        }
        let mut file = self.clone();
        for program in file.programs() {
            names.extend(program.lines().filter_map(defined).map(str::to_owned));
        }
        let rename = |name: &str| {
            let (base, prime) = name.strip_suffix('\'').map_or((name, ""), |b| (b, "'"));
            if names.contains(base) {
                format!("{}{prime}", new(base))
            } else {
                name.to_owned()
            }
        };
        for program in file.programs() {
            *program = tokens(program).iter().map(|t| rename(t)).collect();
        }
        file.0 = file
            .0
            .iter()
            .map(|(k, v)| (k.clone(), rename_value(k, v, &rename)))
            .collect();
        file
    }

    /// Parameters declared and read with their axes in the opposite order.
    pub fn reordered(&self) -> File {
        let parameters = self.parameters();
        let mut file = self.clone();
        for program in file.programs() {
            *program = reversed(program, &parameters);
        }
        let reverse = |value: &mut Value| {
            let axes = match value {
                Value::Table(table) => table.get_mut("axes"),
                other => Some(other),
            };
            if let Some(Value::Array(axes)) = axes {
                axes.reverse();
            }
        };
        if let Some(Value::Table(table)) = file.0.get_mut("parameters") {
            table.iter_mut().for_each(|(_, v)| reverse(v));
        }
        if let Some(Value::Table(blocks)) = file.0.get_mut("blocks") {
            for (_, block) in blocks.iter_mut() {
                if let Some(Value::Table(table)) = block.get_mut("parameters") {
                    table.iter_mut().for_each(|(_, v)| reverse(v));
                }
            }
        }
        file
    }

    /// Every parameter read through a definition of its own: `W_copy[i0,i1] = W[i0,i1]`.
    pub fn through_intermediates(&self) -> File {
        let mut file = self.clone();
        let copies = |program: &mut String, declared: &Table| {
            let mut text: String = tokens(program)
                .iter()
                .map(|t| {
                    if declared.contains_key(*t) {
                        format!("{t}_copy")
                    } else {
                        (*t).to_owned()
                    }
                })
                .collect();
            for (name, value) in declared {
                let axes = value
                    .as_array()
                    .or_else(|| value.get("axes")?.as_array())
                    .cloned()
                    .unwrap_or_default();
                let letters: Vec<&str> = axes.iter().filter_map(Value::as_str).collect();
                let repeats = letters.iter().collect::<BTreeSet<_>>().len() < letters.len();
                assert!(!repeats, "letters of {name} repeat");
                let index = if letters.is_empty() {
                    String::new()
                } else {
                    format!("[{}]", letters.join(","))
                };
                text.insert_str(0, &format!("{name}_copy{index} = {name}{index}\n"));
            }
            *program = text;
        };
        let parameters = self.table("parameters");
        if let Some(Value::String(program)) = file.0.get_mut("program") {
            copies(program, &parameters);
        }
        if let Some(Value::Table(blocks)) = file.0.get_mut("blocks") {
            for (_, block) in blocks.iter_mut() {
                let declared = block
                    .get("parameters")
                    .and_then(Value::as_table)
                    .cloned()
                    .unwrap_or_default();
                if let Some(Value::String(program)) = block.get_mut("program") {
                    copies(program, &declared);
                }
            }
        }
        file
    }

    /// The same with other sizes of axes.
    pub fn resized(&self, sizes: &[(&str, i64)]) -> File {
        let mut file = self.clone();
        let axes = file
            .0
            .get_mut("axes")
            .and_then(Value::as_table_mut)
            .expect("axes");
        for (axis, size) in sizes {
            axes.insert((*axis).to_owned(), Value::Integer(*size));
        }
        file
    }

    /// Two models as one, each under its own names.
    pub fn beside(&self, other: &File) -> File {
        let (a, b) = (
            self.renamed(&|n| format!("left_{n}")),
            other.renamed(&|n| format!("right_{n}")),
        );
        let mut file = a.clone();
        for key in [
            "axes",
            "parameters",
            "inputs",
            "constants",
            "profiles",
            "blocks",
        ] {
            let mut table = a.table(key);
            table.extend(b.table(key));
            if !table.is_empty() {
                file.0.insert(key.into(), Value::Table(table));
            }
        }
        let program = |f: &File| f.0["program"].as_str().unwrap_or_default().to_owned();
        file.0.insert(
            "program".into(),
            Value::String(format!("{}\n{}", program(&a), program(&b))),
        );
        let outputs = |f: &File| f.0["outputs"].as_array().cloned().unwrap_or_default();
        file.0.insert(
            "outputs".into(),
            Value::Array(outputs(&a).into_iter().chain(outputs(&b)).collect()),
        );
        file.0.remove("loss");
        file
    }

    /// One more output: a generic linear function of one parameter, which no basis change or
    /// rescaling of that parameter keeps.
    pub fn with_probe_of(&self, parameter: &str) -> Option<File> {
        let mut file = self.clone();
        let declared = self.table("parameters");
        // A complex parameter needs another probe.
        let axes = declared.get(parameter)?.as_array().cloned()?;
        let letters: Vec<&str> = axes.iter().filter_map(Value::as_str).collect();
        let index = if letters.is_empty() {
            String::new()
        } else {
            format!("[{}]", letters.join(","))
        };
        let program = file.0["program"].as_str().unwrap_or_default();
        let program = format!("{program}\nprobe = probe_weights{index} * {parameter}{index}");
        file.0.insert("program".into(), Value::String(program));
        let mut constants = self.table("constants");
        let weights = [
            ("axes", Value::Array(axes.clone())),
            ("law", "normal".into()),
            ("seed", Value::Integer(7)),
        ];
        constants.insert(
            "probe_weights".into(),
            Value::Table(
                weights
                    .map(|(k, v)| (k.to_owned(), v))
                    .into_iter()
                    .collect(),
            ),
        );
        file.0.insert("constants".into(), Value::Table(constants));
        file.0["outputs"]
            .as_array_mut()
            .expect("outputs")
            .push("probe".into());
        Some(file)
    }
}

/// The name that a line defines, if a statement begins on it.
fn defined(line: &str) -> Option<&str> {
    let end = line.find(|c: char| !c.is_alphanumeric() && c != '_')?;
    let rest = line[end..].trim_start_matches('\'');
    let rest = if rest.starts_with('[') {
        &rest[rest.find(']')? + 1..]
    } else {
        rest
    };
    (end > 0 && rest.trim_start().starts_with('=')).then(|| &line[..end])
}

/// Words (with a prime) and single characters.
pub fn tokens(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let word = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
        let mut end = if word(first) {
            rest.find(|c| !word(c)).unwrap_or(rest.len())
        } else {
            first.len_utf8()
        };
        if word(first) && rest[end..].starts_with('\'') {
            end += 1;
        }
        found.push(&rest[..end]);
        rest = &rest[end..];
    }
    found
}

fn rename_value(key: &str, value: &Value, rename: &dyn Fn(&str) -> String) -> Value {
    // Keys whose strings are no names of the model.
    if matches!(
        key,
        "program" | "expr" | "name" | "file" | "key" | "law" | "kind" | "field" | "reduce"
    ) {
        return value.clone();
    }
    match value {
        // Sizes may be arithmetic over other axes.
        Value::String(text) => Value::String(tokens(text).iter().map(|t| rename(t)).collect()),
        Value::Array(items) => {
            Value::Array(items.iter().map(|v| rename_value("", v, rename)).collect())
        }
        Value::Table(table) => {
            let reserved = |k: &str| {
                matches!(
                    k,
                    "axes"
                        | "parameters"
                        | "inputs"
                        | "constants"
                        | "blocks"
                        | "tied"
                        | "carry"
                        | "count"
                        | "target"
                        | "of"
                        | "index"
                        | "value"
                        | "values"
                        | "seed"
                )
            };
            let names = matches!(
                key,
                "axes" | "parameters" | "inputs" | "constants" | "profiles" | "blocks"
            );
            let entry = |(k, v): (&String, &Value)| {
                let new = if names || !reserved(k) {
                    rename(k)
                } else {
                    k.clone()
                };
                // The body of a named thing is read by its own keys.
                (new, rename_value(if names { "body" } else { k }, v, rename))
            };
            Value::Table(table.iter().map(entry).collect())
        }
        other => other.clone(),
    }
}

/// Accesses of the parameters with their indices in the opposite order.
fn reversed(program: &str, parameters: &BTreeMap<String, usize>) -> String {
    let tokens = tokens(program);
    let mut out = String::new();
    let mut i = 0;
    while i < tokens.len() {
        out.push_str(tokens[i]);
        if parameters.contains_key(tokens[i]) && tokens.get(i + 1) == Some(&"[") {
            let mut depth = 0;
            let mut parts = vec![String::new()];
            i += 1;
            loop {
                match tokens[i] {
                    "[" | "(" => depth += 1,
                    "]" | ")" => depth -= 1,
                    _ => {}
                }
                match (tokens[i], depth) {
                    ("[", 1) => {}
                    ("]", 0) => break,
                    (",", 1) => parts.push(String::new()),
                    (t, _) => {
                        let last = parts.len() - 1;
                        parts[last].push_str(t);
                    }
                }
                i += 1;
            }
            parts.reverse();
            out.push_str(&format!("[{}]", reversed(&parts.join(","), parameters)));
        }
        i += 1;
    }
    out
}
