//! Axes of a panel: linear or logarithmic, with their ticks.

/// One axis: what it shows, its ends, where its ticks are.
pub struct Axis {
    /// What it shows.
    pub label: &'static str,
    low: f64,
    high: f64,
    log: bool,
    /// Ticks: value and text.
    pub ticks: Vec<(f64, String)>,
}

impl Axis {
    /// A linear axis with a tick at every multiple of `step`.
    pub fn linear(label: &'static str, low: f64, high: f64, step: f64) -> Axis {
        let first = (low / step - 1e-9).ceil() as i32;
        let last = (high / step + 1e-9).floor() as i32;
        let ticks = (first..=last)
            .map(|k| {
                let value = f64::from(k) * step;
                let text = format!("{:.3}", value.abs());
                let text = text.trim_end_matches('0').trim_end_matches('.');
                let sign = if value < -1e-12 { "−" } else { "" };
                (value, format!("{sign}{text}"))
            })
            .collect();
        Axis {
            label,
            low,
            high,
            log: false,
            ticks,
        }
    }

    /// A logarithmic axis with a tick at every `every`-th power of ten.
    pub fn log(label: &'static str, low: f64, high: f64, every: i32) -> Axis {
        let first = (low.log10() - 1e-9).ceil() as i32;
        let last = (high.log10() + 1e-9).floor() as i32;
        let ticks = (first..=last)
            .filter(|k| k % every == 0)
            .map(|k| (10_f64.powi(k), power_of_ten(k)))
            .collect();
        Axis {
            label,
            low,
            high,
            log: true,
            ticks,
        }
    }

    /// The place of a value between the ends, 0 to 1.
    pub fn share(&self, value: f64) -> f64 {
        if self.log {
            (value.max(f64::MIN_POSITIVE) / self.low).ln() / (self.high / self.low).ln()
        } else {
            (value - self.low) / (self.high - self.low)
        }
    }
}

fn power_of_ten(k: i32) -> String {
    match k {
        -1 => "0.1".to_owned(),
        0 => "1".to_owned(),
        1 => "10".to_owned(),
        _ => {
            let raised: String = k
                .to_string()
                .chars()
                .map(|c| match c.to_digit(10) {
                    Some(d) => ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'][d as usize],
                    None => '⁻',
                })
                .collect();
            format!("10{raised}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_logarithmic_axis_marks_powers_of_ten() {
        let axis = Axis::log("c", 1e-3, 1e2, 1);
        let ticks: Vec<&str> = axis.ticks.iter().map(|t| t.1.as_str()).collect();
        assert_eq!(ticks, ["10⁻³", "10⁻²", "0.1", "1", "10", "10²"]);
        assert!((axis.share(1e-3)).abs() < 1e-12 && (axis.share(1e2) - 1.0).abs() < 1e-12);
    }
}
