//! Isotropic noise of temperature T with decay λ: w = uv has p(w) ∝ e^{−ℓ/T} K₀(λ|w|/T), a group w = s v of n
//! entries |w|^{(1−n)/2} K_{(n−1)/2}(λ|w|/T) (theory §5.1).
//!
//! The integral of e^{−λ‖θ‖²/2T} over the fibre, by quadrature in log s with the volume that the
//! coordinates (w, s) of Θ carry: du dv = dw ds/s, and ds d^n v = s^{−n} d^n w ds.

use super::oracle::{agree, close, whole_line};
use super::subject::{self, value};
use symbias::analyze::{Chart, Temper};

fn over_the_fibre(w: f64, n: i32, ratio: f64) -> f64 {
    let f = |x: f64| {
        let s = x.exp();
        s * s.powi(-n) * (-ratio * (s * s + w * w / (s * s)) / 2.0).exp()
    };
    whole_line(f, 12.0)
}

/// log p of the answer at a point of length w.
fn law(w: f64, n: usize, temper: Temper) -> f64 {
    let model = subject::group(n);
    let mut theta = vec![0.0; n + 1];
    (theta[0], theta[1]) = (0.8, w / 0.8);
    if n > 1 {
        (theta[1], theta[2]) = (0.6 * w / 0.8, w);
    }
    let found = model.analysis(&theta, Chart::Charges, temper);
    -value(&found.answer.bias.noise_isotropic)
}

#[test]
fn the_law_is_the_integral_over_the_fibre() {
    let temper = Temper {
        temperature: 0.6,
        decay: 1.3,
    };
    let ratio = temper.decay / temper.temperature;
    for n in [1, 2, 3, 5] {
        let law = |w: f64| law(w, n, temper);
        let integral = |w: f64, n: usize| over_the_fibre(w, n as i32, ratio).ln();
        for (a, b) in [(0.05, 0.4), (0.4, 1.5), (1.5, 4.0)] {
            let found = law(a) - law(b);
            close(found, integral(a, n) - integral(b, n), 1e-9);
            assert!(
                !agree(found, integral(a, n + 1) - integral(b, n + 1), 1e-2),
                "the twin: a longer group"
            );
        }
    }
}

#[test]
fn one_entry_is_the_tabulated_function() {
    // Abramowitz and Stegun, table 9.8: K₀(1) and K₀(0.1); the fibre has x and −x in log u.
    let k0 = |x: f64| over_the_fibre(x, 1, 1.0);
    close(k0(1.0), 0.421_024_438_240_708_3, 1e-12);
    close(k0(0.1), 2.427_069_024_702_017, 1e-12);
    let one = Temper {
        temperature: 1.0,
        decay: 1.0,
    };
    let found = law(1.0, 1, one) - law(0.1, 1, one);
    close(
        found,
        (0.421_024_438_240_708_3_f64 / 2.427_069_024_702_017).ln(),
        1e-12,
    );
    assert!(
        !agree(k0(1.0), 0.601_907_230_197_234_6, 1e-2),
        "the twin: K₁"
    );
}
