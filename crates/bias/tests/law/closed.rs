//! Closed laws against mpmath and SciPy, and against the potentials of `noise`.

use super::common::{GROUP, PRODUCT, written};
use std::collections::BTreeMap;
use symbias_bias::law::{Density, closed};
use symbias_bias::noise::{Chart, Temper, horizontal, isotropic, slice};
use symbias_bias::{Ground, Law, Potential};
use symbias_geometry::discover::structural::factors;
use symbias_geometry::probe::Probes;

fn cdfs(law: &Density, table: &[(f64, f64)], tolerance: f64) {
    for (x, expected) in table {
        let found = law.cdf(*x);
        assert!(
            (found - expected).abs() < tolerance,
            "{found} instead of {expected} at {x}"
        );
    }
}

/// Every cdf by mpmath `quad` of the law as theory §5 writes it, in (s_1, s_2) for eigenvalues; `det` by
/// `scipy.stats.gamma.cdf(sqrt(x), 4, scale=.5)`.
#[test]
fn cdfs_are_those_of_other_quadratures() {
    let square = |t: f64| (t - 1.0).powi(2) / 2.0;
    let temper = |t: f64, decay: f64| Temper::new(t, decay).unwrap();
    let law = closed::decayed_group(3, square, temper(0.4, 0.7)).unwrap();
    cdfs(
        &law,
        &[
            (0.3, 0.196_527_605_116_893_3),
            (1.0, 0.739_683_290_305_176_5),
            (2.0, 0.991_415_746_443_968_8),
        ],
        1e-10,
    );
    let law = closed::predictor_noise(|w| w * w * w - 1.0, 0.3, (0.0, f64::INFINITY)).unwrap();
    let table = [
        (0.5, 0.148_292_054_879_543_9),
        (1.0, 0.693_404_559_849_937_4),
        (1.3, 0.921_327_242_952_729_9),
    ];
    cdfs(&law, &table, 1e-10);
    // The mirror image lives on w < 0.
    let law = closed::predictor_noise(|w| w * w * w + 1.0, 0.3, (f64::NEG_INFINITY, 0.0)).unwrap();
    let mirrored = table.map(|(x, p)| (-x, 1.0 - p));
    cdfs(&law, &mirrored, 1e-10);
    let law = closed::wishart_largest(4, temper(0.5, 1.0)).unwrap();
    cdfs(
        &law,
        &[
            (1.0, 0.044_511_661_025_397),
            (2.5, 0.399_042_621_102_6),
            (6.0, 0.935_383_862_509_98),
        ],
        1e-10,
    );
    let law = closed::wishart_determinant(5, temper(0.5, 1.0)).unwrap();
    cdfs(
        &law,
        &[
            (0.5, 0.055_341_220_362_606_54),
            (2.0, 0.314_393_241_313_726_76),
            (8.0, 0.815_450_337_782_717_8),
        ],
        1e-10,
    );
    let loss = |a: f64, b: f64| ((a - 1.0).powi(2) + (b - 0.5).powi(2)) / 2.0;
    let law = closed::eigenvalue_trace(Law::Horizontal, 2, loss, 0.3).unwrap();
    let table = [
        (1.0, 0.261_500_644_362_2),
        (1.7, 0.699_655_125_224_8),
        (3.0, 0.990_686_673_698_1),
    ];
    cdfs(&law, &table, 1e-9);
    let twin = closed::eigenvalue_trace(Law::Isotropic, 2, loss, 0.3).unwrap();
    assert!((twin.cdf(1.0) - table[0].1).abs() > 1e-2, "the twin");
    let law = closed::eigenvalue_gap(Law::Horizontal, 2, loss, 0.3).unwrap();
    cdfs(
        &law,
        &[
            (0.3, 0.079_167_031_982),
            (0.6, 0.315_429_112_897_4),
            (0.9, 0.684_444_462_02),
        ],
        1e-8,
    );
}

/// Predictor noise on ℓ = (w − w₀)²/2 is Gamma(w₀/s² − ½, s²), with mean w₀ − s²/2, until s² ≥ 2w₀; a Wishart trace has
/// mean nrT/λ; radii of ℝᵈ by moments of normal vectors.
#[test]
fn gamma_laws_collapse_where_theory_says() {
    for (w0, strength) in [(1.0, 0.5), (0.7, 1.2), (2.0, 0.01)] {
        let law = closed::predictor_noise(move |w| w - w0, strength, (0.0, f64::INFINITY)).unwrap();
        let gamma = closed::gamma(w0 / strength - 0.5, strength).unwrap();
        for u in [0.01, 0.3, 0.8, 0.999] {
            let x = gamma.quantile(u);
            assert!((law.cdf(x) - u).abs() < 1e-10, "{w0} {strength}");
        }
        assert!((law.mean().unwrap() - (w0 - strength / 2.0)).abs() < 1e-9);
    }
    for strength in [2.0, 2.5] {
        let law = closed::predictor_noise(|w| w - 1.0, strength, (0.0, f64::INFINITY));
        let text = law.unwrap_err().message().to_owned();
        assert!(
            text.contains("near 0") && text.contains("diverges"),
            "{text}"
        );
        assert!(closed::gamma(1.0 / strength - 0.5, strength).is_err());
    }
    assert!(closed::predictor_noise(|w| w - 1.0, 1.99, (0.0, f64::INFINITY)).is_ok());
    assert!(closed::predictor_noise(|w| w - 1.0, 0.5, (-1.0, 1.0)).is_err());
    let temper = Temper::new(0.3, 0.5).unwrap();
    let trace = closed::wishart_trace(3, 5, temper).unwrap();
    assert!((trace.mean().unwrap() - 9.0).abs() < 1e-9);
    let isotropic = closed::radius(Law::Isotropic, 5, |r| r * r / 2.0, 0.3).unwrap();
    assert!((isotropic.expectation(|r| r * r).unwrap() - 1.5).abs() < 1e-9);
    let horizontal = closed::radius(Law::Horizontal, 5, |r| r * r / 2.0, 0.3).unwrap();
    assert!((horizontal.expectation(|r| r * r).unwrap() - 0.3).abs() < 1e-9);
    let slice = closed::product(Law::Slice, 2, |w| w * w, 1.0, (0.0, f64::INFINITY));
    assert!(slice.unwrap_err().message().contains("logarithmically"));
    assert!(closed::wishart_trace(3, 2, temper).is_err());
    assert!(closed::product(Law::Isotropic, 2, |w| w, 1.0, (0.0, 1.0)).is_err());
}

const DEPTH3: &str = r#"
symbias = 1
name = "depth3"
outputs = ["y"]
axes = { i = 1 }
program = "y[i] = a[i] * b[i] * c[i]"
parameters = { a = ["i"], b = ["i"], c = ["i"] }
"#;

/// R of `noise` at two points against the log densities, with ℓ = 0 within a window.
#[test]
fn densities_agree_with_the_potentials() {
    type Bias = fn(&Ground<'_>, &[f64]) -> Potential;
    let by_slice: Bias = |g, t| slice(g, g.base(t).unwrap().as_ref(), t, Chart::Charges).unwrap();
    let by_horizontal: Bias = |g, t| horizontal(g, g.base(t).unwrap().as_ref(), t, &[]).unwrap();
    let by_decay: Bias = |g, t| {
        let temper = Temper::new(0.3, 0.5).unwrap();
        isotropic(g, g.base(t).unwrap().as_ref(), t, temper).unwrap()
    };
    let window = (0.05, 20.0);
    let none = |_: f64| 0.0;
    let product = |noise, depth| closed::product(noise, depth, none, 0.3, window).unwrap();
    let temper = Temper::new(0.3, 0.5).unwrap();
    let cut = |t: f64| if t < 20.0 { 0.0 } else { f64::INFINITY };
    let group = closed::group(Law::Slice, 2, cut, 0.3).unwrap();
    let decayed_group = closed::decayed_group(2, none, temper).unwrap();
    // The radial laws are against dt, those of `noise` against dw = t^{n−1} dt: n = 2.
    for (text, by, law, twin, radial) in [
        (
            PRODUCT,
            by_slice,
            &product(Law::Slice, 2),
            &product(Law::Horizontal, 2),
            0.0,
        ),
        (
            PRODUCT,
            by_horizontal,
            &product(Law::Horizontal, 2),
            &product(Law::Slice, 2),
            0.0,
        ),
        (
            DEPTH3,
            by_slice,
            &product(Law::Slice, 3),
            &product(Law::Slice, 2),
            0.0,
        ),
        (
            DEPTH3,
            by_horizontal,
            &product(Law::Horizontal, 3),
            &product(Law::Horizontal, 2),
            0.0,
        ),
        (
            PRODUCT,
            by_decay,
            &closed::decayed_product(none, temper).unwrap(),
            &decayed_group,
            0.0,
        ),
        (GROUP, by_slice, &group, &decayed_group, 1.0),
        (GROUP, by_decay, &decayed_group, &group, 1.0),
    ] {
        let model = written(text);
        let factors = factors(&model);
        let probes = Probes::new(&model, &BTreeMap::new(), None, 1).unwrap();
        let d = model.space().dim();
        let ground = Ground::new(&model, &factors, &probes, false, 1);
        // θ = (x, …, x) with w = x^D, or norm x·x√2 for the group.
        let weight = |x: f64| match text {
            GROUP => x * x * 2.0_f64.sqrt(),
            _ => x.powi(d as i32),
        };
        let value = |x: f64| by(&ground, &vec![x; d]).value.unwrap();
        let (x, y) = (0.8, 1.3);
        let expected = value(x) - value(y);
        let against = |law: &Density| {
            let log = |x: f64| law.log_density(weight(x)) - radial * weight(x).ln();
            log(y) - log(x)
        };
        assert!(
            (against(law) - expected).abs() < 1e-9,
            "{} {expected}",
            against(law)
        );
        assert!((against(twin) - expected).abs() > 1e-2, "the twin");
    }
}
