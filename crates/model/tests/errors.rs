//! What a program reads of an error: its code, place, remedy, notes and cause.

use std::collections::BTreeSet;
use std::error::Error as _;
use symbias_model::ErrorKind;
use symbias_model::data::{File, Folder, read_array};
use symbias_model::language::{Copies, SourceFile};

#[test]
fn codes_are_stable_and_distinct() {
    let codes: BTreeSet<&str> = ErrorKind::ALL.iter().map(|k| k.code()).collect();
    assert_eq!(codes.len(), ErrorKind::ALL.len());
    assert_eq!(ErrorKind::Shape.code(), "shape");
}

#[test]
fn a_mistake_in_a_text_has_its_place() {
    let text = "symbias = 1\noutputs = [\"y\"]\naxes = { n = 2 }\nprogram = \"y = w[n] * sinn(x[n])\"\n\
                parameters = { w = [\"n\"] }\ninputs = { x = [\"n\"] }\n";
    let error = SourceFile::parse(text, None)
        .and_then(|s| s.check(Copies::All))
        .expect_err("no such function");
    let place = error.place().expect("a place");
    let line = text.lines().position(|l| l.contains("sinn")).unwrap() + 1;
    let column = text.lines().nth(line - 1).unwrap().find("sinn").unwrap() + 1;
    assert_eq!((place.path, place.line, place.column), (None, line, column));
    assert!(
        error.help().is_some_and(|h| h.contains("did you mean")),
        "{error}"
    );
    assert_eq!(format!("{error:?}"), format!("{error}"));
    assert!(error.source().is_none());
}

#[test]
fn the_cause_is_kept() {
    let folder = tempfile_path("no such folder");
    let error = read_array(folder.as_path(), None).expect_err("no file");
    let cause = error
        .source()
        .and_then(|s| s.downcast_ref::<std::io::Error>());
    assert_eq!(
        cause.map(std::io::Error::kind),
        Some(std::io::ErrorKind::NotFound)
    );
}

fn tempfile_path(name: &str) -> std::path::PathBuf {
    std::env::temp_dir().join(format!("symbias-{name}-{}", std::process::id()))
}

/// No name leads out of a folder, on the disk or in memory; names with `.` and without are the same.
#[test]
fn no_name_leads_out_of_a_folder() {
    let memory = Folder::memory([("a/x.csv", "1\n2\n")]).expect("a folder");
    let disk = Folder::from(std::path::Path::new("/tmp"));
    for folder in [&memory, &disk] {
        for name in ["../x", "/etc/passwd", "a/../../x", "", "a\\b", "a\0b"] {
            let error = folder.file(name).expect_err(name).to_string();
            assert!(error.contains("outside the folder"), "{error}");
        }
    }
    assert!(Folder::memory([("../x", "1")]).is_err());
    let entries = |name: &str| {
        read_array(memory.file(name).unwrap(), None)
            .unwrap()
            .entries
    };
    assert_eq!(entries("a/x.csv"), entries("./a/./x.csv"));
    // Whether a file is there shows when it is read, as on the disk.
    let missing = read_array(memory.file("a/y.csv").unwrap(), None).expect_err("no such file");
    let missing = missing.to_string();
    assert!(missing.contains("a/x.csv"), "{missing}");
    let below = memory.beside("a/model.toml").expect("a folder");
    assert_eq!(
        read_array(below.file("x.csv").unwrap(), None)
            .unwrap()
            .entries,
        [1.0, 2.0]
    );
}

/// What is read is the same from the disk and from memory, mistakes too.
#[test]
fn files_in_memory_are_those_of_the_disk() {
    let path = tempfile_path("same.csv");
    for text in ["a,b\n1,2\n3,4\n", "1,2\n3\n", "x\nnan\n"] {
        std::fs::write(&path, text).unwrap();
        let shown = path.display().to_string();
        let own = File::of(shown, text);
        let (disk, memory) = (read_array(&path, None), read_array(&own, None));
        assert_eq!(
            disk.map_err(|e| e.to_string()),
            memory.map_err(|e| e.to_string())
        );
    }
    std::fs::remove_file(path).unwrap();
}
