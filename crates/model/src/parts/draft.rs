//! A model while its tensors are taken apart: who reads what, which axes are one, what is new.

use super::boxes::Group;
use super::cut::{Cut, Value, against, keep_letters};
use super::linear::lookup_axis;
use crate::expression::{
    Axis, AxisId, IndexExpr, Label, LabelInfo, Model, Node, NodeId, Op, TensorId,
};
use std::collections::HashMap;

/// Axes of a part, at most: rules look at subsets of the axes of a tensor.
const MOST_AXES: usize = 12;

/// A read of a tensor: the node, and what it takes of each axis.
#[derive(Clone, Debug)]
pub(super) struct Read {
    pub node: NodeId,
    pub cuts: Vec<Cut>,
}

/// One axis of a part: a digit of an axis of the whole tensor, or a letter of one value.
#[derive(Clone, Debug)]
pub(super) struct PartAxis {
    /// Position of the axis of the whole tensor.
    pub of: usize,
    /// What one more adds along that axis: negative where the letter runs against it, 0 for a
    /// letter of one value.
    pub step: i64,
    /// Number of values.
    pub count: u64,
    /// The axis that it is in the new model.
    pub axis: AxisId,
    /// Whether some read has a letter of its own for it.
    pub lettered: bool,
}

/// What becomes of one group of reads.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub group: Group,
    pub axes: Vec<PartAxis>,
    /// For each axis of the whole tensor its entry at zero letters.
    pub base: Vec<i64>,
    /// For each read of the group the index of the part.
    pub indices: Vec<Vec<IndexExpr>>,
}

/// Whether an operation, if it reads a tensor, takes whole axes by their own letters.
pub(super) fn reads_letters(model: &Model, op: &Op) -> bool {
    let Op::Access { tensor, index, .. } = op else {
        return true;
    };
    let mut axes = index.iter().zip(&model.tensor(*tensor).axes);
    axes.all(|(e, axis)| {
        let of = |l: Label| model.labels[l.index()].axis;
        e.as_label().is_some_and(|l| of(l) == *axis)
    })
}

/// The model under work.
pub(super) struct Draft {
    pub model: Model,
    /// For each tensor the live nodes that read it, as far as they are known.
    pub reads: Vec<Vec<NodeId>>,
    pub changed: bool,
    seen: Vec<bool>,
    /// Axes that reads of one box showed to be one.
    merged: Vec<AxisId>,
    /// New axes by what they stand for.
    made: HashMap<(String, u64), AxisId>,
}

impl Draft {
    pub fn new(model: Model) -> Draft {
        Draft {
            reads: vec![Vec::new(); model.tensors.len()],
            changed: false,
            seen: vec![false; model.nodes.len()],
            merged: (0..model.axes.len()).map(|i| AxisId(i as u32)).collect(),
            made: HashMap::new(),
            model,
        }
    }

    /// The axis that an axis has become.
    pub fn axis(&self, axis: AxisId) -> AxisId {
        let up = self.merged[axis.index()];
        if up == axis { axis } else { self.axis(up) }
    }

    pub fn unite(&mut self, a: AxisId, b: AxisId) {
        let (a, b) = (self.axis(a), self.axis(b));
        let batch = self.model.batch.map(|b| self.axis(b));
        let (keep, drop) = if a == b {
            return;
        } else if batch == Some(b) || batch != Some(a) && b < a {
            (b, a)
        } else {
            (a, b)
        };
        self.merged[drop.index()] = keep;
        self.changed = true;
    }

    /// An axis that stands for something no declared axis runs over.
    pub fn made_axis(&mut self, name: String, size: u64) -> AxisId {
        let (model, merged) = (&mut self.model, &mut self.merged);
        *self
            .made
            .entry((name, size))
            .or_insert_with_key(|(name, _)| {
                let axis = AxisId(model.axes.len() as u32);
                merged.push(axis);
                model.axes.push(Axis {
                    name: name.clone(),
                    size,
                });
                axis
            })
    }

    /// A letter that stands nowhere else.
    pub fn fresh(&mut self, axis: AxisId) -> Label {
        let label = Label(self.model.labels.len() as u32);
        let name = self.model.axes[axis.index()].name.clone();
        self.model.labels.push(LabelInfo { name, axis });
        label
    }

    pub fn push(&mut self, node: Node) -> NodeId {
        let id = NodeId(self.model.nodes.len() as u32);
        self.model.nodes.push(node);
        self.seen.push(false);
        id
    }

    /// Everything below this node is live.
    pub fn live(&mut self, root: NodeId) {
        let mut stack = vec![root];
        while let Some(id) = stack.pop() {
            if std::mem::replace(&mut self.seen[id.index()], true) {
                continue;
            }
            let op = &self.model.node(id).op;
            stack.extend(op.arguments());
            if let Op::Access { tensor, .. } = op {
                self.reads[tensor.index()].push(id);
            }
        }
    }

    /// Whether the reads of these tensors all take whole axes by their own letters.
    pub fn read_plainly(&self, tensors: &[TensorId]) -> bool {
        let mut nodes = tensors.iter().flat_map(|t| &self.reads[t.index()]);
        nodes.all(|n| reads_letters(&self.model, &self.model.node(*n).op))
    }

    /// The reads of tensors of equal axes; axes that may not be cut are taken whole.
    pub fn cuts(&self, tensors: &[TensorId], may_cut: impl Fn(usize) -> bool) -> Vec<Read> {
        let nodes = tensors.iter().flat_map(|t| &self.reads[t.index()]);
        nodes
            .filter_map(|node| {
                let Op::Access { tensor, index, .. } = &self.model.node(*node).op else {
                    return None;
                };
                let shape = self.model.shape(*tensor);
                let cut = |(axis, (e, size)): (usize, (&IndexExpr, u64))| match may_cut(axis) {
                    true => Cut::of(e, size, &self.model),
                    false => Cut::whole(e, size, &self.model),
                };
                let mut cuts: Vec<Cut> = index.iter().zip(shape).enumerate().map(cut).collect();
                keep_letters(index, &mut cuts);
                Some(Read { node: *node, cuts })
            })
            .collect()
    }

    /// The parts of tensors of equal axes, if all their groups of reads can be parts.
    pub fn parts(&mut self, tensor: TensorId, reads: &[Read]) -> Option<Vec<Part>> {
        let boxes = reads
            .iter()
            .map(|r| r.cuts.iter().map(|c| c.set.clone()).collect());
        let groups = super::boxes::groups(boxes);
        let rank = |g: &Group| -> usize {
            let units = |axis: usize| {
                g.reads
                    .iter()
                    .map(move |r| reads[*r].cuts[axis].units.len())
            };
            (0..g.sets.len())
                .map(|x| g.sets[x].digits.len() + units(x).max().unwrap_or(0))
                .sum()
        };
        if groups.iter().any(|g| rank(g) > MOST_AXES) {
            return None;
        }
        Some(
            groups
                .into_iter()
                .map(|g| self.part(tensor, g, reads))
                .collect(),
        )
    }

    fn part(&mut self, tensor: TensorId, group: Group, reads: &[Read]) -> Part {
        let mut part = Part {
            axes: Vec::new(),
            base: group.sets.iter().map(|s| s.start).collect(),
            indices: vec![Vec::new(); group.reads.len()],
            group,
        };
        for of in 0..part.group.sets.len() {
            self.units(tensor, of, &mut part, reads);
            for digit in 0..part.group.sets[of].digits.len() {
                self.digit(tensor, of, digit, &mut part, reads);
            }
        }
        part
    }

    /// Letters of one value.
    fn units(&mut self, tensor: TensorId, of: usize, part: &mut Part, reads: &[Read]) {
        let units = |r: &usize| &reads[*r].cuts[of].units;
        let count = part.group.reads.iter().map(|r| units(r).len()).max();
        for k in 0..count.unwrap_or(0) {
            let found: Vec<Option<&IndexExpr>> =
                part.group.reads.iter().map(|r| units(r).get(k)).collect();
            let letters: Vec<Label> = found
                .iter()
                .filter_map(|e| e.and_then(IndexExpr::as_label))
                .collect();
            let own = self.model.tensor(tensor).axes[of];
            let axis = match self.of_letters(&letters, own) {
                Some(axis) => axis,
                None if self.model.axis_size(own) == 1 => own,
                None => self.made_axis("1".into(), 1),
            };
            part.axes.push(PartAxis {
                of,
                step: 0,
                count: 1,
                axis,
                lettered: !letters.is_empty(),
            });
            for (index, e) in part.indices.iter_mut().zip(&found) {
                index.push(e.cloned().unwrap_or(IndexExpr::Constant(0)));
            }
        }
    }

    fn digit(
        &mut self,
        tensor: TensorId,
        of: usize,
        digit: usize,
        part: &mut Part,
        reads: &[Read],
    ) {
        let set = part.group.sets[of].clone();
        let (step, count) = (set.digits[digit].step, set.digits[digit].count);
        let values: Vec<Value> = part
            .group
            .reads
            .iter()
            .map(|r| reads[*r].cuts[of].value_in(&set, digit, &self.model))
            .collect();
        let letters = |falls: bool| -> Vec<Label> {
            let own = |v: &Value| v.letter.filter(|l| l.falls == falls).map(|l| l.label);
            values.iter().filter_map(own).collect()
        };
        let falls = letters(false).is_empty() && !letters(true).is_empty();
        let chosen = letters(falls);
        let own = self.model.tensor(tensor).axes[of];
        let axis = match self.of_letters(&chosen, own) {
            Some(axis) => axis,
            None if set.digits.len() == 1 && set.is_whole(self.model.axis_size(own) as i64) => own,
            None => self.of_function(&values[0].expr, count as u64),
        };
        if falls {
            part.base[of] += step * (count - 1);
        }
        part.axes.push(PartAxis {
            of,
            step: if falls { -step } else { step },
            count: count as u64,
            axis,
            lettered: !chosen.is_empty(),
        });
        for (index, value) in part.indices.iter_mut().zip(values) {
            index.push(match value.letter {
                Some(l) if l.falls == falls => IndexExpr::Label(l.label),
                _ if falls => against(value.expr, count - 1),
                _ => value.expr,
            });
        }
    }

    /// The one axis of letters that read the same digit: theirs become one.
    fn of_letters(&mut self, letters: &[Label], own: AxisId) -> Option<AxisId> {
        let axes: Vec<AxisId> = letters
            .iter()
            .map(|l| self.model.labels[l.index()].axis)
            .collect();
        let first = *axes.iter().min()?;
        axes.iter().for_each(|a| self.unite(first, *a));
        let is_own = self.axis(own) == self.axis(first);
        Some(if is_own { own } else { first })
    }

    /// An axis for the values of an expression that is no letter.
    fn of_function(&mut self, expr: &IndexExpr, size: u64) -> AxisId {
        if let IndexExpr::Lookup { tensor, .. } = expr
            && let Some(axis) = lookup_axis(*tensor, &self.model)
            && self.model.axis_size(axis) == size
        {
            return axis;
        }
        let name = expr.display(&|l| self.model.labels[l.index()].name.clone());
        self.made_axis(name, size)
    }

    /// Whether a part is the whole tensor, axis by axis.
    pub fn is_whole(&self, tensor: TensorId, part: &Part) -> bool {
        let own = &self.model.tensor(tensor).axes;
        part.axes.len() == own.len()
            && part.axes.iter().enumerate().all(|(i, a)| {
                a.of == i
                    && a.step >= 0
                    && a.count == self.model.axis_size(own[i])
                    && self.axis(a.axis) == self.axis(own[i])
            })
    }

    /// Writes letters where a read of a whole tensor has an expression that is just a letter.
    pub fn read_whole(&mut self, part: &Part, reads: &[Read]) {
        for (read, new) in part.group.reads.iter().zip(&part.indices) {
            let node = reads[*read].node;
            let Op::Access { index, .. } = &mut self.model.nodes[node.index()].op else {
                continue;
            };
            for (e, new) in index.iter_mut().zip(new) {
                if new.as_label().is_some() && e != new {
                    *e = new.clone();
                    self.changed = true;
                }
            }
        }
    }

    /// Lets the reads of a part read it; `tensor_of` says which tensor takes the place of one.
    pub fn read_part(
        &mut self,
        part: &Part,
        reads: &[Read],
        tensor_of: impl Fn(TensorId) -> TensorId,
    ) {
        self.changed = true;
        for (read, new) in part.group.reads.iter().zip(&part.indices) {
            let read = &reads[*read];
            let Op::Access {
                tensor,
                index,
                zero,
            } = &mut self.model.nodes[read.node.index()].op
            else {
                continue;
            };
            *tensor = tensor_of(*tensor);
            index.clone_from(new);
            *zero &= !read.cuts.iter().all(|c| c.inside);
        }
    }
}
