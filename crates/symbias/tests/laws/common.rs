//! The pair w = uv with ℓ = ½(w − 1)² at T = ¼, small enough for a test.

use std::path::{Path, PathBuf};
use symbias::experiment::run::Board;
use symbias::experiment::spec::ExperimentFile;
use symbias::experiment::{Concluded, Request, perform};
use symbias_model::error::Result;

const MODEL: &str = r#"symbias = 1
name = "pair"
outputs = ["w"]
axes = {}
program = "w = u * v"
parameters = { u = [], v = [] }
loss = { kind = "expression", expr = "0.5 * (w - 1)^2" }
"#;

/// What all runs share.
const RUN: &str = r#"symbias = 1
name = "pair"
title = "A pair"
seed = 3
replicas = 64
[run]
model = "pair.model.toml"
look = { points = 2 }
precision = "f64"
observe = { weights = true }
[run.start]
program = """
u = 1 + 0 * z
v = 1 + 0 * z"""
inputs = { z = [] }
"#;

/// Horizontal noise on the balanced leaf, at two steps.
pub const ARMS: &str = r#"[arms.fine]
diffusion = { noise = { horizontal = 0.25 }, step = 0.01, slice = { held = { fixman = false } }, watch = "w" }
steps = 600
[arms.coarse]
diffusion = { noise = { horizontal = 0.25 }, step = 0.02, slice = { held = { fixman = false } }, watch = "w" }
steps = 300
"#;

/// Its law, as the symmetry of the model gives it.
pub const LAW: &str = r#"[laws.horizontal]
arm = "fine"
coarse = "coarse"
of = "weights"
predicted = { noise = "horizontal" }
"#;

/// The file of a test: what all share, with changes.
pub fn text(arms: &str, asked: &str, changes: &[(&str, &str)]) -> String {
    let mut all = format!("{RUN}{arms}{asked}");
    for (from, to) in changes {
        assert!(all.contains(from), "{from}");
        all = all.replace(from, to);
    }
    all
}

/// An experiment in a folder of its own.
pub struct Trial {
    pub folder: tempfile::TempDir,
}

impl Trial {
    pub fn new(text: &str) -> Trial {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("pair.model.toml"), MODEL).unwrap();
        std::fs::write(folder.path().join("t.toml"), text).unwrap();
        Trial { folder }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn request(&self, out: &str, replicas: u64) -> Request {
        Request {
            out: Some(self.path(out)),
            replicas: Some(replicas),
            threads: Some(1),
            ..Request::default()
        }
    }

    pub fn run(&self, out: &str, replicas: u64) -> Result<Concluded> {
        self.performed(&self.request(out, replicas))
    }

    pub fn file(&self) -> Result<ExperimentFile> {
        ExperimentFile::read(&self.path("t.toml"))
    }

    pub fn performed(&self, request: &Request) -> Result<Concluded> {
        perform(&self.file()?, request, &Board::default())
    }
}

/// The text is refused before anything runs or is written, with these words.
pub fn refused(text: &str, words: &[&str]) {
    let trial = Trial::new(text);
    let error = match trial.run("record", 8) {
        Ok(_) => panic!("not refused: {words:?}"),
        Err(error) => error.to_string(),
    };
    for word in words {
        assert!(error.contains(word), "`{word}` is not in: {error}");
    }
    assert!(!exists(&trial.path("record")), "{words:?}: output is left");
}

fn exists(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}
