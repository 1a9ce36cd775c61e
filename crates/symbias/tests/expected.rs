//! The answer of `analyze` for every model file against results derived by hand and checked by
//! an oracle that shares no code with it (models/oracle).

use std::collections::BTreeMap;
use std::path::Path;
use symbias::analyze::{Options, analyze};
use symbias::watch::Watch;
use symbias_model::language::SourceFile;

#[derive(serde::Deserialize)]
struct Expected {
    parameters: u64,
    rank: Option<u64>,
    redundancy: Option<u64>,
    orbit_dimension: Option<u64>,
    unexplained: Option<u64>,
    dimension: u64,
    name: String,
    compact: bool,
    charges: u64,
    independent: Option<u64>,
    conserved: Option<u64>,
}

#[test]
fn every_model_file_gives_what_was_derived() {
    for folder in ["models", "examples/models"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../..")
            .join(folder);
        let text = std::fs::read_to_string(folder.join("expected.toml")).expect("expected results");
        let all: BTreeMap<String, Expected> = toml::from_str(&text).expect("a table per model");
        for (name, expected) in &all {
            let source =
                SourceFile::read(&folder.join(name).with_extension("toml")).expect("a model");
            let analysis =
                analyze(&source, &Options::default(), &Watch::default()).expect("an answer");
            let answer = &analysis.answer;
            assert!(analysis.holds(), "{name}: {:?}", answer.warnings);
            assert_eq!(answer.parameters, expected.parameters, "{name}");
            let known = |found: Option<u64>, expected: Option<u64>, what: &str| {
                if let (Some(found), Some(expected)) = (found, expected) {
                    assert_eq!(found, expected, "{name}: {what}");
                }
            };
            known(answer.rank, expected.rank, "rank");
            known(answer.redundancy, expected.redundancy, "redundancy");
            known(answer.orbit_dimension, expected.orbit_dimension, "orbit");
            known(answer.unexplained, expected.unexplained, "unexplained");
            assert_eq!(answer.symmetry.dimension, expected.dimension, "{name}");
            assert_eq!(answer.symmetry.name, expected.name, "{name}");
            assert_eq!(answer.symmetry.compact, expected.compact, "{name}");
            assert_eq!(answer.charges.count, expected.charges, "{name}: charges");
            let gradients = answer
                .ranks
                .iter()
                .find(|r| r.what.starts_with("gradients of the charges"));
            known(
                gradients.map(|r| r.rank),
                expected.independent,
                "rank of the charges' gradients",
            );
            known(
                answer.charges.independent,
                expected.conserved,
                "conserved functions",
            );
            if expected.parameters < 2000 {
                // All fields were searched, or the orbits explain the redundancy; otherwise it is said to be open.
                let searched = answer.symmetry.bounds.exact;
                let explained = answer.unexplained == Some(0);
                let complete = answer.symmetry.complete.name();
                assert_eq!(complete != "open", searched || explained, "{name}");
                assert_eq!(
                    answer.charges.values.len() as u64,
                    expected.charges,
                    "{name}: values"
                );
            }
        }
    }
}
