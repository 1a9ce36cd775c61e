//! The experiment files of the repository are valid, and mistakes in one are named.

use std::path::{Path, PathBuf};
use symbias::experiment::plan::plan;
use symbias::experiment::run::Board;
use symbias::experiment::spec::ExperimentFile;
use symbias::experiment::{Request, perform, record};
use symbias_simulate::ensemble::StopReason;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(name)
}

#[test]
fn every_experiment_file_can_run() {
    let mut count = 0;
    for place in ["experiments", "experiments/gallery", "benches"] {
        for entry in std::fs::read_dir(folder(place)).unwrap().flatten() {
            let path = entry.path();
            let name = path
                .file_name()
                .and_then(|n| n.to_str())
                .unwrap_or_default()
                .to_owned();
            if !name.ends_with(".toml") || name.ends_with(".model.toml") {
                continue;
            }
            let file = ExperimentFile::read(&path).unwrap_or_else(|e| panic!("{e}"));
            let arms = plan(&file).unwrap_or_else(|e| panic!("{name}: {e}"));
            assert_eq!(arms.len(), file.spec.arms.len());
            count += 1;
        }
    }
    assert!(count >= 14, "{count}");
}

const MODEL: &str = r#"
symbias = 1
outputs = ["y"]
axes = { i = 3 }
program = "y = u[i] * v[i] * x[i]"
parameters = { u = ["i"], v = ["i"] }
inputs = { x = ["i"], t = [] }
loss = { kind = "mse", of = "y", target = "t" }
"#;

const GOOD: &str = r#"
symbias = 1
name = "good"
replicas = 2
[run]
model = "m.toml"
rate = 0.01
steps = 300
start = { program = "u[i] = 0.5 * a[i]\nv[i] = 0.5 * b[i]", inputs = { a = ["i"], b = ["i"] } }
inputs = { x = { file = { path = "d.csv" } }, t = { file = { path = "t.npy" } } }
batch = { size = 2, draw = "epochs" }
observe = { charges = true, program = "w[i] = u[i] * v[i]", losses = { loss = { data = {} } } }
[arms.main]
"#;

/// A vector of f8 as NumPy writes it.
fn npy(values: &[f64]) -> Vec<u8> {
    let mut header = format!(
        "{{'descr': '<f8', 'fortran_order': False, 'shape': ({},), }}",
        values.len()
    );
    while (header.len() + 11) % 64 != 0 {
        header.push(' ');
    }
    header.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(values.iter().flat_map(|x| x.to_le_bytes()));
    bytes
}

fn tried(
    change: impl Fn(String) -> String,
    csv: &str,
) -> Result<symbias::experiment::Concluded, String> {
    of_model(MODEL, change, csv)
}

fn of_model(
    model: &str,
    change: impl Fn(String) -> String,
    csv: &str,
) -> Result<symbias::experiment::Concluded, String> {
    let place = tempfile::tempdir().unwrap();
    let at = |name: &str| place.path().join(name);
    std::fs::write(at("m.toml"), model).unwrap();
    std::fs::write(at("d.csv"), csv).unwrap();
    std::fs::write(at("t.npy"), npy(&[1.0, 2.0, 3.0, 4.0])).unwrap();
    std::fs::write(at("x.toml"), change(GOOD.to_owned())).unwrap();
    let request = Request {
        out: Some(at("record")),
        threads: Some(1),
        ..Request::default()
    };
    let file = ExperimentFile::read(&at("x.toml")).map_err(|e| e.to_string())?;
    let done = perform(&file, &request, &Board::default()).map_err(|e| e.to_string())?;
    let (read, measured) = record::read(&at("record")).map_err(|e| e.to_string())?;
    assert!(
        read == done.record,
        "the record that is written is the one that is read"
    );
    let bits = |m: &[record::Measured]| -> Vec<u64> {
        m.iter()
            .flat_map(|m| m.samples.numbers.iter().chain(&m.samples.theta))
            .map(|x| x.to_bits())
            .collect()
    };
    assert!(
        bits(&measured) == bits(&done.measured),
        "and so are its numbers"
    );
    Ok(done)
}

const CSV: &str = "1,0,0\n0,1,0\n0,0,1\n1,1,1\n";

#[test]
fn data_from_csv_and_npy_train() {
    let done = tried(|t| t, CSV).unwrap_or_else(|e| panic!("{e}"));
    let loss = done.measured[0]
        .series("loss")
        .unwrap_or_else(|e| panic!("{e}"));
    assert!(loss.last(0)[0] < loss.at(0, 0)[0]);
}

#[test]
fn mistakes_are_named() {
    let replaced = |from: &'static str, to: &'static str| {
        let change = move |text: String| {
            assert!(text.contains(from), "{from}");
            text.replace(from, to)
        };
        match tried(change, CSV) {
            Ok(_) => panic!("`{to}` is accepted"),
            Err(error) => error,
        }
    };
    for (from, to, expected) in [
        ("rate = 0.01", "rat = 0.01", "unknown field `rat`"),
        ("rate = 0.01", "rate = -1.0", "learning rate"),
        ("rate = 0.01", "rate = nan", "learning rate"),
        ("steps = 300", "steps = 0", "no steps"),
        ("[arms.main]", "", "no arms"),
        ("m.toml", "none.toml", "none.toml"),
        ("m.toml", "../m.toml", "leads out"),
        ("d.csv", "/etc/passwd", "leads out"),
        ("size = 2", "size = 9", "batch of 9"),
        ("size = 2", "size = 0", "empty"),
        ("u[i] * v[i]\"", "u[i] * vv[i]\"", "vv"),
        ("u[i] * v[i]\"", "x[i] * v[i]\"", "reads the input `x`"),
        ("0.5 * a[i]", "0.5 * a[i] / 0", "finite"),
        ("symbias = 1", "symbias = 2", "version 2"),
        (
            "losses = {",
            "measures = { s = { of = \"w\", kind = \"nuclear\" } }, losses = {",
            "function of a matrix",
        ),
        (
            "[arms.main]",
            "[arms.main]\ncontrol = { of = \"mian\", removes = \"noise\" }",
            "no arm",
        ),
        ("t = { file", "tt = { file", "no input"),
        ("replicas = 2", "replicas = 0", "replicas = 0"),
        ("[arms.main]", "[arms.main]\nreplicas = 0", "replicas = 0"),
        (
            "replicas = 2",
            "replicas = 9223372036854775807",
            "in memory",
        ),
        ("steps = 300", "steps = 9223372036854775807", "2^53"),
        (
            "steps = 300",
            "steps = 9000000000000\nlook = { every = 1 }",
            "2^24",
        ),
        (
            "steps = 300",
            "steps = 300\nlook = { points = 9223372036854775807 }",
            "2^24",
        ),
        ("{ data = {} }", "{ fresh = 8 }", "no law to draw fresh"),
        ("{ data = {} }", "{ fresh = 3 }", "test.csv"),
        (
            "{ data = {} }",
            "{ held = { x = { path = \"d.csv\", rows = [1, 3] } } }",
            "`t` is data",
        ),
        (
            "{ data = {} }",
            "{ held = { x = { path = \"d.csv\", rows = [1, 3] }, t = { path = \"t.npy\" } } }",
            "has 4 samples, and another input 2",
        ),
        (
            "path = \"d.csv\"",
            "path = \"d.csv\", rows = [2, 5]",
            "rows [2, 5]",
        ),
        (
            "path = \"d.csv\"",
            "path = \"d.csv\", header = true",
            "samples",
        ),
        (
            "path = \"t.npy\"",
            "path = \"t.npy\", header = true",
            "no table",
        ),
        (
            "[arms.main]",
            "[arms.main]\n[predict.mian]\nweights = \"w\"",
            "did you mean `main`",
        ),
        (
            "[arms.main]",
            "[arms.main]\n[predict.main]\nweights = \"w\"",
            "no gradient descent on fixed data",
        ),
        (
            "[arms.main]",
            "[arms.main]\n[attribute.main]\noutcome = \"ww\"",
            "does not observe `ww`",
        ),
    ] {
        let error = replaced(from, to);
        assert!(error.contains(expected), "{to}: {error}");
    }
}

/// What has too many pixels is refused before the training that it would show.
#[test]
fn a_figure_that_cannot_be_drawn_is_refused_before() {
    let figure = |panels: usize| {
        let panel = "{ series = [{ arm = \"main\", of = \"w\" }] }, ".repeat(panels);
        let figure = format!("[[figures]]\nname = \"f\"\ncolumns = 1\npanels = [{panel}]\n");
        tried(|t| t + &figure, CSV).map(drop)
    };
    assert_eq!(figure(1), Ok(()));
    let said = figure(300).unwrap_err();
    assert!(
        said.contains("figure `f`") && said.contains("pixels"),
        "{said}"
    );
}

/// A loss on rows that are not trained on is that of those rows, and one on rows that are is another.
#[test]
fn losses_on_rows_held_out() {
    let held = |rows: &str| {
        let change = |text: String| {
            let file = |path: &str, rows: &str| format!("path = \"{path}\", rows = {rows}");
            let text = text
                .replace("path = \"d.csv\"", &file("d.csv", "[0, 3]"))
                .replace("path = \"t.npy\"", &file("t.npy", "[0, 3]"));
            let files = format!(
                "x = {{ {} }}, t = {{ {} }}",
                file("d.csv", rows),
                file("t.npy", rows)
            );
            text.replace(
                "losses = {",
                &format!("losses = {{ held = {{ held = {{ {files} }} }},"),
            )
        };
        let done = tried(change, CSV).unwrap_or_else(|e| panic!("{e}"));
        assert!(
            done.text()
                .contains("d.csv: 4 rows x 3 columns, numbers from the first row on")
        );
        let of = |name: &str| {
            let series = done.measured[0].series(name);
            series.unwrap_or_else(|e| panic!("{e}")).last(0)[0]
        };
        // The fourth row is (1, 1, 1; 4): its loss is that of the sum of w.
        let weights = done.measured[0]
            .series("w")
            .unwrap_or_else(|e| panic!("{e}"));
        let sum: f64 = weights.last(0).iter().sum();
        (of("held"), of("loss"), (sum - 4.0).powi(2))
    };
    let (found, _, expected) = held("[3, 4]");
    assert!((found / expected - 1.0).abs() < 1e-5, "{found} {expected}");
    let (found, all, _) = held("[0, 3]");
    assert!((found / all - 1.0).abs() < 1e-6, "{found} {all}");
}

#[test]
fn bad_data_are_named() {
    for (csv, expected) in [
        ("", "d.csv"),
        ("1,0,0\n0,nan,0\n0,0,1\n1,1,1\n", "nan"),
        ("1,0,0\n0,1\n0,0,1\n1,1,1\n", "d.csv"),
        ("1,0\n0,1\n0,0\n1,1\n", "shape"),
        ("1,0,0\n0,1,0\n", "samples"),
    ] {
        let error = tried(|t| t, csv).map(|_| ()).unwrap_err().to_lowercase();
        assert!(error.contains(expected), "{csv:?}: {error}");
    }
}

/// u ⊙ v under decay minimises loss + λ‖w‖₁: the residual of that problem vanishes, and that of others does not.
#[test]
fn the_residual_of_the_problem_that_decay_solves_vanishes() {
    let model = MODEL.replace(
        "program = \"y = u[i] * v[i] * x[i]\"",
        "program = \"\"\"\nw[i] = (\n  u[i] * v[i])\ny = w[i] * x[i]\"\"\"",
    );
    assert_ne!(model, MODEL);
    let observed = r#"observe = { kkt = { lasso = { target = "sum[i](abs(w[i]))" }, other = { target = "sum[i](abs(w[i])^0.5)" }, more = { target = "sum[i](abs(w[i]))", lambda = 0.2 } } }"#;
    let change = |text: String| {
        let from = text.find("observe = ").unwrap();
        let until = from + text[from..].find('\n').unwrap();
        let text = format!("{}{observed}{}", &text[..from], &text[until..]);
        text.replace(
            "batch = { size = 2, draw = \"epochs\" }",
            "samples = 4\nrefresh = false\ndecay = 0.1",
        )
        .replace("steps = 300", "steps = 20000\nprecision = \"f64\"")
    };
    let done = of_model(&model, change, CSV).unwrap_or_else(|e| panic!("{e}"));
    for replica in 0..2 {
        let last = |name: &str| {
            let series = done.measured[0].series(name);
            let series = series.unwrap_or_else(|e| panic!("{e}"));
            (series.at(replica, 0)[0], series.last(replica)[0])
        };
        let (first, lasso) = last("lasso");
        assert!(first > 0.1 && lasso < 1e-6, "{first} to {lasso}");
        assert!(last("other").1 > 0.05 && last("more").1 > 0.05);
    }
    // What cannot be is named before anything runs.
    for (from, to, word) in [
        ("abs(w[i])^0.5", "abs(q[i])^0.5", "names no array"),
        (", lambda = 0.2", ", lambda = 0.0", "has lambda 0.0"),
    ] {
        let refused = of_model(&model, |t| change(t).replace(from, to), CSV);
        let said = refused.err().unwrap_or_default();
        assert!(said.contains(word), "{said}");
    }
}

#[test]
fn a_step_that_is_too_large_is_an_event() {
    let done =
        tried(|t| t.replace("rate = 0.01", "rate = 1e3"), CSV).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(done.record.arms["main"].stop, StopReason::AllDiverged);
    assert_eq!(done.record.arms["main"].diverged.len(), 2);
    assert!(done.text().contains("diverged"));
}
