//! Charges: formulas against generators, exact drift of steps, and counts of conserved functions
//! against closed forms (theory §2).

use std::path::{Path, PathBuf};
use symbias_geometry::charge::conserved::conserved;
use symbias_geometry::charge::{charges, moment};
use symbias_geometry::discover::structural::factors;
use symbias_geometry::effort::Effort;
use symbias_geometry::field::AffineField;
use symbias_geometry::orbit::gram::gram;
use symbias_geometry::probe::Probes;
use symbias_geometry::rank::generic_rank;
use symbias_model::Model;
use symbias_model::data;
use symbias_model::language::{Copies, SourceFile};
use symbias_numerics::random::Stream;

fn models() -> Vec<(String, Model)> {
    let mut found = Vec::new();
    for folder in ["models", "examples/models"] {
        let folder: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../..")
            .join(folder);
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path
                .file_stem()
                .expect("a name")
                .to_string_lossy()
                .into_owned();
            let is_model = path.extension().is_some_and(|e| e == "toml") && name != "expected";
            if is_model && name != "transformer_1b" {
                let model = SourceFile::read(&path)
                    .and_then(|s| s.check(Copies::All))
                    .expect("a model");
                found.push((name, model));
            }
        }
    }
    found
}

fn probes<'a>(model: &'a Model, seed: u64) -> Probes<'a> {
    let files = data::constants(model).expect("constants");
    Probes::new(model, &files, None, seed).expect("probes")
}

/// The gradient of each value of a formula, by central differences: exact for quadratic functions.
fn gradients(values: &dyn Fn(&[f64]) -> Vec<f64>, theta: &[f64]) -> Vec<AffineField> {
    let count = values(theta).len();
    let mut fields = vec![AffineField::default(); count];
    let mut at = theta.to_vec();
    for i in 0..theta.len() {
        at[i] = theta[i] + 0.5;
        let plus = values(&at);
        at[i] = theta[i] - 0.5;
        let minus = values(&at);
        at[i] = theta[i];
        for (field, (p, m)) in fields.iter_mut().zip(plus.iter().zip(&minus)) {
            if p != m {
                field.constant.push((i, p - m));
            }
        }
    }
    fields
}

#[test]
fn formulas_span_the_symmetric_generators() {
    for (name, model) in models() {
        if model.parameter_count() > 250 {
            continue;
        }
        let theta = probes(&model, 3).point(1);
        for factor in factors(&model) {
            let symmetric =
                moment::symmetric_part(&factor.generators(&model), theta.len()).expect("a basis");
            let formulas = charges(&model, std::slice::from_ref(&factor));
            let count: u128 = formulas.iter().map(|c| c.count).sum();
            assert_eq!(count, symmetric.len() as u128, "{name}: {}", factor.name());
            let Some(charge) = formulas.first() else {
                continue;
            };
            assert_eq!(
                charge.values(&model, &theta).len() as u128,
                count,
                "{name}: {}",
                factor.name()
            );
            // The gradients of the formula's values and the generators span the same at θ.
            let moved: Vec<AffineField> = symmetric
                .iter()
                .map(|f| AffineField {
                    linear: vec![],
                    constant: f.at(&theta).into_iter().enumerate().collect(),
                })
                .collect();
            let slopes = gradients(&|t| charge.values(&model, t), &theta);
            let rank = |f: &[AffineField]| gram(f, &theta).expect("a rank").decision.rank;
            let both = [moved.clone(), slopes.clone()].concat();
            assert_eq!(
                rank(&slopes),
                rank(&moved),
                "{name}: {}",
                charge.text(&model)
            );
            assert_eq!(rank(&both), rank(&moved), "{name}: {}", charge.text(&model));
        }
    }
}

#[test]
fn a_step_of_gradient_descent_moves_a_charge_by_its_quadratic_form() {
    for (name, model) in models() {
        if model.loss.is_none() || model.parameter_count() > 250 {
            continue;
        }
        let probes = probes(&model, 4);
        let theta = probes.point(0);
        let (program, x) = probes.program(0).expect("a program");
        let gradient = program.loss_gradient(&theta, &x).expect("a gradient");
        let (rate, decay) = (0.05, 0.3);
        let after = |decay: f64| -> Vec<f64> {
            theta
                .iter()
                .zip(&gradient)
                .map(|(t, g)| (1.0 - rate * decay) * t - rate * g)
                .collect()
        };
        for factor in factors(&model) {
            for field in
                moment::symmetric_part(&factor.generators(&model), theta.len()).expect("a basis")
            {
                let (before, moved) = (
                    moment::value(&field, &theta),
                    moment::value(&field, &after(0.0)),
                );
                let drift = moment::step_drift(&field, &gradient, rate);
                let size = 1.0 + before.abs() + drift.abs();
                assert!(
                    (moved - before - drift).abs() <= 1e-10 * size,
                    "{name}: {moved} - {before}, expected {drift}"
                );
                let decayed = moment::after_decayed_step(&field, &theta, &gradient, rate, decay);
                let found = moment::value(&field, &after(decay));
                assert!(
                    (decayed - found).abs() <= 1e-10 * size,
                    "{name}: {found}, expected {decayed}"
                );
                // The twin: half of the drift is refuted wherever there is any.
                if drift.abs() > 1e-6 * size {
                    assert!(
                        (moved - before - drift / 2.0).abs() > 1e-10 * size,
                        "{name}"
                    );
                }
            }
        }
    }
}

#[test]
fn the_expected_step_of_sgd_has_the_covariance_in_it() {
    // One unit u v, gradients of four minibatches: (η²/2)(ḡᵀAḡ + tr AΣ), A = diag(1, −1).
    let field = AffineField {
        linear: vec![(0, 0, 1.0), (1, 1, -1.0)],
        constant: vec![],
    };
    let batches: Vec<Vec<f64>> = vec![
        vec![1.0, 2.0],
        vec![-3.0, 0.5],
        vec![0.25, 0.0],
        vec![2.0, 2.0],
    ];
    let mean: Vec<f64> = (0..2)
        .map(|i| batches.iter().map(|b| b[i]).sum::<f64>() / 4.0)
        .collect();
    let variance = |i: usize| {
        batches
            .iter()
            .map(|b| (b[i] - mean[i]).powi(2))
            .sum::<f64>()
            / 4.0
    };
    let rate = 0.1;
    let expected =
        rate * rate / 2.0 * (mean[0].powi(2) - mean[1].powi(2) + variance(0) - variance(1));
    let found = moment::expected_step_drift(&field, &batches, rate);
    assert!(
        (found - expected).abs() < 1e-15,
        "{found}, expected {expected}"
    );
    let without_noise = rate * rate / 2.0 * moment::quadratic_form(&field, &mean);
    assert!(
        (found - without_noise).abs() > 1e-3,
        "the covariance matters"
    );
}

fn count(text: &str) -> (usize, bool) {
    let model = SourceFile::parse(text, None)
        .and_then(|s| s.check(Copies::All))
        .expect("a model");
    let probes = probes(&model, 5);
    let rank = generic_rank(&probes, probes.parameters(), Effort::default())
        .expect("a rank")
        .expect("affordable");
    // Zero known charges: the brackets alone must find the count.
    let found = conserved(&probes, &rank, 0)
        .expect("a count")
        .expect("a small model");
    (found.count, found.exhausted)
}

fn linear_network(widths: &[usize]) -> String {
    let letters = ["a", "b", "c", "e", "f", "g"];
    let axes: Vec<String> = widths
        .iter()
        .zip(letters)
        .map(|(n, l)| format!("{l} = {n}"))
        .collect();
    let layers: Vec<String> = (1..widths.len())
        .map(|k| format!("W{k}[{},{}]", letters[k], letters[k - 1]))
        .collect();
    let parameters: Vec<String> = (1..widths.len())
        .map(|k| format!("W{k} = [\"{}\",\"{}\"]", letters[k], letters[k - 1]))
        .collect();
    format!(
        "symbias = 1\noutputs = [\"M\"]\naxes = {{ {} }}\nprogram = \"M[{},a] = {}\"\nparameters = {{ {} }}\n",
        axes.join(", "),
        letters[widths.len() - 1],
        layers.join(" * "),
        parameters.join(", ")
    )
}

#[test]
fn two_factors_have_the_count_of_the_theorem() {
    // W = UVᵀ, U n×r, V m×r: kr − k(k−1)/2 functions, k = min(r, n+m) (theory §2.5).
    for (n, r, m) in [
        (2, 2, 3),
        (3, 2, 2),
        (4, 3, 5),
        (1, 3, 1),
        (2, 5, 2),
        (1, 4, 2),
        (3, 1, 4),
        (2, 4, 1),
    ] {
        let k = r.min(n + m);
        assert_eq!(
            count(&linear_network(&[m, r, n])),
            (k * r - k * (k - 1) / 2, true),
            "{n} {r} {m}"
        );
    }
}

#[test]
fn fifty_random_linear_networks() {
    // Each hidden layer of width n has n(n+1)/2 charges W Wᵀ − W'ᵀW'. For more than one layer no
    // theorem gives the number of all conserved functions; it is at least the rank of the charges,
    // and equal where the widths are no larger than both neighbours (deep linear, theory §6).
    let mut stream = Stream::new(11, 0, 0);
    let mut agreed = 0;
    for _ in 0..50 {
        let depth = 2 + (stream.next_u64() % 3) as usize;
        let widths: Vec<usize> = (0..=depth)
            .map(|_| 2 + (stream.next_u64() % 4) as usize)
            .collect();
        let text = linear_network(&widths);
        let model = SourceFile::parse(&text, None)
            .and_then(|s| s.check(Copies::All))
            .expect("a model");
        let probes = probes(&model, 6);
        let d = probes.parameters();
        let mut symmetric = Vec::new();
        for factor in factors(&model) {
            symmetric
                .extend(moment::symmetric_part(&factor.generators(&model), d).expect("a basis"));
        }
        let independent = gram(&symmetric, &probes.point(2))
            .expect("a rank")
            .decision
            .rank;
        let rank = generic_rank(&probes, d, Effort::default())
            .expect("a rank")
            .expect("affordable");
        let found = conserved(&probes, &rank, independent)
            .expect("a count")
            .expect("small");
        assert!(found.exhausted, "{widths:?}");
        assert!(found.count >= independent, "{widths:?}");
        agreed += usize::from(found.count == independent);
    }
    println!("{agreed} of 50 have no conserved functions beyond the charges");
    assert_eq!(agreed, 50, "a network has more than its charges");
}

#[test]
fn floating_counts_see_brackets_that_vanish() {
    // One function of two parameters: its gradient fields commute, and a² − b² is kept. A bracket of
    // roundings must not count as a new direction.
    let logarithms = "symbias = 1\noutputs = [\"y\"]\naxes = { i = 2 }\nprogram = \"y[i] = log(a[i]^2) + log(b[i]^2)\"\n\
                      parameters = { a = [\"i\"], b = [\"i\"] }\n";
    assert_eq!(count(logarithms), (2, true));
    // Without being told of the charges, the brackets leave just them.
    for (name, expected) in [
        ("attention", 9),
        ("swiglu", 3),
        ("softmax_regression", 6),
        ("scale_invariant", 1),
        ("key_bias", 5),
    ] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../models")
            .join(name)
            .with_extension("toml");
        assert_eq!(
            count(&std::fs::read_to_string(path).expect("a text")),
            (expected, true),
            "{name}"
        );
    }
}
