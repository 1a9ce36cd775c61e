//! One function, one answer: what is found depends on what a model means and not on how it is written, on its size, the
//! order of its declarations, the seed or the point on an orbit. Over the catalogue, the cases, and random models, which an
//! independent oracle judges. `cargo run --release -p symbias --example survey -- 1000` runs more of the random ones.

mod accesses;
mod judge;
mod oracle;
mod random;
mod rewrite;
mod rules;
mod same;
mod seen;
mod spelling;

use super::reading;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What is known not to hold yet, by the model, the change and what differs; anything else fails.
///
/// A law may be known in one spelling and open in another; it may not be known to exist in one and to be absent in another.
/// The generators of scalings that rules give are written with the exponents of the charge: of two scalings that move common
/// parameters another spelling gives other ones, and volumes that differ by a constant of the algebra. Where translations and
/// scalings move common parameters, those of rules contain functions times translations, and those of numbers do not.
const OPEN: &[(&str, &str, &str)] = &[
    ("", "", "exists, then open"),
    ("", "", "open, then exists"),
    ("", "", "absent, then open"),
    ("", "", "open, then absent"),
    ("random 2 ", "split", "gram.log_det"),
    ("random 2 ", "split", "orbit.log_volume"),
    ("batchnorm_eval ", "", "gram.log_det"),
    ("batchnorm_eval ", "", "orbit.log_volume"),
];

/// Whether a complaint is of a kind that is listed as open.
fn is_open(line: &str) -> bool {
    let known = |(model, change, what): &(&str, &str, &str)| {
        line.starts_with(model) && line.contains(change) && line.contains(what)
    };
    OPEN.iter().any(known)
}

/// The twin: what is not listed is not open.
#[test]
fn only_what_is_listed_is_open() {
    assert!(is_open(
        "random 2 split: gram.log_det Some(1.0), then Some(2.0)"
    ));
    assert!(!is_open("random 2 split: rank Some(1), then Some(2)"));
    assert!(!is_open("tucker split: noise_slice exists, then absent"));
    assert!(!is_open(
        "random 22 split: gram.log_det Some(1.0), then Some(2.0)"
    ));
}

/// Does the same for all items on all cores, and fails with every line that any of them gave.
fn for_all<T: Sync>(items: &[T], complaints: impl Fn(&T) -> Vec<String> + Sync) {
    let found = Mutex::new(Vec::new());
    let next = AtomicUsize::new(0);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..cores.min(items.len()) {
            scope.spawn(|| {
                while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let lines = complaints(item);
                    found.lock().expect("no thread panicked").extend(lines);
                }
            });
        }
    });
    let mut lines = found.into_inner().expect("no thread panicked");
    lines.retain(|line| !is_open(line));
    lines.sort();
    assert!(
        lines.is_empty(),
        "{} complaints:\n{}",
        lines.len(),
        lines.join("\n")
    );
}

/// The random models of the check: this many of this seed.
const RANDOM: u64 = 60;
const SEED: u64 = 11;

#[test]
fn random_models_are_judged_by_the_oracle() {
    let numbers: Vec<u64> = (0..RANDOM).collect();
    let open = AtomicUsize::new(0);
    for_all(&numbers, |number| {
        let (text, _) = random::model(SEED, *number);
        let verdict = judge::judge(&text);
        if verdict.kind == judge::Kind::Open {
            open.fetch_add(1, Ordering::Relaxed);
        }
        match verdict.kind {
            judge::Kind::Wrong | judge::Kind::Failed => {
                vec![format!("{number}: {}\n{text}", verdict.text)]
            }
            _ => vec![],
        }
    });
    let open = open.into_inner();
    assert!(
        open * 100 <= RANDOM as usize * 2,
        "{open} of {RANDOM} are open where the oracle is sure"
    );
}

/// Models of seed 1 that a survey found open, by what was at fault: roundings that counted as rank (131, 343, 429, 619, 759),
/// constant symmetries outside of ker J (363, 459), candidates that more points refute (710), ranks on tokens that few random
/// points have (488, 644); and one that it found wrong, where a
/// constant symmetry was thrown away (851).
#[test]
fn what_a_survey_found_is_known() {
    for_all(
        &[131, 343, 363, 429, 459, 488, 619, 644, 710, 759, 851],
        |number| {
            let verdict = judge::judge(&random::model(1, *number).0);
            match verdict.kind {
                judge::Kind::Agrees => vec![],
                kind => vec![format!("{number} {kind:?}: {}", verdict.text)],
            }
        },
    );
}

#[test]
fn random_models_have_one_answer_in_every_spelling() {
    let numbers: Vec<u64> = (0..RANDOM).collect();
    for_all(&numbers, |number| {
        let (text, _) = random::model(SEED, *number);
        let file = rewrite::File::parse(&text);
        same::other_spelling(&format!("random {number}"), &file, *number as usize)
    });
}
