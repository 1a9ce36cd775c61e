//! Products of matrices: general linear groups between the factors.

use super::point::{Point, log_sums, product, singular, upper};
use super::{Known, known};
use symbias_numerics::dense::Matrix;

pub(super) const MODELS: &[Known] = &[
    known!("factorization", [
        Charges: "P'P - QQ'", "theory §6", |p| charges(&p.matrix("P", 1), &p.matrix("Q", 1).transpose());
        LogDetGram: "sum_ij log(a_i + b_j), a, b = eig P'P, QQ'", "theory §6", |p| vec![gram(&p.matrix("P", 1), &p.matrix("Q", 1).transpose())];
        Decay: "||PQ||_*", "theory §6", |p| vec![singular(&product(&p.matrix("P", 1), &p.matrix("Q", 1))).iter().sum()];
    ]),
    known!("matrix_completion", [
        Decay: "||PQ||_*", "theory §6", |p| vec![singular(&product(&p.matrix("P", 1), &p.matrix("Q", 1))).iter().sum()];
        LogDetGram: "sum_ij log(a_i + b_j), a, b = eig P'P, QQ'", "theory §6", |p| vec![gram(&p.matrix("P", 1), &p.matrix("Q", 1).transpose())];
    ]),
    known!("lora", [
        Charges: "B'B - AA'", "theory §6", |p| charges(&p.matrix("B", 1), &p.matrix("A", 1).transpose());
        LogDetGram: "sum_ij log(a_i + b_j), a, b = eig B'B, AA'", "theory §6", |p| vec![gram(&p.matrix("B", 1), &p.matrix("A", 1).transpose())];
        Decay: "||BA||_*", "theory §6", |p| vec![singular(&product(&p.matrix("B", 1), &p.matrix("A", 1))).iter().sum()];
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
    ]),
    known!("tensor_train", []),
    known!("tucker", []),
];

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
