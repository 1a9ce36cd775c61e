//! Densities against mpmath, SciPy and closed forms.

use std::time::Instant;
use symbias_bias::law::Density;
use symbias_numerics::random::Stream;

fn near(found: f64, expected: f64, tolerance: f64) {
    assert!(
        (found - expected).abs() <= tolerance * expected.abs().max(1e-300),
        "{found:e} instead of {expected:e}"
    );
}

/// log K_0 by its own integral, 40 points of the trapezoidal rule with step 1/6, enough for 1e-13 at x < 15.
fn log_k0(x: f64) -> f64 {
    let term = |k: u32| {
        let t = f64::from(k) / 6.0;
        (-2.0 * x * (t / 2.0).sinh().powi(2)).exp()
    };
    let sum = 0.5 + (1..4000).map(term).take_while(|t| *t > 1e-18).sum::<f64>();
    (sum / 6.0).ln() - x
}

/// The law e^{−(w−1)²/2T} K_0(λ|w|/T), T = 0.3, λ = 0.5, singular at 0. mpmath with 30 digits: `quad` over pieces split at
/// 0, ±1e-4, ±1e-2, ±1, ±3.
#[test]
fn a_logarithm_at_zero_is_integrated() {
    let log = |w: f64| -(w - 1.0).powi(2) / 0.6 + log_k0(0.5 * w.abs() / 0.3);
    let p = Density::new(log, (f64::NEG_INFINITY, f64::INFINITY), &[0.0]).unwrap();
    near(p.log_mass(), -0.690_920_424_507_905_2, 1e-11);
    for (x, below, above) in [
        (-1.0, 4.817_755_634_131_577e-5, 0.999_951_822_443_658_7),
        (-1e-6, 0.161_870_212_343_640_55, 0.838_129_787_656_359_4),
        (0.0, 0.161_875_647_623_599_04, 0.838_124_352_376_401),
        (0.2, 0.380_786_874_990_038_64, 0.619_213_125_009_961_4),
        (1.0, 0.883_627_938_739_792_6, 0.116_372_061_260_207_4),
        (2.5, 0.999_940_294_012_878_5, 5.970_598_712_153_561e-5),
    ] {
        near(p.cdf(x), below, 1e-10);
        near(p.survival(x), above, 1e-10);
        assert!((p.quantile(below) - x).abs() < 1e-9);
    }
    near(p.mean().unwrap(), 0.422_477_394_007_785_3, 1e-10);
    near(p.variance().unwrap(), 0.199_093_766_873_734_5, 1e-10);
    assert_eq!(p.mode(), 0.0, "infinite at 0");
    assert!(p.relative_error() < 1e-11);
    // The twin: without the logarithm the numbers are others.
    let twin = |w: f64| -(w - 1.0).powi(2) / 0.6 - 0.5 * w.abs() / 0.3;
    let twin = Density::new(twin, (f64::NEG_INFINITY, f64::INFINITY), &[0.0]).unwrap();
    assert!((twin.cdf(0.0) - p.cdf(0.0)).abs() > 1e-2);
}

/// `scipy.stats.gamma.ppf(u, 0.7, scale=2)`; mean k θ, variance k θ², mode 0 (infinite).
#[test]
fn quantiles_of_a_gamma_law_are_scipys() {
    let log = |x: f64| -0.3 * x.ln() - x / 2.0;
    let p = Density::new(log, (0.0, f64::INFINITY), &[]).unwrap();
    for (u, x) in [
        (1e-8, 6.501_558_722_996_344e-12),
        (0.01, 0.002_425_246_048_202_684_7),
        (0.3, 0.345_039_600_667_216_84),
        (0.9, 3.514_257_021_408_840_7),
        (1.0 - 1e-9, 39.111_773_170_275_23),
    ] {
        near(p.quantile(u), x, if u > 0.99 { 1e-8 } else { 1e-10 });
        near(p.cdf(x), u, 1e-10);
    }
    near(p.mean().unwrap(), 1.4, 1e-11);
    near(p.variance().unwrap(), 2.8, 1e-11);
    near(
        p.expectation(|x| x.powi(4)).unwrap(),
        0.7 * 1.7 * 2.7 * 3.7 * 16.0,
        1e-10,
    );
    assert!(p.log_density(-1.0) == f64::NEG_INFINITY && p.cdf(-1.0) == 0.0);
    // Nearly all of the mass below the least numbers: x^{−0.99} on (0, 1), cdf x^{0.01}.
    let steep = Density::new(|x: f64| -0.99 * x.ln(), (0.0, 1.0), &[]).unwrap();
    near(steep.cdf(1e-200), 1e-2, 1e-10);
    near(steep.quantile(0.5), 0.5_f64.powi(100), 1e-8);
}

/// Peaks of any place and width: e^{−(x−c)²/2s²} has mass s√2π, mean c, variance s².
#[test]
fn narrow_and_far_peaks_are_found() {
    for (c, s) in [
        (5.0, 1e-5),
        (-3e4, 0.2),
        (1e-7, 1e-9),
        (0.0, 1e6),
        (0.3, 2.0),
    ] {
        let log = move |x: f64| -1e4 - ((x - c) / s).powi(2) / 2.0;
        let p = Density::new(log, (f64::NEG_INFINITY, f64::INFINITY), &[]).unwrap();
        near(
            p.log_mass(),
            -1e4 + (s * (2.0 * std::f64::consts::PI).sqrt()).ln(),
            1e-13,
        );
        assert!(
            (p.mean().unwrap() - c).abs() < 1e-9 * s.max(c.abs()),
            "mean {c} {s}"
        );
        near(p.variance().unwrap(), s * s, 1e-7);
        assert!((p.mode() - c).abs() < 1e-3 * s);
        // Φ(−1), from tables.
        near(p.cdf(c - s), 0.158_655_253_931_457_05, 1e-9);
    }
    // Two of them beside a singular point: w^{−1/2} e^{−(w−1)²/2T}, T = 1e-3. mpmath `quad` over ten pieces.
    let log = |w: f64| -0.5 * w.ln() - (w - 1.0).powi(2) / 2e-3;
    let p = Density::new(log, (0.0, f64::INFINITY), &[]).unwrap();
    near(p.log_mass(), -2.534_563_353_173_362_5, 1e-12);
    near(p.cdf(0.97), 0.175_509_427_798_442_35, 1e-10);
    // Wells at ±1, e^{−(x²−1)²/4T} at T = 1e-3: symmetric, and ⟨x²⟩ = 1 − T + O(T²) by Laplace's method.
    let wells = |x: f64| -(x * x - 1.0).powi(2) / 4e-3;
    let p = Density::new(wells, (f64::NEG_INFINITY, f64::INFINITY), &[]).unwrap();
    near(p.cdf(0.0), 0.5, 1e-9);
    let second = p.expectation(|x| x * x).unwrap();
    assert!((second - (1.0 - 1e-3)).abs() < 1e-5, "{second}");
}

/// Inner points and finite ends: |x − 2|^{−1/2} on (1, 6) has mass 2(1 + 2) and cdf (2 ± 2√|x−2|)/6; a uniform law; a
/// power law 1/x² on (1, ∞), which has no mean.
#[test]
fn inner_singular_points_ends_and_heavy_tails() {
    let p = Density::new(|x: f64| -0.5 * (x - 2.0).abs().ln(), (1.0, 6.0), &[2.0]).unwrap();
    near(p.log_mass(), 6.0_f64.ln(), 1e-9);
    near(p.cdf(1.36), (2.0 - 2.0 * 0.8) / 6.0, 1e-8);
    near(p.cdf(5.24), (2.0 + 2.0 * 1.8) / 6.0, 1e-8);
    assert_eq!(p.mode(), 2.0);
    let flat = Density::new(|_| 7.0, (-2.0, 3.0), &[]).unwrap();
    near(flat.quantile(0.3), -0.5, 1e-11);
    near(flat.variance().unwrap(), 25.0 / 12.0, 1e-11);
    assert_eq!((flat.quantile(0.0), flat.quantile(1.0)), (-2.0, 3.0));
    let heavy = Density::new(|x: f64| -2.0 * x.ln(), (1.0, f64::INFINITY), &[]).unwrap();
    near(heavy.survival(1e20), 1e-20, 1e-9);
    let error = heavy.mean().unwrap_err();
    assert!(error.message().contains("near infinity"), "{error}");
    near(heavy.expectation(f64::sqrt).unwrap(), 2.0, 1e-9);
}

#[test]
fn laws_that_do_not_exist_are_refused() {
    let refused = |power: f64, support: (f64, f64)| {
        let found = Density::new(move |w: f64| power * w.abs().ln() - w * w, support, &[0.0]);
        found.unwrap_err().message().to_owned()
    };
    assert_eq!(
        refused(-1.5, (0.0, f64::INFINITY)),
        "the density behaves as |w|^-1.50 near 0: the integral of w^-1.50 from 0 diverges"
    );
    assert!(refused(-1.0, (-1.0, 1.0)).contains("w^-1.00 from 0 diverges logarithmically"));
    let tail = Density::new(|w: f64| -0.5 * w.ln(), (1.0, f64::INFINITY), &[]).unwrap_err();
    assert!(
        tail.message()
            .contains("integral of w^-0.50 to infinity diverges"),
        "{tail}"
    );
    let log = |x: f64| -x.ln() - 2.0 * x.ln().abs().ln();
    let undecided = Density::new(log, (0.0, 0.5), &[]).unwrap_err();
    assert!(undecided.message().contains("undecided"), "{undecided}");
    // The twins, a little inside.
    assert!(Density::new(|w: f64| -0.97 * w.ln() - w, (0.0, f64::INFINITY), &[]).is_ok());
    for (a, b) in [(1.0, 1.0), (2.0, 1.0), (f64::NAN, 1.0)] {
        assert!(Density::new(|_| 0.0, (a, b), &[]).is_err());
    }
    assert!(Density::new(|_| f64::NAN, (0.0, 1.0), &[]).is_err());
    assert!(Density::new(|_| f64::NEG_INFINITY, (0.0, 1.0), &[]).is_err());
}

/// Samples are those of the law, quantiles rise, and the table is fast.
#[test]
fn samples_follow_the_law_and_the_table_is_fast() {
    let law = |k: f64| move |x: f64| -0.5 * x.ln() - k * x;
    let p = Density::new(law(1.0), (0.0, f64::INFINITY), &[]).unwrap();
    let twin = Density::new(law(1.1), (0.0, f64::INFINITY), &[]).unwrap();
    let mut stream = Stream::new(7, 0, 0);
    let sample: Vec<f64> = (0..20_000).map(|_| p.sample(&mut stream)).collect();
    let root = (sample.len() as f64).sqrt();
    // 1.95: level 1e-3. A rate changed by a tenth moves the cdf by 0.023, 3.3 of these units.
    assert!(root * p.kolmogorov(&sample) < 1.95);
    assert!(root * twin.kolmogorov(&sample) > 1.95);
    let quantiles: Vec<f64> = (0..=2000)
        .map(|k| p.quantile(f64::from(k) / 2000.0))
        .collect();
    assert!(quantiles.windows(2).all(|q| q[0] < q[1]));
    let start = Instant::now();
    let sum: f64 = (0..100_000).map(|k| p.cdf(f64::from(k) * 1e-4)).sum();
    let seconds = start.elapsed().as_secs_f64();
    assert!(sum.is_finite());
    println!("100000 cdf in {seconds:.4} s");
    assert!(seconds < 1.0, "{seconds}");
}
