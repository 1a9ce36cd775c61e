//! Figures of a fit: coefficients along the path, scores of cross-validation, the weights.

use super::answer::{FitAnswer, Score};
use super::problem::Problem;
use super::solve::Point;
use std::collections::BTreeMap;
use symbias_figure::{Axis, Figure, Layer, Legend, Panel, Width};
use symbias_model::data::Named;

/// Curves of one component that are drawn, at most: those that grow largest.
const CURVES: usize = 60;
/// Where a band that reaches 0 ends on an axis that does not, as a share of its middle.
const LEAST: f64 = 0.1;

pub(super) fn figures(
    problem: &Problem,
    answer: &FitAnswer,
    points: &[Point],
    weights: &[Named],
) -> Vec<(String, Figure)> {
    let mut all = vec![("path".to_owned(), path(problem, answer, points))];
    if !answer.scores.is_empty() {
        all.push(("scores".to_owned(), scores(answer)));
    }
    if let Some((name, _, entries)) = weights.first() {
        let stems = entries
            .iter()
            .enumerate()
            .map(|(i, x)| (i as f64, *x))
            .collect();
        let panel = Panel::new(Axis::new("index").whole(), Axis::new(format!("${name}$")))
            .legend(Legend::None)
            .layer(Layer::points(stems).label(name.clone()));
        all.push((
            "weights".to_owned(),
            Figure::new("Weights of the fit")
                .panel(panel)
                .width(Width::Mm(120.0)),
        ));
    }
    all
}

fn chosen(answer: &FitAnswer) -> Layer {
    Layer::vertical(answer.chosen.lambda).label("chosen")
}

fn path(problem: &Problem, answer: &FitAnswer, points: &[Point]) -> Figure {
    let mut figure = Figure::new("Components along the path")
        .columns(1)
        .width(Width::Mm(120.0));
    for (k, part) in problem.made.parts.iter().enumerate() {
        let count: usize = part.shape.iter().product();
        let size = |i: &usize| points.iter().map(|p| p.z[k][*i].abs()).fold(0.0, f64::max);
        let mut largest: Vec<usize> = (0..count).collect();
        largest.sort_by(|a, b| size(b).total_cmp(&size(a)).then(a.cmp(b)));
        largest.truncate(CURVES);
        let mut panel = Panel::new(
            Axis::new("$λ$").log(),
            Axis::new(format!("${}$", part.component)),
        )
        .legend(Legend::Below)
        .layer(chosen(answer));
        for (n, i) in largest.iter().enumerate() {
            let curve = answer
                .path
                .iter()
                .zip(points)
                .map(|(s, p)| (s.lambda, p.z[k][*i]));
            let line = Layer::line(curve.collect()).width(0.8);
            panel = panel.layer(line.series(n % 6));
        }
        figure = figure.panel(panel);
    }
    figure
}

fn scores(answer: &FitAnswer) -> Figure {
    let mut by: BTreeMap<String, Vec<&Score>> = BTreeMap::new();
    for score in &answer.scores {
        let each = score.constants.iter().map(|(n, x)| format!("{n} = {x}"));
        by.entry(each.collect::<Vec<_>>().join(", "))
            .or_default()
            .push(score);
    }
    // The least of scores that differ by decades is what one looks for.
    let positive = answer.scores.iter().all(|s| s.mean > 0.0);
    let up = Axis::new("mean loss on what was left out");
    let up = if positive { up.log() } else { up };
    let mut panel = Panel::new(Axis::new("$λ$").log(), up)
        .legend(Legend::Below)
        .layer(chosen(answer));
    for (n, (constants, scores)) in by.iter().enumerate() {
        let label = if constants.is_empty() {
            "score"
        } else {
            constants
        };
        let low = |s: &Score| match positive {
            true => (s.mean - s.error).max(LEAST * s.mean),
            false => s.mean - s.error,
        };
        let band = scores.iter().map(|s| [s.lambda, low(s), s.mean + s.error]);
        let line = scores.iter().map(|s| (s.lambda, s.mean));
        panel = panel
            .layer(Layer::band(band.collect()).series(n % 6))
            .layer(Layer::line(line.collect()).series(n % 6).label(label));
    }
    Figure::new("Cross-validation")
        .panel(panel)
        .width(Width::Mm(120.0))
}
