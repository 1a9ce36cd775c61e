//! Names of tensors, indices and sums, in ASCII and in LaTeX.

/// How a formula is spelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Script {
    /// ASCII.
    Plain,
    /// LaTeX without delimiters.
    Latex,
}

/// `sum_{a,b} ` over the given letters; nothing for none.
#[must_use]
pub fn total(letters: &[String], script: Script) -> String {
    match (letters, script) {
        ([], _) => String::new(),
        ([one], Script::Plain) if !one.contains(':') => format!("sum_{one} "),
        (_, Script::Plain) => format!("sum_{{{}}} ", letters.join(",")),
        (_, Script::Latex) => format!("\\sum_{{{}}} ", letters.join(",").replace("//", "/")),
    }
}

/// `W[h,d]`, `W_{h,d}`.
#[must_use]
pub fn indexed(name: &str, indices: &[String], script: Script) -> String {
    match (indices.is_empty(), script) {
        (true, _) => name.to_owned(),
        (false, Script::Plain) => format!("{name}[{}]", indices.join(",")),
        (false, Script::Latex) => format!("{name}_{{{}}}", indices.join(",")),
    }
}

/// A tensor's name; in LaTeX upright where it has more than one character.
#[must_use]
pub fn spelled_tensor(name: &str, script: Script) -> String {
    match script {
        Script::Plain => name.to_owned(),
        Script::Latex if name.chars().count() == 1 => name.to_owned(),
        Script::Latex => format!("\\mathrm{{{}}}", name.replace('_', "\\_")),
    }
}

/// A coefficient: integers without a point.
#[must_use]
pub fn number(x: f64) -> String {
    if x.fract() == 0.0 {
        format!("{x:.0}")
    } else {
        format!("{x}")
    }
}
