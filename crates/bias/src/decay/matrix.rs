//! General linear groups: one group between two stacks of parameters gives the nuclear norm of
//! their product, a chain of D matrices (D/2) Σ σ^{2/D} (theory §6).

use super::{Found, Term};
use std::collections::BTreeSet;
use symbias_geometry::charge::render::{Script, spelled_tensor, total};
use symbias_geometry::charge::{Charge, ScaledBlock, charges};
use symbias_geometry::discover::structural::{ActionView, Factor};
use symbias_model::expression::{Model, TensorId};
use symbias_numerics::dense::{Matrix, singular_values};

pub(super) fn closed_form(model: &Model, factors: &[&Factor], theta: Option<&[f64]>) -> Found {
    let found = match factors {
        [one] => charges(model, &[(*one).clone()])
            .first()
            .and_then(|c| pair(model, c, theta)),
        _ => chain(
            model,
            &factors.iter().map(|f| f.view()).collect::<Vec<_>>(),
            theta,
        ),
    };
    found.map_or(Found::Unknown, Found::Term)
}

/// ‖AᵀB‖_* for each copy, A the stack of parameters that X acts on, B that of its duals.
fn pair(model: &Model, charge: &Charge, theta: Option<&[f64]>) -> Option<Term> {
    let blocks = charge.matrix_blocks()?;
    let (plain, dual): (Vec<&ScaledBlock>, Vec<&ScaledBlock>) =
        blocks.iter().partition(|b| b.exponent > 0.0);
    // A parameter on both sides (A in x' = Ax + Bu) cannot be balanced against itself.
    let tensors: BTreeSet<TensorId> = blocks.iter().map(|b| b.tensor).collect();
    if dual.is_empty() || plain.is_empty() || tensors.len() < blocks.len() {
        return None;
    }
    let value = match theta {
        Some(theta) => Some(nuclear(model, charge, (&plain, &dual), theta)?),
        None => None,
    };
    let render = |script: Script| {
        let letters: Vec<String> = charge.letters.iter().map(|l| l.0.clone()).collect();
        let at = if letters.is_empty() {
            String::new()
        } else {
            format!("_{{{}}}", letters.join(","))
        };
        let side = |blocks: &[&ScaledBlock]| -> String {
            let names: Vec<String> = blocks
                .iter()
                .map(|b| {
                    format!(
                        "{}{at}",
                        spelled_tensor(&model.tensor(b.tensor).name, script)
                    )
                })
                .collect();
            if names.len() == 1 {
                names[0].clone()
            } else {
                format!("[{}]", names.join(", "))
            }
        };
        let (a, b) = (side(&plain), side(&dual));
        match script {
            Script::Plain => {
                format!("{}||{a} {b}||_*", total(&letters, script)).replace(['{', '}'], "")
            }
            Script::Latex => format!("{}\\lVert {a} {b} \\rVert_*", total(&letters, script)),
        }
    };
    Some(Term {
        text: render(Script::Plain),
        latex: render(Script::Latex),
        value,
    })
}

fn nuclear(
    model: &Model,
    charge: &Charge,
    (plain, dual): (&[&ScaledBlock], &[&ScaledBlock]),
    theta: &[f64],
) -> Option<f64> {
    let stacks = |blocks: &[&ScaledBlock]| -> Option<Vec<Matrix>> {
        let parts: Vec<Vec<Vec<Vec<f64>>>> = blocks
            .iter()
            .map(|b| charge.unfolded(b, model, theta))
            .collect();
        (0..parts.first()?.len())
            .map(|copy| {
                let n = parts[0][copy].len();
                let rows: Vec<Vec<f64>> = (0..n)
                    .map(|i| {
                        parts
                            .iter()
                            .flat_map(|p| p[copy][i].iter().copied())
                            .collect()
                    })
                    .collect();
                Matrix::from_vec(n, rows[0].len(), rows.concat()).ok()
            })
            .collect()
    };
    let mut sum = 0.0;
    for (a, b) in stacks(plain)?.iter().zip(&stacks(dual)?) {
        sum += singular_values(&a.transpose_matmul(b).ok()?)
            .ok()?
            .iter()
            .sum::<f64>();
    }
    Some(sum)
}

/// A chain T_1 – T_2 – … – T_D of matrices joined by single groups.
fn chain(model: &Model, views: &[ActionView], theta: Option<&[f64]>) -> Option<Term> {
    // Each link: (tensor, axis) of its two ends, the dual one second.
    let mut links: Vec<((TensorId, usize), (TensorId, usize))> = Vec::new();
    for view in views {
        let ActionView::Matrix {
            slots,
            copies: 1,
            complex: false,
            ..
        } = view
        else {
            return None;
        };
        let [a, b] = slots.as_slice() else {
            return None;
        };
        let (plain, dual) = match (a.dual, b.dual) {
            (false, true) => (a, b),
            (true, false) => (b, a),
            _ => return None,
        };
        let ([p], [d]) = (plain.axes.as_slice(), dual.axes.as_slice()) else {
            return None;
        };
        if model.tensor(plain.tensor).axes.len() != 2 || model.tensor(dual.tensor).axes.len() != 2 {
            return None;
        }
        links.push(((plain.tensor, *p), (dual.tensor, *d)));
    }
    let ends = |t: TensorId| links.iter().filter(|l| l.0.0 == t || l.1.0 == t).count();
    let start = links
        .iter()
        .flat_map(|l| [l.0, l.1])
        .find(|e| ends(e.0) == 1)?;
    let mut order = vec![(start.0, 1 - start.1)];
    let mut used = vec![false; links.len()];
    loop {
        let (tensor, incoming) = *order.last()?;
        let next = links.iter().enumerate().find_map(|(i, (a, b))| {
            let other = match (*a == (tensor, 1 - incoming), *b == (tensor, 1 - incoming)) {
                (true, false) => *b,
                (false, true) => *a,
                _ => return None,
            };
            (!used[i]).then_some((i, other))
        });
        let Some((link, other)) = next else { break };
        used[link] = true;
        order.push(other);
    }
    let distinct: BTreeSet<TensorId> = order.iter().map(|o| o.0).collect();
    if used.iter().any(|u| !u) || distinct.len() != order.len() {
        return None;
    }
    let depth = order.len();
    let value = match theta {
        Some(theta) => {
            let space = model.space();
            let mut product: Option<Matrix> = None;
            for (tensor, incoming) in &order {
                let block = space.block(&model.tensor(*tensor).name)?;
                let own = Matrix::from_vec(
                    block.shape[0],
                    block.shape[1],
                    theta[block.range()].to_vec(),
                )
                .ok()?;
                let own = if *incoming == 0 { own } else { own.transpose() };
                product = Some(match product {
                    Some(before) => before.matmul(&own).ok()?,
                    None => own,
                });
            }
            let d = depth as f64;
            Some(
                d / 2.0
                    * singular_values(&product?)
                        .ok()?
                        .iter()
                        .map(|s| s.powf(2.0 / d))
                        .sum::<f64>(),
            )
        }
        None => None,
    };
    let render = |script: Script| {
        let names: Vec<String> = order
            .iter()
            .map(|(t, _)| spelled_tensor(&model.tensor(*t).name, script))
            .collect();
        match script {
            Script::Plain => format!("({depth}/2) sum_i sigma_i({})^(2/{depth})", names.join(" ")),
            Script::Latex => format!(
                "\\tfrac{{{depth}}}{{2}}\\sum_i \\sigma_i({})^{{2/{depth}}}",
                names.join(" ")
            ),
        }
    };
    Some(Term {
        text: render(Script::Plain),
        latex: render(Script::Latex),
        value,
    })
}
