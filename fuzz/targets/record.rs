//! A record that was edited: read, and its figures drawn. Even inputs edit `record.json`, odd ones the numbers, whose checksum the record
//! then does not name.

#![no_main]

use std::sync::LazyLock;
use symbias::Folder;
use symbias::experiment::run::Board;
use symbias::experiment::spec::ExperimentFile;
use symbias::experiment::{Request, figures, perform, record};
use symbias_fuzz::{edited, file, folder, read};

const MODEL: &str = r#"
symbias = 1
outputs = ["y"]
axes = { i = 2 }
program = "w[i] = u[i] * v[i]\ny = w[i] * x[i]"
parameters = { u = ["i"], v = ["i"] }
inputs = { x = ["i"] }
loss = { kind = "mse", of = "y" }
"#;

const EXPERIMENT: &str = r#"
symbias = 1
name = "small"
[run]
model = "small.model.toml"
rate = 0.01
steps = 512
samples = 4
look = { points = 4 }
inputs = { target = { teacher = 0.1 } }
start = { program = "u[i] = z[i]\nv[i] = 1 + 0 * z[i]", inputs = { z = ["i"] } }
teacher = { program = "u[i] = 1 + 0 * z[i]\nv[i] = z[i]", inputs = { z = ["i"] } }
observe = { charges = true, program = "p[i] = u[i] * v[i]" }
[arms.sgd]
[arms.full]
refresh = false
control = { of = "sgd", removes = "noise" }
[[figures]]
name = "w"
panels = [{ series = [{ arm = "sgd", of = "p" }] }]
"#;

/// `record.json` and the numbers of a small run.
static RECORD: LazyLock<(String, Vec<u8>)> = LazyLock::new(|| {
    let models = Folder::memory([("small.model.toml", MODEL)]).expect("a folder");
    let experiment = ExperimentFile::parse(EXPERIMENT, models).expect("an experiment");
    let out = folder().join("run");
    let request = Request {
        out: Some(out.clone()),
        replicas: Some(2),
        ..Request::default()
    };
    perform(&experiment, &request, &Board::default()).expect("a run");
    let bytes = |name: &str| std::fs::read(out.join(name)).expect("a record");
    let text = String::from_utf8(bytes("record.json")).expect("text");
    (text, bytes("samples.safetensors"))
});

libfuzzer_sys::fuzz_target!(|edits: &[u8]| {
    let Some((first, edits)) = edits.split_first() else {
        return;
    };
    let (mut text, mut samples) = RECORD.clone();
    if first % 2 == 0 {
        text = String::from_utf8_lossy(&edited(text.as_bytes(), edits)).into_owned();
    } else {
        samples = edited(&samples, edits);
        let lines = text
            .lines()
            .filter(|l| !l.trim_start().starts_with("\"samples\":"));
        text = lines.collect::<Vec<_>>().join("\n");
    }
    file("record.json", text.as_bytes());
    file("samples.safetensors", &samples);
    if let Some((record, measured)) = read(record::read(folder())) {
        let specs = figures::wanted(&record.experiment);
        read(figures::draw(&specs, &record, &measured));
    }
});
