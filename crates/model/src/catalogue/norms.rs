//! Normalised weights and activations, and what a softmax ignores.

use super::laws::{Term, balanced, slice};
use super::point::{Point, columns, log_product, rows};
use super::{Known, known};

pub(super) const MODELS: &[Known] = &[
    known!("scale_invariant", [
        Charges: "||w||^2/2", "theory §6", |p| vec![square(p.entries("w")) / 2.0];
        LogDetGram: "log ||w||^2", "theory §6", |p| vec![square(p.entries("w")).ln()];
    ]),
    known!("weight_norm", [
        Charges: "||v_h||^2/2", "theory §6", |p| rows(&p.matrix("v", 1)).iter().map(|n| n / 2.0).collect();
        LogDetGram: "sum_h log ||v_h||^2", "theory §6", |p| vec![log_product(rows(&p.matrix("v", 1)))];
    ]),
    known!("softmax_regression", [
        Charges: "column sums of W, sum of b", "theory §6", |p| {
            let w = p.matrix("W", 1);
            let sums = (0..w.cols).map(|j| w.column(j).iter().sum());
            sums.chain([p.entries("b").iter().sum()]).collect()
        };
        Decay: "||W - mean||^2/2 + ||b - mean||^2/2", "theory §6 (centring)", |p| {
            let w = p.matrix("W", 1);
            let centred = |x: &[f64]| square(x) - x.iter().sum::<f64>().powi(2) / x.len() as f64;
            vec![((0..w.cols).map(|j| centred(&w.column(j))).sum::<f64>() + centred(p.entries("b"))) / 2.0]
        };
    ]),
    known!("batchnorm", [
        Charges: "||W_h||^2/2; (v_h^2 - gain_h^2 - bias_h^2)/2", "theory §6", |p| {
            let weights = rows(&p.matrix("W", 1)).into_iter().map(|n| n / 2.0);
            let units = (0..p.entries("v").len()).map(|h| {
                let at = |name: &str| p.entries(name)[h].powi(2);
                (at("v") - at("gain") - at("bias")) / 2.0
            });
            weights.chain(units).collect()
        };
        LogDetGram: "sum_h log ||W_h||^2 + sum_h log(gain_h^2 + bias_h^2 + v_h^2)", "theory §6", |p| {
            let units = columns(&symbias_numerics::dense::Matrix::from_fn(3, p.entries("v").len(), |i, h| {
                p.entries(["v", "gain", "bias"][i])[h]
            }));
            vec![log_product(rows(&p.matrix("W", 1))) + log_product(units)]
        };
    ]),
    known!("rmsnorm_gain", [
        Charges: "(gain_c^2 - ||A_c||^2 - ||B_c||^2)/2", "theory §6", |p| channels(p, |g, r| (g - r) / 2.0);
        LogDetGram: "sum_c log(gain_c^2 + ||A_c||^2 + ||B_c||^2)", "theory §6", |p| vec![log_product(channels(p, |g, r| g + r))];
        BalancedLogDetGram: "sum_c log 2t_c, t_c = |gain_c| ||(A_c, B_c)||", "theory §6", |p| vec![balanced(&channels(p, readers))];
        Decay: "sum_c t_c + ||V||^2/2", "theory §3.3", |p| {
            vec![channels(p, |g, r| (g * r).sqrt()).iter().sum::<f64>() + square(p.entries("V")) / 2.0]
        };
        Slice: "sum_c log(2 t_c^3)", "theory §5.2", |p| vec![slice(&channels(p, readers))];
    ]),
];

fn square(x: &[f64]) -> f64 {
    x.iter().map(|x| x * x).sum()
}

/// Squared gain, and squared norm of what reads it.
fn channels<T>(p: &Point<'_>, f: impl Fn(f64, f64) -> T) -> Vec<T> {
    let (a, b) = (columns(&p.matrix("A", 1)), columns(&p.matrix("B", 1)));
    let gains = p.entries("gain").iter().zip(a.iter().zip(&b));
    gains.map(|(g, (a, b))| f(g * g, a + b)).collect()
}

/// A gain with 2 + 3 readers.
fn readers(gain: f64, read: f64) -> Term {
    Term::new(&[1.0, 1.0], &[1.0, 5.0], vec![gain, read])
}
