//! K, ∇Q, Q of one weight.

use super::common::{close, normals};
use symbias_bias::flow::Entropy;

/// ∫ from 0 of du/Π_{k>0}√(u² + c_k) by Simpson's rule in u = x³, many points: the dual by its definition.
fn dual_by_simpson(charges: &[f64], end: f64) -> f64 {
    let n = 200_000;
    let last = end.cbrt();
    let f = |x: f64| {
        let u = x * x * x;
        3.0 * x * x / charges.iter().map(|c| (u * u + c).sqrt()).product::<f64>()
    };
    let h = last / f64::from(n);
    let inner = (1..n).map(|i| f(f64::from(i) * h) * if i % 2 == 1 { 4.0 } else { 2.0 });
    (f(0.0) + inner.sum::<f64>() + f(last)) * h / 3.0
}

#[test]
fn two_factors_have_the_hyperbolic_entropy() {
    for (u, v) in [
        (1.0_f64, 2.0_f64),
        (0.01, -3.0),
        (-2.0, 1.9),
        (1e-9, 1e-3),
        (5.0, 1e-12),
    ] {
        let (entropy, at) = Entropy::of(&[u, v]);
        let (w, c) = (u * v, (u * u - v * v).abs());
        close(entropy.weight(at), w, 1e-14);
        close(entropy.metric(at), (c * c + 4.0 * w * w).sqrt(), 1e-14);
        close(entropy.metric(at), u * u + v * v, 1e-14);
        close(entropy.dual(at), (2.0 * w / c).asinh() / 2.0, 1e-14);
        let root = (c * c + 4.0 * w * w).sqrt();
        let q = w * (2.0 * w / c).asinh() / 2.0 - w * w / (root + c);
        close(entropy.potential(at), q, 1e-10);
        close(
            entropy.inverse(entropy.dual(at)).expect("a weight"),
            w,
            1e-13,
        );
        // The twin: the charge (u² − v²)/2 of theory §2 is half of c.
        let wrong = (c * c / 4.0 + 4.0 * w * w).sqrt();
        assert!((entropy.metric(at) - wrong).abs() > 1e-9 * wrong || c < 1e-6);
    }
}

#[test]
fn any_depth_has_the_integral_of_its_definition() {
    for factors in [
        vec![0.3, -0.8, 1.4],
        vec![1e-3, 0.5, 0.7],
        vec![0.9, 0.01, -2.0, 1.1],
        vec![1.2, 1.1, 1.3, 1.15, 1.25],
        vec![0.5, 0.5 * (1.0 + 1e-9), 3.0],
    ] {
        let (entropy, at) = Entropy::of(&factors);
        let mut squares: Vec<f64> = factors.iter().map(|x| x * x).collect();
        squares.sort_by(f64::total_cmp);
        let charges: Vec<f64> = squares[1..].iter().map(|a| a - squares[0]).collect();
        let w: f64 = factors.iter().product();
        close(entropy.weight(at), w, 1e-13);
        let k: f64 = squares.iter().map(|a| w * w / a).sum();
        close(entropy.metric(at), k, 1e-13);
        if charges[0] > 1e-6 {
            let z = dual_by_simpson(&charges, squares[0].sqrt()) * w.signum();
            close(entropy.dual(at), z, 1e-8);
            close(entropy.potential(at), w * z - squares[0] / 2.0, 1e-7);
        }
        close(entropy.coordinate(w).expect("a point"), at, 1e-11);
        close(
            entropy.inverse(entropy.dual(at)).expect("a weight"),
            w,
            1e-10,
        );
        assert_eq!(entropy.depth(), factors.len());
    }
}

/// The derivative of the dual along the leaf is 1/K, whatever is tied, and the divergence is that of the
/// potential.
#[test]
fn the_dual_and_the_potential_are_those_of_the_metric() {
    for (factors, other) in [
        (vec![0.3, -0.8, 1.4], -0.7),
        (vec![0.7, 0.7], 1.9),
        (vec![0.7, -0.7, 0.7], -0.1),
        (vec![0.6, 0.6, 1.4], 2.0),
        (vec![0.6, 0.6, -0.6, 1.4], -0.01),
        (vec![1.0, 1.0, 1.0, 1.0], 0.3),
        (vec![-0.4], 3.0),
    ] {
        let (entropy, at) = Entropy::of(&factors);
        for w in [entropy.weight(at), other] {
            let t = entropy.coordinate(w).expect("a point of the leaf");
            let h = 1e-5 * w.abs();
            let near = |w: f64| entropy.coordinate(w).expect("a point of the leaf");
            let slope = (entropy.dual(near(w + h)) - entropy.dual(near(w - h))) / (2.0 * h);
            close(slope * entropy.metric(t), 1.0, 1e-8);
            let slope =
                (entropy.potential(near(w + h)) - entropy.potential(near(w - h))) / (2.0 * h);
            close(slope, entropy.dual(t), 1e-7);
        }
        let to = entropy.coordinate(other).expect("a point of the leaf");
        let (q, q0) = (entropy.potential(to), entropy.potential(at));
        let defined = q - q0 - entropy.dual(at) * (other - entropy.weight(at));
        close(entropy.divergence(to, at), defined, 1e-9);
        let dz = entropy.dual(to) - entropy.dual(at);
        let moved = entropy.moved(at, dz).expect("a point of the leaf");
        close(entropy.weight(moved), other, 1e-11);
    }
}

#[test]
fn balanced_factors_keep_the_sign_and_have_powers() {
    let w = 0.6_f64.powi(3);
    let (entropy, at) = Entropy::of(&[0.6, -0.6, 0.6]);
    close(entropy.metric(at), 3.0 * w.powf(4.0 / 3.0), 1e-13);
    // q′ = sgn(w) |w|^{2/D − 1}/(2 − D).
    close(entropy.dual(at), w.powf(-1.0 / 3.0), 1e-13);
    assert!(entropy.coordinate(0.1).is_none() && entropy.coordinate(0.0).is_none());
    // A twin that is charged passes zero.
    let (charged, _) = Entropy::of(&[0.6, -0.61, 0.6 + 1e-5]);
    assert!(charged.coordinate(0.1).is_some() && charged.coordinate(0.0).is_some());
    // Where all smallest factors vanish nothing moves.
    let (stuck, at) = Entropy::of(&[0.0, 0.0, 1.0]);
    assert_eq!((stuck.weight(at), stuck.metric(at)), (0.0, 0.0));
    assert_eq!(stuck.moved(at, 5.0), Some(at));
}

#[test]
fn three_factors_reach_infinity_at_a_finite_dual() {
    let (entropy, at) = Entropy::of(&[0.5, 1.0, 1.5]);
    let far = entropy.dual(entropy.coordinate(1e12).expect("a point"));
    assert!(entropy.moved(at, 2.0 * far).is_none());
    assert!(entropy.moved(at, 0.5 * (far - entropy.dual(at))).is_some());
    let (two, at) = Entropy::of(&[0.5, 1.0]);
    assert!(two.moved(at, 2.0 * far).is_some());
}

#[test]
fn moving_keeps_charges_and_adds_up() {
    for (seed, depth) in [(1, 2), (2, 3), (3, 4), (4, 6)] {
        let factors = normals(seed, depth, 1.0);
        let (entropy, at) = Entropy::of(&factors);
        for dz in [-0.4, 1e-7, 0.03] {
            let Some(there) = entropy.moved(at, dz) else {
                continue;
            };
            let back = entropy.moved(there, -dz).expect("a point");
            assert!((back - at).abs() < 1e-12 * at.abs().max(1.0), "{back} {at}");
            let (a, b) = (entropy.squares(at), entropy.squares(there));
            for k in 1..depth {
                close(b[k] - b[0], a[k] - a[0], 1e-9);
            }
            let dw = entropy.weight(there) - entropy.weight(at);
            assert!(dw * dz > 0.0);
            if dz == 1e-7 {
                close(dw, entropy.metric(at) * dz, 1e-5);
            }
        }
    }
}
