//! The mean curvature of an orbit: H = −∇_H log vol for isometric actions, +∇_H log vol for commuting
//! symmetric generators, ∇_H ½log det Γ_𝔭 − ∇_H ½log det Γ_𝔨 for gl(r) where μ vanishes on [𝔨, 𝔭] (c = λI, 0
//! among them), and neither elsewhere (theory §1).
//!
//! H by its definition, from accelerations of curves in the orbit; volumes by differences.

use super::oracle::*;
use super::subject::{self, Model};

fn size(x: &[f64]) -> f64 {
    dot(x, x).sqrt()
}

fn horizontal_gradient(case: &Case, generators: &[Rows], theta: &[f64]) -> Vec<f64> {
    let volume = |t: &[f64]| log_pdet(&gram(generators, t)) / 2.0;
    apply(&case.horizontal(theta), &gradient(volume, theta))
}

/// |a − b| relative to |a|.
fn apart(a: &[f64], b: &[f64]) -> f64 {
    let difference: Vec<f64> = a.iter().zip(b).map(|(x, y)| x - y).collect();
    size(&difference) / size(a)
}

fn check(case: &Case, model: &Model, sign: f64) {
    let theta = typed(case.d);
    let curvature = case.mean_curvature(&theta);
    let slope = horizontal_gradient(case, &case.generators(), &theta);
    let law: Vec<f64> = slope.iter().map(|x| sign * x).collect();
    let twin: Vec<f64> = slope.iter().map(|x| -sign * x).collect();
    // Differences of fourth order at step 1e-3.
    assert!(apart(&curvature, &law) < 1e-6);
    assert!(apart(&curvature, &twin) > 1.0, "the twin: the other sign");
    let orbit = model.answer(&theta).orbit.expect("an orbit");
    close(orbit.mean_curvature, size(&curvature), 1e-9);
    assert!(orbit.curvature_residual.expect("a law") < 1e-9);
}

#[test]
fn the_sign_is_that_of_the_action() {
    check(&square(4, 3), &subject::square(4, 3), -1.0);
    check(&square(3, 3), &subject::square(3, 3), -1.0);
    check(&products(2, 2), &subject::products(2, 2), 1.0);
    check(&rank_one(&[2, 3, 4]), &subject::rank_one([2, 3, 4]), 1.0);
}

/// P and Q with singular values s and charge c = λI, turned.
fn with_charge(lambda: f64) -> Vec<f64> {
    let turn = exponential(&vec![vec![0.0, 0.7], vec![-0.7, 0.0]]);
    let (mut p, mut q) = (zeros(4, 2), zeros(2, 3));
    for (i, s) in [1.9_f64, 0.6].iter().enumerate() {
        let a = lambda / 2.0 + (lambda * lambda / 4.0 + s * s).sqrt();
        p[i][i] = a.sqrt();
        q[i][i] = s / a.sqrt();
    }
    let (p, q) = (product(&p, &turn), product(&transposed(&turn), &q));
    p.concat().into_iter().chain(q.concat()).collect()
}

#[test]
fn mixed_actions() {
    let case = pair(4, 3, 2);
    let law = |theta: &[f64]| {
        let p = horizontal_gradient(&case, &case.symmetric, theta);
        let k = horizontal_gradient(&case, &case.antisymmetric, theta);
        p.iter().zip(&k).map(|(p, k)| p - k).collect::<Vec<f64>>()
    };
    for lambda in [0.0, 1.3, -0.8] {
        let theta = with_charge(lambda);
        assert!(
            apart(&case.mean_curvature(&theta), &law(&theta)) < 1e-6,
            "{lambda}"
        );
        let whole = horizontal_gradient(&case, &case.generators(), &theta);
        assert!(
            apart(&case.mean_curvature(&theta), &whole) > 0.05,
            "the twin: one sign for all"
        );
    }
    // Twin: a generic charge.
    let generic = typed(case.d);
    assert!(apart(&case.mean_curvature(&generic), &law(&generic)) > 1e-3);
    let orbit = subject::pair(4, 3, 2)
        .answer(&generic)
        .orbit
        .expect("an orbit");
    close(
        orbit.mean_curvature,
        size(&case.mean_curvature(&generic)),
        1e-9,
    );
    // The answer states the law at the balanced point of the orbit.
    assert!(orbit.curvature_residual.expect("a law") < 1e-8);
}
