//! Gauge fixing of a unit v·relu(wᵀx): orbits ‖w‖·|v| = const, the balanced slice ‖w‖ = |v|, the
//! slice |v| = ‖w‖/√d where label noise stops moving the charge, and Newton's path (theory §3).

use super::curve::log_graph;
use super::flow::orbit;
use symbias_figure::{Axis, Dash, Figure, Layer, Marker, Panel, Place};

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

pub fn drawing() -> Figure {
    Figure::new("Gauge fixing of a ReLU unit")
        .columns(2)
        .panel(plane())
        .panel(errors())
}

/// Orbits, both slices, Newton's path.
fn plane() -> Panel {
    let side = 3.0;
    let axis = |label| Axis::new(label).range(0.0, side);
    let orbits = [0.2, 0.5, 1.0, 1.8, 3.0]
        .map(|a| Layer::line(orbit(a, 3.2)).guide().label("orbits $‖w‖·|v|$"));
    let slice = |slope: f64| Layer::line(vec![(0.0, 0.0), (side, side * slope)]);
    let start = (2.8, 0.18);
    let path = newton(start.0, start.1, 4);
    let along = log_graph(path[4].0, start.0, 80, |w| start.0 * start.1 / w);
    let green = |layer: Layer| layer.series(3).dash(Dash::Solid).marker(Marker::Circle);
    let mut plane = Panel::new(axis("$‖w‖$"), axis("$|v|$"))
        .title("$v·relu(w^{T}x)$, $w$ in three dimensions")
        .equal()
        .layers(orbits)
        .layer(slice(1.0).series(0).label("balanced: $|v| = ‖w‖$"))
        .layer(
            slice(1.0 / D.sqrt())
                .series(1)
                .label("noise-balanced: $|v| = ‖w‖/√3$"),
        )
        .layer(green(Layer::line(along)).label("Newton’s path"))
        .layer(green(Layer::points(path[..1].to_vec())).hollow())
        .layer(green(Layer::points(path[1..4].to_vec())));
    for (k, point) in path.iter().enumerate().take(3) {
        plane = plane.layer(Layer::note(*point, k.to_string()).moved(2.5, 3.5, Place::Start));
    }
    // What label noise does on one orbit: the ratio goes to 1/√d from both sides.
    for (from, to) in [(0.65, 0.85), (2.8, 2.3)] {
        let arrow = Layer::arrow((from, 1.8 / from), (to, 1.8 / to)).series(1);
        plane = plane.layer(arrow.label("label noise"));
    }
    plane
}

/// Distance to the slice against iterations.
fn errors() -> Panel {
    let mut panel = Panel::new(
        Axis::new("iteration").range(0.0, 9.0).whole(),
        Axis::new("distance along the orbit")
            .log()
            .range(1e-12, 10.0),
    )
    .title("Newton’s method from four ratios")
    .ratio(1.0);
    for (ratio, name) in [(1e1, "10"), (1e2, "100"), (1e3, "1000"), (1e4, "10 000")] {
        let points = newton(ratio, 1.0, 12)
            .into_iter()
            .enumerate()
            .map(|(k, p)| (k as f64, distance(p).max(1e-16)))
            .collect();
        panel = panel.layer(Layer::line(points).label(format!("$‖w‖/|v|$ = {name}")));
    }
    panel
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
