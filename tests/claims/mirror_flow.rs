//! Gradient flow on a leaf is mirror flow where K_c⁻¹ is a Hessian (Li, Wang, Lee, Arora, NeurIPS 2022; theory §4.1):
//! entrywise products yes, groups of k ≥ 2 entries and W = UVᵀ no. For linear models it ends at
//! argmin {D_Q(w, w₀) : Xw = y}.
//!
//! Flow of (u, v) by Runge–Kutta against the flow of ∇Q and against the dual solution; asymmetry of
//! ∂_k(K⁻¹)_ij with K in closed form; the answer's hypothesis on the same models.

use super::oracle::*;
use super::subject::{self, status, value};

const X: [[f64; 3]; 2] = [[1.0, -0.5, 0.3], [0.2, 0.8, 1.1]];
const Y: [f64; 2] = [1.2, -0.4];

fn residual(w: &[f64]) -> [f64; 2] {
    [0, 1].map(|i| dot(&X[i], w) - Y[i])
}

/// Xᵀr.
fn back(r: &[f64]) -> Vec<f64> {
    (0..3).map(|k| X[0][k] * r[0] + X[1][k] * r[1]).collect()
}

#[test]
fn flow_of_the_factors_is_flow_of_the_mirror() {
    let start = [0.9_f64, 0.4, -0.7, 0.3, -0.5, 0.2];
    let factors = |t: &[f64]| {
        let w: Vec<f64> = (0..3).map(|i| t[i] * t[3 + i]).collect();
        let g = back(&residual(&w));
        (0..6)
            .map(|i| -g[i % 3] * t[(i + 3) % 6])
            .collect::<Vec<f64>>()
    };
    let c: Vec<f64> = (0..3)
        .map(|i| (start[i].powi(2) - start[3 + i].powi(2)).abs())
        .collect();
    let w0: Vec<f64> = (0..3).map(|i| start[i] * start[3 + i]).collect();
    // Q′ = asinh(2w/c)/2.
    let up = |w: &[f64], c: &[f64]| -> Vec<f64> {
        (0..3).map(|i| (2.0 * w[i] / c[i]).asinh() / 2.0).collect()
    };
    let down = |z: &[f64], c: &[f64]| -> Vec<f64> {
        (0..3).map(|i| c[i] / 2.0 * (2.0 * z[i]).sinh()).collect()
    };
    let mirror = |c: Vec<f64>, time: f64, steps: u32| {
        let slope = |z: &[f64]| back(&residual(&down(z, &c))).iter().map(|g| -g).collect();
        down(&runge_kutta(slope, &up(&w0, &c), time, steps), &c)
    };
    let t = runge_kutta(factors, &start, 3.0, 3000);
    let found: Vec<f64> = (0..3).map(|i| t[i] * t[3 + i]).collect();
    let expected = mirror(c.clone(), 3.0, 3000);
    // Steps of 1e-3 with a method of order 4.
    assert!(
        (0..3).all(|i| agree(found[i], expected[i], 1e-9)),
        "{found:?} {expected:?}"
    );
    let twin = mirror(c.iter().map(|c| 2.0 * c).collect(), 3.0, 3000);
    assert!(
        (0..3).any(|i| !agree(found[i], twin[i], 1e-2)),
        "the twin: another charge"
    );

    // Q of the answer at two points of one leaf: a difference of ∫Q′, up to an affine function that is even.
    let q = |w: f64, c: f64| (w * (2.0 * w / c).asinh() - (w * w + c * c / 4.0).sqrt()) / 2.0;
    let on_leaf = |w: f64, c: f64| {
        let u2 = (c + (c * c + 4.0 * w * w).sqrt()) / 2.0;
        [u2.sqrt(), w / u2.sqrt()]
    };
    let potential = |w: f64| value(&subject::products(2, 1).answer(&on_leaf(w, 0.6)).bias.flow);
    let apart = potential(1.1) - potential(0.3);
    close(apart, q(1.1, 0.6) - q(0.3, 0.6), 1e-9);
    assert!(
        !agree(apart, q(1.1, 1.2) - q(0.3, 1.2), 1e-2),
        "the twin: another charge"
    );

    // The limit: ∇Q(w) − ∇Q(w₀) = Xᵀν with Xw = y, by Newton's method in ν.
    let mut nu = vec![0.0; 2];
    let at = |nu: &[f64]| {
        let z: Vec<f64> = up(&w0, &c)
            .iter()
            .zip(back(nu))
            .map(|(a, b)| a + b)
            .collect();
        down(&z, &c)
    };
    for _ in 0..60 {
        let w = at(&nu);
        let k: Vec<f64> = (0..3)
            .map(|i| (c[i] * c[i] + 4.0 * w[i] * w[i]).sqrt())
            .collect();
        let entry = |a: usize, b: usize| (0..3).map(|i| X[a][i] * k[i] * X[b][i]).sum();
        let jacobian = vec![
            vec![entry(0, 0), entry(0, 1)],
            vec![entry(1, 0), entry(1, 1)],
        ];
        let step = eliminate(&jacobian, &residual(&w)).1;
        (0..2).for_each(|i| nu[i] -= step[i]);
    }
    let limit = at(&nu);
    assert!(residual(&limit).iter().all(|r| r.abs() < 1e-12));
    let end = runge_kutta(factors, &start, 120.0, 60_000);
    for i in 0..3 {
        close(end[i] * end[3 + i], limit[i], 1e-8);
    }
    // Twin: the interpolant of least square is another one.
    let gram = |a: usize, b: usize| dot(&X[a], &X[b]);
    let nu = eliminate(
        &vec![vec![gram(0, 0), gram(0, 1)], vec![gram(1, 0), gram(1, 1)]],
        &Y,
    )
    .1;
    let least = back(&nu);
    assert!(
        (0..3).any(|i| (least[i] - limit[i]).abs() > 0.02),
        "{least:?} {limit:?}"
    );
}

/// Largest |∂_k(K⁻¹)_ij − ∂_j(K⁻¹)_ik| relative to the derivatives.
fn asymmetry(metric: impl Fn(&[f64]) -> Rows, w: &[f64]) -> f64 {
    let h = 1e-4;
    let inverse = |x: &[f64]| pseudo_inverse(&metric(x));
    let slope: Vec<Rows> = (0..w.len())
        .map(|k| {
            let at = |c: f64| {
                let mut x = w.to_vec();
                x[k] += c * h;
                inverse(&x)
            };
            scaled(&sum(&at(1.0), -1.0, &at(-1.0)), 0.5 / h)
        })
        .collect();
    let n = w.len();
    let (mut worst, mut scale) = (0.0_f64, 0.0_f64);
    for (k, slope_k) in slope.iter().enumerate() {
        for i in 0..n {
            for j in 0..n {
                worst = worst.max((slope_k[i][j] - slope[j][i][k]).abs());
                scale = scale.max(slope_k[i][j].abs());
            }
        }
    }
    worst / scale
}

#[test]
fn which_products_are_mirrors() {
    let w = [0.8, -1.3];
    // Derivatives by differences of second order at step 1e-4.
    let entrywise = |w: &[f64]| {
        let mut k = zeros(2, 2);
        (0..2).for_each(|i| k[i][i] = (0.3_f64.powi(2) + 4.0 * w[i] * w[i]).sqrt());
        k
    };
    assert!(asymmetry(entrywise, &w) < 1e-6);
    // w = s v: K = s² + wwᵀ/s², s² from the charge.
    let group = |c: f64| {
        move |w: &[f64]| {
            let s2 = (c + (c * c + 4.0 * dot(w, w)).sqrt()) / 2.0;
            let entry = |i: usize, j: usize| w[i] * w[j] / s2 + if i == j { s2 } else { 0.0 };
            (0..w.len())
                .map(|i| (0..w.len()).map(|j| entry(i, j)).collect())
                .collect::<Rows>()
        }
    };
    for c in [0.0, 0.8, -0.8] {
        assert!(asymmetry(group(c), &w) > 0.1, "{c}");
    }
    assert!(asymmetry(group(0.8), &[0.9]) < 1e-6);
    // The closed form of K is the kernel of the definition.
    let theta = typed(3);
    let (case, c) = (
        rank_one(&[1, 2]),
        theta[0].powi(2) - dot(&theta[1..], &theta[1..]),
    );
    let (found, known) = (case.metric(&theta), group(c)(&(case.map)(&theta)));
    assert!((0..2).all(|i| (0..2).all(|j| agree(found[i][j], known[i][j], 1e-10))));

    let said = |model: &subject::Model| {
        let bias = model.answer(&typed(model.dim())).bias.flow;
        (
            bias.exists,
            status(&bias, "metric-is-hessian").map(str::to_owned),
        )
    };
    let yes = (true, Some("verified".to_owned()));
    assert_eq!(said(&subject::products(2, 2)), yes);
    assert_eq!(said(&subject::products(3, 2)), yes);
    assert_eq!(said(&subject::group(1)), yes);
    let no = (false, Some("fails".to_owned()));
    assert_eq!(said(&subject::group(2)), no);
    assert_eq!(said(&subject::pair(2, 2, 2)), no);
}
