//! Where the entries of a constant come from (language §3): `value`, `values`, a file, a law.

use super::file::law;
use super::syntax::Name;
use super::table::{Table, Value, number, span_of};
use crate::data::{File, Folder};
use crate::error::{Error, ErrorKind, Result, Span};
use crate::expression::{ConstantSource, Field, Law};
use toml::de::DeValue;

/// As written.
#[derive(Clone, Debug)]
pub(super) enum ConstantSpec {
    Value(f64),
    /// Nested arrays: their shape and their entries in row-major order.
    Values {
        shape: Vec<u64>,
        entries: Vec<f64>,
        span: Span,
    },
    File {
        path: Name,
        key: Option<String>,
    },
    Random {
        law: Law,
        seed: u64,
    },
}

pub(super) fn no_value(name: &Name) -> Error {
    Error::new(
        ErrorKind::Definition,
        format!("the constant `{}` has no entries", name.text),
    )
    .at(name.span)
    .remedy("give one of: value = 1.0, values = [...], file = \"…\" (safetensors with key, .npy, .csv), law = \"normal\" with seed")
}

/// Reads the keys that say where the entries come from: exactly one way.
pub(super) fn decode(table: &mut Table<'_>, name: &Name) -> Result<ConstantSpec> {
    let mut ways = Vec::new();
    if let Some(value) = table.take("value") {
        ways.push(ConstantSpec::Value(number(value, "value")?));
    }
    if let Some(value) = table.take("values") {
        ways.push(values(value)?);
    }
    let file = table.string("file")?;
    let key = table.string("key")?;
    match (file, key) {
        (Some(path), key) => ways.push(ConstantSpec::File {
            path,
            key: key.map(|k| k.text),
        }),
        (None, Some(key)) => {
            return Err(Error::new(ErrorKind::Definition, "`key` without `file`")
                .at(key.span)
                .remedy("file = \"data.safetensors\", beside the model file"));
        }
        (None, None) => {}
    }
    let law = law(table)?;
    let seed = table.integer("seed")?;
    if law.is_some() || seed.is_some() {
        let seed = match seed {
            Some((seed, span)) => u64::try_from(seed).map_err(|_| {
                Error::new(ErrorKind::Value, format!("the seed {seed} is negative")).at(span)
            })?,
            None => 0,
        };
        ways.push(ConstantSpec::Random {
            law: law.unwrap_or(Law::Normal),
            seed,
        });
    }
    match ways.len() {
        0 => Err(no_value(name)),
        1 => Ok(ways.remove(0)),
        _ => Err(Error::new(
            ErrorKind::Definition,
            format!("the constant `{}` has entries from two places", name.text),
        )
        .at(name.span)
        .remedy("keep one of value, values, file, law")),
    }
}

fn values(value: &Value<'_>) -> Result<ConstantSpec> {
    let (mut shape, mut entries) = (Vec::new(), Vec::new());
    let mut level = value;
    while let DeValue::Array(array) = level.get_ref() {
        shape.push(array.len() as u64);
        match array.iter().next() {
            Some(first) => level = first,
            None => break,
        }
    }
    flatten(value, &shape, &mut entries)?;
    Ok(ConstantSpec::Values {
        shape,
        entries,
        span: span_of(value),
    })
}

fn flatten(value: &Value<'_>, shape: &[u64], entries: &mut Vec<f64>) -> Result<()> {
    let ragged = |found: String| {
        Error::new(ErrorKind::Shape, format!("`values` is ragged: {found}"))
            .at(span_of(value))
            .remedy("rows of an array have the same length")
    };
    match (value.get_ref(), shape.split_first()) {
        (DeValue::Array(array), Some((n, rest))) if array.len() as u64 == *n => {
            array.iter().try_for_each(|v| flatten(v, rest, entries))
        }
        (DeValue::Array(array), Some((n, _))) => Err(ragged(format!(
            "{} entries where the first row has {n}",
            array.len()
        ))),
        (DeValue::Array(_), None) => Err(ragged("an array beside a number".into())),
        (_, Some(_)) => Err(ragged("a number beside an array".into())),
        (_, None) => {
            entries.push(number(value, "values")?);
            Ok(())
        }
    }
}

impl ConstantSpec {
    /// Checks against the axes: the shape, and that a path stays in the folder.
    pub fn resolve(
        &self,
        name: &Name,
        shape: &[u64],
        field: Field,
        folder: &Folder,
    ) -> Result<ConstantSource> {
        match self {
            ConstantSpec::Value(value) => Ok(ConstantSource::Value(*value)),
            ConstantSpec::Random { law, seed } => Ok(ConstantSource::Random {
                law: *law,
                seed: *seed,
            }),
            ConstantSpec::File { path, key } => Ok(ConstantSource::File {
                file: file(folder, path)?,
                key: key.clone(),
            }),
            ConstantSpec::Values {
                shape: found,
                entries,
                span,
            } => {
                let mut expected = shape.to_vec();
                if field == Field::Complex {
                    expected.push(2);
                }
                let count = expected.iter().try_fold(1u64, |n, s| n.checked_mul(*s));
                let flat = found.len() == 1 && count == Some(entries.len() as u64);
                if *found != expected && !flat {
                    return Err(Error::new(
                        ErrorKind::Shape,
                        format!(
                            "`values` of `{}` has shape {found:?}, its axes have {expected:?}",
                            name.text
                        ),
                    )
                    .at(*span));
                }
                Ok(ConstantSource::Values(entries.as_slice().into()))
            }
        }
    }
}

/// A file that a model file names; no name leads out of the model file's folder.
pub(super) fn file(folder: &Folder, name: &Name) -> Result<File> {
    folder.file(&name.text).map_err(|e| e.at(name.span))
}
