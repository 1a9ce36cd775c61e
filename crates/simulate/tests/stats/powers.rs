//! What a test would have seen.

use super::draws::{near, uniform};
use symbias_simulate::stats::power::{self, Simulation};
use symbias_simulate::stats::{ks, normal};

#[test]
fn the_detectable_deviation_is_detected() {
    let (level, power_asked) = (0.05, 0.95);
    for n in [50usize, 400] {
        let delta = power::detectable(n as f64, level, power_asked).unwrap();
        // (√ln 40 + √ln 20)/√(2n).
        near(delta, 3.6514639652 / (2.0 * n as f64).sqrt(), 1e-9);
        near(
            power::needed(delta, level, power_asked).unwrap(),
            n as f64,
            1e-12,
        );
        // The alternative that is hardest to see: it deviates by Δ at one point, ½, and by less elsewhere.
        let alternative = move |x: f64| {
            let x = uniform(x);
            (x + delta * (1.0 - (2.0 * x - 1.0).abs())).min(1.0)
        };
        let simulation = Simulation {
            size: n,
            level,
            trials: 300,
            seed: 9,
        };
        let found = simulation.power(uniform, alternative).unwrap();
        assert!(
            found.power + 3.0 * found.error >= power_asked,
            "{}",
            found.power
        );
        // Twin: a third of it is not seen so often.
        let less = move |x: f64| {
            let x = uniform(x);
            x + delta / 3.0 * (1.0 - (2.0 * x - 1.0).abs())
        };
        assert!(simulation.power(uniform, less).unwrap().power < 0.5);
    }
}

#[test]
fn the_power_of_the_test_against_itself_is_its_level() {
    let simulation = Simulation {
        size: 80,
        level: 0.1,
        trials: 2000,
        seed: 10,
    };
    let bell = |x: f64| normal::cdf(x);
    let found = simulation.power(bell, bell).unwrap();
    assert!(
        (found.power - 0.1).abs() < 3.0 * found.error,
        "{}",
        found.power
    );
    assert!(simulation.power(bell, |_| 0.5).is_err());
}

#[test]
fn a_shifted_normal_law_is_seen_as_often_as_by_direct_simulation() {
    // N(0.3, 1) against N(0, 1), n = 100: samples drawn here by Box-Muller, not by inversion.
    let simulation = Simulation {
        size: 100,
        level: 0.05,
        trials: 1500,
        seed: 11,
    };
    let found = simulation
        .power(normal::cdf, |x| normal::cdf(x - 0.3))
        .unwrap();
    let direct = (0..1500)
        .filter(|r| {
            let mut sample = super::draws::normals(12, *r, 100);
            for x in &mut sample {
                *x += 0.3;
            }
            ks::one_sample(&sample, normal::cdf).unwrap().p_value < 0.05
        })
        .count() as f64
        / 1500.0;
    assert!(
        (found.power - direct).abs() < 3.0 * 1.5 * found.error,
        "{} {direct}",
        found.power
    );
}
