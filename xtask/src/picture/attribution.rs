//! The ratio |v|/‖w‖ of a ReLU unit: growth under conserved charges takes every ratio to 1,
//! without noise; label noise at fixed output takes it to 1/√d (theory §2.4, §3.4, §8).

use super::curve::log_graph;
use symbias_figure::{Axis, Dash, Figure, Layer, Legend, Panel};

/// Inputs of the unit.
const D: f64 = 3.0;
/// Ratios at the start.
const RATIOS: [f64; 4] = [0.1, 0.4, 2.0, 6.0];

/// Squared norms (‖w‖², v²) from c = ‖w‖² − v² and n = ‖w‖·|v|.
fn norms(c: f64, n: f64) -> (f64, f64) {
    let sum = c.hypot(2.0 * n);
    ((sum + c) / 2.0, (sum - c) / 2.0)
}

fn ratio(c: f64, n: f64) -> f64 {
    // The smaller of the two by division: no difference of nearly equal numbers.
    let small = n / norms(c.abs(), n).0;
    if c >= 0.0 { small } else { 1.0 / small }
}

/// c of a unit with ‖w‖·|v| = 1 and this ratio.
fn charge(ratio: f64) -> f64 {
    1.0 / ratio - ratio
}

/// The ratio against s²t at ‖w‖·|v| = 1 under label noise: dc/dt = (s²/2)(d v² − ‖w‖²).
fn noisy(start: f64, end: f64) -> Vec<(f64, f64)> {
    let mut c = charge(start);
    let h = end / 4000.0;
    let drift = |c: f64| {
        let (w, v) = norms(c, 1.0);
        (D * v - w) / 2.0
    };
    (0..=4000)
        .map(|k| {
            let point = (f64::from(k) * h, ratio(c, 1.0));
            let middle = c + h / 2.0 * drift(c);
            c += h * drift(middle);
            point
        })
        .collect()
}

pub fn drawing() -> Figure {
    let axis = || Axis::new("$|v| / ‖w‖$").log().range(0.1, 10.0);
    let panel = |title: &str, x| {
        Panel::new(x, axis())
            .title(title)
            .ratio(0.8)
            .legend(Legend::Shared)
            .layer(Layer::horizontal(1.0).label("1: the balanced gauge"))
            .layer(
                Layer::horizontal(1.0 / D.sqrt())
                    .dash(Dash::DashDotted)
                    .label("1/√3: the noise-balanced gauge, $d = 3$"),
            )
    };
    let mut growth = panel(
        "flow: charges conserved, norms grow",
        Axis::new("$‖w‖·|v|$ / its value at the start")
            .log()
            .range(1.0, 1e3),
    );
    let mut noise = panel(
        "label noise: charges move, output fixed",
        Axis::new("$s^2t$").range(0.0, 6.0),
    );
    for (k, start) in RATIOS.into_iter().enumerate() {
        let c = charge(start);
        let name = format!("ratio {start} at the start");
        let grown = log_graph(1.0, 1e3, 200, |n| ratio(c, n));
        growth = growth.layer(Layer::line(grown).series(k).label(&name));
        noise = noise.layer(Layer::line(noisy(start, 6.0)).series(k).label(&name));
    }
    Figure::new("Two ways for the ratio of a unit to change")
        .columns(2)
        .panel(growth)
        .panel(noise)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_balances_and_noise_does_not() {
        for start in RATIOS {
            let c = charge(start);
            assert!((ratio(c, 1.0) - start).abs() < 1e-12);
            assert!((ratio(c, 1e4) - 1.0).abs() < 1e-3);
            let end = noisy(start, 40.0)[4000].1;
            assert!((end - 1.0 / D.sqrt()).abs() < 1e-6);
        }
    }
}
