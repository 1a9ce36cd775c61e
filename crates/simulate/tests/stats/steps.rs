//! Extrapolation in the step: the fit, the order, the effective size.

use super::draws::{near, normals, uniforms};
use symbias_simulate::stats::empirical::Empirical;
use symbias_simulate::stats::extrapolation::{self, AtStep};
use symbias_simulate::stats::line::Line;

fn at(steps: &[f64], value: impl Fn(f64) -> f64, error: f64, noise: &[f64]) -> Vec<AtStep> {
    steps
        .iter()
        .zip(noise)
        .map(|(h, z)| AtStep {
            step: *h,
            value: value(*h) + error * z,
            error,
        })
        .collect()
}

#[test]
fn the_fit_solves_the_normal_equations() {
    // SymPy: (XᵀWX)⁻¹XᵀWy in rational numbers; scipy.stats.chi2.sf.
    let estimates = [
        (0.1, 1.31, 0.01),
        (0.05, 1.16, 0.01),
        (0.025, 1.075, 0.02),
        (0.0125, 1.04, 0.02),
    ]
    .map(|(step, value, error)| AtStep { step, value, error });
    let fit = extrapolation::fit(&estimates, 1.0).unwrap();
    near(fit.intercept, 1.0033975346687212, 1e-13);
    near(fit.intercept_error, 0.014153026757900988, 1e-13);
    near(fit.slope, 3.0761171032357475, 1e-13);
    near(fit.slope_error, 0.1986084098477444, 1e-13);
    near(fit.chi_squared, 0.16718027734976887, 1e-11);
    near(fit.p_value.unwrap(), 0.9198081726445823, 1e-11);
    assert_eq!(fit.adequate(), Some(true));
    let two = extrapolation::fit(&estimates[..2], 1.0).unwrap();
    // Richardson by hand: 2·1.16 − 1.31, √(4 + 1)·0.01.
    near(two.intercept, 1.01, 1e-13);
    near(two.intercept_error, 5.0_f64.sqrt() * 0.01, 1e-13);
    assert_eq!((two.p_value, two.adequate()), (None, None));
    assert!(extrapolation::fit(&estimates[..1], 1.0).is_err());
    assert!(Line::through(&[1.0, 1.0], &[0.0, 1.0], &[1.0, 1.0]).is_err());
    assert!(Line::through(&[1.0, 2.0], &[0.0, 1.0], &[1.0, 0.0]).is_err());
}

#[test]
fn errors_of_the_fit_are_what_noise_does() {
    let steps = [0.4, 0.2, 0.1, 0.05];
    let (mut z2, mut chi, mut inadequate, mut wrong) = (0.0, 0.0, 0, 0);
    let trials = 1000;
    for r in 0..trials {
        let noise = normals(40, r, 4);
        let estimates = at(&steps, |h| 2.0 + 3.0 * h * h, 0.01, &noise);
        let fit = extrapolation::fit(&estimates, 2.0).unwrap();
        z2 += ((fit.intercept - 2.0) / fit.intercept_error).powi(2) / trials as f64;
        chi += fit.chi_squared / trials as f64;
        inadequate += u32::from(fit.adequate() == Some(false));
        // Twin: the wrong order does not fit.
        let other = extrapolation::fit(&estimates, 1.0).unwrap();
        wrong += u32::from(other.adequate() == Some(false));
    }
    // Variances √(2/1000) = 0.045 and √(4/1000) = 0.063.
    assert!(
        (z2 - 1.0).abs() < 0.18 && (chi - 2.0).abs() < 0.25,
        "{z2} {chi}"
    );
    assert!(inadequate < 25 && wrong > 950, "{inadequate} {wrong}");
}

#[test]
fn the_order_is_seen_in_three_steps() {
    let steps = [0.4, 0.2, 0.1];
    for order in [1.0, 2.0, 3.0] {
        let estimates = at(&steps, |h| 1.0 + 3.0 * h.powf(order), 1e-3, &[0.0; 3]);
        let found = extrapolation::observed_order(&[estimates[0], estimates[1], estimates[2]]);
        near(found.unwrap().unwrap().value, order, 1e-10);
    }
    // The standard error against the spread of noisy ones, which 2000 of them give within 1.6 %.
    let (trials, sigma) = (2000, 2e-3);
    let found: Vec<_> = (0..trials)
        .map(|r| {
            let e = at(&steps, |h| 1.0 + 3.0 * h * h, sigma, &normals(41, r, 3));
            extrapolation::observed_order(&[e[0], e[1], e[2]])
                .unwrap()
                .unwrap()
        })
        .collect();
    let n = trials as f64;
    let mean = found.iter().map(|o| o.value).sum::<f64>() / n;
    let spread = (found.iter().map(|o| (o.value - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt();
    let error = found.iter().map(|o| o.error).sum::<f64>() / n;
    near(spread, error, 0.05);
    assert!((mean - 2.0).abs() < 4.0 * spread / n.sqrt() + 1e-3);
    // Twin: differences 0.36 and 0.09 as if they were independent, which they are not: 10 % less.
    let apart = sigma * (2.0 / 0.36_f64.powi(2) + 2.0 / 0.09_f64.powi(2)).sqrt() / 2.0_f64.ln();
    assert!((spread / apart - 1.0).abs() > 0.06);
    // Differences of opposite signs have no order.
    let e = [(0.4, 1.0), (0.2, 1.1), (0.1, 1.0)].map(|(step, value)| AtStep {
        step,
        value,
        error: 0.1,
    });
    assert_eq!(extrapolation::observed_order(&e).unwrap(), None);
    let uneven = [e[0], e[1], AtStep { step: 0.15, ..e[2] }];
    assert!(extrapolation::observed_order(&uneven).is_err());
}

#[test]
fn a_slope_has_its_error() {
    let h: Vec<f64> = [0.4_f64, 0.2, 0.1, 0.05].iter().map(|h| h.ln()).collect();
    let e: Vec<f64> = h.iter().map(|h| 0.3 + 2.0 * h).collect();
    let slope = extrapolation::slope(&h, &e, &[0.1; 4]).unwrap();
    near(slope.slope, 2.0, 1e-13);
    // σ/√Σ(x − x̄)², x equally spaced by ln 2: Σ = 5 ln²2.
    near(
        slope.slope_error,
        0.1 / (5.0_f64.sqrt() * 2.0_f64.ln()),
        1e-13,
    );
}

#[test]
fn the_noise_of_the_extrapolated_function_is_that_of_its_effective_size() {
    for (order, fine, coarse) in [(1.0, 400, 100), (2.0, 150, 300)] {
        let trials = 1500;
        let mut variance = 0.0;
        let mut together = 0.0;
        for r in 0..trials {
            let (a, b) = (uniforms(42, r, fine), uniforms(43, r, coarse));
            let extrapolated = Empirical::richardson(&a, &b, order).unwrap();
            let (at, beyond) = (extrapolated.at(0.3) - 0.3, extrapolated.at(0.8) - 0.8);
            variance += at * at / trials as f64;
            together += at * beyond / trials as f64;
        }
        let size = extrapolation::effective(fine as f64, coarse as f64, order);
        // A Brownian bridge: s(1 − t)/n; standard error of a variance √(2/1500) = 0.037.
        near(variance, 0.3 * 0.7 / size, 0.15);
        near(together, 0.3 * 0.2 / size, 0.35);
        // Twin: the size of the fine sample alone.
        assert!((variance * fine as f64 / 0.21 - 1.0).abs() > 0.5);
    }
}
