//! An experiment as written: a versioned TOML file, unknown keys refused.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use symbias_model::error::{Error, ErrorKind, Result, Span};

/// Bytes of an experiment file, at most.
const LARGEST: u64 = 1 << 20;

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
    /// The figures, each from observables.
    #[serde(default)]
    pub figures: Vec<FigureSpec>,
}

fn one() -> u64 {
    1
}

/// A training, or what an arm changes of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Arm {
    /// One line for a reader.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// The model file, in the folder of this file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// `f32` (default) or `f64`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub precision: Option<Precision>,
    /// Learning rate η.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<f64>,
    /// Momentum β: v ← βv + g.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub momentum: Option<f64>,
    /// Decoupled weight decay λ: θ ← (1 − ηλ)θ − ηv.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decay: Option<f64>,
    /// λ₁ of an ℓ1 term in the loss, by parameter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub l1: Option<BTreeMap<String, f64>>,
    /// Steps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub steps: Option<u64>,
    /// When to look.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub look: Option<Look>,
    /// Samples per step where inputs are drawn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub samples: Option<usize>,
    /// Whether drawn inputs are drawn anew at each step (default true).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh: Option<bool>,
    /// Minibatches of data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch: Option<BatchSpec>,
    /// All data at each step, whatever `batch` of `run` says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub full_batch: Option<bool>,
    /// The initial parameters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<Draws>,
    /// The teacher's parameters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub teacher: Option<Draws>,
    /// Data drawn once per replica; its outputs feed inputs of the same name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<Draws>,
    /// How each input of the model is fed; one that is not named is drawn by its law.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inputs: Option<BTreeMap<String, InputSpec>>,
    /// What to look at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observe: Option<Observe>,
    /// Of which arm this one is a control, and the driver that it lacks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub control: Option<Control>,
    /// Replicas of this arm at most: long controls may do with fewer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replicas: Option<u64>,
    /// Left out of `reproduce --quick` and run apart from the timed battery.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub apart: Option<bool>,
}

/// The element type of training.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// Single.
    F32,
    /// Double.
    F64,
}

/// When to look.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Look {
    /// Each so many steps, and at the end.
    Every(u64),
    /// About so many times, evenly in the logarithm of the step.
    Points(u64),
    /// At these steps, and at the end.
    At(Vec<u64>),
}

/// Minibatches of data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BatchSpec {
    /// Samples of a batch.
    pub size: usize,
    /// How they are drawn.
    pub draw: DrawSpec,
}

/// How the samples of a batch are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum DrawSpec {
    /// Each independently.
    Replacement,
    /// A fresh subset at each step.
    Subset,
    /// Through a random order of the data, anew for each epoch.
    Epochs,
}

/// Arrays computed once per replica by statements of the model language from random numbers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Draws {
    /// The statements; each name that they define and that is wanted must have the wanted shape.
    pub program: String,
    /// Random arrays: axes, or `{ axes, law }`; the law is normal unless it says otherwise.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, serde_json::Value>")]
    pub inputs: toml::Table,
    /// Axes besides those of the model.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, serde_json::Value>")]
    pub axes: toml::Table,
    /// Constants, as in a model file.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, serde_json::Value>")]
    pub constants: toml::Table,
}

/// How an input is fed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum InputSpec {
    /// Drawn: `normal`, `uniform` or `sign`.
    Law(LawSpec),
    /// The teacher's answers with noise of this standard deviation.
    Teacher(f64),
    /// So many entries are 1, the others 0, anew at each step.
    Subset(usize),
    /// Every entry is this number.
    Value(f64),
    /// Samples from a file below the folder of the experiment.
    File(FileSpec),
    /// The array of this name that `data` draws.
    Data(String),
}

/// A law of entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LawSpec {
    /// N(0, 1).
    Normal,
    /// U(0, 1).
    Uniform,
    /// ±1.
    Sign,
}

/// An array in a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FileSpec {
    /// Safetensors, NPY or CSV.
    pub path: String,
    /// Tensor or column.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// What to look at.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Observe {
    /// Statements of the model language besides those of the model; each name defined here is an observable. `W_start`
    /// is the initial value of a parameter `W`.
    #[serde(default)]
    pub program: String,
    /// Constants for them, as in a model file.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, serde_json::Value>")]
    pub constants: toml::Table,
    /// Axes besides those of the model.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, serde_json::Value>")]
    pub axes: toml::Table,
    /// Functions of an array by name: of an observable, or of a tensor of the model that depends on parameters alone.
    #[serde(default)]
    pub measures: BTreeMap<String, MeasureSpec>,
    /// Losses by name.
    #[serde(default)]
    pub losses: BTreeMap<String, LossSpec>,
    /// All charges that the symmetries of the model have, and for those of a diagonal generator their exactly predicted
    /// drift.
    #[serde(default)]
    pub charges: bool,
}

/// A function of an array.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MeasureSpec {
    /// The array.
    pub of: String,
    /// Which function.
    pub kind: MeasureKind,
}

/// Which function of an array.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MeasureKind {
    /// All singular values.
    SingularValues,
    /// Their sum.
    Nuclear,
    /// Twice the sum of their logarithms.
    LogDet,
    /// Σ |x_{i+1} − x_i|.
    TotalVariation,
}

/// A loss to look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum LossSpec {
    /// On all data.
    Data {},
    /// On so many fresh samples that stay, with the teacher's answers free of noise.
    Fresh(usize),
}

/// What an arm is a control of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Control {
    /// The arm.
    pub of: String,
    /// The driver that this arm lacks and that one has.
    pub removes: DriverSpec,
    /// Steps of this arm for one step of that one (½ where its expected gradient is twice as large).
    #[serde(default = "equal")]
    pub pace: f64,
}

fn equal() -> f64 {
    1.0
}

/// A driver of training (theory §4).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum DriverSpec {
    /// Initialisation, by gradient flow.
    Flow,
    /// Weight decay.
    Decay,
    /// Stochasticity.
    Noise,
}

/// Predictions of flow for an arm whose effective weights are products of numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Predict {
    /// The tensor of effective weights w in the model or among the observables.
    pub weights: String,
    /// Factors on the charges of a twin that must fit worse.
    #[serde(default = "ten")]
    pub wrong_charges: f64,
}

fn ten() -> f64 {
    10.0
}

/// By what an arm's outcome is attributed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Attribute {
    /// The observable whose end is to be explained.
    pub outcome: String,
    /// The step to look at; the end of the run without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<u64>,
    /// The observable that predicts the outcome from the initial charges, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frozen: Option<String>,
}

/// A figure from observables.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FigureSpec {
    /// Name of its file.
    pub name: String,
    /// Above it.
    #[serde(default)]
    pub title: String,
    /// Its panels.
    pub panels: Vec<PanelSpec>,
}

/// A panel: observables of arms over the steps, or at the end over their index.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PanelSpec {
    /// Above it.
    #[serde(default)]
    pub title: String,
    /// `steps` (default) or `index`.
    #[serde(default)]
    pub over: Over,
    /// `line` (default), `stems`, `step`.
    #[serde(default)]
    pub draw: Marks,
    /// Label of the vertical axis.
    pub label: String,
    /// Label of the horizontal axis over an index.
    #[serde(default)]
    pub index: String,
    /// Whether axes are logarithmic.
    #[serde(default)]
    pub log: Vec<AxisName>,
    /// What is shown.
    pub series: Vec<SeriesSpec>,
    /// A level to compare with, and its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<(f64, String)>,
}

/// The horizontal axis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Over {
    /// Steps of training.
    #[default]
    Steps,
    /// The index of an array, at the end.
    Index,
}

/// How a panel draws.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Marks {
    /// Lines.
    #[default]
    Line,
    /// Stems.
    Stems,
    /// Steps between indices.
    Step,
}

/// An axis of a panel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AxisName {
    /// Horizontal.
    X,
    /// Vertical.
    Y,
}

/// One observable of one arm.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SeriesSpec {
    /// The arm.
    pub arm: String,
    /// The observable, or `mirror flow` where predictions are made.
    pub of: String,
    /// In the legend.
    #[serde(default)]
    pub label: String,
    /// Drawn dashed: a prediction.
    #[serde(default)]
    pub predicted: bool,
    /// Relative to its value at the start: (x(t) − x(0))/|x(0)|.
    #[serde(default)]
    pub change: bool,
}

/// An experiment file: its text, place and meaning.
#[derive(Clone, Debug)]
pub struct ExperimentFile {
    /// The folder that the paths in it start from.
    pub folder: PathBuf,
    /// The file.
    pub path: PathBuf,
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
        let shown = path.display();
        let failed = |e: std::io::Error| {
            Error::new(ErrorKind::File, format!("cannot read `{shown}`: {e}"))
                .remedy("give the path of an experiment file (TOML); experiments/ holds some")
        };
        let metadata = std::fs::metadata(path).map_err(failed)?;
        if !metadata.is_file() || metadata.len() > LARGEST {
            return Err(
                Error::new(ErrorKind::File, format!("`{shown}` is no experiment file"))
                    .remedy("give a TOML file of at most 1 MiB"),
            );
        }
        let text = std::fs::read_to_string(path).map_err(failed)?;
        let spec = parse(&text).map_err(|e| e.in_text(Some(path.to_owned()), &text))?;
        let folder = path.parent().map_or(PathBuf::from("."), Path::to_path_buf);
        let folder = if folder.as_os_str().is_empty() {
            PathBuf::from(".")
        } else {
            folder
        };
        Ok(ExperimentFile {
            folder,
            path: path.to_owned(),
            text,
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
    if spec.replicas == 0 {
        return Err(Error::new(ErrorKind::Value, "replicas = 0").remedy("ask for at least one"));
    }
    Ok(spec)
}

impl Arm {
    /// What the arm says, and where it is silent what `run` says; tables of inputs are joined.
    #[must_use]
    pub fn over(&self, run: &Arm) -> Arm {
        let inputs = match (&self.inputs, &run.inputs) {
            (Some(own), Some(shared)) => {
                let mut all = shared.clone();
                all.extend(own.clone());
                Some(all)
            }
            (own, shared) => own.clone().or_else(|| shared.clone()),
        };
        macro_rules! either {
            ($($field:ident),*) => {
                Arm { inputs, control: self.control.clone(), $($field: self.$field.clone().or_else(|| run.$field.clone())),* }
            };
        }
        either!(
            about, model, precision, rate, momentum, decay, l1, steps, look, samples, refresh,
            batch, full_batch, start, teacher, data, observe, replicas, apart
        )
    }
}
