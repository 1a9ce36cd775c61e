//! W₁ against SciPy and against mpmath's integrals.

use crate::draws::{congruential, mapped, near, uniform};
use symbias_simulate::stats::{normal, wasserstein};

#[test]
fn between_samples_it_is_scipys() {
    // scipy.stats.wasserstein_distance.
    let x = congruential(1, 40);
    let y = mapped(&congruential(2, 25), |x| x * 1.3 - 0.1);
    let found = wasserstein::two_sample(&x, &y).unwrap();
    near(found.value, 0.1485280683956044, 1e-13);
    // A shift moves all mass as far; twin: half of it does not.
    let shifted = mapped(&x, |x| x + 0.37);
    near(
        wasserstein::two_sample(&x, &shifted).unwrap().value,
        0.37,
        1e-13,
    );
    let half = mapped(&x, |x| if x < 0.5 { x } else { x + 0.37 });
    assert!((wasserstein::two_sample(&x, &half).unwrap().value - 0.37).abs() > 0.1);
}

#[test]
fn to_a_law_it_is_the_integral() {
    // mpmath.quad of |F_n − F| between order statistics, 30 digits, split at the zeros.
    let x = congruential(1, 40);
    let close = |found: wasserstein::Distance, expected: f64| {
        assert!(found.error < 1e-8, "{found:?} {expected}");
        assert!((found.value - expected).abs() < 1e-9, "{}", found.value);
    };
    let all = (f64::NEG_INFINITY, f64::INFINITY);
    let bell = |x: f64| normal::cdf((x - 0.4) / 0.3);
    close(
        wasserstein::to_cdf(&x, bell, all).unwrap(),
        0.12349071783620962,
    );
    let exponential = |x: f64| -(-2.0 * x).exp_m1();
    let half = (0.0, f64::INFINITY);
    close(
        wasserstein::to_cdf(&x, exponential, half).unwrap(),
        0.19325956648272213,
    );
    close(
        wasserstein::to_cdf(&x, uniform, (0.0, 1.0)).unwrap(),
        0.04320209780814126,
    );
    // By quantile functions, the same numbers.
    let quantile = |u: f64| 0.4 + 0.3 * normal::quantile(u);
    close(
        wasserstein::to_quantile(&x, quantile).unwrap(),
        0.12349071783620962,
    );
    let quantile = |u: f64| -0.5 * (-u).ln_1p();
    close(
        wasserstein::to_quantile(&x, quantile).unwrap(),
        0.19325956648272213,
    );
    // Twin: another scale is another distance.
    let wide = |x: f64| normal::cdf((x - 0.4) / 0.31);
    assert!((wasserstein::to_cdf(&x, wide, all).unwrap().value - 0.12349071783620962).abs() > 1e-4);
    // A value outside of the support is a mistake or a refutation, not a distance.
    assert!(wasserstein::to_cdf(&[0.2, 1.3], uniform, (0.0, 1.0)).is_err());
}
