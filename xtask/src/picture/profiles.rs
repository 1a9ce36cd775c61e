//! Profiles w = f(q), q = uv, whose bias is a given R, for each driver (theory §7.2).

use super::curve::graph;
use symbias_figure::{Axis, Figure, Layer, Panel};

pub fn drawing() -> Figure {
    let panel = |title: &str, x: Axis| {
        Panel::new(x, Axis::new("$w = f$").range(0.0, 2.0))
            .title(title)
            .ratio(1.05)
    };
    let q = || Axis::new("$q = uv$").range(0.0, 2.0);
    let mut decay = panel("decay: $R(f(q)) = q$", q());
    let by_decay: [fn(f64) -> f64; 3] = [|q| q, |q| q * q, |q| 0.3 * q.exp_m1()];
    let mut horizontal = panel("noise, horizontal law", q());
    let by_noise: [fn(f64) -> f64; 3] = [
        |q| (2.0 * q).sqrt(),
        |q| -(-(2.0 * q).sqrt()).ln_1p(),
        |q| (2.0 * q).sqrt().exp_m1(),
    ];
    let one = Axis::new("$s$").range(0.0, 3.0);
    let mut flow = panel("flow, one parameter $s$ per entry", one);
    let by_flow: [fn(f64) -> f64; 3] = [|s| s, |s| s * s / 4.0, |s| s.exp_m1() / 2.0];
    let potentials = ["$R = |w|$", "$R = |w|^{1/2}$", "$R = log(1 + |w|/0.3)$"];
    let targets = ["$R = 0$", "$R = |w|$", "$R = log(1 + |w|)$"];
    let mirrors = ["$Q = w^2/2$", "$Q″ = 1/w$", "$Q″ = 1/(w + ½)^2$"];
    for k in 0..3 {
        let curve = graph(0.0, 2.0, 400, by_decay[k]);
        decay = decay.layer(Layer::line(curve).label(potentials[k]));
        // √q resolves the profile at 0.
        let root = graph(0.0, 2.0_f64.sqrt(), 400, |r| by_noise[k](r * r));
        let points = root.iter().map(|(r, w)| (r * r, *w)).collect();
        horizontal = horizontal.layer(Layer::line(points).label(targets[k]));
        flow = flow.layer(Layer::line(graph(0.0, 3.0, 400, by_flow[k])).label(mirrors[k]));
    }
    Figure::new("Profiles that realise a potential")
        .columns(3)
        .panel(decay)
        .panel(horizontal)
        .panel(flow)
}

#[cfg(test)]
mod tests {
    /// The horizontal law of w = f(uv) on the balanced leaf is 1/(f′ √(2q)) = e^{−R}.
    #[test]
    fn the_horizontal_profile_has_its_potential() {
        let f = |q: f64| (2.0 * q).sqrt().exp_m1();
        for q in [0.1_f64, 0.7, 1.5] {
            let slope = (f(q + 1e-6) - f(q - 1e-6)) / 2e-6;
            let density = 1.0 / (slope * (2.0 * q).sqrt());
            assert!((density - 1.0 / (1.0 + f(q))).abs() < 1e-6);
        }
    }
}
