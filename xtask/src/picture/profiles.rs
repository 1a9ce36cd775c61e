//! Profiles w = f(q), q = uv, whose bias is a given R, for each driver (theory §7.2).

use super::draw::{Axis, Key, SERIES, Sheet, graph};

pub fn drawing() -> String {
    let mut sheet = Sheet::new("Profiles that realise a potential", 960, 415);
    let panel = |sheet: &mut Sheet, left: f64, title, x| {
        sheet.panel(
            [left, 34.0, 240.0, 250.0],
            title,
            x,
            Axis::linear("w = f", 0.0, 2.0, 0.5),
        )
    };
    let q = || Axis::linear("q = uv", 0.0, 2.0, 0.5);
    let decay = panel(&mut sheet, 56.0, "decay: R(f(q)) = q", q());
    let by_decay: [fn(f64) -> f64; 3] = [|q| q, |q| q * q, |q| 0.3 * q.exp_m1()];
    let horizontal = panel(&mut sheet, 376.0, "noise, horizontal law", q());
    let by_noise: [fn(f64) -> f64; 3] = [
        |q| (2.0 * q).sqrt(),
        |q| -(-(2.0 * q).sqrt()).ln_1p(),
        |q| (2.0 * q).sqrt().exp_m1(),
    ];
    let flow = panel(
        &mut sheet,
        700.0,
        "flow, one parameter s per entry",
        Axis::linear("s", 0.0, 3.0, 1.0),
    );
    let by_flow: [fn(f64) -> f64; 3] = [|s| s, |s| s * s / 4.0, |s| s.exp_m1() / 2.0];
    for k in 0..3 {
        sheet.curve(&decay, SERIES[k], &graph(0.0, 2.0, 400, by_decay[k]));
        // √q resolves the profile at 0.
        let root = graph(0.0, 2.0_f64.sqrt(), 400, |r| by_noise[k](r * r));
        let points: Vec<(f64, f64)> = root.iter().map(|(r, w)| (r * r, *w)).collect();
        sheet.curve(&horizontal, SERIES[k], &points);
        sheet.curve(&flow, SERIES[k], &graph(0.0, 3.0, 400, by_flow[k]));
    }
    let rows = |texts: [&'static str; 3]| -> Vec<(Key, &'static str)> {
        (0..3).map(|k| (Key::Line(SERIES[k]), texts[k])).collect()
    };
    sheet.legend(
        (56.0, 348.0),
        &rows(["R = |w|", "R = |w|^(1/2)", "R = log(1 + |w|/0.3)"]),
    );
    sheet.legend(
        (376.0, 348.0),
        &rows(["R = 0", "R = |w|", "R = log(1 + |w|)"]),
    );
    sheet.legend(
        (700.0, 348.0),
        &rows(["Q = w²/2", "Q″ = 1/w", "Q″ = 1/(w + ½)²"]),
    );
    sheet.finish()
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
