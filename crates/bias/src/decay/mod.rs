//! Weight decay: the induced regulariser R(w) = min {½‖θ‖² : F(θ) = w} over the whole fibre (theory §3.3, §7.1): by the calculus
//! where the function determines the weights of a structure that has a closed form, else by a search of the fibre
//! with a lower bound.
//!
//! In closed forms factors that move a common parameter are minimised together. Compact factors leave the norm
//! alone and do not count. A minimum over a closed orbit is attained exactly where the charges
//! vanish (theory §3.1).

mod basins;
pub(crate) mod diagonal;
mod fibre;
mod matrix;
mod whole;

pub use whole::{LeastNorm, decay_at, decay_with, least_norm};

use crate::potential::{Driver, Hypothesis, Potential, Status, Term, joined};
use symbias_geometry::charge::render::{Script, spelled_tensor};
use symbias_geometry::component::{Component, Structure, components, parts, translated_whole};
use symbias_geometry::discover::structural::Factor;
use symbias_model::expression::{Model, TensorId};

/// What a rule says of a component.
enum Found {
    Term(Term),
    /// Nothing is left of the norm.
    Nothing,
    /// The infimum is not attained: the reason.
    NotAttained(String),
    /// No rule.
    Unknown,
}

/// The bias of weight decay by rules alone, on the orbit; the formula's value at `theta` if given.
#[must_use]
pub fn decay(model: &Model, factors: &[Factor], theta: Option<&[f64]>) -> Potential {
    let components = components(factors, |f| !f.is_compact());
    let mut hypotheses = vec![
        Hypothesis::new(
            "squared-norm-penalty",
            "the penalty is the same multiple of the squared norm of every parameter",
            Status::Assumed,
        ),
        Hypothesis::new(
            "fast-decay",
            "gradient steps reach the minimum over each orbit before the function changes",
            Status::Assumed,
        ),
    ];
    hypotheses.extend(basins::hypotheses(None));
    let (mut terms, mut complete) = (Vec::new(), true);
    for component in &components {
        let Some(parts) = parts(model, component) else {
            complete = false;
            continue;
        };
        for part in &parts {
            match closed_form(model, component, part, theta) {
                Found::Term(term) => terms.push(term),
                Found::Nothing => {}
                Found::NotAttained(reason) => {
                    hypotheses.push(Hypothesis::new(
                        "minimum-attained",
                        format!("the minimum over the orbit is attained ({reason})"),
                        Status::Fails,
                    ));
                    return Potential::resting_on(Driver::Decay, NO_MEASURE, hypotheses);
                }
                Found::Unknown => complete = false,
            }
        }
    }
    hypotheses.push(Hypothesis::new(
        "whole-fibre",
        "the least norm on the orbit is that of all parameters of the function (not searched)",
        Status::Assumed,
    ));
    let mut found = Potential::resting_on(Driver::Decay, NO_MEASURE, hypotheses);
    if complete {
        terms.extend(unmoved(model, &components, theta));
        let (text, latex, value) = joined(&terms);
        (found.formula, found.latex, found.by_formula) = (Some(text), Some(latex), value);
    }
    found
}

/// Decay selects a minimiser, not a distribution.
const NO_MEASURE: &str = "none: a minimiser, not a distribution";

fn closed_form(
    model: &Model,
    component: &Component<'_>,
    part: &Structure,
    theta: Option<&[f64]>,
) -> Found {
    match part {
        Structure::Torus(torus) => diagonal::closed_form(model, torus, theta),
        Structure::Pair(pair) => Found::Term(matrix::pair(model, pair, theta)),
        Structure::Chain(chain) => Found::Term(matrix::chain(model, chain, theta)),
        Structure::Translation(tensor) => translated(model, component, *tensor, theta),
        Structure::Rotation(_) | Structure::Coupled(_) | Structure::Unknown => Found::Unknown,
    }
}

/// Translations: what is left is the part of the parameter that is orthogonal to them.
fn translated(
    model: &Model,
    component: &Component<'_>,
    tensor: TensorId,
    theta: Option<&[f64]>,
) -> Found {
    let name = &model.tensor(tensor).name;
    let shifts = component.factors.iter().filter(|f| f.moved().len() == 1);
    if shifts.clone().any(|f| translated_whole(model, f).is_some()) {
        return Found::Nothing;
    }
    let value = theta.map(|theta| {
        // Gram–Schmidt on the constant fields.
        let mut basis: Vec<Vec<f64>> = Vec::new();
        let mut rest = vec![0.0; theta.len()];
        let block = model
            .space()
            .block(name)
            .map_or(0..0, symbias_model::space::Block::range);
        rest[block.clone()].copy_from_slice(&theta[block]);
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
        for field in shifts.flat_map(|f| f.generators(model)) {
            if !field.linear.is_empty() {
                continue;
            }
            let mut v = vec![0.0; theta.len()];
            field.constant.iter().for_each(|(i, x)| v[*i] += x);
            for b in &basis {
                let c = dot(&v, b);
                v.iter_mut().zip(b).for_each(|(x, y)| *x -= c * y);
            }
            let norm = dot(&v, &v).sqrt();
            if norm > 1e-9 {
                v.iter_mut().for_each(|x| *x /= norm);
                let c = dot(&rest, &v);
                rest.iter_mut().zip(&v).for_each(|(x, y)| *x -= c * y);
                basis.push(v);
            }
        }
        dot(&rest, &rest) / 2.0
    });
    Found::Term(Term {
        text: format!("||centred({name})||^2/2"),
        latex: format!(
            "\\tfrac12\\lVert {}_{{\\perp}} \\rVert^2",
            spelled_tensor(name, Script::Latex)
        ),
        value,
    })
}

/// ½‖·‖² of the parameters that no non-compact factor moves.
fn unmoved(model: &Model, components: &[Component<'_>], theta: Option<&[f64]>) -> Option<Term> {
    let rest: Vec<TensorId> = model
        .parameters()
        .filter(|t| components.iter().all(|c| !c.tensors.contains(t)))
        .collect();
    let list = |script| {
        let names: Vec<String> = rest
            .iter()
            .map(|t| spelled_tensor(&model.tensor(*t).name, script))
            .collect();
        if names.len() > 4 {
            "rest".to_owned()
        } else {
            names.join(", ")
        }
    };
    let space = model.space();
    let value = theta.map(|theta| {
        let squares = |t: &TensorId| -> f64 {
            let range = space
                .block(&model.tensor(*t).name)
                .map_or(0..0, symbias_model::space::Block::range);
            theta[range].iter().map(|x| x * x).sum()
        };
        rest.iter().map(squares).sum::<f64>() / 2.0
    });
    (!rest.is_empty()).then(|| Term {
        text: format!(
            "||{}||^2/2",
            if rest.len() == 1 {
                list(Script::Plain)
            } else {
                format!("({})", list(Script::Plain))
            }
        ),
        latex: format!("\\tfrac12\\lVert {} \\rVert^2", list(Script::Latex)),
        value,
    })
}
