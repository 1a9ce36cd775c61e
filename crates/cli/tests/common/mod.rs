//! A folder with a small experiment, and the command in it.

use serde_json::Value;
use std::path::PathBuf;
use std::process::{Command, Output};

pub const MODEL: &str = r#"symbias = 1
name = "net"
outputs = ["y"]
axes = { h = 4, d = 2 }
program = "y = v[h] * relu(W[h,d] * x[d])"
parameters = { v = ["h"], W = ["h","d"] }
inputs = { x = ["d"] }
loss = { kind = "mse", of = "y" }
"#;

/// Replicas of two virtual vectors, so that there are several checkpoints.
pub const EXPERIMENT: &str = r#"symbias = 1
name = "net"
title = "A small network"
replicas = 20
[run]
model = "net.model.toml"
rate = 1e-3
steps = 12000
samples = 4
look = { points = 30 }
inputs = { target = { teacher = 0.1 } }
start = { program = "W[h,d] = 0.3 * a[h,d]\nv[h] = 0.3 * b[h]", inputs = { a = ["h","d"], b = ["h"] } }
teacher = { program = "W[h,d] = a[h,d]\nv[h] = b[h]", inputs = { a = ["h","d"], b = ["h"] } }
[run.observe]
charges = true
losses = { test = { fresh = 50 } }
program = "ratio[h] = abs(v[h]) / norm[d](W[h,d])"
[arms.main]
[arms.small]
replicas = 2
samples = 16
refresh = false
control = { of = "main", removes = "noise" }
[attribute.main]
outcome = "ratio"
[[figures]]
name = "ratio"
[[figures.panels]]
y = { label = "ratio" }
series = [{ arm = "main", of = "ratio" }]
[[figures]]
name = "control"
[[figures.panels]]
y = { label = "ratio" }
series = [{ arm = "small", of = "ratio" }]
"#;

/// One weight of two factors, whose laws are known.
pub const PAIR: &str = "symbias = 1\nname = \"pair\"\noutputs = [\"w\"]\naxes = {}\nprogram = \"w = u * v\"\n\
                    parameters = { u = [], v = [] }\nloss = { kind = \"expression\", expr = \"0.5 * (w - 1)^2\" }\n";

/// A folder of its own for each test, removed at the end.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("symbias-rec-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a folder");
        std::fs::write(path.join("net.model.toml"), MODEL).expect("a file");
        std::fs::write(path.join("net.toml"), EXPERIMENT).expect("a file");
        Folder(path)
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_symbias"));
        command.args(arguments).current_dir(&self.0);
        command
    }

    pub fn symbias(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("the command runs")
    }

    /// Runs a command that must succeed.
    pub fn fine(&self, arguments: &[&str]) -> String {
        let output = self.symbias(arguments);
        assert_eq!(
            output.status.code(),
            Some(0),
            "{arguments:?}: {}",
            err(&output)
        );
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    pub fn bytes(&self, path: &str) -> Vec<u8> {
        std::fs::read(self.0.join(path)).expect(path)
    }

    /// A description without its environment.
    pub fn record(&self, folder: &str) -> Value {
        let bytes = self.bytes(&format!("{folder}/record.json"));
        let mut record: Value = serde_json::from_slice(&bytes).expect("JSON");
        record["environment"] = Value::Null;
        record
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

pub fn refused(output: &Output, words: &[&str]) {
    assert_eq!(output.status.code(), Some(2), "{}", err(output));
    for word in words {
        assert!(err(output).contains(word), "{word}: {}", err(output));
    }
}

/// Shares of 1 that look random, the same each time.
pub fn shares() -> impl Iterator<Item = f64> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    std::iter::from_fn(move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        Some((state >> 11) as f64 / (1_u64 << 53) as f64)
    })
}
