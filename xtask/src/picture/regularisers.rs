//! What weight decay selects by: (D/2) Σ|w|^{2/D} for products of D factors, ‖w‖ for a group
//! (theory §6).

use super::draw::{Axis, Key, SERIES, Sheet, graph};

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

pub fn drawing() -> String {
    let mut sheet = Sheet::new("Regularisers that weight decay induces", 860, 470);
    let profiles = sheet.panel(
        [60.0, 34.0, 380.0, 320.0],
        "one entry",
        Axis::linear("w", -2.0, 2.0, 0.5),
        Axis::linear("least ½‖θ‖² among the parameters of w", 0.0, 3.0, 0.5),
    );
    for (k, depth) in [1.0, 2.0, 3.0, 4.0].into_iter().enumerate() {
        let mut points = graph(-2.0, 2.0, 800, |w| product(depth, w));
        points[400] = (0.0, 0.0);
        sheet.curve(&profiles, SERIES[k], &points);
    }
    let range = |label| Axis::linear(label, -1.2, 1.2, 0.5);
    let levels = sheet.panel(
        [520.0, 34.0, 320.0, 320.0],
        "level sets of two entries",
        range("w₁"),
        range("w₂"),
    );
    for (k, depth) in [1.0, 2.0, 3.0, 4.0].into_iter().enumerate() {
        sheet.curve(&levels, SERIES[k], &level(2.0 / depth));
    }
    let row = |k: usize, text| (Key::Line(SERIES[k]), text);
    sheet.legend(
        (60.0, 415.0),
        &[
            row(0, "no product: ½w²; level set also that of a group, ‖w‖"),
            row(1, "w = uv: |w|"),
        ],
    );
    sheet.legend(
        (520.0, 415.0),
        &[
            row(2, "three factors: (3/2)|w|^(2/3)"),
            row(3, "four factors: 2|w|^(1/2)"),
        ],
    );
    sheet.finish()
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
