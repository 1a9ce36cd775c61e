//! The volume of orbits and their mean curvature: for w = uv, where orbits stretch, H = +∇ log|ξ|
//! points to larger orbits; for w = |z|², where they are circles, H = −∇ log|ξ| points to smaller
//! ones. The third panel is log|ξ| against w: ¼ log(c² + 4w²) on the leaf u² − v² = c, and
//! ½ log w for circles (theory §1).

use super::curve::graph;
use super::flow::orbit;
use symbias_figure::{Axis, Dash, Figure, INK, Layer, PALE, Panel};

/// log|ξ| of w = uv on the leaf u² − v² = c.
fn log_volume(c: f64, w: f64) -> f64 {
    (c * c + 4.0 * w * w).ln() / 4.0
}

/// Mean curvature of the orbit of (u, −v): the normal part of the acceleration (u, v) of
/// t ↦ (eᵗu, e⁻ᵗv), over |ξ|².
fn curvature(u: f64, v: f64) -> (f64, f64) {
    let norm = u * u + v * v;
    let tangential = (u * u - v * v) / norm;
    ((u - tangential * u) / norm, (v + tangential * v) / norm)
}

pub fn drawing() -> Figure {
    let orbits = |curve| Layer::line(curve).colour(INK).width(0.8).label("orbits");
    let axis = |label| Axis::new(label).range(0.0, 2.4);
    let mut stretch = Panel::new(axis("$u$"), axis("$v$"))
        .title("$w = uv$: stretching")
        .equal();
    for w in [0.5, 1.0, 2.0] {
        stretch = stretch.layer(orbits(orbit(w, 3.0)));
        for ratio in [0.4_f64, 1.0, 2.5] {
            let (u, v) = ((w / ratio).sqrt(), (w * ratio).sqrt());
            let (hx, hy) = curvature(u, v);
            let arrow = Layer::arrow((u, v), (u + 0.4 * hx, v + 0.4 * hy)).series(4);
            stretch = stretch.layer(arrow.label("mean curvature: to larger orbits"));
        }
    }
    let range = |label| Axis::new(label).range(-1.6, 1.6);
    let mut turn = Panel::new(range("Re $z$"), range("Im $z$"))
        .title("$w = |z|^2$: turning")
        .equal();
    for r in [0.7_f64, 1.1, 1.5] {
        let circle = (0..=120)
            .map(|k| f64::from(k) * std::f64::consts::TAU / 120.0)
            .map(|t| (r * t.cos(), r * t.sin()))
            .collect();
        turn = turn.layer(orbits(circle));
        for k in 0..6 {
            let t = (f64::from(k) + 0.25) * std::f64::consts::TAU / 6.0;
            let inner = r - 0.3 / r;
            let from = (r * t.cos(), r * t.sin());
            let arrow = Layer::arrow(from, (inner * t.cos(), inner * t.sin())).series(2);
            turn = turn.layer(arrow.label("mean curvature: to smaller orbits"));
        }
    }
    let mut log = Panel::new(
        Axis::new("$w$").range(0.0, 3.0),
        Axis::new("log $|ξ|$").range(-1.5, 1.5),
    )
    .title("log orbit volume")
    .ratio(1.0)
    .layer(Layer::horizontal(0.0).colour(PALE).dash(Dash::Dotted));
    for (c, name) in [
        (0.0, "$uv$, balanced: $c = 0$"),
        (1.0, "$uv$, leaf $c = 1$"),
        (4.0, "$uv$, leaf $c = 4$"),
    ] {
        let curve = graph(1e-4, 3.0, 300, |w| log_volume(c, w));
        log = log.layer(Layer::line(curve).label(name));
    }
    let circles = graph(1e-4, 3.0, 300, |w| w.ln() / 2.0);
    log = log.layer(Layer::line(circles).label("circles $|z|^2 = w$"));
    Figure::new("Orbit volume and mean curvature")
        .columns(3)
        .panel(stretch)
        .panel(turn)
        .panel(log)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sign_law_of_the_mean_curvature() {
        // Horizontal gradient of log|ξ| at (u, v): the part of (u, v)/|ξ|² along (v, u).
        for (u, v) in [(0.3, 2.0), (1.0, 1.0), (1.7, 0.4_f64)] {
            let norm: f64 = u * u + v * v;
            let along = 2.0 * u * v / norm;
            let gradient = (along * v / norm, along * u / norm);
            let found = curvature(u, v);
            assert!((found.0 - gradient.0).hypot(found.1 - gradient.1) < 1e-12);
            // ... and |ξ|² = √(c² + 4w²) on the leaf c.
            let leaf = log_volume(u * u - v * v, u * v);
            assert!((leaf - norm.ln() / 2.0).abs() < 1e-12);
        }
    }
}
