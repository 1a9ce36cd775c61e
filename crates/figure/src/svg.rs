//! A scene as SVG. Places have two decimals, texts are texts in a family whose metrics are those of the layout.

use crate::figure::Medium;
use crate::font::Face;
use crate::palette::{Colour, Dash, PAPER};
use crate::scene::{Anchor, Item, Path, Scene, Spot, Stroke, Text};
use std::fmt::Write;

/// Liberation Sans, Arial and Helvetica have the advances of the font that the layout was computed with.
const FAMILY: &str = "Helvetica, Arial, 'Liberation Sans', sans-serif";

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
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{}\" height=\"{}\" viewBox=\"0 0 {w} {h}\" role=\"img\" \
         font-family=\"{FAMILY}\" style=\"font-kerning:none\">\n<title>{title}</title>\n\
         <rect width=\"{w}\" height=\"{h}\" fill=\"{}\"/>\n",
        size.0,
        size.1,
        PAPER.hex()
    );
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
    let place = if text.upwards {
        format!(
            "transform=\"translate({} {}) rotate(-90)\"",
            number(text.at.0),
            number(text.at.1)
        )
    } else {
        format!("x=\"{}\" y=\"{}\"", number(text.at.0), number(text.at.1))
    };
    let anchor = match text.anchor {
        Anchor::Start => "",
        Anchor::Middle => " text-anchor=\"middle\"",
        Anchor::End => " text-anchor=\"end\"",
    };
    let paint = if edge {
        format!(
            " fill=\"none\" stroke=\"{}\" stroke-width=\"{}\" stroke-linejoin=\"round\" aria-hidden=\"true\"",
            PAPER.hex(),
            number(EDGE * text.size)
        )
    } else {
        format!(" fill=\"{}\"", text.colour.hex())
    };
    let _ = write!(
        out,
        "<text {place}{anchor} font-size=\"{}\"{paint}>",
        number(text.size)
    );
    let mut rise = 0.0;
    for run in &text.runs {
        let shift = (rise - run.rise()) * text.size;
        rise = run.rise();
        let mut attributes = String::new();
        if shift != 0.0 {
            let _ = write!(attributes, " dy=\"{}\"", number(shift));
        }
        if run.level != 0 {
            let _ = write!(
                attributes,
                " font-size=\"{}\"",
                number(run.scale() * text.size)
            );
        }
        match run.face {
            Face::Regular => {}
            Face::Bold => attributes.push_str(" font-weight=\"bold\""),
            Face::Italic => attributes.push_str(" font-style=\"italic\""),
        }
        let letters = escaped(&run.text);
        let _ = if attributes.is_empty() {
            write!(out, "{letters}")
        } else {
            write!(out, "<tspan{attributes}>{letters}</tspan>")
        };
    }
    let _ = writeln!(out, "</text>");
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
