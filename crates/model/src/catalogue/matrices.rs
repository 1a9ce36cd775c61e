//! Products of matrices: general linear groups between the factors.

use super::laws::{chain_balanced, chain_slice, pair_balanced, pair_horizontal, pair_slice};
use super::point::{Bond, Point, log_gram, log_sums, product, singular, upper};
use super::{Known, known};
use symbias_numerics::dense::Matrix;

pub(super) const MODELS: &[Known] = &[
    known!("factorization", [
        Charges: "P'P - QQ'", "theory §6", |p| charges(&p.matrix("P", 1), &p.matrix("Q", 1).transpose());
        LogDetGram: "sum_ij log(a_i + b_j), a, b = eig P'P, QQ'", "theory §6", |p| vec![gram(&p.matrix("P", 1), &p.matrix("Q", 1).transpose())];
        Decay: "||PQ||_*", "theory §6", |p| vec![singular(&product(&p.matrix("P", 1), &p.matrix("Q", 1))).iter().sum()];
        BalancedLogDetGram: "sum_i log 2s_i + 2 sum_(i<j) log(s_i + s_j)", "theory §6", |p| vec![pair_balanced(&spectrum(p, "P", "Q", 3))];
        Slice: "sum_i [(3/2) log s_i + log 2s_i] + sum_(i<j) log(s_i + s_j)", "theory §5.2, K has the eigenvalues s_i + s_j", |p| vec![pair_slice(&spectrum(p, "P", "Q", 3), 3.0)];
    ]),
    known!("factorization_square", [
        Charges: "P'P - QQ'", "theory §6", |p| charges(&p.matrix("P", 1), &p.matrix("Q", 1).transpose());
        LogDetGram: "sum_ij log(a_i + b_j), a, b = eig P'P, QQ'", "theory §6", |p| vec![gram(&p.matrix("P", 1), &p.matrix("Q", 1).transpose())];
        Decay: "||PQ||_*", "theory §6", |p| vec![singular(&product(&p.matrix("P", 1), &p.matrix("Q", 1))).iter().sum()];
        BalancedLogDetGram: "sum_i log 2s_i + 2 sum_(i<j) log(s_i + s_j)", "theory §6", |p| vec![pair_balanced(&spectrum(p, "P", "Q", 3))];
        Slice: "sum_i [log 2s_i] + sum_(i<j) log(s_i + s_j)", "theory §5.2, K has the eigenvalues s_i + s_j", |p| vec![pair_slice(&spectrum(p, "P", "Q", 3), 0.0)];
        Horizontal: "sum_i [(1/2) log 2s_i] + sum_(i<j) log(s_i + s_j)", "theory §5.3", |p| vec![pair_horizontal(&spectrum(p, "P", "Q", 3), 0.0)];
    ]),
    known!("matrix_completion", [
        Decay: "||PQ||_*", "theory §6", |p| vec![singular(&product(&p.matrix("P", 1), &p.matrix("Q", 1))).iter().sum()];
        LogDetGram: "sum_ij log(a_i + b_j), a, b = eig P'P, QQ'", "theory §6", |p| vec![gram(&p.matrix("P", 1), &p.matrix("Q", 1).transpose())];
        BalancedLogDetGram: "sum_i log 2s_i + 2 sum_(i<j) log(s_i + s_j)", "theory §6", |p| vec![pair_balanced(&spectrum(p, "P", "Q", 20))];
        Slice: "sum_i [log 2s_i] + sum_(i<j) log(s_i + s_j)", "theory §5.2, K has the eigenvalues s_i + s_j", |p| vec![pair_slice(&spectrum(p, "P", "Q", 20), 0.0)];
        Horizontal: "sum_i [(1/2) log 2s_i] + sum_(i<j) log(s_i + s_j)", "theory §5.3", |p| vec![pair_horizontal(&spectrum(p, "P", "Q", 20), 0.0)];
    ]),
    known!("lora", [
        Charges: "B'B - AA'", "theory §6", |p| charges(&p.matrix("B", 1), &p.matrix("A", 1).transpose());
        LogDetGram: "sum_ij log(a_i + b_j), a, b = eig B'B, AA'", "theory §6", |p| vec![gram(&p.matrix("B", 1), &p.matrix("A", 1).transpose())];
        Decay: "||BA||_*", "theory §6", |p| vec![singular(&product(&p.matrix("B", 1), &p.matrix("A", 1))).iter().sum()];
        BalancedLogDetGram: "sum_i log 2s_i + 2 sum_(i<j) log(s_i + s_j)", "theory §6", |p| vec![pair_balanced(&spectrum(p, "B", "A", 2))];
        Slice: "sum_i [(5/2) log s_i + log 2s_i] + sum_(i<j) log(s_i + s_j)", "theory §5.2, K has the eigenvalues s_i + s_j", |p| vec![pair_slice(&spectrum(p, "B", "A", 2), 5.0)];
    ]),
    known!("deep_linear", [
        Charges: "AA' - B'B, BB' - C'C", "theory §6", |p| {
            let (a, b, c) = (p.matrix("A", 1), p.matrix("B", 1), p.matrix("C", 1));
            [charges(&a.transpose(), &b), charges(&b.transpose(), &c)].concat()
        };
        Decay: "(3/2) sum sigma(CBA)^(2/3)", "theory §6", |p| {
            let w = product(&product(&p.matrix("C", 1), &p.matrix("B", 1)), &p.matrix("A", 1));
            vec![1.5 * singular(&w).iter().take(3).map(|s| s.powf(2.0 / 3.0)).sum::<f64>()]
        };
        LogDetGram: "block tridiagonal over the links: AA' x 1 + 1 x B'B, -B x B", "theory §6", |p| vec![log_gram(p, &[vec![("A", 0, false), ("B", 1, true)], vec![("B", 0, false), ("C", 1, true)]], &[])];
        BalancedLogDetGram: "sum_ij log S_ij, S_ij = sum_(k<3) s_i^(2k/3) s_j^(2(2-k)/3)", "theory §6; Menon, Yu", |p| vec![chain_balanced(&chain(p), 3.0)];
        Slice: "(1/2)[sum_ij log S_ij + sum_i log S_ii + (4/3) 3 sum_i log s_i]", "theory §5.2, K has the eigenvalues S_ij", |p| vec![chain_slice(&chain(p), 3.0, 3.0)];
    ]),
    known!("deep_linear_square", [
        Charges: "AA' - B'B, BB' - C'C", "theory §6", |p| {
            let (a, b, c) = (p.matrix("A", 1), p.matrix("B", 1), p.matrix("C", 1));
            [charges(&a.transpose(), &b), charges(&b.transpose(), &c)].concat()
        };
        Decay: "(3/2) sum sigma(CBA)^(2/3)", "theory §6", |p| vec![1.5 * chain(p).iter().map(|s| s.powf(2.0 / 3.0)).sum::<f64>()];
        LogDetGram: "block tridiagonal over the links: AA' x 1 + 1 x B'B, -B x B", "theory §6", |p| vec![log_gram(p, &[vec![("A", 0, false), ("B", 1, true)], vec![("B", 0, false), ("C", 1, true)]], &[])];
        BalancedLogDetGram: "sum_ij log S_ij, S_ij = sum_(k<3) s_i^(2k/3) s_j^(2(2-k)/3)", "theory §6; Menon, Yu", |p| vec![chain_balanced(&chain(p), 3.0)];
        Slice: "(1/2)[sum_ij log S_ij + sum_i log S_ii]", "theory §5.2, K has the eigenvalues S_ij", |p| vec![chain_slice(&chain(p), 3.0, 0.0)];
    ]),
    known!("tensor_train", [
        LogDetGram: "Gram matrix of E_ij on each bond", "theory §1 in the basis E_ij", |p| {
            let bonds: [Bond<'_>; 2] = [vec![("A", 1, false), ("B", 0, true)], vec![("B", 2, false), ("C", 0, true)]];
            vec![log_gram(p, &bonds, &[])]
        };
    ]),
    known!("tucker", [
        LogDetGram: "Gram matrix of E_ij on each mode", "theory §1 in the basis E_ij", |p| {
            let mode = |k: usize| -> Bond<'_> { vec![("G", k, false), (["A", "B", "C"][k], 1, true)] };
            vec![log_gram(p, &[mode(0), mode(1), mode(2)], &[])]
        };
    ]),
];

/// The r largest singular values of a product of two tensors.
fn spectrum(p: &Point<'_>, left: &str, right: &str, r: usize) -> Vec<f64> {
    let mut s = singular(&product(&p.matrix(left, 1), &p.matrix(right, 1)));
    s.truncate(r);
    s
}

/// The three largest singular values of C B A.
fn chain(p: &Point<'_>) -> Vec<f64> {
    let w = product(
        &product(&p.matrix("C", 1), &p.matrix("B", 1)),
        &p.matrix("A", 1),
    );
    let mut s = singular(&w);
    s.truncate(3);
    s
}

/// UᵀU − VᵀV, upper triangle.
pub(super) fn charges(u: &Matrix, v: &Matrix) -> Vec<f64> {
    let (a, b) = (product(&u.transpose(), u), product(&v.transpose(), v));
    upper(&a.add_scaled(-1.0, &b).unwrap_or(a))
}

/// log det Γ of gl(r) on (U, V), W = UVᵀ.
pub(super) fn gram(u: &Matrix, v: &Matrix) -> f64 {
    log_sums(&product(&u.transpose(), u), &product(&v.transpose(), v))
}

/// A block of rows of a tensor with a leading head axis.
pub(super) fn head(p: &Point<'_>, name: &str, h: usize, rows: usize) -> Matrix {
    let entries = p.entries(name);
    let all = p.matrix(name, 1);
    let size = all.cols;
    Matrix::from_fn(rows, size / rows, |i, j| {
        entries[h * size + i * (size / rows) + j]
    })
}
