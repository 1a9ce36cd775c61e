//! Many replicas of which few keep their values: shards, interruptions and SIGTERM.
#![cfg(unix)]

use crate::common::{EXPERIMENT, Folder, refused};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// A folder whose experiment keeps the values of three replicas.
fn many(name: &str, values: u64) -> Folder {
    let folder = Folder::new(name);
    let text = EXPERIMENT
        .replace(
            "replicas = 20\n[run]\n",
            &format!("replicas = 600\n[run]\nvalues = {values}\n"),
        )
        .replace("steps = 12000", "steps = 1200");
    std::fs::write(folder.0.join("net.toml"), text).expect("a file");
    folder
}

fn run<'a>(out: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["run", "net.toml", "-o", out], more].concat()
}

fn same(folder: &Folder, out: &str) {
    let bytes = |of: &str, file: &str| folder.bytes(&format!("{of}/{file}"));
    for file in ["samples.safetensors", "figures/ratio.svg"] {
        assert!(
            bytes(out, file) == bytes("whole", file),
            "{out} has another {file}"
        );
    }
    assert_eq!(folder.record(out), folder.record("whole"));
}

#[test]
fn shards_of_a_summary_join_to_the_bits_of_the_whole() {
    let folder = many("summary", 3);
    let said = folder.fine(&run("whole", &["--threads", "1"]));
    assert!(said.contains("600 (values of 3) replicas"), "{said}");
    assert_eq!(folder.record("whole")["arms"]["main"]["summary"][1], 600);
    for (k, shard) in ["0/3", "1/3", "2/3"].into_iter().enumerate() {
        folder.fine(&run(&format!("part{k}"), &["--shard", shard]));
    }
    folder.fine(&[
        "join", "net.toml", "part2", "part0", "part1", "-o", "joined",
    ]);
    same(&folder, "joined");
    refused(
        &folder.symbias(&["join", "net.toml", "part2", "part0", "-o", "less"]),
        &["missing"],
    );
    // What is finished is read again, summary and all.
    assert!(
        folder
            .fine(&run("whole", &["--resume"]))
            .contains("600 (values of 3)")
    );
    // The values are those of a run of so many replicas.
    folder.fine(&run("few", &["--replicas", "3"]));
    let few = folder.record("few");
    assert_eq!(few["verdicts"], folder.record("whole")["verdicts"]);
}

#[test]
fn no_values_are_refused() {
    refused(
        &many("none", 0).symbias(&run("out", &[])),
        &["values = 0", "at least one"],
    );
}

#[test]
fn sigterm_is_answered_and_resumed_from() {
    let folder = many("term", 3);
    folder.fine(&run("whole", &[]));
    let mut stopped = 0;
    for round in 0..6 {
        let out = format!("out{round}");
        let more = ["--replicas", "600", "--checkpoint", "0"];
        let mut child = folder
            .command(&run(&out, &more))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the command runs");
        std::thread::sleep(Duration::from_millis(40 * round));
        let begun = Instant::now();
        let pid = child.id().to_string();
        Command::new("kill")
            .args(["-TERM", &pid])
            .status()
            .expect("kill");
        let status = child.wait().expect("it ends");
        assert!(
            begun.elapsed() < Duration::from_secs(2),
            "{:?}",
            begun.elapsed()
        );
        stopped += usize::from(!status.success());
        if folder.0.join(&out).exists() {
            folder.fine(&run(&out, &["--resume"]));
        } else {
            folder.fine(&run(&out, &[]));
        }
        same(&folder, &out);
    }
    assert!(stopped > 0, "every run had come to its end");
}
