//! What a run takes of memory and disk, before it is taken.

use super::plan::Planned;
use super::run::RunOptions;
use std::path::Path;
use symbias_model::error::{Error, ErrorKind, Result};
use symbias_simulate::ensemble::Summary;
use symbias_simulate::observe::len;

/// Numbers that a record holds, each so often in memory at once: joined, by arrays, as the bytes of their file, and a tile's own.
const COPIES: u128 = 4;
/// Each so often on the disk: frames and record.
const STORED: u128 = 2;

/// Whether an arm has replicas here, and the whole fits.
///
/// # Errors
/// No replicas; more memory or disk than is free.
pub(super) fn check(arms: &[Planned], options: &RunOptions) -> Result<()> {
    if options.replicas == 0 {
        return Err(Error::new(ErrorKind::Value, "there are 0 replicas to run")
            .remedy("ask for at least one"));
    }
    let (mut total, mut largest, mut any) = (0_u128, (0_u128, String::new()), false);
    let (mut summed, mut counted) = (0_u128, 0_u128);
    for arm in arms {
        let part = options.part(arm.most)?;
        let replicas = u128::from(part.end - part.start);
        any |= replicas > 0;
        let looks = arm.schedule.steps().len() as u128;
        let width: usize = arm.observables.iter().map(|o| len(o.as_ref())).sum();
        let d = arm.training.model.space().dim();
        let kept = arm.spec.values.map_or(part.end, |v| part.end.min(v));
        let kept = u128::from(kept.saturating_sub(part.start));
        let numbers = kept * (looks * width as u128 + d as u128);
        total += numbers;
        if arm.spec.values.is_some() {
            let of = Summary::bytes(looks * width as u128, replicas, options.threads);
            // Arms run one after the other; all are in the record.
            (summed, counted) = (summed.max(of.0), counted + of.1);
        }
        if numbers >= largest.0 {
            let text = format!(
                "arm `{}` has {kept} replicas x {looks} looks x {width} numbers and {d} parameters",
                arm.name
            );
            largest = (numbers, text);
        }
    }
    if !any {
        let (i, n) = options.shard.unwrap_or((0, 1));
        return Err(Error::new(
            ErrorKind::Value,
            format!("shard {i}/{n} of {} replicas is empty", options.replicas),
        )
        .remedy("take at most as many shards as there are replicas"));
    }
    let why = format!("the record: {}", largest.1);
    memory(8 * COPIES * total + summed + COPIES * counted, &why)?;
    let bytes = STORED * (8 * total + counted);
    match options.keep.as_deref().and_then(free_disk) {
        Some(free) => fits(bytes, u128::from(free), "on the disk", &why),
        None => Ok(()),
    }
}

/// Whether so many bytes of memory are free, as far as the system says.
///
/// # Errors
/// What takes them, how many, and how many there are.
pub(super) fn memory(bytes: u128, why: &str) -> Result<()> {
    fits(
        bytes,
        free_memory().map_or(MOST, u128::from),
        "in memory",
        why,
    )
}

/// Where the system does not say what is free.
const MOST: u128 = 1 << 40;

fn fits(bytes: u128, free: u128, place: &str, why: &str) -> Result<()> {
    if bytes <= free {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Value,
        format!(
            "{why} take {} {place}, where {} are free",
            size(bytes),
            size(free)
        ),
    )
    .remedy("take fewer replicas (--shard parts them), samples, looks or observables; `values = 64` keeps the values of 64 replicas and a summary of all"))
}

/// `3.2 GB`.
fn size(bytes: u128) -> String {
    match bytes as f64 {
        b if b < 1e6 => format!("{:.0} kB", b / 1e3),
        b if b < 1e9 => format!("{:.0} MB", b / 1e6),
        b => format!("{:.1} GB", b / 1e9),
    }
}

/// Bytes that can be had without taking them from others: of the machine, or of the group that the process is put in.
fn free_memory() -> Option<u64> {
    let machine = || {
        let text = std::fs::read_to_string("/proc/meminfo").ok()?;
        let line = text.lines().find_map(|l| l.strip_prefix("MemAvailable:"))?;
        let kib: u64 = line.split_whitespace().next()?.parse().ok()?;
        kib.checked_mul(1024)
    };
    let group = || {
        let of = |name: &str| -> Option<u64> {
            let text = std::fs::read_to_string(format!("/sys/fs/cgroup/{name}")).ok()?;
            text.trim().parse().ok()
        };
        let most = of("memory.max")?;
        let stat = std::fs::read_to_string("/sys/fs/cgroup/memory.stat").unwrap_or_default();
        // Pages of files are given back when memory is asked for.
        let files = stat.lines().find_map(|l| l.strip_prefix("file "));
        let files: u64 = files.and_then(|n| n.trim().parse().ok()).unwrap_or(0);
        let taken = of("memory.current").unwrap_or(0).saturating_sub(files);
        Some(most.saturating_sub(taken))
    };
    [machine(), group()].into_iter().flatten().min()
}

/// Bytes that are free where a folder is, or will be.
#[cfg(unix)]
fn free_disk(folder: &Path) -> Option<u64> {
    let absolute = std::path::absolute(folder).ok()?;
    let there = absolute.ancestors().find(|a| a.exists())?;
    let stat = rustix::fs::statvfs(there).ok()?;
    stat.f_bavail.checked_mul(stat.f_frsize)
}

/// The standard library does not say.
#[cfg(not(unix))]
fn free_disk(_: &Path) -> Option<u64> {
    None
}
