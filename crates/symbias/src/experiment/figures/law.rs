//! A panel of one law: histogram, prediction, and the wrong laws dashed.

use crate::experiment::record::Record;
use crate::experiment::spec::{AxisSpec, FigureSpec, PanelSpec, Spec};
use crate::experiment::verdict::law::LawVerdict;
use symbias_figure::{Dash, Layer, PALE};

/// What stands beyond so many times the highest bin is cut off: a density that diverges would hide the others.
const HEADROOM: f64 = 1.6;

/// The figures of an experiment: those that it writes, and for laws that none of them shows a panel each.
pub fn wanted(spec: &Spec) -> Vec<FigureSpec> {
    let mut all = spec.figures.clone();
    let panels = || spec.figures.iter().flat_map(|f| &f.panels);
    if panels().all(|p| p.law.is_none()) {
        all.extend(by_default(spec));
    }
    all
}

/// A panel for each law.
fn by_default(spec: &Spec) -> Option<FigureSpec> {
    let panels: Vec<PanelSpec> = spec
        .laws
        .iter()
        .map(|(name, law)| PanelSpec {
            title: match law.about.is_empty() {
                true => name.clone(),
                false => law.about.clone(),
            },
            x: AxisSpec {
                label: law.of.all().first().copied().unwrap_or_default().to_owned(),
                ..AxisSpec::default()
            },
            y: AxisSpec {
                label: "density".into(),
                ..AxisSpec::default()
            },
            law: Some(name.clone()),
            ..PanelSpec::default()
        })
        .collect();
    (!panels.is_empty()).then(|| FigureSpec {
        name: "laws".into(),
        title: spec.title.clone(),
        panels,
        ..FigureSpec::default()
    })
}

/// The layers of a law, and the height that shows them.
pub fn layers(record: &Record, name: &str) -> Option<(Vec<Layer>, f64)> {
    let found: &LawVerdict = record.verdicts.laws.get(name)?;
    let picture = &found.picture;
    if picture.edges.is_empty() {
        return None;
    }
    let top = HEADROOM * picture.heights.iter().copied().fold(0.0, f64::max);
    let cut = |curve: &[f64]| -> Vec<(f64, f64)> {
        let all = picture.x.iter().zip(curve);
        all.map(|(x, y)| (*x, if *y <= top { *y } else { f64::NAN }))
            .collect()
    };
    let measured = Layer::histogram(picture.edges.clone(), picture.heights.clone())
        .colour(PALE)
        .label(format!("measured, {} replicas", found.replicas));
    let mut layers = vec![measured];
    let dashes = [Dash::Dashed, Dash::Dotted, Dash::DashDotted];
    for (k, (twin, curve)) in picture.twins.iter().enumerate() {
        layers.push(
            Layer::line(cut(curve))
                .series(k + 1)
                .dash(dashes[k % dashes.len()])
                .label(twin),
        );
    }
    layers.push(
        Layer::line(cut(&picture.predicted))
            .series(0)
            .width(1.4)
            .dash(Dash::Solid)
            .label("predicted"),
    );
    Some((layers, top))
}
