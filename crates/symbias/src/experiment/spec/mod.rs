//! An experiment as written: a versioned TOML file, unknown keys refused.

mod arm;
mod diffusion;
mod figure;
mod law;
mod observe;
mod question;

pub use arm::{
    Arm, BatchSpec, Control, DrawSpec, Draws, FileSpec, InputSpec, LawSpec, Look, OrbitMovesSpec,
    Precision,
};
pub use diffusion::{DiffusionSpec, SchemeSpec, SliceSpec, SpaceSpec};
pub use figure::{
    AxisSpec, ColoursSpec, DistanceSpec, FigureSpec, LegendSpec, LevelSpec, Marks, Over, PanelSpec,
    Role, SeriesSpec, WhenSpec,
};
pub use law::{
    Bound, EquationSpec, Expectation, LawQuestion, NumberQuestion, OneOrMore, PredictedSpec,
    StationarySpec, entry_of,
};
pub use observe::{KktSpec, LossSpec, MeasureKind, MeasureSpec, Observe};
pub use question::{Attribute, DriverSpec, Predict, Published, Statistic};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;
use symbias_model::data::{Folder, read_text};
use symbias_model::error::{Error, ErrorKind, Result, Span};

/// An experiment: arms that train models, and what is asked of them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    /// Version of the format: 1.
    pub symbias: u32,
    /// Name, as a file name may be.
    pub name: String,
    /// One line for a reader.
    #[serde(default)]
    pub title: String,
    /// Where the experiment comes from.
    #[serde(default)]
    pub source: String,
    /// Seed of all random numbers.
    #[serde(default = "one")]
    pub seed: u64,
    /// Replicas, unless the command says otherwise.
    #[serde(default = "one")]
    pub replicas: u64,
    /// What all arms share.
    #[serde(default)]
    pub run: Arm,
    /// The arms by name: what they change of `run`.
    #[serde(default)]
    pub arms: BTreeMap<String, Arm>,
    /// Predictions of flow to compare with, by arm.
    #[serde(default)]
    pub predict: BTreeMap<String, Predict>,
    /// Arms whose outcome is attributed to drivers.
    #[serde(default)]
    pub attribute: BTreeMap<String, Attribute>,
    /// Laws that observables are predicted to have over replicas, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub laws: BTreeMap<String, LawQuestion>,
    /// Numbers that means over replicas are predicted to be, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub numbers: BTreeMap<String, NumberQuestion>,
    /// Published numbers to compare with.
    #[serde(default)]
    pub published: Vec<Published>,
    /// Arrays that figures compare with, a truth say: copied from files into the record.
    #[serde(default)]
    pub given: BTreeMap<String, FileSpec>,
    /// The figures, from what a record holds.
    #[serde(default)]
    pub figures: Vec<FigureSpec>,
}

fn one() -> u64 {
    1
}

/// An experiment file: its text, place and meaning.
#[derive(Clone, Debug)]
pub struct ExperimentFile {
    /// Where the files are that it names.
    pub folder: Folder,
    /// The text.
    pub text: String,
    /// What it says.
    pub spec: Spec,
}

impl ExperimentFile {
    /// Reads an experiment.
    ///
    /// # Errors
    /// A file that cannot be read, is no TOML, has unknown keys, or another version.
    pub fn read(path: &Path) -> Result<ExperimentFile> {
        let text = read_text(path, "experiment file")?;
        let spec = parse(&text).map_err(|e| e.in_text(Some(path.to_owned()), &text))?;
        Ok(ExperimentFile {
            folder: Folder::around(path),
            text,
            spec,
        })
    }

    /// The experiment of a text; `folder` holds the models and data that it names.
    ///
    /// # Errors
    /// As [`ExperimentFile::read`].
    pub fn parse(text: &str, folder: impl Into<Folder>) -> Result<ExperimentFile> {
        let spec = parse(text).map_err(|e| e.in_text(None, text))?;
        Ok(ExperimentFile {
            folder: folder.into(),
            text: text.to_owned(),
            spec,
        })
    }
}

/// The JSON schema of an experiment file.
#[must_use]
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(Spec).to_value()
}

/// The meaning of a text.
///
/// # Errors
/// As [`ExperimentFile::read`].
pub fn parse(text: &str) -> Result<Spec> {
    let spec: Spec = toml::from_str(text).map_err(|e| {
        let span = e.span().unwrap_or(0..0);
        Error::new(ErrorKind::Syntax, e.message().to_owned())
            .at(Span { start: span.start, end: span.end })
            .remedy("docs/experiments.md lists the keys; schemas/experiment.schema.json is for programs")
    })?;
    if spec.symbias != 1 {
        return Err(Error::new(
            ErrorKind::Value,
            format!(
                "the file is of version {}, and this program reads version 1",
                spec.symbias
            ),
        )
        .remedy("write symbias = 1"));
    }
    names(&spec)?;
    if spec.replicas == 0 {
        return Err(Error::new(ErrorKind::Value, "replicas = 0").remedy("ask for at least one"));
    }
    Ok(spec)
}

/// Whether what becomes a name of a file is one, and nothing that is shown drives a terminal.
///
/// # Errors
/// Names with other characters than letters, digits, `_` and `-`.
pub(super) fn names(spec: &Spec) -> Result<()> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let names = spec
        .arms
        .keys()
        .chain(spec.figures.iter().map(|f| &f.name))
        .chain([&spec.name]);
    for name in names {
        if name.is_empty() || name.len() > 64 || !name.chars().all(plain) {
            return Err(
                Error::new(ErrorKind::Value, format!("`{name}` is no name of a file"))
                    .remedy("use letters, digits, _ and -"),
            );
        }
    }
    Ok(())
}
