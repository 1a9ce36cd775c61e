//! Records of shards put together: the bits of the run that was not sharded.

use super::identity::{Asked, asked_of, difference};
use super::record::{Measured, Record, describe};
use std::ops::Range;
use symbias_model::error::{Error, ErrorKind, Result};
use symbias_simulate::ensemble::StopReason;

/// A record with the folder that it is of.
pub type Part = (String, (Record, Vec<Measured>));

fn refuse(what: String, remedy: &str) -> Error {
    Error::new(ErrorKind::Value, what).remedy(remedy.to_owned())
}

/// Joins the records of all shards of a run: the bits of the run that was not sharded.
///
/// # Errors
/// Records of different experiments, models, data or numbers of replicas; shards, arms or replicas that are missing or there
/// twice.
pub(super) fn join(mut parts: Vec<Part>) -> Result<(Record, Vec<Measured>)> {
    let Some((folder, (first, _))) = parts.first().cloned() else {
        return Err(refuse(
            "no records to join".into(),
            "give the folders of all shards",
        ));
    };
    let whole = Asked {
        shard: None,
        ..asked_of(&first)?.clone()
    };
    for (name, (other, _)) in &parts {
        let differs = match difference(&first.experiment, &other.experiment) {
            Some(key) => Some(format!("another experiment: it differs in `{key}`")),
            None => whole.differs(asked_of(other)?),
        };
        if let Some(what) = differs {
            return Err(refuse(
                format!("`{name}` is of {what}, unlike `{folder}`"),
                "join shards of one run: the same experiment, models, data, --replicas and --arm",
            ));
        }
        if other.given != first.given {
            return Err(refuse(
                format!("`{name}` has other given arrays than `{folder}`"),
                "join shards of one run, with the same files",
            ));
        }
    }
    complete(&parts)?;
    let mut joined = Vec::new();
    for name in whole.arms.keys() {
        let mut own: Vec<Measured> = Vec::new();
        for (_, (_, measured)) in &mut parts {
            if let Some(at) = measured.iter().position(|m| m.arm == *name) {
                own.push(measured.swap_remove(at));
            }
        }
        own.sort_by_key(|m| of(m).start);
        joined.push(one(name, own, replicas(&first, &whole, name))?);
    }
    let parameters = parts
        .iter()
        .flat_map(|(_, (record, _))| record.arms.iter())
        .map(|(name, arm)| (name.clone(), arm.parameters.clone()))
        .collect();
    let mut record = describe(&first.experiment, &joined, &parameters);
    record.given = first.given;
    record.asked = Some(whole);
    Ok((record, joined))
}

/// Replicas of an arm in the whole run.
fn replicas(record: &Record, whole: &Asked, arm: &str) -> u64 {
    let spec = &record.experiment;
    let most = spec.arms.get(arm).and_then(|a| a.over(&spec.run).replicas);
    most.map_or(whole.replicas, |m| m.min(whole.replicas))
}

/// Whether every shard is there, once.
fn complete(parts: &[Part]) -> Result<()> {
    let mut told = Vec::new();
    for (name, (record, _)) in parts {
        match asked_of(record)?.shard {
            Some(shard) => told.push(shard),
            None => {
                return Err(refuse(
                    format!("`{name}` is the record of a whole run, no shard"),
                    "join what was run with --shard",
                ));
            }
        }
    }
    let n = told.first().map_or(1, |t| t.1);
    if let Some((i, other)) = told.iter().find(|t| t.1 != n) {
        return Err(refuse(
            format!("one record is of {n} shards, and another is shard {i}/{other}"),
            "join shards of one run",
        ));
    }
    for i in 0..n.min(1 + parts.len() as u64) {
        match told.iter().filter(|t| t.0 == i).count() {
            0 => {
                return Err(refuse(
                    format!("the record of shard {i}/{n} is missing"),
                    "give the folders of all shards of one run",
                ));
            }
            1 => {}
            _ => {
                return Err(refuse(
                    format!("shard {i}/{n} is there twice"),
                    "give each shard once",
                ));
            }
        }
    }
    Ok(())
}

/// The replicas of a part.
fn of(part: &Measured) -> Range<u64> {
    match &part.samples.summary {
        Some(summary) => summary.replicas(),
        None => part.samples.replicas.clone(),
    }
}

/// The parts of an arm, in order, as one.
fn one(name: &str, own: Vec<Measured>, all: u64) -> Result<Measured> {
    let gap = |from: u64, to: u64| {
        refuse(
            format!("replicas {from} to {to} of arm `{name}` are missing or there twice"),
            "give each shard once, as it was written",
        )
    };
    let mut parts = own.into_iter();
    let mut whole = parts.next().ok_or_else(|| gap(0, all))?;
    if of(&whole).start != 0 {
        return Err(gap(0, of(&whole).start));
    }
    for next in parts {
        let (before, after) = (of(&whole), of(&next));
        if before.end != after.start || whole.samples.replicas.end != next.samples.replicas.start {
            return Err(gap(before.end, after.start));
        }
        if next.observed != whole.observed {
            return Err(refuse(
                format!("shards of arm `{name}` observed different arrays, or at different steps"),
                "join shards of one run",
            ));
        }
        whole.samples.replicas.end = next.samples.replicas.end;
        whole.samples.numbers.extend(next.samples.numbers);
        whole.samples.theta.extend(next.samples.theta);
        whole.samples.diverged.extend(next.samples.diverged);
        whole.samples.crossings.extend(next.samples.crossings);
        match (&mut whole.samples.summary, next.samples.summary) {
            (Some(own), Some(other)) => own.extend(other),
            (None, None) => {}
            _ => return Err(gap(before.end, after.end)),
        }
    }
    if of(&whole).end != all {
        return Err(gap(of(&whole).end, all));
    }
    let diverged = match &whole.samples.summary {
        Some(summary) => summary.diverged(),
        None => whole.samples.diverged.len() as u64,
    };
    whole.samples.stop = match diverged == all {
        true => StopReason::AllDiverged,
        false => StopReason::Finished,
    };
    Ok(whole)
}
