//! The judgement of laws is calibrated: over 200 experiments with fresh seeds the p-values of the true law are uniform, and every
//! twin is refuted with power at least 0.95 at the stated number of replicas.
//!
//! Laws and steps are those of `experiments/gallery`; `cargo run --release -p symbias --example calibration` does all of
//! them. The judge of the p-values is the distance of their own distribution function from a line, computed here.

use std::path::Path;
use symbias::experiment::plan::plan;
use symbias::experiment::run::{Board, RunOptions, run};
use symbias::experiment::spec::ExperimentFile;
use symbias::experiment::verdict::law::{Calibration, calibrate};

const EXPERIMENTS: usize = 200;

/// The distance of N = 200 uniform numbers from uniform is below this but for one in a hundred (scipy.stats.kstwo.ppf(0.99, 200)).
const DISTANCE: f64 = 0.114_2;

fn calibration(name: &str, law: &str, replicas: usize) -> Calibration {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../experiments/gallery");
    let file = ExperimentFile::read(&path.join(format!("{name}.toml"))).unwrap();
    let question = &file.spec.laws[law];
    let mut arms = plan(&file).unwrap();
    arms.retain(|a| a.name == question.arm);
    let options = RunOptions {
        replicas: (EXPERIMENTS * replicas) as u64,
        shard: None,
        threads: 2,
        keep: None,
        pause: None,
    };
    let measured = run(&file, &arms, &options, &Board::default()).unwrap();
    let found = calibrate(question, &arms, &measured, replicas).unwrap();
    assert_eq!(found.own.len(), EXPERIMENTS);
    found
}

/// sup |F_N(p) − p|.
fn distance(p_values: &[f64]) -> f64 {
    let mut all = p_values.to_vec();
    all.sort_by(f64::total_cmp);
    let n = all.len() as f64;
    let gap = |(k, p): (usize, &f64)| (p - k as f64 / n).max((k + 1) as f64 / n - p);
    all.iter().enumerate().map(gap).fold(0.0, f64::max)
}

fn calibrated(name: &str, law: &str, replicas: usize) {
    let found = calibration(name, law, replicas);
    let far = distance(&found.own);
    assert!(far < DISTANCE, "{law}: p-values at {far} from uniform");
    assert!(found.uniform().unwrap().p_value > 0.01, "{law}");
    for (twin, p_values) in &found.twins {
        let refuted = p_values.iter().filter(|p| **p < 0.01).count() as f64;
        assert!(
            refuted >= 0.95 * EXPERIMENTS as f64,
            "{law}, {twin}: {refuted}"
        );
        assert!(
            distance(p_values) > 0.5,
            "{law}: the p-values of `{twin}` are as uniform"
        );
    }
}

#[test]
fn the_exponential_law_of_groups() {
    calibrated("groups", "norm", 100);
}

#[test]
fn wishart_and_horizontal_gram() {
    calibrated("compact", "gram_isotropic", 100);
    calibrated("compact", "gram_horizontal", 100);
}

#[test]
fn too_few_replicas_have_no_power() {
    // A power of 0.95 is no matter of course: 12 replicas see the same twin in a minority of the experiments.
    let found = calibration("compact", "gram_horizontal", 12);
    let (_, power) = found.weakest().unwrap();
    assert!(power.share < 0.5, "{power:?}");
}
