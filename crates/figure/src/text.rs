//! Texts with a little mathematics: `$…$` sets letters in italics, `_{…}` lowers, `^{…}` raises, and so do the
//! Unicode subscripts and superscripts, which few fonts have all of.

use crate::font::{Face, advance};

/// Letters of one style.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    pub text: String,
    pub face: Face,
    /// −1 lowered, 0, 1 raised.
    pub level: i8,
}

/// Size of what is raised or lowered.
pub const SCRIPT: f64 = 0.72;

impl Run {
    /// How far above the line, in sizes of the text.
    pub fn rise(&self) -> f64 {
        match self.level {
            0 => 0.0,
            1.. => 0.36,
            _ => -0.19,
        }
    }

    /// Its size relative to the text.
    pub fn scale(&self) -> f64 {
        if self.level == 0 { 1.0 } else { SCRIPT }
    }

    fn width(&self) -> f64 {
        let sum: f64 = self.text.chars().map(|c| advance(self.face, c)).sum();
        sum * self.scale()
    }
}

/// Width of runs in sizes of the text.
pub fn width(runs: &[Run]) -> f64 {
    runs.iter().map(Run::width).sum()
}

/// The runs without their styles.
pub fn plain(text: &str) -> String {
    parse(text, false)
        .iter()
        .map(|run| run.text.as_str())
        .collect()
}

/// Words of several letters that are upright in mathematics.
const UPRIGHT: [&str; 24] = [
    "log", "ln", "exp", "sin", "cos", "tan", "sinh", "cosh", "tanh", "asinh", "arsinh", "det",
    "tr", "rank", "diag", "min", "max", "arg", "sup", "inf", "relu", "sign", "dim", "span",
];

/// Reads a text.
pub fn parse(text: &str, bold: bool) -> Vec<Run> {
    let upright = if bold { Face::Bold } else { Face::Regular };
    let characters: Vec<char> = text.chars().filter(|c| !c.is_control()).collect();
    let mut reader = Reader {
        runs: Vec::new(),
        upright,
        level: 0,
    };
    let mut dollars = characters.iter().filter(|c| **c == '$').count();
    let mut math = false;
    let mut k = 0;
    while k < characters.len() {
        let c = characters[k];
        if c == '$' && (math || dollars >= 2) {
            math = !math;
            dollars -= 1;
            k += 1;
            continue;
        }
        if matches!(c, '_' | '^')
            && let Some((inner, after)) = script(&characters, k + 1, math)
        {
            reader.level = if c == '^' { 1 } else { -1 };
            reader.take(&characters[inner.0..inner.1], math);
            reader.level = 0;
            k = after;
            continue;
        }
        let end = (k + 1..characters.len())
            .find(|e| matches!(characters[*e], '$' | '_' | '^'))
            .unwrap_or(characters.len());
        reader.take(&characters[k..end], math);
        k = end;
    }
    reader.runs
}

/// What is raised or lowered: between braces, or one character in mathematics. Its place and where the rest begins.
fn script(characters: &[char], from: usize, math: bool) -> Option<((usize, usize), usize)> {
    match characters.get(from)? {
        '{' => {
            let length = characters[from..].iter().position(|c| *c == '}')?;
            Some(((from + 1, from + length), from + length + 1))
        }
        '$' => None,
        _ if math => Some(((from, from + 1), from + 1)),
        _ => None,
    }
}

struct Reader {
    runs: Vec<Run>,
    upright: Face,
    level: i8,
}

impl Reader {
    fn take(&mut self, characters: &[char], math: bool) {
        let mut k = 0;
        while k < characters.len() {
            let c = characters[k];
            if math && c.is_alphabetic() && folded(c).is_none() {
                let end = (k..characters.len())
                    .find(|e| !characters[*e].is_alphabetic() || folded(characters[*e]).is_some())
                    .unwrap_or(characters.len());
                let word: String = characters[k..end].iter().collect();
                let face = |c: char| {
                    let capital_greek = ('Α'..='Ω').contains(&c);
                    let doubled = matches!(c, 'ℝ' | 'ℂ' | 'ℤ' | 'ℕ' | 'ℓ');
                    if capital_greek || doubled || UPRIGHT.contains(&word.as_str()) {
                        self.upright
                    } else {
                        Face::Italic
                    }
                };
                let faces: Vec<Face> = word.chars().map(face).collect();
                for (c, face) in word.chars().zip(faces) {
                    self.push(c, face, self.level);
                }
                k = end;
                continue;
            }
            match folded(c) {
                Some((plain, level)) => {
                    let face = if math && plain.is_alphabetic() {
                        Face::Italic
                    } else {
                        self.upright
                    };
                    self.push(plain, face, level);
                }
                None if math && c == '-' => self.push('−', self.upright, self.level),
                None => self.push(c, self.upright, self.level),
            }
            k += 1;
        }
    }

    fn push(&mut self, c: char, face: Face, level: i8) {
        match self.runs.last_mut() {
            Some(run) if run.face == face && run.level == level => run.text.push(c),
            _ => self.runs.push(Run {
                text: c.to_string(),
                face,
                level,
            }),
        }
    }
}

/// The plain character of a Unicode superscript or subscript.
fn folded(c: char) -> Option<(char, i8)> {
    const RAISED: [(char, char); 15] = [
        ('⁰', '0'),
        ('¹', '1'),
        ('²', '2'),
        ('³', '3'),
        ('⁴', '4'),
        ('⁵', '5'),
        ('⁶', '6'),
        ('⁷', '7'),
        ('⁸', '8'),
        ('⁹', '9'),
        ('⁻', '−'),
        ('⁺', '+'),
        ('ⁿ', 'n'),
        ('ᵀ', 'T'),
        ('ᵗ', 't'),
    ];
    const LOWERED: [(char, char); 17] = [
        ('₀', '0'),
        ('₁', '1'),
        ('₂', '2'),
        ('₃', '3'),
        ('₄', '4'),
        ('₅', '5'),
        ('₆', '6'),
        ('₇', '7'),
        ('₈', '8'),
        ('₉', '9'),
        ('₋', '−'),
        ('₊', '+'),
        ('ᵢ', 'i'),
        ('ⱼ', 'j'),
        ('ₖ', 'k'),
        ('ₙ', 'n'),
        ('ₕ', 'h'),
    ];
    let find = |table: &[(char, char)], level| {
        table
            .iter()
            .find(|row| row.0 == c)
            .map(|row| (row.1, level))
    };
    find(&RAISED, 1).or_else(|| find(&LOWERED, -1))
}

/// Lines no wider than `limit` (in sizes of the text), broken at spaces, and inside words only where one alone is too wide.
pub fn wrapped(text: &str, limit: f64) -> Vec<Vec<Run>> {
    let runs = parse(text, false);
    if width(&runs) <= limit {
        return vec![runs];
    }
    let mut pieces: Vec<(char, Face, i8)> = Vec::new();
    for run in &runs {
        pieces.extend(run.text.chars().map(|c| (c, run.face, run.level)));
    }
    let wide = |piece: &(char, Face, i8)| {
        advance(piece.1, piece.0) * if piece.2 == 0 { 1.0 } else { SCRIPT }
    };
    let mut lines = Vec::new();
    let (mut start, mut space, mut length) = (0, None, 0.0);
    let mut k = 0;
    while k < pieces.len() {
        length += wide(&pieces[k]);
        if pieces[k].0 == ' ' {
            space = Some(k);
        } else if length > limit && k > start {
            let (end, next) = space.map_or((k, k), |s| (s, s + 1));
            lines.push(joined(&pieces[start..end]));
            (start, space, length) = (next, None, 0.0);
            k = next;
            continue;
        }
        k += 1;
    }
    lines.push(joined(&pieces[start..]));
    lines
}

fn joined(pieces: &[(char, Face, i8)]) -> Vec<Run> {
    let mut reader = Reader {
        runs: Vec::new(),
        upright: Face::Regular,
        level: 0,
    };
    for (c, face, level) in pieces {
        reader.push(*c, *face, *level);
    }
    reader.runs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        parse(text, false)
            .iter()
            .map(|run| {
                let face = if run.face == Face::Italic { "i" } else { "" };
                let level = ["_", "", "^"][(run.level + 1) as usize];
                format!("{level}{face}({})", run.text)
            })
            .collect()
    }

    #[test]
    fn mathematics_is_set_as_such() {
        assert_eq!(shown("step"), "(step)");
        assert_eq!(shown("10^{−3} and 10⁻³"), "(10)^(−3)( and 10)^(−3)");
        assert_eq!(
            shown("$|v_j|/‖w_{j}‖$ of u"),
            "(|)i(v)_i(j)(|/‖)i(w)_i(j)(‖ of u)"
        );
        assert_eq!(shown("$log p-Γ$"), "(log )i(p)(−Γ)");
        assert_eq!(shown("w₁ = $w_1$"), "(w)_(1)( = )i(w)_(1)");
    }

    #[test]
    fn ordinary_names_stay_as_they_are() {
        for text in ["layer_norm", "US$ 5", "a^b", "x_{", "{}", "_", "^", "$", ""] {
            assert_eq!(plain(text), text, "{text}");
        }
        assert_eq!(plain("a\nb\u{0}"), "ab");
    }

    #[test]
    fn long_texts_are_broken_at_spaces() {
        let lines = wrapped("one two three four", 5.0);
        let texts: Vec<String> = lines
            .iter()
            .map(|l| l.iter().map(|r| r.text.as_str()).collect())
            .collect();
        assert_eq!(texts, ["one two", "three four"]);
        assert!(
            wrapped(&"x".repeat(400), 5.0)
                .iter()
                .all(|line| width(line) <= 5.0)
        );
        assert_eq!(wrapped("ab", 0.0).len(), 2);
    }
}
