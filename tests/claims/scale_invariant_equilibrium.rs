//! A scale-invariant weight: gradient descent grows ‖θ‖² by η²‖g‖² a step, and with decay λ the norm settles
//! at ‖θ‖⁴ = ηg₁²/(λ(2 − ηλ)), g₁ the gradient's size at ‖θ‖ = 1 (theory §6; van Laarhoven 2017).
//!
//! Steps of descent with a tangent gradient of fixed size, iterated until the norm rests; the
//! charge of the answer before and after one of them.

use super::oracle::{agree, close, dot, typed};
use super::subject;

/// θ − η(g + λθ), g orthogonal to θ and of size g₁/‖θ‖.
fn step(theta: &[f64], towards: &[f64], (eta, lambda, size): (f64, f64, f64)) -> Vec<f64> {
    let square = dot(theta, theta);
    let along = dot(theta, towards) / square;
    let tangent: Vec<f64> = towards
        .iter()
        .zip(theta)
        .map(|(z, t)| z - along * t)
        .collect();
    let scale = size / square.sqrt() / dot(&tangent, &tangent).sqrt();
    let next = theta.iter().zip(&tangent);
    next.map(|(t, z)| (1.0 - eta * lambda) * t - eta * scale * z)
        .collect()
}

fn direction(k: usize) -> Vec<f64> {
    (0..4)
        .map(|i| ((k * (i + 2)) as f64 * 0.7 + i as f64).sin())
        .collect()
}

#[test]
fn the_norm_settles_at_the_fourth_root() {
    for (eta, lambda, size) in [(0.05, 0.02, 1.5), (0.3, 0.5, 2.0)] {
        let mut theta = typed(4);
        // The distance to rest shrinks by 1 − 4ηλ a step.
        for k in 0..(12.0 / (eta * lambda)) as usize {
            theta = step(&theta, &direction(k), (eta, lambda, size));
        }
        let rest = dot(&theta, &theta).powi(2);
        close(
            rest,
            eta * size * size / (lambda * (2.0 - eta * lambda)),
            1e-9,
        );
        // The charge of the answer is that of the rest, and a step later still is.
        let next = step(&theta, &direction(7), (eta, lambda, size));
        let charge = |t: &[f64]| subject::direction(4).answer(t).charges.values[0].abs();
        close(4.0 * charge(&theta).powi(2), rest, 1e-9);
        close(charge(&next), charge(&theta), 1e-9);
        let twin = eta * size * size / (2.0 * lambda);
        assert!(
            !agree(rest, twin, eta * lambda / 8.0),
            "the twin: continuous time"
        );
    }
}

#[test]
fn the_charge_grows_by_the_squared_step() {
    let (model, theta, eta, size) = (subject::direction(4), typed(4), 0.2, 1.3);
    let next = step(&theta, &direction(3), (eta, 0.0, size));
    let charge = |t: &[f64]| model.answer(t).charges.values[0].abs();
    let grown = charge(&next) - charge(&theta);
    let expected = eta * eta * size * size / dot(&theta, &theta) / 2.0;
    close(grown, expected, 1e-12);
    assert!(
        !agree(grown, 2.0 * expected, 1e-4),
        "the twin: the square itself is twice the charge"
    );
    let decayed = step(&theta, &direction(3), (eta, 0.1, size));
    assert!(
        !agree(charge(&decayed) - charge(&theta), expected, 1e-3),
        "the twin: with decay"
    );
}
