//! Compact symmetries: rotations and phases, without charges.

use super::laws::square_volumes;
use super::point::{Point, log_product, singular};
use super::{Known, known};

pub(super) const MODELS: &[Known] = &[
    known!("gram", [
        LogDetGram: "sum_{i<j} log((s_i^2 + s_j^2)/2)", "theory §6", |p| vec![rotations(&singular(&p.matrix("X", 1)))];
        Decay: "tr(S)/2", "theory §6", |p| vec![half(p, "X")];
        Isotropic: "(1/2) sum_(i<=j) log 2(x_i + x_j) - (1/2) sum_(i<j) log((x_i + x_j)/2), x = s^2", "theory §5.1 (Wishart where r >= n)", |p| { let [k, g] = volumes(p, "X", 5, 3); vec![k - g] };
        Slice: "as isotropic noise: no charge vanishes on the slice, it is everything", "theory §5.2", |p| { let [k, g] = volumes(p, "X", 5, 3); vec![k - g] };
        Horizontal: "(1/2) sum_(i<=j) log 2(x_i + x_j), x = s^2", "theory §5.3", |p| vec![volumes(p, "X", 5, 3)[0]];
    ]),
    known!("quadratic_activation", [
        LogDetGram: "sum_{i<j} log((s_i^2 + s_j^2)/2)", "theory §6, as XX'", |p| vec![rotations(&singular(&p.matrix("W", 1)))];
        Decay: "||W||^2/2", "theory §6", |p| vec![half(p, "W")];
        Isotropic: "(1/2) sum_(i<=j) log 2(x_i + x_j) - (1/2) sum_(i<j) log((x_i + x_j)/2), x = s^2", "theory §5.1 (Wishart where r >= n)", |p| { let [k, g] = volumes(p, "W", 6, 4); vec![k - g] };
        Slice: "as isotropic noise: no charge vanishes on the slice, it is everything", "theory §5.2", |p| { let [k, g] = volumes(p, "W", 6, 4); vec![k - g] };
        Horizontal: "(1/2) sum_(i<=j) log 2(x_i + x_j), x = s^2", "theory §5.3", |p| vec![volumes(p, "W", 6, 4)[0]];
    ]),
    known!("phase_retrieval", [
        LogDetGram: "log ||z||^2", "theory §6", |p| vec![(2.0 * half(p, "z")).ln()];
        Decay: "||z||^2/2", "theory §6", |p| vec![half(p, "z")];
        Isotropic: "30 log ||z|| + 15 log 2 + log 2", "theory §5.1: K = 4||z||^2 along z, 2||z||^2 in 30 directions", |p| vec![rays(p) - (2.0 * half(p, "z")).ln() / 2.0];
        Horizontal: "31 log ||z|| + 15 log 2 + log 2", "theory §5.3", |p| vec![rays(p)];
    ]),
];

fn rotations(s: &[f64]) -> f64 {
    log_product(
        (0..s.len()).flat_map(|i| (i + 1..s.len()).map(move |j| (s[i] * s[i] + s[j] * s[j]) / 2.0)),
    )
}

fn half(p: &Point<'_>, name: &str) -> f64 {
    p.entries(name).iter().map(|x| x * x).sum::<f64>() / 2.0
}

fn volumes(p: &Point<'_>, name: &str, n: usize, r: usize) -> [f64; 2] {
    let x: Vec<f64> = singular(&p.matrix(name, 1)).iter().map(|s| s * s).collect();
    square_volumes(&x, n, r)
}

/// ½ log pdet K of zz*, z of 16 complex entries.
fn rays(p: &Point<'_>) -> f64 {
    let square = 2.0 * half(p, "z");
    ((4.0 * square).ln() + 30.0 * (2.0 * square).ln()) / 2.0
}
