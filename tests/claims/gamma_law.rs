//! w = uv with noise C = s²JᵀJ on the balanced leaf: p(w) ∝ |w|^{−3/2} exp(−∫ ℓ′/(s²|w|) dw), for ℓ = (w − w₀)²/2 the
//! Gamma law of shape w₀/s² − ½ and scale s², with mean w₀ − s²/2 (theory §5.4).
//!
//! The quotient equation from the definitions: drift −Kℓ′ + ½ tr(C∇²F), diffusion JCJᵀ (Itô). Its flux
//! vanishes for the Gamma density; its mean by quadrature; the leaf is invariant, tr(AC) = 0. The law of symbias, which
//! integrates any slope, has this density and this mean.

use super::oracle::{agree, apply, close, dot, interval, products};
use symbias_bias::law::Density;
use symbias_bias::law::closed::{gamma, predictor_noise};

const S2: f64 = 0.25;
const W0: f64 = 1.0;

/// Drift (with a share of the Itô term) and diffusion at w.
fn quotient(w: f64, ito: f64) -> (f64, f64) {
    let case = products(2, 1);
    let theta = [w.sqrt(), w.sqrt()];
    let j = case.jacobian(&theta).remove(0);
    let k = dot(&j, &j);
    // ∇²F by differences that are exact for polynomials.
    let second: Vec<Vec<f64>> = (0..2)
        .map(|i| {
            let at = |h: f64| {
                let mut t = theta;
                t[i] += h;
                case.jacobian(&t).remove(0)
            };
            at(1.0)
                .iter()
                .zip(at(-1.0))
                .map(|(a, b)| (a - b) / 2.0)
                .collect()
        })
        .collect();
    let correction = S2 * dot(&j, &apply(&second, &j)) / 2.0;
    (-k * (w - W0) + ito * correction, S2 * k * k)
}

fn density(w: f64, power: f64) -> f64 {
    w.powf(W0 / S2 - power) * (-w / S2).exp()
}

/// The flux (drift p − ½(a p)′)/p, relative to the drift's scale.
fn flux(w: f64, power: f64, ito: f64) -> f64 {
    let h = 1e-3 * w;
    let flow = |x: f64| quotient(x, ito).1 * density(x, power) / 2.0;
    let slope =
        (8.0 * (flow(w + h) - flow(w - h)) - (flow(w + 2.0 * h) - flow(w - 2.0 * h))) / (12.0 * h);
    (quotient(w, ito).0 * density(w, power) - slope) / density(w, power)
}

/// The law of symbias for the slope w − w₀.
fn law(strength: f64) -> Density {
    predictor_noise(|w| w - W0, strength, (0.0, f64::INFINITY)).unwrap_or_else(|e| panic!("{e}"))
}

#[test]
fn the_flux_vanishes() {
    let found = law(S2);
    let step = |f: &dyn Fn(f64) -> f64, w: f64| f(w) - f(1.3);
    for w in [0.2, 0.6, 1.0, 1.7] {
        let ours = step(&|x| density(x, 1.5).ln(), w);
        close(step(&|x| found.log_density(x), w), ours, 1e-9);
        // Differences of fourth order at relative step 1e-3.
        assert!(flux(w, 1.5, 1.0).abs() < 1e-9, "{w}");
        assert!(
            flux(w, 1.5, 0.0).abs() > 0.01,
            "the twin: the Ito term dropped"
        );
        assert!(
            flux(w, 2.0, 0.0).abs() < 1e-9,
            "which is the law with |w|^-2"
        );
        assert!(
            flux(w, 0.5, 1.0).abs() > 0.01,
            "the twin: the horizontal law's power"
        );
    }
}

#[test]
fn the_mean_is_below_the_minimum_by_half_the_noise() {
    // Substituting w = y², so that the integrand is smooth at 0.
    let moment = |k: i32, power: f64| {
        interval(
            |y: f64| 2.0 * y * (y * y).powi(k) * density(y * y, power),
            1e-9,
            4.0,
            4000,
        )
    };
    close(moment(1, 1.5) / moment(0, 1.5), W0 - S2 / 2.0, 1e-9);
    let found = [
        law(S2),
        gamma(W0 / S2 - 0.5, S2).unwrap_or_else(|e| panic!("{e}")),
    ];
    for law in found {
        close(
            law.mean().unwrap_or_else(|e| panic!("{e}")),
            W0 - S2 / 2.0,
            1e-8,
        );
    }
    assert!(
        gamma(W0 / 2.1 - 0.5, 2.1).is_err(),
        "from s² = 2 w₀ on there is none"
    );
    assert!(
        !agree(moment(1, 2.0) / moment(0, 2.0), W0 - S2 / 2.0, 1e-2),
        "the twin: no Ito term"
    );
    the_balanced_leaf_is_invariant();
}

/// Without that the law would be of no leaf.
fn the_balanced_leaf_is_invariant() {
    let case = products(2, 1);
    let drift = |theta: &[f64]| {
        let j = case.jacobian(theta).remove(0);
        S2 * dot(&j, &apply(&case.symmetric[0], &j)) / 2.0
    };
    assert!(drift(&[0.8, 0.8]).abs() < 1e-14);
    assert!(
        drift(&[0.8, 0.3]).abs() > 1e-2,
        "the twin: off the leaf the charge drifts"
    );
}
