//! What weight decay selects by: (D/2) Σ|w|^{2/D} for products of D factors, ‖w‖ for a group
//! (theory §6).

use super::curve::graph;
use symbias_figure::{Axis, Figure, Layer, Legend, Panel};

/// Half the squared norm of D balanced factors whose product is w.
fn product(depth: f64, w: f64) -> f64 {
    depth / 2.0 * w.abs().powf(2.0 / depth)
}

/// The level set |w₁|^p + |w₂|^p = 1.
fn level(p: f64) -> Vec<(f64, f64)> {
    (0..=400)
        .map(|k| f64::from(k) / 400.0 * std::f64::consts::TAU)
        .map(|t| {
            let part = |x: f64| x.signum() * x.abs().powf(2.0 / p);
            (part(t.cos()), part(t.sin()))
        })
        .collect()
}

pub fn drawing() -> Figure {
    let mut profiles = Panel::new(
        Axis::new("$w$").range(-2.0, 2.0),
        Axis::new("least $½‖θ‖^2$ among the parameters of $w$").range(0.0, 3.0),
    )
    .title("one entry")
    .legend(Legend::Shared)
    .ratio(1.0);
    let range = |label| Axis::new(label).range(-1.2, 1.2);
    let mut levels = Panel::new(range("$w_1$"), range("$w_2$"))
        .title("level sets of two entries")
        .legend(Legend::Shared)
        .equal();
    let names = [
        "no product: $½w^2$; level set also that of a group, $‖w‖$",
        "$w = uv$: $|w|$",
        "three factors: $(3/2)|w|^{2/3}$",
        "four factors: $2|w|^{1/2}$",
    ];
    for (depth, name) in [1.0, 2.0, 3.0, 4.0].into_iter().zip(names) {
        let mut points = graph(-2.0, 2.0, 800, |w| product(depth, w));
        points[400] = (0.0, 0.0);
        profiles = profiles.layer(Layer::line(points).label(name));
        levels = levels.layer(Layer::line(level(2.0 / depth)).label(name));
    }
    Figure::new("Regularisers that weight decay induces")
        .columns(2)
        .panel(profiles)
        .panel(levels)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_regulariser_is_the_least_norm_of_its_factors() {
        // Three factors of 0.3: no choice of two of them does better than the balanced one.
        let least = (1..400)
            .flat_map(|a| (1..400).map(move |b| (f64::from(a) / 200.0, f64::from(b) / 200.0)))
            .map(|(a, b)| (a * a + b * b + (0.3 / (a * b)).powi(2)) / 2.0)
            .fold(f64::INFINITY, f64::min);
        assert!((least - product(3.0, 0.3)).abs() < 1e-4);
    }
}
