//! Attention heads and transformers.

use super::laws::{pair_balanced, pair_horizontal, pair_quotient, pair_slice};
use super::matrices::{charges, gram, head};
use super::point::{Bond, Point, log_gram, log_product, log_sums, product, singular};
use super::{Known, known};
use symbias_numerics::dense::Matrix;

pub(super) const MODELS: &[Known] = &[
    known!("attention", [
        Charges: "Wv'Wv - WoWo', Wq'Wq - Wk'Wk", "theory §6", |p| [values(p), keys(p)].concat();
        LogDetGram: "sum_ij log(a_i + b_j) for (Wq, Wk) and for (Wv, Wo')", "theory §6", |p| {
            vec![gram(&p.matrix("Wq", 1), &p.matrix("Wk", 1)) + gram(&p.matrix("Wv", 1), &p.matrix("Wo", 1).transpose())]
        };
        BalancedLogDetGram: "sum_i log 2s_i + 2 sum_(i<j) log(s_i + s_j) for both, s = sigma(Wq Wk'), sigma(Wv Wo)", "theory §6", |p| {
            vec![pair_balanced(&scores(p, 2)) + pair_balanced(&outputs(p, 3))]
        };
        Decay: "||Wq Wk'||_* + ||Wv Wo||_*", "theory §6", |p| vec![scores(p, 2).iter().chain(&outputs(p, 3)).sum()];
        Slice: "sum_i [(rest/2) log s_i + log 2s_i] + sum_(i<j) log(s_i + s_j), rest = 4 for the scores, 2 for the values", "theory §5.2", |p| {
            vec![pair_slice(&scores(p, 2), 4.0) + pair_slice(&outputs(p, 3), 2.0)]
        };
        Horizontal: "sum_i [(rest/2) log s_i + (1/2) log 2s_i] + sum_(i<j) log(s_i + s_j)", "theory §5.3, equal heights", |p| {
            vec![pair_horizontal(&scores(p, 2), 4.0) + pair_horizontal(&outputs(p, 3), 2.0)]
        };
    ]),
    known!("attention_bias", [
        LogDetGram: "Gram matrix of E_ij on (Wq, bq; Wk, bk) and (Wv, bv; Wo), shifts of bk, and (bv + c, bo - c Wo)", "theory §1, §6", |p| {
            let queries: Bond<'_> = vec![("Wq", 1, false), ("bq", 0, false), ("Wk", 1, true), ("bk", 0, true)];
            let shifts = (0..2).map(|i| p.only("bk", &unit(2, i)));
            let further: Vec<Vec<f64>> = shifts.chain(constants(p, 3)).collect();
            vec![log_gram(p, &[queries, path()], &further)]
        };
    ]),
    known!("attention_gqa", [
        LogDetGram: "per key head: sum_ij log(a_i + b_j), a = eig sum_h Wq_h'Wq_h, b = eig Wk'Wk; same for (Wv, Wo)", "theory §6", |p| vec![gqa(p)];
        BalancedLogDetGram: "per key head sum_i log 2s_i + 2 sum_(i<j) log(s_i + s_j), s of the queries stacked times Wk', and of Wv times the outputs", "theory §6", |p| {
            vec![grouped(p, 4).iter().map(|s| pair_balanced(s)).sum()]
        };
        Decay: "sum of nuclear norms of the stacked products", "theory §6", |p| vec![grouped(p, 4).concat().iter().sum()];
        Slice: "per product sum_i [4 log s_i + log 2s_i] + sum_(i<j) log(s_i + s_j)", "theory §5.2, 8 x 4 of rank 2", |p| {
            vec![grouped(p, 4).iter().map(|s| pair_slice(s, 8.0)).sum()]
        };
    ]),
    known!("attention_rope", [
        LogDetGram: "per plane 2 log((||Q_p||^2 + ||K_p||^2)/2), and gl(2) on (Wv, Wo)", "theory §6", |p| {
            let planes = rotary(p, 1, |q, k| 2.0 * ((q + k) / 2.0).ln());
            vec![planes + gram(&p.matrix("Wv", 1), &p.matrix("Wo", 1).transpose())]
        };
        BalancedLogDetGram: "sum_p 2 log(||Q_p|| ||K_p||), and gl(2)", "theory §6 at ||Q_p|| = ||K_p||", |p| {
            vec![rotary(p, 1, |q, k| (q * k).ln()) + pair_balanced(&outputs(p, 2))]
        };
        Decay: "sum_p ||Q_p|| ||K_p|| + ||Wv Wo||_*", "theory §3.3", |p| {
            vec![rotary(p, 1, |q, k| (q * k).sqrt()) + outputs(p, 2).iter().sum::<f64>()]
        };
        Slice: "(1/2) sum_i log 2s_i, s = sigma(Wv Wo), on the quotient", "theory §5.2: scale and rotation of a plane are equally long", |p| vec![pair_quotient(&outputs(p, 2))];
    ]),
    known!("attention_rope_gqa", [
        LogDetGram: "per key head and plane 2 log((sum_h ||Q_hp||^2 + ||K_p||^2)/2), and gl(4) on (Wv, Wo)", "theory §6", |p| {
            let square = |m: &Matrix| product(&m.transpose(), m);
            let values = (0..2).map(|g| log_sums(&square(&head(p, "Wv", g, 4)), &square(&out(p, g, 4).transpose())));
            vec![rotary(p, 2, |q, k| 2.0 * ((q + k) / 2.0).ln()) + values.sum::<f64>()]
        };
        BalancedLogDetGram: "per key head and plane 2 log(||Q_p|| ||K_p||), and gl(4)", "theory §6", |p| {
            let values = (0..2).map(|g| pair_balanced(&value(p, g, 4)));
            vec![rotary(p, 2, |q, k| (q * k).ln()) + values.sum::<f64>()]
        };
        Decay: "sum ||Q_p|| ||K_p|| + sum_g ||Wv_g Wo_g||_*", "theory §3.3", |p| {
            vec![rotary(p, 2, |q, k| (q * k).sqrt()) + value(p, 0, 4).iter().chain(&value(p, 1, 4)).sum::<f64>()]
        };
        Slice: "(1/2) sum_i log 2s_i, s = sigma(Wv_g Wo_g), on the quotient", "theory §5.2", |p| {
            vec![pair_quotient(&value(p, 0, 4)) + pair_quotient(&value(p, 1, 4))]
        };
    ]),
    known!("key_bias", [
        LogDetGram: "sum_ij log(a_i + b_j), a, b = eig Wq'Wq, Wk'Wk; the shifts of bk are everywhere the same and take its row", "theory §6", |p| {
            vec![gram(&p.matrix("Wq", 1), &p.matrix("Wk", 1))]
        };
        BalancedLogDetGram: "sum_i log 2s_i + 2 sum_(i<j) log(s_i + s_j), s = sigma(Wq Wk')", "theory §6", |p| vec![pair_balanced(&scores(p, 2))];
        Decay: "||Wq Wk'||_*", "theory §6; bk is shifted to 0", |p| vec![scores(p, 2).iter().sum()];
        Slice: "sum_i [log s_i + log 2s_i] + sum_(i<j) log(s_i + s_j)", "theory §5.2", |p| vec![pair_slice(&scores(p, 2), 2.0)];
        Horizontal: "sum_i [log s_i + (1/2) log 2s_i] + sum_(i<j) log(s_i + s_j)", "theory §5.3", |p| vec![pair_horizontal(&scores(p, 2), 2.0)];
    ]),
    known!("value_bias", [
        LogDetGram: "Gram matrix of E_ij on (Wv, bv; Wo) and of (bv + c, bo - c Wo), whose own is det(I + Wo Wo')", "theory §1, §6", |p| {
            vec![log_gram(p, &[path()], &constants(p, 2))]
        };
    ]),
    known!("residual_rmsnorm", [
        LogDetGram: "sum_(i<j) log((m_i + m_j)/2), m = eig MM' of all that reads and writes the stream, + log ||E, D||^2", "theory §6", |p| {
            let mut stream = vec![p.matrix("E", 1), p.matrix("O", 1).transpose()];
            let mut written = p.entries("E").to_vec();
            for layer in 0..2 {
                stream.push(p.matrix(&format!("layer.{layer}.U"), 1).transpose());
                stream.push(p.matrix(&format!("layer.{layer}.D"), 1));
                written.extend(p.entries(&format!("layer.{layer}.D")));
            }
            let square = Matrix::from_fn(3, 3, |i, j| {
                stream.iter().map(|m| (0..m.cols).map(|k| m.row(i)[k] * m.row(j)[k]).sum::<f64>()).sum()
            });
            let m = super::point::eigenvalues(&square);
            let pairs = (0..3).flat_map(|i| (i + 1..3).map(move |j| (i, j)));
            let turned = log_product(pairs.map(|(i, j)| (m[i] + m[j]) / 2.0));
            vec![turned + written.iter().map(|x| x * x).sum::<f64>().ln()]
        };
    ]),
    known!("transformer_tied", []),
    known!("transformer_untied", []),
    known!("transformer_1b", []),
];

fn unit(n: usize, i: usize) -> Vec<f64> {
    (0..n).map(|j| if i == j { 1.0 } else { 0.0 }).collect()
}

/// gl between the values with their bias and the output.
fn path() -> Bond<'static> {
    vec![("Wv", 1, false), ("bv", 0, false), ("Wo", 0, true)]
}

/// (bv + c, bo − c Wo) for each c of a basis.
fn constants(p: &Point<'_>, n: usize) -> Vec<Vec<f64>> {
    let wo = p.matrix("Wo", 1);
    let field = |i: usize| {
        let (bias, out) = (p.only("bv", &unit(n, i)), p.only("bo", wo.row(i)));
        bias.iter().zip(&out).map(|(x, y)| x - y).collect()
    };
    (0..n).map(field).collect()
}

fn spectrum(a: &Matrix, b: &Matrix, r: usize) -> Vec<f64> {
    let mut s = singular(&product(a, b));
    s.truncate(r);
    s
}

/// σ(Wq Wkᵀ).
fn scores(p: &Point<'_>, r: usize) -> Vec<f64> {
    spectrum(&p.matrix("Wq", 1), &p.matrix("Wk", 1).transpose(), r)
}

/// σ(Wv Wo).
fn outputs(p: &Point<'_>, r: usize) -> Vec<f64> {
    spectrum(&p.matrix("Wv", 1), &p.matrix("Wo", 1), r)
}

/// The outputs of the two heads of a key head side by side, `r` value channels.
fn out(p: &Point<'_>, g: usize, r: usize) -> Matrix {
    let (a, b) = (head(p, "Wo", 2 * g, r), head(p, "Wo", 2 * g + 1, r));
    Matrix::from_fn(r, 2 * a.cols, |i, j| {
        if j < a.cols {
            a.row(i)[j]
        } else {
            b.row(i)[j - a.cols]
        }
    })
}

/// σ(Wv_g Wo_g).
fn value(p: &Point<'_>, g: usize, r: usize) -> Vec<f64> {
    spectrum(&head(p, "Wv", g, 4), &out(p, g, r), r)
}

/// Per key head of two channels: σ of the stacked queries times the key, and of the values.
fn grouped(p: &Point<'_>, rows: usize) -> Vec<Vec<f64>> {
    let mut all = Vec::new();
    for g in 0..2 {
        let (a, b) = (head(p, "Wq", 2 * g, rows), head(p, "Wq", 2 * g + 1, rows));
        let queries = Matrix::from_fn(2 * rows, a.cols, |i, j| {
            if i < rows {
                a.row(i)[j]
            } else {
                b.row(i - rows)[j]
            }
        });
        all.push(spectrum(&queries, &head(p, "Wk", g, rows).transpose(), 2));
        all.push(value(p, g, 2));
    }
    all
}

/// Σ over key heads and planes of f(Σ_h‖Q_hp‖², ‖K_p‖²); the planes join channels a and a + 2, four input
/// channels.
fn rotary(p: &Point<'_>, key_heads: usize, f: impl Fn(f64, f64) -> f64) -> f64 {
    let square = |name: &str, h: usize, a: usize| -> f64 {
        let m = if key_heads == 1 {
            p.matrix(name, 1)
        } else {
            head(p, name, h, 4)
        };
        (0..4)
            .map(|c| m.row(c)[a].powi(2) + m.row(c)[a + 2].powi(2))
            .sum()
    };
    let queries = |g: usize, a: usize| match key_heads {
        1 => square("Wq", 0, a),
        _ => square("Wq", 2 * g, a) + square("Wq", 2 * g + 1, a),
    };
    (0..key_heads)
        .flat_map(|g| [0, 1].map(|a| f(queries(g, a), square("Wk", g, a))))
        .sum()
}

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
