//! Fits of penalties of the weights as a whole: with convex targets no weights beside the fit have a lower objective, by closed forms of the
//! penalties that know no parameterization.

use std::collections::BTreeMap;
use symbias::design::DesignSpec;
use symbias::fit::{Data, Options, fit};
use symbias::watch::Watch;
use symbias_model::data::Array;
use symbias_model::data::Folder;
use symbias_numerics::random::Stream;

const N: usize = 30;

/// Inputs of normal numbers, answers of these weights with noise.
fn samples(truth: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let mut stream = Stream::new(8, 0, 3);
    let x: Vec<f64> = (0..N * truth.len()).map(|_| stream.next_normal()).collect();
    let y = x.chunks(truth.len()).map(|row| {
        let clean: f64 = row.iter().zip(truth).map(|(x, w)| x * w).sum();
        clean + 0.1 * stream.next_normal()
    });
    let y = y.collect();
    (x, y)
}

/// Asserts that the fit is the minimum of (1/N)‖y − Xw‖² + λR, and that the fit of another penalty is not.
fn minimises(
    file: &str,
    truth: &[f64],
    lambda: f64,
    r: &dyn Fn(&[f64]) -> f64,
    zeros: Option<usize>,
) {
    let n = truth.len();
    let (x, y) = samples(truth);
    let array = |shape: &[usize], entries: &[f64]| Array {
        shape: shape.to_vec(),
        entries: entries.to_vec(),
    };
    let data = Data {
        x: BTreeMap::from([("x".to_owned(), array(&[N, n], &x))]),
        y: array(&[N], &y),
    };
    let options = Options {
        lambdas: Some(vec![lambda]),
        folds: 0,
        intercept: false,
        ..Options::default()
    };
    let spec = DesignSpec::parse(file).expect("a file");
    let found = fit(
        &spec,
        &Folder::default(),
        &data,
        &options,
        &Watch::default(),
    )
    .unwrap_or_else(|e| panic!("{e}"));
    let w = &found.weights[0].2;
    let objective = |w: &[f64], scale: f64| {
        let square = x.chunks(n).zip(&y).map(|(row, y)| {
            let at: f64 = row.iter().zip(w).map(|(x, w)| x * w).sum();
            (y - at).powi(2)
        });
        square.sum::<f64>() / N as f64 + scale * lambda * r(w)
    };
    let chosen = &found.answer.chosen;
    assert!(chosen.kkt.residual < 1e-6, "{:?}", chosen.kkt);
    let value = objective(w, 1.0);
    assert!((value - chosen.objective).abs() < 1e-9 * value);
    if let Some(zeros) = zeros {
        assert_eq!(w.iter().filter(|x| x.abs() < 1e-12).count(), zeros);
    }
    let mut stream = Stream::new(9, 0, 3);
    let mut lowest = f64::INFINITY;
    for number in 0..4000 {
        let size = 10_f64.powi(-1 - number % 5);
        let beside: Vec<f64> = w.iter().map(|w| w + size * stream.next_normal()).collect();
        assert!(objective(&beside, 1.0) > value - 1e-9 * value);
        // Of the penalty that is halved it is no minimum.
        lowest = lowest.min(objective(&beside, 0.5) - objective(w, 0.5));
    }
    assert!(
        lowest < -1e-4 * value,
        "the oracle sees nothing: {lowest:e}"
    );
}

fn file(n: usize, axes: &str, target: &str, constants: &str) -> String {
    format!(
        "symbias = 1\ndriver = \"decay\"\naxes = {{ i = {n}, {axes} }}\ncomponents = {{ w = [\"i\"] }}\ntarget = \"{target}\"\n{constants}"
    )
}

#[test]
fn latent_and_overlapping_groups_are_minimised() {
    // Two pairs that share w₁, and one entry for itself.
    let spec = file(4, "g = 3", "latent[i,g](w[i], M[i,g])", "")
        + "[constants]\nM = { axes = [\"i\",\"g\"], values = [[1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 0, 1]] }\n";
    minimises(
        &spec,
        &[1.0, -2.0, 0.7, 0.0],
        0.3,
        &|w| f64::hypot(w[0].abs() + w[2].abs(), w[1]) + w[3].abs(),
        Some(1),
    );
    let over = file(5, "g = 2, k = 3", "sum[g](norm[k](w[2*g+k]))", "");
    minimises(
        &over,
        &[1.0, -2.0, 0.0, 0.0, 0.0],
        0.5,
        &|w| {
            let norm = |w: &[f64]| w.iter().map(|x| x * x).sum::<f64>().sqrt();
            norm(&w[..3]) + norm(&w[2..])
        },
        Some(3),
    );
}

#[test]
fn gauges_and_analysis_norms_are_minimised() {
    let ring = "sum[i](abs(w[i])) + sum[j](abs(w[j+1] - w[j])) + abs(w[0] - w[3])";
    minimises(
        &file(4, "j = 3", ring, ""),
        &[1.5, 1.5, 0.0, 0.0],
        0.1,
        &|w| {
            let around: f64 = (0..4).map(|k| (w[k] - w[(k + 1) % 4]).abs()).sum();
            w.iter().map(|x| x.abs()).sum::<f64>() + around
        },
        None,
    );
    // The hull of (1, 0), (0, 1), (−1, −1).
    let atoms = "[constants]\nA = { axes = [\"i\",\"k\"], values = [[1.0, 0.0, -1.0], [0.0, 1.0, -1.0]] }\n";
    let spec = file(2, "k = 3", "gauge[i,k](w[i], A[i,k])", atoms);
    for truth in [[1.0, 2.0], [-1.0, 0.5]] {
        minimises(
            &spec,
            &truth,
            0.2,
            &|w| w[0] + w[1] + 3.0 * (-w[0]).max(-w[1]).max(0.0),
            None,
        );
    }
}
