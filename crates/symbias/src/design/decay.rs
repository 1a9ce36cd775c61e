//! The calculus of decay (theory §7.1): from r to the part of a parameterization whose least ½‖θ‖² is r.

use super::form::{Form, number};
use super::part::{Construction, On, Part, Raw};
use super::structured::Structured;
use super::study::Shape;
use super::target::{Kind, Target, Term};
use symbias_model::error::{Error, ErrorKind, Result};

/// Factors of a product, at most; more of them are one to a larger power.
const FACTORS: f64 = 8.0;

/// The part of a component.
///
/// # Errors
/// An r that has no exact construction.
pub(super) fn part(
    target: &Target,
    term: &Term,
    shape: &Shape,
    range: [f64; 2],
    names: &mut Names,
) -> Result<Part> {
    let on = match (&term.kind, &term.joint) {
        (Kind::Joint, Some(structured)) => return Ok(joint(term, structured, names)),
        (Kind::Entries | Kind::Joint, _) => On::Entries,
        (Kind::Groups(_), _) => On::Groups,
        (Kind::Singular(_), _) => On::Singular,
    };
    let (Some(plus), Some(minus)) = (shape.plus.clone(), shape.minus.clone()) else {
        return general(target, term, shape, range, names);
    };
    let construction = match (&plus, plus == minus) {
        (Form::Power { c, .. }, true) if term.is_positive() => Construction::Square {
            scale: 1.0 / (2.0 * c),
        },
        (Form::Power { c, p }, true) => product(*c, *p, on, &term.component)?,
        (_, true) if on == On::Singular => {
            return Err(Error::new(
                ErrorKind::Unsupported,
                format!("the target of the singular values of `{}` is no power", term.component),
            )
            .remedy("the nearest that have a construction: c*x^(2/D) for whole D: nuclear[i,j](W[i,j]), schatten[i,j](W[i,j], 2/3), schatten[i,j](W[i,j], 0.5)"));
        }
        (Form::Huber { c, delta }, true) => Construction::Sum {
            alpha: 1.0 / (2.0 * c).sqrt(),
            beta: 1.0 / (2.0 * c * delta),
        },
        _ => Construction::Profile {
            single: plus.is_flat() && minus.is_flat(),
            plus,
            minus,
        },
    };
    let count = match &construction {
        Construction::Product { exponents, .. } => exponents.len(),
        Construction::Profile { single: true, .. } | Construction::Square { .. } => 1,
        Construction::Profile { .. } => 2,
        Construction::Sum { .. } => 3,
        Construction::Curve {
            raw: Raw::Single, ..
        } => 1,
        Construction::Curve { .. } | Construction::Mixture { .. } | Construction::Structured(_) => {
            2
        }
    };
    let inner = term.inner();
    let between = match on {
        On::Singular => (1..count).map(|k| names.letter(k)).collect(),
        _ => Vec::new(),
    };
    let own = match (on, &construction) {
        (_, Construction::Sum { .. }) if on == On::Groups => vec!["a", "v", "s"],
        (_, Construction::Sum { .. }) => vec!["a", "u", "v"],
        (On::Singular, _) if count == 2 => vec!["P", "Q"],
        (On::Groups, _) if count == 2 => vec!["v", "s"],
        (_, _) if count == 2 => vec!["u", "v"],
        _ => Vec::new(),
    };
    let own: Vec<String> = match own.is_empty() {
        false => own.into_iter().map(str::to_owned).collect(),
        true if count == 1 => vec!["t".into()],
        true => (1..=count)
            .map(|k| match (on, k) {
                (On::Groups, 1) => "v".to_owned(),
                (On::Groups, k) => format!("s{}", k - 1),
                (On::Singular, k) => format!("P{k}"),
                (On::Entries | On::Joint, k) => format!("u{k}"),
            })
            .collect(),
    };
    Ok(Part {
        component: term.component.clone(),
        letters: term.letters.clone(),
        shape: term.shape.clone(),
        on,
        inner,
        construction,
        weights: shape.weights.clone(),
        names: own.iter().map(|n| names.name(n, &term.component)).collect(),
        between,
        charge: 0.0,
    })
}

/// A norm of the whole component: a factor for each entry, and one for each group.
fn joint(term: &Term, structured: &Structured, names: &mut Names) -> Part {
    let group = names.letter(1);
    Part {
        component: term.component.clone(),
        letters: term.letters.clone(),
        shape: term.shape.clone(),
        on: On::Joint,
        inner: vec![0],
        construction: Construction::Structured(structured.clone()),
        weights: None,
        names: ["u", "s"].map(|n| names.name(n, &term.component)).to_vec(),
        between: vec![group],
        charge: 0.0,
    }
}

/// Any r: z = f(q) with f the inverse of sgn(z)(r(z) − r(0)), or of its root where r′(0) = 0, a profile of the language.
fn general(
    target: &Target,
    term: &Term,
    shape: &Shape,
    range: [f64; 2],
    names: &mut Names,
) -> Result<Part> {
    let refused = |what: &str| {
        Error::new(
            ErrorKind::Unsupported,
            format!("the target of `{}` {what}", term.component),
        )
        .remedy("with a closed form are: c*abs(x)^p, c*log(1 + abs(x)/eps), a*abs(x) + b*x^2 (elastic net; MCP and SCAD below the plateau), Huber")
    };
    if let Kind::Singular(_) = term.kind {
        return Err(refused(
            "of singular values is no power: the nearest are c*x^(2/D) for whole D",
        ));
    }
    if shape.weights.is_some() {
        return Err(refused(
            "has no closed form that is known, and weights that differ by entry",
        ));
    }
    let r = term
        .expression(target, 0)
        .ok_or_else(|| refused("is no expression in one variable"))?;
    let group = matches!(term.kind, Kind::Groups(_));
    let at = |x: f64| term.value(target, 0, x).unwrap_or(f64::NAN);
    let zero = at(0.0);
    let signs: &[f64] = if group { &[1.0] } else { &[1.0, -1.0] };
    // Beyond the range it goes on as a line, where it does not increase by itself.
    let far = super::study::grid(range[1], 1e9 * range[1], 60);
    let rises = signs
        .iter()
        .all(|s| far.windows(2).all(|p| at(s * p[1]) > at(s * p[0])));
    let clipped = match (rises, group) {
        (true, true) => r.text("abs(z)"),
        (true, false) => r.text("z"),
        (false, true) => r.text(&format!("min(abs(z), {})", number(range[1]))),
        (false, false) => r.text(&format!("(sign(z)*min(abs(z), {}))", number(range[1]))),
    };
    let beyond = match rises {
        true => String::new(),
        false => format!(" + relu(abs(z) - {})", number(range[1])),
    };
    let shift = match zero {
        0.0 => String::new(),
        z if z > 0.0 => format!(" - {}", number(z)),
        z => format!(" + {}", number(-z)),
    };
    let r = format!("{clipped}{beyond}{shift}");
    // The power with which r begins.
    let low = range[0] * 1e-2;
    let begins = signs
        .iter()
        .all(|s| ((at(s * 2.0 * low) - zero) / (at(s * low) - zero)).log2() > 1.5);
    let forward = match begins {
        true => format!("sign(z)*sqrt(2*({r}))"),
        false => format!("sign(z)*({r})"),
    };
    let f = names.name("f", &term.component);
    let raw = if begins { Raw::Single } else { Raw::Pair };
    let letters = raw.letters(group).iter();
    let own = letters.map(|o| names.name(o, &term.component)).collect();
    let construction = Construction::Curve {
        raw,
        pre: format!("{f}(x)"),
        forward: forward.clone(),
        profiles: vec![(f, format!("{{ inverse = \"{forward}\" }}"))],
    };
    Ok(super::noise::bare(term, construction, own))
}

/// c|x|^p as a product of powers: 2/p = Σa_j, whole exponents where that is whole.
fn product(c: f64, p: f64, on: On, name: &str) -> Result<Construction> {
    let depth = 2.0 / p;
    if p > 2.0 {
        return Err(Error::new(
            ErrorKind::Unsupported,
            format!(
                "the target of `{name}` is a power {p} > 2: its parameterization has an infinite slope at 0, and no training leaves it"
            ),
        )
        .remedy("the nearest that has a construction: x^2"));
    }
    let whole = (depth - depth.round()).abs() < 1e-9;
    let exponents = if whole && depth <= FACTORS {
        vec![1.0; depth.round() as usize]
    } else if on == On::Singular {
        let (above, below) = (2.0 / depth.floor(), 2.0 / depth.ceil());
        return Err(Error::new(
            ErrorKind::Unsupported,
            format!("the sum of singular values to the power {p}: 2/p = {depth:.4} is no whole number of matrices (at most {FACTORS})"),
        )
        .remedy(format!(
            "the nearest that have a construction: the powers {above:.4} ({} matrices) and {below:.4} ({})",
            depth.floor(),
            depth.ceil()
        )));
    } else {
        // The first with exponent 1: its slope does not vanish where it does.
        let whole = depth.floor().clamp(2.0, FACTORS) as usize;
        let mut exponents = vec![1.0; whole];
        exponents[whole - 1] = depth - (whole - 1) as f64;
        exponents
    };
    let a: f64 = exponents.iter().sum();
    let log: f64 = exponents.iter().map(|x| x * x.ln()).sum();
    let scale = (a / (2.0 * c)).powf(a / 2.0) * (-log / 2.0).exp();
    // 1 where it is 1 to rounding.
    let scale = if (scale - 1.0).abs() < 1e-14 {
        1.0
    } else {
        scale
    };
    Ok(Construction::Product { scale, exponents })
}

/// Names that are not in use.
pub(super) struct Names {
    pub used: Vec<String>,
    pub several: bool,
}

impl Names {
    /// The name of a profile.
    pub fn profile(&mut self, name: &str, component: &str) -> String {
        self.name(name, component)
    }

    pub fn name(&mut self, name: &str, component: &str) -> String {
        let mut found = match self.several {
            true => format!("{name}_{component}"),
            false => name.to_owned(),
        };
        while self.used.contains(&found) {
            found.push('_');
        }
        self.used.push(found.clone());
        found
    }

    pub fn letter(&mut self, number: usize) -> String {
        let mut found = format!("r{number}");
        while self.used.contains(&found) {
            found.push('_');
        }
        self.used.push(found.clone());
        found
    }
}
