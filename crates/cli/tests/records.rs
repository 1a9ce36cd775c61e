//! `run`, `join` and `figure` as a person meets them: killed and resumed, in shards, twice into one folder.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

const MODEL: &str = r#"symbias = 1
name = "net"
outputs = ["y"]
axes = { h = 4, d = 2 }
program = "y = v[h] * relu(W[h,d] * x[d])"
parameters = { v = ["h"], W = ["h","d"] }
inputs = { x = ["d"] }
loss = { kind = "mse", of = "y" }
"#;

/// Replicas of two virtual vectors, so that there are several checkpoints.
const EXPERIMENT: &str = r#"symbias = 1
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

/// A folder of its own for each test, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("symbias-rec-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a folder");
        std::fs::write(path.join("net.model.toml"), MODEL).expect("a file");
        std::fs::write(path.join("net.toml"), EXPERIMENT).expect("a file");
        Folder(path)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_symbias"));
        command.args(arguments).current_dir(&self.0);
        command
    }

    fn symbias(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("the command runs")
    }

    /// Runs a command that must succeed.
    fn fine(&self, arguments: &[&str]) -> String {
        let output = self.symbias(arguments);
        assert_eq!(
            output.status.code(),
            Some(0),
            "{arguments:?}: {}",
            err(&output)
        );
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn bytes(&self, path: &str) -> Vec<u8> {
        std::fs::read(self.0.join(path)).expect(path)
    }

    /// A description without its environment.
    fn record(&self, folder: &str) -> Value {
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

fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn refused(output: &Output, words: &[&str]) {
    assert_eq!(output.status.code(), Some(2), "{}", err(output));
    for word in words {
        assert!(err(output).contains(word), "{word}: {}", err(output));
    }
}

/// Shares of 1 that look random, the same each time.
fn shares() -> impl Iterator<Item = f64> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    std::iter::from_fn(move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        Some((state >> 11) as f64 / (1_u64 << 53) as f64)
    })
}

#[test]
fn killed_at_any_moment_and_resumed_the_bits_are_the_same() {
    let folder = Folder::new("killed");
    let begun = Instant::now();
    folder.fine(&["run", "net.toml", "-o", "whole", "--threads", "1"]);
    // Other tests run beside this one: the shortest run tells when a kill comes too late.
    let mut time = begun.elapsed();
    let (mut kills, mut went_on, mut records) = (0, 0, 0);
    let mut shares = shares();
    let mut name = String::from("part0");
    // A record that comes to its end is compared, and the next one begun.
    while kills < 20 || records == 0 {
        let resume = folder.0.join(&name).exists();
        let checkpoints = || {
            let walk = |p: PathBuf| std::fs::read_dir(p).into_iter().flatten().flatten();
            walk(folder.0.join(&name).join("partial"))
                .flat_map(|arm| walk(arm.path()))
                .any(|f| f.path().extension().is_some_and(|e| e == "checkpoint"))
        };
        went_on += usize::from(resume && checkpoints());
        let mut arguments = vec!["run", "net.toml", "-o", &name, "--threads", "1"];
        arguments.extend(["--checkpoint", "0"]);
        if resume {
            arguments.push("--resume");
        }
        let begun = Instant::now();
        let mut child = folder
            .command(&arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the command runs");
        if kills < 20 {
            let share = shares.next().unwrap_or(0.5);
            std::thread::sleep(Duration::from_secs_f64(share * time.as_secs_f64()));
            // On Unix this is SIGKILL: nothing is tidied up.
            let _ = child.kill();
        }
        let output = child.wait_with_output().expect("it ends");
        match output.status.code() {
            Some(0) => {
                if !resume {
                    time = time.min(begun.elapsed());
                }
                let found = folder.bytes(&format!("{name}/samples.safetensors"));
                assert!(
                    found == folder.bytes("whole/samples.safetensors"),
                    "{name} differs"
                );
                assert_eq!(folder.record(&name), folder.record("whole"));
                records += 1;
                name = format!("part{records}");
            }
            None => kills += 1,
            Some(code) => panic!("status {code} after {kills} kills: {}", err(&output)),
        }
    }
    assert!(
        went_on > 2,
        "runs went on from a checkpoint {went_on} times"
    );
    eprintln!("{kills} kills, {went_on} from checkpoints, {records} records, {time:?} each");
}

#[test]
fn shards_join_to_the_bits_of_the_whole() {
    let folder = Folder::new("shards");
    folder.fine(&["run", "net.toml", "-o", "whole", "--threads", "2"]);
    for shard in ["0/3", "1/3", "2/3"] {
        let out = format!("shard{}", &shard[..1]);
        folder.fine(&["run", "net.toml", "-o", &out, "--shard", shard]);
        assert!(!folder.0.join(&out).join("figures").exists(), "of a part");
    }
    // In any order.
    let text = folder.fine(&[
        "join", "net.toml", "shard2", "shard0", "shard1", "-o", "joined",
    ]);
    assert!(text.contains("record in joined"), "{text}");
    for file in [
        "samples.safetensors",
        "figures/ratio.svg",
        "figures/ratio.png",
    ] {
        let same =
            folder.bytes(&format!("whole/{file}")) == folder.bytes(&format!("joined/{file}"));
        assert!(same, "{file}");
    }
    assert_eq!(folder.record("whole"), folder.record("joined"));
    let twice = folder.symbias(&["join", "net.toml", "shard0", "shard0", "-o", "other"]);
    refused(&twice, &["shard 1/3 is missing"]);
    let all = [
        "join", "net.toml", "shard0", "shard1", "shard2", "shard1", "-o", "other",
    ];
    refused(
        &folder.symbias(&all),
        &["missing or there twice", "give each shard once"],
    );
    let lacking = folder.symbias(&["join", "net.toml", "shard0", "shard1", "-o", "other"]);
    refused(&lacking, &["shard 2/3 is missing", "all shards"]);
}

#[test]
fn folders_are_never_written_over() {
    let folder = Folder::new("folders");
    let run = ["run", "net.toml", "-o", "out", "--replicas", "2"];
    folder.fine(&run);
    refused(&folder.symbias(&run), &["`out` exists", "another folder"]);
    // Resuming what is finished does nothing.
    let time = || {
        let file = std::fs::metadata(folder.0.join("out/record.json")).expect("a record");
        file.modified().expect("a time")
    };
    let before = (time(), folder.bytes("out/record.json"));
    let resumed = [&run[..], &["--resume"]].concat();
    folder.fine(&resumed);
    assert_eq!(before, (time(), folder.bytes("out/record.json")));
    // It is not what is asked for now.
    let more = [
        "run",
        "net.toml",
        "-o",
        "out",
        "--replicas",
        "3",
        "--resume",
    ];
    refused(&folder.symbias(&more), &["`out`", "other arms or replicas"]);
    std::fs::create_dir(folder.0.join("mine")).expect("a folder");
    std::fs::write(folder.0.join("mine/thesis.tex"), "x").expect("a file");
    let mine = folder.symbias(&["run", "net.toml", "-o", "mine", "--resume"]);
    refused(&mine, &["other files"]);
    let reproduce = folder.symbias(&["reproduce", "-o", "mine", "--quick"]);
    refused(&reproduce, &["`mine` exists", "--resume"]);
    let unknown = folder.symbias(&["reproduce", "-o", "new", "--only", "relo"]);
    refused(
        &unknown,
        &["`relo`", "spectrum, completion, attention, relu, step"],
    );
}

#[test]
fn figures_of_a_record() {
    let folder = Folder::new("figures");
    folder.fine(&[
        "run",
        "net.toml",
        "-o",
        "out",
        "--replicas",
        "2",
        "--arm",
        "main",
    ]);
    let text = folder.fine(&["figure", "out", "-o", "drawn"]);
    let lines: Vec<&str> = text.lines().collect();
    let file = |name: &str| Path::new("drawn").join(name).display().to_string();
    assert_eq!(lines[..2], [file("ratio.svg"), file("ratio.png")]);
    assert!(
        lines[2].starts_with("control: not drawn") && lines[2].ends_with("small"),
        "{text}"
    );
    for name in ["ratio.svg", "ratio.png"] {
        let first = folder.bytes(&format!("out/figures/{name}"));
        assert!(first == folder.bytes(&format!("drawn/{name}")), "{name}");
    }
    let named = folder.fine(&["figure", "out", "-o", "one", "--name", "ratio"]);
    assert_eq!(named.lines().count(), 2);
    let unknown = folder.symbias(&["figure", "out", "--name", "rato"]);
    refused(&unknown, &["no figure `rato`", "ratio, control"]);
    refused(
        &folder.symbias(&["figure", "nothing"]),
        &["cannot read", "finished run"],
    );
}
