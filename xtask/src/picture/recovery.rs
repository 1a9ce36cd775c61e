//! How often few weights, few groups, a low rank are found without noise: what benches/peers/design measured.

use serde_json::Value;
use symbias_figure::{Axis, Dash, Figure, Layer, Legend, Panel};

/// Block, title, what there is more and more of.
const BLOCKS: [(&str, &str, &str); 3] = [
    (
        include_str!("../../../benches/peers/design/results/recovery_entries.json"),
        "100 weights, 40 rows",
        "weights that are not 0",
    ),
    (
        include_str!("../../../benches/peers/design/results/recovery_groups.json"),
        "30 groups of 4, 60 rows",
        "groups that are not 0",
    ),
    (
        include_str!("../../../benches/peers/design/results/recovery_matrix.json"),
        "20 × 20, 200 entries",
        "rank",
    ),
];

/// Label, how the names end, whether it is of another program. The table of the book has all that were tried.
const CURVES: [(&str, &[&str], bool); 4] = [
    ("design, $p = 2/3$", &["p = 2/3, lambda 0.001"], false),
    ("design, $p = 1/2$", &["p = 1/2, lambda 0.001"], false),
    ("reweighted, five programs", &["cut 0.1"], true),
    ("convex program", &["basis pursuit", "nuclear norm"], true),
];

pub fn drawing() -> Figure {
    let mut figure =
        Figure::new("Share of trials in which the weights are found to 1 %").columns(3);
    for (text, title, what) in BLOCKS {
        let table: Value = serde_json::from_str(text).unwrap_or_default();
        let mut panel = Panel::new(Axis::new(what), Axis::new("share found").range(-0.03, 1.03))
            .title(title)
            .legend(Legend::Below)
            .ratio(1.05);
        for (k, (label, of, dash)) in CURVES.into_iter().enumerate() {
            let ends = |name: &str| of.iter().any(|end| name.ends_with(end));
            let own = curves(&table).into_iter().find(|c| ends(&c.0));
            if let Some((_, curve)) = own {
                let line = Layer::line(curve).series(k).label(label);
                panel = panel.layer(match dash {
                    true => line.dash(Dash::Dashed),
                    false => line.dash(Dash::Solid),
                });
            }
        }
        figure = figure.panel(panel);
    }
    figure
}

/// Shares over levels, by name.
fn curves(table: &Value) -> Vec<(String, Vec<(f64, f64)>)> {
    let numbers = |v: &Value| -> Vec<f64> {
        let all = v.as_array().into_iter().flatten();
        all.filter_map(Value::as_f64).collect()
    };
    let levels = numbers(&table["levels"]);
    let found = table["found"].as_object().into_iter().flatten();
    found
        .map(|(name, by_level)| {
            let shares = by_level.as_array().into_iter().flatten().map(|hits| {
                let hits = numbers(hits);
                hits.iter().sum::<f64>() / hits.len().max(1) as f64
            });
            (name.clone(), levels.iter().copied().zip(shares).collect())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_means_of_trials() {
        let table = serde_json::json!({ "levels": [8, 11], "found": { "a": [[1, 1, 0, 0], [1, 0, 0, 0]] } });
        assert_eq!(
            curves(&table),
            [("a".to_owned(), vec![(8.0, 0.5), (11.0, 0.25)])]
        );
    }

    #[test]
    fn every_block_was_measured() {
        for (text, _, _) in BLOCKS {
            let table: Value = serde_json::from_str(text).expect("JSON");
            let curves = curves(&table);
            assert!(curves.len() >= 4 && curves.iter().all(|c| c.1.len() >= 4));
        }
    }
}
