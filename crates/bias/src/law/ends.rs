//! Whether a density is integrable at an end, from its exponent there.
//!
//! With y = log of the distance to the end, the integral is ∫ e^{λ(y)} dy, λ = log p + y. Where p behaves like a power,
//! λ is a straight line; where it behaves like a power times logarithms, its slope changes like 1/y, and where the slope
//! tends to 0 no finite number of values decides (1/(x log²x) is integrable, 1/(x log x) is not).

use symbias_model::error::{Error, ErrorKind};

/// What the slopes of λ say about the integral towards an end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Verdict {
    /// λ falls towards the end by this much per unit of y; infinity where it falls faster than any power.
    Converges(f64),
    /// The density behaves as this power of the distance.
    Diverges(f64),
    /// As a power, times logarithms that decide.
    Undecided(f64),
}

/// Slopes below it are looked at twice: the integral then depends on distances of e^{±50} or more.
const CRITICAL: f64 = 0.02;
/// Relative change between the two slopes up to which they count as one power: that of 1/y between y = 375 and
/// y = 525 is a third.
const SAME: f64 = 0.02;

/// The verdict from λ at three y, each nearer to the end; `noise` bounds the error of the slopes.
pub(super) fn verdict(y: [f64; 3], lambda: [f64; 3], noise: f64) -> Verdict {
    if lambda[1..].contains(&f64::NEG_INFINITY) {
        return Verdict::Converges(f64::INFINITY);
    }
    let slope = |a: usize, b: usize| (lambda[b] - lambda[a]) / (y[b] - y[a]).abs();
    // Along the way to the end.
    let (before, last) = (slope(0, 1), slope(1, 2));
    let outwards = (y[2] - y[1]).signum();
    let power = outwards * last - 1.0;
    let straight = last.abs() <= noise && before.abs() <= noise;
    let same = (last - before).abs() <= SAME * last.abs();
    match () {
        () if last < -CRITICAL => Verdict::Converges(-last),
        () if last > CRITICAL || straight => Verdict::Diverges(power),
        () if same && last < 0.0 => Verdict::Converges(-last),
        () if same => Verdict::Diverges(power),
        () => Verdict::Undecided(power),
    }
}

/// `|w|`, `|w - 2|`.
fn distance(origin: f64) -> String {
    match origin {
        0.0 => "|w|".into(),
        o if o < 0.0 => format!("|w + {}|", -o),
        o => format!("|w - {o}|"),
    }
}

/// The integral that diverges, or that is not decided, towards `end` from around `origin`.
pub(super) fn refusal(verdict: Verdict, origin: f64, end: f64) -> Option<Error> {
    let variable = distance(origin);
    let place = if end.is_finite() {
        format!("{end}")
    } else if end > 0.0 {
        "infinity".into()
    } else {
        "-infinity".into()
    };
    let direction = if end.is_finite() { "from" } else { "to" };
    let (text, remedy) = match verdict {
        Verdict::Converges(_) => return None,
        Verdict::Diverges(power) => {
            let how = if (power + 1.0).abs() < 1e-3 {
                " logarithmically"
            } else {
                ""
            };
            (
                format!(
                    "the density behaves as {variable}^{power:.2} near {place}: the integral of w^{power:.2} {direction} {place} diverges{how}"
                ),
                "no law exists on this interval: take one that ends before, or another law",
            )
        }
        Verdict::Undecided(power) => (
            format!(
                "the density behaves as {variable}^{power:.2} near {place}, up to logarithms: whether the integral {direction} {place} converges is undecided"
            ),
            "take an interval that ends before, where the integral is a number",
        ),
    };
    Some(Error::new(ErrorKind::Value, text).remedy(remedy))
}

#[cfg(test)]
mod tests {
    use super::{Verdict, verdict};

    fn at_zero(log_density: impl Fn(f64) -> f64) -> Verdict {
        let y = [-300.0, -450.0, -600.0];
        verdict(y, y.map(|y| log_density(y) + y), 1e-8)
    }

    /// Log densities as functions of y = log x, whose integrals at 0 are known.
    #[test]
    fn powers_are_told_from_logarithms() {
        assert!(matches!(at_zero(|y| -0.5 * y), Verdict::Converges(s) if (s - 0.5).abs() < 1e-12));
        assert!(matches!(at_zero(|y| -1.5 * y), Verdict::Diverges(p) if (p + 1.5).abs() < 1e-12));
        assert!(matches!(at_zero(|y| -y), Verdict::Diverges(_)));
        assert!(matches!(at_zero(|y| -0.995 * y), Verdict::Converges(_)));
        assert!(matches!(at_zero(|y| -1.005 * y), Verdict::Diverges(_)));
        // 1/(x log²x) converges, 1/(x |log x|) does not: nobody knows from values.
        let logs = |k: f64| at_zero(move |y| -y - k * y.abs().ln());
        assert!(matches!(logs(2.0), Verdict::Undecided(_)));
        assert!(matches!(logs(1.0), Verdict::Undecided(_)));
        // −log x alone is harmless, and so is e^{−1/x}.
        assert!(matches!(at_zero(|y| y.abs().ln()), Verdict::Converges(_)));
        assert!(matches!(
            at_zero(|y| -(-y).exp()),
            Verdict::Converges(s) if s > 1e100
        ));
    }
}
