//! Where the drift of the charges under gradient noise vanishes (Ziyin et al. 2024; theory §3.4): W = PQ
//! with C = s²JᵀJ at n PᵀP = m QQᵀ; a unit v relu(wᵀx) with label noise and isotropic x at |v|/‖w‖ = 1/√d.
//! In general this is not the balanced point.
//!
//! The drift ½ tr(AC) from Jacobians by differences; the gauge that symbias finds from the same
//! gradients.

use super::oracle::*;
use super::subject;
use symbias_geometry::gauge::{StopReason, noise_balance};

/// ½ tr(A C) for each symmetric generator, C = Σ_k s_k s_kᵀ.
fn drift(case: &Case, noise: &Rows) -> Vec<f64> {
    let of = |a: &Rows| noise.iter().map(|s| dot(s, &apply(a, s))).sum::<f64>() / 2.0;
    case.symmetric.iter().map(of).collect()
}

#[test]
fn products_of_matrices() {
    for (m, n, r) in [(3, 2, 2), (2, 5, 2), (4, 3, 3)] {
        let case = pair(m, n, r);
        let theta = typed(case.d);
        let factors = |t: &[f64]| {
            let (p, q) = (block(t, 0, m, r), block(t, m * r, r, n));
            (product(&transposed(&p), &p), product(&q, &transposed(&q)))
        };
        // ½ tr(A C) = ½⟨X, m QQᵀ − n PᵀP⟩ for the generator of X.
        let (a, b) = factors(&theta);
        let rate = sum(&scaled(&b, m as f64), -(n as f64), &a);
        for (x, d) in symmetric_basis(r)
            .iter()
            .zip(drift(&case, &case.jacobian(&theta)))
        {
            close(d, inner(x, &rate) / 2.0, 1e-9);
        }
        let split = subject::pair(m, n, r).generators();
        let fixed =
            noise_balance(&split.symmetric, &theta, &case.jacobian(&theta)).expect("a gauge");
        assert_eq!(fixed.stop, StopReason::Balanced);
        let (before, after) = ((case.map)(&theta), (case.map)(&fixed.theta));
        before
            .iter()
            .zip(&after)
            .for_each(|(x, y)| close(*y, *x, 1e-9));
        let rest = drift(&case, &case.jacobian(&fixed.theta));
        assert!(rest.iter().all(|x| x.abs() < 1e-7), "{rest:?}");
        let (a, b) = factors(&fixed.theta);
        let at = |x: f64, y: f64| {
            inner(&sum(&scaled(&a, x), -y, &b), &sum(&scaled(&a, x), -y, &b)).sqrt()
        };
        assert!(at(n as f64, m as f64) < 1e-7 * inner(&a, &a).sqrt());
        assert!(
            at(1.0, 1.0) > 0.1 * inner(&a, &a).sqrt(),
            "the twin: the balanced point"
        );
    }
}

#[test]
fn a_unit_in_d_dimensions() {
    for d in [2, 3, 5] {
        // ±√d e_i have the second moments of any isotropic law, and one of each pair is active.
        let inputs: Rows = (0..2 * d)
            .map(|k| {
                let mut x = vec![0.0; d];
                x[k % d] = if k < d { 1.0 } else { -1.0 } * (d as f64).sqrt();
                x
            })
            .collect();
        let gradients = |t: &[f64]| -> Rows {
            let active = |x: &&Vec<f64>| dot(&t[1..], x) > 0.0;
            let of = |x: &Vec<f64>| {
                let rest = x.iter().map(|x| t[0] * x);
                std::iter::once(dot(&t[1..], x)).chain(rest).collect()
            };
            inputs.iter().filter(active).map(of).collect()
        };
        let theta = typed(d + 1);
        let split = subject::group(d).generators();
        let fixed = noise_balance(&split.symmetric, &theta, &gradients(&theta)).expect("a gauge");
        assert_eq!(fixed.stop, StopReason::Balanced);
        let t = &fixed.theta;
        let ratio = t[0].abs() / dot(&t[1..], &t[1..]).sqrt();
        close(ratio, 1.0 / (d as f64).sqrt(), 1e-9);
        assert!((ratio - 1.0).abs() > 0.2, "the twin: the balanced unit");
        let case = rank_one(&[1, d]);
        assert!(drift(&case, &gradients(t))[0].abs() < 1e-8);
        assert!(drift(&case, &gradients(&theta))[0].abs() > 1e-3);
    }
}
