//! Closed forms of the catalogue against charges, Gram matrices and regularisers computed from
//! the algebra that was found: to 1e-8, at two points.

use std::path::Path;
use symbias::analyze::{Options, analyze};
use symbias_model::catalogue::{Point, Quantity, all};
use symbias_model::language::SourceFile;

const ACCEPTED: f64 = 1e-8;

/// Largest difference, relative; infinite where the lengths differ. Signs of charges are a
/// convention of the generator.
fn difference(found: &[f64], expected: &[f64], signed: bool) -> f64 {
    if found.len() != expected.len() {
        return f64::INFINITY;
    }
    let scale = expected.iter().fold(1.0_f64, |s, x| s.max(x.abs()));
    let size = |x: f64| if signed { x } else { x.abs() };
    found
        .iter()
        .zip(expected)
        .map(|(f, e)| (size(*f) - size(*e)).abs() / scale)
        .fold(0.0, f64::max)
}

#[test]
fn closed_forms_agree_with_the_geometry() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models");
    let mut compared = 0;
    for known in all() {
        let source =
            SourceFile::read(&folder.join(known.name).with_extension("toml")).expect("a model");
        assert_eq!(source.text(), known.text, "{}", known.name);
        for seed in if known.closed_forms.is_empty() {
            0..0
        } else {
            0..2
        } {
            let analysis = analyze(
                &source,
                &Options {
                    seed,
                    ..Options::default()
                },
                &mut |_| {},
            )
            .expect("an answer");
            let space = analysis.model().space();
            let theta = analysis.theta.clone().expect("a point");
            for form in known.closed_forms {
                let expected = (form.value)(&Point::new(&space, &theta));
                let found = match form.of {
                    Quantity::Charges => analysis.answer.charges.values.clone(),
                    Quantity::LogDetGram => analysis.answer.gram.log_det.into_iter().collect(),
                    Quantity::Decay => analysis.answer.bias.decay.value.into_iter().collect(),
                };
                let error = difference(&found, &expected, form.of != Quantity::Charges);
                assert!(
                    error <= ACCEPTED,
                    "{}: {} = {found:?}, closed form {expected:?}",
                    known.name,
                    form.formula
                );
                // The twin: a formula wrong by a millionth is seen.
                let wrong: Vec<f64> = expected.iter().map(|x| x * (1.0 + 1e-6) + 1e-6).collect();
                assert!(
                    difference(&found, &wrong, true) > ACCEPTED,
                    "{}",
                    known.name
                );
                compared += 1;
            }
        }
    }
    assert!(compared > 80, "{compared} closed forms were compared");
}

#[test]
fn the_registry_has_every_model_file() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models");
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path
            .file_stem()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        if path.extension().is_some_and(|e| e == "toml") && name != "expected" {
            assert!(
                all().iter().any(|k| k.name == name),
                "{name} is not in the catalogue"
            );
        }
    }
}
