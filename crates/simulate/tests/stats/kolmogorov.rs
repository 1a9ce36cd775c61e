//! The law of D against SciPy, mpmath and closed forms of small n.

use super::draws::{congruential, mapped, near, uniform};
use symbias_simulate::stats::ks::{self, Law};
use symbias_simulate::stats::{kolmogorov, normal};

#[test]
fn the_limit_law_is_kolmogorovs() {
    // mpmath, 40 digits: 2·Σ(−1)^(k−1) exp(−2k²λ²).
    for (lambda, p) in [
        (0.3, 0.9999906941986655),
        (0.5, 0.9639452436648751),
        (0.8, 0.5441424115741981),
        (0.999, 0.27107316411506394),
        (1.0, 0.2699996716773545),
        (1.001, 0.268929266298627),
        (1.358, 0.05002679733444699),
        (2.0, 0.0006709252557796953),
        (4.0, 2.532833109818835e-14),
        (10.0, 2.767793053473435e-87),
    ] {
        near(kolmogorov::survival(lambda), p, 1e-13);
    }
    assert_eq!(kolmogorov::survival(0.0), 1.0);
    assert!(kolmogorov::survival(f64::NAN).is_nan());
    // scipy.special.kolmogi.
    for (p, lambda) in [
        (0.999, 0.3742196902782784),
        (0.5, 0.8275735551899059),
        (0.05, 1.3580986393225507),
        (0.01, 1.6276236115189504),
        (1e-6, 2.6933861344527097),
    ] {
        near(kolmogorov::quantile(p).unwrap(), lambda, 1e-12);
    }
    assert!(kolmogorov::quantile(1.0).is_err());
}

#[test]
fn the_exact_law_is_scipys() {
    // scipy.stats.kstwo.sf(d, n).
    for (n, d, p) in [
        (1, 0.6, 0.8),
        (3, 0.4, 0.5946666666666665),
        (10, 0.2, 0.7487190399999999),
        (10, 0.45, 0.022891810311718164),
        (10, 0.7, 1.9544800000000034e-05),
        (50, 0.05, 0.9990238098461883),
        (50, 0.1, 0.6623112704658186),
        (50, 0.2, 0.03143877776953241),
        (50, 0.3, 0.00017353260202718738),
        (140, 0.04, 0.9719726587618661),
        (140, 0.115, 0.045419025196807614),
        (140, 0.16, 0.001344016324418744),
        (140, 0.2, 2.1981563302200222e-05),
    ] {
        near(kolmogorov::survival_of(n, d), p, 1e-10);
        // Twin: the limit without its correction is off by more than the exact law.
        if n > 3 && p > 1e-3 && p < 0.99 {
            let limit = kolmogorov::survival((n as f64).sqrt() * d);
            assert!((limit / p - 1.0).abs() > 1e-3);
        }
    }
    // scipy.stats.ksone.sf(d, n).
    for (n, d, p) in [
        (10, 0.3, 0.1354635556),
        (50, 0.2, 0.01571942744940561),
        (140, 0.01, 0.9660576929768654),
    ] {
        near(kolmogorov::one_sided(n, d), p, 1e-12);
    }
    // Of one value, D = max(u, 1 − u): P(D ≥ d) = 2(1 − d).
    for d in [0.5, 0.6, 0.75, 0.99] {
        near(kolmogorov::survival_of(1, d), 2.0 * (1.0 - d), 1e-14);
    }
}

#[test]
fn beyond_the_exact_law_the_correction_holds() {
    // scipy.stats.kstwo.sf(z/sqrt(n), n), exact.
    for (n, z, p) in KSTWO {
        let d = z / (n as f64).sqrt();
        let own = kolmogorov::survival_of(n, d);
        assert!((own - p).abs() < 1.3e-4 && (own / p - 1.0).abs() < 0.03);
        // The limit is conservative, and the correction closer.
        let limit = kolmogorov::survival(z);
        assert!(limit > p && limit - p > (own - p).abs());
    }
}

#[test]
fn one_sample_is_scipys() {
    // scipy.stats.ks_1samp: statistic, pvalue, statistic_location, statistic_sign.
    let x = mapped(&congruential(1, 40), |x| x.powf(1.5));
    let test = ks::one_sample(&x, uniform).unwrap();
    near(test.deviation.distance, 0.20293604220388994, 1e-14);
    near(test.p_value, 0.06391023014439234, 1e-10);
    near(test.deviation.at, 0.52206395779611, 1e-14);
    assert!(test.deviation.above && test.law == Law::Exact && test.ties == 0);
    let y = mapped(&congruential(2, 25), |x| (x * 1.3 - 0.1) / 1.3 + 0.2);
    let test = ks::one_sample(&y, |x| normal::cdf((x - 0.6) / 0.35)).unwrap();
    near(test.deviation.distance, 0.14596246451059736, 1e-13);
    near(test.p_value, 0.6097271342835819, 1e-10);
    near(test.deviation.at, 0.4875875003981427, 1e-14);
    let z = mapped(&congruential(3, 500), |x| x.powf(1.1));
    let test = ks::one_sample(&z, uniform).unwrap();
    near(test.deviation.distance, 0.054639626008736175, 1e-13);
    near(test.p_value, 0.09733845563799681, 1e-3);
    assert_eq!(test.law, Law::Corrected);
}

#[test]
fn two_samples_are_scipys_and_ties_are_counted_out() {
    // scipy.stats.ks_2samp(method='exact').
    let x = congruential(1, 40);
    let y = mapped(&congruential(2, 25), |x| x * 1.3 - 0.1);
    let test = ks::two_sample(&x, &y).unwrap();
    near(test.deviation.distance, 0.26, 1e-14);
    near(test.p_value, 0.2093834994326415, 1e-11);
    near(test.deviation.at, 0.19812581578639607, 1e-14);
    assert!(!test.deviation.above);
    let narrow = mapped(&y, |y| y * 0.4);
    near(
        ks::two_sample(&x, &narrow).unwrap().p_value,
        1.0851655031309296e-05,
        1e-10,
    );
    // scipy.special.kolmogorov(D·sqrt(nm/(n+m))).
    let (a, b) = (
        congruential(4, 900),
        mapped(&congruential(5, 700), |x| x.powf(1.2)),
    );
    let big = ks::two_sample(&a, &b).unwrap();
    near(big.deviation.distance, 0.06825396825396825, 1e-13);
    near(big.p_value, 0.05102088522808664, 1e-12);
    assert_eq!(big.law, Law::Limit);

    // With ties: every way to deal the pooled values out, counted here.
    let (first, second) = ([1.0, 2.0, 2.0, 3.0], [2.0, 3.0, 4.0, 4.0, 5.0]);
    let pooled: Vec<f64> = first.iter().chain(&second).copied().collect();
    let distance = |mask: u32| {
        [1.0, 2.0, 3.0, 4.0, 5.0]
            .iter()
            .map(|x| {
                let (mut f, mut g) = (0, 0);
                for (k, v) in pooled.iter().enumerate().filter(|(_, v)| **v <= *x) {
                    let _ = v;
                    if mask >> k & 1 == 1 {
                        f += 5;
                    } else {
                        g += 4;
                    }
                }
                i32::abs(f - g)
            })
            .max()
            .unwrap()
    };
    let own = distance(0b1111);
    let (mut all, mut beyond) = (0, 0);
    for mask in (0..1u32 << 9).filter(|m| m.count_ones() == 4) {
        all += 1;
        beyond += u32::from(distance(mask) >= own);
    }
    let test = ks::two_sample(&first, &second).unwrap();
    near(test.p_value, f64::from(beyond) / f64::from(all), 1e-14);
    assert_eq!(test.ties, 4);
    // Twin: the same distance without ties is another probability.
    let untied = ks::two_sample(&[1.0, 2.0, 2.1, 3.0], &[2.2, 3.1, 4.0, 4.1, 5.0]).unwrap();
    assert!((untied.p_value - test.p_value).abs() > 0.01);
}

#[test]
fn special_functions_are_accurate() {
    // mpmath, 40 digits.
    for (z, p) in [
        (-8.0, 6.220960574271784e-16),
        (-3.2, 0.0006871379379158485),
        (-0.4, 0.3445782583896758),
        (1.1, 0.8643339390536173),
        (2.5, 0.9937903346742238),
    ] {
        near(normal::cdf(z), p, SPECIAL);
    }
    for (p, z) in [
        (1e-9, -5.9978070150076865),
        (0.001, -3.0902323061678136),
        (0.025, -1.9599639845400543),
        (0.3, -0.5244005127080408),
        (0.9, 1.2815515655446004),
        (0.999, 3.0902323061678136),
    ] {
        near(normal::quantile(p), z, SPECIAL);
    }
    for (z, p) in [
        (0.3, 0.7641771556220948),
        (1.96, 0.04999579029644087),
        (4.5, 6.7953462494601205e-06),
        (-9.0, 2.257176811907681e-19),
    ] {
        near(normal::two_sided(z), p, SPECIAL);
    }
    for (x, k, p) in [
        (0.1, 1, 0.7518296340458492),
        (3.84, 1, 0.0500435212487051),
        (5.0, 3, 0.17179714429673312),
        (20.0, 7, 0.005569683072945571),
        (150.0, 100, 0.0009039320423540091),
        (300.0, 20, 8.08284962977591e-52),
    ] {
        near(normal::chi_squared_survival(x, k).unwrap(), p, SPECIAL);
    }
    assert_eq!(normal::chi_squared_survival(1.0, 0), None);
}

/// What `normal` promises.
const SPECIAL: f64 = 1e-12;

#[test]
fn mistakes_are_errors() {
    let bad = ks::one_sample(&[0.1, f64::NAN], uniform).unwrap_err();
    assert!(bad.message().contains("NaN at 1"));
    assert!(ks::one_sample(&[], uniform).is_err());
    assert!(ks::one_sample(&[0.1, 0.5], |x| 2.0 * x + 0.5).is_err());
    assert!(ks::one_sample(&[0.1, 0.5], |x| 1.0 - x).is_err());
    assert!(ks::one_sample_effective(&[0.1, 0.5], 0.0, uniform).is_err());
}

const KSTWO: [(usize, f64, f64); 12] = [
    (141, 0.6, 0.846171510746462),
    (141, 1.0, 0.2553544927215675),
    (141, 1.6, 0.010782502579705781),
    (500, 0.6, 0.8545433622007345),
    (500, 1.0, 0.26212693581294755),
    (500, 1.6, 0.011354046044617962),
    (3000, 0.6, 0.860274863219075),
    (3000, 1.0, 0.26675781491296713),
    (3000, 1.6, 0.011714547493776872),
    (20000, 0.6, 0.862725448514327),
    (20000, 1.0, 0.26873939434518745),
    (20000, 1.6, 0.011861181044890123),
];
