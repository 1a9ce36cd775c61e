//! Gradient flow of w = uv on a leaf: the metric K_c = √(c² + 4w²), the mirror potential
//! Q_c with Q_c″ = 1/K_c between ℓ₂ and ℓ₁, and what it selects among the solutions of one
//! equation (theory §4.1).

use super::curve::{graph, log_graph};
use symbias_figure::{Axis, Colour, Dash, Figure, Layer, PALE, Panel};

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

pub fn drawing() -> Figure {
    let sides = |metric: &str| {
        let x = Axis::new("$w$").range(-1.5, 1.5);
        Panel::new(x, Axis::new(metric).from(0.0)).ratio(1.05)
    };
    let mut metrics = sides("$K_c(w) = √(c^2 + 4w^2)$").title("metric on a leaf");
    metrics.y = metrics.y.to(4.0);
    for c in [0.0, 0.5, 1.0, 3.0] {
        let curve = graph(-1.5, 1.5, 300, |w| metric(c, w));
        metrics = metrics.layer(Layer::line(curve).label(format!("$c = {c}$")));
    }
    let behind = |curve, colour| Layer::line(curve).colour(colour).width(2.6);
    let mut mirrors = sides("$Q_c(w)$ / $Q_c(1)$")
        .title("mirror potential, scaled")
        .layer(behind(graph(-1.5, 1.5, 300, |w| w * w), Colour(0xd0, 0xd0, 0xd0)).label("$w^2$"))
        .layer(behind(graph(-1.5, 1.5, 300, f64::abs), PALE).label("$|w|$"));
    mirrors.y = mirrors.y.to(2.0);
    for (c, name) in [
        (100.0, "100"),
        (1.0, "1"),
        (1e-2, "10^{−2}"),
        (1e-8, "10^{−8}"),
    ] {
        let curve = graph(-1.5, 1.5, 300, |w| potential(c, w) / potential(c, 1.0));
        mirrors = mirrors.layer(Layer::line(curve).label(format!("$c$ = {name}")));
    }
    let mut choice = Panel::new(
        Axis::new("$c$").log().range(1e-4, 1e2),
        Axis::new("limit of the flow from 0").range(0.0, 1.25),
    )
    .title("selected among $w_1 + 2w_2 = 2$")
    .ratio(1.05);
    for (level, name) in [
        (0.0, ""),
        (0.4, ""),
        (0.8, "least $‖w‖_2$: (0.4, 0.8)"),
        (1.0, "least $‖w‖_1$: (0, 1)"),
    ] {
        let line = Layer::horizontal(level).dash(Dash::Dotted).colour(PALE);
        choice = choice.layer(line.label(name));
    }
    for k in [0, 1] {
        let curve = log_graph(1e-4, 1e2, 120, |c| selected(c)[k]);
        choice = choice.layer(Layer::line(curve).label(format!("$w_{}$", k + 1)));
    }
    Figure::new("The metric of a leaf and its mirror potential")
        .columns(3)
        .panel(metrics)
        .panel(mirrors)
        .panel(choice)
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
