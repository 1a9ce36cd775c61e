//! What the rules find on every model file, against the hand-derived counts beside the files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use symbias_geometry::discover::structural::factors;
use symbias_geometry::factor::sum_name;
use symbias_model::language::{Copies, SourceFile};

/// The part of `expected.toml` that the rules decide.
#[derive(serde::Deserialize)]
struct Expected {
    parameters: u64,
    dimension: u64,
    name: String,
    compact: bool,
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(name)
}

fn compare(folder: &Path) {
    let text = std::fs::read_to_string(folder.join("expected.toml")).expect("expected results");
    let expected: BTreeMap<String, Expected> = toml::from_str(&text).expect("a table per model");
    let mut wrong = Vec::new();
    for (name, expected) in &expected {
        let source = SourceFile::read(&folder.join(name).with_extension("toml")).expect("a file");
        let model = source.check(Copies::AtMost(4)).expect("a model");
        if !model.is_complete() {
            continue;
        }
        assert_eq!(
            model.parameter_count(),
            u128::from(expected.parameters),
            "{name}"
        );
        let found = factors(&model);
        let dimension: u128 = found.iter().map(|f| f.dimension).sum();
        let compact = !found.is_empty() && found.iter().all(|f| f.is_compact());
        let text = sum_name(found.iter().map(|f| (f.base.as_str(), f.copies)));
        if (dimension, &text, compact)
            != (
                u128::from(expected.dimension),
                &expected.name,
                expected.compact,
            )
        {
            wrong.push(format!(
                "{name}: found {dimension} {text} compact {compact}, expected {} {} compact {}\n{found:#?}",
                expected.dimension, expected.name, expected.compact
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_catalogue() {
    compare(&folder("models"));
}

#[test]
fn the_examples() {
    compare(&folder("examples/models"));
}
