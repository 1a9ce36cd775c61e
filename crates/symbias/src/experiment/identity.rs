//! What a run was asked and made of: written into its record, and compared before a record is taken for an answer.

use super::plan::Planned;
use super::record::Record;
use super::run::RunOptions;
use super::seal;
use super::spec::{ExperimentFile, Spec};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use symbias_model::error::{Error, ErrorKind, Result};
use symbias_model::expression::Source;
use symbias_simulate::observe::{Moment, len};
use symbias_simulate::training::Settings;

/// What was asked of a run besides its experiment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Asked {
    /// Replicas of the whole run, all shards of it.
    pub replicas: u64,
    /// Part i of n of them; none is the whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<(u64, u64)>,
    /// The arms that were to run, and what each is made of.
    pub arms: BTreeMap<String, Made>,
}

/// What an arm is made of, as hashes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Made {
    /// The checked expression of the model with its constants.
    pub model: String,
    /// Start, teacher and data of replica 0.
    pub data: String,
    /// Everything that is observed there.
    pub observed: String,
}

impl Made {
    /// Of an arm as planned.
    ///
    /// # Errors
    /// A start or data that are not finite.
    pub(super) fn of(arm: &Planned) -> Result<Made> {
        let model = &arm.training.model;
        // What is computed, not where it stands in the text or where the files of its constants lie.
        let mut own = Fnv::default();
        own.add(format!("{:?} {:?} {:?}", model.axes, model.outputs, model.loss).as_bytes());
        for node in &model.nodes {
            own.add(format!("{:?} {:?} {:?}", node.op, node.labels, node.field).as_bytes());
        }
        for tensor in &model.tensors {
            own.add(format!("{} {:?} {:?}", tensor.name, tensor.axes, tensor.field).as_bytes());
            if matches!(tensor.source, Source::Defined { .. }) {
                own.add(format!("{:?}", tensor.source).as_bytes());
            }
        }
        for id in model.constants() {
            own.numbers(arm.training.arrays.get(id).unwrap_or(&[]));
        }
        let setting = arm.settings.of(0)?;
        let mut data = Fnv::default();
        for part in [&setting.theta, &setting.teacher, &setting.fixed] {
            data.numbers(part);
        }
        let squares = vec![0.0; setting.theta.len()];
        let moment = Moment {
            replica: 0,
            setting: &setting,
            theta: &setting.theta,
            squares: &squares,
        };
        let mut observed = Fnv::default();
        for observable in &arm.observables {
            let mut seen = vec![0.0; len(observable.as_ref())];
            observable.worker().observe(moment, &mut seen)?;
            observed.numbers(&seen);
        }
        Ok(Made {
            model: own.text(),
            data: data.text(),
            observed: observed.text(),
        })
    }

    /// What differs in another one, in words.
    fn differs(&self, other: &Made) -> Option<&'static str> {
        [
            (&self.model, &other.model, "another model"),
            (&self.data, &other.data, "another start, teacher or data"),
            (
                &self.observed,
                &other.observed,
                "other arrays that are observed",
            ),
        ]
        .into_iter()
        .find_map(|(a, b, what)| (a != b).then_some(what))
    }
}

impl Asked {
    /// Of arms as planned.
    ///
    /// # Errors
    /// As [`Made::of`].
    pub(super) fn of(arms: &[Planned], options: &RunOptions) -> Result<Asked> {
        let made = |arm: &Planned| {
            let made = Made::of(arm).map_err(|e| e.context(&format!("arm `{}`", arm.name)))?;
            Ok((arm.name.clone(), made))
        };
        Ok(Asked {
            replicas: options.replicas,
            shard: options.shard,
            arms: arms.iter().map(made).collect::<Result<_>>()?,
        })
    }

    /// What differs in another one besides the shard, in words: the other is said of.
    pub(super) fn differs(&self, other: &Asked) -> Option<String> {
        let names = |a: &Asked| a.arms.keys().cloned().collect::<Vec<_>>().join(", ");
        if self.replicas != other.replicas {
            return Some(format!(
                "{} replicas, and not of {}",
                other.replicas, self.replicas
            ));
        }
        if !self.arms.keys().eq(other.arms.keys()) {
            return Some(format!(
                "the arms {}, and not {}",
                names(other),
                names(self)
            ));
        }
        let pairs = self.arms.iter().zip(other.arms.values());
        pairs.into_iter().find_map(|((name, own), other)| {
            own.differs(other)
                .map(|what| format!("{what} in arm `{name}`"))
        })
    }
}

/// What a record says that it was asked; one of an older version does not say.
///
/// # Errors
/// A record of version 1; one whose description was edited.
pub(super) fn asked_of(record: &Record) -> Result<&Asked> {
    let asked = record.asked.as_ref().ok_or_else(|| {
        Error::new(
            ErrorKind::File,
            format!(
                "the record of `{}` is of version {}, which does not say of which model and data it is",
                record.experiment.name, record.symbias
            ),
        )
        .remedy("it can be drawn; to go on from it or to join it, run it again with this version")
    })?;
    seal::whole(record)?;
    Ok(asked)
}

/// Where two experiments differ first: `arms.main.rate`.
pub(super) fn difference(one: &Spec, other: &Spec) -> Option<String> {
    fn at(a: &serde_json::Value, b: &serde_json::Value) -> Option<String> {
        use serde_json::Value::{Array, Null, Object};
        match (a, b) {
            (Object(a), Object(b)) => a.keys().chain(b.keys()).find_map(|key| {
                let of = |m: &serde_json::Map<_, _>| m.get(key).cloned().unwrap_or(Null);
                at(&of(a), &of(b)).map(|rest| match rest.is_empty() {
                    true => key.clone(),
                    false => format!("{key}.{rest}"),
                })
            }),
            (Array(a), Array(b)) if a.len() == b.len() => {
                a.iter().zip(b).find_map(|(a, b)| at(a, b))
            }
            (a, b) => (a != b).then(String::new),
        }
    }
    let value = |s: &Spec| serde_json::to_value(s).unwrap_or_default();
    if one == other {
        return None;
    }
    // What differs in no key that is written differs somewhere.
    Some(at(&value(one), &value(other)).unwrap_or_default())
}

/// What an arm's numbers depend on, besides the replica: the version, the arm, the seed and the schedule, and what it is made of.
pub(super) fn of_checkpoints(file: &ExperimentFile, arm: &Planned) -> Result<u64> {
    let json = |e: serde_json::Error| Error::new(ErrorKind::Value, e.to_string());
    let mut hash = Fnv::default();
    hash.add(env!("CARGO_PKG_VERSION").as_bytes());
    hash.add(serde_json::to_string(&arm.spec).map_err(json)?.as_bytes());
    hash.add(&file.spec.seed.to_le_bytes());
    hash.add(&arm.training.seed.to_le_bytes());
    for step in arm.schedule.steps() {
        hash.add(&step.to_le_bytes());
    }
    let made = Made::of(arm)?;
    for part in [&made.model, &made.data, &made.observed] {
        hash.add(part.as_bytes());
    }
    Ok(hash.0)
}

/// A number for a name.
pub(super) fn hash_of(name: &str) -> u64 {
    let mut hash = Fnv::default();
    hash.add(name.as_bytes());
    hash.0
}

/// Fowler–Noll–Vo, 64 bits: to tell experiments apart, not to protect anything.
struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Fnv {
        Fnv(0xcbf2_9ce4_8422_2325)
    }
}

impl Fnv {
    fn numbers(&mut self, x: &[f64]) {
        x.iter().for_each(|x| self.add(&x.to_le_bytes()));
    }

    fn add(&mut self, bytes: &[u8]) {
        for b in bytes.iter().chain(&(bytes.len() as u64).to_le_bytes()) {
            self.0 = (self.0 ^ u64::from(*b)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    fn text(&self) -> String {
        format!("{:016x}", self.0)
    }
}
