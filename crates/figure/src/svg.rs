//! A scene as SVG. Places have two decimals. Letters are outlines of our own fonts, each drawn once and used where it stands, so that
//! labels look the same on every machine; what a text says is its label, for readers and searches.

use crate::figure::Medium;
use crate::font::{Face, Pen, advance, outline as glyph};
use crate::palette::{Colour, Dash, PAPER};
use crate::scene::{Anchor, Item, Path, Scene, Spot, Stroke, Text};
use crate::text::width;
use std::collections::BTreeMap;
use std::fmt::Write;

/// Units of a glyph to the size of its text.
const UNITS: f64 = 1000.0;

pub fn write(scene: &Scene, medium: Medium) -> String {
    let (w, h) = (number(scene.width), number(scene.height));
    let size = match medium {
        Medium::Print => (
            format!("{}mm", number(scene.width / 72.0 * 25.4)),
            format!("{}mm", number(scene.height / 72.0 * 25.4)),
        ),
        Medium::Screen => (number(scene.width * 1.6), number(scene.height * 1.6)),
    };
    let title = escaped(&scene.title);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{}\" height=\"{}\" viewBox=\"0 0 {w} {h}\" role=\"img\">\n<title>{title}</title>\n\
         <rect width=\"{w}\" height=\"{h}\" fill=\"{}\"/>\n",
        size.0,
        size.1,
        PAPER.hex()
    );
    out.push_str(&glyphs(scene));
    for item in &scene.items {
        element(&mut out, item);
    }
    out.push_str("</svg>\n");
    out
}

fn element(out: &mut String, item: &Item) {
    let _ = match item {
        Item::Open(class) => writeln!(out, "<g class=\"{class}\">"),
        Item::Close => writeln!(out, "</g>"),
        Item::Path(path) => writeln!(
            out,
            "<path d=\"{}\"{}{}/>",
            outline(path),
            filled(path.fill),
            stroked(path.stroke)
        ),
        Item::Circle {
            at,
            radius,
            fill,
            stroke,
        } => writeln!(
            out,
            "<circle cx=\"{}\" cy=\"{}\" r=\"{}\"{}{}/>",
            number(at.0),
            number(at.1),
            number(*radius),
            filled(fill.map(|colour| (colour, 1.0))),
            stroked(*stroke)
        ),
        Item::Text(text) => {
            if text.edged {
                text_element(out, text, true);
            }
            text_element(out, text, false);
            Ok(())
        }
    };
}

fn outline(path: &Path) -> String {
    let mut d = String::new();
    for line in &path.lines {
        let mut last: Option<Spot> = None;
        for spot in line {
            let command = if last.is_none() { 'M' } else { 'L' };
            let _ = write!(d, "{command}{} {}", number(spot.0), number(spot.1));
            last = Some(*spot);
        }
        if path.closed {
            d.push('Z');
        }
    }
    d
}

fn filled(fill: Option<(Colour, f64)>) -> String {
    match fill {
        None => " fill=\"none\"".to_owned(),
        Some((colour, 1.0)) => format!(" fill=\"{}\"", colour.hex()),
        Some((colour, opacity)) => format!(
            " fill=\"{}\" fill-opacity=\"{}\"",
            colour.hex(),
            number(opacity)
        ),
    }
}

fn stroked(stroke: Option<Stroke>) -> String {
    let Some(stroke) = stroke else {
        return String::new();
    };
    let Stroke {
        colour,
        width,
        dash,
        ..
    } = stroke;
    let dashes: Vec<String> = dash
        .pattern()
        .iter()
        .map(|part| number(part * width))
        .collect();
    let dashes = match dash {
        Dash::Solid => " stroke-linejoin=\"round\"".to_owned(),
        _ => format!(
            " stroke-linejoin=\"round\" stroke-dasharray=\"{}\"",
            dashes.join(" ")
        ),
    };
    format!(
        " stroke=\"{}\" stroke-width=\"{}\"{dashes}",
        colour.hex(),
        number(stroke.drawn())
    )
}

fn text_element(out: &mut String, text: &Text, edge: bool) {
    let place = format!(
        "translate({} {}){}",
        number(text.at.0),
        number(text.at.1),
        if text.upwards { " rotate(-90)" } else { "" }
    );
    let paint = if edge {
        format!(
            " fill=\"none\" stroke=\"{}\" stroke-linejoin=\"round\" aria-hidden=\"true\"",
            PAPER.hex(),
        )
    } else {
        let said: String = text.runs.iter().map(|r| r.text.as_str()).collect();
        format!(
            " fill=\"{}\" role=\"img\" aria-label=\"{}\"",
            text.colour.hex(),
            escaped(&said)
        )
    };
    let _ = write!(out, "<g transform=\"{place}\"{paint}>");
    let mut along = match text.anchor {
        Anchor::Start => 0.0,
        Anchor::Middle => -width(&text.runs) * text.size / 2.0,
        Anchor::End => -width(&text.runs) * text.size,
    };
    for run in &text.runs {
        let size = text.size * run.scale();
        let edged = match edge {
            true => format!(
                " stroke-width=\"{}\"",
                number(EDGE * text.size / size * UNITS)
            ),
            false => String::new(),
        };
        let _ = write!(
            out,
            "<g transform=\"translate({} {}) scale({:.5})\"{edged}>",
            number(along),
            number(-run.rise() * text.size),
            size / UNITS
        );
        let mut pen = 0.0;
        for c in run.text.chars() {
            if c != ' ' {
                let at = number((pen * UNITS).round());
                let _ = write!(out, "<use href=\"#{}\" x=\"{at}\"/>", name(run.face, c));
            }
            pen += advance(run.face, c);
        }
        along += pen * size;
        out.push_str("</g>");
    }
    out.push_str("</g>\n");
}

/// What a glyph is called: its face and character.
fn name(face: Face, c: char) -> String {
    let face = match face {
        Face::Regular => 'r',
        Face::Bold => 'b',
        Face::Italic => 'i',
    };
    format!("{face}{:x}", u32::from(c))
}

/// The outlines of all letters of a scene, in [`UNITS`], y downwards.
fn glyphs(scene: &Scene) -> String {
    let mut all = BTreeMap::new();
    for item in &scene.items {
        let Item::Text(text) = item else { continue };
        for run in &text.runs {
            for c in run.text.chars().filter(|c| *c != ' ') {
                all.entry(name(run.face, c)).or_insert_with(|| {
                    let mut drawn = Drawn::default();
                    glyph(run.face, c, &mut drawn);
                    drawn.0
                });
            }
        }
    }
    let mut out = String::from("<defs>\n");
    for (name, d) in all {
        let _ = writeln!(out, "<path id=\"{name}\" d=\"{d}\"/>");
    }
    out + "</defs>\n"
}

/// An outline as the data of a path.
#[derive(Default)]
struct Drawn(String);

impl Drawn {
    fn to(&mut self, command: char, spots: &[(f32, f32)]) {
        self.0.push(command);
        for (k, (x, y)) in spots.iter().enumerate() {
            let units = |x: f32| (f64::from(x) * UNITS).round();
            let gap = if k == 0 { "" } else { " " };
            // −0 is 0.
            let _ = write!(self.0, "{gap}{} {}", units(*x), 0.0 - units(*y));
        }
    }
}

impl Pen for Drawn {
    fn start(&mut self, x: f32, y: f32) {
        self.to('M', &[(x, y)]);
    }
    fn line(&mut self, x: f32, y: f32) {
        self.to('L', &[(x, y)]);
    }
    fn bend(&mut self, over: (f32, f32), x: f32, y: f32) {
        self.to('Q', &[over, (x, y)]);
    }
    fn close(&mut self) {
        self.0.push('Z');
    }
}

/// Width of the white edge of a text, in its size.
pub const EDGE: f64 = 0.35;

/// Two decimals, without trailing zeros.
fn number(value: f64) -> String {
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" {
        "0".to_owned()
    } else {
        text.to_owned()
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_have_one_zero() {
        assert_eq!(number(-0.001), "0");
        assert_eq!(number(10.0), "10");
        assert_eq!(number(1.005_9), "1.01");
        assert_eq!(escaped("a<b & c>d"), "a&lt;b &amp; c&gt;d");
    }
}
