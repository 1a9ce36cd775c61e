//! Records of shards put together: the bits of the run that was not sharded.

use super::record::{Measured, Record, describe};
use symbias_model::error::{Error, ErrorKind, Result};
use symbias_simulate::ensemble::StopReason;

/// Joins the records of all shards of a run: the bits of the run that was not sharded.
///
/// # Errors
/// Records of different experiments, or with replicas missing or twice.
pub(super) fn join(mut parts: Vec<(Record, Vec<Measured>)>) -> Result<(Record, Vec<Measured>)> {
    let Some((first, _)) = parts.first().cloned() else {
        return Err(Error::new(ErrorKind::Value, "no records to join")
            .remedy("give the folders of all shards"));
    };
    if let Some((other, _)) = parts.iter().find(|p| p.0.experiment != first.experiment) {
        return Err(Error::new(
            ErrorKind::Value,
            format!(
                "`{}` and `{}` are records of different experiments",
                first.experiment.name, other.experiment.name
            ),
        )
        .remedy("join shards of one experiment"));
    }
    let names: Vec<String> = {
        let mut all: Vec<String> = parts
            .iter()
            .flat_map(|p| p.0.arms.keys().cloned())
            .collect();
        all.sort();
        all.dedup();
        all
    };
    let mut joined = Vec::new();
    for name in names {
        let mut own: Vec<Measured> = Vec::new();
        for part in &mut parts {
            if let Some(at) = part.1.iter().position(|m| m.arm == name) {
                own.push(part.1.swap_remove(at));
            }
        }
        own.sort_by_key(|m| m.samples.replicas.start);
        let mut whole = own.remove(0);
        for next in own {
            if next.samples.replicas.start != whole.samples.replicas.end
                || next.observed != whole.observed
            {
                return Err(Error::new(
                    ErrorKind::Value,
                    format!(
                        "replicas {} to {} of `{name}` are missing or there twice",
                        whole.samples.replicas.end, next.samples.replicas.start
                    ),
                )
                .remedy("give each shard once"));
            }
            whole.samples.replicas.end = next.samples.replicas.end;
            whole.samples.numbers.extend(next.samples.numbers);
            whole.samples.theta.extend(next.samples.theta);
            whole.samples.diverged.extend(next.samples.diverged);
            whole.samples.crossings.extend(next.samples.crossings);
            let all = (whole.samples.replicas.end - whole.samples.replicas.start) as usize;
            whole.samples.stop = match whole.samples.diverged.len() == all {
                true => StopReason::AllDiverged,
                false => StopReason::Finished,
            };
        }
        joined.push(whole);
    }
    let parameters = parts
        .iter()
        .flat_map(|p| p.0.arms.iter())
        .map(|(name, arm)| (name.clone(), arm.parameters.clone()))
        .collect();
    let mut record = describe(&first.experiment, &joined, &parameters);
    record.given = first.given;
    Ok((record, joined))
}
