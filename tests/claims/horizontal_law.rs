//! Horizontal noise C = 2T P_H (Menon, Stromme, Vacher, COLT 2026): p(w) ∝ e^{−ℓ/T} det K₀^{−1/2} on the balanced
//! leaf; |w|^{−1/2} for w = uv, |w|^{−(D−1)/D} for depth D (theory §5.3).
//!
//! The quotient equation dw = (−K∇ℓ + T tr(P_H ∇²F)) dt + √(2TK) dW from the definitions: in one
//! dimension its stationary density without flux is K^{−1} exp ∫ drift/(TK), and for matrices the Itô
//! term must equal det K^{1/2} ∂_j(det K^{−1/2} K_ij), which is the same statement.

use super::oracle::{
    Case, agree, close, inner, interval, log_pdet, pair, power, product, products, transposed,
};
use super::subject::{self, value};

/// tr(P_H ∇²F_i), second derivatives by differences that are exact for polynomials of degree 4.
fn ito(case: &Case, theta: &[f64]) -> Vec<f64> {
    let p = case.horizontal(theta);
    let moved = |j: usize, h: f64| {
        let mut t = theta.to_vec();
        t[j] += h;
        case.jacobian(&t)
    };
    let slopes: Vec<_> = (0..case.d)
        .map(|j| {
            let (a, b, c, d) = (moved(j, 1.0), moved(j, -1.0), moved(j, 2.0), moved(j, -2.0));
            (a, b, c, d)
        })
        .collect();
    (0..slopes[0].0.len())
        .map(|i| {
            let second: Vec<Vec<f64>> = slopes
                .iter()
                .map(|(a, b, c, d)| {
                    (0..case.d)
                        .map(|k| (8.0 * (a[i][k] - b[i][k]) - (c[i][k] - d[i][k])) / 12.0)
                        .collect()
                })
                .collect();
            inner(&p, &second)
        })
        .collect()
}

#[test]
fn entrywise_products_have_their_power() {
    for depth in [2, 3, 4] {
        let case = products(depth, 1);
        let at = |w: f64| vec![w.powf(1.0 / depth as f64); depth];
        let density = |w: f64, with_ito: f64| {
            let drift = |x: f64| with_ito * ito(&case, &at(x))[0] / case.metric(&at(x))[0][0];
            interval(drift, 0.5, w, 60).exp() / case.metric(&at(w))[0][0]
        };
        let expected = -(depth as f64 - 1.0) / depth as f64;
        // Simpson's rule with 60 panels on a smooth integrand.
        let found = power(|w| density(w, 1.0), 0.5, 2.0);
        assert!((found - expected).abs() < 1e-6, "{depth}: {found}");
        let twin = power(|w| density(w, 0.0), 0.5, 2.0);
        assert!(
            (twin - expected).abs() > 0.4,
            "the twin without the Ito term: {twin}"
        );
        let law = |w: f64| {
            let mut theta = at(w);
            theta[0] *= 1.7;
            theta[1] /= 1.7;
            -value(
                &subject::products(depth, 1)
                    .answer(&theta)
                    .bias
                    .noise_horizontal,
            )
        };
        close((law(2.0) - law(0.5)) / 4.0_f64.ln(), expected, 1e-9);
    }
}

#[test]
fn square_matrices_have_the_metric_of_the_balanced_leaf() {
    let (n, case) = (2, pair(2, 2, 2));
    // K₀(W) = (WWᵀ)^{1/2} ⊗ 1 + 1 ⊗ (WᵀW)^{1/2}.
    let metric = |w: &[f64]| {
        let w = vec![w[..2].to_vec(), w[2..].to_vec()];
        let root = |a| super::oracle::function(&a, |x| x.max(0.0).sqrt());
        let (a, b) = (
            root(product(&w, &transposed(&w))),
            root(product(&transposed(&w), &w)),
        );
        let entry = |i: usize, j: usize| {
            let left = if i % n == j % n { a[i / n][j / n] } else { 0.0 };
            left + if i / n == j / n { b[i % n][j % n] } else { 0.0 }
        };
        (0..n * n)
            .map(|i| (0..n * n).map(|j| entry(i, j)).collect())
            .collect::<Vec<Vec<f64>>>()
    };
    let theta = case.balanced(&[2.0, 0.3, -0.2, 1.1, 1.4, -0.5, 0.6, 1.2]);
    let w = (case.map)(&theta);
    let (k, known) = (case.metric(&theta), metric(&w));
    assert!(
        k.iter()
            .zip(&known)
            .all(|(a, b)| a.iter().zip(b).all(|(x, y)| agree(*x, *y, 1e-9)))
    );
    let found = ito(&case, &theta);
    let h = 1e-3;
    let side = |i: usize, share: f64| -> f64 {
        let term = |j: usize| {
            let at = |c: f64| {
                let mut x = w.clone();
                x[j] += c * h;
                let k = metric(&x);
                (k[i][j], log_pdet(&k))
            };
            let (a, b, c, d) = (at(1.0), at(-1.0), at(2.0), at(-2.0));
            let slope =
                |f: fn(&(f64, f64)) -> f64| (8.0 * (f(&a) - f(&b)) - (f(&c) - f(&d))) / (12.0 * h);
            slope(|x| x.0) - share * known[i][j] * slope(|x| x.1)
        };
        (0..n * n).map(term).sum()
    };
    for (i, term) in found.iter().enumerate() {
        // Differences of fourth order at step 1e-3.
        close(*term, side(i, 0.5), 1e-7);
    }
    assert!(
        (0..n * n).any(|i| !agree(found[i], side(i, 1.0), 1e-2)),
        "the twin: det K^-1"
    );
    let law = value(&subject::pair(2, 2, 2).answer(&theta).bias.noise_horizontal);
    close(law, log_pdet(&k) / 2.0, 1e-9);
}
