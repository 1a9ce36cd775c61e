//! w = u ⊙ v: K_c(w) = √(c² + 4w²), c = |u² − v²|, and the mirror potential is the hyperbolic entropy
//! of Woodworth et al. 2020 (theorem 1: q(z) = 2 − √(4 + z²) + z asinh(z/2)), here Σ (c/8) q(4w/c), with
//! the limits ‖w‖₁ for c → 0 and ‖w‖₂² for c → ∞ (theory §4.1).
//!
//! The potential of the flow against q as printed, its second derivative against the tangent kernel
//! of the definition, and both limits with their first corrections.

use super::oracle::{agree, close, products};
use super::subject::{self, value};

fn q(z: f64) -> f64 {
    2.0 - (4.0 + z * z).sqrt() + z * (z / 2.0).asinh()
}

/// (u, v) with uv = w and u² − v² = c.
fn lifted(w: f64, c: f64) -> [f64; 2] {
    let u = ((c + (c * c + 4.0 * w * w).sqrt()) / 2.0).sqrt();
    [u, w / u]
}

fn potential(w: &[f64], c: f64) -> f64 {
    let points: Vec<[f64; 2]> = w.iter().map(|w| lifted(*w, c)).collect();
    let theta: Vec<f64> = [0, 1]
        .iter()
        .flat_map(|k| points.iter().map(|p| p[*k]))
        .collect();
    value(&subject::products(2, w.len()).answer(&theta).bias.flow)
}

const W: [f64; 3] = [0.7, -1.9, 0.31];

#[test]
fn the_potential_is_the_printed_entropy() {
    for c in [0.05, 1.0, 3.0] {
        let expected: f64 = W.iter().map(|w| c / 8.0 * q(4.0 * w / c)).sum();
        close(potential(&W, c), expected, 1e-11);
        // Twin: half the charge.
        let twin: f64 = W.iter().map(|w| c / 16.0 * q(8.0 * w / c)).sum();
        assert!(!agree(potential(&W, c), twin, 1e-3));
    }
}

#[test]
fn the_kernel_is_the_inverse_of_its_curvature() {
    let case = products(2, 1);
    for (w, c) in [(0.7_f64, 0.3_f64), (-2.0, 1.0)] {
        let k = case.metric(&lifted(w, c))[0][0];
        close(k, (c * c + 4.0 * w * w).sqrt(), 1e-12);
        let h = 1e-3 * c;
        let second =
            (potential(&[w + h], c) - 2.0 * potential(&[w], c) + potential(&[w - h], c)) / (h * h);
        // Error h²Q⁗/12 and rounding 1e-16/h².
        assert!(agree(second * k, 1.0, 1e-6), "{second} {k}");
        assert!(
            !agree(second * (c * c + w * w).sqrt(), 1.0, 1e-2),
            "the twin without the 4"
        );
    }
}

#[test]
fn small_charges_give_the_sum_and_large_ones_the_square() {
    // Q = Σ (|w|/2)(log(4|w|/c) − 1) + c/4 + O(c²).
    let c = 1e-5;
    let expansion: f64 = W
        .iter()
        .map(|w| w.abs() / 2.0 * ((4.0 * w.abs() / c).ln() - 1.0) + c / 4.0)
        .sum();
    let small = potential(&W, c);
    // c is a difference of squares: rounding 1e-16/c, and the next term is c²/16|w|.
    close(small, expansion, 1e-10);
    let l1: f64 = W.iter().map(|w| w.abs()).sum();
    let l2: f64 = W.iter().map(|w| w * w).sum();
    let leading = |c: f64| (1.0 / c).ln() / 2.0;
    // The correction to ‖w‖₁ is of order 1/log(1/c).
    let bound = W
        .iter()
        .map(|w| w.abs() * ((4.0 * w.abs()).ln() - 1.0).abs())
        .sum::<f64>()
        / (2.0 * leading(c));
    assert!((small / leading(c) - l1).abs() <= bound + c);
    // Q = Σ w²/2c (1 − w²/3c² + …).
    let c = 300.0;
    let large = 2.0 * c * potential(&W, c);
    assert!(
        (large / l2 - 1.0).abs() < 4.0 / (c * c) + 1e-9,
        "{large} {l2}"
    );
    assert!((large / l1 - 1.0).abs() > 0.1, "the twin: the other norm");
}
