//! Entrywise and multilinear products: scalings per entry, per group or per term.

use super::laws::{ENTROPY, Term, balanced, entropy, horizontal, slice};
use super::point::{Point, columns, log_product, rows};
use super::{Known, known};

pub(super) const MODELS: &[Known] = &[
    known!("hadamard", [
        Charges: "(v^2 - u^2)/2", "theory §6; Woodworth et al. 2020", |p| pairs(p, "u", "v", |u, v| (v * v - u * u) / 2.0);
        LogDetGram: "sum log(u^2 + v^2)", "theory §6", |p| vec![log_product(pairs(p, "u", "v", |u, v| u * u + v * v))];
        Decay: "||w||_1", "theory §6; Ziyin, Wang 2023", |p| vec![pairs(p, "u", "v", |u, v| (u * v).abs()).iter().sum()];
        BalancedLogDetGram: "sum log 2|w|", "theory §6", |p| vec![balanced(&entries(p, &["u", "v"]))];
        Flow: ENTROPY, "Woodworth et al. 2020, theorem 1; theory §4.1", |p| vec![entropy(p.entries("u"), p.entries("v"))];
        Slice: "sum log 2|w|", "theory §5.2", |p| vec![slice(&entries(p, &["u", "v"]))];
        Horizontal: "(1/2) sum log 2|w|", "theory §5.3", |p| vec![horizontal(&entries(p, &["u", "v"]))];
    ]),
    known!("hadamard_depth3", [
        LogDetGram: "sum_w log(sum_j prod_{i != j} theta_i^2)", "theory §6", |p| vec![depth_gram(p, &["a", "b", "c"])];
        Decay: "(3/2) sum |w|^(2/3)", "theory §6", |p| vec![depth_decay(p, &["a", "b", "c"])];
        BalancedLogDetGram: "sum log(3 |w|^(4/3))", "theory §6", |p| vec![balanced(&entries(p, &["a", "b", "c"]))];
        Slice: "sum log(3 |w|^(4/3))", "theory §5.2", |p| vec![slice(&entries(p, &["a", "b", "c"]))];
        Horizontal: "(1/2) sum log(3 |w|^(4/3))", "theory §5.3", |p| vec![horizontal(&entries(p, &["a", "b", "c"]))];
    ]),
    known!("hadamard_depth4", [
        LogDetGram: "sum_w log(sum_j prod_{i != j} theta_i^2)", "theory §6", |p| vec![depth_gram(p, &["a", "b", "c", "e"])];
        Decay: "(4/2) sum |w|^(2/4)", "theory §6", |p| vec![depth_decay(p, &["a", "b", "c", "e"])];
        BalancedLogDetGram: "sum log(4 |w|^(6/4))", "theory §6", |p| vec![balanced(&entries(p, &["a", "b", "c", "e"]))];
        Slice: "sum log(4 |w|^(6/4))", "theory §5.2", |p| vec![slice(&entries(p, &["a", "b", "c", "e"]))];
        Horizontal: "(1/2) sum log(4 |w|^(6/4))", "theory §5.3", |p| vec![horizontal(&entries(p, &["a", "b", "c", "e"]))];
    ]),
    known!("groups", [
        Charges: "(||v_g||^2 - s_g^2)/2", "theory §6", |p| group(p, |s, v| (v - s) / 2.0);
        LogDetGram: "sum_g log(s_g^2 + ||v_g||^2)", "theory §6", |p| vec![log_product(group(p, |s, v| s + v))];
        Decay: "sum_g ||w_g||", "theory §6; Ziyin, Wang 2023", |p| vec![group(p, |s, v| (s * v).sqrt()).iter().sum()];
        BalancedLogDetGram: "sum_g log 2||w_g||", "theory §6", |p| vec![balanced(&groups(p))];
        Slice: "sum_g log(2 ||w_g||^2), groups of 3", "theory §5.2 (||w||^(-(n+1)/2))", |p| vec![slice(&groups(p))];
    ]),
    known!("cp", [
        LogDetGram: "sum_r log(sum_j prod_{i != j} ||a_i||^2)", "theory §6", |p| vec![cp_gram(p, &["A", "B", "C"])];
        Decay: "(3/2) sum_r t_r^(2/3)", "theory §6", |p| vec![cp_decay(p, &["A", "B", "C"])];
        BalancedLogDetGram: "sum_r log(3 t_r^(4/3))", "theory §6", |p| vec![balanced(&terms(p, &["A", "B", "C"]))];
        Slice: "sum_r log(3 t^6, dimensions 3, 3, 4)", "theory §5.2, K of a rank-one tensor", |p| vec![slice(&terms(p, &["A", "B", "C"]))];
    ]),
    known!("cp4", [
        LogDetGram: "sum_r log(sum_j prod_{i != j} ||a_i||^2)", "theory §6", |p| vec![cp_gram(p, &["A", "B", "C", "D"])];
        Decay: "(4/2) sum_r t_r^(2/4)", "theory §6", |p| vec![cp_decay(p, &["A", "B", "C", "D"])];
        BalancedLogDetGram: "sum_r log(4 t_r^(6/4))", "theory §6", |p| vec![balanced(&terms(p, &["A", "B", "C", "D"]))];
        Slice: "sum_r log(4 t^(21/4), dimensions 2, 2, 2, 3)", "theory §5.2, K of a rank-one tensor", |p| vec![slice(&terms(p, &["A", "B", "C", "D"]))];
    ]),
    known!("spectral", [
        LogDetGram: "sum log(p^2 + q^2)", "theory §6", |p| vec![log_product(pairs(p, "p", "q", |u, v| u * u + v * v))];
        Decay: "||p q||_1", "theory §6", |p| vec![pairs(p, "p", "q", |u, v| (u * v).abs()).iter().sum()];
        BalancedLogDetGram: "sum log 2|w|", "theory §6", |p| vec![balanced(&entries(p, &["p", "q"]))];
        Flow: ENTROPY, "Woodworth et al. 2020, theorem 1; theory §4.1", |p| vec![entropy(p.entries("p"), p.entries("q"))];
        Slice: "sum log 2|w|", "theory §5.2", |p| vec![slice(&entries(p, &["p", "q"]))];
        Horizontal: "(1/2) sum log 2|w|", "theory §5.3", |p| vec![horizontal(&entries(p, &["p", "q"]))];
    ]),
    known!("total_variation", [
        LogDetGram: "sum log(u^2 + v^2)", "theory §6", |p| vec![log_product(pairs(p, "u", "v", |u, v| u * u + v * v))];
        Decay: "||u v||_1", "theory §6", |p| vec![pairs(p, "u", "v", |u, v| (u * v).abs()).iter().sum()];
        BalancedLogDetGram: "sum log 2|w|", "theory §6", |p| vec![balanced(&entries(p, &["u", "v"]))];
        Flow: ENTROPY, "Woodworth et al. 2020, theorem 1; theory §4.1", |p| vec![entropy(p.entries("u"), p.entries("v"))];
        Slice: "sum log 2|w|", "theory §5.2", |p| vec![slice(&entries(p, &["u", "v"]))];
        Horizontal: "(1/2) sum log 2|w|", "theory §5.3", |p| vec![horizontal(&entries(p, &["u", "v"]))];
    ]),
];

fn pairs(p: &Point<'_>, u: &str, v: &str, f: impl Fn(f64, f64) -> f64) -> Vec<f64> {
    p.entries(u)
        .iter()
        .zip(p.entries(v))
        .map(|(u, v)| f(*u, *v))
        .collect()
}

fn group<T>(p: &Point<'_>, f: impl Fn(f64, f64) -> T) -> Vec<T> {
    let norms = rows(&p.matrix("v", 1));
    p.entries("s")
        .iter()
        .zip(norms)
        .map(|(s, v)| f(s * s, v))
        .collect()
}

/// Squared entries of each factor: one list per weight.
fn squares(p: &Point<'_>, names: &[&str]) -> Vec<Vec<f64>> {
    let all: Vec<&[f64]> = names.iter().map(|n| p.entries(n)).collect();
    (0..all[0].len())
        .map(|i| all.iter().map(|a| a[i] * a[i]).collect())
        .collect()
}

/// Squared norms of the columns of each factor: one list per term.
fn norms(p: &Point<'_>, names: &[&str]) -> Vec<Vec<f64>> {
    let all: Vec<Vec<f64>> = names.iter().map(|n| columns(&p.matrix(n, 1))).collect();
    (0..all[0].len())
        .map(|r| all.iter().map(|a| a[r]).collect())
        .collect()
}

/// Σ_j Π_{i≠j} n_i.
fn all_but_one(n: &[f64]) -> f64 {
    let others = |j: usize| {
        n.iter()
            .enumerate()
            .filter(|(i, _)| *i != j)
            .map(|(_, x)| x)
            .product::<f64>()
    };
    (0..n.len()).map(others).sum()
}

/// (D/2) t^{2/D}, t² = Π n_i.
fn power(n: &[f64]) -> f64 {
    let d = n.len() as f64;
    d / 2.0 * n.iter().product::<f64>().powf(1.0 / d)
}

fn depth_gram(p: &Point<'_>, names: &[&str]) -> f64 {
    squares(p, names).iter().map(|n| all_but_one(n).ln()).sum()
}

fn depth_decay(p: &Point<'_>, names: &[&str]) -> f64 {
    squares(p, names).iter().map(|n| power(n)).sum()
}

fn cp_gram(p: &Point<'_>, names: &[&str]) -> f64 {
    norms(p, names).iter().map(|n| all_but_one(n).ln()).sum()
}

fn cp_decay(p: &Point<'_>, names: &[&str]) -> f64 {
    norms(p, names).iter().map(|n| power(n)).sum()
}

/// One weight for each entry.
fn entries(p: &Point<'_>, names: &[&str]) -> Vec<Term> {
    let ones = vec![1.0; names.len()];
    squares(p, names)
        .into_iter()
        .map(|a| Term::new(&ones, &ones, a))
        .collect()
}

/// One weight for each group.
fn groups(p: &Point<'_>) -> Vec<Term> {
    let size = p.matrix("v", 1).cols as f64;
    group(p, |s, v| Term::new(&[1.0, 1.0], &[1.0, size], vec![s, v]))
}

/// One rank-one tensor for each term.
fn terms(p: &Point<'_>, names: &[&str]) -> Vec<Term> {
    let ones = vec![1.0; names.len()];
    let sizes: Vec<f64> = names.iter().map(|n| p.matrix(n, 1).rows as f64).collect();
    norms(p, names)
        .into_iter()
        .map(|a| Term::new(&ones, &sizes, a))
        .collect()
}
