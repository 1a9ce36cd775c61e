//! Gradient flow of w = uv on a leaf: the metric K_c = √(c² + 4w²), the mirror potential
//! Q_c with Q_c″ = 1/K_c between ℓ₂ and ℓ₁, and what it selects among the solutions of one
//! equation (theory §4.1).

use super::draw::{Axis, GUIDE, Key, PALE, SERIES, Sheet, graph, log_graph, pen};

/// K_c(w).
fn metric(c: f64, w: f64) -> f64 {
    c.hypot(2.0 * w)
}

/// Q_c(w), the hyperbolic entropy: Q_c″ = 1/K_c, zero at 0 with its derivative.
fn potential(c: f64, w: f64) -> f64 {
    (w * (2.0 * w / c).asinh() - (metric(c, w) - c) / 2.0) / 2.0
}

/// The equation w₁ + 2 w₂ = 2 of the third panel.
const ROW: [f64; 2] = [1.0, 2.0];
const VALUE: f64 = 2.0;

/// The minimum of Q_c(w₁) + Q_c(w₂) on the equation: ½ asinh(2wᵢ/c) = s·xᵢ, s by bisection.
fn selected(c: f64) -> [f64; 2] {
    let at = |s: f64| ROW.map(|x| c / 2.0 * (2.0 * s * x).sinh());
    let (mut low, mut high) = (0.0, 60.0);
    for _ in 0..200 {
        let middle = (low + high) / 2.0;
        let w = at(middle);
        if ROW[0] * w[0] + ROW[1] * w[1] < VALUE {
            low = middle;
        } else {
            high = middle;
        }
    }
    at(low)
}

pub fn drawing() -> String {
    let mut sheet = Sheet::new("The metric of a leaf and its mirror potential", 960, 415);
    let metrics = sheet.panel(
        [56.0, 34.0, 240.0, 250.0],
        "metric on a leaf",
        Axis::linear("w", -1.5, 1.5, 0.5),
        Axis::linear("K_c(w) = √(c² + 4w²)", 0.0, 4.0, 1.0),
    );
    for (c, pen) in [0.0, 0.5, 1.0, 3.0].into_iter().zip(SERIES) {
        sheet.curve(&metrics, pen, &graph(-1.5, 1.5, 300, |w| metric(c, w)));
    }
    let mirrors = sheet.panel(
        [376.0, 34.0, 240.0, 250.0],
        "mirror potential, scaled",
        Axis::linear("w", -1.5, 1.5, 0.5),
        Axis::linear("Q_c(w) / Q_c(1)", 0.0, 2.0, 0.5),
    );
    let (one, two) = (pen(PALE, 5.0, ""), pen("#d0d0d0", 5.0, ""));
    sheet.curve(&mirrors, two, &graph(-1.5, 1.5, 300, |w| w * w));
    sheet.curve(&mirrors, one, &graph(-1.5, 1.5, 300, f64::abs));
    let leaves = [
        (100.0, SERIES[0]),
        (1.0, SERIES[1]),
        (1e-2, SERIES[2]),
        (1e-8, SERIES[3]),
    ];
    for (c, pen) in leaves {
        let scaled = |w: f64| potential(c, w) / potential(c, 1.0);
        sheet.curve(&mirrors, pen, &graph(-1.5, 1.5, 300, scaled));
    }
    let choice = sheet.panel(
        [700.0, 34.0, 240.0, 250.0],
        "selected among w₁ + 2w₂ = 2",
        Axis::log("c", 1e-4, 1e2, 2),
        Axis::linear("limit of the flow from 0", 0.0, 1.2, 0.2),
    );
    for level in [0.0, 0.4, 0.8, 1.0] {
        sheet.curve(&choice, GUIDE, &[(1e-4, level), (1e2, level)]);
    }
    for (k, pen) in [(0, SERIES[0]), (1, SERIES[1])] {
        sheet.curve(&choice, pen, &log_graph(1e-4, 1e2, 120, |c| selected(c)[k]));
    }
    sheet.label(&choice, (1e-4, 1.0), (6.0, -8.0), "least ‖w‖₁: (0, 1)");
    sheet.label(&choice, (1e-4, 0.8), (98.0, 20.0), "least ‖w‖₂: (0.4, 0.8)");
    let row = |k: usize, text| (Key::Line(SERIES[k]), text);
    sheet.legend((56.0, 348.0), &[row(0, "c = 0"), row(1, "c = 0.5")]);
    sheet.legend((176.0, 348.0), &[row(2, "c = 1"), row(3, "c = 3")]);
    sheet.legend(
        (376.0, 348.0),
        &[row(0, "c = 100"), row(1, "c = 1"), (Key::Line(two), "w²")],
    );
    sheet.legend(
        (506.0, 348.0),
        &[
            row(2, "c = 10⁻²"),
            row(3, "c = 10⁻⁸"),
            (Key::Line(one), "|w|"),
        ],
    );
    sheet.legend((700.0, 348.0), &[row(0, "w₁"), row(1, "w₂")]);
    sheet.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_potential_has_the_inverse_metric_as_second_derivative() {
        for c in [0.1, 1.0, 10.0] {
            for w in [-1.0, 0.2, 2.0] {
                let h = 1e-4;
                let second =
                    (potential(c, w + h) - 2.0 * potential(c, w) + potential(c, w - h)) / (h * h);
                assert!((second * metric(c, w) - 1.0).abs() < 1e-5, "{c} {w}");
            }
        }
    }

    #[test]
    fn large_and_small_leaves_select_by_two_norms() {
        let (large, small) = (selected(1e3), selected(1e-12));
        assert!((large[0] - 0.4).abs() < 1e-3 && (large[1] - 0.8).abs() < 1e-3);
        assert!(small[0] < 1e-5 && (small[1] - 1.0).abs() < 1e-5);
    }
}
