//! Gauge fixing of a unit v·relu(wᵀx): orbits ‖w‖·|v| = const, the balanced slice ‖w‖ = |v|, the
//! slice |v| = ‖w‖/√d where label noise stops moving the charge, and Newton's path (theory §3).

use super::draw::{Axis, BLUE, GREEN, GUIDE, Key, RED, SERIES, Sheet, pen};
use super::flow::orbit;

/// Number of inputs.
const D: f64 = 3.0;

/// Newton's method on ½‖e^X θ‖²: the points (‖w‖, |v|) that it visits. The first derivative is
/// ‖w‖² − v², the second 2(‖w‖² + v²).
fn newton(mut w: f64, mut v: f64, steps: usize) -> Vec<(f64, f64)> {
    let mut points = vec![(w, v)];
    for _ in 0..steps {
        let step = -(w * w - v * v) / (2.0 * (w * w + v * v));
        w *= step.exp();
        v *= (-step).exp();
        points.push((w, v));
    }
    points
}

/// Distance to the balanced point along the orbit, ½|log(‖w‖/|v|)|.
fn distance((w, v): (f64, f64)) -> f64 {
    (w / v).ln().abs() / 2.0
}

pub fn drawing() -> String {
    let mut sheet = Sheet::new("Gauge fixing of a ReLU unit", 900, 480);
    let side = 3.0;
    let axis = |label| Axis::linear(label, 0.0, side, 0.5);
    let plane = sheet.panel(
        [60.0, 34.0, 340.0, 340.0],
        "v·relu(wᵀx), w in three dimensions",
        axis("‖w‖"),
        axis("|v|"),
    );
    for a in [0.2, 0.5, 1.0, 1.8, 3.0] {
        sheet.curve(&plane, GUIDE, &orbit(a, 3.2));
    }
    let balanced = pen(BLUE, 2.4, "");
    let noise = pen(RED, 2.4, "8 4");
    sheet.curve(&plane, balanced, &[(0.0, 0.0), (side, side)]);
    sheet.curve(&plane, noise, &[(0.0, 0.0), (side, side / D.sqrt())]);
    let start = (2.8, 0.18);
    let path = newton(start.0, start.1, 4);
    let along: Vec<(f64, f64)> =
        super::draw::log_graph(path[4].0, start.0, 80, |w| start.0 * start.1 / w);
    sheet.curve(&plane, pen(GREEN, 2.4, ""), &along);
    for (k, point) in path.iter().enumerate().take(4) {
        if k == 0 {
            sheet.ring(&plane, GREEN, *point);
        } else {
            sheet.dot(&plane, GREEN, *point);
        }
        if k < 3 {
            sheet.label(&plane, *point, (4.0, -9.0), &k.to_string());
        }
    }
    // What label noise does on one orbit: the ratio goes to 1/√d from both sides.
    for (from, to) in [(0.65, 0.85), (2.8, 2.3)] {
        sheet.arrow(&plane, RED, (from, 1.8 / from), (to, 1.8 / to));
    }
    let error = sheet.panel(
        [490.0, 34.0, 390.0, 340.0],
        "Newton's method from four ratios",
        Axis::linear("iteration", 0.0, 9.0, 1.0),
        Axis::log("distance along the orbit", 1e-12, 10.0, 2),
    );
    let ratios = [1e1, 1e2, 1e3, 1e4];
    for (ratio, pen) in ratios.iter().zip(SERIES) {
        let points: Vec<(f64, f64)> = newton(*ratio, 1.0, 12)
            .into_iter()
            .enumerate()
            .map(|(k, p)| (k as f64, distance(p).max(1e-16)))
            .collect();
        sheet.curve(&error, pen, &points);
    }
    sheet.legend(
        (60.0, 430.0),
        &[
            (Key::Line(GUIDE), "orbits ‖w‖·|v|"),
            (Key::Line(pen(GREEN, 2.4, "")), "Newton's path"),
        ],
    );
    sheet.legend(
        (220.0, 430.0),
        &[
            (Key::Line(balanced), "balanced: |v| = ‖w‖"),
            (Key::Line(noise), "|v| = ‖w‖/√3: noise-balanced"),
        ],
    );
    sheet.legend(
        (490.0, 430.0),
        &[
            (Key::Line(SERIES[0]), "‖w‖/|v| = 10"),
            (Key::Line(SERIES[1]), "100"),
        ],
    );
    sheet.legend(
        (660.0, 430.0),
        &[
            (Key::Line(SERIES[2]), "1000"),
            (Key::Line(SERIES[3]), "10 000"),
        ],
    );
    sheet.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn newton_follows_the_recursion_of_the_distance() {
        // s ← s − ½ tanh 2s: at most ½ at a time, and of third order at the end.
        let points = newton(50.0, 1.0, 8);
        for pair in points.windows(2) {
            let s = distance(pair[0]);
            assert!((distance(pair[1]) - (s - (2.0 * s).tanh() / 2.0)).abs() < 1e-12);
            assert!((pair[1].0 * pair[1].1 - 50.0).abs() < 1e-9);
        }
        assert!(distance(points[8]) < 1e-12);
    }
}
