//! The experiment that tries a model's laws: a file that runs by itself, beside a copy of the model and its data.

use super::setting::Trial;
use crate::experiment::spec::{
    Arm, DiffusionSpec, Draws, Expectation, FileSpec, InputSpec, LawQuestion, Look, LossSpec,
    Observe, OneOrMore, Precision, PredictedSpec, SchemeSpec, SliceSpec, SpaceSpec, Spec,
    StationarySpec,
};
use std::collections::BTreeMap;
use symbias_geometry::noise::Noise;
use symbias_model::error::{Error, ErrorKind, Result};

/// The file of data, in the folder of the experiment.
pub(super) const DATA: &str = "data.safetensors";
/// The file of the model.
pub(super) const MODEL: &str = "model/model.toml";
/// The folder of the model and of the files that it names, apart from ours: no name of a user's is overwritten.
pub(super) const OWN: &str = "model";
/// What the teacher's arrays are called in the file of data.
pub(super) const TEACHER: &str = "teacher_";
/// Level of each law's test.
const LEVEL: f64 = 0.01;
/// Weights or outputs that are looked at.
const LOOKED_AT: usize = 2;
/// Deviation of starts off the leaf from the teacher, entry by entry; the teacher's entries are of order one.
const OFF: f64 = 0.4;
/// Replicas that start there: charges fall in nearly all of them, or the leaf does not attract.
const OFF_REPLICAS: u64 = 128;
/// What the random numbers of these starts are called.
const RANDOM: &str = "off_";

/// What is known of the model when its experiment is written.
pub(super) struct Known<'k> {
    pub name: &'k str,
    /// The model file as a table.
    pub table: &'k toml::Table,
    pub trial: &'k Trial,
    /// Laws that are tried, each with the other laws that exist as twins.
    pub laws: &'k [StationarySpec],
    /// Laws that exist and are not tried.
    pub others: &'k [StationarySpec],
    /// Whether there are charges: then the horizontal law is that of the leaf where they vanish.
    pub charges: bool,
    /// Weight decay of the isotropic law.
    pub decay: f64,
    /// Numbers of the effective weights; `None` where they are not known.
    pub weights: Option<usize>,
    /// Numbers of the outputs at all data.
    pub outputs: usize,
    pub replicas: u64,
    /// Distance of distribution functions worth detecting.
    pub resolution: f64,
    pub seed: u64,
}

/// The experiment.
///
/// # Errors
/// Parameters that cannot be written down.
pub(super) fn experiment(known: &Known<'_>) -> Result<Spec> {
    let mut spec = Spec {
        symbias: 1,
        name: "verify".into(),
        title: format!("Stationary laws of {}", known.name),
        seed: known.seed,
        replicas: known.replicas,
        run: run(known)?,
        ..Spec::default()
    };
    for law in known.laws {
        let name = law.name().to_owned();
        if let Some(off) = off(known, *law) {
            spec.arms.insert(off, off_arm(known, *law)?);
        }
        let coarse = format!("{name}_coarse");
        spec.arms.insert(name.clone(), arm(known, *law, 1)?);
        let coarsest = format!("{name}_coarsest");
        spec.arms.insert(coarse.clone(), arm(known, *law, 2)?);
        spec.arms.insert(coarsest.clone(), arm(known, *law, 4)?);
        spec.laws.insert(
            name.clone(),
            LawQuestion {
                about: format!("{name} noise of temperature {}", known.trial.temperature),
                arm: name,
                coarse: Some(coarse),
                coarsest: Some(coarsest),
                off: off(known, *law),
                of: observables(known),
                predicted: of_noise(*law),
                twins: twins(known, *law),
                expect: Expectation::Confirmed,
                level: LEVEL,
                resolution: known.resolution,
            },
        );
    }
    Ok(spec)
}

fn of_noise(law: StationarySpec) -> PredictedSpec {
    PredictedSpec {
        noise: Some(law),
        ..PredictedSpec::default()
    }
}

/// The name of the arm that starts off the leaf, of a law that holds if its leaf attracts: that of horizontal noise where charges
/// move.
fn off(known: &Known<'_>, law: StationarySpec) -> Option<String> {
    let moved = law == StationarySpec::Horizontal && known.charges;
    moved.then(|| format!("{}_off", law.name()))
}

/// Few replicas from random places off the leaf, and not held on it.
fn off_arm(known: &Known<'_>, law: StationarySpec) -> Result<Arm> {
    let held = arm(known, law, 1)?;
    Ok(Arm {
        about: Some("starts off the balanced leaf, and is not held there".into()),
        diffusion: held.diffusion.map(|d| DiffusionSpec { slice: None, ..d }),
        start: Some(start(known.table, OFF)?),
        observe: Some(Observe {
            charges: true,
            ..Observe::default()
        }),
        replicas: Some(OFF_REPLICAS),
        ..held
    })
}

/// The laws of other noises, which the same numbers must refute.
fn twins(known: &Known<'_>, law: StationarySpec) -> BTreeMap<String, PredictedSpec> {
    let decayed = |other: &StationarySpec| *other == StationarySpec::Isotropic && known.decay > 0.0;
    let tried = known.laws.iter().filter(|other| **other != law);
    // The isotropic law exists with weight decay alone, which the arms of the others have not: then by what its own arm
    // measures, if it runs.
    let others = known.others.iter().filter(|other| !decayed(other));
    tried
        .chain(others)
        .map(|other| match decayed(other) {
            true => (
                "what isotropic noise with decay does".to_owned(),
                PredictedSpec {
                    arm: Some(other.name().to_owned()),
                    ..PredictedSpec::default()
                },
            ),
            false => (format!("law of {} noise", other.name()), of_noise(*other)),
        })
        .collect()
}

/// The orbit's volume, by which the laws differ, the loss, and some of the weights or outputs; of a single weight only it.
fn observables(known: &Known<'_>) -> OneOrMore {
    let (name, count) = match known.weights {
        Some(1) => return OneOrMore::One("weights".into()),
        Some(n) => ("weights", n),
        None => ("outputs", known.outputs),
    };
    let mut entries: Vec<usize> = (0..LOOKED_AT.min(count))
        .map(|k| k * (count - 1) / (LOOKED_AT.min(count) - 1).max(1))
        .collect();
    entries.dedup();
    let entries = entries.into_iter().map(|k| format!("{name}[{k}]"));
    let first = ["log_volume".to_owned(), "loss".to_owned()];
    OneOrMore::More(first.into_iter().chain(entries).collect())
}

fn run(known: &Known<'_>) -> Result<Arm> {
    let inputs: BTreeMap<String, InputSpec> = known
        .trial
        .inputs
        .iter()
        .map(|(name, ..)| {
            let place = FileSpec {
                path: DATA.into(),
                key: Some(name.clone()),
                ..FileSpec::default()
            };
            (name.clone(), InputSpec::File(place))
        })
        .collect();
    Ok(Arm {
        model: Some(MODEL.into()),
        precision: Some(Precision::F64),
        start: Some(start(known.table, 0.0)?),
        inputs: (!inputs.is_empty()).then_some(inputs),
        observe: Some(Observe {
            losses: BTreeMap::from([("loss".to_owned(), LossSpec::Data {})]),
            weights: known.weights.is_some(),
            outputs: known.weights.is_none(),
            volume: true,
            ..Observe::default()
        }),
        ..Arm::default()
    })
}

/// Every parameter starts as the teacher's, or about it with this deviation.
fn start(table: &toml::Table, deviation: f64) -> Result<Draws> {
    let mut draws = Draws::default();
    let parameters = table.get("parameters").and_then(|p| p.as_table());
    for (name, declared) in parameters.into_iter().flatten() {
        let axes = declared
            .as_array()
            .or_else(|| declared.get("axes").and_then(|a| a.as_array()));
        let letters: Option<Vec<&str>> =
            axes.and_then(|axes| axes.iter().map(|a| a.as_str()).collect());
        let Some(letters) = letters else {
            return Err(Error::new(
                ErrorKind::Syntax,
                format!("the axes of the parameter `{name}` are not a list of letters"),
            ));
        };
        let index = match letters.is_empty() {
            true => String::new(),
            false => format!("[{}]", letters.join(",")),
        };
        let given = format!("{TEACHER}{name}");
        let random = match deviation > 0.0 {
            true => format!(" + {deviation:?} * {RANDOM}{name}{index}"),
            false => String::new(),
        };
        draws.program += &format!("{name}{index} = {given}{index}{random}\n");
        let mut constant = toml::Table::new();
        let axes: Vec<toml::Value> = letters.into_iter().map(toml::Value::from).collect();
        if deviation > 0.0 {
            draws
                .inputs
                .insert(format!("{RANDOM}{name}"), axes.clone().into());
        }
        constant.insert("axes".into(), axes.into());
        if let Some(field) = declared.get("field") {
            constant.insert("field".into(), field.clone());
        }
        constant.insert("file".into(), DATA.into());
        constant.insert("key".into(), given.clone().into());
        draws.constants.insert(given, constant.into());
    }
    Ok(draws)
}

/// An arm of a noise, at so many times the step.
fn arm(known: &Known<'_>, law: StationarySpec, times: u64) -> Result<Arm> {
    let t = known.trial.temperature;
    let stride = known.trial.stride(law)?;
    let steps = stride.steps / times;
    let (noise, scheme, slice) = match law {
        StationarySpec::Isotropic => (Noise::Isotropic(t), SchemeSpec::Weak2, None),
        // The leaf is invariant, and steps with their roundings are not: see DESIGN.md.
        StationarySpec::Horizontal if known.charges => {
            let held = SliceSpec::Held { fixman: false };
            (Noise::Horizontal(t), SchemeSpec::Tamed, Some(held))
        }
        StationarySpec::Horizontal => (Noise::Horizontal(t), SchemeSpec::Heun, None),
        StationarySpec::Slice | StationarySpec::Surface => {
            let fixman = law == StationarySpec::Slice;
            let held = SliceSpec::Held { fixman };
            (Noise::Isotropic(t), SchemeSpec::Tamed, Some(held))
        }
    };
    Ok(Arm {
        diffusion: Some(DiffusionSpec {
            noise,
            step: stride.step * times as f64,
            scheme,
            slice,
            space: SpaceSpec::Parameters,
            watch: None,
        }),
        decay: (law == StationarySpec::Isotropic && known.decay > 0.0).then_some(known.decay),
        steps: Some(steps),
        look: Some(Look::At(vec![steps / 2, steps])),
        ..Arm::default()
    })
}
