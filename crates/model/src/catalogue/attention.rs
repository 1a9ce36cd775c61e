//! Attention heads and transformers.

use super::matrices::{charges, gram, head};
use super::point::{Point, log_product, log_sums, product, singular};
use super::{Known, known};
use symbias_numerics::dense::Matrix;

pub(super) const MODELS: &[Known] = &[
    known!("attention", [
        Charges: "Wv'Wv - WoWo', Wq'Wq - Wk'Wk", "theory §6", |p| [values(p), keys(p)].concat();
        LogDetGram: "sum_ij log(a_i + b_j) for (Wq, Wk) and for (Wv, Wo')", "theory §6", |p| {
            vec![gram(&p.matrix("Wq", 1), &p.matrix("Wk", 1)) + gram(&p.matrix("Wv", 1), &p.matrix("Wo", 1).transpose())]
        };
        Decay: "||Wq Wk'||_* + ||Wv Wo||_*", "theory §6", |p| vec![
            singular(&product(&p.matrix("Wq", 1), &p.matrix("Wk", 1).transpose())).iter().sum::<f64>()
                + singular(&product(&p.matrix("Wv", 1), &p.matrix("Wo", 1))).iter().sum::<f64>()
        ];
    ]),
    known!("attention_bias", []),
    known!("attention_gqa", [
        LogDetGram: "per key head: sum_ij log(a_i + b_j), a = eig sum_h Wq_h'Wq_h, b = eig Wk'Wk; same for (Wv, Wo)", "theory §6", |p| vec![gqa(p)];
    ]),
    known!("attention_rope", [
        LogDetGram: "per plane log((||Q_p||^2 + ||K_p||^2)^2/2), and gl(2) on (Wv, Wo)", "theory §6, the scale not normalised", |p| {
            let (q, k) = (p.matrix("Wq", 1), p.matrix("Wk", 1));
            let plane = |a: usize| (0..q.rows).map(|c| {
                let square = |m: &Matrix| m.row(c)[a].powi(2) + m.row(c)[a + q.cols / 2].powi(2);
                square(&q) + square(&k)
            }).sum::<f64>();
            let planes = log_product((0..q.cols / 2).map(|a| plane(a).powi(2) / 2.0));
            vec![planes + gram(&p.matrix("Wv", 1), &p.matrix("Wo", 1).transpose())]
        };
    ]),
    known!("attention_rope_gqa", []),
    known!("key_bias", []),
    known!("value_bias", []),
    known!("residual_rmsnorm", []),
    known!("transformer_tied", []),
    known!("transformer_untied", []),
    known!("transformer_1b", []),
];

fn keys(p: &Point<'_>) -> Vec<f64> {
    charges(&p.matrix("Wq", 1), &p.matrix("Wk", 1))
}

fn values(p: &Point<'_>) -> Vec<f64> {
    charges(&p.matrix("Wv", 1), &p.matrix("Wo", 1).transpose())
}

/// Four query heads on two key heads, four channels.
fn gqa(p: &Point<'_>) -> f64 {
    let square = |m: Matrix| product(&m.transpose(), &m);
    let add = |a: Matrix, b: Matrix| a.add_scaled(1.0, &b).unwrap_or(a);
    (0..2)
        .map(|g| {
            let q = add(
                square(head(p, "Wq", 2 * g, 4)),
                square(head(p, "Wq", 2 * g + 1, 4)),
            );
            let o = add(
                square(head(p, "Wo", 2 * g, 2).transpose()),
                square(head(p, "Wo", 2 * g + 1, 2).transpose()),
            );
            log_sums(&q, &square(head(p, "Wk", g, 4))) + log_sums(&square(head(p, "Wv", g, 4)), &o)
        })
        .sum()
}
