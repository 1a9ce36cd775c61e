//! Slots and bonds: which index positions must transform by the same group element.
//!
//! A *slot* is one axis of a tensor or one letter of a node. A *bond* is a class of slots that
//! every operation ties together; the group element `g` of a bond acts on its slots as `g`,
//! `g⁻ᵀ`, `ḡ` or `g⁻†`. These four *twists* form Z₂ × Z₂ (dual, conjugate), so a bond is a
//! union-find tree whose edges carry a twist.

use crate::factor::action::Twist;
use symbias_model::expression::{Label, Model, NodeId, TensorId};

/// A tensor or a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Object {
    Tensor(TensorId),
    Node(NodeId),
}

/// One axis of a tensor (by position) or one letter of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Slot {
    Axis(TensorId, usize),
    Letter(NodeId, Label),
}

impl Slot {
    pub fn object(self) -> Object {
        match self {
            Slot::Axis(tensor, _) => Object::Tensor(tensor),
            Slot::Letter(node, _) => Object::Node(node),
        }
    }
}

/// What the operations demand of a bond's group element.
#[derive(Clone, Debug, Default)]
pub(super) struct Demands {
    /// Only the identity: the slot is read in a fixed basis.
    pub rigid: bool,
    /// Twists under which g must equal itself: dual → orthogonal, adjoint → unitary, …
    pub fixed_by: Vec<Twist>,
    /// g must fix the vector of ones.
    pub fixes_ones: bool,
    /// g must commute with the rotations of these planes: (first coordinate, second).
    pub planes: Option<Vec<(usize, usize)>>,
}

impl Demands {
    fn merge(&mut self, other: Demands) {
        self.rigid |= other.rigid;
        self.fixes_ones |= other.fixes_ones;
        for twist in other.fixed_by {
            self.fix(twist);
        }
        if let Some(planes) = other.planes {
            self.commute(planes);
        }
    }

    pub fn fix(&mut self, twist: Twist) {
        if twist != Twist::SAME && !self.fixed_by.contains(&twist) {
            self.fixed_by.push(twist);
        }
    }

    pub fn commute(&mut self, planes: Vec<(usize, usize)>) {
        match &self.planes {
            Some(known) if *known != planes => self.rigid = true,
            _ => self.planes = Some(planes),
        }
    }
}

/// All slots of a model with their bonds.
pub(super) struct Slots {
    slots: Vec<Slot>,
    tensor_base: Vec<usize>,
    node_base: Vec<usize>,
    node_labels: Vec<Vec<Label>>,
    parent: Vec<usize>,
    twist: Vec<Twist>,
    demands: Vec<Demands>,
    /// Every tie that was asked for, as evidence for the dependence of g on other indices.
    pub ties: Vec<(Slot, Slot)>,
}

impl Slots {
    pub fn new(model: &Model) -> Slots {
        let mut slots = Vec::new();
        let mut tensor_base = Vec::new();
        for (t, tensor) in model.tensors.iter().enumerate() {
            tensor_base.push(slots.len());
            slots.extend((0..tensor.axes.len()).map(|a| Slot::Axis(TensorId(t as u32), a)));
        }
        let mut node_base = Vec::new();
        for (n, node) in model.nodes.iter().enumerate() {
            node_base.push(slots.len());
            slots.extend(
                node.labels
                    .iter()
                    .map(|l| Slot::Letter(NodeId(n as u32), *l)),
            );
        }
        let count = slots.len();
        Slots {
            slots,
            tensor_base,
            node_base,
            node_labels: model.nodes.iter().map(|n| n.labels.clone()).collect(),
            parent: (0..count).collect(),
            twist: vec![Twist::SAME; count],
            demands: vec![Demands::default(); count],
            ties: Vec::new(),
        }
    }

    /// The slot's number; a letter that the node lacks has none.
    fn number(&self, slot: Slot) -> Option<usize> {
        match slot {
            Slot::Axis(tensor, axis) => Some(self.tensor_base[tensor.index()] + axis),
            Slot::Letter(node, label) => {
                let position = self.node_labels[node.index()]
                    .iter()
                    .position(|l| *l == label)?;
                Some(self.node_base[node.index()] + position)
            }
        }
    }

    fn root(&mut self, mut at: usize) -> (usize, Twist) {
        let mut total = Twist::SAME;
        while self.parent[at] != at {
            let up = self.parent[at];
            // Path halving: point to the grandparent with the twist composed.
            self.twist[at] = self.twist[at].then(self.twist[up]);
            self.parent[at] = self.parent[up];
            total = total.then(self.twist[at]);
            at = self.parent[at];
        }
        (at, total)
    }

    /// `b` transforms as `a`, up to the twist.
    pub fn tie(&mut self, a: Slot, b: Slot, twist: Twist) {
        let (Some(i), Some(j)) = (self.number(a), self.number(b)) else {
            return;
        };
        self.ties.push((a, b));
        let ((ra, ta), (rb, tb)) = (self.root(i), self.root(j));
        let relative = ta.then(tb).then(twist);
        if ra == rb {
            self.demands[ra].fix(relative);
        } else {
            self.parent[rb] = ra;
            self.twist[rb] = relative;
            let moved = std::mem::take(&mut self.demands[rb]);
            self.demands[ra].merge(moved);
        }
    }

    /// Adds a demand on the bond of a slot.
    pub fn demand(&mut self, slot: Slot, change: impl FnOnce(&mut Demands)) {
        if let Some(i) = self.number(slot) {
            let (root, _) = self.root(i);
            change(&mut self.demands[root]);
        }
    }

    /// The slot is read in a fixed basis.
    pub fn pin(&mut self, slot: Slot) {
        self.demand(slot, |d| d.rigid = true);
    }

    /// All bonds: demands and the slots with their twists.
    pub fn bonds(&mut self) -> Vec<(Demands, Vec<(Slot, Twist)>)> {
        let mut members: Vec<Vec<(Slot, Twist)>> = vec![Vec::new(); self.slots.len()];
        for i in 0..self.slots.len() {
            let (root, twist) = self.root(i);
            members[root].push((self.slots[i], twist));
        }
        members
            .into_iter()
            .enumerate()
            .filter(|(_, slots)| !slots.is_empty())
            .map(|(root, slots)| (self.demands[root].clone(), slots))
            .collect()
    }
}
