//! Designs for flow (theory §7.4): the target is the mirror potential Q, K⁻¹ = Q″; w = f(s) with s = ∫√Q″, or a product at a charge, whose
//! potential is the hyperbolic entropy.

use super::decay::Names;
use super::form::number;
use super::noise::{Made, bare};
use super::part::{Construction, Raw};
use super::study::grid;
use super::target::{Kind, Target, Term};
use symbias_model::error::{Error, ErrorKind, Result};

/// The part of a component whose K is 1/Q″ up to a factor, and where it is: 0 for the whole line, 1 for z > 0.
pub(super) fn part(
    target: &Target,
    term: &Term,
    window: [f64; 2],
    names: &mut Names,
) -> Result<(Made, bool)> {
    let refused = |what: String, nearest: &str| {
        Error::new(
            ErrorKind::Unsupported,
            format!("the target of `{}` {what}", term.component),
        )
        .remedy(nearest.to_owned())
    };
    if term.kind != Kind::Entries {
        return Err(refused(
            "is no sum over entries, under flow".into(),
            "the nearest that has a construction: sum[i](Q(z[i])) with Q strictly convex",
        ));
    }
    let q = match (term.is_uniform(target), term.expression(target, 0)) {
        (true, Some(q)) => q,
        _ => {
            return Err(refused(
                "differs by entry, under flow".into(),
                "the nearest that has a construction: one function for all entries",
            ));
        }
    };
    let slopes = q.slope().and_then(|s| Some((s.clone(), s.slope()?)));
    let Some((_, bend)) = slopes else {
        return Err(refused(
            "has no second derivative that is known".into(),
            "write it with powers, abs, exp, log, sqrt, tanh, sin, cos and sigmoid",
        ));
    };
    let text = bend.text("z");
    let at = |x: f64| super::expression::value(&text, &[], x).unwrap_or(f64::NAN);
    let points = grid(window[0], window[1], 25);
    let convex = |s: f64| points.iter().all(|x| at(s * x) > 0.0);
    if !convex(1.0) {
        let x = points
            .iter()
            .find(|x| at(**x).is_nan() || at(**x) <= 0.0)
            .copied()
            .unwrap_or(1.0);
        return Err(refused(
            format!(
                "is not strictly convex: its second derivative at {x:.4} is {:.4}",
                at(x)
            ),
            "flow needs Q'' > 0: abs(x) and powers below 1 have no flow design; the nearest is the hyperbolic entropy x*asinh(x/b) - sqrt(x^2 + b^2) \
with a small b (asinh(y) is log(y + sqrt(y^2 + 1))), or decay",
        ));
    }
    let whole = at(0.0) > 0.0 && convex(-1.0);
    // A product at charge C has K = √(4C² + 4w²).
    let square = |x: f64| at(x).powi(-2);
    let (a, b) = (square(0.0), square(1.0) - square(0.0));
    let hyperbolic = whole
        && b > 1e-12 * a
        && points
            .iter()
            .all(|x| (square(*x) - a - b * x * x).abs() <= 1e-9 * square(*x));
    if hyperbolic {
        let own = ["u", "v"]
            .iter()
            .map(|o| names.name(o, &term.component))
            .collect();
        let construction = Construction::Product {
            scale: 1.0,
            exponents: vec![1.0, 1.0],
        };
        let mut part = bare(term, construction, own);
        part.charge = (a / b).sqrt();
        return Ok((
            Made {
                part,
                range: window,
            },
            whole,
        ));
    }
    // Q″ = a w^b: s is a power, or a logarithm.
    let slope = (at(window[1]) / at(window[0])).ln() / (window[1] / window[0]).ln();
    let slope = if (slope - slope.round()).abs() < 1e-10 {
        slope.round()
    } else {
        slope
    };
    let a = at(1.0);
    let power = points
        .iter()
        .all(|x| (at(*x) / (a * x.powf(slope)) - 1.0).abs() < 1e-9);
    let root = a.sqrt();
    let k = slope / 2.0 + 1.0;
    let own = vec![names.name("s", &term.component)];
    let (pre, forward, profiles) = if power && (slope == 0.0 || !whole) {
        if k.abs() < 1e-12 {
            (
                format!("exp(x/{})", number(root)),
                format!("{}*log(z)", number(root)),
                Vec::new(),
            )
        } else if slope == 0.0 {
            (
                format!("x/{}", number(root)),
                format!("{}*z", number(root)),
                Vec::new(),
            )
        } else {
            let c = number(k / root);
            (
                format!("({c}*x)^{}", exponent(1.0 / k)),
                format!("z^{}/{c}", exponent(k)),
                Vec::new(),
            )
        }
    } else {
        let (s, f) = (
            names.profile("S", &term.component),
            names.profile("f", &term.component),
        );
        let from = if whole { 0 } else { 1 };
        let profiles = vec![
            (
                s.clone(),
                format!("{{ integral = \"sqrt({text})\", from = {from} }}"),
            ),
            (f.clone(), format!("{{ inverse = \"{s}(z)\" }}")),
        ];
        (format!("{f}(x)"), format!("{s}(z)"), profiles)
    };
    let construction = Construction::Curve {
        raw: Raw::Single,
        pre,
        forward,
        profiles,
    };
    Ok((
        Made {
            part: bare(term, construction, own),
            range: window,
        },
        whole,
    ))
}

fn exponent(x: f64) -> String {
    if x < 0.0 {
        format!("({})", number(x))
    } else {
        number(x)
    }
}

/// Where ∇Q vanishes: from there the limit of a linear model is argmin Q (theory §7.4); 1 where it does nowhere.
pub(super) fn ground(target: &Target, term: &Term, whole: bool) -> f64 {
    let Some(slope) = term.expression(target, 0).and_then(|q| q.slope()) else {
        return 1.0;
    };
    let text = slope.text("z");
    let at = |x: f64| super::expression::value(&text, &[], x).unwrap_or(f64::NAN);
    let mut points = grid(1e-6, 1e3, 91);
    if whole {
        let mirrored: Vec<f64> = points.iter().rev().map(|x| -x).collect();
        points = mirrored.into_iter().chain([0.0]).chain(points).collect();
        if at(0.0) == 0.0 {
            return 0.0;
        }
    }
    for pair in points.windows(2) {
        let (mut low, mut high) = (pair[0], pair[1]);
        if at(low) <= 0.0 && at(high) > 0.0 {
            for _ in 0..80 {
                let middle = (low + high) / 2.0;
                if at(middle) <= 0.0 {
                    low = middle;
                } else {
                    high = middle;
                }
            }
            return low;
        }
    }
    1.0
}
