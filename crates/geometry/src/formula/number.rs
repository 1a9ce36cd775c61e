//! Numbers as a paper writes them: fractions and roots of small integers where they are that, else digits.

use super::Script;

/// Denominators tried.
const LARGEST: u32 = 64;
/// Roots of fractions tried.
const ROOTS: i32 = 12;
/// Numerators and denominators under a root, at most.
const RADICAND: f64 = 4096.0;
/// Roots of integers tried: volumes of many dimensions have high ones.
const HIGH: i32 = 64;
/// Roundings of a number that was computed in a few steps.
const ROUNDING: f64 = 1e-12;

/// What a number is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Exact {
    /// p/q in lowest terms.
    Ratio(f64, f64),
    /// (p/q)^{1/k}.
    Root(f64, f64, i32),
    /// Neither.
    Digits(f64),
}

fn ratio(x: f64, rounding: f64, top: f64) -> Option<(f64, f64)> {
    (1..=LARGEST).map(f64::from).find_map(|q| {
        let p = (x * q).round();
        let near = (x * q - p).abs() <= rounding * (x * q).abs();
        (near && p != 0.0 && p.abs() <= top).then_some((p, q))
    })
}

impl Exact {
    pub(super) fn of(x: f64) -> Exact {
        if x == 0.0 {
            return Exact::Ratio(0.0, 1.0);
        }
        if let Some((p, q)) = ratio(x, ROUNDING, 1e9) {
            return Exact::Ratio(p, q);
        }
        let root = (2..=HIGH).filter(|_| x > 0.0).find_map(|k| {
            let (p, q) = ratio(x.powi(k), f64::from(k) * ROUNDING, RADICAND)?;
            (k <= ROOTS || q == 1.0).then_some(Exact::Root(p, q, k))
        });
        root.unwrap_or(Exact::Digits(x))
    }

    /// By itself: `3/2`, `2^(1/3)`.
    pub(super) fn alone(self, script: Script) -> String {
        match (self, script) {
            (Exact::Ratio(p, 1.0), _) => format!("{p}"),
            (Exact::Ratio(p, q), Script::Plain) => format!("{p}/{q}"),
            (Exact::Ratio(p, q), Script::Latex) => tex_fraction(p, q),
            (Exact::Root(p, q, k), Script::Plain) => {
                if q != 1.0 {
                    return format!("({p}/{q})^(1/{k})");
                }
                let (base, power) = as_power(p);
                format!("{base}^({power}/{k})")
            }
            (Exact::Root(p, 1.0, k), Script::Latex) if k > 3 => {
                let (base, power) = as_power(p);
                format!("{base}^{{{power}/{k}}}")
            }
            (Exact::Root(p, q, k), Script::Latex) => {
                let degree = if k == 2 {
                    String::new()
                } else {
                    format!("[{k}]")
                };
                format!("\\sqrt{degree}{{{}}}", Exact::Ratio(p, q).alone(script))
            }
            (Exact::Digits(x), _) => digits(x),
        }
    }

    /// In front of a factor, with the space behind it; nothing for 1.
    pub(super) fn front(self, script: Script) -> String {
        match (self, script) {
            (Exact::Ratio(1.0, 1.0), _) => String::new(),
            (Exact::Ratio(_, q), Script::Plain) if q != 1.0 => {
                format!("({}) ", self.alone(script))
            }
            _ => format!("{} ", self.alone(script)),
        }
    }
}

/// The least b and the e with b^e = p.
fn as_power(p: f64) -> (f64, i32) {
    let of = |b: f64| {
        let e = (p.ln() / b.ln()).round() as i32;
        (b.powi(e) == p).then_some((b, e))
    };
    let bases = (2..).map(f64::from).take_while(|b| b * b <= p);
    bases.filter_map(of).next().unwrap_or((p, 1))
}

fn tex_fraction(p: f64, q: f64) -> String {
    let sign = if p < 0.0 { "-" } else { "" };
    match (p.abs() < 10.0, q < 10.0) {
        (true, true) => format!("{sign}\\tfrac{}{}", p.abs(), q),
        _ => format!("{sign}\\tfrac{{{}}}{{{q}}}", p.abs()),
    }
}

/// Seven digits.
fn digits(x: f64) -> String {
    let size = x.abs().log10().floor();
    if !(-4.0..7.0).contains(&size) {
        return format!("{x:.6e}");
    }
    let places = (6.0 - size).max(0.0) as usize;
    let text = format!("{x:.places$}");
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_named_exactly_or_by_digits() {
        let plain = |x: f64| Exact::of(x).alone(Script::Plain);
        let tex = |x: f64| Exact::of(x).alone(Script::Latex);
        for (x, text, latex) in [
            (2.0, "2", "2"),
            (-1.5, "-3/2", "-\\tfrac32"),
            (2.0_f64.sqrt(), "2^(1/2)", "\\sqrt{2}"),
            (1.5_f64.cbrt(), "(3/2)^(1/3)", "\\sqrt[3]{\\tfrac32}"),
            (27.0_f64.powf(0.25), "3^(3/4)", "3^{3/4}"),
            (2.0_f64.powf(8.0 / 15.0), "2^(8/15)", "2^{8/15}"),
            (std::f64::consts::PI, "3.141593", "3.141593"),
            (1e-7 * std::f64::consts::E, "2.718282e-7", "2.718282e-7"),
        ] {
            assert_eq!((plain(x).as_str(), tex(x).as_str()), (text, latex));
        }
        assert_eq!(Exact::of(0.75).front(Script::Plain), "(3/4) ");
        assert_eq!(Exact::of(1.0).front(Script::Latex), "");
    }
}
