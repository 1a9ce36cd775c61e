//! The least norm on the whole fibre against closed forms and second derivations, with twins that must fail.

use symbias_bias::decay::decay_at;
use symbias_bias::{Existence, Ground, Potential};
use symbias_geometry::discover::structural::factors;
use symbias_geometry::probe::Probes;
use symbias_geometry::symmetry::Evidence;
use symbias_model::language::{Copies, SourceFile};
use symbias_numerics::dense::{Matrix, singular_values};
use symbias_numerics::random::Stream;

fn normal(count: usize, seed: u64) -> Vec<f64> {
    let mut stream = Stream::new(seed, 0, 0);
    (0..count).map(|_| stream.next_normal()).collect()
}

/// Decay of a model with the output w at θ, tensors in the order of their declaration.
fn at(axes: &str, parameters: &str, rest: &str, program: &str, theta: &[f64]) -> Potential {
    let text = format!(
        "symbias = 1\noutputs = [\"w\"]\naxes = {{ {axes} }}\nprogram = \"{program}\"\nparameters = {{ {parameters} }}\n{rest}"
    );
    let source = SourceFile::parse(&text, None).expect("a file");
    let model = source.check(Copies::All).expect("a model");
    let found = factors(&model);
    let probes = Probes::new(&model, &Default::default(), None, 0).expect("probes");
    let ground = Ground::new(&model, &found, &probes, false, 0);
    decay_at(&ground, theta).expect("an answer")
}

fn exists(found: &Potential, expected: f64) {
    assert_eq!(found.existence(), Existence::Exists, "{found:?}");
    let value = found.value.expect("a value");
    assert!(
        (value - expected).abs() <= 1e-8 * expected.abs().max(1e-3),
        "{value}, expected {expected}"
    );
}

#[test]
fn one_number_in_any_coordinates() {
    // λ_max of u(u + v) is (1 + √2)/2: R = w/(1 + √2).
    let w = 0.7 * (0.7 + 1.6);
    let found = at("", "u = [], v = []", "", "w = u*(u+v)", &[0.7, 1.6]);
    exists(&found, w / (1.0 + 2.0_f64.sqrt()));
    assert_eq!(found.evidence, Some(Evidence::Certified));
    // u² − v² is 2ab turned by 45°.
    let found = at("", "u = [], v = []", "", "w = u^2 - v^2", &[1.3, 0.4]);
    exists(&found, (1.69 - 0.16) / 2.0);
    // The same weight twice: one value.
    let turned = at(
        "",
        "u = [], v = []",
        "",
        "w = u^2 - v^2",
        &[(1.53_f64 + 4.0).sqrt(), 2.0],
    );
    exists(&turned, found.value.expect("a value"));
    // A sum of parts of unequal degrees: the cheaper takes all, 1.5 w^(2/3) against w/2.
    let sum = "w = u*v*t + 2*a*b";
    let names = "u = [], v = [], t = [], a = [], b = []";
    for size in [0.1, 40.0] {
        let theta = [size, 1.0, 1.0, 0.0, 0.0];
        let found = at("", names, "", sum, &theta);
        exists(&found, (1.5 * size.powf(2.0 / 3.0)).min(size / 2.0));
    }
}

#[test]
fn cubes_by_the_better_one() {
    let theta = normal(6, 3);
    let found = at(
        "i = 3",
        "u = [\"i\"], v = [\"i\"]",
        "",
        "w[i] = u[i]^3 - v[i]^3",
        &theta,
    );
    let expected: f64 = (0..3)
        .map(|i| {
            (theta[i].powi(3) - theta[3 + i].powi(3))
                .abs()
                .powf(2.0 / 3.0)
                / 2.0
        })
        .sum();
    exists(&found, expected);
}

#[test]
fn huber_and_weighted_sums() {
    // a + uv: w²/2 up to 1, |w| − ½ beyond.
    let theta = [0.3, 1.4, -2.0, 0.2, 1.0, 0.5, -0.4, 2.0, 1.5];
    let found = at(
        "i = 3",
        "a = [\"i\"], u = [\"i\"], v = [\"i\"]",
        "",
        "w[i] = a[i] + u[i]*v[i]",
        &theta,
    );
    let huber = |w: f64| {
        if w.abs() <= 1.0 {
            w * w / 2.0
        } else {
            w.abs() - 0.5
        }
    };
    exists(
        &found,
        (0..3)
            .map(|i| huber(theta[i] + theta[3 + i] * theta[6 + i]))
            .sum(),
    );
}

/// Σσ_i(W)/σ_i(M), and twins: the nuclear norm is not it, nor are the ratios in another order.
#[test]
fn a_constant_between() {
    let constant = "[constants]\nM = { axes = [\"r\",\"q\"], values = [[2.0,0.5],[0.0,1.0]] }\n";
    let theta = normal(8, 5);
    let found = at(
        "m = 2, r = 2, q = 2, n = 2",
        "P = [\"m\",\"r\"], Q = [\"q\",\"n\"]",
        constant,
        "w[m,n] = P[m,r]*M[r,q]*Q[q,n]",
        &theta,
    );
    let matrix = |x: &[f64]| Matrix::from_vec(2, 2, x.to_vec()).expect("a matrix");
    let m = matrix(&[2.0, 0.5, 0.0, 1.0]);
    let product = matrix(&theta[..4])
        .matmul(&m)
        .and_then(|a| a.matmul(&matrix(&theta[4..])));
    let s = singular_values(&product.expect("W")).expect("values");
    let t = singular_values(&m).expect("values");
    exists(&found, s[0] / t[0] + s[1] / t[1]);
    let value = found.value.expect("a value");
    assert!((value - s[0] - s[1]).abs() > 1e-3 && value < s[0] / t[1] + s[1] / t[0] - 1e-3);
}

/// A least ‖w‖₁ of an underdetermined system, whose certificate is a dual vector; and two starts of one w.
#[test]
fn what_a_dictionary_makes() {
    let constant =
        "[constants]\nA = { axes = [\"m\",\"i\"], values = [[1.0,2.0,0.0],[0.0,1.0,3.0]] }\n";
    let ask = |theta: &[f64]| {
        at(
            "m = 2, i = 3",
            "u = [\"i\"], v = [\"i\"]",
            constant,
            "w[m] = A[m,i]*u[i]*v[i]",
            theta,
        )
    };
    let theta = [1.0, 0.5, -0.3, 1.0, 0.4, 2.0];
    let found = ask(&theta);
    // By vertices: the solutions z + s(6, −3, 1), one entry zero.
    let z = [1.0, 0.2, -0.6];
    let direction = [6.0, -3.0, 1.0];
    let least = (0..3)
        .map(|k| {
            let s = -z[k] / direction[k];
            (0..3)
                .map(|i| f64::abs(z[i] + s * direction[i]))
                .sum::<f64>()
        })
        .fold(f64::INFINITY, f64::min);
    exists(&found, least);
    let other = [2.0, 0.25, -0.1, 0.5, 0.8, 6.0];
    exists(&ask(&other), least);
    // On the orbit alone it is more.
    assert!(least < z.iter().map(|x| x.abs()).sum::<f64>() - 1e-3);
}

/// A sum of two rank-one tensors has no bound here that meets it: a value and its gap, and open.
#[test]
fn agreement_of_starts_is_open() {
    let theta = normal(18, 9);
    let names = "a = [\"i\",\"r\"], b = [\"j\",\"r\"], c = [\"k\",\"r\"]";
    let program = "w[i,j,k] = a[i,r]*b[j,r]*c[k,r]";
    let found = at("i = 3, j = 3, k = 3, r = 2", names, "", program, &theta);
    assert_eq!(found.existence(), Existence::Open);
    assert_eq!(found.evidence, Some(Evidence::Open));
    assert!(found.value.is_some_and(f64::is_finite));
    let text = found.hypotheses.iter().find(|h| h.topic == "whole-fibre");
    assert!(text.is_some_and(|h| h.text.contains("gap")));
}

/// s·PQ: 1.5 ‖W‖_*^{2/3}, by the grading in s, P and Q.
#[test]
fn a_scaled_factorisation() {
    let theta = normal(19, 4);
    let names = "s = [], A = [\"i\",\"j\"], B = [\"j\",\"k\"]";
    let program = "w[i,k] = s*A[i,j]*B[j,k]";
    let found = at("i = 3, j = 3, k = 3", names, "", program, &theta);
    let matrix = |x: &[f64]| Matrix::from_vec(3, 3, x.to_vec()).expect("a matrix");
    let w = matrix(&theta[1..10])
        .matmul(&matrix(&theta[10..]))
        .expect("W");
    let nuclear: f64 = singular_values(&w).expect("values").iter().sum();
    exists(&found, 1.5 * (theta[0].abs() * nuclear).powf(2.0 / 3.0));
}

#[test]
fn ten_times_larger() {
    let theta = normal(200, 7);
    let found = at(
        "i = 100",
        "u = [\"i\"], v = [\"i\"]",
        "",
        "w[i] = u[i]*v[i]",
        &theta,
    );
    exists(
        &found,
        (0..100).map(|i| (theta[i] * theta[100 + i]).abs()).sum(),
    );
    assert_eq!(found.evidence, Some(Evidence::Proven));
    let theta = normal(800, 8);
    let found = at(
        "m = 20, r = 20, n = 20",
        "P = [\"m\",\"r\"], Q = [\"r\",\"n\"]",
        "",
        "w[m,n] = P[m,r]*Q[r,n]",
        &theta,
    );
    let matrix = |x: &[f64]| Matrix::from_vec(20, 20, x.to_vec()).expect("a matrix");
    let w = matrix(&theta[..400])
        .matmul(&matrix(&theta[400..]))
        .expect("W");
    exists(&found, singular_values(&w).expect("values").iter().sum());
    // Σ_h v_hW_h is one vector.
    let theta = normal(220, 9);
    let found = at(
        "h = 10, d = 21",
        "v = [\"h\"], W = [\"h\",\"d\"]",
        "",
        "w[d] = v[h]*W[h,d]",
        &theta,
    );
    let w: Vec<f64> = (0..21)
        .map(|d| (0..10).map(|h| theta[h] * theta[10 + 21 * h + d]).sum())
        .collect();
    exists(&found, w.iter().map(|x| x * x).sum::<f64>().sqrt());
}

/// A search ends with its work: what is too large for it is open or has no number, and never a wrong one.
#[test]
fn a_search_is_bounded() {
    let theta = normal(1600, 11);
    let constant = "[constants]\nA = { axes = [\"m\",\"i\"], law = \"normal\", seed = 2 }\n";
    let ask = |i: usize, m: usize| {
        let begun = std::time::Instant::now();
        let axes = format!("m = {m}, i = {i}");
        let names = "u = [\"i\"], v = [\"i\"]";
        let found = at(
            &axes,
            names,
            constant,
            "w[m] = A[m,i]*u[i]*v[i]",
            &theta[..2 * i],
        );
        eprintln!(
            "{m} of {i}: {:?} {:?} {:?}",
            begun.elapsed(),
            found.value,
            found.existence()
        );
        let orbit: f64 = (0..i).map(|k| (theta[k] * theta[i + k]).abs()).sum();
        assert!(
            found
                .value
                .is_none_or(|v| v.is_finite() && v <= orbit * (1.0 + 1e-9))
        );
        found
    };
    exists(&ask(30, 10), ask(30, 10).value.unwrap_or(0.0));
    ask(200, 60);
    ask(400, 80);
}

/// Beside the knee of Huber's function, w²/2 up to |w| = 1 and |w| − ½ beyond, the fibre of a + uv is a quartic valley.
#[test]
fn flat_valleys_are_followed_to_their_ends() {
    let mut worst = 0.0_f64;
    for k in 1..15 {
        for sign in [-1.0, 1.0] {
            let w: f64 = 1.0 + sign * 10_f64.powi(-k);
            let exact = w * w / 2.0 - (w - 1.0).max(0.0).powi(2) / 2.0;
            let theta = [w, 0.0, (2.0_f64 * 0.37).sqrt()];
            let names = "a = [], u = [], v = []";
            let found = at("", names, "", "w = a + u*v", &theta);
            worst = worst.max((found.value.expect("a value") - exact).abs());
        }
    }
    assert!(worst < 1e-10, "{worst:e}");
}
