//! What all figures share: a sheet with panels, axes with labels, curves clipped to their panel,
//! arrows, and legends that stand below and never on a curve.
//!
//! Colours are those of Okabe and Ito, which the colour-blind tell apart; every series has a dash
//! pattern too, so that a figure can be read in grey.

pub use super::axis::Axis;
use std::fmt::Write;

/// A line: colour, width, dashes.
#[derive(Clone, Copy, Debug)]
pub struct Pen {
    /// Colour.
    pub colour: &'static str,
    /// Width in pixels.
    pub width: f64,
    /// SVG dash pattern; empty for a solid line.
    pub dash: &'static str,
}

/// Ink of text and frames.
pub const INK: &str = "#333333";
/// What stands behind: orbits, guides.
pub const PALE: &str = "#9a9a9a";
/// The colours of series.
pub const BLUE: &str = "#0072b2";
/// Second colour.
pub const RED: &str = "#d55e00";
/// Third colour.
pub const GREEN: &str = "#009e73";
/// Fourth colour.
pub const PURPLE: &str = "#aa4499";

/// A pen.
pub const fn pen(colour: &'static str, width: f64, dash: &'static str) -> Pen {
    Pen {
        colour,
        width,
        dash,
    }
}

/// The pens of series, in order: each has its colour and its dashes.
pub const SERIES: [Pen; 5] = [
    pen(BLUE, 2.2, ""),
    pen(RED, 2.2, "8 4"),
    pen(GREEN, 2.2, "2.5 3"),
    pen(PURPLE, 2.2, "10 3 2 3"),
    pen(INK, 1.8, "5 3"),
];

/// Lines that stand behind the series.
pub const GUIDE: Pen = pen(PALE, 1.1, "3 4");

/// A rectangle with axes.
pub struct Panel {
    left: f64,
    top: f64,
    width: f64,
    height: f64,
    x: Axis,
    y: Axis,
    number: usize,
}

impl Panel {
    /// Whether a point is inside the axes.
    fn holds(&self, (x, y): (f64, f64)) -> bool {
        let inside = |share: f64| (0.0..=1.0).contains(&share);
        inside(self.x.share(x)) && inside(self.y.share(y))
    }

    /// Pixels of a point.
    pub fn at(&self, (x, y): (f64, f64)) -> (f64, f64) {
        // Far outside the panel the place does not matter, and large numbers are not drawn well.
        let place = |share: f64| share.clamp(-2.0, 3.0);
        (
            self.left + self.width * place(self.x.share(x)),
            self.top + self.height * (1.0 - place(self.y.share(y))),
        )
    }
}

/// What a row of a legend shows before its text.
pub enum Key {
    /// A line.
    Line(Pen),
    /// A filled circle.
    Dot(&'static str),
    /// An open circle.
    Ring(&'static str),
    /// An arrow.
    Arrow(&'static str),
}

/// A figure.
pub struct Sheet {
    body: String,
    panels: usize,
}

impl Sheet {
    /// An empty sheet of this size on white.
    pub fn new(title: &str, width: u32, height: u32) -> Sheet {
        Sheet {
            body: format!(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
                 font-family=\"Helvetica, Arial, sans-serif\" font-size=\"13\">\n\
                 <title>{}</title>\n<rect width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>\n",
                escaped(title)
            ),
            panels: 0,
        }
    }

    /// Draws a panel: frame, ticks, labels, and a title above it. The place is left, top, width,
    /// height, without the room for labels: 52 to the left, 46 below, 24 above.
    pub fn panel(&mut self, place: [f64; 4], title: &str, x: Axis, y: Axis) -> Panel {
        let [left, top, width, height] = place;
        self.panels += 1;
        let panel = Panel {
            left,
            top,
            width,
            height,
            x,
            y,
            number: self.panels,
        };
        let (right, bottom) = (left + width, top + height);
        let _ = writeln!(
            self.body,
            "<clipPath id=\"p{}\"><rect x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"{height}\"/></clipPath>",
            panel.number
        );
        let mut ticks = String::new();
        let mut texts = String::new();
        for (value, text) in &panel.x.ticks {
            let x = left + width * panel.x.share(*value);
            let _ = write!(ticks, "M{x:.1} {bottom}v5");
            let _ = writeln!(
                texts,
                "<text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{text}</text>",
                bottom + 19.0
            );
        }
        for (value, text) in &panel.y.ticks {
            let y = bottom - height * panel.y.share(*value);
            let _ = write!(ticks, "M{left} {y:.1}h-5");
            let _ = writeln!(
                texts,
                "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{text}</text>",
                left - 8.0,
                y + 4.5
            );
        }
        let wide = panel.y.ticks.iter().any(|t| t.1.chars().count() > 4);
        let _ = writeln!(
            self.body,
            "<path d=\"M{left} {top}V{bottom}H{right}{ticks}\" fill=\"none\" stroke=\"{INK}\"/>\n\
             <g fill=\"{INK}\">\n{texts}\
             <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>\n\
             <text transform=\"translate({:.1} {:.1}) rotate(-90)\" text-anchor=\"middle\">{}</text>\n\
             <text x=\"{left}\" y=\"{:.1}\" font-weight=\"bold\">{}</text>\n</g>",
            left + width / 2.0,
            bottom + 38.0,
            escaped(panel.x.label),
            left - if wide { 54.0 } else { 40.0 },
            top + height / 2.0,
            escaped(panel.y.label),
            top - 10.0,
            escaped(title)
        );
        panel
    }

    /// A curve through points; what leaves the panel is cut off, and what is no number is a gap.
    pub fn curve(&mut self, panel: &Panel, pen: Pen, points: &[(f64, f64)]) {
        let mut d = String::new();
        let mut down = false;
        for point in points {
            if !(point.0.is_finite() && point.1.is_finite()) {
                down = false;
                continue;
            }
            let (x, y) = panel.at(*point);
            let _ = write!(d, "{}{x:.1} {y:.1}", if down { "L" } else { "M" });
            down = true;
        }
        let dash = if pen.dash.is_empty() {
            String::new()
        } else {
            format!(" stroke-dasharray=\"{}\"", pen.dash)
        };
        let _ = writeln!(
            self.body,
            "<path clip-path=\"url(#p{})\" d=\"{d}\" fill=\"none\" stroke=\"{}\" stroke-width=\"{}\"{dash} stroke-linejoin=\"round\"/>",
            panel.number, pen.colour, pen.width
        );
    }

    /// A filled circle; none outside the panel.
    pub fn dot(&mut self, panel: &Panel, colour: &str, point: (f64, f64)) {
        if !panel.holds(point) {
            return;
        }
        let (x, y) = panel.at(point);
        self.circle(x, y, 4.5, colour, colour);
    }

    /// An open circle; none outside the panel.
    pub fn ring(&mut self, panel: &Panel, colour: &str, point: (f64, f64)) {
        if !panel.holds(point) {
            return;
        }
        let (x, y) = panel.at(point);
        self.circle(x, y, 4.5, "#ffffff", colour);
    }

    fn circle(&mut self, x: f64, y: f64, r: f64, fill: &str, stroke: &str) {
        let _ = writeln!(
            self.body,
            "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{r}\" fill=\"{fill}\" stroke=\"{stroke}\" stroke-width=\"1.8\"/>"
        );
    }

    /// An arrow between two points of a panel.
    pub fn arrow(&mut self, panel: &Panel, colour: &str, from: (f64, f64), to: (f64, f64)) {
        self.pointer(panel.at(from), panel.at(to), colour, true);
    }

    /// The head of an arrow alone, on a curve that goes from one point to the other.
    pub fn head(&mut self, panel: &Panel, colour: &str, from: (f64, f64), to: (f64, f64)) {
        self.pointer(panel.at(from), panel.at(to), colour, false);
    }

    fn pointer(&mut self, from: (f64, f64), to: (f64, f64), colour: &str, shaft: bool) {
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let length = dx.hypot(dy).max(1e-9);
        let (ex, ey) = (dx / length, dy / length);
        let back = (to.0 - 9.0 * ex, to.1 - 9.0 * ey);
        if shaft {
            let _ = writeln!(
                self.body,
                "<path d=\"M{:.1} {:.1}L{:.1} {:.1}\" stroke=\"{colour}\" stroke-width=\"2.2\"/>",
                from.0, from.1, back.0, back.1
            );
        }
        let _ = writeln!(
            self.body,
            "<path d=\"M{:.1} {:.1}L{:.1} {:.1}L{:.1} {:.1}Z\" fill=\"{colour}\"/>",
            to.0,
            to.1,
            back.0 - 4.5 * ey,
            back.1 + 4.5 * ex,
            back.0 + 4.5 * ey,
            back.1 - 4.5 * ex
        );
    }

    /// A text at a point of a panel, moved by pixels, with a white edge that keeps it readable on
    /// lines.
    pub fn label(&mut self, panel: &Panel, point: (f64, f64), shift: (f64, f64), text: &str) {
        let (x, y) = panel.at(point);
        let (x, y) = (x + shift.0, y + shift.1);
        let _ = writeln!(
            self.body,
            "<text x=\"{x:.1}\" y=\"{y:.1}\" fill=\"none\" stroke=\"#ffffff\" stroke-width=\"4\">{}</text>",
            escaped(text)
        );
        self.text((x, y), text);
    }

    /// A text at a place of the sheet.
    pub fn text(&mut self, (x, y): (f64, f64), text: &str) {
        let _ = writeln!(
            self.body,
            "<text x=\"{x:.1}\" y=\"{y:.1}\" fill=\"{INK}\">{}</text>",
            escaped(text)
        );
    }

    /// Rows of a legend from a place of the sheet downwards, 20 apart.
    pub fn legend(&mut self, (left, top): (f64, f64), rows: &[(Key, &str)]) {
        for (k, (key, text)) in rows.iter().enumerate() {
            let y = top + 20.0 * k as f64;
            match key {
                Key::Line(pen) => {
                    let _ = writeln!(
                        self.body,
                        "<path d=\"M{left:.1} {y:.1}h30\" stroke=\"{}\" stroke-width=\"{}\" stroke-dasharray=\"{}\"/>",
                        pen.colour,
                        pen.width,
                        if pen.dash.is_empty() {
                            "none"
                        } else {
                            pen.dash
                        }
                    );
                }
                Key::Dot(colour) => self.circle(left + 15.0, y, 4.5, colour, colour),
                Key::Ring(colour) => self.circle(left + 15.0, y, 4.5, "#ffffff", colour),
                Key::Arrow(colour) => self.pointer((left + 2.0, y), (left + 28.0, y), colour, true),
            }
            self.text((left + 38.0, y + 4.5), text);
        }
    }

    /// The SVG text.
    pub fn finish(mut self) -> String {
        self.body.push_str("</svg>\n");
        self.body
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

/// `count + 1` points of a function between two ends.
pub fn graph(low: f64, high: f64, count: u32, f: impl Fn(f64) -> f64) -> Vec<(f64, f64)> {
    (0..=count)
        .map(|k| low + (high - low) * f64::from(k) / f64::from(count))
        .map(|x| (x, f(x)))
        .collect()
}

/// `count + 1` points of a function between two ends, each a constant factor from the next.
pub fn log_graph(low: f64, high: f64, count: u32, f: impl Fn(f64) -> f64) -> Vec<(f64, f64)> {
    graph(low.ln(), high.ln(), count, |t| t)
        .into_iter()
        .map(|(t, _)| (t.exp(), f(t.exp())))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_go_to_their_pixels_and_gaps_stay_gaps() {
        let mut sheet = Sheet::new("a < b", 100, 100);
        let axis = || Axis::linear("x", -1.0, 1.0, 0.5);
        let panel = sheet.panel([10.0, 20.0, 50.0, 40.0], "t", axis(), axis());
        assert_eq!(panel.at((-1.0, -1.0)), (10.0, 60.0));
        assert_eq!(panel.at((1.0, 1.0)), (60.0, 20.0));
        sheet.curve(
            &panel,
            SERIES[1],
            &[(0.0, 0.0), (f64::NAN, 0.0), (1.0, 1.0)],
        );
        let text = sheet.finish();
        assert!(text.contains("d=\"M35.0 40.0M60.0 20.0\""));
        assert!(text.contains("a &lt; b") && text.contains(">−0.5<"));
    }
}
