//! Runs in which the driver is planted: attribution must name it, and must not name what it cannot know (theory §8).
//!
//! The model is y = Σ u_i v_i x_i with a teacher; its charges (u_i² − v_i²)/2 are kept by flow, multiplied by (1 − ηλ)² a
//! step by decay, and driven to 0 by label noise.

use std::path::Path;
use symbias::experiment::run::Board;
use symbias::experiment::spec::ExperimentFile;
use symbias::experiment::verdict::attribution::Attribution;
use symbias::experiment::{Request, perform};

const MODEL: &str = r#"
symbias = 1
name = "pairs"
outputs = ["y"]
axes = { i = 4 }
program = "y = u[i] * v[i] * x[i]"
parameters = { u = ["i"], v = ["i"] }
inputs = { x = ["i"] }
loss = { kind = "mse", of = "y" }
"#;

/// What all runs share: fresh batches of 4 with label noise.
const RUN: &str = r#"
symbias = 1
name = "planted"
seed = 5
replicas = 6

[run]
model = "model.toml"
rate = 0.01
samples = 4
look = { points = 20 }
inputs = { target = { teacher = NOISE } }
[run.start]
program = """
u[i] = 0.6 + 0.1 * a[i]
v[i] = 0.1 * b[i]"""
inputs = { a = ["i"], b = ["i"] }
[run.teacher]
program = """
u[i] = 1 + 0.1 * a[i]
v[i] = 1 + 0.1 * b[i]"""
inputs = { a = ["i"], b = ["i"] }
[run.observe]
charges = true
program = "w[i] = u[i] * v[i]"

[attribute.main]
outcome = "w"
"#;

const FULL: &str = "samples = 64\nrefresh = false\n";

fn attributed(noise: f64, arms: &str) -> Attribution {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("model.toml"), MODEL).unwrap();
    let text = RUN.replace("NOISE", &format!("{noise:?}")) + arms;
    std::fs::write(path("x.toml"), text).unwrap();
    let concluded = concluded(&path("x.toml"), &path("record"));
    let record = concluded.record;
    record.verdicts.attribution["main"].clone()
}

fn concluded(experiment: &Path, out: &Path) -> symbias::experiment::Concluded {
    let request = Request {
        out: Some(out.to_owned()),
        threads: Some(1),
        ..Request::default()
    };
    let file = ExperimentFile::read(experiment).unwrap_or_else(|e| panic!("{e}"));
    perform(&file, &request, &Board::default()).unwrap_or_else(|e| panic!("{e}"))
}

#[test]
fn full_batch_is_flow() {
    let found = attributed(0.1, &format!("[arms.main]\n{FULL}steps = 3000\n"));
    assert_eq!(found.driver, "flow", "{}", found.paragraph);
    assert!(found.present.is_empty());
}

#[test]
fn noise_that_does_nothing_yet_is_flow_by_its_control() {
    let main = "[arms.main]\nrate = 1e-3\nsteps = 20000\n";
    let control = format!(
        "[arms.control]\nrate = 1e-3\nsteps = 20000\n{FULL}control = {{ of = \"main\", removes = \"noise\" }}\n"
    );
    let found = attributed(0.05, &format!("{main}{control}"));
    assert_eq!(found.driver, "flow", "{}", found.paragraph);
    // The same run without its control: nothing can be said.
    let alone = attributed(0.05, main);
    assert_eq!(alone.driver, "undetermined", "{}", alone.paragraph);
    assert!(
        alone.paragraph.contains("no control for noise"),
        "{}",
        alone.paragraph
    );
}

#[test]
fn decay_is_named_by_its_control() {
    let main = format!("[arms.main]\n{FULL}decay = 0.05\nsteps = 30000\n");
    let control = format!(
        "[arms.control]\n{FULL}steps = 30000\ncontrol = {{ of = \"main\", removes = \"decay\" }}\n"
    );
    let found = attributed(0.1, &format!("{main}{control}"));
    assert_eq!(found.driver, "decay", "{}", found.paragraph);
    assert_eq!(attributed(0.1, &main).driver, "undetermined");
}

#[test]
fn label_noise_at_long_times_is_noise() {
    let main = "[arms.main]\nsteps = 60000\n";
    let control = format!(
        "[arms.control]\n{FULL}steps = 60000\ncontrol = {{ of = \"main\", removes = \"noise\" }}\n"
    );
    let found = attributed(1.0, &format!("{main}{control}"));
    assert_eq!(found.driver, "noise", "{}", found.paragraph);
    // The account of every step's gradient holds in the noisiest of runs.
    assert!(
        found.drift_error.is_some_and(|e| e.median < 0.05),
        "{}",
        found.paragraph
    );
}

#[test]
fn two_drivers_are_mixed() {
    let main = "[arms.main]\ndecay = 0.0025\nsteps = 6000\n";
    let controls = format!(
        "[arms.still]\ndecay = 0.0025\nsteps = 6000\n{FULL}control = {{ of = \"main\", removes = \"noise\" }}\n\
         [arms.free]\nsteps = 6000\ncontrol = {{ of = \"main\", removes = \"decay\" }}\n"
    );
    let found = attributed(0.7, &format!("{main}{controls}"));
    assert_eq!(found.driver, "mixed", "{}", found.paragraph);
}

#[test]
fn a_run_that_is_too_short_is_undetermined() {
    let main = "[arms.main]\nrate = 1e-4\nsteps = 20\n";
    let control = format!(
        "[arms.control]\nrate = 1e-4\nsteps = 20\n{FULL}control = {{ of = \"main\", removes = \"noise\" }}\n"
    );
    let found = attributed(1.0, &format!("{main}{control}"));
    assert_eq!(found.driver, "undetermined", "{}", found.paragraph);
}

#[test]
fn a_penalty_is_no_flow() {
    // Without its control an l1 term is neither named nor excluded.
    let penalty = "l1 = { u = 0.02, v = 0.02 }\n";
    let main = format!("[arms.main]\n{FULL}steps = 30000\n{penalty}");
    let found = attributed(0.1, &main);
    assert_eq!(found.driver, "undetermined", "{}", found.paragraph);
}

#[test]
fn a_control_that_ends_early_tells_of_charges_by_its_pace_and_nothing_of_the_outcome() {
    let control = |rate: &str, steps: u64| {
        format!(
            "[arms.control]\n{rate}{FULL}steps = {steps}\ncontrol = {{ of = \"main\", removes = \"noise\" }}\n"
        )
    };
    // Charges that noise has moved: the control's pace bounds what it would have made of them.
    let main = "[arms.main]\nsteps = 60000\n";
    let found = attributed(1.0, &format!("{main}{}", control("", 20000)));
    assert_eq!(found.driver, "noise", "{}", found.paragraph);
    let bound = found.controls[0].extrapolated.unwrap_or(f64::NAN);
    let seen = found.controls[0]
        .charges_moved
        .map_or(f64::NAN, |m| m.median);
    assert!(bound >= seen && found.controls[0].outcome_apart.is_none());
    // Charges that are kept: only the outcome could tell, and there is none to compare with.
    let slow = "rate = 1e-3\n";
    let main = format!("[arms.main]\n{slow}steps = 20000\n");
    let found = attributed(0.05, &format!("{main}{}", control(slow, 5000)));
    assert_eq!(found.driver, "undetermined", "{}", found.paragraph);
}

/// A control that lacks the noise and something else is not the run without the noise (theory §8): its twin, which differs in
/// nothing else, names the driver.
#[test]
fn a_control_that_differs_in_more_than_its_driver_tells_nothing() {
    let main = "[arms.main]\nsteps = 60000\n";
    let control = |more: &str| {
        format!(
            "[arms.control]\n{FULL}steps = 60000\n{more}control = {{ of = \"main\", removes = \"noise\" }}\n"
        )
    };
    for (more, said) in [
        ("rate = 0.005\n", "`rate`"),
        ("decay = 0.001\n", "`decay`"),
        ("momentum = 0.5\n", "`momentum`"),
        (
            "start = { program = \"u[i] = 0.6 + 0 * a[i]\\nv[i] = 0.1 * a[i]\", inputs = { a = [\"i\"] } }\n",
            "`start`",
        ),
    ] {
        let found = attributed(1.0, &format!("{main}{}", control(more)));
        assert_eq!(found.driver, "undetermined", "{}", found.paragraph);
        assert_eq!(found.controls[0].share, None);
        let words = format!("also differs in {said}");
        assert!(found.paragraph.contains(&words), "{}", found.paragraph);
    }
    let found = attributed(1.0, &format!("{main}{}", control("")));
    assert_eq!(found.driver, "noise", "{}", found.paragraph);
    let [low, high] = found.controls[0].share_interval.expect("an interval");
    let share = found.controls[0].share.expect("a share");
    assert!(
        low <= share + 0.05 && share <= high + 0.05 && low > 0.5,
        "{low} {share} {high}"
    );
}

#[test]
fn a_control_that_keeps_its_driver_is_named() {
    let arms = "[arms.main]\nsteps = 6000\n\
                [arms.control]\nsteps = 6000\ncontrol = { of = \"main\", removes = \"noise\" }\n";
    let found = attributed(1.0, arms);
    assert!(
        found.paragraph.contains("still acts in it"),
        "{}",
        found.paragraph
    );
    assert_eq!(found.driver, "undetermined");
}

/// With momentum and labels without noise, a control that lacks the noise alone still has the momentum: what moves the charges is
/// not noise, and momentum is named or excluded by its own control only, at the same time η/(1 − β) per step.
#[test]
fn momentum_is_a_driver() {
    use symbias::experiment::spec::DriverSpec;
    let main = format!("[arms.main]\n{FULL}momentum = 0.9\nsteps = 3000\n");
    let alone = attributed(0.0, &main);
    assert_eq!(alone.present, [DriverSpec::Momentum]);
    assert_eq!(alone.driver, "undetermined", "{}", alone.paragraph);
    assert!(
        alone.paragraph.contains("no control for momentum"),
        "{}",
        alone.paragraph
    );
    let control = |pace: &str| {
        format!(
            "[arms.control]\n{FULL}momentum = 0.0\nsteps = 30000\ncontrol = {{ of = \"main\", removes = \"momentum\"{pace} }}\n"
        )
    };
    let found = attributed(0.0, &format!("{main}{}", control(", pace = 10.0")));
    assert!(found.controls[0].share.is_some(), "{}", found.paragraph);
    assert_ne!(found.driver, "noise");
    let found = attributed(0.0, &format!("{main}{}", control("")));
    assert!(
        found.paragraph.contains("for the same time"),
        "{}",
        found.paragraph
    );
}
