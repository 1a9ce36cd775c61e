//! Reads an SVG of ours back.

use symbias_figure::Figure;

/// An SVG.
pub struct Sheet {
    /// Its text.
    pub text: String,
}

impl Sheet {
    /// The SVG of a figure.
    pub fn of(figure: &Figure) -> Sheet {
        Sheet { text: figure.svg() }
    }

    /// What groups of a class hold.
    pub fn class(&self, class: &str) -> String {
        let open = format!("<g class=\"{class}\">");
        let parts = self.text.split(&open).skip(1);
        parts
            .map(|part| part.split("</g>").next().unwrap_or_default())
            .collect()
    }

    /// How often a piece of text is in groups of a class.
    pub fn count(&self, class: &str, piece: &str) -> usize {
        self.class(class).matches(piece).count()
    }

    /// The polylines of all paths of a class.
    pub fn spots(&self, class: &str) -> Vec<Vec<(f64, f64)>> {
        let group = self.class(class);
        let paths = group
            .split(" d=\"")
            .skip(1)
            .map(|rest| rest.split('"').next().unwrap());
        let lines = paths.flat_map(|d| d.split('M').skip(1));
        lines
            .map(|line| {
                let spots = line.trim_end_matches('Z').split('L');
                spots
                    .map(|spot| {
                        let (x, y) = spot.split_once(' ').expect("two numbers");
                        (x.parse().expect("a number"), y.parse().expect("a number"))
                    })
                    .collect()
            })
            .collect()
    }

    /// Left, top, right, bottom of the plot of the first panel.
    pub fn frame(&self) -> [f64; 4] {
        let corners = &self.spots("frame")[0];
        [corners[0].0, corners[0].1, corners[2].0, corners[2].1]
    }

    /// All texts with their places, not counting their white edges: x, y, size, anchor, plain text.
    pub fn texts(&self) -> Vec<(f64, f64, String)> {
        let elements = self
            .text
            .split("<text ")
            .skip(1)
            .filter(|e| !e.contains("aria-hidden"));
        elements
            .filter(|element| element.starts_with("x="))
            .map(|element| {
                let field = |name: &str| -> f64 {
                    let rest = element.split(&format!("{name}=\"")).nth(1).unwrap();
                    rest.split('"').next().unwrap().parse().unwrap()
                };
                let body = element
                    .split_once('>')
                    .unwrap()
                    .1
                    .split("</text>")
                    .next()
                    .unwrap();
                let mut plain = String::new();
                let mut tag = false;
                for c in body.chars() {
                    match c {
                        '<' => tag = true,
                        '>' => tag = false,
                        c if !tag => plain.push(c),
                        _ => {}
                    }
                }
                (field("x"), field(" y"), plain)
            })
            .collect()
    }
}
