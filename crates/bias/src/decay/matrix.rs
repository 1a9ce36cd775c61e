//! General linear groups: one group between two stacks of parameters gives the nuclear norm of
//! their product, a chain of D matrices (D/2) Σ σ^{2/D} (theory §6).

use super::{Found, Term};
use symbias_geometry::charge::render::{Script, spelled_tensor, total};
use symbias_geometry::discover::structural::{ActionView, MatrixSlot};
use symbias_model::expression::{Field, Model, TensorId};
use symbias_numerics::dense::{Matrix, singular_values};

pub(super) fn closed_form(model: &Model, views: &[ActionView], theta: Option<&[f64]>) -> Found {
    let found = match views {
        [ActionView::Matrix { slots, size, .. }] => pair(model, slots, *size as usize, theta),
        _ => chain(model, views, theta),
    };
    found.map_or(Found::Unknown, Found::Term)
}

/// An axis of a tensor that carries a dependence, with its name.
fn axis_name(model: &Model, tensor: TensorId, axis: usize) -> String {
    model.axes[model.tensor(tensor).axes[axis].index()].name.clone()
}

/// The entries of a slot for one value of the dependences, as a matrix: group index by rest.
fn unfolded(model: &Model, slot: &MatrixSlot, copy: &[usize], theta: &[f64]) -> Option<Vec<Vec<f64>>> {
    let space = model.space();
    let block = space.block(&model.tensor(slot.tensor).name)?;
    let shape = &block.shape;
    let fixed: Vec<usize> = slot.dependences.iter().copied().collect::<Option<_>>()?;
    let n: usize = slot.axes.iter().map(|a| shape[*a]).product();
    let mut rows = vec![Vec::new(); n];
    for flat in 0..block.entries() {
        let mut rest = flat;
        let mut index = vec![0; shape.len()];
        for (i, size) in index.iter_mut().zip(shape).rev() {
            *i = rest % size;
            rest /= size;
        }
        if fixed.iter().zip(copy).all(|(axis, c)| index[*axis] == *c) {
            let joint = slot.axes.iter().fold(0, |acc, a| acc * shape[*a] + index[*a]);
            rows[joint].push(theta[block.offset + flat]);
        }
    }
    Some(rows)
}

/// ‖AᵀB‖_* for each copy, A the stack of parameters that X acts on, B that of its duals.
fn pair(model: &Model, slots: &[MatrixSlot], n: usize, theta: Option<&[f64]>) -> Option<Term> {
    let (dual, plain): (Vec<&MatrixSlot>, Vec<&MatrixSlot>) = slots.iter().partition(|s| s.dual);
    let real = slots.iter().all(|s| model.tensor(s.tensor).field == Field::Real);
    let fixed = slots.iter().all(|s| s.dependences.iter().all(Option::is_some));
    if dual.is_empty() || plain.is_empty() || !real || !fixed {
        return None;
    }
    let first = plain[0];
    let sizes: Vec<usize> = first
        .dependences
        .iter()
        .flatten()
        .map(|a| model.axis_size(model.tensor(first.tensor).axes[*a]) as usize)
        .collect();
    let value = match theta {
        Some(theta) => Some(nuclear(model, (&plain, &dual), n, &sizes, theta)?),
        None => None,
    };
    let render = |script: Script| {
        let letters: Vec<String> = first.dependences.iter().flatten().map(|a| axis_name(model, first.tensor, *a)).collect();
        let side = |slots: &[&MatrixSlot]| -> String {
            let names: Vec<String> = slots.iter().map(|s| spelled_tensor(&model.tensor(s.tensor).name, script)).collect();
            if names.len() == 1 { names[0].clone() } else { format!("[{}]", names.join("; ")) }
        };
        let at = if letters.is_empty() { String::new() } else { format!("_{}", letters.join(",")) };
        let (a, b) = (side(&plain), side(&dual));
        match script {
            Script::Plain => format!("{}||{a}{at} {b}{at}||_*", total(&letters, script)),
            Script::Latex => {
                let at = if at.is_empty() { at } else { format!("_{{{}}}", &at[1..]) };
                format!("{}\\lVert {a}{at} {b}{at} \\rVert_*", total(&letters, script))
            }
        }
    };
    Some(Term { text: render(Script::Plain), latex: render(Script::Latex), value })
}

fn nuclear(
    model: &Model,
    (plain, dual): (&[&MatrixSlot], &[&MatrixSlot]),
    n: usize,
    sizes: &[usize],
    theta: &[f64],
) -> Option<f64> {
    let copies: usize = sizes.iter().product();
    let mut sum = 0.0;
    for c in 0..copies {
        let mut rest = c;
        let mut copy = vec![0; sizes.len()];
        for (i, size) in copy.iter_mut().zip(sizes).rev() {
            *i = rest % size;
            rest /= size;
        }
        let stack = |slots: &[&MatrixSlot]| -> Option<Matrix> {
            let mut rows = vec![Vec::new(); n];
            for slot in slots {
                let part = unfolded(model, slot, &copy, theta)?;
                rows.iter_mut().zip(part).for_each(|(r, p)| r.extend(p));
            }
            Matrix::from_vec(n, rows[0].len(), rows.concat()).ok()
        };
        let product = stack(plain)?.transpose_matmul(&stack(dual)?).ok()?;
        sum += singular_values(&product).ok()?.iter().sum::<f64>();
    }
    Some(sum)
}

/// A chain T_1 – T_2 – … – T_D of matrices joined by single groups.
fn chain(model: &Model, views: &[ActionView], theta: Option<&[f64]>) -> Option<Term> {
    // Each link: (tensor, axis) of its two ends, the dual one second.
    let mut links: Vec<((TensorId, usize), (TensorId, usize))> = Vec::new();
    for view in views {
        let ActionView::Matrix { slots, copies: 1, complex: false, .. } = view else { return None };
        let [a, b] = slots.as_slice() else { return None };
        let (plain, dual) = match (a.dual, b.dual) {
            (false, true) => (a, b),
            (true, false) => (b, a),
            _ => return None,
        };
        let ([p], [d]) = (plain.axes.as_slice(), dual.axes.as_slice()) else { return None };
        if model.tensor(plain.tensor).axes.len() != 2 || model.tensor(dual.tensor).axes.len() != 2 {
            return None;
        }
        links.push(((plain.tensor, *p), (dual.tensor, *d)));
    }
    let ends = |t: TensorId| links.iter().filter(|l| l.0.0 == t || l.1.0 == t).count();
    let start = links.iter().flat_map(|l| [l.0, l.1]).find(|e| ends(e.0) == 1)?;
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
    let distinct: std::collections::BTreeSet<TensorId> = order.iter().map(|o| o.0).collect();
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
                let own = Matrix::from_vec(block.shape[0], block.shape[1], theta[block.range()].to_vec()).ok()?;
                let own = if *incoming == 0 { own } else { own.transpose() };
                product = Some(match product {
                    Some(before) => before.matmul(&own).ok()?,
                    None => own,
                });
            }
            let d = depth as f64;
            Some(d / 2.0 * singular_values(&product?).ok()?.iter().map(|s| s.powf(2.0 / d)).sum::<f64>())
        }
        None => None,
    };
    let render = |script: Script| {
        let names: Vec<String> = order.iter().map(|(t, _)| spelled_tensor(&model.tensor(*t).name, script)).collect();
        match script {
            Script::Plain => format!("({depth}/2) sum_i sigma_i({})^(2/{depth})", names.join(" ")),
            Script::Latex => format!("\\tfrac{{{depth}}}{{2}}\\sum_i \\sigma_i({})^{{2/{depth}}}", names.join(" ")),
        }
    };
    Some(Term { text: render(Script::Plain), latex: render(Script::Latex), value })
}
