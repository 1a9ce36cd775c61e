//! Fits of designed models against solvers that know no parameterization: proximal gradient, normal equations, scans.

use std::collections::BTreeMap;
use symbias::design::{DesignSpec, Driver, Penalty};
use symbias::fit::{Data, Fit, LossKind, Options, Order, fit};
use symbias::watch::Watch;
use symbias_model::data::Array;
use symbias_model::data::Folder;
use symbias_numerics::dense::{Matrix, svd};
use symbias_numerics::random::Stream;

/// Samples x (N × K) and answers of known weights, with noise.
fn samples(n: usize, truth: &[f64], noise: f64, seed: u64) -> (Vec<f64>, Vec<f64>) {
    let k = truth.len();
    let mut stream = Stream::new(seed, 0, 0);
    let mut x = vec![0.0; n * k];
    for row in x.chunks_mut(k) {
        let shared = stream.next_normal();
        row.iter_mut()
            .for_each(|x| *x = stream.next_normal() + 0.5 * shared);
    }
    let y = x.chunks(k).map(|row| {
        let clean: f64 = row.iter().zip(truth).map(|(x, w)| x * w).sum();
        clean + noise * stream.next_normal()
    });
    let y = y.collect();
    (x, y)
}

fn data(x: &[f64], shape: &[usize], y: &[f64]) -> Data {
    let mut whole = vec![y.len()];
    whole.extend(shape);
    let array = Array {
        shape: whole,
        entries: x.to_vec(),
    };
    Data {
        x: BTreeMap::from([("x".to_owned(), array)]),
        y: Array {
            shape: vec![y.len()],
            entries: y.to_vec(),
        },
    }
}

fn spec(target: &str, on: &str, sizes: &[u64]) -> DesignSpec {
    DesignSpec::short(target, on, Driver::Decay, sizes).expect("a design")
}

fn at(lambda: f64) -> Options {
    Options {
        lambdas: Some(vec![lambda]),
        folds: 0,
        intercept: false,
        ..Options::default()
    }
}

fn fitted(spec: &DesignSpec, data: &Data, options: &Options) -> Fit {
    fit(spec, &Folder::default(), data, options, &Watch::default())
        .unwrap_or_else(|e| panic!("{e}"))
}

fn refused(spec: &DesignSpec, data: &Data, options: &Options) -> String {
    match fit(spec, &Folder::default(), data, options, &Watch::default()) {
        Ok(_) => panic!("this is refused"),
        Err(e) => e.to_string(),
    }
}

/// Proximal gradient on (1/N)‖y − Xw‖² + R, accelerated with restarts.
fn ista(x: &[f64], y: &[f64], k: usize, prox: &dyn Fn(&mut [f64], f64)) -> Vec<f64> {
    let n = y.len() as f64;
    let norm: f64 = x.iter().map(|x| x * x).sum();
    let step = n / (2.0 * norm);
    let (mut w, mut v, mut t) = (vec![0.0; k], vec![0.0; k], 1.0_f64);
    for _ in 0..60_000 {
        let mut g = vec![0.0; k];
        for (row, y) in x.chunks(k).zip(y) {
            let r: f64 = row.iter().zip(&v).map(|(x, w)| x * w).sum::<f64>() - y;
            g.iter_mut()
                .zip(row)
                .for_each(|(g, x)| *g += 2.0 * r * x / n);
        }
        let mut next: Vec<f64> = v.iter().zip(&g).map(|(v, g)| v - step * g).collect();
        prox(&mut next, step);
        let up: f64 = next
            .iter()
            .zip(&w)
            .zip(&v)
            .map(|((a, b), v)| (v - a) * (a - b))
            .sum();
        let s = if up > 0.0 {
            1.0
        } else {
            (1.0 + (1.0 + 4.0 * t * t).sqrt()) / 2.0
        };
        let momentum = if up > 0.0 { 0.0 } else { (t - 1.0) / s };
        v = next
            .iter()
            .zip(&w)
            .map(|(a, b)| a + momentum * (a - b))
            .collect();
        let moved: f64 = next
            .iter()
            .zip(&w)
            .map(|(a, b)| (a - b).abs())
            .fold(0.0, f64::max);
        (w, t) = (next, s);
        if moved < 1e-15 && up <= 0.0 {
            break;
        }
    }
    w
}

fn apart(a: &[f64], b: &[f64]) -> f64 {
    let norm = |v: &mut dyn Iterator<Item = f64>| v.map(|x| x * x).sum::<f64>().sqrt();
    norm(&mut a.iter().zip(b).map(|(a, b)| a - b)) / norm(&mut b.iter().copied()).max(1e-300)
}

fn soft(w: &mut [f64], c: f64) {
    w.iter_mut()
        .for_each(|w| *w = w.signum() * (w.abs() - c).max(0.0));
}

const TRUTH: [f64; 12] = [2.0, 0.0, 0.0, -1.0, 0.0, 0.5, 0.0, 0.0, 0.0, -0.1, 0.0, 0.0];

/// abs(x) is the lasso, from either end of the path; another λ is another solution.
#[test]
fn absolute_values_are_the_lasso() {
    let (x, y) = samples(40, &TRUTH, 0.3, 1);
    let own = data(&x, &[12], &y);
    let lasso = |lambda: f64| ista(&x, &y, 12, &|w, step| soft(w, lambda * step));
    let (wanted, other) = (lasso(0.4), lasso(0.6));
    for order in [Order::Rising, Order::Falling] {
        let options = Options {
            order: Some(order),
            ..at(0.4)
        };
        let found = fitted(&spec("abs(x)", "entries", &[12]), &own, &options);
        let w = &found.weights[0].2;
        assert!(apart(w, &wanted) < 1e-6, "{order:?}: {}", apart(w, &wanted));
        assert!(apart(w, &other) > 1e-2);
        assert!(
            found.answer.chosen.kkt.residual < 1e-6,
            "{:?}",
            found.answer.chosen.kkt
        );
        assert_eq!(
            w.iter().map(|w| *w == 0.0).collect::<Vec<_>>(),
            wanted.iter().map(|w| *w == 0.0).collect::<Vec<_>>()
        );
        assert!((found.answer.chosen.objective - found.answer.chosen.trained).abs() < 1e-9);
    }
}

/// x² is ridge regression, by its normal equations.
#[test]
fn squares_are_ridge_regression() {
    let (x, y) = samples(30, &TRUTH, 0.3, 2);
    let found = fitted(
        &spec("x^2", "entries", &[12]),
        &data(&x, &[12], &y),
        &at(0.2),
    );
    let w = &found.weights[0].2;
    // (2/N) Xᵀ(Xw − y) + 2λw = 0.
    for j in 0..12 {
        let slope: f64 = x
            .chunks(12)
            .zip(&y)
            .map(|(row, y)| {
                let r: f64 = row.iter().zip(w).map(|(x, w)| x * w).sum::<f64>() - y;
                2.0 * r * row[j] / 30.0
            })
            .sum();
        assert!((slope + 0.4 * w[j]).abs() < 1e-8, "{j}: {slope}");
        assert!((slope + 0.5 * w[j]).abs() > 1e-4 || w[j].abs() < 1e-2);
    }
}

/// Norms of groups are the group lasso, singular values the nuclear norm.
#[test]
fn groups_and_singular_values_are_those_of_proximal_gradient() {
    let (x, y) = samples(40, &TRUTH, 0.3, 3);
    let group = |w: &mut [f64], c: f64| {
        for g in w.chunks_mut(3) {
            let norm = g.iter().map(|x| x * x).sum::<f64>().sqrt();
            let share = (1.0 - c / norm.max(1e-300)).max(0.0);
            g.iter_mut().for_each(|x| *x *= share);
        }
    };
    let wanted = ista(&x, &y, 12, &|w, step| group(w, 0.8 * step));
    let found = fitted(
        &spec("x", "groups:3", &[12]),
        &data(&x, &[4, 3], &y),
        &at(0.8),
    );
    assert!(apart(&found.weights[0].2, &wanted) < 1e-6);
    assert!(
        apart(
            &found.weights[0].2,
            &ista(&x, &y, 12, &|w, step| soft(w, 0.8 * step))
        ) > 1e-2
    );
    assert!(found.answer.chosen.kkt.residual < 1e-6);

    let nuclear = |w: &mut [f64], c: f64| {
        let f = svd(&Matrix::from_fn(4, 3, |i, j| w[i * 3 + j])).expect("an SVD");
        for (k, w) in w.iter_mut().enumerate() {
            *w = (0..3)
                .map(|r| f.u[(k / 3, r)] * (f.s[r] - c).max(0.0) * f.v[(k % 3, r)])
                .sum();
        }
    };
    let wanted = ista(&x, &y, 12, &|w, step| nuclear(w, 0.9 * step));
    let found = fitted(
        &spec("x", "singular", &[4, 3]),
        &data(&x, &[4, 3], &y),
        &at(0.9),
    );
    let off = apart(&found.weights[0].2, &wanted);
    assert!(off < 1e-5, "{off}");
    assert!(
        found.answer.chosen.kkt.residual < 1e-4,
        "{:?}",
        found.answer.chosen.kkt
    );
}

/// One weight under |w|^½ against a scan; its sign is that of the data, not of the start.
#[test]
fn roots_of_one_weight_are_those_of_a_scan() {
    for sign in [1.0, -1.0] {
        let (x, y) = samples(20, &[1.3 * sign], 0.1, 4);
        let objective = |w: f64| {
            let loss: f64 = x
                .iter()
                .zip(&y)
                .map(|(x, y)| (y - x * w).powi(2))
                .sum::<f64>()
                / 20.0;
            loss + 0.3 * w.abs().sqrt()
        };
        let scan = (-30_000..30_000).map(|k| f64::from(k) * 1e-4);
        let wanted = scan
            .min_by(|a, b| objective(*a).total_cmp(&objective(*b)))
            .expect("points");
        let found = fitted(
            &spec("abs(x)^0.5", "entries", &[1]),
            &data(&x, &[1], &y),
            &at(0.3),
        );
        assert!(
            (found.weights[0].2[0] - wanted).abs() < 1.1e-4,
            "{:?}",
            found.weights
        );
        assert!(wanted * sign > 0.5);
    }
}

/// The residual vanishes at the solution of another solver, and not beside it.
#[test]
fn the_residual_knows_a_solution() {
    let (x, y) = samples(40, &TRUTH, 0.3, 5);
    let wanted = ista(&x, &y, 12, &|w, step| soft(w, 0.4 * step));
    let penalty =
        Penalty::read(&spec("abs(x)", "entries", &[12]), &Folder::default()).expect("a target");
    let residual = |w: &[f64], lambda: f64| {
        let mut g = vec![0.0; 12];
        for (row, y) in x.chunks(12).zip(&y) {
            let r: f64 = row.iter().zip(w).map(|(x, w)| x * w).sum::<f64>() - y;
            g.iter_mut()
                .zip(row)
                .for_each(|(g, x)| *g += 2.0 * r * x / 40.0);
        }
        penalty
            .kkt(&[w.to_vec()], &[g], lambda)
            .expect("a residual")
            .residual
    };
    assert!(residual(&wanted, 0.4) < 1e-8, "{}", residual(&wanted, 0.4));
    assert!(residual(&wanted, 0.5) > 1e-2);
    let mut beside = wanted.clone();
    beside[1] += 0.05;
    assert!(residual(&beside, 0.4) > 1e-2);
}

/// An intercept without penalty absorbs what X and Y are shifted by; without one it cannot.
#[test]
fn intercepts_absorb_shifts() {
    let (x, y) = samples(40, &TRUTH, 0.3, 6);
    let moved: Vec<f64> = x.iter().map(|x| x + 100.0).collect();
    let up: Vec<f64> = y.iter().map(|y| y + 7.0).collect();
    let options = Options {
        intercept: true,
        ..at(0.4)
    };
    let target = spec("abs(x)", "entries", &[12]);
    let one = fitted(&target, &data(&x, &[12], &y), &options);
    let two = fitted(&target, &data(&moved, &[12], &up), &options);
    assert!(apart(&two.weights[0].2, &one.weights[0].2) < 1e-6);
    let sum: f64 = one.weights[0].2.iter().sum();
    let (a, b) = (
        one.answer.intercept.expect("one"),
        two.answer.intercept.expect("one"),
    );
    assert!((b - (a + 7.0 - 100.0 * sum)).abs() < 1e-6 * b.abs());
    let none = fitted(&target, &data(&x, &[12], &up), &at(0.4));
    assert!(apart(&none.weights[0].2, &one.weights[0].2) > 1e-2);
}

/// Cross-validation finds a λ between fits of noise and of nothing, and the same one again, to the bit.
#[test]
fn cross_validation_is_a_function_of_its_seed() {
    let (x, y) = samples(48, &TRUTH, 1.0, 7);
    let own = data(&x, &[12], &y);
    let target = spec("abs(x)", "entries", &[12]);
    let options = Options {
        count: 12,
        refit: true,
        ..Options::default()
    };
    let one = fitted(&target, &own, &options);
    let two = fitted(&target, &own, &options);
    let score = |f: &Fit| {
        f.answer
            .scores
            .iter()
            .map(|s| s.mean.to_bits())
            .collect::<Vec<_>>()
    };
    assert_eq!(score(&one), score(&two));
    let other = fitted(&target, &own, &Options { seed: 1, ..options });
    assert_ne!(score(&one), score(&other));
    let scores = &one.answer.scores;
    let best = scores.iter().map(|s| s.mean).fold(f64::INFINITY, f64::min);
    assert_eq!(one.answer.chosen.score, Some(best));
    let variance: f64 = y.iter().map(|y| y * y).sum::<f64>() / 48.0;
    assert!(best < 0.7 * variance && best > 0.7, "{best} of {variance}");
    // Everything is 0 at the largest λ, and that is the mean of Y.
    assert_eq!(one.answer.path.last().expect("a path").support, 0);
    // Least squares on the support has no more loss than the fit of the same support.
    let again = one.answer.refit.as_ref().expect("least squares");
    let same = one
        .answer
        .path
        .iter()
        .find(|s| s.lambda == again.lambda)
        .expect("its step");
    assert!(again.loss <= same.loss && again.support <= same.support);
}

/// Labels under the logistic loss: slopes at the solution are those of its own formula.
#[test]
fn logistic_fits_are_minima() {
    let (x, y) = samples(60, &TRUTH, 0.5, 8);
    let labels: Vec<f64> = y.iter().map(|y| y.signum()).collect();
    let options = Options {
        loss: LossKind::Logistic,
        ..at(0.05)
    };
    let found = fitted(
        &spec("abs(x)", "entries", &[12]),
        &data(&x, &[12], &labels),
        &options,
    );
    let w = &found.weights[0].2;
    for j in 0..12 {
        let slope: f64 = x
            .chunks(12)
            .zip(&labels)
            .map(|(row, y)| {
                let o: f64 = row.iter().zip(w).map(|(x, w)| x * w).sum();
                -y * row[j] / (1.0 + (y * o).exp()) / 60.0
            })
            .sum();
        let off = if w[j] == 0.0 {
            (slope.abs() - 0.05).max(0.0)
        } else {
            (slope + 0.05 * w[j].signum()).abs()
        };
        assert!(off < 1e-7, "{j}: {off}");
    }
    assert!(w.iter().any(|w| *w != 0.0) && w.contains(&0.0));
}

/// What cannot be fitted is refused with the place.
#[test]
fn data_that_do_not_fit_are_refused() {
    let (x, y) = samples(10, &TRUTH, 0.3, 9);
    let target = spec("abs(x)", "entries", &[12]);
    let own = data(&x, &[12], &y);
    let said = |data: &Data, options: &Options, words: &[&str]| {
        let text = refused(&target, data, options);
        for word in words {
            assert!(text.contains(word), "{word}: {text}");
        }
    };
    let mut bad = own.clone();
    if let Some(x) = bad.x.get_mut("x") {
        x.entries[25] = f64::NAN;
    }
    said(&bad, &at(0.1), &["X[2, 1] is NaN"]);
    let mut bad = own.clone();
    bad.y.entries[3] = f64::INFINITY;
    said(&bad, &at(0.1), &["Y[3] is inf"]);
    said(&data(&x, &[6, 2], &y), &at(0.1), &["[6, 2]", "[12]"]);
    let mut few = own.clone();
    few.y.shape = vec![9];
    few.y.entries.truncate(9);
    said(&few, &at(0.1), &["10 samples and 9"]);
    said(&data(&x[..108], &[12], &y), &at(0.1), &["108 entries"]);
    said(
        &own,
        &Options {
            folds: 11,
            ..at(0.1)
        },
        &["10 samples are fewer than 11 folds"],
    );
    said(
        &own,
        &Options {
            folds: 1,
            ..at(0.1)
        },
        &["1 fold"],
    );
    said(&own, &at(0.0), &["lambda is 0"]);
    said(&own, &at(-1.0), &["lambda is -1"]);
    said(
        &own,
        &Options {
            lambdas: Some(vec![0.1, 0.2]),
            ..at(0.1)
        },
        &["more than one value"],
    );
    said(
        &own,
        &Options {
            loss: LossKind::Logistic,
            ..at(0.1)
        },
        &["labels are -1 and 1"],
    );
    let flow = DesignSpec::short("x*log(x) - x", "entries", Driver::Flow, &[12]).expect("a design");
    assert!(refused(&flow, &own, &at(0.1)).contains("under flow"));
    // Columns that do not change are said.
    let mut constant = own.clone();
    if let Some(x) = constant.x.get_mut("x") {
        x.entries.chunks_mut(12).for_each(|row| row[4] = 3.0);
    }
    let found = fitted(
        &target,
        &constant,
        &Options {
            intercept: true,
            ..at(0.1)
        },
    );
    assert!(
        found.answer.warnings.iter().any(|w| w.contains("[4]")),
        "{:?}",
        found.answer.warnings
    );
    assert_eq!(found.weights[0].2[4], 0.0);
}

/// The folds that an answer names are those of its scores; without cross-validation there are none.
#[test]
fn scores_are_those_of_the_named_folds() {
    let (x, y) = samples(23, &TRUTH, 0.5, 13);
    let target = spec("abs(x)", "entries", &[12]);
    let own = data(&x, &[12], &y);
    let options = Options {
        folds: 4,
        ..at(0.2)
    };
    let answer = fitted(&target, &own, &options).answer;
    let mut all = answer.left_out.concat();
    all.sort_unstable();
    assert_eq!(all, (0..23).collect::<Vec<_>>());
    let score = |folds: &[Vec<usize>]| -> f64 {
        let each = folds.iter().map(|out| {
            let kept: Vec<usize> = (0..23).filter(|n| !out.contains(n)).collect();
            let rows: Vec<f64> = kept
                .iter()
                .flat_map(|n| x[n * 12..n * 12 + 12].to_vec())
                .collect();
            let answers: Vec<f64> = kept.iter().map(|n| y[*n]).collect();
            let fit = fitted(&target, &data(&rows, &[12], &answers), &at(0.2));
            let w = &fit.weights[0].2;
            let squares = out.iter().map(|n| {
                let own: f64 = x[n * 12..n * 12 + 12]
                    .iter()
                    .zip(w)
                    .map(|(x, w)| x * w)
                    .sum();
                (y[*n] - own).powi(2)
            });
            squares.sum::<f64>() / out.len() as f64
        });
        each.sum::<f64>() / folds.len() as f64
    };
    let wanted = answer.scores[0].mean;
    assert!((score(&answer.left_out) - wanted).abs() < 1e-3 * wanted);
    // The twin: folds in the order of the samples have another score.
    let other: Vec<Vec<usize>> = (0..4).map(|k| (k..23).step_by(4).collect()).collect();
    assert!((score(&other) - wanted).abs() > 1e-2 * wanted);
    assert!(fitted(&target, &own, &at(0.2)).answer.left_out.is_empty());
}

/// `explain` knows every label that a fit prints.
#[test]
fn labels_are_explained() {
    let (x, y) = samples(24, &TRUTH, 0.5, 10);
    let mut own = data(&x, &[12], &y);
    if let Some(x) = own.x.get_mut("x") {
        x.entries.chunks_mut(12).for_each(|row| row[4] = 3.0);
    }
    let options = Options {
        count: 3,
        folds: 3,
        refit: true,
        ..Options::default()
    };
    let mut target = spec("abs(x)^p", "entries", &[12]);
    target.constants.insert("p".into(), toml::Value::Float(1.0));
    target.tune.insert("p".into(), vec![1.0, 2.0]);
    let text = symbias::fit::text(&fitted(&target, &own, &options).answer);
    let mut labels: Vec<&str> = text
        .lines()
        .filter_map(|l| l.split_whitespace().next())
        .collect();
    labels.dedup();
    assert!(labels.len() >= 12, "{labels:?}");
    for label in labels {
        assert!(symbias::explain::explain(label).is_ok(), "{label}");
    }
}

/// A design into a model has the inputs and the loss of the model; what the target does not name has no penalty.
#[test]
fn models_bring_their_own_loss() {
    let (x, y) = samples(40, &TRUTH, 0.3, 11);
    let up: Vec<f64> = y.iter().map(|y| y + 2.0).collect();
    let model = r#"
symbias = 1
outputs = ["o"]
axes = { i = 12 }
program = "o = sum[i](w[i] * x[i]) + b"
parameters = { w = ["i"], b = [] }
inputs = { x = ["i"], t = [] }
loss = { kind = "mse", of = "o", target = "t" }
"#;
    let within = DesignSpec::parse(
        "symbias = 1\ndriver = \"decay\"\ntarget = \"sum[i](abs(w[i]))\"\nmodel = \"net.toml\"\n",
    )
    .expect("a design");
    let options = Options {
        model: Some(model.to_owned()),
        ..at(0.4)
    };
    let own = data(&x, &[12], &up);
    let found = fitted(&within, &own, &options);
    let plain = Options {
        intercept: true,
        ..at(0.4)
    };
    let wanted = fitted(&spec("abs(x)", "entries", &[12]), &own, &plain);
    let off = apart(&found.weights[0].2, &wanted.weights[0].2);
    assert!(off < 1e-5, "{off}");
    let b = found.parameters.iter().find(|p| p.0 == "b").expect("b");
    assert!((b.2[0] - wanted.answer.intercept.expect("one")).abs() < 1e-5);
    // Without the text of the model, or with another name for its input, it is refused.
    assert!(refused(&within, &own, &at(0.4)).contains("net.toml"));
    let mut other = own.clone();
    let array = other.x.remove("x").expect("x");
    other.x.insert("u".into(), array.clone());
    other.x.insert("v".into(), array);
    assert!(refused(&within, &other, &options).contains("`x`"));
}

/// The published step signal: few jumps, and the signal much nearer than the published 0.080 (mean square).
#[test]
fn the_step_signal_is_found() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let text = std::fs::read_to_string(root.join("designs/step_signal.toml")).expect("a file");
    let mut target = DesignSpec::parse(&text).expect("a design");
    target.tune.insert("p".into(), vec![1.0, 0.5]);
    let file = root.join("experiments/data/total_variation_data.safetensors");
    let read = |key: &str| symbias_model::data::read_array(&file, Some(key)).expect("an array");
    let own = Data {
        x: BTreeMap::from([("x".to_owned(), read("ameas"))]),
        y: read("ymeas"),
    };
    let options = Options {
        intercept: false,
        count: 15,
        folds: 5,
        ..Options::default()
    };
    let found = fitted(&target, &own, &options);
    let truth = read("true_signal").entries;
    let square = |w: &[f64]| {
        let sum: f64 = w.iter().zip(&truth).map(|(w, t)| (w - t) * (w - t)).sum();
        sum / truth.len() as f64
    };
    let off = square(&found.weights[0].2);
    assert!(off < 0.01, "{off}");
    assert_eq!(found.answer.chosen.constants["p"], 0.5);
    assert!(
        found.answer.chosen.support <= 10,
        "{:?}",
        found.answer.chosen
    );
    // The twin: absolute values of jumps predict less what was left out.
    let best = |p: f64| {
        let own = found.answer.scores.iter().filter(|s| s.constants["p"] == p);
        own.map(|s| s.mean).fold(f64::INFINITY, f64::min)
    };
    assert!(best(1.0) > best(0.5) + 1e-3, "{} {}", best(1.0), best(0.5));
}

/// Sparse weights of fewer samples than weights, where a descent ends in the first valley: charges that fall find them. The twin goes
/// from large λ down, without them.
#[test]
fn charges_that_fall_find_sparse_weights() {
    let (k, n, few, trials) = (100, 40, 15, 10);
    let spec = spec("abs(x)^0.5", "entries", &[k as u64]);
    let found = |order: Order| -> usize {
        (0..trials)
            .filter(|seed| {
                let mut truth = vec![0.0; k];
                let mut stream = Stream::new(*seed, 7, 1);
                for i in 0..few {
                    truth[(i * 7 + 3) % k] = stream.next_normal();
                }
                let (x, y) = samples(n, &truth, 0.0, *seed);
                let options = Options {
                    order: Some(order),
                    ..at(1e-3)
                };
                let fit = fitted(&spec, &data(&x, &[k], &y), &options);
                apart(&fit.weights[0].2, &truth) < 0.02
            })
            .count()
    };
    let (rising, falling) = (found(Order::Rising), found(Order::Falling));
    assert!(rising >= 6, "{rising} of {trials}");
    assert!(
        falling + 2 <= rising,
        "{falling} against {rising} of {trials}"
    );
}
