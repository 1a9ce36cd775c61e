//! Numbers as people write them: a real minus, thin spaces between thousands, powers of ten raised.

/// A number with this many decimals, without trailing zeros if `trim`.
pub fn decimal(value: f64, decimals: usize) -> String {
    let text = format!("{:.decimals$}", value.abs());
    let (whole, rest) = match text.split_once('.') {
        Some((whole, rest)) => (whole, format!(".{rest}")),
        None => (text.as_str(), String::new()),
    };
    let zero = text.chars().all(|c| matches!(c, '0' | '.'));
    let sign = if value < 0.0 && !zero { "−" } else { "" };
    format!("{sign}{}{rest}", grouped(whole))
}

/// Thin spaces between groups of three digits, from five digits on.
fn grouped(digits: &str) -> String {
    if digits.len() < 5 {
        return digits.to_owned();
    }
    let mut text = String::new();
    for (k, digit) in digits.chars().enumerate() {
        if k > 0 && (digits.len() - k).is_multiple_of(3) {
            text.push('\u{2009}');
        }
        text.push(digit);
    }
    text
}

/// 10ⁿ in the notation of texts.
pub fn power(exponent: i32) -> String {
    format!("10^{{{}}}", decimal(f64::from(exponent), 0))
}

/// m·10ⁿ, or a plain number where that is short.
pub fn compact(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let exponent = exponent(value);
    if (-3..4).contains(&exponent) {
        return trimmed(value, usize::try_from(3 - exponent).unwrap_or(0));
    }
    let mantissa = value
        / 10_f64.powi(exponent.div_euclid(2))
        / 10_f64.powi(exponent - exponent.div_euclid(2));
    match trimmed(mantissa, 3).as_str() {
        "1" => power(exponent),
        mantissa => format!("{mantissa}×{}", power(exponent)),
    }
}

/// A number without trailing zeros.
pub fn trimmed(value: f64, decimals: usize) -> String {
    let text = decimal(value, decimals);
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

/// ⌊log₁₀|v|⌋, exact for powers of ten that a double holds.
pub fn exponent(value: f64) -> i32 {
    (value.abs().log10() + 1e-12).floor() as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_people_write_them() {
        assert_eq!(decimal(-0.25, 2), "−0.25");
        assert_eq!(decimal(-0.001, 1), "0.0");
        assert_eq!(decimal(50_000.0, 0), "50\u{2009}000");
        assert_eq!(decimal(5000.0, 0), "5000");
        assert_eq!(power(-3), "10^{−3}");
        assert_eq!(compact(0.02), "0.02");
        assert_eq!(compact(2e-7), "2×10^{−7}");
        assert_eq!(compact(1e12), "10^{12}");
        assert_eq!(compact(-3.5e300), "−3.5×10^{300}");
        assert_eq!(compact(5e-324), "4.941×10^{−324}");
    }
}
