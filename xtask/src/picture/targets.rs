//! Targets under decay beside what is achieved: the least ½‖θ‖² over the parameters of a weight, as benches/peers/design measured it.

use serde_json::Value;
use symbias_figure::{Axis, Figure, Layer, Legend, Panel};

const MEASURED: &str = include_str!("../../../benches/peers/design/results/targets.json");

pub fn drawing() -> Figure {
    let mut figure =
        Figure::new("Targets, and the bias of the models that were designed for them").columns(3);
    for (k, (title, wanted, achieved)) in targets().into_iter().enumerate() {
        let legend = if k == 0 { Legend::Below } else { Legend::None };
        let panel = Panel::new(Axis::new("$w$"), Axis::new("$R(w)$").from(0.0))
            .title(title)
            .legend(legend)
            .ratio(0.8)
            .layer(Layer::line(wanted).label("target"))
            .layer(
                Layer::points(achieved)
                    .series(1)
                    .label("least $½‖θ‖^2$, by search"),
            );
        figure = figure.panel(panel);
    }
    figure
}

type Curve = Vec<(f64, f64)>;

/// Name, target and least norm of each.
fn targets() -> Vec<(String, Curve, Curve)> {
    let all: Value = serde_json::from_str(MEASURED).unwrap_or_default();
    let rows = all.as_array().into_iter().flatten();
    rows.map(|row| {
        let numbers = |key: &str| -> Vec<f64> {
            let own = row[key].as_array().into_iter().flatten();
            own.filter_map(Value::as_f64).collect()
        };
        let over = |key: &str| numbers("weights").into_iter().zip(numbers(key)).collect();
        let name = row["target"].as_str().unwrap_or_default().to_owned();
        (name, over("wanted"), over("least_norm"))
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The targets are what their names say, in code that reads no expression.
    #[test]
    fn targets_are_those_of_their_names() {
        let targets = targets();
        let check = |name: &str, r: fn(f64) -> f64| {
            let own = targets.iter().find(|t| t.0 == name).expect("measured");
            assert!(own.2.len() > 20);
            assert!(own.2.iter().all(|(w, n)| (r(*w) - n).abs() < 1e-8));
        };
        check("abs(x)^0.5", |x| x.abs().sqrt());
        check("abs(x)^1.5", |x| x.abs().powf(1.5));
        check("log(1 + abs(x)/0.1)", |x| (10.0 * x.abs()).ln_1p());
    }
}
