//! Integers by their form (language §10): what an exact power may have as its exponent.

use super::{Model, Node, NodeId, Op, Reduction, Source, TensorId};

/// Nodes that are looked at, at most: definitions of definitions may unfold to more than any memory.
const NODES: usize = 1 << 10;

/// Whether a node is an integer by its form: integers, `pos`, sums, differences, products and powers of such.
/// Definitions that are integers are looked through.
pub(crate) fn is_integer<'a>(
    id: NodeId,
    node: &dyn Fn(NodeId) -> &'a Node,
    source: &dyn Fn(TensorId) -> &'a Source,
) -> bool {
    let mut open = vec![id];
    for _ in 0..NODES {
        let Some(id) = open.pop() else {
            return true;
        };
        match &node(id).op {
            Op::Number(x) if x.fract() == 0.0 => {}
            Op::Position(_) => {}
            Op::Access { tensor, .. } => match source(*tensor) {
                Source::Defined { node, .. } => open.push(*node),
                _ => return false,
            },
            Op::Product { factors, .. } if factors.iter().all(|f| !f.inverse) => {
                open.extend(factors.iter().map(|f| f.node));
            }
            Op::Map { function, argument } if function.keeps_integers() => open.push(*argument),
            Op::Sum { .. }
            | Op::Where { .. }
            | Op::Reduce {
                reduction: Reduction::Sum,
                ..
            } => open.extend(node(id).op.arguments()),
            _ => return false,
        }
    }
    false
}

impl Model {
    /// Whether a node is an integer by its form: integers, `pos`, sums, differences, products and powers of such.
    #[must_use]
    pub fn is_integer(&self, node: NodeId) -> bool {
        is_integer(node, &|n| self.node(n), &|t| &self.tensor(t).source)
    }
}
