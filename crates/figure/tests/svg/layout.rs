//! Sizes, legends, structure: what a page of a journal asks of a figure.

use super::sheet::Sheet;
use symbias_figure::{Axis, Figure, Layer, Legend, Medium, Panel, Width};

fn curve(k: u32) -> Layer {
    let points = (0..30)
        .map(|x| (f64::from(x), f64::from(k) + f64::from(x) * 0.01))
        .collect();
    Layer::line(points).label(format!("series {k}"))
}

fn panel(count: u32, legend: Legend) -> Panel {
    Panel::new(Axis::new("step"), Axis::new("loss"))
        .title("losses")
        .legend(legend)
        .layers((0..count).map(curve))
}

#[test]
fn figures_are_as_wide_as_a_column() {
    for (width, mm, pixels) in [
        (Width::Single, "85mm", 1004),
        (Width::Double, "170mm", 2008),
    ] {
        let figure = Figure::new("t").width(width).panel(panel(2, Legend::Below));
        assert!(figure.svg().contains(&format!("width=\"{mm}\"")));
        let png = figure.png().unwrap();
        let at = |k: usize| u32::from_be_bytes([png[k], png[k + 1], png[k + 2], png[k + 3]]);
        assert_eq!(&png[1..4], b"PNG");
        assert_eq!(at(16), pixels);
        // 300 dots per inch are 11 811 per metre.
        let physical = png.windows(4).position(|w| w == b"pHYs").unwrap();
        assert_eq!((at(physical + 4), png[physical + 12]), (11_811, 1));
    }
    let screen = Figure::new("t")
        .panel(panel(2, Legend::Below))
        .svg_for(Medium::Screen);
    assert!(screen.contains("width=\"771.02\""));
}

#[test]
fn equal_figures_have_equal_bytes() {
    let figure = || {
        Figure::new("t")
            .columns(2)
            .panel(panel(5, Legend::Ends))
            .panel(panel(3, Legend::Right))
    };
    assert_eq!(figure().svg(), figure().svg());
    assert_eq!(figure().png().unwrap(), figure().png().unwrap());
}

#[test]
fn the_structure_of_a_figure() {
    let figure = Figure::new("a < b & c")
        .columns(2)
        .panel(panel(3, Legend::Below))
        .panel(panel(3, Legend::None));
    let sheet = Sheet::of(&figure);
    let count = |piece: &str| sheet.text.matches(piece).count();
    assert_eq!(count("<g "), count("</g>"));
    assert_eq!(count("class=\"panel\""), 2);
    assert_eq!(count("class=\"line\""), 6);
    assert_eq!(count("class=\"legend\""), 1);
    assert_eq!(count("\"(a)\"") + count("\"(b)\""), 2);
    assert!(sheet.text.contains("<title>a &lt; b &amp; c</title>"));
    let single = Sheet::of(&Figure::new("").panel(panel(1, Legend::None)));
    assert!(
        !single.text.contains("\"(a)\""),
        "a single panel has no letter"
    );
    assert!(Sheet::of(&Figure::new("")).text.ends_with("</svg>\n"));
    assert!(Figure::new("").columns(0).png().is_ok());
}

#[test]
fn legends_stand_outside_of_the_plot() {
    for legend in [Legend::Below, Legend::Right, Legend::Ends, Legend::Shared] {
        for count in [1, 4, 7, 64] {
            let sheet = Sheet::of(&Figure::new("").panel(panel(count, legend)));
            let [left, top, right, bottom] = sheet.frame();
            let labels: Vec<_> = sheet
                .texts()
                .into_iter()
                .filter(|t| t.2.starts_with("series"))
                .collect();
            assert!(!labels.is_empty());
            for (x, y, text) in labels {
                let inside = x > left && x < right && y > top && y < bottom;
                assert!(!inside, "{legend:?} {count}: {text} at {x} {y}");
            }
        }
    }
    let none = Sheet::of(&Figure::new("").panel(panel(4, Legend::None)));
    assert!(!none.text.contains("series"));
}

#[test]
fn labels_at_ends_do_not_collide() {
    let close = (0..8).map(|k| {
        let points = (0..30)
            .map(|x| (f64::from(x), f64::from(x) + 0.01 * f64::from(k)))
            .collect();
        Layer::line(points).label(format!("series {k}"))
    });
    let panel = Panel::new(Axis::new("x"), Axis::new("y"))
        .legend(Legend::Ends)
        .layers(close);
    let sheet = Sheet::of(&Figure::new("").panel(panel));
    let mut heights: Vec<f64> = sheet
        .texts()
        .into_iter()
        .filter(|t| t.2.starts_with("series"))
        .map(|t| t.1)
        .collect();
    assert_eq!(heights.len(), 8);
    heights.sort_by(f64::total_cmp);
    assert!(heights.windows(2).all(|p| p[1] - p[0] > 8.0), "{heights:?}");
}

#[test]
fn sixty_four_series_are_counted_and_not_listed() {
    let sheet = Sheet::of(
        &Figure::new("")
            .width(Width::Single)
            .panel(panel(64, Legend::Below)),
    );
    assert_eq!(sheet.text.matches("class=\"line\"").count(), 64);
    let texts = sheet.texts();
    let listed = texts.iter().filter(|t| t.2.starts_with("series")).count();
    assert!(
        texts
            .iter()
            .any(|t| t.2 == format!("and {} more", 64 - listed)),
        "{listed}"
    );
}

#[test]
fn layers_of_one_label_share_a_row() {
    let units = (0..16).map(|k| curve(k).label("16 units").ramp(f64::from(k) / 15.0));
    let panel = Panel::new(Axis::new("x"), Axis::new("y")).layers(units);
    let sheet = Sheet::of(&Figure::new("").panel(panel));
    assert_eq!(sheet.text.matches("\"16 units\"").count(), 1);
    assert_eq!(sheet.spots("legend").len(), 3, "a strand of three");
}

#[test]
fn a_reference_among_data_has_its_label_in_the_legend() {
    let alone = Panel::new(
        Axis::new("x").range(0.0, 1.0),
        Axis::new("y").range(0.0, 2.0),
    )
    .layer(Layer::horizontal(1.0).label("balanced"));
    let crowd = (0..200).map(|k| {
        let y = 0.5 + 0.005 * f64::from(k);
        Layer::line(vec![(0.0, y), (1.0, y)])
    });
    let crowded = alone.clone().layers(crowd);
    for (panel, inside) in [(alone, true), (crowded, false)] {
        let sheet = Sheet::of(&Figure::new("").panel(panel));
        let texts = sheet.texts();
        let label = texts
            .iter()
            .find(|t| t.2 == "balanced")
            .expect("it is somewhere");
        assert_eq!(label.1 < sheet.frame()[3], inside);
    }
}

#[test]
fn long_labels_stay_on_the_sheet() {
    let long = "a label that goes on and on and says everything about the quantity that it names "
        .repeat(4);
    let panel = || {
        Panel::new(Axis::new(&long).unit("nats"), Axis::new(&long))
            .title(&long)
            .layer(curve(1).label(&long))
            .layer(curve(2).label("x".repeat(500)))
    };
    for legend in [Legend::Below, Legend::Right, Legend::Ends, Legend::Shared] {
        let figure = Figure::new(&long)
            .columns(3)
            .panel(panel().legend(legend))
            .panel(panel())
            .panel(panel());
        let sheet = Sheet::of(&figure);
        let size = sheet
            .text
            .split("viewBox=\"0 0 ")
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap();
        let (w, h) = size.split_once(' ').unwrap();
        let (w, h): (f64, f64) = (w.parse().unwrap(), h.parse().unwrap());
        assert!(h < 2500.0, "{legend:?}: {h}");
        assert!(
            sheet
                .texts()
                .iter()
                .all(|t| t.0 >= 0.0 && t.0 <= w && t.1 >= 0.0 && t.1 <= h),
            "{legend:?}"
        );
        let words = sheet
            .texts()
            .iter()
            .filter(|t| t.2.contains("everything"))
            .count();
        assert!(words >= 3, "{legend:?}");
    }
}

#[test]
fn a_picture_that_is_too_large_is_refused() {
    let error = Figure::new("")
        .panel(panel(1, Legend::None))
        .png_at(1e6)
        .unwrap_err();
    assert!(
        error.to_string().contains("ask for fewer dots per inch"),
        "{error}"
    );
    assert!(
        Figure::new("")
            .panel(panel(1, Legend::None))
            .png_at(f64::NAN)
            .is_err()
    );
    assert!(
        Figure::new("")
            .panel(panel(1, Legend::None))
            .png_at(-3.0)
            .is_err()
    );
}

#[test]
fn a_png_has_its_labels() {
    let blank = Panel::new(Axis::new("").range(0.0, 1.0), Axis::new("").range(0.0, 1.0))
        .layer(curve(0).label(""));
    let labelled = |text: &str| {
        Figure::new("")
            .panel(Panel {
                x: Axis::new(text),
                ..blank.clone()
            })
            .png()
            .unwrap()
    };
    assert_ne!(labelled("aaaa"), labelled("bbbb"), "letters are drawn");
    assert_ne!(labelled("‖∇ℓ‖"), labelled("⟨∇ℓ⟩"), "and signs");
    assert_eq!(
        labelled("日本"),
        labelled("中文"),
        "a character that no font has is a box"
    );
}
