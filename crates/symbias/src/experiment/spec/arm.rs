//! What is trained: arms, where their numbers come from, and what they are controls of.

use super::diffusion::DiffusionSpec;
use super::observe::Observe;
use super::question::DriverSpec;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
pub use symbias_simulate::ensemble::Precision;

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
    /// A diffusion of the parameters in place of training: then `rate`, `momentum`, `l1` and `batch` have no meaning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub diffusion: Option<DiffusionSpec>,
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
    /// Moves along the orbits of scalings between steps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub orbit_moves: Option<OrbitMovesSpec>,
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
    /// Replicas whose values are kept, the first of the run. Of all replicas there are then the count, mean, variance, extremes
    /// and quantiles of each number at each look. Without it all values are kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub values: Option<u64>,
    /// Left out of `reproduce --battery`: long runs and controls, apart from what is timed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub apart: Option<bool>,
}

/// Moves along orbits: θ goes along its orbit to wanted charges, F unchanged.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OrbitMovesSpec {
    /// A move before each so many steps.
    pub every: u64,
    /// Wanted charges over those of the start, at step 0.
    #[serde(default = "equal")]
    pub charges: f64,
    /// Steps in which wanted charges fall by half; without it they stay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub half_life: Option<f64>,
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
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FileSpec {
    /// Safetensors, NPY or CSV.
    pub path: String,
    /// Tensor or column.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Whether the first row of a table has names; what it looks like decides otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<bool>,
    /// Samples from the first of these up to the second, along the first axis; all without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<(usize, usize)>,
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

impl Control {
    /// The step of this arm that stands beside a step of that one.
    #[must_use]
    pub fn paced(&self, step: u64) -> u64 {
        (step as f64 * self.pace).round() as u64
    }
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
            about,
            model,
            precision,
            rate,
            momentum,
            decay,
            l1,
            steps,
            look,
            samples,
            refresh,
            batch,
            full_batch,
            start,
            teacher,
            data,
            observe,
            replicas,
            values,
            apart,
            diffusion,
            orbit_moves
        )
    }
}
