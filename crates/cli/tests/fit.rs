//! `symbias fit` as a person meets it: exit status, files, messages; and files of a design that appear all together.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn symbias(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_symbias"))
        .args(arguments)
        .current_dir(folder)
        .output()
        .expect("the command runs")
}

fn said(output: &Output) -> String {
    let text = [&output.stdout, &output.stderr].map(|t| String::from_utf8_lossy(t).into_owned());
    text.concat()
}

const DESIGN: &str = "symbias = 1\ndriver = \"decay\"\ntarget = \"sum[i](abs(z[i])^p)\"\naxes = { i = 3 }\ncomponents = { z = [\"i\"] }\nconstants = { p = 1.0 }\ntune = { p = [1.0, 0.5] }\n";

/// A folder with a design of three weights, and 24 samples of y = 2x₀ − x₂ + 1 with small errors.
fn folder() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path().to_path_buf();
    std::fs::write(at.join("d.toml"), DESIGN).expect("written");
    let (mut x, mut y) = (String::from("a,b,c\n"), String::from("y\n"));
    for n in 0..24 {
        let row = [1.0, 2.0, 3.0].map(|k| (f64::from(n) * k * 1.7 + k).sin());
        let error = 0.05 * (f64::from(n) * 5.3).cos();
        x += &format!("{},{},{}\n", row[0], row[1], row[2]);
        y += &format!("{}\n", 2.0 * row[0] - row[2] + 1.0 + error);
    }
    std::fs::write(at.join("x.csv"), x).expect("written");
    std::fs::write(at.join("y.csv"), y).expect("written");
    (folder, at)
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("the folder");
    let mut names: Vec<String> = entries
        .map(|e| {
            e.expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    names.sort();
    names
}

/// A fit writes everything that it promises, and the experiment in it runs.
#[test]
fn a_fit_is_written_and_repeats() {
    let (_kept, at) = folder();
    let found = symbias(
        &at,
        &[
            "fit", "d.toml", "--x", "x.csv", "--y", "y.csv", "--count", "12", "--refit", "--json",
            "-o", "out",
        ],
    );
    assert_eq!(found.status.code(), Some(0), "{}", said(&found));
    let answer: serde_json::Value = serde_json::from_slice(&found.stdout).expect("JSON");
    assert!(answer["certificate"].as_f64().expect("an error") < 1e-8);
    assert_eq!(answer["scores"].as_array().expect("scores").len(), 24);
    assert!(
        answer["chosen"]["kkt"]["residual"]
            .as_f64()
            .expect("a residual")
            < 1e-5,
        "{answer}"
    );
    assert!((answer["intercept"].as_f64().expect("one") - 1.0).abs() < 0.1);
    let out = at.join("out");
    let wanted = [
        "components.safetensors",
        "data.safetensors",
        "design.toml",
        "experiment.model.toml",
        "experiment.toml",
        "figures",
        "fit.json",
        "least_squares.safetensors",
        "model.toml",
        "parameters.safetensors",
        "path.safetensors",
        "start.safetensors",
        "weights.safetensors",
    ];
    assert_eq!(names(&out), wanted);
    assert_eq!(
        names(&out.join("figures")),
        ["path.svg", "scores.svg", "weights.svg"]
    );
    // The chosen design is a design, and the model is a model.
    let design = symbias(&out, &["design", "design.toml"]);
    assert_eq!(design.status.code(), Some(0), "{}", said(&design));
    let model = symbias(
        &out,
        &["analyze", "model.toml", "--at", "parameters.safetensors"],
    );
    assert_eq!(model.status.code(), Some(0), "{}", said(&model));
    let run = symbias(&out, &["run", "experiment.toml", "-o", "record"]);
    assert_eq!(run.status.code(), Some(0), "{}", said(&run));
    // From charges it comes back to a minimum of the problem that was fitted.
    let (_, measured) = symbias::experiment::record::read(&out.join("record")).expect("a record");
    let residual = measured[0].series("residual").expect("the residual");
    let (first, last) = (residual.at(0, 0)[0], residual.last(0)[0]);
    assert!(first > 0.0 && last < 1e-3, "{first} to {last}");
    // A second fit does not overwrite the first.
    let again = symbias(
        &at,
        &["fit", "d.toml", "--x", "x.csv", "--y", "y.csv", "-o", "out"],
    );
    assert_eq!(again.status.code(), Some(2));
    assert!(said(&again).contains("there already"), "{}", said(&again));
}

/// What is refused says why, with status 2, and leaves nothing behind.
#[test]
fn what_is_refused_writes_nothing() {
    let (_kept, at) = folder();
    std::fs::write(at.join("short.csv"), "y\n1\n2\n").expect("written");
    std::fs::write(at.join("nan.csv"), "y\n".to_owned() + &"nan\n".repeat(24)).expect("written");
    let before = names(&at);
    let refused = |arguments: &[&str], word: &str| {
        let whole = [&["fit", "d.toml", "-o", "out"], arguments].concat();
        let found = symbias(&at, &whole);
        assert_eq!(
            found.status.code(),
            Some(2),
            "{arguments:?}: {}",
            said(&found)
        );
        assert!(
            said(&found).contains(word),
            "{arguments:?}: {}",
            said(&found)
        );
        assert_eq!(names(&at), before, "{arguments:?}");
    };
    let data = ["--x", "x.csv", "--y", "y.csv"];
    let with = |more: &[&'static str]| [&data[..], more].concat();
    refused(&["--x", "x.csv", "--y", "short.csv"], "samples");
    refused(&["--x", "x.csv", "--y", "nan.csv"], "nan.csv");
    refused(&["--x", "nothing.csv", "--y", "y.csv"], "nothing.csv");
    refused(&["--x", "x.csv", "--y", "y.csv", "--y-key", "z"], "`z`");
    refused(&["--x", "y.csv", "--y", "y.csv"], "[3]");
    refused(&with(&["--cv", "25"]), "fewer than 25 folds");
    refused(&with(&["--lambda", "-0.1"]), "lambda is -0.1");
    refused(&with(&["--lambda", "0"]), "lambda is 0");
    refused(&with(&["--loss", "hinge"]), "no loss `hinge`");
    refused(&with(&["--ratio", "2"]), "between 0 and 1");
    refused(&with(&["--cv", "0"]), "no cross-validation");
    let nowhere = symbias(
        &at,
        &[
            "fit", "d.toml", "--x", "x.csv", "--y", "y.csv", "-o", "no/where",
        ],
    );
    assert_eq!(nowhere.status.code(), Some(2), "{}", said(&nowhere));
    assert_eq!(names(&at), before);
}

/// If one of the three files of a design cannot be written, none is.
#[test]
fn designs_are_written_whole() {
    let (_kept, at) = folder();
    std::fs::create_dir(at.join("m.design.json")).expect("a folder in the way");
    let before = names(&at);
    let found = symbias(&at, &["design", "d.toml", "-o", "m.toml"]);
    assert_eq!(found.status.code(), Some(2), "{}", said(&found));
    assert_eq!(names(&at), before);
    // Out of the way, all three are.
    std::fs::remove_dir(at.join("m.design.json")).expect("removed");
    let found = symbias(&at, &["design", "d.toml", "-o", "m.toml"]);
    assert_eq!(found.status.code(), Some(0), "{}", said(&found));
    for name in ["m.toml", "m.design.json", "m.start.safetensors"] {
        assert!(at.join(name).is_file(), "{name}");
    }
}
