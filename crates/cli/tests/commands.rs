//! The command as a person meets it: exit status, messages, files.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn symbias(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_symbias"))
        .args(arguments)
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."))
        .output()
        .expect("the command runs")
}

fn status(output: &Output) -> i32 {
    output.status.code().expect("an exit status")
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A folder of its own for each test, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("symbias-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a folder");
        Folder(path)
    }

    fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        let path = self.0.join(name);
        std::fs::write(&path, bytes).expect("a file");
        path.to_string_lossy().into_owned()
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).to_string_lossy().into_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

const MODEL: &str = "symbias = 1\noutputs = [\"y\"]\naxes = { h = 3, d = 2 }\nprogram = \"y = v[h] * relu(W[h,d] * x[d])\"\n\
parameters = { v = [\"h\"], W = [\"h\",\"d\"] }\ninputs = { x = [\"d\"] }\nloss = { kind = \"mse\", of = \"y\" }\n";

/// A safetensors file of f64 arrays.
fn arrays(entries: &[(&str, &[usize], &[f64])]) -> Vec<u8> {
    let (mut header, mut data) = (String::from("{"), Vec::new());
    for (k, (name, shape, values)) in entries.iter().enumerate() {
        let start = data.len();
        data.extend(values.iter().flat_map(|x| x.to_le_bytes()));
        let comma = if k == 0 { "" } else { "," };
        header += &format!(
            "{comma}\"{name}\":{{\"dtype\":\"F64\",\"shape\":{shape:?},\"data_offsets\":[{start},{}]}}",
            data.len()
        );
    }
    header.push('}');
    [
        &(header.len() as u64).to_le_bytes()[..],
        header.as_bytes(),
        &data,
    ]
    .concat()
}

#[test]
fn a_model_that_holds_exits_with_zero() {
    for arguments in [
        &["analyze", "models/shallow_relu.toml"][..],
        &["analyze", "--full", "models/attention_rope.toml"],
        &["analyze", "--latex", "models/cp.toml"],
        &["check", "models/swiglu.toml"],
        &["catalogue", "list"],
        &["catalogue", "show", "hadamard"],
        &["--version"],
        &["--help"],
    ] {
        let output = symbias(arguments);
        assert_eq!(status(&output), 0, "{arguments:?}: {}", err(&output));
        assert!(!out(&output).is_empty(), "{arguments:?}");
    }
}

#[test]
fn the_answer_for_programs_has_the_fields_of_the_contract() {
    let output = symbias(&["analyze", "--json", "models/attention_bias.toml"]);
    let answer: serde_json::Value = serde_json::from_str(&out(&output)).expect("JSON");
    for field in [
        "schema",
        "model",
        "reads",
        "parameters",
        "rank",
        "redundancy",
        "orbit_dimension",
        "unexplained",
        "unexplained_on",
        "symmetry",
        "certificate",
        "ranks",
        "charges",
        "gram",
        "bias",
        "warnings",
    ] {
        assert!(answer.get(field).is_some(), "{field}");
    }
    assert_eq!(answer["schema"], 2);
    assert_eq!(answer["symmetry"]["name"], "gl(2) + gl(3) + R^5");
    for field in [
        "dimension",
        "compact",
        "name",
        "evidence",
        "complete",
        "factors",
    ] {
        assert!(answer["symmetry"].get(field).is_some(), "{field}");
    }
    for driver in [
        "decay",
        "flow",
        "noise_isotropic",
        "noise_slice",
        "noise_horizontal",
    ] {
        for field in [
            "status",
            "exists",
            "value",
            "formula",
            "base_measure",
            "hypotheses",
        ] {
            assert!(
                answer["bias"][driver].get(field).is_some(),
                "{driver}.{field}"
            );
        }
    }
    let count = answer["charges"]["count"].as_u64().expect("a count");
    assert_eq!(
        answer["charges"]["values"]
            .as_array()
            .map(|v| v.len() as u64),
        Some(count)
    );
}

#[test]
fn what_is_open_is_no_failure() {
    // Products of exponentials in 60 coordinates: flat directions that no affine field explains.
    let folder = Folder::new("open");
    let model = folder.file(
        "open.toml",
        "symbias = 1\noutputs = [\"y\"]\naxes = { i = 60 }\nprogram = \"y = sum[i](exp(a[i]) + a[i]*b[i])\"\n\
         parameters = { a = [\"i\"], b = [\"i\"] }\n",
    );
    let output = symbias(&["analyze", &model]);
    assert_eq!(status(&output), 0, "{}{}", out(&output), err(&output));
    assert!(out(&output).contains("others are open"), "{}", out(&output));
}

#[test]
fn mistakes_exit_with_two_name_the_place_and_the_remedy() {
    let folder = Folder::new("mistakes");
    let replace = |from: &str, to: &str| MODEL.replacen(from, to, 1);
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        (
            "malformed.toml",
            b"symbias = = 1".to_vec(),
            "malformed.toml:1",
        ),
        ("field.toml", replace("outputs", "output").into(), "outputs"),
        ("operation.toml", replace("relu", "rellu").into(), "relu"),
        ("shape.toml", replace("W[h,d]", "W[h]").into(), "axes"),
        (
            "axes.toml",
            replace("W[h,d] * x[d]", "W[d,h] * x[d]").into(),
            "axes",
        ),
        ("zero.toml", replace("h = 3", "h = 0").into(), "0"),
        (
            "cycle.toml",
            replace("y = v[h]", "a = b\\nb = a\\ny = a * v[h]").into(),
            "cycle",
        ),
        (
            "overflow.toml",
            replace(
                "h = 3, d = 2",
                "h = 9223372036854775807, d = 9223372036854775807",
            )
            .into(),
            "",
        ),
        (
            "constant.toml",
            replace(
                "inputs",
                "constants = { c = { axes = [\"h\"], value = nan } }\ninputs",
            )
            .into(),
            "finite",
        ),
        ("binary.toml", vec![0, 159, 146, 150, 255], "UTF-8"),
        ("large.toml", vec![b'#'; (1 << 20) + 1], "1 MiB"),
        ("empty.toml", Vec::new(), "symbias"),
        (
            "version.toml",
            replace("symbias = 1", "symbias = 7").into(),
            "1",
        ),
        ("name.toml", replace("x[d])", "z[d])").into(), "z"),
    ];
    for (name, bytes, expected) in cases {
        let path = folder.file(name, bytes);
        for command in ["analyze", "check"] {
            let output = symbias(&[command, &path]);
            let message = err(&output);
            assert_eq!(status(&output), 2, "{name}: {message}");
            assert!(message.starts_with("error: "), "{name}: {message}");
            assert!(
                message.contains(expected),
                "{name}: expected {expected:?} in: {message}"
            );
            assert!(!message.contains("panicked"), "{name}: {message}");
            assert!(out(&output).is_empty(), "{name}: partial output");
        }
    }
    for path in [
        folder.0.to_string_lossy().into_owned(),
        folder.path("missing.toml"),
    ] {
        let output = symbias(&["analyze", &path]);
        assert_eq!(status(&output), 2);
        assert!(err(&output).contains(&path), "{}", err(&output));
    }
}

#[test]
fn hostile_arrays_are_refused_and_leave_no_file() {
    let folder = Folder::new("arrays");
    let model = folder.file("m.toml", MODEL);
    let (v, w) = ([1.0, 2.0, 3.0], [0.5, -1.0, 2.0, 0.25, 1.0, 1.0]);
    let good = folder.file(
        "good.safetensors",
        arrays(&[("v", &[3], &v), ("W", &[3, 2], &w)]),
    );
    let x = folder.file(
        "x.safetensors",
        arrays(&[
            ("x", &[2, 2], &[1.0, 2.0, -1.0, 0.5]),
            ("target", &[2], &[0.0, 1.0]),
        ]),
    );
    let written = folder.path("out.safetensors");
    let output = symbias(&[
        "eval", &model, "--at", &good, "--inputs", &x, "-o", &written,
    ]);
    assert_eq!(status(&output), 0, "{}", err(&output));
    assert!(Path::new(&written).is_file());
    // y = v·relu(Wx): (0.5·1 − 2)⁺ = 0, (2 + 0.5)·2 = 5, (1 + 2)·3 = 9.
    assert!(out(&output).contains("loss"), "{}", out(&output));

    let huge = {
        let mut bytes = u64::MAX.to_le_bytes().to_vec();
        bytes.extend(b"{}");
        bytes
    };
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("missing", arrays(&[("v", &[3], &v)])),
        ("shape", arrays(&[("v", &[3], &v), ("W", &[2, 3], &w)])),
        (
            "unknown",
            arrays(&[("v", &[3], &v), ("W", &[3, 2], &w), ("extra", &[1], &[0.0])]),
        ),
        (
            "nan",
            arrays(&[("v", &[3], &[1.0, f64::NAN, 0.0]), ("W", &[3, 2], &w)]),
        ),
        ("header", huge),
        (
            "truncated",
            arrays(&[("v", &[3], &v), ("W", &[3, 2], &w)])[..60].to_vec(),
        ),
        ("text", b"not a safetensors file at all".to_vec()),
        ("nothing", Vec::new()),
    ];
    for (name, bytes) in cases {
        let at = folder.file(&format!("{name}.safetensors"), bytes);
        let target = folder.path(&format!("{name}.out"));
        let output = symbias(&["eval", &model, "--at", &at, "--inputs", &x, "-o", &target]);
        assert_eq!(status(&output), 2, "{name}: {}", err(&output));
        assert!(
            err(&output).starts_with("error: ") && !err(&output).contains("panicked"),
            "{name}: {}",
            err(&output)
        );
        assert!(!Path::new(&target).exists(), "{name}: a file was written");
        let output = symbias(&["analyze", &model, "--at", &at]);
        assert_eq!(status(&output), 2, "{name}: {}", err(&output));
    }
    let output = symbias(&["eval", &model, "--at", &good, "-o", &written]);
    assert_eq!(status(&output), 2);
    assert!(err(&output).contains("--inputs"), "{}", err(&output));
    let output = symbias(&[
        "eval",
        &model,
        "--at",
        &good,
        "--inputs",
        &x,
        "-o",
        &folder.path("no/such/folder/out"),
    ]);
    assert_eq!(status(&output), 2, "{}", err(&output));
}

#[test]
fn files_outside_of_the_folder_are_refused() {
    let folder = Folder::new("outside");
    for path in ["../secret.safetensors", "/etc/passwd"] {
        let text = MODEL.replacen(
            "inputs",
            &format!(
                "constants = {{ c = {{ axes = [\"h\"], file = \"{path}\", key = \"c\" }} }}\ninputs"
            ),
            1,
        );
        let output = symbias(&["analyze", &folder.file("m.toml", text)]);
        assert_eq!(status(&output), 2, "{}", err(&output));
        assert!(err(&output).contains("folder"), "{}", err(&output));
    }
}

/// A first row of years is names if that is said; and what was taken for what is printed by whatever reads tables.
#[test]
fn what_was_taken_of_a_table_is_said() {
    let folder = Folder::new("tables");
    let model = folder.file("m.toml", MODEL);
    let theta = folder.file(
        "t.csv",
        "v0,v1,v2,W_0_0,W_0_1,W_1_0,W_1_1,W_2_0,W_2_1\n1,2,3,4,5,6,7,8,9\n",
    );
    let x = folder.file("x.csv", "2019,2020,2021\n1,2,3\n");
    let output = folder.path("o.safetensors");
    let eval = [
        "eval", &model, "--at", &theta, "--inputs", &x, "-o", &output,
    ];
    let gauge = [
        "gauge", &model, "--at", &theta, "--inputs", &x, "-o", &output,
    ];
    let analyze = ["analyze", &model, "--at", &theta, "--data", &x];
    for command in [&eval[..], &gauge, &analyze] {
        let said = |more: &[&str]| out(&symbias(&[command, more].concat()));
        let (guessed, told) = (said(&[]), said(&["--header", "true"]));
        assert!(
            guessed.contains("t.csv: 1 row x 9 columns, names in the first row"),
            "{guessed}"
        );
        assert!(
            guessed.contains("x.csv: 2 rows x 3 columns, numbers from the first row on"),
            "{guessed}"
        );
        assert!(
            told.contains("x.csv: 1 row x 3 columns, names in the first row"),
            "{told}"
        );
    }
    let json = out(&symbias(&[&analyze[..], &["--json"]].concat()));
    assert!(json.starts_with('{'), "{json}");
}

#[test]
fn an_unknown_model_of_the_catalogue_is_named() {
    let output = symbias(&["catalogue", "show", "relu"]);
    assert_eq!(status(&output), 2);
    assert!(err(&output).contains("shallow_relu"), "{}", err(&output));
}

#[test]
fn the_same_seed_prints_the_same_bytes() {
    let run = |seed: &str| {
        out(&symbias(&[
            "analyze",
            "--json",
            "--seed",
            seed,
            "models/attention.toml",
        ]))
    };
    assert_eq!(run("3"), run("3"));
    assert_ne!(run("3"), run("4"), "another point has other values");
}

#[test]
fn the_structure_of_the_algebra_is_read_from_its_brackets() {
    // gl(2) + gl(3): sl(n) has n(n−1)/2 compact directions, negative in the Killing form; the
    // centre is its null space.
    let printed = out(&symbias(&["analyze", "--full", "models/attention.toml"]));
    let expected = "dimension 13, centre 2, Killing form (-4, 0: 2, +7); k + p = 4 + 9";
    assert!(printed.contains(expected), "{printed}");
}
