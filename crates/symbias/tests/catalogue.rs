//! Closed forms of the catalogue against the numbers computed from the algebra that was found, to
//! 1e-8: at two random points and at a balanced one. Where the program has a formula of its own,
//! its value must be that of the numbers.

use std::path::{Path, PathBuf};
use symbias::analyze::{Analysis, NUMERICAL, Options, analyze, structure};
use symbias::answer::Answer;
use symbias::watch::Watch;
use symbias_geometry::gauge::{StopReason, balance};
use symbias_geometry::structure::orthonormal;
use symbias_geometry::symmetry::Evidence;
use symbias_model::catalogue::{ClosedForm, Known, Point, Quantity, all};
use symbias_model::data;
use symbias_model::expression::Field;
use symbias_model::language::{Copies, SourceFile};

const ACCEPTED: f64 = 1e-8;
/// Parameters above which one point is enough: an answer then takes most of a minute.
const LARGE: u64 = 500;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models")
}

fn source(known: &Known) -> SourceFile {
    let path = folder().join(known.name).with_extension("toml");
    let source = SourceFile::read(&path).expect("a model");
    assert_eq!(source.text(), known.text, "{}", known.name);
    source
}

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

/// The number of the answer that a closed form speaks of.
fn number(answer: &Answer, of: Quantity) -> Vec<f64> {
    let bias = &answer.bias;
    let one = match of {
        Quantity::Charges => return answer.charges.values.clone(),
        Quantity::LogDetGram | Quantity::BalancedLogDetGram => answer.gram.log_det,
        Quantity::Decay => bias.decay.value,
        Quantity::Flow => bias.flow.value,
        Quantity::Isotropic => bias.noise_isotropic.value,
        Quantity::Slice => bias.noise_slice.value,
        Quantity::Horizontal => bias.noise_horizontal.value,
    };
    one.into_iter().collect()
}

/// The answer at a balanced point of the same orbit; `None` where there is none.
fn at_balance(source: &SourceFile, analysis: &Analysis) -> Option<Analysis> {
    let model = analysis.model();
    let space = model.space();
    if space.blocks().iter().any(|b| b.field != Field::Real) {
        return None;
    }
    let structure = structure(source, 2000, &Default::default()).expect("a structure");
    let split = orthonormal(structure.model(), &structure.factors);
    let fixed = balance(&split.symmetric, analysis.theta.as_ref()?).expect("a gauge");
    if fixed.stop != StopReason::Balanced || !split.neither.is_empty() {
        return None;
    }
    let named: Vec<data::Named> = space
        .blocks()
        .iter()
        .map(|b| {
            (
                b.name.clone(),
                b.shape.clone(),
                fixed.theta[b.range()].to_vec(),
            )
        })
        .collect();
    let name = format!(
        "symbias-catalogue-{}-{}.safetensors",
        model.name,
        std::process::id()
    );
    let path = std::env::temp_dir().join(name);
    data::write(&path, &named).expect("a file");
    let options = Options {
        at: Some((&path).into()),
        ..Options::default()
    };
    let found = analyze(source, &options, &Watch::default()).expect("an answer");
    std::fs::remove_file(path).expect("the file");
    Some(found)
}

/// Asserts that a closed form gives a number of the answer, and that its twins do not.
fn check(
    known: &Known,
    form: &ClosedForm,
    answer: &Answer,
    expected: &[f64],
    values: &[(Quantity, Vec<f64>)],
) {
    if form.of == Quantity::Decay && answer.bias.decay.evidence != Some(Evidence::Proven) {
        // Fewer outputs than weights, or several terms: the fibre may be larger than that of the weights.
        return assert_at_most(known, answer, expected);
    }
    let found = number(answer, form.of);
    let name = format!("{}, {}: {}", known.name, form.of.name(), form.formula);
    let error = difference(&found, expected, form.of != Quantity::Charges);
    assert!(
        error <= ACCEPTED,
        "{name} = {found:?}, closed form {expected:?}"
    );
    let differs = |wrong: &[f64], what: &str| {
        assert!(difference(&found, wrong, true) > ACCEPTED, "{name}: {what}");
    };
    // Twins: a coefficient wrong by a millionth, and the other sign.
    let wrong: Vec<f64> = expected.iter().map(|x| x * (1.0 + 1e-6) + 1e-6).collect();
    differs(&wrong, "a wrong coefficient");
    if form.of != Quantity::Charges && expected.iter().any(|x| x.abs() > 1e-6) {
        let negative: Vec<f64> = expected.iter().map(|x| -x).collect();
        differs(&negative, "the other sign");
    }
    // The other law, where it is another function.
    for (other, value) in values {
        if matches!(
            (form.of, *other),
            (Quantity::Slice, Quantity::Horizontal) | (Quantity::Horizontal, Quantity::Slice)
        ) {
            differs(value, "the other law");
        }
    }
}

/// Numbers and formulas of one answer.
fn numbers_are_formulas(answer: &Answer) -> usize {
    let bias = &answer.bias;
    let pairs = [
        (
            "log det Gamma",
            answer.gram.log_det,
            answer.gram.log_det_by_formula,
        ),
        ("decay", bias.decay.value, bias.decay.value_by_formula),
        ("flow", bias.flow.value, bias.flow.value_by_formula),
        (
            "isotropic",
            bias.noise_isotropic.value,
            bias.noise_isotropic.value_by_formula,
        ),
        (
            "slice",
            bias.noise_slice.value,
            bias.noise_slice.value_by_formula,
        ),
        (
            "horizontal",
            bias.noise_horizontal.value,
            bias.noise_horizontal.value_by_formula,
        ),
    ];
    let mut compared = 0;
    for (what, value, formula) in pairs {
        if let (Some(value), Some(formula)) = (value, formula) {
            let error = difference(&[value], &[formula], true);
            assert!(
                error <= ACCEPTED,
                "{}: {what} {value}, by its formula {formula}",
                answer.model
            );
            assert!(difference(&[value], &[formula * (1.0 + 1e-6) + 1e-6], true) > ACCEPTED);
            compared += 1;
        }
    }
    compared
}

/// The least norm over all parameters of the outputs is that of the weights' factors, or below it and says so.
fn assert_at_most(known: &Known, answer: &Answer, of_weights: &[f64]) {
    let [of_weights] = of_weights else {
        panic!("{}: one number", known.name)
    };
    let decay = &answer.bias.decay;
    let Some(value) = decay.value else { return };
    let text = format!("{of_weights:.6}");
    let named = decay.hypotheses.iter().any(|h| h.text.contains(&text));
    let equal = difference(&[value], &[*of_weights], false) <= ACCEPTED;
    assert!(
        equal || value < *of_weights && named,
        "{}: {value}, of weights {text} in {:?}",
        known.name,
        decay.hypotheses
    );
}

#[test]
fn closed_forms_agree_with_the_geometry() {
    let (mut compared, mut balanced, mut formulas) = (0, 0, 0);
    for known in all() {
        let source = source(known);
        let model = source.check(Copies::AtMost(1)).expect("a model");
        if model.parameter_count() > NUMERICAL {
            // Rules alone: there are no numbers to compare.
            assert!(known.closed_forms.is_empty(), "{}", known.name);
            continue;
        }
        for seed in 0..2 {
            let options = Options {
                seed,
                ..Options::default()
            };
            let analysis = analyze(&source, &options, &Watch::default()).expect("an answer");
            formulas += numbers_are_formulas(&analysis.answer);
            let Some(theta) = analysis.theta.clone() else {
                continue;
            };
            let space = analysis.model().space();
            let values = |theta: &[f64]| -> Vec<(Quantity, Vec<f64>)> {
                let value = |f: &ClosedForm| (f.of, (f.value)(&Point::new(&space, theta)));
                known.closed_forms.iter().map(value).collect()
            };
            let here = values(&theta);
            for (form, (_, expected)) in known.closed_forms.iter().zip(&here) {
                if form.of != Quantity::BalancedLogDetGram {
                    check(known, form, &analysis.answer, expected, &here);
                    compared += 1;
                }
            }
            if analysis.answer.parameters > LARGE {
                break;
            }
            if seed > 0 || known.closed_forms.is_empty() {
                continue;
            }
            let Some(at) = at_balance(&source, &analysis) else {
                let none = known
                    .closed_forms
                    .iter()
                    .all(|f| f.of != Quantity::BalancedLogDetGram);
                assert!(none, "{} has no balanced point", known.name);
                continue;
            };
            formulas += numbers_are_formulas(&at.answer);
            let there = values(at.theta.as_ref().expect("a point"));
            for (k, form) in known.closed_forms.iter().enumerate() {
                // Where charges vanish the flow has another branch; charges are compared as zeros.
                match form.of {
                    Quantity::Flow => continue,
                    Quantity::Charges => {
                        let size = theta.iter().map(|x| x * x).sum::<f64>();
                        assert!(
                            there[k].1.iter().all(|c| c.abs() <= ACCEPTED * size),
                            "{}",
                            known.name
                        );
                    }
                    // Functions of w are the same at both points, with the values from the first.
                    Quantity::LogDetGram => check(known, form, &at.answer, &there[k].1, &there),
                    _ => check(known, form, &at.answer, &here[k].1, &here),
                }
                balanced += 1;
            }
        }
    }
    assert!(compared > 190, "{compared} closed forms were compared");
    assert!(balanced > 90, "{balanced} at balanced points");
    assert!(formulas > 200, "{formulas} formulas of the program");
}

#[test]
fn the_registry_has_every_model_file() {
    for entry in std::fs::read_dir(folder()).expect("a folder") {
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
