//! The new model: parts in the places of their tensors, nothing dead, nodes in order.

use super::draft::Draft;
use super::linear::{plus, replaced, replaced_condition};
use super::sweep::{Separate, Swept, View};
use crate::expression::{
    IndexExpr, Label, Model, Node, NodeId, Op, Repetition, Source, Tensor, TensorId,
};
use std::collections::{BTreeMap, HashMap, HashSet};

/// The model, and for each of its parameters what it is of.
pub(super) fn rebuild(swept: Swept) -> (Model, Vec<View>) {
    let Swept {
        draft,
        order,
        replaced: parts,
        views,
        renamed,
    } = swept;
    let live: HashSet<TensorId> = order.iter().copied().collect();
    let original: usize = draft.model.tensors.len() - parts.values().map(Vec::len).sum::<usize>();
    let mut list: Vec<TensorId> = Vec::new();
    for id in (0..original).map(|i| TensorId(i as u32)) {
        let defined = matches!(draft.model.tensor(id).source, Source::Defined { .. });
        match parts.get(&id) {
            Some(parts) => list.extend(parts),
            None if !defined || live.contains(&id) => list.push(id),
            None => {}
        }
    }
    let place: HashMap<TensorId, TensorId> = list
        .iter()
        .enumerate()
        .map(|(i, id)| (*id, TensorId(i as u32)))
        .collect();
    let parameters = list.iter().filter(|id| {
        let source = &draft.model.tensor(**id).source;
        *source == Source::Parameter
    });
    let views = parameters
        .map(|id| {
            let natural = || View {
                of: *id,
                place: Some((0, strides(&draft.model.shape(*id)))),
            };
            views.get(id).cloned().unwrap_or_else(natural)
        })
        .collect();
    let repetitions = renamed_repetitions(&draft.model.repetitions, &renamed);
    let mut writer = Writer {
        draft: &draft,
        place,
        nodes: Vec::new(),
        known: HashMap::new(),
    };
    let model = writer.model(&list, &order, repetitions);
    (model, views)
}

/// Steps of the axes of a row-major array.
fn strides(shape: &[u64]) -> Vec<i64> {
    (0..shape.len())
        .map(|axis| shape[axis + 1..].iter().product::<u64>() as i64)
        .collect()
}

fn renamed_repetitions(
    repetitions: &[Repetition],
    renamed: &BTreeMap<Separate, Vec<String>>,
) -> Vec<Repetition> {
    let parts = |block: usize, name: &String| match renamed.get(&(block, name.clone())) {
        Some(ends) => ends.iter().map(|end| format!("{name}{end}")).collect(),
        None => vec![name.clone()],
    };
    repetitions
        .iter()
        .enumerate()
        .map(|(block, repetition)| Repetition {
            parameters: repetition
                .parameters
                .iter()
                .flat_map(|name| parts(block, name))
                .collect(),
            ..repetition.clone()
        })
        .collect()
}

struct Writer<'a> {
    draft: &'a Draft,
    place: HashMap<TensorId, TensorId>,
    nodes: Vec<Node>,
    known: HashMap<NodeId, NodeId>,
}

impl Writer<'_> {
    fn model(
        &mut self,
        list: &[TensorId],
        order: &[TensorId],
        repetitions: Vec<Repetition>,
    ) -> Model {
        let old = &self.draft.model;
        for id in order {
            if let Source::Defined { node, .. } = old.tensor(*id).source {
                self.node(node);
            }
        }
        let mut loss = old.loss.clone();
        if let Some(loss) = &mut loss {
            loss.node = self.node(loss.node);
            loss.target = loss.target.and_then(|t| self.place.get(&t).copied());
        }
        let tensors = list.iter().map(|id| self.tensor(*id)).collect();
        let moved = |ids: &[TensorId]| ids.iter().map(|id| self.place[id]).collect();
        let labels = old.labels.iter().cloned().map(|mut l| {
            l.axis = self.draft.axis(l.axis);
            l
        });
        Model {
            name: old.name.clone(),
            axes: old.axes.clone(),
            labels: labels.collect(),
            tensors,
            order: moved(order),
            outputs: moved(&old.outputs),
            batch: old.batch.map(|b| self.draft.axis(b)),
            loss,
            repetitions,
            nodes: std::mem::take(&mut self.nodes),
        }
    }

    fn tensor(&self, id: TensorId) -> Tensor {
        let mut tensor = self.draft.model.tensor(id).clone();
        for axis in &mut tensor.axes {
            *axis = self.draft.axis(*axis);
        }
        match &mut tensor.source {
            Source::Defined { node, .. } => *node = self.known[node],
            Source::Input { index, .. } | Source::Constant { index, .. } => {
                *index = index.map(|axis| self.draft.axis(axis));
            }
            Source::Parameter => {}
        }
        tensor
    }

    /// Writes a node after its arguments.
    fn node(&mut self, root: NodeId) -> NodeId {
        let mut stack = vec![(root, false)];
        while let Some((id, ready)) = stack.pop() {
            if self.known.contains_key(&id) {
                continue;
            }
            let node = self.draft.model.node(id);
            if !ready {
                stack.push((id, true));
                stack.extend(node.op.arguments().into_iter().map(|a| (a, false)));
                continue;
            }
            let mut node = node.clone();
            self.moved(&mut node.op);
            self.known.insert(id, NodeId(self.nodes.len() as u32));
            self.nodes.push(node);
        }
        self.known[&root]
    }

    fn moved(&self, op: &mut Op) {
        let to = |id: &mut NodeId| *id = self.known[id];
        let tensor_of = |id: TensorId| self.place[&id];
        let index_of = |e: &IndexExpr| replaced(e, &IndexExpr::Label, &tensor_of);
        match op {
            Op::Number(_) => {}
            Op::Position(e) => *e = index_of(e),
            Op::Access { tensor, index, .. } => {
                for (axis, e) in index.iter_mut().enumerate() {
                    *e = self.on_its_axis(index_of(e), *tensor, axis);
                }
                *tensor = tensor_of(*tensor);
            }
            Op::Product { factors, .. } => factors.iter_mut().for_each(|f| to(&mut f.node)),
            Op::Sum { terms } => terms.iter_mut().for_each(|t| to(&mut t.node)),
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
                *condition = replaced_condition(condition, &IndexExpr::Label, &tensor_of);
                [then, otherwise].into_iter().for_each(to);
            }
            Op::Rope {
                argument, position, ..
            } => [argument, position].into_iter().for_each(to),
        }
    }

    /// A bare letter stands only on its own axis; on another it is the expression `a+0`.
    fn on_its_axis(&self, e: IndexExpr, tensor: TensorId, axis: usize) -> IndexExpr {
        let old = &self.draft.model;
        let own = |l: Label| self.draft.axis(old.labels[l.index()].axis);
        match e.as_label() {
            Some(l) if own(l) != self.draft.axis(old.tensor(tensor).axes[axis]) => {
                IndexExpr::Add(Box::new(e), Box::new(IndexExpr::Constant(0)))
            }
            _ => plus(e, 0),
        }
    }
}
