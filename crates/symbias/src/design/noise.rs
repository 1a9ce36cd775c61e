//! Designs for noise (theory §7.2, §7.3): from R to a parameterization whose law is e^{−ℓ/T − R}, by arc length along the leaf, by the
//! density of the slice, by quantiles of a normal law and by mixtures of such.

use super::decay::Names;
use super::file::DesignSpec;
use super::form::{Form, number};
use super::mass::Mass;
use super::part::{Construction, On, Part, Raw};
use super::study::grid;
use super::target::{Kind, Target, Term};
use symbias_bias::Driver;
use symbias_model::error::{Error, ErrorKind, Result};

/// The part of a component, and how far out its law is compared.
pub(super) struct Made {
    pub part: Part,
    /// Of |x|, on both sides.
    pub range: [f64; 2],
}

/// Share of the whole beyond which a law is not compared.
const TAIL: f64 = 1e-8;

/// What every part has.
pub(super) fn bare(term: &Term, construction: Construction, names: Vec<String>) -> Part {
    Part {
        component: term.component.clone(),
        letters: term.letters.clone(),
        shape: term.shape.clone(),
        on: match term.kind {
            Kind::Entries | Kind::Joint => On::Entries,
            Kind::Groups(_) => On::Groups,
            Kind::Singular(_) => On::Singular,
        },
        inner: term.inner(),
        construction,
        weights: None,
        names,
        between: Vec::new(),
        charge: 0.0,
    }
}

fn refused(term: &Term, what: String, nearest: &str) -> Error {
    Error::new(
        ErrorKind::Unsupported,
        format!("the target of `{}` {what}", term.component),
    )
    .remedy(nearest.to_owned())
}

/// The part whose law under this noise is e^{−r}.
pub(super) fn part(
    spec: &DesignSpec,
    target: &Target,
    term: &Term,
    names: &mut Names,
) -> Result<Made> {
    if let Kind::Singular(_) = term.kind {
        return Err(refused(
            term,
            format!("is one of singular values, under {}", spec.driver.name()),
            "the nearest that has a construction: singular values under decay, or the norm of the whole matrix, norm[i,j](W[i,j])",
        ));
    }
    let group = matches!(term.kind, Kind::Groups(_));
    let n: usize = term.inner().iter().map(|a| term.shape[*a]).product();
    let at = |x: f64| term.value(target, 0, x).unwrap_or(f64::NAN);
    // Up to a constant; 0 may be singular.
    let base = [0.0, 1.0]
        .into_iter()
        .map(at)
        .find(|r| r.is_finite())
        .unwrap_or(0.0);
    let power = if group { n as i32 - 1 } else { 0 };
    let density = |s: f64, x: f64| {
        let p = (base - at(s * x)).exp() * x.powi(power);
        if p.is_nan() { 0.0 } else { p }
    };
    let window = spec.range();
    for x in grid(window[0], window[1], 41) {
        for s in if group { vec![1.0] } else { vec![1.0, -1.0] } {
            if !at(s * x).is_finite() {
                return Err(refused(
                    term,
                    format!("is {} at {:.3e}, within the range", at(s * x), s * x),
                    "give a target that is finite away from 0 on both sides, or a range where it is",
                ));
            }
        }
    }
    let plus = Mass::of(&|x| density(1.0, x));
    let minus = Mass::of(&|x| density(-1.0, x));
    let measure = if group {
        format!(" x^{power}")
    } else {
        String::new()
    };
    let (sides, whole): (Vec<(&Mass, &str)>, bool) = match group {
        true => (vec![(&plus, "from 0 to infinity")], !plus.far),
        false => (
            vec![
                (&plus, "from 0 to infinity"),
                (&minus, "from -infinity to 0"),
            ],
            !plus.far && !minus.far,
        ),
    };
    for (mass, side) in &sides {
        if mass.at_zero {
            return Err(refused(
                term,
                format!(
                    "is not integrable: the integral of exp(-r(x)){measure} {side} is infinite at 0"
                ),
                "the nearest that has a construction: log(abs(x) + eps), or a power of abs(x) below 1 in the density",
            ));
        }
    }
    let needs_whole = spec.driver == Driver::Isotropic;
    if needs_whole && !whole {
        let (_, side) = sides.iter().find(|(m, _)| m.far).unwrap_or(&sides[0]);
        return Err(refused(
            term,
            format!(
                "is not integrable: the integral of exp(-r(x)){measure} {side} is infinite far out"
            ),
            "isotropic noise with decay has a law without any loss: use a target that grows faster, or another driver",
        ));
    }
    let high = |m: &Mass| {
        if m.far {
            window[1]
        } else {
            m.quantile(TAIL).min(window[1])
        }
    };
    let range = [
        window[0],
        if group {
            high(&plus)
        } else {
            high(&plus).min(high(&minus))
        },
    ];
    let tau = spec.temperature / spec.decay;
    if let Some(part) = closed(spec, target, term, tau, names)? {
        return Ok(Made { part, range });
    }
    if !term.is_uniform(target) {
        return Err(refused(
            term,
            "differs by entry".into(),
            "the nearest that has a construction: one function for all entries, or a component for each",
        ));
    }
    let r = term.expression(target, 0).ok_or_else(|| {
        refused(
            term,
            "has no expression in one variable".into(),
            "write it with pointwise functions of the entry or of the norm",
        )
    })?;
    // Of a norm the even function: its integral exists on both sides, and falls off on both.
    let text = r.text(if group { "abs(z)" } else { "z" });
    let shift = match base {
        0.0 => String::new(),
        b => format!(" + {}", number(b)),
    };
    let (integral, inverse) = (
        names.profile("I", &term.component),
        names.profile("f", &term.component),
    );
    let weight = match power {
        0 => String::new(),
        1 => "*abs(z)".into(),
        p => format!("*abs(z)^{p}"),
    };
    let mut profiles = vec![
        (
            integral.clone(),
            format!("{{ integral = \"exp(-({text}){shift}){weight}\", from = 0 }}"),
        ),
        (
            inverse.clone(),
            format!("{{ inverse = \"{integral}(z)\" }}"),
        ),
    ];
    // ∫ e^{−c|w|} has an inverse in closed form.
    let laplace = super::study::study(target, term, window, true)
        .ok()
        .and_then(|s| match (s.plus, s.minus) {
            (Some(Form::Power { c, p: 1.0 }), Some(Form::Power { c: d, p: 1.0 }))
                if c == d && !group =>
            {
                Some(c)
            }
            _ => None,
        });
    if let Some(c) = laplace {
        let c = number(c);
        profiles = vec![
            (
                integral.clone(),
                format!("\"sign(z)*(1 - exp(-{c}*abs(z)))/{c}\""),
            ),
            (
                inverse.clone(),
                format!("\"-sign(z)*log(1 - {c}*abs(z))/{c}\""),
            ),
        ];
    }
    let i = |z: &str| format!("{integral}({z})");
    let f = |x: &str| format!("{inverse}({x})");
    let (raw, pre, forward) = match (spec.driver, group) {
        (Driver::Isotropic, true) => {
            return Err(refused(
                term,
                "of norms is no c*x and no c*x^2, under isotropic noise".into(),
                "the nearest that have a construction: sum[g](c*norm[k](z[g,k])) and sum[g](c*norm[k](z[g,k])^2)",
            ));
        }
        (Driver::Isotropic, false) => {
            let (zp, zm) = (plus.whole(), minus.whole());
            let half = number((zp + zm) / 2.0);
            let root = number((2.0 * tau).sqrt());
            let shift = match (zp - zm) / 2.0 {
                d if d.abs() < 1e-13 * zp => String::new(),
                d => format!(" + {}", number(d)),
            };
            let g = names.profile("g", &term.component);
            profiles.push((
                g.clone(),
                format!("{{ inverse = \"{half}*erf(z/{root}){shift}\" }}"),
            ));
            (
                Raw::Single,
                f(&format!("{half}*erf(x/{root}){shift}")),
                format!("{g}({})", i("z")),
            )
        }
        // Radial: r^n/n = ∫ e^{−R}ρ^{n−1}dρ.
        (Driver::Horizontal, true) => (
            Raw::Single,
            f(&format!("x^{n}/{n}")),
            format!("({n}*{})^(1/{n})", i("z")),
        ),
        // One branch, √(2q) = x₀ + ∫₀^w e^{−R}, where the other side is finite.
        (Driver::Horizontal, false) if !minus.far => {
            let x0 = number(2.0 * minus.whole());
            (
                Raw::Pair,
                f(&format!("sqrt(2*x) - {x0}")),
                format!("({} + {x0})^2/2", i("z")),
            )
        }
        (Driver::Horizontal, false) => (Raw::Single, f("x"), i("z")),
        (_, true) if n < 2 => {
            return Err(refused(
                term,
                "is one of groups of a single entry".into(),
                "the nearest that has a construction: entries, sum[i](r(z[i]))",
            ));
        }
        (_, true) => {
            let half = number((n as f64 - 1.0) / 2.0);
            let over = number(2.0 / (n as f64 - 1.0));
            (
                Raw::Pair,
                f(&format!("{over}*x^{half}")),
                format!("({half}*{})^{over}", i("z")),
            )
        }
        (_, false) => (Raw::Pair, f("log(x)/2"), format!("exp(2*{})", i("z"))),
    };
    let letters = raw.letters(group).iter();
    let own = letters.map(|o| names.name(o, &term.component)).collect();
    let construction = Construction::Curve {
        raw,
        pre,
        forward,
        profiles,
    };
    Ok(Made {
        part: bare(term, construction, own),
        range,
    })
}

/// Laws of isotropic noise that are mixtures of normal ones: c|x| and cx².
fn closed(
    spec: &DesignSpec,
    target: &Target,
    term: &Term,
    tau: f64,
    names: &mut Names,
) -> Result<Option<Part>> {
    if spec.driver != Driver::Isotropic {
        return Ok(None);
    }
    let Ok(shape) = super::study::study(target, term, spec.range(), true) else {
        return Ok(None);
    };
    let (construction, own): (_, &[&str]) = match (&shape.plus, shape.plus == shape.minus) {
        (Some(Form::Power { c, p: 1.0 }), true) => (
            Construction::Mixture {
                scale: 1.0 / (c * tau),
            },
            &["u", "v"],
        ),
        (Some(Form::Power { c, p: 2.0 }), true) => (
            Construction::Product {
                scale: 1.0 / (2.0 * c * tau).sqrt(),
                exponents: vec![1.0],
            },
            &["t"],
        ),
        _ => return Ok(None),
    };
    let mixture = matches!(construction, Construction::Mixture { .. });
    let own = own.iter().map(|o| names.name(o, &term.component)).collect();
    let mut part = bare(term, construction, own);
    part.weights = shape.weights;
    if mixture {
        part.between = vec![names.letter(0)];
    }
    Ok(Some(part))
}
