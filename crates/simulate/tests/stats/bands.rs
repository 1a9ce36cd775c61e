//! Bands cover as often as they promise; adjusted p-values are those of SciPy and of the definition.

use crate::draws::{near, normals, uniform, uniforms};
use symbias_simulate::stats::bootstrap::{self, Bootstrap};
use symbias_simulate::stats::multiplicity::Correction;

fn mean(x: &[f64]) -> f64 {
    x.iter().sum::<f64>() / x.len() as f64
}

#[test]
fn a_percentile_band_covers_and_repeats() {
    let with = |seed| Bootstrap {
        coverage: 0.9,
        resamples: 200,
        seed,
    };
    let (mut covered, mut width) = (0, 0.0);
    let trials = 200;
    for r in 0..trials {
        let sample = normals(20, r, 100);
        let band = with(r).statistic(&sample, mean).unwrap();
        covered += u32::from(band.low <= 0.0 && 0.0 <= band.high);
        width += (band.high - band.low) / trials as f64;
    }
    // 180 expected, standard deviation 4.2; percentiles of 100 values undercover by about one in a hundred.
    assert!((165..=192).contains(&covered), "{covered}");
    // 2·1.645/√100.
    near(width, 0.329, 0.03);
    let sample = normals(21, 0, 50);
    let first = with(1).statistic(&sample, mean).unwrap();
    assert_eq!(first, with(1).statistic(&sample, mean).unwrap());
    assert_ne!(first, with(2).statistic(&sample, mean).unwrap());
}

#[test]
fn counts_have_binomial_bands() {
    let sample = uniforms(22, 0, 400);
    let with = Bootstrap {
        coverage: 0.95,
        resamples: 2000,
        seed: 5,
    };
    let edges = [0.0, 0.1, 0.4, 0.9];
    let bands = with.histogram(&sample, &edges).unwrap();
    for (band, pair) in bands.iter().zip(edges.windows(2)) {
        let count = sample
            .iter()
            .filter(|x| pair[0] <= **x && **x < pair[1])
            .count() as f64;
        assert_eq!(band.estimate, count);
        // The resampled count is binomial with the share seen: ±1.96 √(np(1 − p)).
        let spread = 1.96 * (count * (1.0 - count / 400.0)).sqrt();
        near(band.high - band.low, 2.0 * spread, 0.08);
    }
    let at = [0.7, 0.25];
    let bands = with.ecdf(&sample, &at).unwrap();
    for (band, x) in bands.iter().zip(at) {
        let share = sample.iter().filter(|y| **y <= x).count() as f64 / 400.0;
        near(band.estimate, share, 1e-15);
        near(
            band.high - band.low,
            3.92 * (share * (1.0 - share) / 400.0).sqrt(),
            0.08,
        );
    }
    // The last bin is closed; values outside of the edges are in none.
    let bands = with
        .histogram(&[0.0, 1.0, 1.0, 2.0, -1.0], &[0.0, 0.5, 1.0])
        .unwrap();
    assert_eq!(bands[0].estimate, 1.0);
    assert_eq!(bands[1].estimate, 2.0);
    assert!(with.histogram(&sample, &[0.0, 0.0]).is_err());
}

#[test]
fn the_dkw_band_holds_everywhere_at_once() {
    let at: Vec<f64> = (1..100).map(|k| f64::from(k) / 100.0).collect();
    let (mut held, mut narrow) = (0, 0);
    for r in 0..400 {
        let sample = uniforms(23, r, 60);
        let band = bootstrap::dkw_band(&sample, &at, 60.0, 0.9).unwrap();
        let inside = band
            .iter()
            .zip(&at)
            .all(|(b, x)| b.low <= uniform(*x) && *x <= b.high);
        held += u32::from(inside);
        // Twin: a band half as wide.
        narrow += u32::from(band.iter().zip(&at).all(|(b, x)| {
            let half = 0.25 * (b.high - b.low);
            (b.estimate - x).abs() <= half
        }));
    }
    assert!(held >= 360, "{held}");
    assert!(narrow < 300, "{narrow}");
    // √(ln 20 / 120).
    near(
        bootstrap::dkw(60.0, 0.9).unwrap(),
        0.1580013785159798,
        1e-12,
    );
}

#[test]
fn adjusted_p_values() {
    let p = [0.01, 0.04, 0.03, 0.005, 0.04, 0.6];
    let close = |correction: Correction, expected: [f64; 6]| {
        for (own, e) in correction.adjusted(&p).unwrap().iter().zip(expected) {
            near(*own, e, 1e-14);
        }
    };
    // scipy.stats.false_discovery_control.
    close(
        Correction::BenjaminiHochberg,
        [0.03, 0.048, 0.048, 0.03, 0.048, 0.6],
    );
    // By hand: sorted 0.005·6, 0.01·5, 0.03·4, 0.04·3, 0.04·2, 0.6·1, never falling.
    close(Correction::Holm, [0.05, 0.12, 0.12, 0.03, 0.12, 0.6]);
    close(Correction::Bonferroni, [0.06, 0.24, 0.18, 0.03, 0.24, 1.0]);
    assert_eq!(Correction::default(), Correction::Holm);
    assert!(Correction::Holm.adjusted(&[0.1, f64::NAN]).is_err());
    // Under true claims, Holm refutes any of ten with probability α at most; uncorrected, 40 %.
    let (mut any, mut plain) = (0, 0);
    for r in 0..1000 {
        let p = uniforms(24, r, 10);
        plain += u32::from(p.iter().any(|p| *p < 0.05));
        any += u32::from(
            Correction::Holm
                .adjusted(&p)
                .unwrap()
                .iter()
                .any(|p| *p < 0.05),
        );
    }
    assert!(any < 70 && plain > 330, "{any} {plain}");
}
