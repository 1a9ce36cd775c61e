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

    /// All texts that run along with their places: x, y, what they say.
    pub fn texts(&self) -> Vec<(f64, f64, String)> {
        let labelled = self.text.lines().filter(|l| l.contains("aria-label"));
        labelled
            .filter_map(|line| {
                let (place, rest) = line
                    .strip_prefix("<g transform=\"translate(")?
                    .split_once(')')?;
                let (x, y) = place.split_once(' ')?;
                // Texts that run upwards are turned.
                let rest = rest.strip_prefix('"')?;
                let said = rest.split_once("aria-label=\"")?.1.split('"').next()?;
                Some((x.parse().ok()?, y.parse().ok()?, said.to_owned()))
            })
            .collect()
    }
}
