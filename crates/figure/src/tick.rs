//! Where ticks are and what they say: steps of 1, 2 and 5, decades as powers of ten.

use crate::axis::{Scale, Span};
use crate::format::{compact, decimal, exponent, power, trimmed};

/// The ticks of an axis.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ticks {
    /// Values with a text.
    pub major: Vec<(f64, String)>,
    /// Values without.
    pub minor: Vec<f64>,
    /// What the texts are to be multiplied by or added to, at the end of the axis.
    pub note: String,
}

/// At most about `count` texts.
pub fn ticks(span: Span, whole: bool, count: usize) -> Ticks {
    let count = count.max(2);
    match span.scale {
        Scale::Linear => linear(span.low, span.high, whole, count),
        Scale::Log10 => log(span.low, span.high, count),
        Scale::SymLog(c) => symlog(span, c, count),
    }
}

/// The least of 1, 2, 5 times a power of ten that is not much below `raw`.
fn step_of(raw: f64) -> (f64, i32) {
    let power = exponent(raw);
    let unit = 10_f64.powi(power);
    for (factor, above) in [(1.0, 0), (2.0, 0), (5.0, 0), (10.0, 1)] {
        if factor * unit >= 0.8 * raw {
            return (factor * unit, power + above);
        }
    }
    (10.0 * unit, power + 1)
}

fn linear(low: f64, high: f64, whole: bool, count: usize) -> Ticks {
    let (mut step, mut power_of_step) = step_of((high - low) / count as f64);
    if whole && step < 1.0 {
        (step, power_of_step) = (1.0, 0);
    }
    let size = low.abs().max(high.abs());
    // Texts that would all begin with the same six digits say only where they differ.
    let base = if size / step > 2e5 {
        let coarse = 100.0 * step;
        (low / coarse).round() * coarse
    } else {
        0.0
    };
    let first = ((low - base) / step - 1e-6).ceil();
    let last = ((high - base) / step + 1e-6).floor();
    let shown = size.min((high - base).abs().max((low - base).abs()));
    let shift = match exponent(shown) {
        -3..5 => 0,
        large => large,
    };
    let decimals = usize::try_from(shift - power_of_step).unwrap_or(0);
    // A power is applied in two halves: 10^-shift itself may not be a number.
    let (half, rest) = (shift.div_euclid(2), shift - shift.div_euclid(2));
    let mut ticks = Ticks::default();
    for k in 0..=((last - first) as usize).min(64) {
        let away = (first + k as f64) * step;
        let text = decimal(away / 10_f64.powi(half) / 10_f64.powi(rest), decimals);
        ticks.major.push((base + away, text));
    }
    if shift != 0 {
        ticks.note = format!("×{}", power(shift));
    }
    if base != 0.0 {
        let places = usize::try_from(-power_of_step).unwrap_or(0).min(17);
        let text = if size < 1e12 && places < 9 {
            trimmed(base.abs(), places)
        } else {
            long(base.abs())
        };
        let sign = if base < 0.0 { "−" } else { "+" };
        ticks.note = format!("{} {sign} {text}", ticks.note).trim().to_owned();
    }
    ticks
}

/// All digits of a number, with its power of ten.
fn long(value: f64) -> String {
    let text = format!("{value:e}");
    match text.split_once('e') {
        Some((mantissa, exponent)) => {
            format!("{mantissa}×{}", power(exponent.parse().unwrap_or(0)))
        }
        None => text,
    }
}

fn log(low: f64, high: f64, count: usize) -> Ticks {
    let first = (low.log10() - 1e-9).ceil() as i32;
    let last = (high.log10() + 1e-9).floor() as i32;
    if last - first < 1 {
        return within_a_decade(low, high, count);
    }
    let every = stride(last - first, count);
    let mut ticks = Ticks::default();
    for k in first..=last {
        if k.rem_euclid(every) == 0 {
            ticks.major.push((10_f64.powi(k), power(k)));
        } else {
            ticks.minor.push(10_f64.powi(k));
        }
    }
    if every == 1 && last - first <= 8 {
        ticks.minor = digits(low, high, &[2, 3, 4, 5, 6, 7, 8, 9]);
    }
    ticks
}

/// Every how many decades a tick has a text.
fn stride(decades: i32, count: usize) -> i32 {
    let least = (f64::from(decades) / count as f64).ceil().max(1.0) as i32;
    [1, 2, 3, 5, 10, 20, 50, 100, 200]
        .into_iter()
        .find(|s| *s >= least)
        .unwrap_or(500)
}

/// d·10^k between two positive ends, for these d.
fn digits(low: f64, high: f64, wanted: &[i32]) -> Vec<f64> {
    let mut all = Vec::new();
    for k in exponent(low)..=exponent(high) {
        for d in wanted {
            let value = f64::from(*d) * 10_f64.powi(k);
            if value >= low * (1.0 - 1e-9) && value <= high * (1.0 + 1e-9) {
                all.push(value);
            }
        }
    }
    all
}

fn within_a_decade(low: f64, high: f64, count: usize) -> Ticks {
    let every = [1, 2, 3, 4, 5, 6, 7, 8, 9];
    for wanted in [&every[..], &[1, 2, 3, 5, 7], &[1, 2, 5], &[1, 3]] {
        let values = digits(low, high, wanted);
        if values.len() >= 3 && values.len() <= count + 1 {
            let major: Vec<(f64, String)> = values.iter().map(|v| (*v, compact(*v))).collect();
            let minor = digits(low, high, &every)
                .into_iter()
                .filter(|v| !values.contains(v))
                .collect();
            return Ticks {
                major,
                minor,
                note: String::new(),
            };
        }
    }
    linear(low, high, false, count)
}

fn symlog(span: Span, c: f64, count: usize) -> Ticks {
    let (low, high) = (span.low, span.high);
    let smallest = (c.log10() - 1e-9).ceil() as i32;
    let largest = (low.abs().max(high.abs()).log10() + 1e-9).floor() as i32;
    let inside = |v: f64| v >= low && v <= high;
    let sides = if low < 0.0 && high > 0.0 { 2 } else { 1 };
    let every = stride((largest - smallest + 1).max(1), (count / sides).max(1));
    let mut ticks = Ticks::default();
    for k in smallest..=largest {
        let value = 10_f64.powi(k);
        for (v, text) in [(value, power(k)), (-value, format!("−{}", power(k)))] {
            if !inside(v) {
                continue;
            }
            if (k - largest).rem_euclid(every) == 0 {
                ticks.major.push((v, text));
            } else {
                ticks.minor.push(v);
            }
        }
    }
    if ticks.major.len() < 2 {
        return linear(low, high, false, count);
    }
    if inside(0.0) {
        ticks.major.push((0.0, "0".to_owned()));
    }
    ticks.major.sort_by(|a, b| a.0.total_cmp(&b.0));
    ticks
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(ticks: &Ticks) -> Vec<&str> {
        ticks.major.iter().map(|t| t.1.as_str()).collect()
    }

    #[test]
    fn linear_steps_are_1_2_5() {
        assert_eq!(
            texts(&linear(-1.0, 1.0, false, 5)),
            ["−1.0", "−0.5", "0.0", "0.5", "1.0"]
        );
        assert_eq!(texts(&linear(0.0, 63.0, true, 4)), ["0", "20", "40", "60"]);
        assert_eq!(texts(&linear(0.0, 3.0, true, 8)), ["0", "1", "2", "3"]);
        assert_eq!(
            texts(&linear(0.0, 40_000.0, false, 4)),
            [
                "0",
                "10\u{2009}000",
                "20\u{2009}000",
                "30\u{2009}000",
                "40\u{2009}000"
            ]
        );
        let large = linear(0.0, 500_000.0, false, 5);
        assert_eq!(texts(&large), ["0", "1", "2", "3", "4", "5"]);
        assert_eq!(large.note, "×10^{5}");
        let small = linear(0.0, 2e-5, false, 4);
        assert_eq!(
            (texts(&small), small.note.as_str()),
            (vec!["0.0", "0.5", "1.0", "1.5", "2.0"], "×10^{−5}")
        );
    }

    #[test]
    fn texts_that_would_repeat_themselves_name_their_base_once() {
        let ticks = linear(1_000_000.0, 1_000_000.4, false, 4);
        assert_eq!(texts(&ticks), ["0.0", "0.1", "0.2", "0.3", "0.4"]);
        assert_eq!(ticks.note, "+ 1\u{2009}000\u{2009}000");
    }

    #[test]
    fn decades_are_powers_of_ten() {
        let ticks = log(1.0, 5e5, 6);
        assert_eq!(texts(&ticks)[..3], ["10^{0}", "10^{1}", "10^{2}"]);
        assert_eq!(ticks.minor.len(), 8 * 5 + 4);
        let wide = log(1e-300, 1e300, 5);
        assert!(wide.major.len() <= 7, "{:?}", texts(&wide));
        let short = log(0.4, 2.0, 5);
        assert_eq!(texts(&short), ["0.5", "0.7", "1", "2"]);
        assert_eq!(short.minor.len(), 4);
    }

    #[test]
    fn both_signs_of_a_symmetric_logarithm() {
        let axis = crate::Axis::new("").symlog(1e-2).range(-1.0, 1.0);
        let ticks = ticks(Span::new(&axis, std::iter::empty(), 0.0), false, 8);
        assert_eq!(
            texts(&ticks),
            [
                "−10^{0}",
                "−10^{−1}",
                "−10^{−2}",
                "0",
                "10^{−2}",
                "10^{−1}",
                "10^{0}"
            ]
        );
    }
}
