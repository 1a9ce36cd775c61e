//! How often `symbias verify` refutes a law that is right, and one whose temperature is wrong by a fifth:
//! `cargo run --release -p symbias --example judge -- [--seeds N] [--replicas N]`.
//!
//! The experiment that `verify` writes for w = uv pulled to 1, three steps and their order test included, runs for every seed at the
//! temperature 1, and is held against the laws of temperature 1, of 1/1.2 and of 1.2: laws with a known answer. Printed
//! are the shares of verdicts, those by the distance of distribution functions alone, and how often the interval of the temperature
//! holds the true one.

use std::path::Path;
use std::time::Instant;
use symbias::experiment::plan::plan;
use symbias::experiment::run::{Board, RunOptions, run};
use symbias::experiment::spec::StationarySpec;
use symbias::experiment::verdict::law::{Parameter, judge};
use symbias::verify::{Wanting, Wish, verify};
use symbias_model::language::SourceFile;
use symbias_simulate::stats::verdict::Holds;

/// Temperatures of the laws that runs of temperature 1 are held against.
const TEMPERATURES: [f64; 3] = [1.0, 1.2, 1.0 / 1.2];

#[derive(Clone, Copy, Default)]
struct Counts {
    verdicts: [usize; 3],
    by_distance: usize,
    holds_truth: usize,
    fitted: usize,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |name: &str, usual: u64| -> Result<u64, Box<dyn std::error::Error>> {
        match arguments.iter().position(|a| a == name) {
            Some(at) => Ok(arguments
                .get(at + 1)
                .ok_or("a number is missing")?
                .parse()?),
            None => Ok(usual),
        }
    };
    let (seeds, replicas) = (number("--seeds", 200)?, number("--replicas", 4096)?);
    let threads = std::thread::available_parallelism()?.get();
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../experiments/gallery");
    let pair = SourceFile::read(&models.join("pair.model.toml"))?;
    println!(
        "{:<12} {:>9} {:>7} {:>9} {:>8} {:>12} {:>11} {:>12} {:>8}",
        "law",
        "tempera-",
        "n_eff",
        "confirmed",
        "refuted",
        "undetermined",
        "by distance",
        "holds truth",
        "seconds"
    );
    for noise in [StationarySpec::Isotropic, StationarySpec::Horizontal] {
        let begun = Instant::now();
        let wish = Wish {
            noises: vec![Wanting::Stationary(noise)],
            temperature: Some(1.0),
            decay: None,
            replicas: 64,
            resolution: 0.15,
            most_steps: 8000,
            seed: 1,
            threads: None,
            out: None,
            resume: false,
        };
        let tried = verify(&pair, &wish, &Board::default())?;
        let mut file = tried.experiment.ok_or("there is no law")?;
        let mut question = file.spec.laws[noise.name()].clone();
        question.twins.clear();
        question.off = None;
        let options = RunOptions {
            replicas,
            shard: None,
            threads,
            keep: None,
            pause: None,
        };
        let mut found = [Counts::default(); 3];
        let mut effective = 0.0;
        for seed in 0..seeds {
            file.spec.seed = 1000 + seed;
            let mut arms = plan(&file)?;
            let own = [
                Some(&question.arm),
                question.coarse.as_ref(),
                question.coarsest.as_ref(),
            ];
            arms.retain(|a| own.contains(&Some(&a.name)));
            let measured = run(&file, &arms, &options, &Board::default())?;
            for (t, counts) in TEMPERATURES.iter().zip(&mut found) {
                question.predicted.temperature = Some(*t);
                let Some(law) = judge(noise.name(), &question, &arms, &measured)? else {
                    continue;
                };
                counts.verdicts[match law.holds {
                    Holds::Confirmed => 0,
                    Holds::Refuted => 1,
                    Holds::Undetermined => 2,
                }] += 1;
                counts.by_distance += usize::from(law.claims.holds() == Holds::Refuted);
                effective = law.claims.verdicts.first().map_or(0.0, |v| v.effective);
                let warm = law
                    .effects
                    .iter()
                    .find(|e| e.parameter == Parameter::Temperature);
                if let Some(effect) = warm {
                    counts.fitted += 1;
                    counts.holds_truth += usize::from(effect.includes(1.0));
                }
            }
        }
        let share = |n: usize| n as f64 / seeds as f64;
        for (t, counts) in TEMPERATURES.iter().zip(&found) {
            let [confirmed, refuted, open] = counts.verdicts.map(share);
            println!(
                "{:<12} {t:>9.3} {effective:>7.0} {confirmed:>9.3} {refuted:>8.3} {open:>12.3} {:>11.3} {:>12.3} {:>8.1}",
                noise.name(),
                share(counts.by_distance),
                counts.holds_truth as f64 / counts.fitted.max(1) as f64,
                begun.elapsed().as_secs_f64()
            );
        }
    }
    Ok(())
}
