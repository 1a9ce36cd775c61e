//! Weight decay: the induced regulariser R = min over the orbit of ½‖θ‖² (theory §3.3, decay
//! column of §6), in closed form where a rule gives it.
//!
//! Factors that move a common parameter are minimised together. Compact factors leave the norm
//! alone and do not count. A minimum over a closed orbit is attained exactly where the charges
//! vanish (theory §3.1); values are infima otherwise.

mod diagonal;
mod matrix;

use crate::statement::{Bias, Hypothesis, Status};
use std::collections::BTreeSet;
use symbias_geometry::charge::render::{Script, spelled_tensor};
use symbias_geometry::discover::structural::{ActionView, Factor};
use symbias_model::expression::{Model, TensorId};

/// One term of the regulariser: a closed form for the parameters of one component.
struct Term {
    text: String,
    latex: String,
    value: Option<f64>,
}

/// What a rule says of a component.
enum Found {
    Term(Term),
    /// The infimum is not attained: the reason.
    NotAttained(String),
    /// No rule.
    Unknown,
}

/// Factors that are minimised together, and the parameters they move.
struct Component<'a> {
    factors: Vec<&'a Factor>,
    tensors: BTreeSet<TensorId>,
}

/// The bias of weight decay; its value at `theta` if given.
#[must_use]
pub fn decay(model: &Model, factors: &[Factor], theta: Option<&[f64]>) -> Bias {
    let components = components(factors);
    let mut hypotheses = vec![
        Hypothesis::new(
            "the penalty is the same multiple of the squared norm of every parameter",
            Status::Assumed,
        ),
        Hypothesis::new(
            "gradient steps reach the minimum over each orbit before the function changes",
            Status::Assumed,
        ),
    ];
    let (mut terms, mut complete) = (Vec::new(), true);
    for component in &components {
        match closed_form(model, component, theta) {
            Found::Term(term) => terms.push(term),
            Found::NotAttained(reason) => {
                hypotheses.push(Hypothesis::new(
                    format!("the minimum over the orbit is attained ({reason})"),
                    Status::Fails,
                ));
                return Bias {
                    exists: false,
                    value: None,
                    formula: None,
                    latex: None,
                    base_measure: NO_MEASURE.into(),
                    hypotheses,
                };
            }
            Found::Unknown => complete = false,
        }
    }
    if !complete {
        hypotheses.push(Hypothesis::new(
            "a rule gives the minimum over the orbit in closed form",
            Status::Fails,
        ));
        return Bias {
            exists: true,
            value: None,
            formula: None,
            latex: None,
            base_measure: NO_MEASURE.into(),
            hypotheses,
        };
    }
    if !components.is_empty() {
        hypotheses.push(Hypothesis::new(
            "the orbit is the whole fibre; on a larger one the minimum can be smaller",
            Status::Assumed,
        ));
    }
    terms.extend(unmoved(model, &components, theta));
    let join = |part: fn(&Term) -> &str| terms.iter().map(part).collect::<Vec<_>>().join(" + ");
    Bias {
        exists: true,
        value: terms.iter().map(|t| t.value).sum(),
        formula: Some(join(|t| &t.text)),
        latex: Some(join(|t| &t.latex)),
        base_measure: NO_MEASURE.into(),
        hypotheses,
    }
}

/// Decay selects a minimiser, not a distribution.
const NO_MEASURE: &str = "none: a minimiser, not a distribution";

fn tensors(factor: &Factor) -> BTreeSet<TensorId> {
    match factor.view() {
        ActionView::Matrix { slots, .. } => slots.iter().map(|s| s.tensor).collect(),
        ActionView::Diagonal { parts, .. } => parts.iter().map(|p| p.0).collect(),
        ActionView::Translation {
            tensor,
            compensated,
            ..
        } => std::iter::once(tensor)
            .chain(compensated.map(|c| c.0))
            .collect(),
    }
}

/// Non-compact factors, joined where they move a common parameter.
fn components(factors: &[Factor]) -> Vec<Component<'_>> {
    let mut components: Vec<Component<'_>> = Vec::new();
    for factor in factors.iter().filter(|f| !f.is_compact()) {
        let mut joined = Component {
            factors: vec![factor],
            tensors: tensors(factor),
        };
        let (meets, apart): (Vec<_>, Vec<_>) = components
            .into_iter()
            .partition(|c| !c.tensors.is_disjoint(&joined.tensors));
        components = apart;
        for other in meets {
            joined.factors.extend(other.factors);
            joined.tensors.extend(other.tensors);
        }
        components.push(joined);
    }
    components.sort_by_key(|c| c.tensors.first().copied());
    components
}

fn closed_form(model: &Model, component: &Component<'_>, theta: Option<&[f64]>) -> Found {
    let views: Vec<ActionView> = component.factors.iter().map(|f| f.view()).collect();
    if views.iter().all(|v| {
        matches!(
            v,
            ActionView::Diagonal { .. } | ActionView::Matrix { size: 1, .. }
        )
    }) {
        return diagonal::closed_form(model, &component.factors, theta);
    }
    if views
        .iter()
        .all(|v| matches!(v, ActionView::Matrix { group: "gl", .. }))
    {
        return matrix::closed_form(model, &component.factors, theta);
    }
    match views.as_slice() {
        [
            ActionView::Translation {
                tensor,
                compensated: None,
                ..
            },
        ] => centred(model, component.factors[0], *tensor, theta),
        _ => Found::Unknown,
    }
}

/// Translations: what is left is the part of the parameter that is orthogonal to them.
fn centred(model: &Model, factor: &Factor, tensor: TensorId, theta: Option<&[f64]>) -> Found {
    let name = &model.tensor(tensor).name;
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
        for field in factor.generators(model) {
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
