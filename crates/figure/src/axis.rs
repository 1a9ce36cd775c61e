//! Axes: what a person asks for ([`Axis`]), and what becomes of it with the data known ([`Span`]).

/// How values become places.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scale {
    /// In proportion.
    Linear,
    /// By the logarithm; values that are not positive are left out and counted.
    Log10,
    /// By sign(v)·log₁₀(1 + |v|/c): in proportion well below c, logarithmic above, for both signs.
    SymLog(f64),
}

/// One axis of a panel.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// What it shows.
    pub label: String,
    /// Its unit, in parentheses after the label.
    pub unit: String,
    /// How values become places.
    pub scale: Scale,
    /// Where it begins; from the data if not given.
    pub low: Option<f64>,
    /// Where it ends; from the data if not given.
    pub high: Option<f64>,
    /// Whether only whole numbers have a meaning: no ticks between them.
    pub whole: bool,
    /// Whether it runs the other way.
    pub reversed: bool,
}

impl Axis {
    /// A linear axis over the data.
    pub fn new(label: impl Into<String>) -> Axis {
        Axis {
            label: label.into(),
            unit: String::new(),
            scale: Scale::Linear,
            low: None,
            high: None,
            whole: false,
            reversed: false,
        }
    }

    /// With a unit.
    pub fn unit(mut self, unit: impl Into<String>) -> Axis {
        self.unit = unit.into();
        self
    }

    /// Logarithmic.
    pub fn log(mut self) -> Axis {
        self.scale = Scale::Log10;
        self
    }

    /// Logarithmic for both signs beyond ±`linear`, with 0 in the middle.
    pub fn symlog(mut self, linear: f64) -> Axis {
        self.scale = Scale::SymLog(linear);
        self
    }

    /// From `low` to `high`.
    pub fn range(mut self, low: f64, high: f64) -> Axis {
        (self.low, self.high) = (Some(low), Some(high));
        self
    }

    /// From `low` to where the data end.
    pub fn from(mut self, low: f64) -> Axis {
        self.low = Some(low);
        self
    }

    /// From where the data begin to `high`.
    pub fn to(mut self, high: f64) -> Axis {
        self.high = Some(high);
        self
    }

    /// Ticks at whole numbers only.
    pub fn whole(mut self) -> Axis {
        self.whole = true;
        self
    }

    /// The other way round.
    pub fn reversed(mut self) -> Axis {
        self.reversed = true;
        self
    }

    /// Label and unit.
    pub(crate) fn text(&self) -> String {
        if self.unit.is_empty() {
            self.label.clone()
        } else {
            format!("{} ({})", self.label, self.unit)
        }
    }
}

/// Beyond this a difference of two values might not be a number.
const HUGE: f64 = 8e307;
/// Linear distances below this are zero.
const TINY: f64 = 1e-300;

/// An axis with its ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Span {
    pub scale: Scale,
    pub low: f64,
    pub high: f64,
    pub reversed: bool,
}

impl Span {
    /// The ends from the axis, from the data where it gives none, and with room of `margin` times
    /// the length on both sides of data.
    pub fn new(axis: &Axis, values: impl Iterator<Item = f64>, margin: f64) -> Span {
        let scale = match axis.scale {
            Scale::SymLog(c) if !(c.is_finite() && c > 0.0) => Scale::SymLog(1.0),
            scale => scale,
        };
        let usable = |v: f64| v.is_finite() && (scale != Scale::Log10 || v > 0.0);
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for v in values.filter(|v| usable(*v)) {
            low = low.min(v);
            high = high.max(v);
        }
        let mut span = Span {
            scale,
            low,
            high,
            reversed: axis.reversed,
        };
        let given = (
            axis.low.filter(|v| usable(*v)),
            axis.high.filter(|v| usable(*v)),
        );
        if low > high {
            (span.low, span.high) = span.unit();
        } else {
            (span.low, span.high) = (low.clamp(-HUGE, HUGE), high.clamp(-HUGE, HUGE));
            span.widen(margin);
        }
        span.low = given.0.unwrap_or(span.low).clamp(-HUGE, HUGE);
        span.high = given.1.unwrap_or(span.high).clamp(-HUGE, HUGE);
        if span.low > span.high {
            if given.0.is_some() && given.1.is_some() {
                (span.low, span.high) = (span.high, span.low);
                span.reversed = !span.reversed;
            } else if given.0.is_some() {
                span.high = span.low;
            } else {
                span.low = span.high;
            }
        }
        span.widen(0.0);
        span
    }

    /// An interval for no data at all.
    fn unit(self) -> (f64, f64) {
        match self.scale {
            Scale::Log10 => (1.0, 10.0),
            _ => (0.0, 1.0),
        }
    }

    /// Adds room, and gives an interval without length a length.
    fn widen(&mut self, margin: f64) {
        let (a, b) = (self.transformed(self.low), self.transformed(self.high));
        let size = a.abs().max(b.abs());
        if b - a <= TINY || b - a <= 1e-12 * size {
            let room = match self.scale {
                Scale::Log10 => 0.5,
                Scale::SymLog(_) => 1.0,
                Scale::Linear if size < 1e-290 => 1.0,
                Scale::Linear => 0.1 * size,
            };
            (self.low, self.high) = (self.back(a - room), self.back(b + room));
        } else {
            let room = margin * (b - a);
            (self.low, self.high) = (self.back(a - room), self.back(b + room));
        }
    }

    fn transformed(self, v: f64) -> f64 {
        match self.scale {
            Scale::Linear => v,
            Scale::Log10 => v.log10(),
            Scale::SymLog(c) => {
                let ratio = v.abs() / c;
                let log = if ratio.is_finite() {
                    ratio.ln_1p()
                } else {
                    v.abs().ln() - c.ln()
                };
                v.signum() * log / std::f64::consts::LN_10
            }
        }
    }

    fn back(self, t: f64) -> f64 {
        let value = match self.scale {
            Scale::Linear => t,
            Scale::Log10 => 10_f64.powf(t).max(5e-324),
            Scale::SymLog(c) => t.signum() * c * (t.abs() * std::f64::consts::LN_10).exp_m1(),
        };
        value.clamp(-HUGE, HUGE)
    }

    /// Whether a value has a place.
    pub fn holds(self, v: f64) -> bool {
        v.is_finite() && (self.scale != Scale::Log10 || v > 0.0)
    }

    /// The place of a value between the ends, 0 to 1; outside of them beyond, to a limit that
    /// keeps drawing exact. The value must have a place.
    pub fn share(self, v: f64) -> f64 {
        let (a, b) = (self.transformed(self.low), self.transformed(self.high));
        let share = ((self.transformed(v.clamp(-HUGE, HUGE)) - a) / (b - a)).clamp(-1e6, 1e6);
        if self.reversed { 1.0 - share } else { share }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(axis: Axis, values: &[f64]) -> Span {
        Span::new(&axis, values.iter().copied(), 0.0)
    }

    #[test]
    fn ends_come_from_the_data_or_are_given() {
        let found = span(Axis::new(""), &[3.0, f64::NAN, 1.0, f64::INFINITY]);
        assert_eq!((found.low, found.high), (1.0, 3.0));
        let found = span(Axis::new("").from(0.0), &[1.0, 3.0]);
        assert_eq!((found.low, found.high), (0.0, 3.0));
        let found = span(Axis::new("").log(), &[0.0, -4.0, 1e-3, 1e2]);
        assert!((found.low / 1e-3 - 1.0).abs() < 1e-12 && (found.high / 1e2 - 1.0).abs() < 1e-12);
        let found = span(Axis::new("").range(3.0, 1.0), &[]);
        assert!((found.share(3.0), found.share(1.0)) == (0.0, 1.0));
    }

    #[test]
    fn every_interval_has_a_length() {
        let scales = [
            Scale::Linear,
            Scale::Log10,
            Scale::SymLog(1e-3),
            Scale::SymLog(f64::NAN),
        ];
        let sets: [&[f64]; 9] = [
            &[],
            &[0.0],
            &[5.0, 5.0],
            &[f64::NAN],
            &[f64::MAX, f64::MIN],
            &[5e-324, 1e-323],
            &[1e300],
            &[1.0, 1.0 + 1e-15],
            &[-2.0, -1.0],
        ];
        for scale in scales {
            for values in sets {
                let axis = Axis {
                    scale,
                    ..Axis::new("")
                };
                let found = Span::new(&axis, values.iter().copied(), 0.05);
                assert!(found.low < found.high, "{scale:?} {values:?} {found:?}");
                for v in values.iter().filter(|v| found.holds(**v)) {
                    let share = found.share(*v);
                    assert!(
                        (-1e-9..=1.0 + 1e-9).contains(&share),
                        "{scale:?} {values:?} {share}"
                    );
                }
            }
        }
    }

    #[test]
    fn the_symmetric_logarithm_has_zero_in_the_middle() {
        let found = span(Axis::new("").symlog(1e-3).range(-10.0, 10.0), &[]);
        assert!((found.share(0.0) - 0.5).abs() < 1e-12);
        assert!((found.share(1.0) + found.share(-1.0) - 1.0).abs() < 1e-12);
        let decade = found.share(10.0) - found.share(1.0);
        assert!((found.share(1.0) - found.share(0.1) - decade).abs() < 1e-2 * decade);
    }
}
