//! Charges of w = uv: leaves u² − v² = c with gradient flow on them, and what happens to the
//! charge under flow, descent, weight decay and label noise (theory §2).

use super::curve::log_graph;
use super::flow::path;
use symbias_figure::{Axis, Dash, Figure, INK, Layer, Marker, Panel};

/// Step size, weight decay, and the size of the label noise of the second panel.
const ETA: f64 = 0.1;
const LAMBDA: f64 = 0.02;
const NOISE: f64 = 1.5;
const STEPS: u32 = 300;
const START: (f64, f64) = (1.6, 0.1);

/// The charge at every step of gradient descent on (uv − y)²/2, relative to its start; y is 1,
/// or 1 ± `noise` by fair coins.
fn descent(decay: f64, noise: f64) -> Vec<(f64, f64)> {
    let (mut u, mut v) = START;
    let charge = |u: f64, v: f64| (u * u - v * v) / (START.0 * START.0 - START.1 * START.1);
    let mut coins = 0x9e37_79b9_7f4a_7c15_u64;
    let mut points = vec![(0.0, 1.0)];
    for step in 1..=STEPS {
        coins ^= coins << 13;
        coins ^= coins >> 7;
        coins ^= coins << 17;
        let sign = if coins >> 63 == 0 { 1.0 } else { -1.0 };
        let error = u * v - 1.0 - sign * noise;
        let keep = 1.0 - ETA * decay;
        (u, v) = (keep * u - ETA * error * v, keep * v - ETA * error * u);
        points.push((f64::from(step), charge(u, v)));
    }
    points
}

pub fn drawing() -> Figure {
    Figure::new("Leaves of the charge of w = uv")
        .columns(2)
        .panel(plane())
        .panel(time())
}

/// Leaves, the minima, and gradient flow on each leaf.
fn plane() -> Panel {
    let axis = |label| Axis::new(label).range(-2.0, 2.0);
    let mut plane = Panel::new(axis("$u$"), axis("$v$"))
        .title("leaves and gradient flow")
        .equal();
    let leaf = |curve| {
        Layer::line(curve)
            .guide()
            .label("leaves: $u^2 − v^2$ constant")
    };
    for sign in [1.0, -1.0] {
        // u² − v² = ±c, as branches over the other coordinate.
        for c in [0.5_f64, 1.5, 3.0] {
            let branch: Vec<(f64, f64)> = (-60..=60)
                .map(|k| f64::from(k) / 25.0)
                .map(|v| (sign * (c + v * v).sqrt(), v))
                .collect();
            let turned = branch.iter().map(|(a, b)| (*b, *a)).collect();
            plane = plane.layers([leaf(branch), leaf(turned)]);
        }
        plane = plane.layer(leaf(vec![(-3.0, -3.0 * sign), (3.0, 3.0 * sign)]));
        let curve = log_graph(0.4, 2.5, 80, |u| 1.0 / u)
            .iter()
            .map(|(u, v)| (sign * u, sign * v))
            .collect();
        let minima = Layer::line(curve).colour(INK).width(1.4).dash(Dash::Dashed);
        plane = plane.layer(minima.label("minima $uv = 1$"));
    }
    // On each leaf one start below the minima and one above; the picture has two symmetries.
    let root = |x: f64| x.sqrt();
    let starts = [
        (root(1.5 + 0.3025), -0.55),
        (root(1.5 + 3.61), 1.9),
        (root(3.0 + 0.1225), -0.35),
        (0.1, 0.1),
        (1.85, 1.85),
        (root(0.5 + 0.16), -0.4),
        (root(0.5 + 3.2), root(3.2)),
    ];
    for start in starts {
        let points = path(start, 0.005, 2400);
        for (a, b) in [(1.0, false), (-1.0, false), (1.0, true), (-1.0, true)] {
            let image: Vec<(f64, f64)> = points
                .iter()
                .map(|(u, v)| if b { (a * v, a * u) } else { (a * u, a * v) })
                .collect();
            plane = plane.layers(flow(image));
        }
    }
    plane
}

/// A path, its start, and an arrow half way along it.
fn flow(path: Vec<(f64, f64)>) -> [Layer; 3] {
    let travelled: Vec<f64> = path
        .windows(2)
        .scan(0.0, |sum, p| {
            *sum += (p[1].0 - p[0].0).hypot(p[1].1 - p[0].1);
            Some(*sum)
        })
        .collect();
    let half = travelled[travelled.len() - 1] / 2.0;
    let middle = travelled.partition_point(|s| *s < half);
    let ahead = travelled.partition_point(|s| *s < half + 0.03);
    let start = Layer::points(vec![path[0]])
        .series(2)
        .marker(Marker::Circle)
        .hollow();
    [
        Layer::head(path[middle], path[ahead.max(middle + 1)]).series(2),
        Layer::line(path)
            .series(2)
            .dash(Dash::Solid)
            .label("gradient flow"),
        start.label("starts"),
    ]
}

/// The charge under four ways to train.
fn time() -> Panel {
    let flow = vec![(0.0, 1.0), (f64::from(STEPS), 1.0)];
    Panel::new(
        Axis::new("step").range(0.0, f64::from(STEPS)),
        Axis::new("$μ$ / $μ$ at the start").range(0.0, 1.1),
    )
    .title("the charge in training, from (1.6, 0.1)")
    .ratio(1.0)
    .layer(Layer::line(flow).label("gradient flow"))
    .layer(Layer::line(descent(0.0, 0.0)).label("descent, $η = 0.1$"))
    .layer(Layer::line(descent(LAMBDA, 0.0)).label("… with decay $λ = 0.02$"))
    .layer(Layer::line(descent(0.0, NOISE)).label("… with label noise ±1.5"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_multiplies_the_charge_as_the_theory_says() {
        // gᵀAg = e²(v² − u²): a step multiplies μ by 1 − η²e² (theory §2.2).
        let error = START.0 * START.1 - 1.0;
        let found = descent(0.0, 0.0)[1].1;
        assert!((found - (1.0 - ETA * ETA * error * error)).abs() < 1e-12);
    }
}
