//! Whether the judgement of laws is calibrated, for the laws of the gallery that have a density:
//! `cargo run --release -p symbias --example calibration -- [LAW …] [--experiments N] [--replicas FACTOR] [--seed S]`.
//!
//! Each law is judged in 200 experiments of n replicas, cut from one run at the steps of the gallery. Printed are the
//! Kolmogorov-Smirnov p-value of the law's 200 p-values against uniform ones, the share of them below the level, and the power
//! against the twin that is refuted least often, with its standard error. n is chosen such that every power is above 0.95:
//! a twin at distance D of distribution functions needs n_eff ≈ 4.5/D² at the level 0.01, and extrapolation from two steps
//! leaves n/5 at weak order one and 9n/17 at order two.

use std::path::Path;
use std::time::Instant;
use symbias::experiment::plan::plan;
use symbias::experiment::run::{Board, RunOptions, run};
use symbias::experiment::spec::ExperimentFile;
use symbias::experiment::verdict::law::calibrate;

/// File, law, replicas of one experiment.
const LAWS: &[(&str, &str, usize)] = &[
    ("hadamard", "decay", 480),
    ("hadamard", "horizontal", 2400),
    ("hadamard", "predictor", 2400),
    ("slice", "fixman", 2400),
    ("slice", "surface", 2400),
    ("depth", "three", 420),
    ("depth", "four", 240),
    ("groups", "norm", 120),
    ("compact", "gram_isotropic", 120),
    ("compact", "gram_horizontal", 120),
    ("compact", "radius_isotropic", 600),
    ("compact", "radius_horizontal", 150),
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut number = |name: &str| -> Result<Option<f64>, Box<dyn std::error::Error>> {
        let Some(at) = arguments.iter().position(|a| a == name) else {
            return Ok(None);
        };
        let value = arguments
            .get(at + 1)
            .ok_or("a number is missing")?
            .parse()?;
        arguments.drain(at..at + 2);
        Ok(Some(value))
    };
    let experiments = number("--experiments")?.unwrap_or(200.0) as usize;
    let factor = number("--replicas")?.unwrap_or(1.0);
    let seed = number("--seed")?;
    let threads = std::thread::available_parallelism()?.get();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../experiments/gallery");
    println!(
        "{:<28} {:>6} {:>7} {:>9} {:>15}  {:>15}  {:<42} {:>7}",
        "law", "n", "n_eff", "uniform p", "below level", "least power", "of the twin", "seconds"
    );
    let all = Instant::now();
    for (name, law, replicas) in LAWS {
        let label = format!("{name}/{law}");
        if !arguments.is_empty() && !arguments.contains(&label) {
            continue;
        }
        let begun = Instant::now();
        let replicas = (*replicas as f64 * factor).round() as usize;
        let mut file = ExperimentFile::read(&folder.join(format!("{name}.toml")))?;
        if let Some(seed) = seed {
            file.spec.seed = seed as u64;
        }
        let question = file.spec.laws.get(*law).ok_or("no such law")?.clone();
        let mut arms = plan(&file)?;
        arms.retain(|a| a.name == question.arm || Some(&a.name) == question.coarse.as_ref());
        let options = RunOptions {
            replicas: (replicas * experiments) as u64,
            shard: None,
            threads,
            keep: None,
            pause: None,
        };
        let measured = run(&file, &arms, &options, &Board::default())?;
        let found = calibrate(&question, &arms, &measured, replicas)?;
        let (size, (twin, power)) = (found.size(), found.weakest().ok_or("no twins")?);
        println!(
            "{label:<28} {replicas:>6} {:>7.0} {:>9.3} {:>6.3} +- {:.3}  {:>6.3} +- {:.3}  {twin:<42} {:>7.1}",
            found.effective,
            found.uniform()?.p_value,
            size.share,
            size.error,
            power.share,
            power.error,
            begun.elapsed().as_secs_f64()
        );
    }
    println!(
        "in all {:.0} s on {threads} threads",
        all.elapsed().as_secs_f64()
    );
    Ok(())
}
