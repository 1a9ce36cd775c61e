//! `symbias explain` as a person and as a program meet it.

use std::process::{Command, Output};

fn explain(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_symbias"))
        .arg("explain")
        .args(arguments)
        .output()
        .expect("the command runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn a_topic_prints_its_paragraph_source_and_chapter() {
    let output = explain(&["noise_horizontal"]);
    assert_eq!(output.status.code(), Some(0));
    let shown = text(&output.stdout);
    assert!(shown.starts_with("noise-horizontal (law, hypothesis): "));
    for part in [
        "source        theory §5.3; [M26]",
        "[M26] Menon, Stromme, Vacher",
        "chapter       Stationary laws, docs/laws.md",
    ] {
        assert!(shown.contains(part), "{part}\n{shown}");
    }
}

#[test]
fn without_a_topic_all_are_listed() {
    let shown = text(&explain(&[]).stdout);
    for heading in ["laws\n", "symmetries\n", "objects\n", "hypotheses\n"] {
        assert!(shown.contains(heading), "{heading}");
    }
    assert!(shown.contains("  balanced-gauge "));
}

#[test]
fn an_unknown_topic_exits_with_two_and_suggests() {
    let output = explain(&["sclaing"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    let message = text(&output.stderr);
    assert!(message.contains("did you mean `scaling`?"), "{message}");
}

#[test]
fn the_records_are_json() {
    let one: serde_json::Value =
        serde_json::from_slice(&explain(&["reductive", "--json"]).stdout).expect("JSON");
    assert_eq!(one["schema"], 1);
    assert_eq!(one["topic"], "reductive");
    assert_eq!(one["kinds"], serde_json::json!(["symmetry", "hypothesis"]));
    for field in ["title", "text", "source", "chapter", "file"] {
        assert!(
            one[field].as_str().is_some_and(|s| !s.is_empty()),
            "{field}"
        );
    }
    let all: serde_json::Value =
        serde_json::from_slice(&explain(&["--json"]).stdout).expect("JSON");
    assert!(all["topics"].as_array().is_some_and(|t| t.len() > 40));
}
