//! Rank of J and soundness of the generators, on every model file that can be written out.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use symbias_geometry::discover::certificate::certify;
use symbias_geometry::discover::structural::factors;
use symbias_geometry::effort::Effort;
use symbias_geometry::probe::Probes;
use symbias_geometry::rank::generic_rank;
use symbias_geometry::symmetry::{Complete, establish};
use symbias_model::Model;
use symbias_model::language::{Copies, SourceFile};

#[derive(serde::Deserialize)]
struct Expected {
    parameters: u64,
    rank: Option<u64>,
    dimension: u64,
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(name)
}

fn each(mut visit: impl FnMut(&str, &Model, &Expected)) {
    for folder in [folder("models"), folder("examples/models")] {
        let text = std::fs::read_to_string(folder.join("expected.toml")).expect("expected results");
        let all: BTreeMap<String, Expected> = toml::from_str(&text).expect("a table per model");
        for (name, expected) in all.iter().filter(|(_, e)| e.parameters <= 1000) {
            let path = folder.join(name).with_extension("toml");
            let model = SourceFile::read(&path)
                .and_then(|s| s.check(Copies::All))
                .expect("a model");
            visit(name, &model, expected);
        }
    }
}

#[test]
fn ranks_of_the_catalogue() {
    each(|name, model, expected| {
        let files = symbias_model::data::constants(model).expect("files");
        let probes = Probes::new(model, &files, None, 1).expect("a program");
        let start = std::time::Instant::now();
        let found = generic_rank(&probes, probes.parameters(), Effort::default())
            .expect("a rank")
            .expect("affordable");
        println!(
            "{name}: {} {:?} {} probes {:?}",
            found.decision,
            probes.arithmetic(),
            found.probes,
            start.elapsed()
        );
        if let Some(rank) = expected.rank {
            assert_eq!(
                found.decision.rank as u64, rank,
                "{name}: {}",
                found.decision
            );
        }
    });
}

#[test]
fn generators_leave_the_outputs_alone() {
    each(|name, model, _| {
        let files = symbias_model::data::constants(model).expect("files");
        let probes = Probes::new(model, &files, None, 2).expect("a program");
        for point in 0..2 {
            let theta = probes.point(point);
            let rows = probes.rows(&theta, point).expect("rows");
            for factor in factors(model) {
                let fields = factor.generators(model);
                assert_eq!(
                    fields.len() as u128,
                    factor.dimension,
                    "{name}: {}",
                    factor.name()
                );
                for field in fields {
                    let moved = field.at(&theta);
                    let size = moved.iter().map(|x| x * x).sum::<f64>().sqrt();
                    assert!(size > 1e-6, "{name}: {} moves nothing", factor.name());
                    for row in &rows {
                        let dot: f64 = row.iter().zip(&moved).map(|(a, b)| a * b).sum();
                        let norm = row.iter().map(|x| x * x).sum::<f64>().sqrt();
                        assert!(
                            dot.abs() <= 1e-10 * size * norm.max(1e-3),
                            "{name}: {} {:?} changes F by {dot}",
                            factor.name(),
                            factor.tensors
                        );
                    }
                }
            }
        }
    });
}

/// The search knows no rule: given none, it must find what was derived by hand, where it says that it has
/// searched all affine fields; and with the rules it must not contradict them.
#[test]
fn the_null_space_agrees_with_the_rules() {
    let mut searched = 0;
    each(|name, model, expected| {
        let files = symbias_model::data::constants(model).expect("files");
        let probes = Probes::new(model, &files, None, 3).expect("a program");
        let effort = Effort::default();
        let rank = generic_rank(&probes, probes.parameters(), effort)
            .expect("a rank")
            .expect("affordable");
        let alone = establish(&probes, &[], &rank, effort).expect("a search");
        if alone.complete == Complete::All {
            searched += 1;
            assert_eq!(alone.dimension as u64, expected.dimension, "{name}");
        }
        let families: Vec<_> = factors(model).iter().map(|f| f.generators(model)).collect();
        let both = establish(&probes, &families, &rank, effort).expect("a search");
        assert_eq!(both.contradiction(), None, "{name}");
        assert_eq!(both.dimension as u64, expected.dimension, "{name}");
    });
    assert!(searched >= 20, "{searched} models were searched whole");
}

#[test]
fn finite_elements_leave_the_outputs_alone_and_a_wrong_field_does_not() {
    each(|name, model, expected| {
        let files = symbias_model::data::constants(model).expect("files");
        let probes = Probes::new(model, &files, None, 4).expect("a program");
        let families: Vec<_> = factors(model).iter().map(|f| f.generators(model)).collect();
        let start = std::time::Instant::now();
        let Some(found) = certify(&probes, &families, 6).expect("values") else {
            assert_eq!(expected.dimension, 0, "{name}");
            return;
        };
        println!("{name}: {found:?} {:?}", start.elapsed());
        assert!(found.holds(), "{name}: {found:?}");
        // The twin: one entry of one generator is wrong.
        let mut wrong = families.clone();
        let field = &mut wrong[0][0];
        match field.linear.first_mut() {
            Some(entry) => entry.2 *= 1.01,
            None => field.constant[0].1 *= 1.01,
        }
        let refuted = certify(&probes, &wrong, 6)
            .expect("values")
            .expect("fields");
        assert!(
            !refuted.holds(),
            "{name}: the wrong field passes, {refuted:?}"
        );
    });
}

/// A loss need not exist where the outputs do: log w of a negative weight, or modulo a prime.
#[test]
fn the_loss_does_not_decide_the_rank() {
    let model = |expr: &str| {
        let text = format!(
            "symbias = 1\noutputs = [\"w\"]\naxes = {{}}\nprogram = \"w = u * v\"\nparameters = {{ u = [], v = [] }}\n\
             loss = {{ kind = \"expression\", expr = \"{expr}\" }}\n"
        );
        let source = SourceFile::parse(&text, None).and_then(|s| s.check(Copies::All));
        source.expect("a model")
    };
    for expr in ["w^2", "log(w)^2", "sqrt(w)"] {
        let model = model(expr);
        let probes = Probes::new(&model, &BTreeMap::new(), None, 1).expect("a program");
        let found = generic_rank(&probes, 2, Effort::default())
            .expect("a rank")
            .expect("affordable");
        assert_eq!(found.decision.rank, 1, "{expr}: {}", found.decision);
        assert!(found.decision.exact, "{expr}: {}", found.decision);
    }
}

/// Pairs of tokens are met in all values: a mean of two embeddings is one function in both orders, and no point has a larger
/// rank than there are such functions. The twin weighs the two, so that each pair is a function of its own.
#[test]
fn outputs_that_are_one_function_bound_the_rank() {
    let count = |sum: &str| {
        let text = format!(
            "symbias = 1\noutputs = [\"y\"]\naxes = {{ v = 3, c = 2, n = 2 }}\n\
             program = \"y[c] = relu(exp(E[token[0],c]) + {sum}*exp(E[token[1],c]) + b[c])\"\n\
             parameters = {{ E = [\"v\",\"c\"], b = [\"c\"] }}\ninputs = {{ token = {{ axes = [\"n\"], index = \"v\" }} }}\n"
        );
        let source = SourceFile::parse(&text, None).and_then(|s| s.check(Copies::All));
        let model = source.unwrap_or_else(|e| panic!("{e}"));
        let probes = Probes::new(&model, &BTreeMap::new(), None, 1).expect("a program");
        assert_eq!(probes.count(), Some(9));
        let mut seen: Vec<_> = (0..9).map(|n| format!("{:?}", probes.inputs(n))).collect();
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 9);
        let found = generic_rank(&probes, probes.parameters(), Effort::default())
            .expect("a rank")
            .expect("affordable");
        (probes.functions().expect("forms"), found.decision.rank)
    };
    // Of each c, three exp E and b, of which b takes up a common shift: 3 dimensions, and a form for each pair.
    assert_eq!(count("1"), (Some(12), 6));
    assert_eq!(count("2"), (Some(18), 6));
}
