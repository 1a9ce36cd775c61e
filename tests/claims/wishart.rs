//! S = XXᵀ, X n × r with isotropic noise, r ≥ n: p(S) ∝ e^{−ℓ/T} det(S)^{(r−n−1)/2}, Wishart's density (theory §5.1).
//!
//! Differences of the potential between points against Wishart's exponent; the exponent itself
//! against moments of S: for Gaussian X, E log det S is a sum of digamma functions, whose
//! derivative by the exponent is tested for n = 1 by quadrature of the printed density.

use super::oracle::{
    agree, block, close, determinant, interval, other, product, transposed, typed,
};
use super::subject::{self, value};

fn log_det(theta: &[f64], n: usize, r: usize) -> f64 {
    let x = block(theta, 0, n, r);
    determinant(&product(&x, &transposed(&x))).ln()
}

#[test]
fn the_isotropic_law_is_wishart() {
    for (n, r) in [(1, 3), (2, 2), (2, 4), (3, 3), (3, 5)] {
        let (a, b) = (typed(n * r), other(n * r));
        let law = |t: &[f64]| -value(&subject::square(n, r).answer(t).bias.noise_isotropic);
        let found = law(&a) - law(&b);
        let step = log_det(&a, n, r) - log_det(&b, n, r);
        let exponent = (r as f64 - n as f64 - 1.0) / 2.0;
        close(found, exponent * step, 1e-9);
        // Twin: the exponent without the metric of the image.
        let twin = (r as f64 - n as f64) / 2.0;
        assert!(!agree(found, twin * step, 1e-3), "{n} {r}");
    }
}

#[test]
fn one_row_is_a_chi_square() {
    // S = ‖x‖², x Gaussian in ℝ^r: mean r under e^{−S/2} S^{(r−2)/2}, substituting S = y².
    for r in [2, 3, 5] {
        let moment = |power: i32, exponent: f64| {
            let f = |y: f64| {
                2.0 * y * y.powi(2 * power) * y.powf(2.0 * exponent) * (-y * y / 2.0).exp()
            };
            interval(f, 1e-9, 14.0, 4000)
        };
        // The exponent is that of the answer.
        let (a, b) = (typed(r as usize), other(r as usize));
        let law = |t: &[f64]| {
            -value(
                &subject::square(1, r as usize)
                    .answer(t)
                    .bias
                    .noise_isotropic,
            )
        };
        let step = log_det(&a, 1, r as usize) - log_det(&b, 1, r as usize);
        let exponent = (law(&a) - law(&b)) / step;
        close(
            moment(1, exponent) / moment(0, exponent),
            f64::from(r),
            1e-8,
        );
        let twin = moment(1, exponent + 0.5) / moment(0, exponent + 0.5);
        assert!((twin - f64::from(r)).abs() > 0.5);
    }
}
