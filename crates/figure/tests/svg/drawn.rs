//! What is drawn is what was given: places are read back from the SVG and compared with the data.

use super::sheet::Sheet;
use symbias_figure::{Axis, Dash, Figure, Layer, Legend, Panel, Scale};

fn line(axis: (Axis, Axis), points: Vec<(f64, f64)>) -> Sheet {
    let panel = Panel::new(axis.0, axis.1).layer(Layer::line(points).dash(Dash::Solid));
    Sheet::of(&Figure::new("test").panel(panel))
}

fn linear(low: f64, high: f64) -> Axis {
    Axis::new("").range(low, high)
}

/// The values at shares of the frame.
fn values(
    sheet: &Sheet,
    class: &str,
    x: impl Fn(f64) -> f64,
    y: impl Fn(f64) -> f64,
) -> Vec<(f64, f64)> {
    let frame = sheet.frame();
    let spots = sheet.spots(class).concat();
    spots
        .iter()
        .map(|(a, b)| {
            let across = (a - frame[0]) / (frame[2] - frame[0]);
            let up = (frame[3] - b) / (frame[3] - frame[1]);
            (x(across), y(up))
        })
        .collect()
}

fn close(found: &[(f64, f64)], wanted: &[(f64, f64)], tolerance: f64) {
    assert_eq!(found.len(), wanted.len(), "{found:?}");
    for (f, w) in found.iter().zip(wanted) {
        assert!(
            (f.0 - w.0).abs() < tolerance && (f.1 - w.1).abs() < tolerance,
            "{f:?} for {w:?}"
        );
    }
}

#[test]
fn points_of_a_line_are_at_their_places() {
    let points = vec![(0.0, -1.0), (1.0, 0.5), (2.5, 0.25), (4.0, 1.0)];
    let sheet = line((linear(0.0, 4.0), linear(-1.0, 1.0)), points.clone());
    // Two decimals of a point, on some 400 points of width.
    close(
        &values(&sheet, "line", |s| 4.0 * s, |s| 2.0 * s - 1.0),
        &points,
        2e-4,
    );
    let twin: Vec<(f64, f64)> = points.iter().map(|p| (p.0, p.1 + 1e-2)).collect();
    let off = std::panic::catch_unwind(|| {
        close(
            &values(&sheet, "line", |s| 4.0 * s, |s| 2.0 * s - 1.0),
            &twin,
            2e-4,
        )
    });
    assert!(off.is_err(), "a shift of a hundredth is seen");
}

#[test]
fn logarithmic_axes_put_decades_at_equal_distances() {
    let points = vec![(1.0, 1e-4), (1e2, 1e-2), (1e4, 3e-1)];
    let sheet = line(
        (linear(1.0, 1e4).log(), linear(1e-4, 1.0).log()),
        points.clone(),
    );
    let logs: Vec<(f64, f64)> = points.iter().map(|p| (p.0.log10(), p.1.log10())).collect();
    close(
        &values(&sheet, "line", |s| 4.0 * s, |s| 4.0 * s - 4.0),
        &logs,
        5e-4,
    );
    let reversed = line(
        (linear(0.0, 1.0).reversed(), linear(0.0, 1.0)),
        vec![(0.25, 0.0), (1.0, 1.0)],
    );
    close(
        &values(&reversed, "line", |s| 1.0 - s, |s| s),
        &[(0.25, 0.0), (1.0, 1.0)],
        2e-4,
    );
}

#[test]
fn what_is_no_number_is_a_gap() {
    let nan = f64::NAN;
    let points = vec![
        (0.0, 0.0),
        (1.0, 1.0),
        (2.0, nan),
        (3.0, 0.5),
        (nan, 0.1),
        (5.0, 0.0),
        (6.0, 1.0),
    ];
    let sheet = line((linear(0.0, 6.0), linear(0.0, 1.0)), points);
    let parts: Vec<usize> = sheet.spots("line").iter().map(Vec::len).collect();
    assert_eq!(parts, [2, 2]);
    assert_eq!(
        sheet.count("line", "<circle"),
        1,
        "a point between two gaps is a dot"
    );
    for odd in [nan, f64::INFINITY, f64::NEG_INFINITY] {
        let all = vec![(0.0, odd), (odd, 1.0)];
        let text = line((Axis::new(""), Axis::new("")), all).text;
        assert!(text.contains("\"no data\"") && !text.contains("NaN") && !text.contains("inf"));
    }
}

#[test]
fn lines_end_at_the_frame() {
    let sheet = line(
        (linear(0.0, 1.0), linear(0.0, 1.0)),
        vec![(-1.0, -1.0), (2.0, 2.0)],
    );
    close(
        &values(&sheet, "line", |s| s, |s| s),
        &[(0.0, 0.0), (1.0, 1.0)],
        2e-4,
    );
    let far = line(
        (linear(0.0, 1.0), linear(0.0, 1.0)),
        vec![(0.0, -1e300), (1.0, 1e300)],
    );
    assert!(
        values(&far, "line", |s| s, |s| s)
            .iter()
            .all(|p| (-1e-3..=1.001).contains(&p.1))
    );
}

#[test]
fn a_logarithmic_axis_counts_what_it_cannot_show() {
    let axis = || (Axis::new("x"), Axis::new("y").log());
    let some = line(
        axis(),
        vec![
            (0.0, 1.0),
            (1.0, 0.0),
            (2.0, -3.0),
            (3.0, 10.0),
            (4.0, 20.0),
        ],
    );
    assert!(some.text.contains("\"2 values ≤ 0 not shown\""));
    assert_eq!(some.spots("line").len(), 1);
    let none = line(axis(), vec![(0.0, 0.0), (1.0, -1.0)]);
    assert!(none.text.contains("\"no data\"") && none.text.contains("\"2 values ≤ 0 not shown\""));
    assert!(
        !line(axis(), vec![(0.0, 1.0), (1.0, 2.0)])
            .text
            .contains("not shown")
    );
}

#[test]
fn every_kind_of_layer_is_where_its_data_are() {
    let panel = Panel::new(linear(0.0, 4.0), linear(0.0, 2.0))
        .layer(Layer::band(vec![[0.0, 0.5, 1.0], [4.0, 0.5, 1.5]]))
        .layer(Layer::bars(vec![(1.0, 1.0), (2.0, 2.0)]))
        .layer(Layer::steps(vec![0.0, 1.0, 4.0], vec![0.5, 1.0]))
        .layer(Layer::stems(vec![(1.0, 1.0), (3.0, 2.0)]))
        .layer(Layer::horizontal(1.5))
        .layer(Layer::points(vec![(2.0, 1.0), (9.0, 1.0)]));
    let sheet = Sheet::of(&Figure::new("").panel(panel));
    let at = |class| values(&sheet, class, |s| 4.0 * s, |s| 2.0 * s);
    close(
        &at("band"),
        &[(0.0, 0.5), (4.0, 0.5), (4.0, 1.5), (0.0, 1.0)],
        5e-4,
    );
    close(
        &at("bars")[..4],
        &[(0.6, 1.0), (1.4, 1.0), (1.4, 0.0), (0.6, 0.0)],
        5e-4,
    );
    close(
        &at("steps"),
        &[(0.0, 0.5), (1.0, 0.5), (1.0, 1.0), (4.0, 1.0)],
        5e-4,
    );
    close(
        &at("stems")[..4],
        &[(1.0, 0.0), (1.0, 1.0), (3.0, 0.0), (3.0, 2.0)],
        5e-4,
    );
    close(&at("reference"), &[(0.0, 1.5), (4.0, 1.5)], 5e-4);
    assert_eq!(
        sheet.spots("points").len() + sheet.count("points", "<circle"),
        1,
        "none outside"
    );
}

#[test]
fn heat_maps_have_a_cell_for_each_entry_and_a_bar() {
    let rows = vec![vec![0.0, 1.0, f64::NAN], vec![0.5, 0.25, 1.0]];
    let panel = Panel::new(Axis::new("j").whole(), Axis::new("i").whole().reversed())
        .layer(Layer::heat(rows));
    let sheet = Sheet::of(&Figure::new("").panel(panel));
    assert_eq!(sheet.count("heat", "fill=\"#"), 6);
    // Dark for the least, light for the greatest, the first row above.
    let heat = sheet.class("heat");
    let (dark, light) = (heat.find("#1c1852").unwrap(), heat.find("#f6e68c").unwrap());
    assert!(dark < light);
    let frame = sheet.frame();
    let first = sheet.spots("heat")[0][0];
    assert!((first.0 - frame[0]).abs() < 0.02 && (first.1 - frame[1]).abs() < 0.02);
    assert!(sheet.text.contains("<g class=\"colours\">"));
}

#[test]
fn long_curves_are_thinned_and_keep_their_extremes() {
    let points: Vec<(f64, f64)> = (0..500_000)
        .map(|k| {
            (
                f64::from(k),
                if k == 123_456 {
                    7.0
                } else {
                    (f64::from(k) * 0.7).sin()
                },
            )
        })
        .collect();
    let sheet = line((Axis::new(""), linear(-1.0, 7.0)), points);
    assert!(sheet.text.len() < 400_000, "{}", sheet.text.len());
    let top = sheet.frame()[1];
    assert!(
        sheet
            .spots("line")
            .concat()
            .iter()
            .any(|s| (s.1 - top).abs() < 0.02)
    );
}

#[test]
fn degenerate_ranges_are_drawn() {
    let sets: [Vec<(f64, f64)>; 8] = [
        vec![(1.0, 1.0)],
        vec![(1.0, 5.0), (2.0, 5.0)],
        vec![(0.0, 0.0), (0.0, 0.0)],
        vec![(f64::MIN, f64::MAX), (f64::MAX, f64::MIN)],
        vec![(5e-324, 5e-324), (1e-320, 1e-322)],
        vec![(1e300, 1e-300), (2e300, 3e-300)],
        vec![(1.0, 1.0), (1.0 + f64::EPSILON, 1.0 - f64::EPSILON)],
        vec![(-1e15, 1e15), (-1e15 + 1.0, 1e15 + 1.0)],
    ];
    let scales = [
        Scale::Linear,
        Scale::Log10,
        Scale::SymLog(1e-3),
        Scale::SymLog(-1.0),
        Scale::SymLog(1e300),
    ];
    for points in sets {
        for scale in scales {
            let axis = || Axis {
                scale,
                ..Axis::new("$x$")
            };
            let layers = [
                Layer::line(points.clone()),
                Layer::points(points.clone()),
                Layer::stems(points.clone()),
                Layer::bars(points.clone()),
                Layer::horizontal(points[0].1).label("here"),
                Layer::vertical(points[0].0).label("there"),
            ];
            let figure = Figure::new("").panel(
                Panel::new(axis(), axis())
                    .legend(Legend::Ends)
                    .layers(layers),
            );
            let sheet = Sheet::of(&figure);
            assert!(
                !sheet.text.contains("NaN") && !sheet.text.contains("inf"),
                "{scale:?} {points:?}"
            );
            assert!(figure.png_at(40.0).is_ok());
        }
    }
}
