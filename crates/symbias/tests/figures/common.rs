//! A tiny experiment: w = p q on given data, by full batch and by halves.

use std::path::{Path, PathBuf};
use symbias::experiment::run::Board;
use symbias::experiment::spec::ExperimentFile;
use symbias::experiment::{Concluded, Request, perform};
use symbias_model::error::Result;

pub const MODEL: &str = r#"symbias = 1
name = "tiny"
outputs = ["y"]
axes = { k = 4, n = 3 }
program = """
w[k] = p[k] * q[k]
y[n] = X[n,k] * w[k]"""
parameters = { p = ["k"], q = ["k"] }
loss = { kind = "mse", of = "y", target = "obs" }
[constants]
X = { axes = ["n","k"], law = "normal", seed = 3 }
obs = { axes = ["n"], values = [1.0, -0.5, 0.25] }
"#;

pub const EXPERIMENT: &str = r#"symbias = 1
name = "tiny"
title = "A tiny experiment"
seed = 5
[run]
model = "tiny.model.toml"
precision = "f64"
rate = 0.01
steps = 300
look = { points = 12 }
[run.start]
program = """
p[k] = 0.3 * z[k]
q[k] = 0.3 * x[k]"""
inputs = { z = ["k"], x = ["k"] }
[run.observe]
charges = true
program = """
u[k] = p[k] * q[k]
size = norm[k](u[k])"""
[arms.a]
[arms.b]
rate = 0.02
control = { of = "a", removes = "noise", pace = 0.5 }
[predict.a]
weights = "u"
[attribute.a]
outcome = "u"
at = 77
[given.truth]
path = "truth.csv"
key = "truth"
[[published]]
arm = "a"
of = "u"
at = 50
statistic = "range"
values = [-1.0, 1.0]
[[published]]
arm = "b"
of = "size"
values = [0.5]
note = "of nobody"
"#;

pub const TRUTH: &str = "truth\n0.5\n0\n-0.25\n1.5\n";

/// A folder of its own for each test, removed at the end.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new(name: &str) -> Folder {
        // Tests run side by side, and two of them may use one name.
        static MADE: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
        let number = MADE.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let own = format!("symbias-fig-{name}-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(own);
        std::fs::create_dir_all(&path).expect("a folder");
        Folder(path)
    }

    /// The tiny experiment with these figures.
    pub fn experiment(&self, figures: &str) -> PathBuf {
        let write = |name: &str, text: &str| {
            std::fs::write(self.0.join(name), text).expect("a file");
        };
        write("tiny.model.toml", MODEL);
        write("truth.csv", TRUTH);
        write("tiny.toml", &format!("{EXPERIMENT}{figures}"));
        self.0.join("tiny.toml")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub fn request(out: &Path, replicas: u64) -> Request {
    Request {
        out: Some(out.to_owned()),
        replicas: Some(replicas),
        threads: Some(1),
        ..Request::default()
    }
}

pub fn performed(experiment: &Path, out: &Path, replicas: u64) -> Result<Concluded> {
    let file = ExperimentFile::read(experiment)?;
    perform(&file, &request(out, replicas), &Board::default())
}

pub fn ran(folder: &Folder, figures: &str, replicas: u64) -> Concluded {
    let experiment = folder.experiment(figures);
    let out = folder.0.join("record");
    performed(&experiment, &out, replicas).expect("a record")
}
