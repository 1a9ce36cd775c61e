//! The ratio |v|/‖w‖ of a ReLU unit: growth under conserved charges takes every ratio to 1,
//! without noise; label noise at fixed output takes it to 1/√d (theory §2.4, §3.4, §8).

use super::draw::{Axis, GUIDE, INK, Key, SERIES, Sheet, log_graph, pen};

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

pub fn drawing() -> String {
    let mut sheet = Sheet::new("Two ways for the ratio of a unit to change", 900, 445);
    let axis = || Axis::log("|v| / ‖w‖", 0.1, 10.0, 1);
    let growth = sheet.panel(
        [60.0, 34.0, 370.0, 310.0],
        "flow: charges conserved, norms grow",
        Axis::log("‖w‖·|v| / its value at the start", 1.0, 1e3, 1),
        axis(),
    );
    let noise = sheet.panel(
        [510.0, 34.0, 370.0, 310.0],
        "label noise: charges move, output fixed",
        Axis::linear("s²t", 0.0, 6.0, 1.0),
        axis(),
    );
    let equilibrium = pen(INK, 1.4, "1.5 3");
    for (panel, end) in [(&growth, 1e3), (&noise, 6.0)] {
        sheet.curve(panel, GUIDE, &[(0.0, 1.0), (end, 1.0)]);
        let level = 1.0 / D.sqrt();
        sheet.curve(panel, equilibrium, &[(0.0, level), (end, level)]);
    }
    for (start, pen) in RATIOS.into_iter().zip(SERIES) {
        let c = charge(start);
        sheet.curve(&growth, pen, &log_graph(1.0, 1e3, 200, |n| ratio(c, n)));
        sheet.curve(&noise, pen, &noisy(start, 6.0));
    }
    let row = |k: usize, text| (Key::Line(SERIES[k]), text);
    sheet.legend(
        (60.0, 404.0),
        &[row(0, "ratio 0.1 at the start"), row(1, "0.4")],
    );
    sheet.legend((270.0, 404.0), &[row(2, "2"), row(3, "6")]);
    sheet.legend(
        (510.0, 404.0),
        &[
            (Key::Line(GUIDE), "1: the balanced gauge"),
            (
                Key::Line(equilibrium),
                "1/√3: the noise-balanced gauge, d = 3",
            ),
        ],
    );
    sheet.finish()
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
