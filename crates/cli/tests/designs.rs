//! `symbias design` and `symbias lift` as a person meets them: exit status, files, messages.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn symbias(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_symbias"))
        .args(arguments)
        .current_dir(root())
        .output()
        .expect("the command runs")
}

fn said(output: &Output) -> String {
    let text = [&output.stdout, &output.stderr].map(|t| String::from_utf8_lossy(t).into_owned());
    text.concat()
}

/// Every design of the folder has its certificate, writes three files, and its model is analysed at its start.
#[test]
fn designs_of_the_folder_hold() {
    let out = tempfile::tempdir().expect("a folder");
    let mut count = 0;
    for entry in std::fs::read_dir(root().join("designs")).expect("the folder") {
        let path = entry.expect("an entry").path();
        let name = path
            .file_stem()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        let model = out.path().join(format!("{name}.toml"));
        let (file, written) = (path.to_string_lossy(), model.to_string_lossy());
        let found = symbias(&["design", &file, "-o", &written]);
        assert_eq!(found.status.code(), Some(0), "{name}: {}", said(&found));
        let start = out.path().join(format!("{name}.start.safetensors"));
        let answer = std::fs::read_to_string(out.path().join(format!("{name}.design.json")));
        let answer: serde_json::Value =
            serde_json::from_str(&answer.expect("an answer")).expect("JSON");
        assert!(
            answer["certificate"]["error"].as_f64().expect("an error") < 1e-6,
            "{name}"
        );
        let point = symbias(&["analyze", &written, "--at", &start.to_string_lossy()]);
        assert_eq!(point.status.code(), Some(0), "{name}: {}", said(&point));
        count += 1;
    }
    assert!(count >= 5);
}

/// What is refused leaves nothing behind, and says what failed and what can be had.
#[test]
fn what_is_refused_writes_nothing() {
    let out = tempfile::tempdir().expect("a folder");
    let model = out.path().join("x.toml");
    let refused = |target: &str, word: &str| {
        let arguments = [
            "design", "--target", target, "--on", "entries", "--driver", "decay",
        ];
        let rest = ["--size", "4", "-o", &*model.to_string_lossy()];
        let found = symbias(&[&arguments[..], &rest[..]].concat());
        assert_eq!(found.status.code(), Some(2), "{target}: {}", said(&found));
        assert!(said(&found).contains(word), "{target}: {}", said(&found));
        assert_eq!(
            std::fs::read_dir(out.path()).expect("the folder").count(),
            0
        );
    };
    refused("min(abs(x), 1)", "does not increase away from 0");
    refused("x^3", "does not increase away from 0");
    refused("abs(x", "never closed");
    refused("abs(y)", "y");
}

/// A safetensors file of one array z of three entries, written out.
fn write(path: &Path, z: [f64; 3]) {
    let header = r#"{"z":{"dtype":"F64","shape":[3],"data_offsets":[0,24]}}"#;
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.as_bytes());
    z.iter().for_each(|x| bytes.extend(x.to_le_bytes()));
    std::fs::write(path, bytes).expect("a file");
}

/// `--at` gives the target, the bias by its formula, and the least norm that a search of the fibre finds.
#[test]
fn biases_at_given_weights_are_the_target() {
    let out = tempfile::tempdir().expect("a folder");
    let file = out.path().join("w.safetensors");
    write(&file, [0.7, -2.0, 0.04]);
    let at = |target: &str| -> serde_json::Value {
        let found = symbias(&[
            "design",
            "--target",
            target,
            "--on",
            "entries",
            "--driver",
            "decay",
            "--size",
            "3",
            "--at",
            &file.to_string_lossy(),
            "--json",
        ]);
        assert_eq!(found.status.code(), Some(0), "{target}: {}", said(&found));
        let answer: serde_json::Value = serde_json::from_slice(&found.stdout).expect("JSON");
        answer["at"].clone()
    };
    type Case = (&'static str, fn(f64) -> f64);
    let cases: [Case; 3] = [
        ("abs(x)", f64::abs),
        ("abs(x)^0.5", |x| x.abs().sqrt()),
        ("log(1 + abs(x)/0.1)", |x| (x.abs() / 0.1).ln_1p()),
    ];
    for (target, r) in cases {
        let wanted: f64 = [0.7, -2.0, 0.04].map(r).iter().sum();
        let found = at(target);
        for key in ["target", "achieved", "least_norm"] {
            let value = found[key].as_f64().unwrap_or(f64::NAN);
            assert!(
                (value - wanted).abs() < 1e-6 * wanted,
                "{target}, {key}: {value}, not {wanted}"
            );
        }
    }
    // The twin: another target has another value there.
    assert_ne!(at("abs(x)")["target"], at("abs(x)^0.5")["target"]);
    // Weights that are not those of the design.
    let found = symbias(&[
        "design",
        "--target",
        "abs(x)",
        "--on",
        "entries",
        "--driver",
        "decay",
        "--size",
        "4",
        "--at",
        &file.to_string_lossy(),
    ]);
    assert_eq!(found.status.code(), Some(2), "{}", said(&found));
    assert!(said(&found).contains("`z`"), "{}", said(&found));
}

/// The lift of weights is exact, off the balanced leaf for decay if nothing else is asked for.
#[test]
fn lifts_are_exact() {
    let out = tempfile::tempdir().expect("a folder");
    let path = |name: &str| out.path().join(name).to_string_lossy().into_owned();
    let made = symbias(&[
        "design",
        "--target",
        "abs(x)",
        "--on",
        "entries",
        "--driver",
        "decay",
        "--size",
        "3",
        "-o",
        &path("m.toml"),
    ]);
    assert_eq!(made.status.code(), Some(0), "{}", said(&made));
    write(Path::new(&path("w.safetensors")), [0.7, -2.0, 0.0]);
    for flag in [&[][..], &["--balanced"], &["--charges", "0.3"]] {
        let arguments = [
            "lift",
            &path("m.toml"),
            "--weights",
            &path("w.safetensors"),
            "-o",
            &path("t.safetensors"),
        ];
        let found = symbias(&[&arguments[..], flag].concat());
        assert_eq!(found.status.code(), Some(0), "{flag:?}: {}", said(&found));
        let charge = match flag {
            [] => "charges 0.5",
            ["--balanced"] => "charges 0\n",
            _ => "charges 0.3",
        };
        assert!(said(&found).contains(charge), "{flag:?}: {}", said(&found));
    }
}
