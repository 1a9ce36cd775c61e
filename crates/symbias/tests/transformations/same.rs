//! The same function written otherwise, larger, beside another, at another seed or another point of an orbit: one answer.

use super::accesses::catalogue;
use super::for_all;
use super::rewrite::File;
use super::seen::{Change, Seen, look};
use super::spelling::{SPELLINGS, with_bystanders};
use std::path::Path;
use symbias::gauge::{Options, To, fix};
use symbias::watch::Watch;

/// Parameters of the models that ranks are taken of here: one run must be short.
const LARGEST: u64 = 64;

/// The model files of the catalogue and of the cases that are small, by name.
fn models() -> Vec<(String, File)> {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut found = Vec::new();
    for folder in [catalogue(), cases] {
        for entry in std::fs::read_dir(folder).expect("a folder of models") {
            let path = entry.expect("an entry").path();
            let name = path
                .file_stem()
                .and_then(|s| s.to_str())
                .unwrap_or_default()
                .to_owned();
            let toml = path.extension().is_some_and(|e| e == "toml");
            if !toml || ["expected", "transformer_1b", "mean_at_scale"].contains(&name.as_str()) {
                continue;
            }
            let mut file = File::parse(&std::fs::read_to_string(&path).expect("text"));
            file.0.remove("loss");
            found.push((name, file));
        }
    }
    found.retain(|(_, file)| file.model().parameter_count() <= u128::from(LARGEST));
    found.sort_by(|a, b| a.0.cmp(&b.0));
    assert!(found.len() >= 50, "{} models", found.len());
    found
}

fn named(name: &str, what: &str, lines: Vec<String>) -> Vec<String> {
    lines
        .into_iter()
        .map(|line| format!("{name} {what}: {line}"))
        .collect()
}

/// One transformation of a model, the `turn`-th that applies.
pub fn other_spelling(name: &str, file: &File, turn: usize) -> Vec<String> {
    let point = file.random_point(3);
    let written = (file.clone(), point);
    let applicable: Vec<_> = SPELLINGS
        .iter()
        .filter_map(|(what, spell, numbers)| Some((*what, spell(&written)?, *numbers)))
        .collect();
    let (what, (other, moved), numbers) = &applicable[turn % applicable.len()];
    let before = look(file, &catalogue(), Some(&written.1), 0);
    let after = look(other, &catalogue(), Some(moved), 0);
    named(
        name,
        what,
        before.differences(
            &after,
            Change {
                more: 0,
                numbers: *numbers,
                same_point: true,
            },
        ),
    )
}

#[test]
fn spelling_does_not_matter() {
    for_all(&models(), |(name, file)| {
        let written = (file.clone(), file.random_point(3));
        let before = look(file, &catalogue(), Some(&written.1), 0);
        let mut found = Vec::new();
        for (what, spell, numbers) in SPELLINGS {
            let Some((other, point)) = spell(&written) else {
                continue;
            };
            let after = look(&other, &catalogue(), Some(&point), 0);
            found.extend(named(
                name,
                what,
                before.differences(
                    &after,
                    Change {
                        more: 0,
                        numbers,
                        same_point: true,
                    },
                ),
            ));
        }
        found
    });
}

#[test]
fn parameters_beside_do_not_matter() {
    let all: Vec<(usize, (String, File))> = models().into_iter().enumerate().collect();
    for_all(&all, |(k, (name, file))| {
        let point = file.random_point(3);
        let before = look(file, &catalogue(), Some(&point), 0);
        // Two sizes a model, all of them over the models.
        let sizes = [1, 7, 20, 40, 60];
        let mut found = Vec::new();
        for more in [sizes[k % 5], sizes[(k + 2) % 5]] {
            let Some((other, point)) = with_bystanders(file, &point, more) else {
                continue;
            };
            let after = look(&other, &catalogue(), Some(&point), 0);
            let change = Change {
                more,
                numbers: true,
                same_point: true,
            };
            found.extend(named(
                name,
                &format!("beside {more} more"),
                before.differences(&after, change),
            ));
        }
        found
    });
}

#[test]
fn the_seed_does_not_matter() {
    let all: Vec<(usize, (String, File))> = models().into_iter().enumerate().collect();
    for_all(&all, |(k, (name, file))| {
        let before = look(file, &catalogue(), None, 0);
        // All ten for every fourth model, two for the others.
        let seeds: Vec<u64> = if k % 4 == 0 {
            (1..10).collect()
        } else {
            vec![1 + *k as u64 % 9, 1 + (*k as u64 + 5) % 9]
        };
        seeds
            .iter()
            .flat_map(|seed| {
                let after = look(file, &catalogue(), None, *seed);
                named(
                    name,
                    &format!("seed {seed}"),
                    before.differences(&after, Change::default()),
                )
            })
            .collect()
    });
}

#[test]
fn models_beside_each_other_have_both_answers() {
    let all: Vec<(String, File)> = models()
        .into_iter()
        .filter(|(_, f)| !f.0.contains_key("batch"))
        .collect();
    type Named = (String, File);
    let pairs: Vec<(&Named, &Named)> = all
        .iter()
        .zip(all.iter().cycle().skip(11))
        .step_by(2)
        .collect();
    for_all(&pairs, |((a, left), (b, right))| {
        let answers: Vec<Seen> = [left, right]
            .iter()
            .map(|f| look(f, &catalogue(), None, 0))
            .collect();
        let both = look(&left.beside(right), &catalogue(), None, 0);
        let expected = answers[0].beside(&answers[1]);
        named(
            a,
            &format!("beside {b}"),
            expected.differences(&both, Change::default()),
        )
    });
}

#[test]
fn the_point_on_an_orbit_does_not_matter() {
    for_all(&models(), |(name, file)| {
        let point = file.random_point(3);
        let before = look(file, &catalogue(), Some(&point), 0);
        let place = tempfile::tempdir().expect("a folder");
        let path = place.path().join("theta.safetensors");
        let model = file.model();
        let theta: Vec<f64> = model
            .space()
            .blocks()
            .iter()
            .flat_map(|b| point[&b.name].clone())
            .collect();
        symbias_model::data::write(&path, &symbias_model::data::named(&model, &theta))
            .expect("a file");
        let mut found = Vec::new();
        for generator in generators(file) {
            let options = Options {
                to: To::Along {
                    generator: generator.clone(),
                    time: 0.3,
                },
                ..Options::default()
            };
            let moved = match fix(
                &file.source(),
                Some(&(&path).into()),
                &options,
                &Watch::default(),
            ) {
                Ok(moved) => moved,
                Err(error) => {
                    found.push(format!("{name} along {generator}: {error}"));
                    continue;
                }
            };
            if !moved.answer.holds() {
                found.push(format!(
                    "{name} along {generator}: F moved by {:e}",
                    moved.answer.moved
                ));
            }
            let there = moved
                .arrays
                .iter()
                .map(|(name, _, values)| (name.clone(), values.clone()))
                .collect();
            let after = look(file, &catalogue(), Some(&there), 0);
            found.extend(named(
                name,
                &format!("along {generator}"),
                before.differences(&after, Change::default()),
            ));
        }
        found
    });
}

/// The first generator of up to three factors, by the names that `symbias gauge --along` takes.
fn generators(file: &File) -> Vec<String> {
    let Ok(analysis) = symbias::analyze::analyze(
        &file.source(),
        &symbias::analyze::Options::default(),
        &Watch::default(),
    ) else {
        return vec![];
    };
    let answer = serde_json::to_value(&analysis.answer).expect("JSON");
    let factors = answer["symmetry"]["factors"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let names: Vec<&str> = factors.iter().filter_map(|f| f["name"].as_str()).collect();
    let numbered = |k: usize| match names.iter().filter(|n| **n == names[k]).count() {
        1 => names[k].to_owned(),
        _ => format!(
            "{}/{}",
            names[k],
            names[..k].iter().filter(|n| **n == names[k]).count() + 1
        ),
    };
    (0..names.len().min(3))
        .map(|k| format!("{}#0", numbered(k)))
        .collect()
}
