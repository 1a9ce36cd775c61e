//! The bias of parts as one formula.

use super::form::{Form, number};
use super::part::{Construction, On, Part, Raw, indexed};
use super::structured::Sharing;

/// The closed form, in the language of targets.
pub(super) fn formula(parts: &[Part]) -> Option<String> {
    let terms: Vec<String> = parts.iter().map(one).collect::<Option<_>>()?;
    Some(terms.join(" + "))
}

fn one(part: &Part) -> Option<String> {
    let shown = indexed(&part.component, &part.letters);
    let at = |places: &[usize]| -> Vec<String> {
        places.iter().map(|a| part.letters[*a].clone()).collect()
    };
    let (outer, inner) = (at(&part.outer()), at(&part.inner).join(","));
    let size = match part.on {
        On::Groups => format!("norm[{inner}]({shown})"),
        _ => format!("abs({shown})"),
    };
    let weight = part
        .weights
        .as_ref()
        .map_or(String::new(), |_| format!("m[{}]*", outer.join(",")));
    let body = match &part.construction {
        Construction::Product { scale, exponents } if part.on == On::Singular => {
            let (c, p) = power(*scale, exponents);
            let times = if c == 1.0 {
                String::new()
            } else {
                format!("{}*", number(c))
            };
            match p {
                1.0 => format!("{times}nuclear[{inner}]({shown})"),
                p => format!("{times}schatten[{inner}]({shown}, {})", number(p)),
            }
        }
        Construction::Product { scale, exponents } => {
            let (c, p) = power(*scale, exponents);
            Form::Power { c, p }.spelled(&size)
        }
        Construction::Profile { plus, minus, .. } if plus == minus => plus.spelled(&size),
        Construction::Profile { plus, minus, .. } => format!(
            "({}) + ({})",
            plus.spelled(&format!("relu({shown})")),
            minus.spelled(&format!("relu(-{shown})"))
        ),
        Construction::Mixture { .. } => return None,
        // Of coefficients that are not negative.
        Construction::Square { scale } => Form::Power {
            c: 0.5 / scale,
            p: 1.0,
        }
        .spelled(&shown),
        Construction::Structured(s) => {
            let (i, g) = (&part.letters[0], &part.between[0]);
            let constant = indexed(&part.constant(), &[i.clone(), g.clone()]);
            return Some(match s.sharing {
                Sharing::Latent => format!("latent[{i},{g}]({shown}, {constant}^2)"),
                Sharing::Overlapping => format!("sum[{g}](norm[{i}]({constant}*{shown}))"),
            });
        }
        Construction::Curve { raw, forward, .. } => {
            let z = if part.on == On::Groups { &size } else { &shown };
            let q = super::spectral::renamed(forward, "z", z).ok()?;
            match raw {
                Raw::Single => format!("({q})^2/2"),
                Raw::Pair => format!("abs({q})"),
            }
        }
        Construction::Sum { alpha, beta } => Form::Huber {
            c: 1.0 / (2.0 * alpha * alpha),
            delta: alpha * alpha / beta,
        }
        .spelled(&size),
    };
    let body = match weight.is_empty() {
        true => body,
        false => format!("{weight}({body})"),
    };
    Some(match outer.is_empty() {
        true => body,
        false => format!("sum[{}]({body})", outer.join(",")),
    })
}

/// c and p of R = c|z|^p for z = α Π θ_j^{a_j} (theory §7.1).
pub(super) fn power(scale: f64, exponents: &[f64]) -> (f64, f64) {
    let a: f64 = exponents.iter().sum();
    let log: f64 = exponents.iter().map(|x| x * x.ln()).sum();
    let c = a / 2.0 * (-(log + 2.0 * scale.ln()) / a).exp();
    let short: f64 = format!("{c:.12e}").parse().unwrap_or(c);
    let c = if (short - c).abs() < 1e-13 * c {
        short
    } else {
        c
    };
    (c, 2.0 / a)
}

/// R of one argument x of a part.
pub(super) fn value(part: &Part, place: usize, x: f64) -> f64 {
    let m = part.weights.as_ref().map_or(1.0, |w| w[place]);
    m * match &part.construction {
        Construction::Product { scale, exponents } => {
            let (c, p) = power(*scale, exponents);
            c * x.abs().powf(p)
        }
        Construction::Profile { plus, minus, .. } => {
            if x >= 0.0 { plus } else { minus }.value(x.abs())
        }
        Construction::Square { scale } => match x < 0.0 {
            true => f64::INFINITY,
            false => x / (2.0 * scale),
        },
        // A norm of the whole is none of one number.
        Construction::Mixture { .. } | Construction::Structured(_) => f64::NAN,
        Construction::Curve {
            raw,
            forward,
            profiles,
            ..
        } => {
            let q = super::expression::value(forward, profiles, x)
                .unwrap_or(f64::NAN)
                .abs();
            match raw {
                Raw::Single => q * q / 2.0,
                Raw::Pair => q,
            }
        }
        Construction::Sum { alpha, beta } => Form::Huber {
            c: 1.0 / (2.0 * alpha * alpha),
            delta: alpha * alpha / beta,
        }
        .value(x.abs()),
    }
}
