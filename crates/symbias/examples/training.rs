//! Steps per second of the arms of experiments, one thread, batches, teachers and updates included, looks and the account of the
//! charges' drift excluded:
//! `cargo run --release -p symbias --example training -- [EXPERIMENT/ARM …] [--seconds S] [--json]`.
//!
//! For 1, 16 and 256 replicas; the best window of some milliseconds, since other programs only make one slower. Counted are
//! the multiply-adds of contractions as two operations each, against the measured peak of one core.

use std::path::Path;
use std::time::{Duration, Instant};
use symbias::experiment::plan::{Planned, plan};
use symbias::experiment::spec::{ExperimentFile, Precision};
use symbias_numerics::lanes::{Real, level, level_name, measure::fma_peak};
use symbias_numerics::random::Stream;
use symbias_simulate::ensemble::Blocks;
use symbias_simulate::training::tile::{Compiled, Tile};
use symbias_simulate::training::{Setting, Settings};

/// A window of measurement.
const WINDOW: Duration = Duration::from_millis(4);

const ALL: &[&str] = &[
    "relu/sgd",
    "attention/sgd",
    "completion/sgd",
    "spectrum/designed",
    "spectrum/vanilla",
    "step/designed",
    "step/vanilla",
    "factorization/full_batch",
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut flag = |name: &str| {
        let at = arguments.iter().position(|a| a == name);
        at.map(|at| arguments.remove(at)).is_some()
    };
    let json = flag("--json");
    let mut seconds = 1.5;
    if let Some(at) = arguments.iter().position(|a| a == "--seconds") {
        seconds = arguments
            .get(at + 1)
            .ok_or("--seconds needs a number")?
            .parse()?;
        arguments.drain(at..at + 2);
    }
    let wanted: Vec<String> = match arguments.is_empty() {
        true => ALL.iter().map(|a| (*a).to_owned()).collect(),
        false => arguments,
    };
    if !json {
        for count in [32, 3072] {
            println!("{count} normals of one stream in {:.0} ns", normals(count));
        }
        println!(
            "instruction set {}, peak f32 {:.1} GFLOP/s",
            level_name(level()),
            fma_peak::<f32>()
        );
        println!(
            "{:<26}{:>9}{:>16}{:>12}{:>12}{:>8}",
            "workload", "replicas", "steps/s", "ns/step", "GFLOP/s", "peak"
        );
    }
    for name in wanted {
        let (experiment, arm) = name.split_once('/').ok_or("name EXPERIMENT/ARM")?;
        let folder = if experiment == "factorization" {
            "benches"
        } else {
            "experiments"
        };
        let file = ExperimentFile::read(&Path::new(folder).join(format!("{experiment}.toml")))?;
        let arms = plan(&file)?;
        let arm = arms.iter().find(|a| a.name == arm).ok_or("no such arm")?;
        for replicas in [1, 16, 256] {
            match arm.precision {
                Precision::F32 => measure::<f32>(&name, arm, replicas, seconds, json)?,
                Precision::F64 => measure::<f64>(&name, arm, replicas, seconds, json)?,
            }
        }
    }
    Ok(())
}

fn measure<T: Real>(
    name: &str,
    arm: &Planned,
    replicas: u64,
    seconds: f64,
    json: bool,
) -> Result<(), Box<dyn std::error::Error>> {
    let width = (T::VIRTUAL_LANES as u64).min(replicas);
    let compiled = Compiled::<T>::new(&arm.training, width as usize)?;
    let mut tiles: Vec<Blocks<T, Tile<'_, T>>> = Vec::new();
    for first in (0..replicas).step_by(width as usize) {
        let settings: Vec<Setting> = (first..first + width)
            .map(|r| arm.settings.of(r))
            .collect::<Result<_, _>>()?;
        let tile = Tile::new(&arm.training, &compiled, first, &settings, false);
        tiles.push(Blocks::new(tile, first, settings.len()));
    }
    let mut best: f64 = 0.0;
    let whole = Instant::now();
    while whole.elapsed().as_secs_f64() < seconds {
        let (start, mut steps) = (Instant::now(), 0_u64);
        while start.elapsed() < WINDOW {
            for tile in &mut tiles {
                let to = tile.step() + 256;
                tile.advance(to, &mut Vec::new());
            }
            steps += 256 * replicas;
        }
        best = best.max(steps as f64 / start.elapsed().as_secs_f64());
    }
    let operations = compiled.operations() / width as f64;
    let rate = operations * best * 1e-9;
    let share = 100.0 * rate / fma_peak::<T>();
    if json {
        println!(
            "{{\"workload\":\"{name}\",\"framework\":\"symbias\",\"replicas\":{replicas},\"steps_per_second\":{best:.0},\"operations\":{operations:.0},\"gflops\":{rate:.2},\"peak_percent\":{share:.1}}}"
        );
    } else {
        println!(
            "{name:<26}{replicas:>9}{best:>16.0}{:>12.1}{rate:>12.1}{share:>7.0}%",
            1e9 / best
        );
    }
    Ok(())
}

/// Nanoseconds that so many f32 normals of one stream take, best of many.
fn normals(count: usize) -> f64 {
    let mut numbers = vec![0.0_f32; count];
    let mut best = f64::INFINITY;
    for step in 0..400 {
        let start = Instant::now();
        for k in 0..100 {
            Stream::new(1, 0, step * 100 + k).normals_at(0, std::hint::black_box(&mut numbers));
        }
        best = best.min(start.elapsed().as_secs_f64() * 1e7);
    }
    best
}
