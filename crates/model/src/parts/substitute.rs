//! A value with index expressions in place of some of its letters.

use super::draft::Draft;
use super::linear::{replaced, replaced_condition};
use crate::expression::{Factor, IndexExpr, Label, Node, NodeId, Op, Term};
use std::collections::HashMap;

/// Letters and what stands in their place; the letters in there are fresh, so that no sum or
/// maximum inside binds them.
pub(super) type Substitution = HashMap<Label, IndexExpr>;

impl Draft {
    /// Whether an operation below runs along this letter, so that the letter can only be renamed.
    pub fn runs_along(&self, root: NodeId, label: Label) -> bool {
        let mut stack = vec![root];
        let mut seen = std::collections::HashSet::new();
        while let Some(id) = stack.pop() {
            let node = self.model.node(id);
            if !node.labels.contains(&label) || !seen.insert(id) {
                continue;
            }
            match &node.op {
                Op::Axial { over, .. } if over.contains(&label) => return true,
                Op::Rope { over, .. } if *over == label => return true,
                op => stack.extend(op.arguments()),
            }
        }
        false
    }

    /// The node with the letters replaced; what has none of them stays one node.
    pub fn substituted(
        &mut self,
        id: NodeId,
        with: &Substitution,
        known: &mut HashMap<NodeId, NodeId>,
    ) -> NodeId {
        let node = self.model.node(id);
        if !node.labels.iter().any(|l| with.contains_key(l)) {
            return id;
        }
        if let Some(done) = known.get(&id) {
            return *done;
        }
        let Node {
            op,
            labels,
            field,
            span,
        } = node.clone();
        let op = self.substituted_op(op, with, known);
        let labels = replaced_labels(&labels, with);
        let new = self.push(Node {
            op,
            labels,
            field,
            span,
        });
        known.insert(id, new);
        new
    }

    fn substituted_op(
        &mut self,
        mut op: Op,
        with: &Substitution,
        known: &mut HashMap<NodeId, NodeId>,
    ) -> Op {
        let letter = |l: Label| with.get(&l).cloned().unwrap_or(IndexExpr::Label(l));
        let index_of = |e: &IndexExpr| replaced(e, &letter, &|t| t);
        let mut to = |id: &mut NodeId| *id = self.substituted(*id, with, known);
        match &mut op {
            Op::Number(_) => {}
            Op::Position(e) => *e = index_of(e),
            Op::Access { index, .. } => index.iter_mut().for_each(|e| *e = index_of(e)),
            Op::Product { factors, .. } => {
                factors.iter_mut().for_each(|Factor { node, .. }| to(node));
            }
            Op::Sum { terms } => terms.iter_mut().for_each(|Term { node, .. }| to(node)),
            Op::Map { argument, .. } | Op::Reduce { argument, .. } | Op::Axial { argument, .. } => {
                to(argument);
            }
            Op::Power { base, exponent } => [base, exponent].into_iter().for_each(to),
            Op::Extreme { pair, .. } => pair.iter_mut().for_each(to),
            Op::Where {
                condition,
                then,
                otherwise,
            } => {
                *condition = replaced_condition(condition, &letter, &|t| t);
                [then, otherwise].into_iter().for_each(to);
            }
            Op::Rope {
                argument, position, ..
            } => [argument, position].into_iter().for_each(to),
        }
        op
    }
}

fn replaced_labels(labels: &[Label], with: &Substitution) -> Vec<Label> {
    let mut all: Vec<Label> = Vec::with_capacity(labels.len());
    let mut add = |l: Label| {
        if !all.contains(&l) {
            all.push(l);
        }
    };
    for label in labels {
        match with.get(label) {
            Some(e) => e.for_each_label(&mut add),
            None => add(*label),
        }
    }
    all
}
