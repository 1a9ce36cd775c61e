//! The judge: small dense linear algebra, quadrature and models written from their definitions.

mod linear;
mod model;

pub use linear::*;
pub use model::*;

/// Two numbers agree to a relative accuracy.
#[track_caller]
pub fn close(found: f64, expected: f64, accuracy: f64) {
    assert!(
        agree(found, expected, accuracy),
        "{found}, expected {expected}"
    );
}

/// Whether two numbers agree to an accuracy relative to the larger of 1 and their size.
pub fn agree(found: f64, expected: f64, accuracy: f64) -> bool {
    (found - expected).abs() <= accuracy * expected.abs().max(1.0)
}

/// θ_i = sin(i + 1) + cos(3i + 2)/2, i = 0 … d − 1: a point that anyone can type.
pub fn typed(d: usize) -> Vec<f64> {
    let at = |i: usize| (i as f64 + 1.0).sin() + (3.0 * i as f64 + 2.0).cos() / 2.0;
    (0..d).map(at).collect()
}

/// Another one.
pub fn other(d: usize) -> Vec<f64> {
    let at = |i: usize| 1.1 * (2.0 * i as f64 + 0.3).cos() + (5.0 * i as f64 + 1.0).sin() / 3.0;
    (0..d).map(at).collect()
}

/// ∫ f over the real line by the trapezoidal rule: exponentially accurate for analytic integrands
/// that decay on both sides; `reach` is where they have.
pub fn whole_line(f: impl Fn(f64) -> f64, reach: f64) -> f64 {
    let n = 4000;
    let h = reach / f64::from(n);
    (-n..=n).map(|k| f(f64::from(k) * h)).sum::<f64>() * h
}

/// ∫_a^b f by Simpson's rule.
pub fn interval(f: impl Fn(f64) -> f64, a: f64, b: f64, panels: u32) -> f64 {
    let h = (b - a) / f64::from(panels);
    let panel = |k: u32| {
        let x = a + f64::from(k) * h;
        (f(x) + 4.0 * f(x + h / 2.0) + f(x + h)) * h / 6.0
    };
    (0..panels).map(panel).sum()
}

/// The classical Runge–Kutta method: ẏ = f(y).
pub fn runge_kutta(
    f: impl Fn(&[f64]) -> Vec<f64>,
    start: &[f64],
    time: f64,
    steps: u32,
) -> Vec<f64> {
    let h = time / f64::from(steps);
    let moved = |y: &[f64], k: &[f64], c: f64| -> Vec<f64> {
        y.iter().zip(k).map(|(y, k)| y + c * k).collect()
    };
    let mut y = start.to_vec();
    for _ in 0..steps {
        let a = f(&y);
        let b = f(&moved(&y, &a, h / 2.0));
        let c = f(&moved(&y, &b, h / 2.0));
        let d = f(&moved(&y, &c, h));
        for i in 0..y.len() {
            y[i] += h / 6.0 * (a[i] + 2.0 * b[i] + 2.0 * c[i] + d[i]);
        }
    }
    y
}

/// The slope of log f against log x between two points.
pub fn power(f: impl Fn(f64) -> f64, a: f64, b: f64) -> f64 {
    (f(b) / f(a)).ln() / (b / a).ln()
}
