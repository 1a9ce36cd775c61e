//! On a leaf of fixed charges K is a function of w where the charge is 𝔨-invariant: W = PQ closes for c = 0 and
//! c = λI, and not for generic c (theory §4). For P = [1 .5; −.3 1.2], Q = [.8 .6; −.4 .9], det K runs over
//! [29.5326937941, 31.1843944243] at the same W and c.
//!
//! All points with W and c: for each rotation O, the S > 0 with S a S − S^{−1} b S^{−1} = O c Oᵀ, by Newton's
//! method; the range was derived independently.

use super::oracle::*;
use super::subject::{self, status};

fn exponential_of(x: &[f64; 3]) -> Rows {
    exponential(&vec![vec![x[0], x[2]], vec![x[2], x[1]]])
}

fn rotation(angle: f64) -> Rows {
    let (s, c) = angle.sin_cos();
    vec![vec![c, -s], vec![s, c]]
}

/// (P S, S⁻¹ Q) with the charge O c Oᵀ, c that of (P, Q); `x` is the logarithm of S, and a first guess.
fn on_the_leaf(theta: &[f64], angle: f64, x: &mut [f64; 3]) -> Vec<f64> {
    let (p, q) = (block(theta, 0, 2, 2), block(theta, 4, 2, 2));
    let charge = |p: &Rows, q: &Rows| {
        sum(
            &product(&transposed(p), p),
            -1.0,
            &product(q, &transposed(q)),
        )
    };
    let o = rotation(angle);
    let wanted = product(&o, &product(&charge(&p, &q), &transposed(&o)));
    let point = |x: &[f64; 3]| {
        let s = exponential_of(x);
        let back = exponential_of(&x.map(|x| -x));
        (product(&p, &s), product(&back, &q))
    };
    let rest = |x: &[f64; 3]| {
        let (p, q) = point(x);
        let r = sum(&charge(&p, &q), -1.0, &wanted);
        vec![r[0][0], r[1][1], r[0][1]]
    };
    for _ in 0..60 {
        let now = rest(x);
        if now.iter().all(|r| r.abs() < 1e-13) {
            break;
        }
        let columns: Rows = (0..3)
            .map(|k| {
                let at = |h: f64| {
                    let mut y = *x;
                    y[k] += h;
                    rest(&y)
                };
                let (a, b) = (at(1e-5), at(-1e-5));
                a.iter().zip(&b).map(|(a, b)| (a - b) / 2e-5).collect()
            })
            .collect();
        let step = eliminate(&transposed(&columns), &now).1;
        (0..3).for_each(|k| x[k] -= step[k]);
    }
    assert!(rest(x).iter().all(|r| r.abs() < 1e-10), "{angle}");
    let (p, q) = point(x);
    p.concat().into_iter().chain(q.concat()).collect()
}

/// Least and largest det K over the points with the W and c of θ.
fn range(theta: &[f64]) -> (f64, f64) {
    let case = pair(2, 2, 2);
    let mut x = [0.0; 3];
    let (mut least, mut most) = (f64::INFINITY, 0.0_f64);
    for k in 0..=720 {
        let angle = std::f64::consts::PI * f64::from(k) / 720.0;
        let point = on_the_leaf(theta, angle, &mut x);
        let det = determinant(&case.metric(&point));
        (least, most) = (least.min(det), most.max(det));
    }
    (least, most)
}

const GENERIC: [f64; 8] = [1.0, 0.5, -0.3, 1.2, 0.8, 0.6, -0.4, 0.9];

/// c = λI.
fn scalar(lambda: f64) -> Vec<f64> {
    let mut theta = vec![0.0; 8];
    for (i, s) in [1.6_f64, 0.7].iter().enumerate() {
        let a = lambda / 2.0 + (lambda * lambda / 4.0 + s * s).sqrt();
        theta[3 * i] = a.sqrt();
        theta[4 + 3 * i] = s / a.sqrt();
    }
    theta
}

#[test]
fn closes_exactly_where_the_charge_is_invariant() {
    let model = subject::pair(2, 2, 2);
    let said = |theta: &[f64]| {
        let bias = model.answer(theta).bias.flow;
        status(&bias, "metric-closes").map(str::to_owned)
    };
    for lambda in [0.0, 1.7] {
        let (least, most) = range(&scalar(lambda));
        assert!((most - least).abs() < 1e-9 * most, "{lambda}");
        assert_eq!(said(&scalar(lambda)).as_deref(), Some("verified"));
    }
    let (least, most) = range(&GENERIC);
    // A grid of 720 angles around stationary points: relative 1e-5.
    assert!(
        (least / 29.532_693_794_064_85 - 1.0).abs() < 1e-5,
        "{least}"
    );
    assert!((most / 31.184_394_424_327_625 - 1.0).abs() < 1e-5, "{most}");
    assert_eq!(said(&GENERIC).as_deref(), Some("fails"));
    // Twin: the charge alone does not decide, commuting generators close on every leaf.
    let bias = subject::products(2, 2).answer(&typed(4)).bias.flow;
    assert_eq!(status(&bias, "metric-closes"), Some("verified"));
}
