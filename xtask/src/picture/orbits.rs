//! Orbits of w = uv, gradient flow of (uv − 1)²/2 from five starts, each on the level of its
//! charge (u² − v²)/2, and the balanced point that weight decay selects.

use super::flow::{orbit, path};
use symbias_figure::{Axis, Dash, Figure, INK, Layer, Legend, Marker, Panel, Width};

const SIDE: f64 = 2.1;

pub fn drawing() -> Figure {
    let axis = |label| Axis::new(label).range(0.0, SIDE);
    let guides = [0.25, 0.5, 1.5, 2.0].map(|w| {
        let curve = Layer::line(orbit(w, SIDE)).guide();
        curve.label("orbits $uv = w$: one function each")
    });
    let minima = Layer::line(orbit(1.0, SIDE)).colour(INK).width(1.5);
    let mut panel = Panel::new(axis("$u$"), axis("$v$"))
        .equal()
        .legend(Legend::Right)
        .layers(guides)
        .layer(minima.label("the minima $uv = 1$"));
    for start in [
        (0.15, 1.3),
        (0.2, 0.75),
        (0.4, 0.4),
        (1.0, 0.1),
        (1.9, 0.15),
    ] {
        let points = path(start, 0.02, 400);
        let (from, to, end) = (points[20], points[28], points[points.len() - 1]);
        panel = panel.layers([
            Layer::line(points)
                .series(2)
                .dash(Dash::Solid)
                .label("gradient flow, which keeps $(u^2 − v^2)/2$"),
            Layer::head(from, to).series(2),
            Layer::points(vec![start])
                .series(2)
                .marker(Marker::Circle)
                .label("starts"),
            Layer::points(vec![end])
                .series(2)
                .marker(Marker::Circle)
                .hollow()
                .label("ends: where the charge of the start leads"),
        ]);
    }
    let balanced = Layer::points(vec![(1.0, 1.0)])
        .series(4)
        .marker(Marker::Diamond)
        .label("the balanced point, of least norm: weight decay");
    Figure::new("Orbits of w = uv and gradient flow")
        .width(Width::Mm(120.0))
        .panel(panel.layer(balanced))
}
