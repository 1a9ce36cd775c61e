//! A point of a closed orbit has the least norm exactly where all charges μ_A, A ∈ 𝔭, vanish, and is
//! unique up to the compact group (Kempf, Ness 1979; theory §3.1).
//!
//! The least norm by a Newton iteration of the judge; no group element of many lowers it; the
//! regulariser of the answer has its value at every point of the orbit.

use super::oracle::*;
use super::subject::{self, Model, value};

fn half(theta: &[f64]) -> f64 {
    dot(theta, theta) / 2.0
}

/// e^X θ, X a combination of the symmetric generators.
fn moved(case: &Case, weights: &[f64], theta: &[f64]) -> Vec<f64> {
    let x = case
        .symmetric
        .iter()
        .zip(weights)
        .fold(zeros(case.d, case.d), |x, (a, w)| sum(&x, *w, a));
    apply(&exponential(&x), theta)
}

fn check(case: &Case, model: &Model) {
    let theta = typed(case.d);
    let balanced = case.balanced(&theta);
    assert!(case.charges(&balanced).iter().all(|c| c.abs() < 1e-12));
    let least = half(&balanced);
    assert!(
        half(&theta) > least * (1.0 + 1e-6),
        "the twin: any other gauge is longer"
    );
    for k in 1..20 {
        let weights: Vec<f64> = (0..case.symmetric.len())
            .map(|a| 0.4 * (1.3 * (k * (a + 2)) as f64).sin())
            .collect();
        let point = moved(case, &weights, &balanced);
        assert!(half(&point) > least, "{k}");
        // A point with a charge is not minimal: a step against it lowers the norm.
        let charges = case.charges(&point);
        let step: Vec<f64> = charges.iter().map(|c| -1e-3 * c).collect();
        assert!(half(&moved(case, &step, &point)) < half(&point));
        if k % 9 == 0 {
            close(value(&model.answer(&point).bias.decay), least, 1e-9);
        }
    }
    close(value(&model.answer(&theta).bias.decay), least, 1e-9);
    // Unique up to the compact group: from elsewhere on the orbit, the same Gram matrices.
    let start: Vec<f64> = vec![0.3; case.symmetric.len()];
    let again = case.balanced(&moved(case, &start, &theta));
    close(
        log_pdet(&case.gram(&again)),
        log_pdet(&case.gram(&balanced)),
        1e-8,
    );
}

#[test]
fn least_norm_is_vanishing_charge() {
    check(&products(2, 2), &subject::products(2, 2));
    check(&rank_one(&[2, 3, 4]), &subject::rank_one([2, 3, 4]));
    check(&pair(3, 4, 2), &subject::pair(3, 4, 2));
    check(&chain(3, 2), &subject::chain(3, 2));
}

#[test]
fn open_orbits_have_no_least_norm() {
    // The scale of a direction: the norm goes to 0, and the charge ‖v‖²/2 never vanishes.
    let answer = subject::direction(3).answer(&typed(3));
    assert!(!answer.bias.decay.exists);
    close(answer.charges.values[0].abs(), half(&typed(3)), 1e-12);
}
