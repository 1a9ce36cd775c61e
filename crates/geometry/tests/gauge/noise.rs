//! Noise-balanced points.

use super::common::*;
use symbias_geometry::gauge::{StopReason, balance, noise_balance, residual};
use symbias_numerics::dense::Matrix;
use symbias_numerics::random::Stream;

fn jacobian(m: usize, r: usize, n: usize, theta: &[f64]) -> Vec<Vec<f64>> {
    let mut rows = Vec::new();
    for i in 0..m {
        for j in 0..n {
            let mut row = vec![0.0; theta.len()];
            for k in 0..r {
                row[i * r + k] = theta[m * r + k * n + j];
                row[m * r + k * n + j] = theta[i * r + k];
            }
            rows.push(row);
        }
    }
    rows
}

/// ‖c PᵀP − QQᵀ‖ relative to ‖QQᵀ‖.
fn defect(m: usize, r: usize, n: usize, theta: &[f64], c: f64) -> f64 {
    let gram = |f: &dyn Fn(usize, usize) -> f64| Matrix::from_fn(r, r, f);
    let p = gram(&|a, b| (0..m).map(|i| theta[i * r + a] * theta[i * r + b]).sum());
    let q = gram(&|a, b| {
        (0..n)
            .map(|j| theta[m * r + a * n + j] * theta[m * r + b * n + j])
            .sum()
    });
    p.scaled(c).add_scaled(-1.0, &q).expect("shapes").norm() / q.norm()
}

#[test]
fn predictor_noise_of_a_factorization_balances_n_ppt_with_m_qqt() {
    let r = 3;
    for (m, n) in [(6, 4), (3, 7)] {
        let model = factorization(m, r, n);
        let fields = symmetric(&model);
        let theta = normals(13, model.space().dim());
        let fixed = noise_balance(&fields, &theta, &jacobian(m, r, n, &theta)).expect("a point");
        assert_eq!(fixed.stop, StopReason::Balanced);
        // n PᵀP = m QQᵀ (theory §3.4).
        assert!(defect(m, r, n, &fixed.theta, n as f64 / m as f64) <= 1e-10);
        // The gradients at the new point are the transported ones: nothing drives a charge.
        let fresh = jacobian(m, r, n, &fixed.theta);
        assert!(residual(&fields, &fresh).expect("a number") <= 1e-10);
        let (before, after) = (product(m, r, n, &theta), product(m, r, n, &fixed.theta));
        assert!(before.add_scaled(-1.0, &after).expect("shapes").norm() <= 1e-13 * before.norm());
        // The twin: the balanced gauge has PᵀP = QQᵀ, and there the noise drives charges.
        let balanced = balance(&fields, &theta).expect("a point").theta;
        assert!(defect(m, r, n, &balanced, 1.0) <= 1e-10);
        assert!(defect(m, r, n, &balanced, n as f64 / m as f64) > 0.1);
        let driven = jacobian(m, r, n, &balanced);
        assert!(residual(&fields, &driven).expect("a number") > 0.1);
    }
}

#[test]
fn label_noise_of_a_relu_unit_leads_to_one_over_the_root_of_d() {
    let d = 9;
    let samples = 20_000;
    let model = parsed(&format!(
        "symbias = 1\noutputs = [\"y\"]\naxes = {{ d = {d} }}\nprogram = \"y = v * relu(w[d] * x[d])\"\n\
         parameters = {{ v = [], w = [\"d\"] }}\ninputs = {{ x = [\"d\"] }}\n"
    ));
    let fields = symmetric(&model);
    let theta = normals(14, d + 1);
    let gradients: Vec<Vec<f64>> = (0..samples)
        .map(|k| {
            let mut x = vec![0.0; d];
            Stream::new(15, k, 0).fill_normal(&mut x);
            let z: f64 = x.iter().zip(&theta[1..]).map(|(a, b)| a * b).sum();
            let active = if z > 0.0 { 1.0 } else { 0.0 };
            std::iter::once(z * active)
                .chain(x.iter().map(|x| theta[0] * x * active))
                .collect()
        })
        .collect();
    let fixed = noise_balance(&fields, &theta, &gradients).expect("a point");
    assert_eq!(fixed.stop, StopReason::Balanced);
    let ratio = fixed.theta[0].abs() / norm(&fixed.theta[1..]);
    // ratio² = Σ (ŵᵀx)² / Σ ‖x‖² over the active half: the relative error of the numerator, the mean of
    // 10 000 squares of normals, is √(2/10⁴), that of the ratio half of it; four standard errors.
    let expected = 1.0 / (d as f64).sqrt();
    assert!(
        (ratio / expected - 1.0).abs() <= 4.0 * 0.5 * (2.0f64 / 1e4).sqrt(),
        "{ratio}"
    );
    // The twin: the balanced gauge has ratio 1.
    let balanced = balance(&fields, &theta).expect("a point").theta;
    assert!((balanced[0].abs() / norm(&balanced[1..]) - 1.0).abs() <= 1e-10);
}

#[test]
fn scale_invariance_has_no_noise_balance() {
    let model = model("scale_invariant");
    let fields = symmetric(&model);
    let theta = normals(16, model.space().dim());
    // Any vectors orthogonal to w are gradients of functions of w/‖w‖.
    let mut g = normals(17, theta.len());
    let along = g.iter().zip(&theta).map(|(a, b)| a * b).sum::<f64>() / norm(&theta).powi(2);
    g.iter_mut().zip(&theta).for_each(|(g, t)| *g -= along * t);
    let fixed = noise_balance(&fields, &theta, &[g]).expect("a point");
    assert_eq!(fixed.stop, StopReason::Degenerate);
    assert_eq!(fixed.theta, theta);
    assert_eq!(fixed.escapes[0].shrinking.len(), theta.len());
}
