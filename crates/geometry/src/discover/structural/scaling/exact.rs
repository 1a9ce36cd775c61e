//! Coefficients of conditions: numbers that stand for the fractions that a file means by decimals and quotients,
//! and their images in a prime field.

use super::Exact;

/// The largest denominator of a coefficient that is read as a fraction.
const DENOMINATOR: i64 = 10_000_000;

/// `a + by · c`, where each number stands for a fraction: 0.8 − 0.6 is 0.2 and not what its rounding leaves.
pub(in crate::discover::structural) fn plus(a: f64, by: f64, c: f64) -> f64 {
    let rounded = a + by * c;
    if [a, by, c].iter().all(|x| x.fract() == 0.0) {
        return rounded;
    }
    let sum = || {
        let ((a, p), (b, q), (c, r)) = (fraction(a)?, fraction(by)?, fraction(c)?);
        let product = (i128::from(b) * i128::from(c), i128::from(q) * i128::from(r));
        let over = i128::from(p).checked_mul(product.1)?;
        let sum = i128::from(a).checked_mul(product.1)?;
        let sum = sum.checked_add(i128::from(p).checked_mul(product.0)?)?;
        Some(sum as f64 / over as f64)
    };
    sum().unwrap_or(rounded)
}

/// A coefficient, exactly: the fraction that a decimal or a quotient in the file stands for, or
/// else the binary number itself, so that different numbers stay different.
pub(super) fn exact(x: f64) -> Exact {
    fraction(x)
        .and_then(|(p, q)| Exact::from_ratio(p, q))
        .unwrap_or_else(|| binary(x))
}

/// The first convergent of the continued fraction that is this number when divided out.
fn fraction(x: f64) -> Option<(i64, i64)> {
    let (mut p, mut q) = ((1_i64, 0_i64), (0_i64, 1_i64));
    let mut rest = x;
    loop {
        let whole = rest.floor();
        if whole.is_nan() || whole.abs() > 1e15 {
            return None;
        }
        let next = |(one, two): (i64, i64)| (whole as i64).checked_mul(one)?.checked_add(two);
        (p, q) = ((next(p)?, p.0), (next(q)?, q.0));
        if q.0 > DENOMINATOR {
            return None;
        }
        if p.0 as f64 / q.0 as f64 == x {
            return Some((p.0, q.0));
        }
        rest = 1.0 / (rest - whole);
    }
}

fn binary(x: f64) -> Exact {
    if x == 0.0 || !x.is_finite() {
        return Exact::ZERO;
    }
    let bits = x.to_bits();
    let power = ((bits >> 52) & 0x7ff) as i32;
    let digits = (bits & ((1 << 52) - 1)) as i64;
    let (digits, power) = match power {
        0 => (digits, -1074),
        _ => (digits | 1 << 52, power - 1075),
    };
    let half = Exact::from_ratio(1, 2).unwrap_or(Exact::ZERO);
    let step = if power < 0 { half } else { Exact::from_i64(2) };
    let mut value = Exact::from_i64(if x < 0.0 { -digits } else { digits });
    for _ in 0..power.abs() {
        value *= step;
    }
    value
}

#[cfg(test)]
mod tests {
    use super::{exact, plus};
    use crate::discover::structural::scaling::Exact;

    #[test]
    fn decimals_are_fractions_and_other_numbers_themselves() {
        let ratio = |p, q| Exact::from_ratio(p, q).expect("a ratio");
        assert_eq!(exact(0.1), ratio(1, 10));
        assert_eq!(exact(-1.0 / 3.0), ratio(-1, 3));
        assert_eq!(exact(2.0_f64.powi(-40)), ratio(1, 1 << 40));
        assert_eq!(exact(3e10), ratio(30_000_000_000, 1));
        let (root, near) = (exact(3.0_f64.sqrt()), exact(1.73205));
        assert_ne!(root, near);
        assert_eq!(near, ratio(34_641, 20_000));
        assert_eq!(
            exact(std::f64::consts::PI),
            ratio(884_279_719_003_555, 1 << 48)
        );
    }

    #[test]
    fn sums_of_decimals_are_those_of_fractions() {
        assert_eq!(plus(0.8, -1.0, 0.6), 0.2);
        assert_eq!(plus(0.3, -0.1, 3.0), 0.0);
        let root = 2.0_f64.sqrt();
        assert_eq!(plus(root, 2.0, 0.3), root + 0.6);
    }
}
