//! The spellings of a matrix: a parameter, a product, tied to an earlier one, a slice, a flat axis, normed, powered.

use super::Draft;

impl Draft {
    /// A matrix over the letters `o`, `c`, as an expression whose factors they are indices of.
    pub(super) fn matrix(&mut self, o: &str, c: &str) -> String {
        let (rows, columns) = (self.length(o), self.length(c));
        match self.below(16) {
            0 => match self.tied(o, c) {
                Some(text) => text,
                None => self.parameter("W", &[o, c]),
            },
            1 => {
                let r = self.axis();
                format!(
                    "{}*{}",
                    self.parameter("P", &[o, &r]),
                    self.parameter("Q", &[&r, c])
                )
            }
            2 => {
                let offset = self.below(3);
                let long = self.letter(rows + offset);
                format!(
                    "{}[{o}+{offset},{c}]",
                    self.declared("S", &[&long, c], false)
                )
            }
            3 => {
                let flat = self.letter(rows * columns);
                format!("{}[{columns}*{o}+{c}]", self.declared("F", &[&flat], false))
            }
            4 => {
                let pair = self.letter(2);
                let (name, sign) = (
                    self.declared("T", &[&pair, o, c], false),
                    self.pick(&["+", "-"]),
                );
                format!("({name}[0,{o},{c}] {sign} {name}[1,{o},{c}])")
            }
            5 => format!(
                "{}*normalize[{c}]({})",
                self.parameter("g", &[o]),
                self.parameter("W", &[o, c])
            ),
            6 => format!(
                "{}*{}*{}",
                self.parameter("u", &[o]),
                self.parameter("v", &[c]),
                self.parameter("W", &[o, c])
            ),
            7 => {
                let copies = self.letter(2);
                format!("mean[{copies}]({})", self.parameter("M", &[&copies, o, c]))
            }
            8 => self.around_a_constant(o, c),
            9 => {
                let sign = self.pick(&["+", "-"]);
                format!(
                    "({} {sign} {})",
                    self.parameter("W", &[o, c]),
                    self.parameter("W", &[o, c])
                )
            }
            10 => {
                let power = 2 + self.below(2);
                format!("{}^{power}", self.parameter("W", &[o, c]))
            }
            _ => self.parameter("W", &[o, c]),
        }
    }

    fn around_a_constant(&mut self, o: &str, c: &str) -> String {
        let (r, q) = (self.axis(), self.axis());
        let middle = self.name("K");
        let seed = self.below(100);
        self.constants.push(format!(
            "{middle} = {{ axes = [\"{r}\", \"{q}\"], law = \"normal\", seed = {seed} }}"
        ));
        format!(
            "{}*{middle}[{r},{q}]*{}",
            self.parameter("P", &[o, &r]),
            self.parameter("Q", &[&q, c])
        )
    }

    /// An earlier matrix of the same sizes, or its transpose, read by these letters.
    fn tied(&self, o: &str, c: &str) -> Option<String> {
        let sizes = (self.length(o), self.length(c));
        let read = |letter: &str, axis: &str| match letter == axis {
            true => letter.to_owned(),
            // The same values on another axis: an index expression.
            false => format!("{letter}+0"),
        };
        self.parameters
            .iter()
            .filter(|(_, axes, complex)| axes.len() == 2 && !complex)
            .find_map(|(name, axes, _)| {
                let own = (self.length(&axes[0]), self.length(&axes[1]));
                if own == sizes {
                    Some(format!(
                        "{name}[{},{}]",
                        read(o, &axes[0]),
                        read(c, &axes[1])
                    ))
                } else if own == (sizes.1, sizes.0) {
                    Some(format!(
                        "{name}[{},{}]",
                        read(c, &axes[0]),
                        read(o, &axes[1])
                    ))
                } else {
                    None
                }
            })
    }
}
