//! Which minima of loss + λR training reaches (theory §7.1, Basins).

use super::answer::Basin;
use super::answer::Shows;
use super::form::Form;
use super::part::{Construction, Part};
use crate::answer::Warning;
use symbias_bias::Driver;

/// R′(0).
#[derive(Clone, Copy, PartialEq)]
enum Slope {
    Zero,
    Finite,
    Infinite,
}

fn slope(form: &Form) -> Slope {
    match form {
        Form::Power { p, .. } if *p < 1.0 => Slope::Infinite,
        Form::Power { p, .. } if *p > 1.0 => Slope::Zero,
        Form::Huber { .. } => Slope::Zero,
        _ => Slope::Finite,
    }
}

fn is_convex(form: &Form) -> bool {
    match form {
        Form::Power { p, .. } => *p >= 1.0,
        Form::Log { .. } => false,
        Form::Quadratic { b, .. } => *b >= 0.0,
        Form::Huber { .. } => true,
    }
}

fn forms(part: &Part) -> Vec<Form> {
    match &part.construction {
        Construction::Product { scale, exponents } => {
            let (c, p) = super::achieved::power(*scale, exponents);
            vec![Form::Power { c, p }]
        }
        Construction::Profile { plus, minus, .. } => vec![plus.clone(), minus.clone()],
        Construction::Mixture { .. } | Construction::Curve { .. } => {
            vec![Form::Log { c: 1.0, eps: 1.0 }]
        }
        Construction::Sum { .. } => vec![Form::Huber { c: 1.0, delta: 1.0 }],
        Construction::Square { scale } => vec![Form::Power {
            c: 0.5 / scale,
            p: 1.0,
        }],
        // A norm: convex, with a finite slope.
        Construction::Structured(_) => vec![Form::Power { c: 1.0, p: 1.0 }],
    }
}

/// Whether the part is linear in its parameters.
fn is_linear(part: &Part) -> bool {
    matches!(&part.construction, Construction::Product { exponents, .. } if exponents.len() == 1)
}

/// The basins of all parts together.
pub(super) fn basin(driver: Driver, parts: &[Part]) -> Basin {
    if driver != Driver::Decay {
        return Basin {
            sign_frozen: driver != Driver::Flow && parts.iter().any(|p| p.names.len() > 1),
            origin_is_minimum: false,
            kkt: Shows::Empty,
            text: "no decay of the weights: minima are those of the loss".into(),
        };
    }
    let all: Vec<Form> = parts.iter().flat_map(forms).collect();
    let nonlinear: Vec<&Part> = parts.iter().filter(|p| !is_linear(p)).collect();
    let freezes = |p: &&&Part| {
        !matches!(
            p.construction,
            Construction::Sum { .. } | Construction::Square { .. }
        )
    };
    let sign_frozen = nonlinear.iter().any(|p| freezes(&p));
    let origin = all.iter().any(|f| slope(f) == Slope::Infinite);
    let kkt = if origin {
        Shows::Empty
    } else if all.iter().all(is_convex) {
        Shows::Proves
    } else {
        Shows::Necessary
    };
    let mut said = Vec::new();
    if sign_frozen {
        said.push("on the balanced leaf weights keep their signs: start off it, and decay the charges, which shrink as e^(-2 lambda t), slowly");
    } else {
        said.push("signs are free");
    }
    if parts.iter().any(Part::is_positive) {
        said.push("a square that is 0 stays 0: every root starts away from 0, and the smaller it gets, the slower it leaves");
    }
    if origin {
        said.push("the origin is a local minimum for every loss: raise lambda slowly, from small to large, from a start away from it");
    } else if nonlinear.is_empty() {
        said.push("the parameterization is linear: no basins that the loss has not");
    } else {
        said.push("the origin is a strict saddle where the slope of the loss outweighs decay, |dl(0)| f'(0) > lambda, and else the minimum");
    }
    said.push(match kkt {
        Shows::Proves => "for a convex loss the KKT residual of w proves the minimum",
        Shows::Necessary => "the KKT residual of w is necessary: the target is not convex",
        Shows::Empty => {
            "the KKT residual is empty at weights that are 0, where R has an infinite slope"
        }
    });
    Basin {
        sign_frozen,
        origin_is_minimum: origin,
        kkt,
        text: said.join("; "),
    }
}

/// What breaks a part.
pub(super) fn warning(part: &Part) -> Option<Warning> {
    let Construction::Profile { plus, minus, .. } = &part.construction else {
        return None;
    };
    let limit = |f: &Form| match f {
        Form::Quadratic { a, b } if *b < 0.0 => Some(a / (2.0 * b.abs())),
        _ => None,
    };
    let end = [plus, minus]
        .into_iter()
        .filter_map(limit)
        .reduce(f64::min)?;
    Some(Warning {
        code: "plateau".into(),
        text: format!(
            "`{}` does not get beyond {end:.6}, where the target would reach its plateau: a bias that is bounded has no parameterization",
            part.component
        ),
    })
}
