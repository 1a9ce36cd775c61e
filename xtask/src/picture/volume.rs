//! The volume of orbits and their mean curvature: for w = uv, where orbits stretch, H = +∇ log|ξ|
//! points to larger orbits; for w = |z|², where they are circles, H = −∇ log|ξ| points to smaller
//! ones. The third panel is log|ξ| against w: ¼ log(c² + 4w²) on the leaf u² − v² = c, and
//! ½ log w for circles (theory §1).

use super::draw::{Axis, BLUE, GUIDE, INK, Key, PURPLE, RED, SERIES, Sheet, graph, pen};
use super::flow::orbit;

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

pub fn drawing() -> String {
    let mut sheet = Sheet::new("Orbit volume and mean curvature", 900, 415);
    let side = 2.4;
    let axis = |label| Axis::linear(label, 0.0, side, 0.5);
    let stretch = sheet.panel(
        [56.0, 34.0, 230.0, 230.0],
        "w = uv: stretching",
        axis("u"),
        axis("v"),
    );
    for w in [0.5, 1.0, 2.0] {
        sheet.curve(&stretch, pen(INK, 1.4, ""), &orbit(w, 3.0));
        for ratio in [0.4_f64, 1.0, 2.5] {
            let (u, v) = ((w / ratio).sqrt(), (w * ratio).sqrt());
            let (hx, hy) = curvature(u, v);
            sheet.arrow(&stretch, RED, (u, v), (u + 0.4 * hx, v + 0.4 * hy));
        }
    }
    let range = |label| Axis::linear(label, -1.6, 1.6, 0.8);
    let turn = sheet.panel(
        [360.0, 34.0, 230.0, 230.0],
        "w = |z|²: turning",
        range("Re z"),
        range("Im z"),
    );
    for r in [0.7_f64, 1.1, 1.5] {
        let circle: Vec<(f64, f64)> = (0..=120)
            .map(|k| f64::from(k) * std::f64::consts::TAU / 120.0)
            .map(|t| (r * t.cos(), r * t.sin()))
            .collect();
        sheet.curve(&turn, pen(INK, 1.4, ""), &circle);
        for k in 0..6 {
            let t = (f64::from(k) + 0.25) * std::f64::consts::TAU / 6.0;
            let inner = r - 0.3 / r;
            sheet.arrow(
                &turn,
                BLUE,
                (r * t.cos(), r * t.sin()),
                (inner * t.cos(), inner * t.sin()),
            );
        }
    }
    let log = sheet.panel(
        [660.0, 34.0, 220.0, 230.0],
        "log orbit volume",
        Axis::linear("w", 0.0, 3.0, 1.0),
        Axis::linear("log |ξ|", -1.5, 1.5, 0.5),
    );
    sheet.curve(&log, GUIDE, &[(0.0, 0.0), (3.0, 0.0)]);
    let leaves = [(0.0, SERIES[0]), (1.0, SERIES[1]), (4.0, SERIES[2])];
    for (c, pen) in leaves {
        sheet.curve(&log, pen, &graph(1e-4, 3.0, 300, |w| log_volume(c, w)));
    }
    sheet.curve(
        &log,
        pen(PURPLE, 2.2, "10 3 2 3"),
        &graph(1e-4, 3.0, 300, |w| w.ln() / 2.0),
    );
    sheet.legend(
        (56.0, 330.0),
        &[
            (Key::Line(pen(INK, 1.4, "")), "orbits"),
            (Key::Arrow(RED), "mean curvature: to larger orbits"),
        ],
    );
    sheet.legend(
        (360.0, 330.0),
        &[
            (Key::Line(pen(INK, 1.4, "")), "orbits"),
            (Key::Arrow(BLUE), "mean curvature: to smaller orbits"),
        ],
    );
    sheet.legend(
        (660.0, 330.0),
        &[
            (Key::Line(leaves[0].1), "uv, balanced: c = 0"),
            (Key::Line(leaves[1].1), "uv, leaf c = 1"),
            (Key::Line(leaves[2].1), "uv, leaf c = 4"),
            (Key::Line(pen(PURPLE, 2.2, "10 3 2 3")), "circles |z|² = w"),
        ],
    );
    sheet.finish()
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
