//! Speed of Langevin dynamics on the Hadamard pair w = uv, L = (w − 1)²/2, isotropic noise, Euler–Maruyama:
//! `cargo run --release -p symbias-simulate --example langevin -- [--seconds S] [--replicas R]`.
//!
//! Replica-steps per second in f32 and f64: the best window of some milliseconds on one thread, since other programs only
//! make one slower, with the share of it that the normals alone take; and whole runs of the ensemble on one and two threads.

use std::time::{Duration, Instant};
use symbias_geometry::noise::Noise;
use symbias_model::error::Result;
use symbias_model::language::{Copies, SourceFile};
use symbias_model::scalar::Arrays;
use symbias_numerics::lanes::{Real, level, level_name};
use symbias_numerics::random::ensemble_normals;
use symbias_simulate::diffusion::Diffusion;
use symbias_simulate::ensemble::{Blocks, Ensemble, Monitor, Process, Schedule};
use symbias_simulate::training::{Setting, Settings};

const PAIR: &str = r#"
symbias = 1
outputs = ["w"]
axes = {}
program = "w = u * v"
parameters = { u = [], v = [] }
loss = { kind = "expression", expr = "0.5 * (w - 1)^2", reduce = "sum" }
"#;

struct Start;

impl Settings for Start {
    fn of(&self, _: u64) -> Result<Setting> {
        Ok(Setting {
            theta: vec![0.5, 0.5],
            ..Setting::default()
        })
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let number = |name: &str, default: f64| {
        let at = arguments.iter().position(|a| a == name);
        at.and_then(|at| arguments.get(at + 1)?.parse().ok())
            .unwrap_or(default)
    };
    let (seconds, replicas) = (
        number("--seconds", 2.0),
        number("--replicas", 4096.0) as u64,
    );
    println!(
        "{replicas} replicas, {}; best run of {seconds} s",
        level_name(level())
    );
    println!("type              replica-steps/s  ns/replica-step  normals alone");
    measure::<f32>(replicas, seconds)?;
    measure::<f64>(replicas, seconds)?;
    Ok(())
}

/// A window of measurement.
const WINDOW: Duration = Duration::from_millis(4);

fn process() -> Result<Diffusion> {
    let model = SourceFile::parse(PAIR, None)?.check(Copies::All)?;
    let arrays = Arrays::new(&model, &Default::default())?;
    let noise = Noise::Isotropic(0.1);
    let mut process = Diffusion::new(&model, &arrays, 1, noise, 1e-3);
    process.potential.decay = 0.1;
    Ok(process)
}

fn measure<T: Real>(replicas: u64, seconds: f64) -> Result<()> {
    let process = process()?;
    let best = windows::<T>(&process, replicas, seconds)?;
    let share = 100.0 * normals::<T>() / best;
    let (name, rate) = (T::NAME, 1e9 / best);
    println!("{name}  best window  {rate:>15.4e}  {best:>15.3}  {share:>12.0}%");
    for threads in [1, 2] {
        let best = runs::<T>(&process, replicas, seconds, threads)?;
        let rate = 1e9 / best;
        println!("{name}  {threads} threads    {rate:>15.4e}  {best:>15.3}");
    }
    Ok(())
}

/// Nanoseconds per replica-step of all tiles one after the other.
fn windows<T: Real>(process: &Diffusion, replicas: u64, seconds: f64) -> Result<f64> {
    let width = process.widths::<T>(replicas)[0];
    let compiled = process.compile::<T>(width as usize)?;
    let mut tiles = Vec::new();
    for first in (0..replicas).step_by(width as usize) {
        let settings: Vec<Setting> = (0..width).map(|r| Start.of(r)).collect::<Result<_>>()?;
        let tile = process.tile(&compiled, first, &settings, false);
        tiles.push(Blocks::new(tile, first, settings.len()));
    }
    let mut best = f64::INFINITY;
    let whole = Instant::now();
    while whole.elapsed().as_secs_f64() < seconds {
        let (start, mut steps) = (Instant::now(), 0);
        while start.elapsed() < WINDOW {
            for tile in &mut tiles {
                let to = tile.step() + 64;
                tile.advance(to, &mut Vec::new());
                steps += 64 * width;
            }
        }
        best = best.min(start.elapsed().as_secs_f64() * 1e9 / steps as f64);
    }
    Ok(best)
}

/// Nanoseconds per replica-step of whole runs, set-up included.
fn runs<T: Real>(process: &Diffusion, replicas: u64, seconds: f64, threads: usize) -> Result<f64> {
    let steps = 2048;
    let schedule = Schedule::at(vec![steps])?;
    let ensemble = Ensemble {
        process,
        settings: &Start,
        replicas: 0..replicas,
        schedule: &schedule,
        observables: &[],
        threads,
        keep: None,
        values: None,
    };
    let mut best = f64::INFINITY;
    let whole = Instant::now();
    while whole.elapsed().as_secs_f64() < seconds {
        let start = Instant::now();
        ensemble.run::<T>(&Monitor::default())?;
        best = best.min(start.elapsed().as_secs_f64());
    }
    Ok(best * 1e9 / (replicas * steps) as f64)
}

/// Nanoseconds of the two normals of a replica-step, drawn as a diffusion draws them.
fn normals<T: Real>() -> f64 {
    let lanes = T::VIRTUAL_LANES * 8;
    let mut numbers = vec![T::ZERO; lanes * T::NORMALS_PER_BLOCK];
    let mut best = f64::INFINITY;
    for round in 0..50 {
        let start = Instant::now();
        for step in 0..200 {
            let into = std::hint::black_box(&mut numbers);
            ensemble_normals(1, 0, round * 200 + step, 0, lanes, into);
        }
        best = best.min(start.elapsed().as_secs_f64());
    }
    best * 1e9 / 200.0 / numbers.len() as f64 * 2.0
}
