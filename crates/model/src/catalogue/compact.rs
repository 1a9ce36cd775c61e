//! Compact symmetries: rotations and phases, without charges.

use super::point::{Point, log_product, singular};
use super::{Known, known};

pub(super) const MODELS: &[Known] = &[
    known!("gram", [
        LogDetGram: "sum_{i<j} log((s_i^2 + s_j^2)/2)", "theory §6", |p| vec![rotations(&singular(&p.matrix("X", 1)))];
        Decay: "tr(S)/2", "theory §6", |p| vec![half(p, "X")];
    ]),
    known!("quadratic_activation", [
        LogDetGram: "sum_{i<j} log((s_i^2 + s_j^2)/2)", "theory §6, as XX'", |p| vec![rotations(&singular(&p.matrix("W", 1)))];
        Decay: "||W||^2/2", "theory §6", |p| vec![half(p, "W")];
    ]),
    known!("phase_retrieval", [
        LogDetGram: "log ||z||^2", "theory §6", |p| vec![(2.0 * half(p, "z")).ln()];
        Decay: "||z||^2/2", "theory §6", |p| vec![half(p, "z")];
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
