//! `run`, `join` and `figure` as a person meets them: killed and resumed, in shards, twice into one folder.

use crate::common::{Folder, err, refused, shares};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

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
    refused(&twice, &["shard 0/3 is there twice"]);
    let all = [
        "join", "net.toml", "shard0", "shard1", "shard2", "shard1", "-o", "other",
    ];
    refused(
        &folder.symbias(&all),
        &["shard 1/3 is there twice", "give each shard once"],
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
    refused(
        &folder.symbias(&more),
        &["`out`", "2 replicas, and not of 3"],
    );
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

/// Who edits a title wants another figure; numbers that were edited are not gone on with.
#[test]
fn a_description_edited_by_hand_is_drawn_and_not_gone_on_with() {
    let folder = Folder::new("edited");
    let run = |out, more: &[&'static str]| {
        [&["run", "net.toml", "--replicas", "2", "-o", out], more].concat()
    };
    let (whole, part) = (run("out", &[]), run("a", &["--shard", "0/2"]));
    for wanted in [&whole, &part, &run("b", &["--shard", "1/2"])] {
        folder.fine(wanted);
    }
    let resume = [&whole[..], &["--resume"]].concat();
    let join = ["join", "net.toml", "a", "b", "-o", "joined"];
    let write = |of: &str, record: &serde_json::Value| {
        let path = folder.0.join(of).join("record.json");
        std::fs::write(path, record.to_string()).expect("written");
    };
    // Another spelling of the same, and another machine's environment, are no edit.
    let good = folder.record("out");
    write("out", &good);
    folder.fine(&resume);
    assert!(!folder.fine(&["figure", "out"]).contains("edited"));
    let mut other = good.clone();
    other["arms"]["main"]["stop"] = "all-diverged".into();
    write("out", &other);
    assert!(
        folder
            .fine(&["figure", "out"])
            .contains("record.json was edited")
    );
    refused(
        &folder.symbias(&resume),
        &["`net`", "edited", "it can be drawn"],
    );
    let mut other = folder.record("a");
    other["arms"]["main"]["stop"] = "all-diverged".into();
    write("a", &other);
    refused(&folder.symbias(&join), &["edited"]);
    assert!(!folder.0.join("joined").exists());
}

/// A record may come from anywhere: what it names is not written elsewhere, and what it says does not drive a terminal.
#[test]
fn a_hostile_record_writes_and_says_nothing_of_its_own() {
    let folder = Folder::new("hostile");
    folder.fine(&["run", "net.toml", "-o", "out", "--replicas", "2"]);
    let good = folder.record("out");
    let write = |record: &serde_json::Value| {
        std::fs::write(folder.0.join("out/record.json"), record.to_string()).expect("written");
    };
    for name in ["../../x", "/tmp/x", "a/b", "\u{1b}[31m"] {
        let mut record = good.clone();
        record["experiment"]["figures"][0]["name"] = name.into();
        write(&record);
        let output = folder.symbias(&["figure", "out"]);
        refused(&output, &["no name of a file"]);
        assert!(!err(&output).contains('\u{1b}'));
    }
    let mut record = good.clone();
    record["experiment"]["title"] = "\u{1b}]0;owned\u{7}\u{202e}".into();
    write(&record);
    std::fs::write(
        folder.0.join("net.toml"),
        crate::common::EXPERIMENT.replace("A small network", "\\u001b]0;owned"),
    )
    .expect("written");
    let text = folder.fine(&["run", "net.toml", "-o", "other", "--replicas", "2"]);
    assert!(
        text.contains("owned") && !text.contains('\u{1b}'),
        "{text:?}"
    );
    #[cfg(unix)]
    {
        write(&good);
        let figure = folder.0.join("out/figures/ratio.svg");
        std::fs::write(folder.0.join("mine"), "mine").expect("written");
        std::fs::remove_file(&figure).expect("removed");
        std::os::unix::fs::symlink("../../mine", &figure).expect("a link");
        refused(&folder.symbias(&["figure", "out"]), &["leads out of"]);
        assert_eq!(folder.bytes("mine"), b"mine");
    }
}

/// Where nobody listens, the status still says how it went.
#[cfg(unix)]
#[test]
fn a_closed_standard_error_is_no_panic() {
    let folder = Folder::new("closed");
    for (arguments, code) in [("run none.toml", 2), ("run net.toml --replicas 2", 0)] {
        let script = format!("exec '{}' {arguments} 2>&-", env!("CARGO_BIN_EXE_symbias"));
        let status = std::process::Command::new("sh")
            .args(["-c", &script])
            .current_dir(&folder.0)
            .stdout(Stdio::null())
            .status();
        assert_eq!(status.expect("a shell").code(), Some(code), "{arguments}");
        // A pipe whose reader is gone, too.
        let script = format!(
            "{{ '{}' {arguments} -o gone; echo $? >code; }} 2>&1 >/dev/null | true",
            env!("CARGO_BIN_EXE_symbias")
        );
        let status = std::process::Command::new("sh")
            .args(["-c", &script])
            .current_dir(&folder.0)
            .status();
        assert!(status.expect("a shell").success());
        let said = String::from_utf8_lossy(&folder.bytes("code")).into_owned();
        assert_eq!(said.trim(), code.to_string(), "{arguments}");
    }
}
