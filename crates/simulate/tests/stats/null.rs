//! p-values of true claims are uniform, over seeds; those of false ones are not.

use super::draws::{autoregressive, near, uniform, uniforms};
use symbias_simulate::stats::{ess, extrapolation, kolmogorov, ks, normal};

/// The p-value of "these p-values are uniform".
fn uniformity(p: &[f64]) -> f64 {
    ks::one_sample(p, uniform).unwrap().p_value
}

/// The x with x + ε x(1 − x) = u on [0, 1], ε < 1.
pub fn tilt(u: f64, epsilon: f64) -> f64 {
    let b = 1.0 + epsilon;
    2.0 * u / (b + (b * b - 4.0 * epsilon * u).sqrt())
}

/// n values with the distribution function x + ε x(1 − x).
pub fn tilted(seed: u64, replica: u64, n: usize, epsilon: f64) -> Vec<f64> {
    let mut out = uniforms(seed, replica, n);
    for u in &mut out {
        *u = tilt(*u, epsilon);
    }
    out
}

#[test]
fn the_exact_test() {
    let of = |epsilon: f64| -> Vec<f64> {
        (0..400)
            .map(|r| {
                ks::one_sample(&tilted(30, r, 50, epsilon), uniform)
                    .unwrap()
                    .p_value
            })
            .collect()
    };
    assert!(uniformity(&of(0.0)) > 0.01);
    assert!(uniformity(&of(0.6)) < 1e-6);
}

#[test]
fn two_samples() {
    let of = |n: usize, seeds: u64, epsilon: f64| -> Vec<f64> {
        (0..seeds)
            .map(|r| {
                let other = uniforms(32, r, n + 1);
                ks::two_sample(&tilted(31, r, n, epsilon), &other)
                    .unwrap()
                    .p_value
            })
            .collect()
    };
    // By counting paths, then by the limit.
    assert!(uniformity(&of(60, 400, 0.0)) > 0.01);
    assert!(uniformity(&of(60, 400, 0.7)) < 1e-6);
    assert!(uniformity(&of(5000, 200, 0.0)) > 0.01);
    assert!(uniformity(&of(5000, 200, 0.1)) < 1e-6);
    // Between them the limit refutes less often than it may.
    let refuted = of(150, 400, 0.0).iter().filter(|p| **p < 0.05).count();
    assert!(refuted <= 33, "{refuted}");
}

#[test]
fn a_chain_by_its_effective_size() {
    let (mut effective, mut naive) = (0, 0);
    for r in 0..200 {
        let chain = autoregressive(33, r, 2000, 0.7);
        let size = ess::of_distribution(&[&chain]).unwrap();
        let test = ks::one_sample_effective(&chain, size, normal::cdf).unwrap();
        effective += u32::from(test.p_value < 0.05);
        naive += u32::from(ks::one_sample(&chain, normal::cdf).unwrap().p_value < 0.05);
    }
    // 10 expected at most, standard deviation 3; taken as independent, five times as many are refuted.
    assert!(effective <= 19, "{effective}");
    assert!(naive > 50, "{naive}");
}

/// p-values of extrapolated samples whose laws are tilted by so much, fine and coarse.
fn extrapolated(fine: f64, coarse: f64, order: f64, n: usize) -> Vec<f64> {
    (0..300)
        .map(|r| {
            let fine = tilted(34, r, n, fine);
            let coarse = tilted(35, r, n, coarse);
            let size = n as f64;
            extrapolation::ks((&fine, size), (&coarse, size), order, uniform)
                .unwrap()
                .p_value
        })
        .collect()
}

#[test]
fn extrapolation_takes_a_bias_of_the_step_away() {
    // Bias O(h): the fine law is off by sup 0.05, the coarse by 0.1.
    let n = 3000;
    assert!(uniformity(&extrapolated(0.2, 0.4, 1.0, n)) > 0.01);
    // Bias O(h²).
    assert!(uniformity(&extrapolated(0.1, 0.4, 2.0, n)) > 0.01);
    // The plain test refutes each of the fine samples.
    for r in 0..20 {
        let p = ks::one_sample(&tilted(34, r, n, 0.2), uniform)
            .unwrap()
            .p_value;
        assert!(p < 1e-3);
    }
    // Twins: a bias that does not fall with the step; the wrong order.
    assert!(extrapolated(0.5, 0.5, 1.0, n).iter().all(|p| *p < 1e-3));
    assert!(uniformity(&extrapolated(0.2, 0.4, 2.0, n)) < 1e-6);
}

#[test]
fn the_effective_size_is_what_makes_them_uniform() {
    // Twin: the extrapolated function judged as if it were one of n values.
    let n = 1000usize;
    let as_if: Vec<f64> = extrapolated(0.0, 0.0, 1.0, n)
        .iter()
        .map(|p| {
            let lambda = kolmogorov::quantile(p.clamp(1e-12, 1.0 - 1e-12)).unwrap();
            kolmogorov::survival(lambda * 5.0_f64.sqrt())
        })
        .collect();
    assert!(uniformity(&as_if) < 1e-6);
    near(extrapolation::effective(1000.0, 1000.0, 1.0), 200.0, 1e-15);
    near(
        extrapolation::effective(1000.0, 1000.0, 2.0),
        9000.0 / 17.0,
        1e-15,
    );
}
