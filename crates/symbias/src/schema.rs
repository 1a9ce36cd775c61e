//! The JSON schemas of everything that is read and written: files of models, experiments and designs, records and answers.
//!
//! ```
//! let schema = symbias::schema::of("answer").expect("a format");
//! assert!(schema["properties"]["symmetry"].is_object());
//! assert!(symbias::schema::of("nothing").is_none());
//! ```

use crate::{answer, design, experiment, fit, gauge, verify};
use serde_json::Value;

/// A format: its name, and its schema.
type Format = (&'static str, fn() -> Value);

/// All formats, by the names that `symbias schema` takes.
pub const FORMATS: &[Format] = &[
    ("model", model),
    ("experiment", experiment::spec::schema),
    ("design", design::file::schema),
    ("record", experiment::record::schema),
    ("answer", answer::schema),
    ("design-answer", design::answer::schema),
    ("fit-answer", fit::schema),
    ("gauge-answer", gauge::schema),
    ("verify-answer", verify::schema),
];

/// Written by hand: model files are read key by key, for errors that name the place.
fn model() -> Value {
    serde_json::from_str(include_str!("../../../schemas/model.schema.json")).unwrap_or_default()
}

/// The schema of a format.
#[must_use]
pub fn of(name: &str) -> Option<Value> {
    let format = FORMATS.iter().find(|f| f.0 == name)?;
    Some(format.1())
}
