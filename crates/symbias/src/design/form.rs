//! r on one side of 0 as a closed form: value, inverse, and how the language spells the inverse.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// r(x) − r(0) for x > 0.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// c x^p.
    Power {
        /// c.
        c: f64,
        /// p.
        p: f64,
    },
    /// c log(1 + x/ε).
    Log {
        /// c.
        c: f64,
        /// ε.
        eps: f64,
    },
    /// a x + b x², increasing over the range: elastic net, and MCP below its plateau for b < 0.
    Quadratic {
        /// a > 0.
        a: f64,
        /// b.
        b: f64,
    },
    /// c x² up to δ, and its tangent from there on.
    Huber {
        /// c.
        c: f64,
        /// δ.
        delta: f64,
    },
}

/// Relative agreement of a closed form with r at all points.
const FITS: f64 = 1e-10;

impl Form {
    /// r(x) − r(0).
    #[must_use]
    pub fn value(&self, x: f64) -> f64 {
        match *self {
            Form::Power { c, p } => c * x.powf(p),
            Form::Log { c, eps } => c * (x / eps).ln_1p(),
            Form::Quadratic { a, b } => x * (a + b * x),
            Form::Huber { c, delta } if x <= delta => c * x * x,
            Form::Huber { c, delta } => c * delta * (2.0 * x - delta),
        }
    }

    /// Whether r′(0) = 0.
    #[must_use]
    pub fn is_flat(&self) -> bool {
        match self {
            Form::Power { p, .. } => *p > 1.0,
            Form::Huber { .. } => true,
            Form::Log { .. } | Form::Quadratic { .. } => false,
        }
    }

    /// f(s) with r(f(s)) = s, in the language, of an expression s ≥ 0.
    #[must_use]
    pub fn inverse(&self, s: &str) -> String {
        match *self {
            Form::Power { c, p } => {
                let over = if c == 1.0 {
                    s.to_owned()
                } else {
                    format!("({s}/{})", number(c))
                };
                if p == 1.0 {
                    over
                } else {
                    format!("{over}^{}", number(1.0 / p))
                }
            }
            Form::Log { c, eps } => {
                let over = if c == 1.0 {
                    s.to_owned()
                } else {
                    format!("{s}/{}", number(c))
                };
                format!("{}*(exp({over}) - 1)", number(eps))
            }
            Form::Quadratic { a, b } => {
                let (aa, bb) = (number(a * a), number(4.0 * b.abs()));
                // The plateau of b < 0 is where the root ends.
                let root = match b < 0.0 {
                    true => format!("relu({aa} - {bb}*{s})"),
                    false => format!("{aa} + {bb}*{s}"),
                };
                format!("2*{s}/({} + sqrt({root}))", number(a))
            }
            Form::Huber { c, delta } => {
                // Up to s = cδ² the root, then a line.
                let knee = number(c * delta * delta);
                format!(
                    "sqrt(({s} - relu({s} - {knee}))/{}) + relu({s} - {knee})/{}",
                    number(c),
                    number(2.0 * c * delta)
                )
            }
        }
    }

    /// The closed form in the language, of an expression.
    #[must_use]
    pub fn spelled(&self, x: &str) -> String {
        let times = |c: f64| match c == 1.0 {
            true => String::new(),
            false => format!("{}*", number(c)),
        };
        match *self {
            Form::Power { c, p: 1.0 } => format!("{}{x}", times(c)),
            Form::Power { c, p } => format!("{}{x}^{}", times(c), number(p)),
            Form::Log { c, eps } => format!("{}log(1 + {x}/{})", times(c), number(eps)),
            Form::Quadratic { a, b } if b < 0.0 => {
                format!("{}{x} - {}{x}^2", times(a), times(-b))
            }
            Form::Quadratic { a, b } => format!("{}{x} + {}{x}^2", times(a), times(b)),
            Form::Huber { c, delta } => {
                let (c, d) = (times(c), number(delta));
                format!("{c}({x}^2 - relu({x} - {d})^2)")
            }
        }
    }

    /// The closed form of r over points, if it has one.
    #[must_use]
    pub fn of(points: &[(f64, f64)]) -> Option<Form> {
        let (first, last) = (points.first()?, points.last()?);
        let candidates = [
            power(*first, *last),
            quadratic(points[points.len() / 2], *last),
            log(*first, *last),
            huber(*first, &points[points.len() - 2..]),
        ];
        candidates.into_iter().flatten().find(|form| {
            points.iter().all(|(x, r)| {
                let found = form.value(*x);
                (found - r).abs() <= FITS * r.abs() + 1e-14
            })
        })
    }

    /// The same with another factor.
    #[must_use]
    pub fn times(&self, m: f64) -> Form {
        match *self {
            Form::Power { c, p } => Form::Power { c: m * c, p },
            Form::Log { c, eps } => Form::Log { c: m * c, eps },
            Form::Quadratic { a, b } => Form::Quadratic { a: m * a, b: m * b },
            Form::Huber { c, delta } => Form::Huber { c: m * c, delta },
        }
    }
}

/// Rounds away the last digits, where they are rounding.
fn clean(x: f64) -> f64 {
    let short: f64 = format!("{x:.12e}").parse().unwrap_or(x);
    if (short - x).abs() <= 2e-13 * x.abs() {
        short
    } else {
        x
    }
}

fn power((x, r): (f64, f64), (y, s): (f64, f64)) -> Option<Form> {
    let p = clean((s / r).ln() / (y / x).ln());
    // 2/p is a whole number where it is one to rounding.
    let depth = 2.0 / p;
    let p = if (depth - depth.round()).abs() < 1e-11 {
        2.0 / depth.round()
    } else {
        p
    };
    let c = clean(s / y.powf(p));
    (p > 0.0 && c > 0.0 && c.is_finite()).then_some(Form::Power { c, p })
}

fn quadratic((x, r): (f64, f64), (y, s): (f64, f64)) -> Option<Form> {
    let b = clean((s / y - r / x) / (y - x));
    let a = clean(s / y - b * y);
    (a > 0.0 && b.is_finite()).then_some(Form::Quadratic { a, b })
}

fn log((x, r): (f64, f64), (y, s): (f64, f64)) -> Option<Form> {
    let wanted = s / r;
    let ratio = |e: f64| (y / e.exp()).ln_1p() / (x / e.exp()).ln_1p();
    let (mut low, mut high) = (-40.0, 40.0);
    if !(ratio(low) < wanted && wanted < ratio(high)) {
        return None;
    }
    for _ in 0..200 {
        let middle = (low + high) / 2.0;
        if ratio(middle) < wanted {
            low = middle;
        } else {
            high = middle;
        }
    }
    let eps = f64::exp(low);
    let eps = match format!("{eps:.9e}").parse::<f64>() {
        Ok(short) if (short - eps).abs() < 1e-9 * eps => short,
        _ => eps,
    };
    Some(Form::Log {
        c: clean(s / (y / eps).ln_1p()),
        eps,
    })
}

fn huber((x, r): (f64, f64), last: &[(f64, f64)]) -> Option<Form> {
    let c = clean(r / (x * x));
    let slope = (last[1].1 - last[0].1) / (last[1].0 - last[0].0);
    let delta = clean(slope / (2.0 * c));
    (c > 0.0 && delta > x).then_some(Form::Huber { c, delta })
}

/// A number as the language reads it.
#[must_use]
pub fn number(x: f64) -> String {
    if x == x.trunc() && x.abs() < 1e15 {
        format!("{x:.0}")
    } else {
        format!("{x:?}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(r: impl Fn(f64) -> f64) -> Vec<(f64, f64)> {
        (0..30)
            .map(|k| 1e-3 * 10_f64.powf(4.0 * f64::from(k) / 29.0))
            .map(|x| (x, r(x)))
            .collect()
    }

    #[test]
    fn closed_forms_are_recognised_by_their_values() {
        assert_eq!(
            Form::of(&points(|x| 3.0 * x.sqrt())),
            Some(Form::Power { c: 3.0, p: 0.5 })
        );
        assert_eq!(
            Form::of(&points(|x| (1.0 + x / 0.3).ln())),
            Some(Form::Log { c: 1.0, eps: 0.3 })
        );
        assert_eq!(
            Form::of(&points(|x| x + 0.5 * x * x)),
            Some(Form::Quadratic { a: 1.0, b: 0.5 })
        );
        let huber = |x: f64| if x <= 1.0 { x * x / 2.0 } else { x - 0.5 };
        assert_eq!(
            Form::of(&points(huber)),
            Some(Form::Huber { c: 0.5, delta: 1.0 })
        );
        assert_eq!(Form::of(&points(|x| x / (1.0 + x))), None);
        assert_eq!(Form::of(&points(|x| x.powf(0.5001) + 1e-6 * x)), None);
    }
}
