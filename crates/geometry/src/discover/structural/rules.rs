//! What each operation demands of a linear change of basis on its letters: the rule table of
//! bonds. Each rule is a small proof that, if the arguments transform as stated, so does the
//! value; what a rule does not know it pins, so that the result is a lower bound.

use super::slots::{Demands, Slot, Slots};
use crate::factor::action::Twist;
use std::collections::HashMap;
use symbias_model::expression::{
    Axial, Factor, Field, Function, IndexExpr, Label, Model, Node, NodeId, Op, Reduction,
    RopeLayout, Source, TensorId,
};

/// Everything of the graph that the outputs depend on.
pub(super) struct Reach {
    pub nodes: Vec<bool>,
    pub tensors: Vec<bool>,
    /// For each node the live nodes that read it, and whether a tensor is defined by it.
    pub users: Vec<Vec<NodeId>>,
    pub defines: Vec<bool>,
}

impl Reach {
    pub fn new(model: &Model) -> Reach {
        let mut reach = Reach {
            nodes: vec![false; model.nodes.len()],
            tensors: vec![false; model.tensors.len()],
            users: vec![Vec::new(); model.nodes.len()],
            defines: vec![false; model.nodes.len()],
        };
        let mut tensors: Vec<TensorId> = model.outputs.clone();
        while let Some(id) = tensors.pop() {
            if std::mem::replace(&mut reach.tensors[id.index()], true) {
                continue;
            }
            let Source::Defined { node, .. } = &model.tensor(id).source else {
                continue;
            };
            reach.defines[node.index()] = true;
            let mut nodes = vec![*node];
            while let Some(n) = nodes.pop() {
                if std::mem::replace(&mut reach.nodes[n.index()], true) {
                    continue;
                }
                let op = &model.node(n).op;
                for argument in op.arguments() {
                    reach.users[argument.index()].push(n);
                    nodes.push(argument);
                }
                if let Op::Access { tensor, .. } = op {
                    tensors.push(*tensor);
                }
            }
        }
        reach
    }

    /// How often the live graph reads each tensor. Equal expressions are one node with several users,
    /// so users are counted.
    pub fn reads(&self, model: &Model) -> HashMap<TensorId, usize> {
        let mut reads = HashMap::new();
        for (n, node) in model
            .nodes
            .iter()
            .enumerate()
            .filter(|(n, _)| self.nodes[*n])
        {
            if let Op::Access { tensor, .. } = &node.op {
                let users = self.users[n].len() + usize::from(self.defines[n]);
                *reads.entry(*tensor).or_insert(0) += users;
            }
        }
        for output in &model.outputs {
            *reads.entry(*output).or_insert(0) += 1;
        }
        reads
    }

    /// Whether a plain sum over `label` is all that ever happens to this node.
    fn summed_by_users(&self, model: &Model, node: NodeId, label: Label) -> bool {
        let users = &self.users[node.index()];
        !self.defines[node.index()]
            && !users.is_empty()
            && users.iter().all(|u| {
                matches!(&model.node(*u).op, Op::Reduce { reduction: Reduction::Sum | Reduction::Mean, over, .. }
                    if over.contains(&label))
            })
    }
}

/// The coordinate planes of a rotary embedding on an axis of size n.
pub(super) fn rope_planes(layout: RopeLayout, n: usize) -> Vec<(usize, usize)> {
    (0..n / 2)
        .map(|m| match layout {
            RopeLayout::Half => (m, m + n / 2),
            RopeLayout::Pairs => (2 * m, 2 * m + 1),
        })
        .collect()
}

/// Ties all slots of the live graph together as the operations demand.
pub(super) fn tie_slots(model: &Model, reach: &Reach) -> Slots {
    let mut rules = Rules {
        model,
        reach,
        slots: Slots::new(model),
    };
    for (t, tensor) in model.tensors.iter().enumerate() {
        let id = TensorId(t as u32);
        if !reach.tensors[t] {
            continue;
        }
        match &tensor.source {
            Source::Defined { node, labels } => {
                for (axis, label) in labels.iter().enumerate() {
                    rules.slots.tie(
                        Slot::Axis(id, axis),
                        Slot::Letter(*node, *label),
                        Twist::SAME,
                    );
                }
            }
            Source::Parameter => {}
            Source::Input { .. } | Source::Constant { .. } => rules.pin_tensor(id),
        }
    }
    for output in &model.outputs {
        rules.pin_tensor(*output);
    }
    for n in (0..model.nodes.len()).filter(|n| reach.nodes[*n]) {
        rules.node(NodeId(n as u32));
    }
    rules.slots
}

struct Rules<'a> {
    model: &'a Model,
    reach: &'a Reach,
    slots: Slots,
}

impl Rules<'_> {
    fn pin_tensor(&mut self, id: TensorId) {
        for axis in 0..self.model.tensor(id).axes.len() {
            self.slots.pin(Slot::Axis(id, axis));
        }
    }

    fn pin_all(&mut self, id: NodeId) {
        for label in &self.model.node(id).labels {
            self.slots.pin(Slot::Letter(id, *label));
        }
    }

    /// The value is linear in the argument, letter by letter.
    fn pass(&mut self, out: NodeId, argument: NodeId, except: &[Label], twist: Twist) {
        for label in &self.model.node(out).labels {
            if !except.contains(label) {
                self.slots.tie(
                    Slot::Letter(out, *label),
                    Slot::Letter(argument, *label),
                    twist,
                );
            }
        }
    }

    fn node(&mut self, id: NodeId) {
        let node: &Node = self.model.node(id);
        match &node.op {
            Op::Number(_) => {}
            Op::Position(_) => self.pin_all(id),
            Op::Access { tensor, index, .. } => self.access(id, *tensor, index),
            Op::Product { factors, summed } => self.product(id, node, factors, summed),
            Op::Sum { terms } => {
                for label in &node.labels {
                    for term in terms {
                        let argument = self.model.node(term.node);
                        if argument.labels.contains(label) {
                            self.slots.tie(
                                Slot::Letter(id, *label),
                                Slot::Letter(term.node, *label),
                                Twist::SAME,
                            );
                        } else if argument.op != Op::Number(0.0) {
                            // A broadcast term is the same for every value of the letter.
                            self.slots.pin(Slot::Letter(id, *label));
                        }
                    }
                }
            }
            Op::Map { function, argument } => self.map(id, *function, *argument),
            Op::Power { base, exponent } => {
                self.pin_all(id);
                self.pin_all(*base);
                self.pin_all(*exponent);
            }
            // No change of basis but a permutation keeps which of two entries is larger.
            Op::Extreme { pair, .. } => {
                for at in [id, pair[0], pair[1]] {
                    self.pin_all(at);
                }
            }
            Op::Reduce {
                reduction,
                over,
                argument,
            } => self.reduce(id, *reduction, over, *argument),
            Op::Axial {
                operation,
                over,
                argument,
                ..
            } => self.axial(id, *operation, over, *argument),
            Op::Where {
                condition,
                then,
                otherwise,
            } => {
                condition.for_each_label(&mut |label| {
                    for at in [id, *then, *otherwise] {
                        self.slots.pin(Slot::Letter(at, label));
                    }
                });
                for label in &node.labels {
                    for branch in [*then, *otherwise] {
                        let argument = self.model.node(branch);
                        if argument.labels.contains(label) {
                            self.slots.tie(
                                Slot::Letter(id, *label),
                                Slot::Letter(branch, *label),
                                Twist::SAME,
                            );
                        } else if argument.op != Op::Number(0.0) {
                            self.slots.pin(Slot::Letter(id, *label));
                        }
                    }
                }
            }
            Op::Rope {
                over,
                argument,
                position,
                layout,
                ..
            } => {
                let planes = rope_planes(*layout, self.model.label_size(*over) as usize);
                self.slots
                    .demand(Slot::Letter(id, *over), |d: &mut Demands| d.commute(planes));
                let angles = self.model.node(*position).labels.clone();
                for label in &angles {
                    self.slots.pin(Slot::Letter(id, *label));
                    self.slots.pin(Slot::Letter(*argument, *label));
                }
                self.pass(id, *argument, &angles, Twist::SAME);
            }
        }
    }

    fn access(&mut self, id: NodeId, tensor: TensorId, index: &[IndexExpr]) {
        let mut seen: Vec<Label> = Vec::new();
        index
            .iter()
            .for_each(|e| e.for_each_label(&mut |l| seen.push(l)));
        for (axis, expr) in index.iter().enumerate() {
            let plain = expr
                .as_label()
                .filter(|l| seen.iter().filter(|s| *s == l).count() == 1);
            if let Some(label) = plain {
                self.slots.tie(
                    Slot::Axis(tensor, axis),
                    Slot::Letter(id, label),
                    Twist::SAME,
                );
            } else {
                self.slots.pin(Slot::Axis(tensor, axis));
                expr.for_each_label(&mut |l| self.slots.pin(Slot::Letter(id, l)));
            }
        }
    }

    /// The two numerators of a product that alone carry a letter, if it is so: what a sum over the
    /// letter contracts.
    fn pair(&self, factors: &[Factor], label: Label) -> Option<[NodeId; 2]> {
        let mut carriers = factors
            .iter()
            .filter(|f| self.model.node(f.node).labels.contains(&label));
        match (carriers.next(), carriers.next(), carriers.next()) {
            (Some(a), Some(b), None) if !a.inverse && !b.inverse => Some([a.node, b.node]),
            _ => None,
        }
    }

    /// Contraction rule: a letter summed between exactly two numerators pairs a space with its
    /// dual; a letter that only one numerator carries passes through; anything else is a
    /// product of functions of the letter, which only diagonal elements respect.
    fn product(&mut self, id: NodeId, node: &Node, factors: &[Factor], summed: &[Label]) {
        for label in node.labels.iter().chain(summed) {
            let carriers: Vec<Factor> = factors
                .iter()
                .copied()
                .filter(|f| self.model.node(f.node).labels.contains(label))
                .collect();
            let contracted =
                summed.contains(label) || self.reach.summed_by_users(self.model, id, *label);
            let pair = self.pair(factors, *label).filter(|_| contracted);
            match (pair, &carriers[..]) {
                (Some([a, b]), _) => {
                    self.slots.tie(
                        Slot::Letter(a, *label),
                        Slot::Letter(b, *label),
                        Twist::DUAL,
                    );
                }
                (None, [a]) if !summed.contains(label) && !a.inverse => {
                    self.slots.tie(
                        Slot::Letter(id, *label),
                        Slot::Letter(a.node, *label),
                        Twist::SAME,
                    );
                }
                _ => {
                    self.slots.pin(Slot::Letter(id, *label));
                    for f in &carriers {
                        self.slots.pin(Slot::Letter(f.node, *label));
                    }
                }
            }
        }
    }

    fn map(&mut self, id: NodeId, function: Function, argument: NodeId) {
        let labels = &self.model.node(id).labels;
        match function {
            Function::Conj => self.pass(id, argument, &[], Twist::CONJUGATE),
            Function::Re | Function::Im => {
                self.pass(id, argument, &[], Twist::SAME);
                for label in labels {
                    self.slots
                        .demand(Slot::Letter(id, *label), |d| d.fix(Twist::CONJUGATE));
                }
            }
            Function::Square | Function::Abs2 => {
                let complex = self.model.node(argument).field == Field::Complex;
                let twist = if function == Function::Abs2 && complex {
                    Twist::ADJOINT
                } else {
                    Twist::DUAL
                };
                for label in labels {
                    if self.reach.summed_by_users(self.model, id, *label) {
                        self.slots
                            .demand(Slot::Letter(argument, *label), |d| d.fix(twist));
                    } else {
                        self.slots.pin(Slot::Letter(id, *label));
                        self.slots.pin(Slot::Letter(argument, *label));
                    }
                }
            }
            _ => {
                self.pin_all(id);
                self.pin_all(argument);
            }
        }
    }

    fn reduce(&mut self, id: NodeId, reduction: Reduction, over: &[Label], argument: NodeId) {
        let inner = self.model.node(argument);
        match reduction {
            Reduction::Sum | Reduction::Mean => {
                self.pass(id, argument, &[], Twist::SAME);
                let squares = matches!(
                    inner.op,
                    Op::Map {
                        function: Function::Square | Function::Abs2,
                        ..
                    }
                );
                for label in over {
                    // A sum reads its argument against the vector of ones, in a fixed basis, unless
                    // the argument pairs the letter with itself: then its own rule has said so.
                    let paired = match &inner.op {
                        Op::Product { factors, .. } => self.pair(factors, *label).is_some(),
                        _ => squares,
                    };
                    if !(paired && self.reach.summed_by_users(self.model, argument, *label)) {
                        self.slots.pin(Slot::Letter(argument, *label));
                    }
                }
            }
            Reduction::Norm => {
                self.pin_all(id);
                let twist = if inner.field == Field::Complex {
                    Twist::ADJOINT
                } else {
                    Twist::DUAL
                };
                for label in &inner.labels {
                    if over.contains(label) {
                        self.slots
                            .demand(Slot::Letter(argument, *label), |d| d.fix(twist));
                    } else {
                        self.slots.pin(Slot::Letter(argument, *label));
                    }
                }
            }
            Reduction::Max | Reduction::LogSumExp => {
                self.pin_all(id);
                self.pin_all(argument);
            }
        }
    }

    fn axial(&mut self, id: NodeId, operation: Axial, over: &[Label], argument: NodeId) {
        let normalises = matches!(operation, Axial::Normalize | Axial::RmsNorm);
        let centres = matches!(operation, Axial::LayerNorm | Axial::Standardize) && over.len() == 1;
        if operation == Axial::CumSum {
            for label in over {
                self.slots.pin(Slot::Letter(id, *label));
                self.slots.pin(Slot::Letter(argument, *label));
            }
            self.pass(id, argument, over, Twist::SAME);
        } else if normalises || centres {
            for label in &self.model.node(id).labels {
                if over.contains(label) {
                    self.slots.tie(
                        Slot::Letter(id, *label),
                        Slot::Letter(argument, *label),
                        Twist::SAME,
                    );
                    self.slots.demand(Slot::Letter(id, *label), |d| {
                        d.fix(Twist::DUAL);
                        d.fixes_ones |= centres;
                    });
                } else {
                    self.slots.pin(Slot::Letter(id, *label));
                    self.slots.pin(Slot::Letter(argument, *label));
                }
            }
        } else {
            self.pin_all(id);
            self.pin_all(argument);
        }
    }
}
