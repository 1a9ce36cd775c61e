//! Orbits of w = uv, gradient flow of (uv − 1)²/2 from five starts, each on the level of its
//! charge (u² − v²)/2, and the balanced point that weight decay selects.

use super::draw::{Axis, BLUE, GUIDE, INK, Key, RED, Sheet, pen};
use super::flow::{orbit, path};

const SIDE: f64 = 2.1;

pub fn drawing() -> String {
    let mut sheet = Sheet::new("Orbits of w = uv and gradient flow", 690, 450);
    let axis = |label| Axis::linear(label, 0.0, SIDE, 0.5);
    let panel = sheet.panel([60.0, 34.0, 360.0, 360.0], "w = uv", axis("u"), axis("v"));
    for w in [0.25, 0.5, 1.5, 2.0] {
        sheet.curve(&panel, GUIDE, &orbit(w, SIDE));
    }
    let minima = pen(INK, 3.0, "");
    sheet.curve(&panel, minima, &orbit(1.0, SIDE));
    let flow = pen(BLUE, 2.0, "");
    for start in [
        (0.15, 1.3),
        (0.2, 0.75),
        (0.4, 0.4),
        (1.0, 0.1),
        (1.9, 0.15),
    ] {
        let points = path(start, 0.02, 400);
        sheet.curve(&panel, flow, &points);
        sheet.head(&panel, BLUE, points[20], points[28]);
        sheet.dot(&panel, BLUE, start);
        sheet.ring(&panel, BLUE, points[points.len() - 1]);
    }
    sheet.dot(&panel, RED, (1.0, 1.0));
    let left = 440.0;
    sheet.legend(
        (left, 120.0),
        &[
            (Key::Line(GUIDE), "orbits uv = w: a function each"),
            (Key::Line(minima), "the minima uv = 1"),
            (Key::Line(flow), "gradient flow, which"),
        ],
    );
    sheet.legend(
        (left, 200.0),
        &[
            (Key::Dot(BLUE), "starts"),
            (Key::Ring(BLUE), "ends: where the charge"),
        ],
    );
    sheet.legend((left, 260.0), &[(Key::Dot(RED), "the balanced point, of")]);
    for (y, text) in [
        (180.0, "keeps (u² − v²)/2"),
        (240.0, "of the start leads"),
        (280.0, "least norm: weight decay"),
    ] {
        sheet.text((left + 38.0, y + 4.5), text);
    }
    sheet.finish()
}
