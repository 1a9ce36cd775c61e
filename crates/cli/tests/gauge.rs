//! `symbias gauge` as a person meets it: files, exit status, messages.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use symbias::model::data::{self, Named};

fn symbias(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_symbias"))
        .args(arguments)
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."))
        .output()
        .expect("the command runs")
}

/// Exit status, and what was printed.
fn run(arguments: &[&str]) -> (i32, String) {
    let output = symbias(arguments);
    let text = [output.stdout, output.stderr].concat();
    (
        output.status.code().expect("an exit status"),
        String::from_utf8_lossy(&text).into_owned(),
    )
}

fn json(arguments: &[&str]) -> serde_json::Value {
    let output = symbias(&[arguments, &["--json"]].concat());
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// A folder of its own for each test, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path =
            std::env::temp_dir().join(format!("symbias-gauge-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a folder");
        Folder(path)
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).to_string_lossy().into_owned()
    }

    fn arrays(&self, name: &str, arrays: &[Named]) -> String {
        data::write(&self.0.join(name), arrays).expect("a file");
        self.path(name)
    }

    fn text(&self, name: &str, text: &str) -> String {
        std::fs::write(self.0.join(name), text).expect("a file");
        self.path(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

const MODEL: &str = "symbias = 1\noutputs = [\"y\"]\naxes = { h = 3, d = 2 }\nprogram = \"y = v[h] * relu(W[h,d] * x[d])\"\n\
parameters = { v = [\"h\"], W = [\"h\",\"d\"] }\ninputs = { x = [\"d\"] }\nloss = { kind = \"mse\", of = \"y\" }\n";

const V: [f64; 3] = [2.0, -0.5, 3.0];
const W: [f64; 6] = [0.3, 0.4, 3.0, -4.0, 1.0, 1.0];

fn point(v: &[f64], w: &[f64]) -> Vec<Named> {
    vec![
        ("v".into(), vec![3], v.to_vec()),
        ("W".into(), vec![3, 2], w.to_vec()),
    ]
}

fn read(path: &str) -> (Vec<f64>, Vec<f64>) {
    let path = Path::new(path);
    (
        data::tensor(path, "v", &[3]).expect("v"),
        data::tensor(path, "W", &[3, 2]).expect("W"),
    )
}

#[test]
fn a_point_is_balanced_and_written_in_declared_shapes() {
    let folder = Folder::new("balanced");
    let model = folder.text("m.toml", MODEL);
    let (at, out) = (folder.arrays("t", &point(&V, &W)), folder.path("out"));
    let (status, text) = run(&["gauge", &model, "--at", &at, "-o", &out]);
    assert_eq!(status, 0, "{text}");
    for part in ["balanced", "F moved", "norm", "charge", "written to"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(text.lines().count() <= 24);
    // By hand: both sides of unit h get √(|v_h| ‖w_h‖).
    let (v, w) = read(&out);
    for h in 0..3 {
        let size = (W[2 * h].powi(2) + W[2 * h + 1].powi(2)).sqrt();
        let scale = (V[h].abs() / size).sqrt();
        assert!((v[h] - V[h] / scale).abs() <= 1e-14 * v[h].abs());
        assert!((w[2 * h] - W[2 * h] * scale).abs() <= 1e-14 * size * scale);
    }
    // Twice is once: the same file.
    let again = folder.path("again");
    assert_eq!(run(&["gauge", &model, "--at", &out, "-o", &again]).0, 0);
    assert_eq!(
        std::fs::read(&out).expect("a file"),
        std::fs::read(&again).expect("a file")
    );
}

#[test]
fn a_dead_unit_is_named_and_exits_with_one() {
    let folder = Folder::new("dead");
    let model = folder.text("m.toml", MODEL);
    let at = folder.arrays("t", &point(&[2.0, 0.0, 3.0], &W));
    let out = folder.path("out");
    let (status, text) = run(&["gauge", &model, "--at", &at, "-o", &out]);
    assert_eq!(status, 1, "{text}");
    assert!(
        text.contains("degenerate") && text.contains("entries of W shrink to zero"),
        "{text}"
    );
    // The dead unit is left as it was, the others are balanced.
    let (v, w) = read(&out);
    assert_eq!((v[1], &w[2..4]), (0.0, &W[2..4]));
    assert!((v[0].abs() - (w[0].powi(2) + w[1].powi(2)).sqrt()).abs() <= 1e-14);
    let answer = json(&["gauge", &model, "--at", &at, "-o", &out]);
    assert_eq!(answer["stop"], "degenerate");
    assert_eq!(answer["escapes"][0]["shrinking"][0][0], "W");
}

#[test]
fn noise_gauges_of_each_source_are_reached() {
    let folder = Folder::new("noise");
    let model = folder.text("m.toml", MODEL);
    let (at, out) = (folder.arrays("t", &point(&V, &W)), folder.path("out"));
    let samples = 12;
    let x: Vec<f64> = (0..2 * samples).map(|k| (1.7 * k as f64).sin()).collect();
    let target: Vec<f64> = (0..samples).map(|k| (0.9 * k as f64).cos()).collect();
    let inputs = folder.arrays(
        "x",
        &[
            ("x".into(), vec![samples, 2], x),
            ("target".into(), vec![samples], target),
        ],
    );
    let covariance: Vec<f64> = (0..81)
        .map(|k| if k % 10 == 0 { 1.0 + k as f64 } else { 0.1 })
        .collect();
    let covariance = folder.arrays("c", &[("covariance".into(), vec![9, 9], covariance)]);
    for noise in ["predictor", "minibatch", &covariance] {
        let arguments = [
            "gauge", &model, "--at", &at, "-o", &out, "--to", "noise", "--noise", noise,
            "--inputs", &inputs,
        ];
        let (status, text) = run(&arguments);
        assert_eq!(status, 0, "{noise}: {text}");
        let answer = json(&arguments);
        assert!(
            answer["charge"][0].as_f64() > Some(1e-3),
            "{noise}: {answer}"
        );
        assert!(
            answer["charge"][1].as_f64() <= Some(1e-9),
            "{noise}: {answer}"
        );
        // The twin: it is not the balanced gauge.
        let (v, w) = read(&out);
        let ratio = v[0].abs() / (w[0].powi(2) + w[1].powi(2)).sqrt();
        assert!((ratio - 1.0).abs() > 1e-3, "{noise}: {ratio}");
    }
}

#[test]
fn transport_moves_along_a_named_generator() {
    let folder = Folder::new("transport");
    let model = folder.text("m.toml", MODEL);
    let (at, out) = (folder.arrays("t", &point(&V, &W)), folder.path("out"));
    let arguments = ["gauge", &model, "--at", &at, "-o", &out, "--along"];
    let by = |name: &str, t: &str| run(&[&arguments[..], &[name, "--by", t]].concat());
    let (status, text) = by("R^3#1", "-0.5");
    assert_eq!(status, 0, "{text}");
    let (v, w) = read(&out);
    assert_eq!((v[0], v[2]), (V[0], V[2]));
    let (scale_v, scale_w) = (v[1] / V[1], w[2] / W[2]);
    assert!((scale_v * scale_w - 1.0).abs() <= 1e-14);
    assert!((scale_w.ln().abs() - 0.5).abs() <= 1e-14);
    for (name, t, told) in [
        ("R^3#3", "1", "the model has R^3#0 to #2 on"),
        ("gl(3)#0", "1", "no generator is named"),
        ("R^3", "1", "no generator is named"),
        ("R^3#0", "1e6", "shorter time"),
        ("R^3#0", "NaN", "finite"),
    ] {
        let (status, text) = by(name, t);
        assert_eq!(status, 2, "{name}: {text}");
        assert!(text.contains(told), "{name}: {text}");
    }
    assert_eq!(run(&arguments[..6]).0, 0);
    assert_eq!(run(&[&arguments[..], &["R^3#0"]].concat()).0, 2);
}

#[test]
fn mistakes_exit_with_two_and_write_nothing() {
    let folder = Folder::new("mistakes");
    let model = folder.text("m.toml", MODEL);
    let good = folder.arrays("t", &point(&V, &W));
    let nan = folder.arrays("nan", &point(&[1.0, f64::NAN, 1.0], &W));
    let wrong = folder.arrays(
        "wrong",
        &[
            ("v".into(), vec![3], V.to_vec()),
            ("W".into(), vec![2, 3], W.to_vec()),
        ],
    );
    let short = folder.arrays("short", &point(&V, &W)[..1]);
    let lopsided = folder.arrays(
        "c",
        &[(
            "covariance".into(),
            vec![9, 9],
            (0..81).map(f64::from).collect(),
        )],
    );
    let small = folder.arrays("s", &[("covariance".into(), vec![2, 2], vec![1.0; 4])]);
    let rigid = folder.text("rigid.toml", &MODEL.replace("relu", "tanh"));
    let out = folder.path("none");
    let to = |more: &[&str]| run(&[&["gauge", &model, "-o", &out], more].concat());
    for (more, told) in [
        (&["--at", &nan][..], "`v`"),
        (&["--at", &wrong], "`W`"),
        (&["--at", &short], "`W`"),
        (&["--at", "no-such-file"], "cannot read"),
        (
            &["--at", &good, "--to", "noise", "--noise", "minibatch"],
            "--inputs",
        ),
        (
            &["--at", &good, "--to", "noise", "--noise", "no-such-file"],
            "cannot read",
        ),
        (
            &["--at", &good, "--to", "noise", "--noise", &lopsided],
            "not symmetric",
        ),
        (
            &["--at", &good, "--to", "noise", "--noise", &small],
            "shape",
        ),
        (&["--at", &good, "--noise", "minibatch"], "--to noise"),
        (&["--at", &good, "--to", "else"], "possible values"),
    ] {
        let (status, text) = to(more);
        assert_eq!(status, 2, "{more:?}: {text}");
        assert!(text.contains(told), "{more:?}: {text}");
    }
    let (status, text) = run(&["gauge", &rigid, "--at", &good, "-o", &out]);
    assert_eq!(status, 2, "{text}");
    assert!(text.contains("no continuous symmetry"), "{text}");
    assert!(!Path::new(&out).exists());
    let (status, text) = run(&["gauge", &model, "--at", &good, "-o", "/no/such/folder/out"]);
    assert_eq!(status, 2, "{text}");
}
