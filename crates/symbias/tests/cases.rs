//! Small models with values that were derived elsewhere: `cases/cases.json` says for each what `analyze` must answer, as
//! [path, operator, value] with `=` (names of algebras as multisets of summands), `!=`, `<`, `~` (relative 1e-6) and `diff`
//! ([another case, difference]); `exit` is the exit status of the command.

use crate::reading::{status, summands};
use serde_json::Value;
use std::path::{Path, PathBuf};
use symbias::analyze::{Options, analyze};
use symbias::watch::Watch;
use symbias_model::language::SourceFile;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases")
}

fn cases() -> Vec<Value> {
    let text = std::fs::read_to_string(folder().join("cases.json")).expect("the list of cases");
    let cases: Value = serde_json::from_str(&text).expect("JSON");
    cases.as_array().expect("a list").clone()
}

/// What the command would print for a case, with its exit status as `exit`.
fn answer(case: &Value, seed: Option<u64>) -> Value {
    let path = folder().join(case["model"].as_str().expect("a model"));
    assert!(
        case["args"].as_array().is_none_or(Vec::is_empty),
        "options of `{}` have no port here",
        case["name"]
    );
    let options = Options {
        seed: seed.unwrap_or_default(),
        at: case["theta"]
            .as_str()
            .map(|name| folder().join(name).into()),
        ..Options::default()
    };
    let found = SourceFile::read(&path).and_then(|s| analyze(&s, &options, &Watch::default()));
    status(&found)
}

fn at<'a>(answer: &'a Value, path: &str) -> &'a Value {
    path.split('.').fold(answer, |value, key| &value[key])
}

/// Whether what was got is what the case asks for; `other` answers another case by its name.
fn holds(got: &Value, operator: &str, value: &Value, other: &dyn Fn(&str) -> Value) -> bool {
    let close = |a: f64, b: f64| (a - b).abs() <= 1e-6 * b.abs().max(1.0);
    match operator {
        "=" => match (got.as_str(), value.as_str()) {
            (Some(got), Some(value)) => summands(got) == summands(value),
            _ => match (got.as_f64(), value.as_f64()) {
                (Some(got), Some(value)) => got == value,
                _ => got == value,
            },
        },
        "!=" => got != value,
        "<" => got.as_f64().zip(value.as_f64()).is_some_and(|(g, v)| g < v),
        "~" => got
            .as_f64()
            .zip(value.as_f64())
            .is_some_and(|(g, v)| close(g, v)),
        "diff" => {
            let far = other(value[0].as_str().unwrap_or_default());
            let difference = value[1].as_f64().expect("a difference");
            got.as_f64()
                .zip(far.as_f64())
                .is_some_and(|(g, f)| close(g - f, difference))
        }
        _ => panic!("operator `{operator}`"),
    }
}

/// What is wrong with a case, one line a value.
fn complaints(case: &Value, all: &[Value]) -> Vec<String> {
    let mut wrong = Vec::new();
    for seed in case["seeds"].as_array().expect("seeds") {
        let seed = seed.as_u64();
        let answered = answer(case, seed);
        for expectation in case["expect"].as_array().expect("expectations") {
            let path = expectation[0].as_str().expect("a path");
            let operator = expectation[1].as_str().expect("an operator");
            let got = at(&answered, path);
            let other = |name: &str| {
                let other = all.iter().find(|c| c["name"] == name).expect("a case");
                at(&answer(other, seed), path).clone()
            };
            if !holds(got, operator, &expectation[2], &other) {
                let error = answered["error"].as_str().unwrap_or_default();
                wrong.push(format!(
                    "{}: {path} is {got}, not {operator} {} (seed {seed:?}) {error} [{}]",
                    case["name"].as_str().unwrap_or_default(),
                    expectation[2],
                    case["why"].as_str().unwrap_or_default()
                ));
            }
        }
    }
    wrong
}

#[test]
fn every_case_holds() {
    let all = cases();
    assert!(all.len() >= 25, "{} cases", all.len());
    let wrong: Vec<String> = all.iter().flat_map(|case| complaints(case, &all)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The twin: operators refuse what is off by one, by a summand, by more than the tolerance, or missing.
#[test]
fn operators_tell_right_from_wrong() {
    let none = |_: &str| Value::Null;
    let judge = |got: Value, operator: &str, value: Value| holds(&got, operator, &value, &none);
    assert!(judge("R^2 + so(2)".into(), "=", "so(2) + R + R".into()));
    assert!(!judge("R^2 + so(2)".into(), "=", "so(2) + R".into()));
    assert!(judge(3.into(), "=", 3.into()));
    assert!(!judge(3.into(), "=", 4.into()));
    assert!(!judge(Value::Null, "=", 0.into()));
    assert!(!judge(Value::Null, "<", 2.into()));
    assert!(judge(Value::Null, "!=", "open".into()));
    assert!(judge(1.000_000_5.into(), "~", 1.0.into()));
    assert!(!judge(1.000_002.into(), "~", 1.0.into()));
    let other = |_: &str| Value::from(2.0);
    let difference: Value = serde_json::json!(["other", 0.5]);
    assert!(holds(&2.5.into(), "diff", &difference, &other));
    assert!(!holds(&2.6.into(), "diff", &difference, &other));
}
