//! What is plotted is what was recorded.

use super::common::{Folder, ran};
use std::path::Path;
use symbias::experiment::figures::{draw, write};
use symbias::experiment::record;
use symbias::report::figure::{Layer, Mark};

const FIGURES: &str = r#"
[[figures]]
name = "all"
[[figures.panels]]
y = { label = "u" }
levels = [{ at = 1, label = "1" }]
series = [
  { arm = "a", of = "u", entries = [0, 2], replica = 1 },
  { arm = "b", of = "u", entries = [3], replica = 1, role = "over" },
]
[[figures.panels]]
x = { log = true }
y = { label = "change" }
series = [{ arm = "a", of = "charges", change = true, pooled = true, label = "a" }]
[[figures.panels]]
over = "index"
draw = "stems"
first = 1
y = { label = "u" }
series = [
  { given = "truth", role = "behind" },
  { arm = "a", of = "u", replica = 0 },
  { arm = "a", predicted = true, role = "over", draw = "points" },
]
[[figures.panels]]
y = { label = "distance" }
series = [{ arm = "a", distance = { claim = "leaf", when = "path" } }]
[[figures.panels]]
y = { label = "size" }
series = [{ arm = "a", of = "size", label = "a" }]
"#;

/// The points of the layers that are lines, points or stems.
fn points(layers: &[Layer]) -> Vec<Vec<(f64, f64)>> {
    let of = |l: &Layer| match &l.mark {
        Mark::Line(p) | Mark::Points(p) | Mark::Stems(p) => Some(p.clone()),
        _ => None,
    };
    layers.iter().filter_map(of).collect()
}

fn band(layers: &[Layer]) -> Vec<[f64; 3]> {
    let of = |l: &Layer| match &l.mark {
        Mark::Band(p) => Some(p.clone()),
        _ => None,
    };
    layers.iter().find_map(of).expect("a band")
}

/// Five quantiles of eight and four, counted by hand elsewhere: here the definition, by sorting.
fn quantile(mut all: Vec<f64>, q: f64) -> f64 {
    all.sort_by(f64::total_cmp);
    let at = q * (all.len() - 1) as f64;
    let (low, high) = (all[at as usize], all[(at.ceil()) as usize]);
    low + (high - low) * (at - at.floor())
}

#[test]
fn figures_plot_the_recorded_numbers() {
    let folder = Folder::new("plotted");
    ran(&folder, FIGURES, 3);
    // From the disk, as `symbias figure` does.
    let (record, measured) = record::read(&folder.0.join("record")).expect("a record");
    let drawn = draw(&record.experiment.figures, &record, &measured).expect("figures");
    assert!(drawn.len() == 1 && drawn[0].without.is_empty());
    let panels = &drawn[0].figure.as_ref().expect("a figure").panels;
    let of = |arm: &str| measured.iter().find(|m| m.arm == arm).expect("an arm");
    let (a, b) = (of("a"), of("b"));

    let (u, ub) = (a.series("u").expect("u"), b.series("u").expect("u"));
    let over_steps = |e: usize| -> Vec<(f64, f64)> {
        let looks = u.steps.iter().enumerate();
        looks.map(|(l, s)| (*s as f64, u.at(1, l)[e])).collect()
    };
    // A step of `a` stands beside half a step of its control.
    let control = ub.steps.iter().enumerate();
    let control = control.map(|(l, s)| (2.0 * *s as f64, ub.at(1, l)[3]));
    assert_eq!(
        points(&panels[0].layers),
        [over_steps(0), over_steps(2), control.collect()]
    );
    assert!(matches!(panels[0].layers[0].mark, Mark::Horizontal(y) if y == 1.0));

    let charges = a.series("charges").expect("charges");
    let mut expected = (Vec::new(), Vec::new());
    for (look, step) in charges.steps.iter().enumerate().skip(1) {
        let all: Vec<f64> = (0..3)
            .flat_map(|r| {
                let pairs = charges.at(r, look).iter().zip(charges.at(r, 0));
                pairs
                    .map(|(now, then)| (now - then).abs() / then.abs())
                    .collect::<Vec<_>>()
            })
            .collect();
        expected.0.push((*step as f64, quantile(all.clone(), 0.5)));
        expected.1.push([
            *step as f64,
            quantile(all.clone(), 0.05),
            quantile(all, 0.95),
        ]);
    }
    assert_eq!(points(&panels[1].layers), [expected.0]);
    assert_eq!(band(&panels[1].layers), expected.1);

    let index = |all: &[f64]| -> Vec<(f64, f64)> {
        all.iter()
            .enumerate()
            .map(|(k, x)| (k as f64 + 1.0, *x))
            .collect()
    };
    let found = points(&panels[2].layers);
    // A stem of length 0 is none.
    assert_eq!(found[0], [(1.0, 0.5), (3.0, -0.25), (4.0, 1.5)]);
    assert_eq!(found[1], index(u.last(0)));
    let flow = &record.verdicts.flow["a"];
    assert_eq!(found[2], index(&flow.predicted));

    let claim = flow
        .claims
        .iter()
        .find(|c| c.claim == "leaf" && c.when == "path");
    let distances = claim.expect("the claim").distance.iter().zip(&flow.steps);
    let medians = distances.map(|(d, s)| (*s as f64, d.expect("a distance").median));
    assert_eq!(points(&panels[3].layers), [medians.collect::<Vec<_>>()]);

    let size = a.series("size").expect("size");
    let looks = size.steps.iter().enumerate();
    let medians = looks.map(|(l, s)| {
        let all = (0..3).map(|r| size.at(r, l)[0]).collect();
        (*s as f64, quantile(all, 0.5))
    });
    assert_eq!(points(&panels[4].layers), [medians.collect::<Vec<_>>()]);
}

#[test]
fn a_run_writes_its_figures_and_they_can_be_made_again() {
    let folder = Folder::new("written");
    ran(&folder, FIGURES, 1);
    let (record, measured) = record::read(&folder.0.join("record")).expect("a record");
    let drawn = draw(&record.experiment.figures, &record, &measured).expect("figures");
    // There is no replica 1: what shows it is left out.
    assert_eq!(drawn[0].without, ["replica 1 of a", "replica 1 of b"]);
    let panels = drawn[0].figure.as_ref().map_or(0, |f| f.panels.len());
    assert_eq!(panels, 4);
    let again = write(&folder.0, Path::new("again"), &drawn).expect("files");
    assert_eq!(again.len(), 2);
    for file in again {
        let name = file.file_name().expect("a name");
        let first = std::fs::read(folder.0.join("record/figures").join(name)).expect("a figure");
        assert_eq!(std::fs::read(&file).expect("a figure"), first, "{name:?}");
    }
}

#[test]
fn steps_that_are_asked_about_are_looked_at() {
    let folder = Folder::new("asked");
    let concluded = ran(&folder, "", 1);
    let steps = |arm: &str| concluded.record.arms[arm].observed.steps.clone();
    assert!(
        [50, 77, 300].iter().all(|s| steps("a").contains(s)),
        "{:?}",
        steps("a")
    );
    // The control at half the pace: 38.5 is 39 (77 of `a`).
    assert!(
        [25, 39].iter().all(|s| steps("b").contains(s)),
        "{:?}",
        steps("b")
    );
}
