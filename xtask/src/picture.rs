//! The picture of the README, computed: orbits of w = u·v, and gradient flow of (uv − 1)²/2 from
//! five starts, each on the level of its charge (u² − v²)/2.

use crate::Outcome;
use crate::generate::Derived;
use crate::repository::Repository;
use std::fmt::Write;

/// Pixels per unit, and the origin.
const SCALE: f64 = 170.0;
const LEFT: f64 = 30.0;
const BOTTOM: f64 = 390.0;
const SIDE: f64 = 2.1;

/// Writes `docs/orbits.svg`.
pub fn orbits(repository: &Repository) -> Outcome<Vec<Derived>> {
    Ok(vec![Derived {
        path: repository.root.join("docs/orbits.svg"),
        text: drawing(),
    }])
}

fn x(u: f64) -> f64 {
    LEFT + SCALE * u
}

fn y(v: f64) -> f64 {
    BOTTOM - SCALE * v
}

fn path(points: &[(f64, f64)]) -> String {
    let mut d = String::new();
    for (k, (u, v)) in points.iter().enumerate() {
        let _ = write!(
            d,
            "{}{:.1} {:.1} ",
            if k == 0 { "M" } else { "L" },
            x(*u),
            y(*v)
        );
    }
    d.trim_end().to_owned()
}

/// The orbit uv = w inside the frame.
fn orbit(w: f64) -> Vec<(f64, f64)> {
    (0..=80)
        .map(|k| (w / SIDE).ln() + (SIDE / (w / SIDE)).ln() * f64::from(k) / 80.0)
        .map(|t| (t.exp(), w / t.exp()))
        .collect()
}

/// Gradient flow by the classical Runge–Kutta scheme.
fn flow(mut u: f64, mut v: f64) -> Vec<(f64, f64)> {
    let slope = |u: f64, v: f64| (-(u * v - 1.0) * v, -(u * v - 1.0) * u);
    let h = 0.02;
    let mut points = vec![(u, v)];
    for _ in 0..400 {
        let a = slope(u, v);
        let b = slope(u + h / 2.0 * a.0, v + h / 2.0 * a.1);
        let c = slope(u + h / 2.0 * b.0, v + h / 2.0 * b.1);
        let d = slope(u + h * c.0, v + h * c.1);
        u += h / 6.0 * (a.0 + 2.0 * b.0 + 2.0 * c.0 + d.0);
        v += h / 6.0 * (a.1 + 2.0 * b.1 + 2.0 * c.1 + d.1);
        points.push((u, v));
    }
    points
}

fn drawing() -> String {
    let width = x(SIDE) + 215.0;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} 420\" font-family=\"sans-serif\" font-size=\"14\">\n\
         <title>Orbits of w = uv and gradient flow</title>\n<g fill=\"none\" stroke=\"#888\">\n"
    );
    let _ = writeln!(
        svg,
        "<path d=\"M{:.1} {:.1} L{:.1} {:.1} L{:.1} {:.1}\"/>",
        x(0.0),
        y(SIDE),
        x(0.0),
        y(0.0),
        x(SIDE),
        y(0.0)
    );
    for w in [0.25, 0.5, 1.5, 2.0] {
        let _ = writeln!(
            svg,
            "<path d=\"{}\" stroke-dasharray=\"3 4\"/>",
            path(&orbit(w))
        );
    }
    let _ = writeln!(
        svg,
        "<path d=\"{}\" stroke-width=\"3\"/>",
        path(&orbit(1.0))
    );
    svg.push_str("</g>\n<g fill=\"none\" stroke=\"#1f77b4\" stroke-width=\"2\">\n");
    let starts = [
        (0.15, 1.3),
        (0.2, 0.75),
        (0.4, 0.4),
        (1.0, 0.1),
        (1.9, 0.15),
    ];
    for (u, v) in starts {
        let _ = writeln!(svg, "<path d=\"{}\"/>", path(&flow(u, v)));
    }
    svg.push_str("</g>\n<g fill=\"#1f77b4\">\n");
    for (u, v) in starts {
        let _ = writeln!(
            svg,
            "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"4\"/>",
            x(u),
            y(v)
        );
    }
    let _ = writeln!(
        svg,
        "</g>\n<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"5\" fill=\"#d62728\"/>",
        x(1.0),
        y(1.0)
    );
    svg.push_str("<g fill=\"#888\">\n");
    for (text, u, v) in [("u", SIDE - 0.05, -0.1), ("v", -0.12, SIDE - 0.1)] {
        let _ = writeln!(
            svg,
            "<text x=\"{:.1}\" y=\"{:.1}\">{text}</text>",
            x(u),
            y(v)
        );
    }
    let notes = [
        "grey: orbits uv = w,",
        "one function each;",
        "bold: the minima uv = 1",
        "",
        "blue: gradient flow, which",
        "keeps (u² − v²)/2: a start",
        "decides where it ends",
        "",
        "red: the balanced point,",
        "of least norm: decay",
    ];
    for (k, note) in notes.iter().enumerate() {
        let _ = writeln!(
            svg,
            "<text x=\"{:.1}\" y=\"{:.1}\">{note}</text>",
            x(SIDE) + 12.0,
            90.0 + 22.0 * k as f64
        );
    }
    svg.push_str("</g>\n</svg>\n");
    svg
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flow_keeps_the_charge_and_reaches_the_minimum() {
        let points = flow(0.2, 0.75);
        let charge = |p: &(f64, f64)| p.0 * p.0 - p.1 * p.1;
        let (first, last) = (points[0], points[points.len() - 1]);
        assert!((charge(&first) - charge(&last)).abs() < 1e-8);
        assert!((last.0 * last.1 - 1.0).abs() < 1e-3);
    }
}
