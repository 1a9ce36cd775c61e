//! What the rules say of every model file: the algebra under other names, another order of axes, other intermediates, other
//! sizes, a second model beside it, or one more output that breaks a symmetry.

use super::rewrite::File;
use std::path::{Path, PathBuf};
use symbias::analyze::{Options, analyze};
use symbias::watch::Watch;
use symbias_geometry::discover::structural::factors;
use symbias_geometry::factor::sum_name;
use symbias_model::language::{Copies, SourceFile};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models")
}

/// Every model file by name.
fn models() -> Vec<(String, File)> {
    let mut found: Vec<(String, File)> = std::fs::read_dir(folder())
        .expect("the folder of models")
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let name = path.file_stem()?.to_str()?.to_owned();
            let model = path.extension().is_some_and(|e| e == "toml")
                && name != "expected"
                && name != "transformer_1b";
            model.then(|| {
                (
                    name,
                    File::parse(&std::fs::read_to_string(&path).expect("text")),
                )
            })
        })
        .collect();
    found.sort_by(|a, b| a.0.cmp(&b.0));
    assert!(found.len() >= 30, "{} model files", found.len());
    found
}

/// Parameters up to which ranks and charges are compared, too; beyond, what the rules say.
const COMPARED: u128 = 60;

/// What must not change: the algebra, and for small models everything that is generic.
#[derive(Clone, Debug, PartialEq)]
struct Found {
    dimension: u128,
    name: String,
    /// Rank of J, orbit, upper bound on the algebra, charges, conserved functions.
    numbers: Option<[u64; 5]>,
}

/// Both bounds on the algebra, by the code that `analyze` runs.
fn answer(file: &File) -> Found {
    found(file, COMPARED)
}

/// What the rules say.
fn by_rules(file: &File) -> Found {
    found(file, 0)
}

fn found(file: &File, compared: u128) -> Found {
    let text = file.text();
    let source = SourceFile::parse(&text, folder()).unwrap_or_else(|e| panic!("{e}\n{text}"));
    let model = source
        .check(Copies::All)
        .unwrap_or_else(|e| panic!("{e}\n{text}"));
    let found = factors(&model);
    let name = sum_name(found.iter().map(|f| (f.base.as_str(), f.copies)));
    let numbers = (model.parameter_count() <= compared).then(|| {
        let analysis = analyze(&source, &Options::default(), &Watch::default())
            .unwrap_or_else(|e| panic!("{e}\n{text}"));
        assert!(analysis.holds(), "{:?}\n{text}", analysis.answer.warnings);
        let answer = analysis.answer;
        assert_eq!(answer.symmetry.name, name);
        let known = |n: Option<u64>| n.expect("a number for a small model");
        [
            known(answer.rank),
            known(answer.orbit_dimension),
            answer
                .symmetry
                .bounds
                .upper
                .unwrap_or(answer.symmetry.dimension),
            answer.charges.count,
            known(answer.charges.independent),
        ]
    });
    Found {
        dimension: found.iter().map(|f| f.dimension).sum(),
        name,
        numbers,
    }
}

#[test]
fn names_do_not_matter() {
    for (name, file) in models() {
        let renamed = file.renamed(&|n| format!("q{}_{n}", n.len()));
        assert_eq!(answer(&file), answer(&renamed), "{name}");
    }
}

#[test]
fn the_order_of_axes_does_not_matter() {
    for (name, file) in models() {
        assert_eq!(
            answer(&file),
            answer(&file.reordered()),
            "{name}\n{}",
            file.reordered().text()
        );
    }
}

#[test]
fn intermediates_do_not_matter() {
    for (name, file) in models() {
        assert_eq!(
            answer(&file),
            answer(&file.through_intermediates()),
            "{name}"
        );
    }
}

#[test]
fn models_side_by_side_have_the_sum_of_their_symmetries() {
    let all = models();
    let mut both = 0;
    for ((a, left), (b, right)) in all.iter().zip(all.iter().cycle().skip(7)) {
        if left.0.contains_key("batch") || right.0.contains_key("batch") {
            continue;
        }
        let together = answer(&left.beside(right));
        let (l, r) = (answer(left), answer(right));
        assert_eq!(
            together.dimension,
            l.dimension + r.dimension,
            "{a} beside {b}"
        );
        if let (Some(t), Some(l), Some(r)) = (together.numbers, l.numbers, r.numbers) {
            let sum: Vec<u64> = l.iter().zip(&r).map(|(x, y)| x + y).collect();
            assert_eq!(t.to_vec(), sum, "{a} beside {b}");
            both += 1;
        }
    }
    assert!(both >= 10, "{both} pairs were small enough for ranks");
}

/// The algebra at other sizes, by hand from the model's formula.
#[test]
fn sizes_enter_as_they_should() {
    /// Model, sizes that change, name of the algebra.
    type Case<'a> = (&'a str, &'a [(&'a str, i64)], &'a str);
    let cases: [Case<'_>; 14] = [
        ("shallow_relu", &[("h", 5), ("d", 7)], "R^5"),
        ("hadamard", &[("i", 3)], "R^3"),
        ("hadamard_depth4", &[("i", 2)], "R^6"),
        ("factorization", &[("k", 4)], "gl(4)"),
        ("gram", &[("r", 4)], "so(4)"),
        ("gram", &[("r", 2)], "so(2)"),
        ("deep_linear", &[("p", 2), ("q", 4)], "gl(2) + gl(4)"),
        ("attention", &[("a", 3), ("e", 2)], "gl(2) + gl(3)"),
        ("attention_rope", &[("a", 6)], "gl(2) + so(2)^3 + R^3"),
        ("quadratic_activation", &[("h", 5)], "so(5)"),
        ("lora", &[("r", 1)], "R"),
        ("cp", &[("r", 3)], "R^6"),
        ("swiglu", &[("f", 4)], "R^4"),
        ("phase_retrieval", &[("n", 5)], "so(2)"),
    ];
    let all = models();
    for (name, sizes, expected) in cases {
        let (_, file) = all.iter().find(|(n, _)| n == name).expect("a model file");
        let found = answer(&file.resized(sizes)).name;
        assert_eq!(found, expected, "{name} at {sizes:?}");
    }
}

/// A generic linear function of a parameter among the outputs leaves exactly what does not move
/// that parameter.
#[test]
fn a_generic_output_breaks_what_moves_its_parameter() {
    for (name, file) in models() {
        if file.0.contains_key("batch") || !file.blocks().is_empty() {
            continue;
        }
        let before = by_rules(&file);
        for parameter in file.parameters().keys() {
            let Some(probed) = file.with_probe_of(parameter) else {
                continue;
            };
            let after = by_rules(&probed);
            assert!(
                after.dimension < before.dimension
                    || before.dimension == 0
                    || !moved(&file, parameter),
                "{name}: {parameter}"
            );
        }
    }
}

/// Whether some factor acts on the parameter.
fn moved(file: &File, parameter: &str) -> bool {
    let model = SourceFile::parse(&file.text(), folder())
        .and_then(|s| s.check(Copies::All))
        .expect("a model");
    factors(&model)
        .iter()
        .any(|f| f.tensors.iter().any(|t| t.tensor == parameter))
}
