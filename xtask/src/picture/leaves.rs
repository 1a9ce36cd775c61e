//! Charges of w = uv: leaves u² − v² = c with gradient flow on them, and what happens to the
//! charge under flow, descent, weight decay and label noise (theory §2).

use super::draw::{Axis, BLUE, GUIDE, INK, Key, SERIES, Sheet, log_graph, pen};
use super::flow::path;

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

pub fn drawing() -> String {
    let mut sheet = Sheet::new("Leaves of the charge of w = uv", 900, 470);
    let side = 2.0;
    let axis = |label| Axis::linear(label, -side, side, 1.0);
    let plane = sheet.panel(
        [60.0, 34.0, 330.0, 330.0],
        "leaves and gradient flow",
        axis("u"),
        axis("v"),
    );
    let minima = pen(INK, 2.6, "6 4");
    for sign in [1.0, -1.0] {
        // u² − v² = ±c, as branches over the other coordinate.
        for c in [0.5_f64, 1.5, 3.0] {
            let branch: Vec<(f64, f64)> = (-60..=60)
                .map(|k| f64::from(k) / 25.0)
                .map(|v| (sign * (c + v * v).sqrt(), v))
                .collect();
            sheet.curve(&plane, GUIDE, &branch);
            let turned: Vec<(f64, f64)> = branch.iter().map(|(a, b)| (*b, *a)).collect();
            sheet.curve(&plane, GUIDE, &turned);
        }
        sheet.curve(&plane, GUIDE, &[(-3.0, -3.0 * sign), (3.0, 3.0 * sign)]);
        let curve: Vec<(f64, f64)> = log_graph(0.4, 2.5, 80, |u| 1.0 / u)
            .iter()
            .map(|(u, v)| (sign * u, sign * v))
            .collect();
        sheet.curve(&plane, minima, &curve);
    }
    // On each leaf one start below the minima and one above; the picture has two symmetries.
    let flow = pen(BLUE, 2.2, "");
    let root = |x: f64| x.sqrt();
    let starts = [
        (root(1.5), -0.55),
        (root(1.5 + 3.6), 1.9),
        (root(3.0), -0.35),
        (0.1, 0.1),
        (1.85, 1.85),
        (root(0.5 + 0.16), -0.4),
        (root(0.5 + 3.2), root(3.2)),
    ];
    for (u, v) in starts {
        let points = path((u, v), 0.005, 2400);
        for (a, b) in [(1.0, false), (-1.0, false), (1.0, true), (-1.0, true)] {
            let image: Vec<(f64, f64)> = points
                .iter()
                .map(|(u, v)| if b { (a * v, a * u) } else { (a * u, a * v) })
                .collect();
            sheet.curve(&plane, flow, &image);
            // The arrow sits half way along the path.
            let travelled: Vec<f64> = image
                .windows(2)
                .scan(0.0, |sum, p| {
                    *sum += (p[1].0 - p[0].0).hypot(p[1].1 - p[0].1);
                    Some(*sum)
                })
                .collect();
            let half = travelled[travelled.len() - 1] / 2.0;
            let middle = travelled.partition_point(|s| *s < half);
            let ahead = travelled.partition_point(|s| *s < half + 0.03);
            sheet.head(&plane, BLUE, image[middle], image[ahead.max(middle + 1)]);
            sheet.ring(&plane, BLUE, image[0]);
        }
    }
    let time = sheet.panel(
        [470.0, 34.0, 410.0, 330.0],
        "the charge in training, from (1.6, 0.1)",
        Axis::linear("step", 0.0, f64::from(STEPS), 50.0),
        Axis::linear("μ / μ at the start", 0.0, 1.1, 0.2),
    );
    sheet.curve(&time, SERIES[0], &[(0.0, 1.0), (f64::from(STEPS), 1.0)]);
    sheet.curve(&time, SERIES[1], &descent(0.0, 0.0));
    sheet.curve(&time, SERIES[2], &descent(LAMBDA, 0.0));
    sheet.curve(&time, SERIES[3], &descent(0.0, NOISE));
    sheet.legend(
        (60.0, 420.0),
        &[
            (Key::Line(GUIDE), "leaves: u² − v² constant"),
            (Key::Line(minima), "minima uv = 1"),
        ],
    );
    sheet.legend(
        (300.0, 420.0),
        &[
            (Key::Line(flow), "gradient flow"),
            (Key::Ring(BLUE), "starts"),
        ],
    );
    sheet.legend(
        (470.0, 420.0),
        &[
            (Key::Line(SERIES[0]), "gradient flow"),
            (Key::Line(SERIES[1]), "descent, η = 0.1"),
        ],
    );
    sheet.legend(
        (670.0, 420.0),
        &[
            (Key::Line(SERIES[2]), "… with decay λ = 0.02"),
            (Key::Line(SERIES[3]), "… with label noise ±1.5"),
        ],
    );
    sheet.finish()
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
