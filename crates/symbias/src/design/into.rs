//! Designs into a model: its parameters that the target names are made by the parts, everything else stays.

use super::file::DesignSpec;
use super::part::Part;
use super::spectral;
use super::target::written;
use super::unit;
use crate::analyze::{Options, analysis};
use symbias_model::data::Folder;
use symbias_model::error::{Error, ErrorKind, Result};
use symbias_model::language::{Copies, SourceFile};

/// A model that a design goes into.
pub(super) struct Into {
    root: toml::Table,
}

/// The file of a design with axes, components and constants of its model.
pub(super) fn adapted(spec: &DesignSpec, text: &str) -> Result<(DesignSpec, Into)> {
    // Its own mistakes come first, with their places.
    SourceFile::parse(text, None)?;
    let root: toml::Table =
        toml::from_str(text).map_err(|e| Error::new(ErrorKind::Syntax, e.message().to_owned()))?;
    let mut spec = spec.clone();
    let table = |key: &str| {
        root.get(key)
            .and_then(toml::Value::as_table)
            .cloned()
            .unwrap_or_default()
    };
    for (key, own) in [("axes", &mut spec.axes), ("constants", &mut spec.constants)] {
        for (name, value) in table(key) {
            own.entry(name).or_insert(value);
        }
    }
    if spec.weights.is_some() {
        return Err(Error::new(
            ErrorKind::Unsupported,
            "`weights` beside `model`: the components are parameters of the model",
        )
        .remedy("write the linear statement into the model, or leave `model` out"));
    }
    let parameters = table("parameters");
    let named = |name: &str| spectral::is_named(&spec.target, name);
    let wanted: Vec<String> = match spec.components.is_empty() {
        true => parameters.keys().filter(|n| named(n)).cloned().collect(),
        false => spec.components.keys().cloned().collect(),
    };
    let mut components = toml::Table::new();
    for name in &wanted {
        let axes = match parameters.get(name) {
            Some(toml::Value::Table(t)) if !t.contains_key("field") => t.get("axes").cloned(),
            Some(array @ toml::Value::Array(_)) => Some(array.clone()),
            Some(_) => None,
            None => {
                return Err(Error::new(
                    ErrorKind::Unknown,
                    format!("the component `{name}` is no parameter of the model"),
                )
                .suggest(name, parameters.keys().map(String::as_str)));
            }
        };
        let axes = axes.ok_or_else(|| {
            Error::new(
                ErrorKind::Unsupported,
                format!("the parameter `{name}` is complex"),
            )
            .remedy("designs are of real parameters")
        })?;
        components.insert(name.clone(), axes);
    }
    if components.is_empty() {
        return Err(Error::new(
            ErrorKind::Unknown,
            "the target names no parameter of the model",
        )
        .remedy(format!(
            "its parameters are {}",
            parameters.keys().cloned().collect::<Vec<_>>().join(", ")
        )));
    }
    spec.components = components;
    Ok((spec, Into { root }))
}

/// That the rest of a model acts on a part.
pub(super) struct Acting {
    /// For people.
    pub text: String,
    /// The bias of both, where it has a form.
    pub formula: Option<String>,
}

/// What the rest of the model does to a parameter that was replaced: the bias of the composite is then the least over both.
pub(super) fn acting(
    text: &str,
    folder: &Folder,
    parts: &[Part],
    range: [f64; 2],
) -> Result<Vec<Acting>> {
    let source = SourceFile::parse(text, folder)?;
    let model = source.check(Copies::All)?;
    let found = analysis(&source, &Options::default())?.answer;
    let mut said = Vec::new();
    for part in parts {
        for factor in &found.symmetry.factors {
            let moved = factor.tensors.iter().any(|t| t.name == part.component);
            let compact = factor.name.starts_with("so(") || factor.name.starts_with("u(");
            if moved && !compact {
                let others: Vec<&str> = factor
                    .tensors
                    .iter()
                    .map(|t| t.name.as_str())
                    .filter(|n| *n != part.component)
                    .collect();
                let unit = match (others.as_slice(), &factor.tensors[0].axis) {
                    ([other], Some(axis)) => unit::closed(&model, part, (other, axis), range)?,
                    _ => None,
                };
                let form = unit.as_ref().map_or(String::new(), |u| {
                    format!(
                        "; over both it is {} (by minimisation over the fibre of one unit: largest error {:.1e} at {} points)",
                        u.formula, u.error, u.points
                    )
                });
                let text = format!(
                    "the rest of the model acts on `{}` by {} together with {}: the least norm is over that too, and the bias is not the target{form}; \
a constant in the place of {} would free it",
                    part.component,
                    factor.name,
                    if others.is_empty() {
                        "nothing else".to_owned()
                    } else {
                        others.join(", ")
                    },
                    others.first().unwrap_or(&"that scale"),
                );
                said.push(Acting {
                    text,
                    formula: unit.map(|u| u.formula),
                });
            }
        }
    }
    Ok(said)
}

impl Into {
    /// Names that are taken.
    pub fn names(&self) -> Vec<String> {
        let tables = [
            "axes",
            "parameters",
            "inputs",
            "constants",
            "profiles",
            "blocks",
        ];
        let mut names: Vec<String> = tables
            .iter()
            .filter_map(|t| self.root.get(*t)?.as_table())
            .flat_map(|t| t.keys().cloned())
            .collect();
        let program = self
            .root
            .get("program")
            .and_then(toml::Value::as_str)
            .unwrap_or("");
        names.extend(super::compose::defined(program));
        names
    }

    /// The model with parts in the place of its parameters; `own` is the model of the parts alone.
    pub fn composed(&self, own: &str, parts: &[Part], name: &str) -> Result<String> {
        let own: toml::Table = toml::from_str(own)
            .map_err(|e| Error::new(ErrorKind::Syntax, e.message().to_owned()))?;
        let mut root = self.root.clone();
        root.insert("name".into(), toml::Value::String(name.into()));
        let statements: Vec<String> = parts.iter().map(Part::statement).collect();
        let program = root
            .get("program")
            .and_then(toml::Value::as_str)
            .unwrap_or("");
        let program = format!("{}\n{}\n", statements.join("\n"), program.trim());
        root.insert("program".into(), toml::Value::String(program));
        for key in ["axes", "parameters", "constants", "profiles"] {
            let mut merged = match root.remove(key) {
                Some(toml::Value::Table(t)) => t,
                _ => toml::Table::new(),
            };
            if key == "parameters" {
                for part in parts {
                    merged.remove(&part.component);
                }
            }
            if let Some(toml::Value::Table(more)) = own.get(key) {
                for (name, value) in more {
                    merged.entry(name.clone()).or_insert(value.clone());
                }
            }
            if !merged.is_empty() {
                root.insert(key.into(), merged.into());
            }
        }
        // Scalars before tables.
        let (plain, tables): (toml::Table, toml::Table) =
            root.into_iter().partition(|(_, v)| !v.is_table());
        Ok(written(&plain)? + &written(&tables)?)
    }
}
