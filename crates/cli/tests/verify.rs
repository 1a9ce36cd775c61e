//! What `symbias verify` and the experiments of diffusions say to numbers and places that cannot be: the value, the rule, the remedy,
//! and exit status 2, or a status with its reason.

use crate::common::PAIR;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A trial that is over at once, and too small for a verdict.
const FEW: [&str; 8] = [
    "--noise",
    "horizontal",
    "--replicas",
    "16",
    "--temperature",
    "1",
    "--steps",
    "400",
];

struct Said {
    status: i32,
    out: String,
    err: String,
}

fn symbias(folder: &Path, arguments: &[&str]) -> Said {
    let output = Command::new(env!("CARGO_BIN_EXE_symbias"))
        .args(arguments)
        .current_dir(folder)
        .output()
        .expect("the command runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Said {
        status: output.status.code().expect("an exit status"),
        out: text(&output.stdout),
        err: text(&output.stderr),
    }
}

/// A folder of its own for each test, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path =
            std::env::temp_dir().join(format!("symbias-verify-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a folder");
        std::fs::write(path.join("m.toml"), PAIR).expect("a file");
        Folder(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn wishes_that_cannot_be_are_refused_with_value_rule_and_remedy() {
    let folder = Folder::new("wishes");
    for (arguments, value, remedy) in [
        (["--temperature", "0"], "temperature is 0", "positive"),
        (["--temperature", "-1"], "temperature is -1", "positive"),
        (["--temperature", "nan"], "temperature is NaN", "positive"),
        (["--temperature", "inf"], "temperature is inf", "positive"),
        (["--temperature", "1e300"], "is 1e300\n", "positive"),
        (["--decay", "1e200"], "is 1e200\n", "up to 1e12"),
        (["--decay", "-0.5"], "decay is -0.5", "at least 0"),
        (["--decay", "nan"], "decay is NaN", "at least 0"),
        (["--replicas", "1"], "replicas are 1", "at least 2"),
        (["--resolution", "0"], "resolution is 0", "between 0 and 1"),
        (["--resolution", "1"], "resolution is 1", "between 0 and 1"),
        (
            ["--resolution", "nan"],
            "resolution is NaN",
            "between 0 and 1",
        ),
        (["--steps", "7"], "steps are 7", "at least 8"),
        (["--noise", "white"], "`white`", "labels"),
    ] {
        let said = symbias(
            &folder.0,
            &["verify", "m.toml", "-o", "out", arguments[0], arguments[1]],
        );
        assert_eq!(said.status, 2, "{arguments:?}: {}", said.err);
        assert!(
            said.err.contains(value) && said.err.contains(remedy),
            "{arguments:?}: {}",
            said.err
        );
        assert!(!folder.0.join("out").exists(), "{arguments:?}");
    }
    // The twin: what is in range runs. Few replicas leave the law undetermined, with the reason.
    let said = symbias(
        &folder.0,
        &[&["verify", "m.toml", "-o", "out"][..], &FEW].concat(),
    );
    assert_eq!(said.status, 1, "{}{}", said.out, said.err);
    assert!(
        said.out.contains("undetermined") && said.out.contains("too few"),
        "{}",
        said.out
    );
}

/// On the slice w = u v has the density 1/|w|, which is not integrable at 0: a function that is not defined there ends before.
/// The twins are defined as near as one likes, one of them with values that no double holds.
#[test]
fn a_slice_law_ends_where_its_function_does() {
    let folder = Folder::new("ends");
    for (output, exists) in [
        ("log(log(w) + 2)", true),
        ("log(w)", false),
        ("exp(1/w)", false),
    ] {
        let text = format!(
            "symbias = 1\noutputs = [\"z\"]\naxes = {{ i = 2 }}\nprogram = \"\"\"\nw[i] = u[i] * v[i]\n\
             z[i] = {}\"\"\"\nparameters = {{ u = [\"i\"], v = [\"i\"] }}\n",
            output.replace('w', "w[i]")
        );
        std::fs::write(folder.0.join("half.toml"), text).expect("a file");
        let said = symbias(&folder.0, &["analyze", "half.toml"]);
        assert_eq!(said.status, 0, "{}{}", said.out, said.err);
        let line = said.out.lines().find(|l| l.starts_with("slice"));
        let line = line.expect("a line of the slice");
        assert_eq!(line.contains("no stationary law"), !exists, "{line}");
    }
}

/// A folder that cannot be made is named before anything runs; one below a file cannot be made by anybody.
#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let folder = Folder::new("folder");
    let said = symbias(&folder.0, &["verify", "m.toml", "-o", "m.toml/out"]);
    assert_eq!(said.status, 2, "{}", said.err);
    assert!(
        said.err.contains("`m.toml/out`") && said.err.contains("can be written"),
        "{}",
        said.err
    );
}

/// What was finished is read again, what is missing is written again; what is another's is named and stays.
#[test]
fn a_verification_is_gone_on_with_if_it_is_the_same() {
    let folder = Folder::new("resumed");
    let verify = |more: &[&str]| {
        let own = [&["verify", "m.toml", "-o", "out"][..], &FEW, more].concat();
        symbias(&folder.0, &own)
    };
    let first = verify(&[]);
    let at = |name: &str| folder.0.join("out").join(name);
    let samples = || std::fs::read(at("record/samples.safetensors")).expect("samples");
    let before = samples();
    let refused = |said: &Said, words: &[&str]| {
        assert_eq!(said.status, 2, "{}", said.out);
        for word in words {
            assert!(said.err.contains(word), "{word}: {}", said.err);
        }
        assert!(samples() == before);
    };
    refused(&verify(&[]), &["`out` exists", "--resume"]);
    std::fs::remove_dir_all(at("model")).expect("removed");
    let again = verify(&["--resume"]);
    assert_eq!((again.status, &again.out), (first.status, &first.out));
    assert!(at("model/model.toml").is_file() && samples() == before);
    let warmer = [
        "verify",
        "m.toml",
        "-o",
        "out",
        "--resume",
        "--noise",
        "horizontal",
    ];
    refused(&symbias(&folder.0, &warmer), &["`out/", "other options"]);
    std::fs::write(folder.0.join("m.toml"), PAIR.replace("(w - 1)", "(w - 2)")).expect("a file");
    refused(&verify(&["--resume"]), &["`out/", "another model"]);
    std::fs::write(folder.0.join("m.toml"), PAIR).expect("a file");
    std::fs::write(at("experiment.toml"), "mine").expect("written");
    refused(&verify(&["--resume"]), &["experiment.toml`", "edited"]);
    assert_eq!(std::fs::read(at("experiment.toml")).expect("mine"), b"mine");
    std::fs::create_dir(folder.0.join("home")).expect("made");
    std::fs::write(folder.0.join("home/mine"), "mine").expect("written");
    let own = ["verify", "m.toml", "-o", "home", "--resume"];
    refused(&symbias(&folder.0, &own), &["holds no verification"]);
}

#[test]
fn models_without_a_trial_say_why() {
    let folder = Folder::new("models");
    let without = |more: &str| -> String {
        let lines = PAIR.lines().filter(|l| !l.starts_with("loss"));
        lines.map(|l| format!("{l}\n")).collect::<String>() + more
    };
    // A law is that of some loss: where the file has none and one output, a squared one is supplied, and said.
    std::fs::write(folder.0.join("bare.toml"), without("")).expect("a file");
    let asked = [&["verify", "bare.toml", "-o", "bare"][..], &FEW].concat();
    let found = symbias(&folder.0, &asked);
    assert!(
        found.out.contains("has no loss") && found.out.contains("kind = \"mse\""),
        "{}{}",
        found.out,
        found.err
    );
    assert!(
        folder.0.join("bare/record").exists() || folder.0.join("bare/experiment.toml").exists()
    );
    let two = without("")
        .replace("outputs = [\"w\"]", "outputs = [\"w\", \"z\"]")
        .replace("\"w = u * v\"", "\"\"\"\nw = u * v\nz = w * w\"\"\"");
    for (loss, said) in [
        (two, "has no loss"),
        (
            without("loss = { kind = \"expression\", expr = \"0 - w\" }\n"),
            "give --temperature",
        ),
    ] {
        std::fs::write(folder.0.join("odd.toml"), loss).expect("a file");
        let found = symbias(&folder.0, &["verify", "odd.toml", "-o", "out"]);
        assert_eq!(found.status, 2, "{}", found.err);
        assert!(found.err.contains(said), "{}", found.err);
    }
    let complex = "symbias = 1\noutputs = [\"y\"]\naxes = {}\nprogram = \"w = u * v\\ny = re(w)\"\n\
                   parameters = { u = { axes = [], field = \"complex\" }, v = [] }\n\
                   loss = { kind = \"expression\", expr = \"(y - 1)^2\" }\n";
    std::fs::write(folder.0.join("complex.toml"), complex).expect("a file");
    let found = symbias(&folder.0, &["verify", "complex.toml", "-o", "out"]);
    assert_eq!(found.status, 2, "{}", found.err);
    assert!(
        found.err.contains("`u`") && found.err.contains("two real parameters"),
        "{}",
        found.err
    );
}

fn experiment(
    folder: &Folder,
    name: &str,
    (start, step, noise, more, replicas): (f64, f64, f64, &str, u64),
) -> Said {
    let text = format!(
        "symbias = 1\nname = \"e\"\nseed = 1\nreplicas = {replicas}\n[run]\nmodel = \"m.toml\"\n\
         start = {{ program = \"u = {start:?}\\nv = {start:?}\" }}\nobserve = {{ weights = true }}\n[arms.a]\nsteps = 64\n{more}\
         diffusion = {{ noise = {{ horizontal = {noise:?} }}, step = {step:?} }}\n\
         [laws.a]\narm = \"a\"\nof = \"weights\"\npredicted = {{ noise = \"horizontal\" }}\n"
    );
    std::fs::write(folder.0.join(format!("{name}.toml")), text).expect("a file");
    symbias(&folder.0, &["run", &format!("{name}.toml"), "-o", name])
}

#[test]
fn diffusions_that_cannot_be_are_refused_or_have_a_status() {
    let folder = Folder::new("diffusions");
    for (name, numbers, status, said) in [
        (
            "cold",
            (1.0, 0.01, 0.0, "", 64),
            2,
            "temperature of arm `a` is 0",
        ),
        (
            "negative",
            (1.0, 0.01, -1.0, "", 64),
            2,
            "`noise.horizontal` is -1",
        ),
        ("back", (1.0, -0.1, 1.0, "", 64), 2, "`step` is -0.1"),
        (
            "growth",
            (1.0, 0.01, 1.0, "decay = -1.0\n", 64),
            2,
            "`decay` is -1",
        ),
        // P_H is not defined at θ = 0, and there is no leaf to speak of.
        (
            "zero",
            (0.0, 0.01, 1.0, "", 64),
            2,
            "no stationary law here",
        ),
        // Beyond the stability of the step everything diverges, and the law is neither confirmed nor refuted.
        ("coarse", (1.0, 100.0, 1.0, "", 64), 1, "halve the step"),
        ("single", (1.0, 0.01, 1.0, "", 1), 1, "too few"),
    ] {
        let found = experiment(&folder, name, numbers);
        let all = found.out + &found.err;
        assert_eq!(found.status, status, "{name}: {all}");
        assert!(all.contains(said), "{name}: {all}");
    }
}
