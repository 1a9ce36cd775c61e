//! Records: a folder with `record.json` (the validated spec, what was measured of what, verdicts, and apart from these
//! the environment) and `samples.safetensors`, arrays (replica, look, …) in C order named `arm/observable`.
//!
//! Everything but the block `environment` is a function of the experiment alone: records of shards join to the same bits.

use super::identity::Asked;
use super::seal;
use super::spec::{Spec, names};
use super::summary;
use super::verdict::Verdicts;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use symbias_model::data::output::write_bytes;
use symbias_model::data::{self, Array, Named};
use symbias_model::error::{Error, ErrorKind, Result};
use symbias_simulate::ensemble::{Crossings, Diverged, Samples, StopReason};

/// The name of the description in a record's folder.
pub const RECORD: &str = "record.json";
/// The name of its arrays.
pub const SAMPLES: &str = "samples.safetensors";

/// Version of the format.
const VERSION: u32 = 2;

/// An observable as recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Description {
    /// Its name.
    pub name: String,
    /// Its shape, without replica and look.
    pub shape: Vec<usize>,
    /// What its axes are called.
    pub axes: Vec<String>,
}

/// What was looked at, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Observed {
    /// The observables, in the order of the numbers.
    pub observables: Vec<Description>,
    /// Steps done at each look.
    pub steps: Vec<u64>,
}

/// An arm that ran.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// Its name.
    pub arm: String,
    /// What was looked at.
    pub observed: Observed,
    /// Whether it came to its end.
    pub finished: bool,
    /// The numbers.
    pub samples: Samples,
}

/// How an arm ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ArmRecord {
    /// First replica, and one past the last, of those whose values are kept.
    pub replicas: (u64, u64),
    /// Observables and looks.
    #[serde(flatten)]
    pub observed: Observed,
    /// How it ended.
    pub stop: StopReason,
    /// Replicas that diverged, with the step.
    pub diverged: Vec<(u64, u64)>,
    /// Replicas whose watched number changed its sign: which, how often, and at which step first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub crossings: Vec<(u64, u64, u64)>,
    /// Of which replicas there is a summary, where not the values of all are kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<(u64, u64)>,
    /// Name and shape of each parameter, in the order of θ.
    pub parameters: Vec<(String, Vec<usize>)>,
}

/// `record.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Record {
    /// Version: 2; of 1 there is no `asked`.
    pub symbias: u32,
    /// The validated spec.
    pub experiment: Spec,
    /// What was asked, and of which models and data it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<Asked>,
    /// CRC-32 of `samples.safetensors`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub samples: Option<String>,
    /// The arms.
    pub arms: BTreeMap<String, ArmRecord>,
    /// What was predicted, measured and concluded.
    pub verdicts: Verdicts,
    /// The arrays that figures compare with.
    #[serde(default)]
    pub given: BTreeMap<String, Vec<f64>>,
    /// CRC-32 of the description, without this and without `environment`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checksum: Option<String>,
    /// Whether it was read and is not what was written: such a record is drawn, and neither joined nor gone on with.
    #[serde(skip)]
    pub edited: bool,
    /// Where, when and how fast: no part of bit identity.
    #[serde(default)]
    pub environment: serde_json::Value,
}

/// The JSON schema of `record.json`.
#[must_use]
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(Record).to_value()
}

/// The description of measured arms, without verdicts.
#[must_use]
pub fn describe(
    spec: &Spec,
    measured: &[Measured],
    parameters: &BTreeMap<String, Vec<(String, Vec<usize>)>>,
) -> Record {
    let arms = measured
        .iter()
        .map(|m| {
            let record = ArmRecord {
                replicas: (m.samples.replicas.start, m.samples.replicas.end),
                observed: m.observed.clone(),
                stop: m.samples.stop,
                diverged: m
                    .samples
                    .diverged
                    .iter()
                    .map(|d| (d.replica, d.step))
                    .collect(),
                crossings: m
                    .samples
                    .crossings
                    .iter()
                    .filter(|c| c.count > 0)
                    .map(|c| (c.replica, c.count, c.first))
                    .collect(),
                summary: m.samples.summary.as_ref().map(|s| {
                    let replicas = s.replicas();
                    (replicas.start, replicas.end)
                }),
                parameters: parameters.get(&m.arm).cloned().unwrap_or_default(),
            };
            (m.arm.clone(), record)
        })
        .collect();
    Record {
        symbias: VERSION,
        experiment: spec.clone(),
        asked: None,
        samples: None,
        arms,
        verdicts: Verdicts::default(),
        given: BTreeMap::new(),
        checksum: None,
        edited: false,
        environment: serde_json::Value::Null,
    }
}

/// The arrays of measured arms.
#[must_use]
pub fn arrays(measured: &[Measured]) -> Vec<Named> {
    let mut all = Vec::new();
    for m in measured {
        let replicas = (m.samples.replicas.end - m.samples.replicas.start) as usize;
        let looks = m.observed.steps.len();
        let steps = m.observed.steps.iter().map(|s| *s as f64).collect();
        all.push((format!("{}/steps", m.arm), vec![looks], steps));
        let mut at = 0;
        for o in &m.observed.observables {
            let len: usize = o.shape.iter().product();
            let mut numbers = Vec::with_capacity(replicas * looks * len);
            for row in m.samples.numbers.chunks_exact(m.samples.width.max(1)) {
                numbers.extend(&row[at..at + len]);
            }
            at += len;
            let shape = [replicas, looks].iter().chain(&o.shape).copied().collect();
            all.push((format!("{}/{}", m.arm, o.name), shape, numbers));
        }
        // θ lies as `parameters` of the record says.
        let shape = vec![replicas, m.samples.theta.len() / replicas.max(1)];
        all.push((format!("{}/theta", m.arm), shape, m.samples.theta.clone()));
        all.extend(m.samples.summary.iter().flat_map(|s| summary::arrays(m, s)));
    }
    all
}

/// Writes a record, complete or not at all: the arrays are on the disk before the description says that there is one.
///
/// # Errors
/// A folder that cannot be written.
pub fn write(folder: &Path, record: &mut Record, measured: &[Measured]) -> Result<()> {
    let room = |e: Error| {
        e.remedy("free space and go on with --resume: the checkpoints hold what was done")
    };
    let samples = data::bytes(&arrays(measured))?;
    record.samples = Some(checksum(&samples));
    record.checksum = Some(seal::of(record)?);
    let text = serde_json::to_string_pretty(record)
        .map_err(|e| Error::new(ErrorKind::Value, e.to_string()))?;
    write_bytes(&folder.join(SAMPLES), &samples).map_err(room)?;
    write_bytes(&folder.join(RECORD), (text + "\n").as_bytes()).map_err(room)
}

fn checksum(bytes: &[u8]) -> String {
    format!("{:08x}", crc32fast::hash(bytes))
}

/// Makes a folder, and those above it.
///
/// # Errors
/// A place that cannot be written.
pub fn make_folder(folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder).map_err(|e| {
        Error::new(
            ErrorKind::File,
            format!("cannot make the folder `{}`: {e}", folder.display()),
        )
        .remedy("give a place that can be written")
    })
}

/// Reads a record.
///
/// # Errors
/// A folder without one; another version; arrays that are missing.
pub fn read(folder: &Path) -> Result<(Record, Vec<Measured>)> {
    let path = folder.join(RECORD);
    let text = std::fs::read_to_string(&path).map_err(|e| {
        Error::new(
            ErrorKind::File,
            format!("cannot read `{}`: {e}", path.display()),
        )
        .remedy("give the folder of a finished run")
    })?;
    let mut record: Record = serde_json::from_str(&text).map_err(|e| {
        Error::new(
            ErrorKind::File,
            format!("`{}` is no record: {e}", path.display()),
        )
        .remedy("give the folder of a run of this version")
    })?;
    if !(1..=VERSION).contains(&record.symbias) {
        return Err(Error::new(
            ErrorKind::File,
            format!("`{}` is of version {}", path.display(), record.symbias),
        )
        .remedy("read it with the version that wrote it"));
    }
    record.edited = seal::broken(&record)?;
    // A record of anywhere names files that are written, and what is shown.
    names(&record.experiment).map_err(|e| e.context(&format!("`{}`", path.display())))?;
    if let Some(unknown) = record
        .arms
        .keys()
        .find(|a| !record.experiment.arms.contains_key(*a))
    {
        let text = format!(
            "`{}` has an arm `{unknown}` that its experiment has not",
            path.display()
        );
        return Err(Error::new(ErrorKind::File, text).remedy("run it again"));
    }
    let samples = folder.join(SAMPLES);
    let (arrays, found) = data::read_checked(&samples, checksum)?;
    if record.samples.as_ref().is_some_and(|s| *s != found) {
        return Err(Error::new(
            ErrorKind::File,
            format!(
                "`{}` is damaged, or of another run: its checksum is not that of the record",
                samples.display()
            ),
        )
        .remedy("run it again, in another folder"));
    }
    let measured = record
        .arms
        .iter()
        .map(|(name, arm)| of_arm(&arrays, name, arm))
        .collect::<Result<_>>()?;
    Ok((record, measured))
}

fn of_arm(arrays: &BTreeMap<String, Array>, name: &str, arm: &ArmRecord) -> Result<Measured> {
    let entries = |of: &str| -> Result<&Vec<f64>> {
        let array = arrays.get(&format!("{name}/{of}")).ok_or_else(|| {
            Error::new(
                ErrorKind::File,
                format!("the arrays of the record lack `{name}/{of}`"),
            )
            .remedy("a record is record.json and samples.safetensors of one run")
        })?;
        Ok(&array.entries)
    };
    let range: Range<u64> = arm.replicas.0..arm.replicas.1;
    let replicas = range.end.saturating_sub(range.start) as usize;
    let looks = arm.observed.steps.len();
    let width: usize = arm
        .observed
        .observables
        .iter()
        .map(|o| o.shape.iter().product::<usize>())
        .sum();
    let refuse = |what: String| {
        Err(Error::new(
            ErrorKind::Shape,
            format!("the record of arm `{name}` has {what}"),
        )
        .remedy("record.json and samples.safetensors are of one run; run it again"))
    };
    if looks == 0 || replicas == 0 && arm.summary.is_none() {
        return refuse(format!("{replicas} replicas and {looks} looks"));
    }
    // Nothing is allocated that the arrays do not hold.
    for o in &arm.observed.observables {
        let found = entries(&o.name)?.len();
        let wanted = o.shape.iter().try_fold(replicas, |n, k| n.checked_mul(*k));
        let wanted = wanted.and_then(|n| n.checked_mul(looks));
        if wanted != Some(found) {
            return refuse(format!(
                "{found} numbers of `{}`: not {replicas} replicas x {looks} looks x {:?}",
                o.name, o.shape
            ));
        }
    }
    let theta = entries("theta")?.clone();
    if !theta.len().is_multiple_of(replicas.max(1)) {
        return refuse(format!("{} parameters of {replicas} replicas", theta.len()));
    }
    let mut numbers = vec![0.0; replicas * looks * width];
    let mut at = 0;
    for o in &arm.observed.observables {
        let len: usize = o.shape.iter().product();
        let entries = entries(&o.name)?;
        for (row, own) in entries.chunks_exact(len.max(1)).enumerate() {
            numbers[row * width + at..row * width + at + len].copy_from_slice(own);
        }
        at += len;
    }
    let stop = arm.stop;
    Ok(Measured {
        arm: name.to_owned(),
        observed: arm.observed.clone(),
        finished: stop != StopReason::Interrupted,
        samples: Samples {
            replicas: range,
            steps: arm.observed.steps.clone(),
            width,
            numbers,
            theta,
            summary: match arm.summary {
                Some(_) => Some(summary::read(name, looks * width, arrays)?),
                None => None,
            },
            diverged: arm
                .diverged
                .iter()
                .map(|d| Diverged {
                    replica: d.0,
                    step: d.1,
                })
                .collect(),
            crossings: arm
                .crossings
                .iter()
                .map(|c| Crossings {
                    replica: c.0,
                    count: c.1,
                    first: c.2,
                })
                .collect(),
            stop,
        },
    })
}
