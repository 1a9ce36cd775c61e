//! How large a scalar program would be, before anything of it is made.

use super::ScalarProgram;
use crate::error::{Error, ErrorKind, Result};
use crate::expression::{Label, Model, Node, Op, Reduction};

/// Instructions, at most: about a gigabyte.
pub(super) const LIMIT: usize = 20_000_000;

/// Entries that are gone through to make them, at most: shared and folded instructions are fewer than these.
const VISITS: u128 = 4 * LIMIT as u128;

impl ScalarProgram {
    /// Whether a model can be written out number by number, by its sizes alone: nothing is allocated.
    ///
    /// # Errors
    /// If there are too many numbers, or too many entries on the way to the outputs.
    pub fn fits(model: &Model) -> Result<()> {
        let own = |id| u128::from(model.entries(id)) * model.tensor(id).field.width() as u128;
        let given = model
            .parameters()
            .chain(model.inputs())
            .chain(model.constants());
        let mut leaves = 0_u128;
        for id in given {
            leaves = leaves.saturating_add(own(id));
            if leaves > LIMIT as u128 {
                return Err(too_large().at(model.tensor(id).span));
            }
        }
        let mut visits = 0_u128;
        let folded = folded(model);
        for (number, node) in model.nodes.iter().enumerate() {
            visits = visits.saturating_add(match folded[number] {
                true => 1,
                false => visited(model, node),
            });
            if visits > VISITS {
                return Err(too_large().at(node.span));
            }
        }
        Ok(())
    }
}

/// Sums and means of products, and these products: they are contracted two by two, with no array of all
/// letters, and what that takes is counted as it is made.
fn folded(model: &Model) -> Vec<bool> {
    let mut folded = vec![false; model.nodes.len()];
    for (number, node) in model.nodes.iter().enumerate() {
        let Op::Reduce {
            reduction: Reduction::Sum | Reduction::Mean,
            argument,
            ..
        } = &node.op
        else {
            continue;
        };
        if matches!(model.node(*argument).op, Op::Product { .. }) {
            folded[number] = true;
            folded[argument.index()] = true;
        }
    }
    folded
}

/// Entries of the node times what each is made of.
fn visited(model: &Model, node: &Node) -> u128 {
    let size = |labels: &[Label]| {
        labels
            .iter()
            .map(|l| u128::from(model.label_size(*l)))
            .fold(1, u128::saturating_mul)
    };
    let each = match &node.op {
        // Longer products are contracted two by two: what that takes is counted as it is made.
        Op::Product { factors, .. } if factors.len() > 3 => factors.len() as u128,
        Op::Product { factors, summed } => size(summed).saturating_mul(factors.len() as u128),
        Op::Sum { terms } => terms.len() as u128,
        Op::Reduce { over, .. } => size(over),
        Op::Axial { .. } | Op::Rope { .. } => 4,
        _ => 1,
    };
    let width = node.field.width() as u128;
    size(&node.labels)
        .saturating_mul(each)
        .saturating_mul(width * width)
}

pub(super) fn too_large() -> Error {
    Error::new(
        ErrorKind::Unsupported,
        format!("written out number by number the model has more than {LIMIT} operations"),
    )
    .remedy("smaller axes have the same symmetries, and rules need no numbers")
}
