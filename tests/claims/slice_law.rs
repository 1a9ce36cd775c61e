//! The law on a gauge slice (Aladrah et al., theorem 1, as theory §5.2 reads it): e^{−ℓ/T} det(∇χ∇χᵀ)^{−1/2}
//! on the slice χ = 0. For w = uv the charge gives |w|^{−1}, the log ratio |w|^0, the surface measure
//! |w|^{−1/2}; depth D gives |w|^{−2(D−1)/D}, groups of n entries ‖w‖^{−(n+1)/2} dw.
//!
//! Powers are measured without derivatives by the area of thin shells of the plane, and by
//! determinants of (w, χ) in more dimensions; the potentials must differ by them.

use super::oracle::{apply, determinant, power, products, rank_one};
use super::subject::{self, Model, value};
use symbias::analyze::{Chart, Temper};

/// The area of {w < uv < w + δ, |χ(u, v)| < ε, u, v > 0}, where χ decreases with v: over u, the length
/// of the interval of v.
fn shell(w: f64, chart: Chart) -> f64 {
    let (delta, epsilon) = (1e-3 * w, 1e-3);
    let root = |u: f64, x: f64| match chart {
        Chart::Charges => (u * u - 2.0 * x).max(0.0).sqrt(),
        Chart::LogRatios => u * (-x).exp(),
        Chart::Surface => u - x * std::f64::consts::SQRT_2,
    };
    let length = |u: f64| {
        let low = (w / u).max(root(u, epsilon));
        let high = ((w + delta) / u).min(root(u, -epsilon));
        (high - low).max(0.0)
    };
    super::oracle::interval(length, 0.95 * w.sqrt(), 1.05 * w.sqrt(), 400_000)
}

#[test]
fn thin_shells_have_the_three_powers() {
    for (chart, expected) in [
        (Chart::Charges, -1.0),
        (Chart::LogRatios, 0.0),
        (Chart::Surface, -0.5),
    ] {
        let found = power(|w| shell(w, chart), 0.5, 4.0) - 1.0;
        // Shells of relative thickness 1e-3; δ grows with w, which is the 1 above.
        assert!((found - expected).abs() < 3e-3, "{chart:?}: {found}");
        let answer = |w: f64| {
            let model = subject::products(2, 1);
            let at = model.analysis(&[w.sqrt() * 1.3, w.sqrt() / 1.3], chart, Temper::default());
            -value(&at.answer.bias.noise_slice)
        };
        let slope = (answer(4.0) - answer(0.5)) / 8.0_f64.ln();
        assert!((slope - expected).abs() < 1e-10, "{chart:?}: {slope}");
        assert!(
            (slope - expected - 0.5).abs() > 0.1,
            "the twin: another function with these zeros"
        );
    }
}

/// 1/|det ∂(w, μ)| at the balanced point.
fn density(case: &super::oracle::Case, balanced: &[f64]) -> f64 {
    let mut rows = case.jacobian(balanced);
    rows.extend(case.symmetric.iter().map(|a| apply(a, balanced)));
    1.0 / determinant(&rows)
}

fn slope(model: &Model, at: impl Fn(f64) -> Vec<f64>) -> f64 {
    let law = |w: f64| -value(&model.answer(&at(w)).bias.noise_slice);
    (law(3.0) - law(0.4)) / (3.0_f64 / 0.4).ln()
}

#[test]
fn products_of_more_factors_and_groups() {
    for depth in [3, 4] {
        let case = products(depth, 1);
        let at = |w: f64| vec![w.powf(1.0 / depth as f64); depth];
        let expected = -2.0 * (depth as f64 - 1.0) / depth as f64;
        assert!((power(|w| density(&case, &at(w)), 0.4, 3.0) - expected).abs() < 1e-10);
        let found = slope(&subject::products(depth, 1), at);
        assert!((found - expected).abs() < 1e-9, "{depth}: {found}");
        assert!((found + 1.0).abs() > 0.1, "the twin: depth 2");
    }
    for n in [1, 2, 3] {
        let case = rank_one(&[1, n]);
        let at = |w: f64| {
            let mut t = vec![0.0; n + 1];
            (t[0], t[1]) = (w.sqrt(), w.sqrt());
            t
        };
        let expected = -(n as f64 + 1.0) / 2.0;
        assert!((power(|w| density(&case, &at(w)), 0.4, 3.0) - expected).abs() < 1e-10);
        let found = slope(&subject::group(n), at);
        assert!((found - expected).abs() < 1e-9, "{n}: {found}");
        assert!(
            (found + n as f64 / 2.0).abs() > 0.1,
            "the twin: without the pull of the orbit"
        );
    }
}
