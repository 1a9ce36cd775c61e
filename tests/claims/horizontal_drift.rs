//! How charges drift under horizontal noise, dμ_A = T tr(A P_H) dt (theory §5.3):
//!
//! * w = uv: dq = −2Tq/(u² + v²) dt, q = u² − v²;
//! * w = s v, v of k entries: d(‖v‖² − s²)/2 = T[(k − 1) − (‖v‖² − s²)/(‖v‖² + s²)] dt, which is (k − 1)T on the
//!   balanced leaf only;
//! * W = PQ, a = PᵀP, b = QQᵀ: d(a − b) = 2T[(m − n)I − Σ_i α_i(α_i + b)^{−1} + Σ_j β_j(β_j + a)^{−1}] dt;
//! * one term of a tensor: d(A_i − A_j) = 2T[n_i − n_j + p_i − p_j] dt, p_i ∝ 1/A_i;
//! * deep linear nets of D ≥ 3 matrices of n ≥ 2 rows do not keep the balanced leaf, square or not.
//!
//! The projector of the definition against the formulas, and both against the answer.

use super::oracle::*;
use super::subject::{self, status};
use symbias_geometry::orbit::OrbitFrame;

/// T tr(A P_H) of the generators that symbias found, in its basis.
fn found(model: &subject::Model, theta: &[f64]) -> Vec<f64> {
    let split = model.generators();
    let all = split.all();
    let frame = OrbitFrame::new(&all, theta).expect("a frame");
    frame.horizontal_traces(&split.symmetric)
}

fn square_sum(x: &[f64]) -> f64 {
    dot(x, x)
}

#[test]
fn pairs_of_numbers_and_groups() {
    let theta = [0.9, -1.7];
    let (q, size) = (
        theta[0] * theta[0] - theta[1] * theta[1],
        square_sum(&theta),
    );
    close(
        2.0 * products(2, 1).drifts(&theta)[0],
        -2.0 * q / size,
        1e-12,
    );
    close(
        2.0 * found(&subject::products(2, 1), &theta)[0].abs(),
        (2.0 * q / size).abs(),
        1e-12,
    );
    for k in [2, 3, 5] {
        let theta = typed(k + 1);
        let (s, v) = (theta[0] * theta[0], square_sum(&theta[1..]));
        let drift = |s: f64, v: f64| (k as f64 - 1.0) - (v - s) / (v + s);
        let case = rank_one(&[1, k]);
        close(-case.drifts(&theta)[0], drift(s, v), 1e-12);
        assert!(
            !agree(drift(s, v), k as f64 - 1.0, 1e-3),
            "the twin: k - 1 everywhere"
        );
        let balanced = case.balanced(&theta);
        close(-case.drifts(&balanced)[0], k as f64 - 1.0, 1e-10);
        let answer = found(&subject::group(k), &theta);
        close(answer[0].abs(), drift(s, v).abs(), 1e-12);
        let bias = subject::group(k).answer(&theta).bias.noise_horizontal;
        assert_eq!(status(&bias, "leaf-invariant"), Some("fails"));
        assert!(!bias.exists);
    }
}

#[test]
fn products_of_matrices() {
    for (m, n, r) in [(3, 2, 2), (3, 3, 3), (2, 4, 2), (2, 2, 2)] {
        let case = pair(m, n, r);
        let theta = other(case.d);
        let (p, q) = (block(&theta, 0, m, r), block(&theta, m * r, r, n));
        let (a, b) = (product(&transposed(&p), &p), product(&q, &transposed(&q)));
        let one = identity(r);
        let mut rate = scaled(&one, m as f64 - n as f64);
        for x in eigen(&a).0 {
            rate = sum(&rate, -x, &pseudo_inverse(&sum(&b, x, &one)));
        }
        for y in eigen(&b).0 {
            rate = sum(&rate, y, &pseudo_inverse(&sum(&a, y, &one)));
        }
        let drifts = case.drifts(&theta);
        let twin = scaled(&one, m as f64 - n as f64);
        let mut differs = false;
        for (x, drift) in symmetric_basis(r).iter().zip(&drifts) {
            close(*drift, inner(x, &rate), 1e-9);
            differs |= !agree(*drift, inner(x, &twin), 1e-2);
        }
        assert!(differs, "the twin: the constant alone");
        let answer = found(&subject::pair(m, n, r), &theta);
        close(square_sum(&answer), square_sum(&drifts), 1e-9);
        let bias = subject::pair(m, n, r).answer(&theta).bias.noise_horizontal;
        let stays = m == n;
        assert_eq!(
            status(&bias, "leaf-invariant"),
            Some(if stays { "verified" } else { "fails" })
        );
    }
}

#[test]
fn terms_of_tensors() {
    for dims in [[2, 3, 4], [2, 2, 2], [1, 1, 1]] {
        let case = rank_one(&dims);
        let theta = typed(case.d);
        let mut at = 0;
        let squares = dims.map(|n| {
            at += n;
            square_sum(&theta[at - n..at])
        });
        let whole: f64 = squares.iter().map(|a| 1.0 / a).sum();
        let p = squares.map(|a| 1.0 / a / whole);
        let drifts = case.drifts(&theta);
        for k in 0..2 {
            let sizes = dims[k] as f64 - dims[k + 1] as f64;
            close(drifts[k], sizes + p[k] - p[k + 1], 1e-12);
            assert!(
                !agree(drifts[k], sizes - p[k] + p[k + 1], 1e-3),
                "the twin: the other sign"
            );
        }
        let bias = subject::rank_one(dims).answer(&theta).bias.noise_horizontal;
        let stays = dims[0] == dims[1] && dims[1] == dims[2];
        assert_eq!(
            status(&bias, "leaf-invariant"),
            Some(if stays { "verified" } else { "fails" })
        );
    }
}

#[test]
fn deep_linear_nets_leave_the_balanced_leaf() {
    let largest = |case: &Case| {
        let balanced = case.balanced(&typed(case.d));
        case.drifts(&balanced)
            .iter()
            .fold(0.0, |m: f64, x| m.max(x.abs()))
    };
    assert!(largest(&chain(3, 2)) > 0.1);
    let bias = subject::chain(3, 2)
        .answer(&typed(12))
        .bias
        .noise_horizontal;
    assert_eq!(status(&bias, "leaf-invariant"), Some("fails"));
    assert!(!bias.exists);
    // Twins: two square matrices, and three numbers, stay.
    assert!(largest(&chain(2, 2)) < 1e-9);
    assert!(largest(&chain(3, 1)) < 1e-9);
}
