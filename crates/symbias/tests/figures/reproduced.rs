//! `reproduce` on a tiny set: records, figures and summary; interrupted and resumed with identical bits.

use super::common::{EXPERIMENT, Folder, MODEL, TRUTH};
use std::path::Path;
use symbias::experiment::reproduce::{PUBLISHED, Set, Wish, reproduce};
use symbias::experiment::run::Board;
use symbias::experiment::spec::parse;

fn set() -> Set {
    let figures = "[[figures]]\nname = \"u\"\n[[figures.panels]]\ny = { label = \"u\" }\n\
                   series = [{ arm = \"a\", of = \"u\" }]\n";
    let text = format!("{EXPERIMENT}{figures}");
    let second = text.replace("name = \"tiny\"", "name = \"second\"");
    let leaked = |text: String| -> &'static [u8] { Box::leak(text.into_boxed_str()).as_bytes() };
    Set {
        experiments: &["tiny", "second"],
        files: Box::leak(Box::new([
            ("tiny.toml", leaked(text)),
            ("second.toml", leaked(second)),
            ("tiny.model.toml", MODEL.as_bytes()),
            ("truth.csv", TRUTH.as_bytes()),
        ])),
        seeds: Some(64),
    }
}

fn wish(out: &Path) -> Wish {
    Wish {
        out: out.to_owned(),
        quick: true,
        threads: Some(1),
        ..Wish::default()
    }
}

fn bytes(folder: &Path, name: &str) -> Vec<u8> {
    std::fs::read(folder.join(name)).expect(name)
}

#[test]
fn one_folder_holds_everything() {
    let folder = Folder::new("reproduced");
    let (set, out) = (set(), folder.0.join("out"));
    let mut said = Vec::new();
    let found = reproduce(&set, &wish(&out), &Board::default(), &mut |c| {
        said.push(c.record.experiment.name.clone());
    })
    .expect("all of it");
    assert!(!found.interrupted);
    assert_eq!(said, ["tiny", "second"]);
    for file in [
        "experiments/tiny.toml",
        "tiny/record.json",
        "tiny/figures/u.svg",
        "second/figures/u.png",
        "summary.json",
    ] {
        assert!(out.join(file).is_file(), "{file}");
    }
    let text = String::from_utf8(bytes(&out, "summary.md")).expect("text");
    for row in [
        "least u | 50 | -1.000",
        "largest u | 50 | 1.000",
        "size | 300 | 0.5000",
    ] {
        assert!(text.contains(row), "{row}: {text}");
    }
    assert!(
        text.contains("`a` at step 77") && text.contains("of nobody"),
        "{text}"
    );
    assert_eq!(found.summary.rows.len(), 6);
    // The numbers of the summary are those of the record.
    let (record, measured) =
        symbias::experiment::record::read(&out.join("tiny")).expect("a record");
    let u = measured[0].series("u").expect("u");
    let least = u
        .at(0, u.look_at(50))
        .iter()
        .copied()
        .fold(f64::INFINITY, f64::min);
    assert_eq!(
        found.summary.rows[0].measured.map(|s| s.median),
        Some(least)
    );
    assert_eq!(record.experiment.name, "tiny");
}

#[test]
fn what_was_interrupted_goes_on_and_what_is_finished_stays() {
    let folder = Folder::new("resumed");
    let (set, whole, parts) = (set(), folder.0.join("whole"), folder.0.join("parts"));
    let run = |out: &Path, resume: bool, board: &Board| {
        let wish = Wish {
            resume,
            ..wish(out)
        };
        reproduce(&set, &wish, board, &mut |c| {
            // A person stops it after the first experiment.
            if c.record.experiment.name == "tiny" && out.ends_with("parts") && !resume {
                board.stop();
            }
        })
    };
    run(&whole, false, &Board::default()).expect("all of it");
    let found = run(&parts, false, &Board::default()).expect("a part");
    assert!(found.interrupted && !parts.join("summary.md").exists());
    let error = run(&parts, false, &Board::default()).expect_err("it exists");
    assert!(format!("{error:#}").contains("--resume"), "{error:#}");
    let finished = std::fs::metadata(parts.join("tiny/record.json")).and_then(|m| m.modified());
    let found = run(&parts, true, &Board::default()).expect("the rest");
    assert!(!found.interrupted);
    let later = std::fs::metadata(parts.join("tiny/record.json")).and_then(|m| m.modified());
    assert_eq!(finished.expect("a time"), later.expect("a time"));
    for file in [
        "tiny/samples.safetensors",
        "second/samples.safetensors",
        "summary.json",
        "summary.md",
    ] {
        assert_eq!(bytes(&whole, file), bytes(&parts, file), "{file}");
    }
}

#[test]
fn the_published_set_is_what_the_repository_holds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../experiments");
    let mut held = 0;
    for below in [folder.clone(), folder.join("data")] {
        for entry in std::fs::read_dir(below).expect("a folder").flatten() {
            held += usize::from(entry.path().is_file());
        }
    }
    assert_eq!(
        PUBLISHED.files.len(),
        held,
        "a file of experiments/ is missing in the program"
    );
    for (path, bytes) in PUBLISHED.files {
        assert_eq!(std::fs::read(folder.join(path)).expect(path), *bytes);
    }
    for name in PUBLISHED.experiments {
        let file = PUBLISHED
            .files
            .iter()
            .find(|f| f.0 == format!("{name}.toml"));
        let text = std::str::from_utf8(file.expect(name).1).expect("text");
        let spec = parse(text).expect(name);
        assert_eq!(spec.name, *name);
        assert!(
            !spec.figures.is_empty() && !spec.published.is_empty(),
            "{name}"
        );
    }
    let unknown = Wish {
        only: vec!["relo".into()],
        ..Wish::default()
    };
    let error = reproduce(&PUBLISHED, &unknown, &Board::default(), &mut |_| {}).expect_err("none");
    assert!(
        format!("{error:#}").contains("spectrum, completion"),
        "{error:#}"
    );
}
