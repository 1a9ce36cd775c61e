//! Whatever happens to a process, a disk or a second process, a run comes to the same bits, or is refused.
//!
//! `SYMBIAS_KILLS` and `SYMBIAS_FLIPS` say how often; a few dozen without.
#![cfg(unix)]

use crate::common::{EXPERIMENT, Folder, MODEL, PAIR, err, refused, shares};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

fn count(variable: &str, usual: usize) -> usize {
    let given = std::env::var(variable).ok().and_then(|v| v.parse().ok());
    given.unwrap_or(usual)
}

/// The folder with a finished record `whole`.
fn with_whole(name: &str) -> Folder {
    let folder = Folder::new(name);
    folder.fine(&["run", "net.toml", "-o", "whole", "--threads", "1"]);
    folder
}

fn same(folder: &Folder, out: &str) {
    let samples = |of: &str| folder.bytes(&format!("{of}/samples.safetensors"));
    assert!(samples(out) == samples("whole"), "{out} has other bits");
    assert_eq!(folder.record(out), folder.record("whole"));
    let figure = |of: &str| folder.bytes(&format!("{of}/figures/ratio.svg"));
    assert!(figure(out) == figure("whole"), "{out} has another figure");
    let mut names: Vec<_> = std::fs::read_dir(folder.0.join(out))
        .expect("the record")
        .flatten()
        .map(|e| e.file_name().to_string_lossy().into_owned())
        .collect();
    // Of a kill after everything was done; nobody holds it.
    names.retain(|n| n != "lock");
    names.sort();
    assert_eq!(names, ["figures", "record.json", "samples.safetensors"]);
}

/// Files below a folder that end so.
fn ending(folder: &Path, ending: &str) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(self::ending(&path, ending));
        } else if path.to_string_lossy().ends_with(ending) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Waits until something is so; a minute at most.
fn until(what: &str, is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(60), "{what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn run<'a>(out: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let all = ["run", "net.toml", "-o", out, "--threads", "1"];
    [&all[..], &["--checkpoint", "0"], more].concat()
}

/// Kills a run once it has checkpoints of both tiles, and nothing of its record.
fn interrupted(folder: &Folder, out: &str) {
    let mut child = folder
        .command(&run(out, &[]))
        .stdout(Stdio::null())
        .spawn()
        .expect("the command runs");
    let partial = folder.0.join(out).join("partial");
    until("there are checkpoints", || {
        ending(&partial, ".checkpoint").len() >= 2
    });
    child.kill().and_then(|()| child.wait()).expect("killed");
    assert!(partial.is_dir(), "the kill came too late");
}

#[test]
fn a_second_process_on_a_folder_changes_nothing() {
    let folder = with_whole("second");
    let mut first = folder
        .command(&run("out", &[]))
        .stdout(Stdio::null())
        .spawn()
        .expect("the command runs");
    let partial = folder.0.join("out/partial");
    until("it has begun", || !ending(&partial, ".frames").is_empty());
    let in_use = format!("in use by another run (process {})", first.id());
    for second in [
        run("out", &["--resume"]),
        run("out", &["--resume", "--replicas", "3"]),
    ] {
        refused(
            &folder.symbias(&second),
            &["`out`", &in_use, "nothing was changed"],
        );
    }
    refused(&folder.symbias(&run("out", &[])), &["`out` exists"]);
    assert!(first.wait().expect("it ends").success());
    same(&folder, "out");
    // The lock goes with the process, however it ends.
    interrupted(&folder, "killed");
    assert!(folder.0.join("killed/lock").is_file());
    folder.fine(&run("killed", &["--resume"]));
    same(&folder, "killed");
}

#[test]
fn processes_that_begin_at_once_come_to_one_record() {
    let folder = with_whole("race");
    for round in 0..4 {
        let out = format!("out{round}");
        let begin = || {
            folder
                .command(&run(&out, &["--resume"]))
                .stdout(Stdio::null())
                .stderr(Stdio::piped())
                .spawn()
                .expect("the command runs")
        };
        let all: Vec<_> = (0..4).map(|_| begin()).collect();
        let mut fine = 0;
        for child in all {
            let output = child.wait_with_output().expect("it ends");
            match output.status.code() {
                Some(0) => fine += 1,
                _ => refused(&output, &["in use by another run"]),
            }
        }
        assert!(fine >= 1, "nobody ran");
        same(&folder, &out);
    }
}

#[test]
fn a_flipped_bit_is_refused_or_without_effect() {
    let folder = with_whole("flips");
    interrupted(&folder, "kept");
    let files: Vec<_> = [".checkpoint", ".frames"]
        .iter()
        .flat_map(|e| ending(&folder.0.join("kept/partial"), e))
        .collect();
    assert!(files.len() >= 4, "{files:?}");
    let each = count("SYMBIAS_FLIPS", 60) / files.len();
    let (mut denied, mut shares) = (0, shares());
    for file in files {
        let name = file.strip_prefix(folder.0.join("kept")).expect("below");
        let bytes = std::fs::read(&file).expect("a file");
        for region in 0..each {
            // One byte of each region, one bit of it; and the file without its end.
            let mut other = bytes.clone();
            let share = (region as f64 + shares.next().unwrap_or(0.5)) / each as f64;
            let at = (share * bytes.len() as f64) as usize;
            match region {
                0 => other.truncate(at),
                _ => other[at] ^= 1 << (region % 8),
            }
            let _ = std::fs::remove_dir_all(folder.0.join("out"));
            let copied = Command::new("cp")
                .args(["-r", "kept", "out"])
                .current_dir(&folder.0)
                .status();
            assert!(copied.expect("cp").success());
            std::fs::write(folder.0.join("out").join(name), &other).expect("written");
            let output = folder.symbias(&run("out", &["--resume"]));
            match output.status.code() {
                Some(0) => same(&folder, "out"),
                _ => {
                    let stem = name.with_extension("");
                    refused(&output, &[&*stem.to_string_lossy(), "help: "]);
                    denied += 1;
                }
            }
        }
    }
    // Bytes of a frame that no checkpoint counts are computed again.
    assert!(denied * 3 > each * 4, "{denied} of {each} to a file");
}

#[test]
fn a_record_with_a_flipped_bit_is_no_record() {
    let folder = with_whole("damaged");
    let path = folder.0.join("whole/samples.safetensors");
    let bytes = std::fs::read(&path).expect("a file");
    for at in [9, bytes.len() / 2, bytes.len() - 1] {
        let mut other = bytes.clone();
        other[at] ^= 4;
        std::fs::write(&path, other).expect("written");
        refused(
            &folder.symbias(&["figure", "whole"]),
            &["samples.safetensors"],
        );
    }
}

#[test]
fn killed_while_figures_are_drawn_or_records_written() {
    let folder = with_whole("drawn");
    let copied = Command::new("cp")
        .args(["-r", "whole", "out"])
        .current_dir(&folder.0)
        .status();
    assert!(copied.expect("cp").success());
    // As a kill leaves it: the record is there, a figure is not, another half written.
    let at = |name: &str| folder.0.join("out").join(name);
    std::fs::create_dir(at("partial")).expect("made");
    std::fs::write(at("figures/ratio.svg.77-0.partial"), "<svg").expect("written");
    std::fs::remove_file(at("figures/ratio.svg")).expect("removed");
    refused(
        &folder.symbias(&run("out", &[])),
        &["figures are not drawn", "--resume"],
    );
    folder.fine(&run("out", &["--resume"]));
    same(&folder, "out");
    assert_eq!(
        ending(&at("figures"), ".partial"),
        Vec::<std::path::PathBuf>::new()
    );
}

/// Kills a command at a random moment until so many are done, and lets it end each time that it is asked.
fn killed(folder: &Folder, first: &[&str], again: &[&str], whole: Duration, share: f64) -> Output {
    let mut child = folder
        .command(first)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command runs");
    std::thread::sleep(whole.mul_f64(share));
    let _ = child.kill();
    let _ = child.wait();
    folder.symbias(again)
}

#[test]
fn join_and_figure_are_killed_at_random_moments() {
    let folder = with_whole("kills");
    for shard in ["0/2", "1/2"] {
        let out = format!("shard{}", &shard[..1]);
        folder.fine(&run(&out, &["--shard", shard]));
    }
    fn join(out: &str) -> [&str; 6] {
        ["join", "net.toml", "shard0", "shard1", "-o", out]
    }
    let begun = Instant::now();
    folder.fine(&join("joined"));
    let time = begun.elapsed();
    let mut shares = shares();
    for k in 0..count("SYMBIAS_KILLS", 24) / 2 {
        let out = format!("join{k}");
        let share = shares.next().unwrap_or(0.5);
        let output = killed(&folder, &join(&out), &join(&out), time, share);
        // Where the kill came too late there is nothing to do.
        match output.status.code() {
            Some(0) => {}
            _ => refused(&output, &["finished record"]),
        }
        assert!(!err(&output).contains("--resume"), "{}", err(&output));
        same(&folder, &out);
        let figure = ["figure", "whole", "-o", "drawn"];
        let output = killed(&folder, &figure, &figure, time, share);
        assert_eq!(output.status.code(), Some(0), "{}", err(&output));
        let drawn = folder.bytes("drawn/ratio.png");
        assert!(drawn == folder.bytes("whole/figures/ratio.png"));
    }
}

#[test]
fn reproduce_and_verify_are_killed_at_random_moments() {
    let folder = Folder::new("sets");
    fn reproduce<'a>(out: &'a str, more: &[&'a str]) -> Vec<&'a str> {
        let own = [
            "reproduce",
            "--quick",
            "--battery",
            "--only",
            "step",
            "-o",
            out,
        ];
        [&own[..], more].concat()
    }
    let begun = Instant::now();
    folder.fine(&reproduce("whole", &[]));
    let time = begun.elapsed();
    fn verify<'a>(out: &'a str, more: &[&'a str]) -> Vec<&'a str> {
        let own = [
            "verify",
            "pair.toml",
            "--replicas",
            "64",
            "--steps",
            "400",
            "-o",
            out,
        ];
        [&own[..], more].concat()
    }
    std::fs::write(folder.0.join("pair.toml"), PAIR).expect("written");
    let begun = Instant::now();
    let verdict = folder.symbias(&verify("law", &[]));
    let lasted = begun.elapsed();
    let mut shares = shares();
    for k in 0..count("SYMBIAS_KILLS", 24) / 12 {
        let out = format!("set{k}");
        let share = shares.next().unwrap_or(0.5);
        let (first, again) = (reproduce(&out, &[]), reproduce(&out, &["--resume"]));
        let output = killed(&folder, &first, &again, time, share);
        assert_eq!(output.status.code(), Some(0), "{}", err(&output));
        for file in ["step/samples.safetensors", "summary.md"] {
            let of = |out: &str| folder.bytes(&format!("{out}/{file}"));
            assert!(of(&out) == of("whole"), "{file} of {out}");
        }
        let out = format!("law{k}");
        let (first, again) = (verify(&out, &[]), verify(&out, &["--resume"]));
        let output = killed(&folder, &first, &again, lasted, share);
        assert_eq!(output.status, verdict.status, "{}", err(&output));
        let of = |out: &str| folder.bytes(&format!("{out}/record/samples.safetensors"));
        assert!(of(&out) == of("law"), "{out}");
        assert_eq!(
            folder.record(&format!("{out}/record")),
            folder.record("law/record")
        );
    }
    let edited = folder.0.join("whole/experiments/step.toml");
    std::fs::write(&edited, "mine").expect("written");
    let again = folder.symbias(&reproduce("whole", &["--resume"]));
    refused(&again, &["step.toml", "edited", "symbias run"]);
    assert_eq!(folder.bytes("whole/experiments/step.toml"), b"mine");
}

#[test]
fn a_full_disk_at_twenty_sizes() {
    let folder = with_whole("full");
    let size = folder.bytes("whole/samples.safetensors").len();
    let mut failed = 0;
    for k in 0..20 {
        let out = format!("out{k}");
        // Files of so many blocks of 512 bytes; the signal is ignored, so that writing fails as on a full disk.
        let script = format!(
            "trap '' XFSZ; ulimit -f {}; exec \"$@\"",
            size * k / 18 / 512
        );
        let output = Command::new("sh")
            .args(["-c", &script, "sh", env!("CARGO_BIN_EXE_symbias")])
            .args(run(&out, &[]))
            .current_dir(&folder.0)
            .output()
            .expect("a shell");
        if output.status.code() != Some(0) {
            refused(&output, &["cannot write", "help: "]);
            failed += 1;
        }
        folder.fine(&run(&out, &["--resume"]));
        same(&folder, &out);
    }
    assert!(failed >= 15, "{failed} of 20 were refused");
}

#[test]
fn a_record_knows_its_model_data_and_what_was_asked() {
    let folder = Folder::new("identity");
    let write = |name: &str, text: String| {
        std::fs::write(folder.0.join(name), text).expect("written");
    };
    let few = ["--replicas", "4"];
    let whole = run("whole", &few);
    folder.fine(&whole);
    let shard = |out, of, more: &[&'static str]| {
        folder.fine(&run(out, &[&["--shard", of], more].concat()));
    };
    shard("a", "0/2", &few);
    shard("b", "1/2", &few);
    shard("more", "1/2", &["--replicas", "6"]);
    shard("arm", "1/2", &["--replicas", "4", "--arm", "main"]);
    shard("thirds", "1/3", &few);
    let join = |second: &str| folder.symbias(&["join", "net.toml", "a", second, "-o", "joined"]);
    refused(&join("more"), &["`more`", "6 replicas, and not of 4"]);
    refused(
        &join("arm"),
        &["`arm`", "the arms main, and not main, small"],
    );
    refused(&join("thirds"), &["of 2 shards", "1/3"]);
    refused(&join("whole"), &["`whole`", "no shard"]);
    let resume = [&whole[..], &["--resume"]].concat();
    folder.fine(&resume);
    // A comment changes nothing; the model does.
    write("net.model.toml", format!("# mine\n{MODEL}"));
    folder.fine(&resume);
    write("net.model.toml", MODEL.replace("relu(", "tanh("));
    refused(
        &folder.symbias(&resume),
        &["`whole`", "another model in arm `main`"],
    );
    shard("other", "1/2", &few);
    refused(&join("other"), &["`other`", "another model"]);
    refused(&join("b"), &["the records are of another model"]);
    write("net.model.toml", MODEL.into());
    write("net.toml", EXPERIMENT.replace("rate = 1e-3", "rate = 2e-3"));
    refused(&folder.symbias(&resume), &["it differs in `run.rate`"]);
    refused(&join("b"), &["it differs in `run.rate`"]);
    write("net.toml", EXPERIMENT.into());
    // One of an older version is drawn, and neither joined nor gone on with.
    let mut record = folder.record("whole");
    record["symbias"] = 1.into();
    let object = record.as_object_mut().expect("an object");
    object.remove("asked");
    object.remove("samples");
    write("whole/record.json", record.to_string());
    folder.fine(&["figure", "whole", "-o", "old"]);
    refused(&folder.symbias(&resume), &["of version 1", "run it again"]);
}
