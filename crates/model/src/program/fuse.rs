//! What is computed together: factors of a contraction or a product into what uses them. Decided by the graph alone, so
//! that every layout rounds alike.

use super::graph::{Graph, Id, Op};

/// The nodes that are needed, and how.
#[derive(Clone, Debug, Default)]
pub(super) struct Fused {
    pub live: Vec<bool>,
    /// Nodes that have a node as an argument.
    pub users: Vec<Vec<Id>>,
    /// Gathers that are not computed: who uses them reads the source by the table.
    pub in_place: Vec<bool>,
}

/// Rewrites the graph for these results.
pub(super) fn fuse(graph: &mut Graph, roots: &[Id]) -> Fused {
    let mut found = live(graph, roots);
    for id in 0..graph.nodes.len() as Id {
        if found.live[id as usize] {
            product_into_scatter(graph, &found, id);
            scale_into_contraction(graph, &found, id);
        }
    }
    found = live(graph, roots);
    for id in 0..graph.nodes.len() as Id {
        if found.live[id as usize] && !roots.contains(&id) {
            found.in_place[id as usize] = is_read_in_place(graph, &found, id);
        }
    }
    found
}

fn live(graph: &Graph, roots: &[Id]) -> Fused {
    let count = graph.nodes.len();
    let mut found = Fused {
        live: vec![false; count],
        users: vec![Vec::new(); count],
        in_place: vec![false; count],
    };
    let mut stack: Vec<Id> = roots.to_vec();
    while let Some(id) = stack.pop() {
        if !std::mem::replace(&mut found.live[id as usize], true) {
            stack.extend(graph.op(id).arguments());
        }
    }
    for id in (0..count as Id).filter(|id| found.live[*id as usize]) {
        for argument in graph.op(id).arguments() {
            if !found.users[argument as usize].contains(&id) {
                found.users[argument as usize].push(id);
            }
        }
    }
    // A result is used outside as well: by itself, so that nobody is its only user.
    for root in roots {
        found.users[*root as usize].push(*root);
    }
    found
}

/// A product that is only scattered is not written down: a sparse product of matrices.
fn product_into_scatter(graph: &mut Graph, found: &Fused, id: Id) {
    let Op::Scatter { factors, .. } = graph.op(id) else {
        return;
    };
    let product = factors[0];
    let Op::Contract(own) = graph.op(product).clone() else {
        return;
    };
    if own.len() == 2
        && found.users[product as usize] == [id]
        && graph.union(&own).len() == graph.dims(product).len()
        && let Op::Scatter { factors, .. } = &mut graph.nodes[id as usize].op
    {
        *factors = own;
    }
}

/// A multiple of a sum is the sum with a factor at the end.
fn scale_into_contraction(graph: &mut Graph, found: &Fused, id: Id) {
    let Op::Combine(terms) = graph.op(id) else {
        return;
    };
    let [(product, scale)] = terms[..] else {
        return;
    };
    let Op::Contract(factors) = graph.op(product).clone() else {
        return;
    };
    let inner = &graph.nodes[product as usize];
    if found.users[product as usize] == [id] && inner.dims.len() == graph.dims(id).len() {
        let scale = scale * inner.scale;
        let node = &mut graph.nodes[id as usize];
        (node.op, node.scale) = (Op::Contract(factors), scale);
    }
}

/// Whether all users of a gather can read its source by the table: scatters that consume its new dimensions, and sums
/// of products in which every factor has every dimension of the result, which would load as much anyway.
fn is_read_in_place(graph: &Graph, found: &Fused, id: Id) -> bool {
    let Op::Gather { new, table, .. } = graph.op(id) else {
        return false;
    };
    if table.iter().any(|t| *t < 0) || graph.fixed(id) {
        return false;
    }
    found.users[id as usize]
        .iter()
        .all(|user| match graph.op(*user) {
            Op::Scatter { consumed, .. } => new.iter().all(|d| consumed.contains(d)),
            Op::Contract(factors) => {
                let dims = graph.dims(*user);
                let all = |f: &Id| dims.iter().all(|d| graph.dims(*f).contains(d));
                !dims.is_empty()
                    && new.iter().all(|d| dims.contains(d))
                    && factors.iter().all(all)
                    && graph.union(factors).len() > dims.len()
            }
            _ => false,
        })
}
