//! The order in which tensors are taken apart: from the outputs backwards, so that all reads of a
//! tensor are known, and are reads of parts already, when its turn comes.
//!
//! A defined tensor of which only slices are read is defined slice by slice: its letters give way to
//! the index expressions of the slices, which so reach the parameters that it is made of.

use super::draft::{Draft, Part, PartAxis, Read};
use super::linear::Linear;
use super::name::suffixes;
use super::substitute::Substitution;
use crate::expression::{IndexExpr, Label, Model, Op, Source, Tensor, TensorId};
use std::collections::{BTreeMap, HashMap};

/// Definitions are taken apart until the nodes are so many times those of the model.
const GROWTH: usize = 4;

/// Slices of one definition, at most: each writes it anew.
const SLICES: usize = 256;

/// A parameter that is separate in each copy of a block: the place of the repetition, and the name in it.
pub(super) type Separate = (usize, String);

/// What a pass leaves for the new model.
pub(super) struct Swept {
    pub draft: Draft,
    /// Definitions in the order of the new model.
    pub order: Vec<TensorId>,
    /// What takes the place of a tensor that was taken apart.
    pub replaced: HashMap<TensorId, Vec<TensorId>>,
    /// For each parameter that is a part what it is of, and where.
    pub views: HashMap<TensorId, View>,
    /// For each repetition, names of parameters and the ends of the names of their parts.
    pub renamed: BTreeMap<Separate, Vec<String>>,
}

/// A part of a parameter: entry `i` of it is entry `base + Σ step · i` of the whole, row-major.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct View {
    pub of: TensorId,
    /// `None` for the entries that no other part has.
    pub place: Option<(i64, Vec<i64>)>,
}

/// Takes a model apart; what is dead is not in `order`.
pub(super) fn sweep(model: &Model) -> Swept {
    let trained = trained(model);
    let limit = GROWTH * model.nodes.len() + 10_000;
    let mut swept = Swept {
        draft: Draft::new(model.clone()),
        order: Vec::new(),
        replaced: HashMap::new(),
        views: HashMap::new(),
        renamed: BTreeMap::new(),
    };
    if let Some(loss) = &model.loss {
        swept.draft.live(loss.node);
    }
    for id in model.order.iter().rev() {
        let whole = model.outputs.contains(id);
        if !whole && swept.draft.reads[id.index()].is_empty() {
            continue;
        }
        let room = swept.draft.model.nodes.len() < limit;
        if whole || !room || !swept.definition(*id, &trained[id.index()]) {
            swept.order.push(*id);
            if let Source::Defined { node, .. } = model.tensor(*id).source {
                swept.draft.live(node);
            }
        }
    }
    swept.order.reverse();
    for (family, tensors) in families(model) {
        swept.parameters(family, &tensors);
    }
    swept
}

/// For each tensor, which of its axes reach an axis of a parameter.
fn trained(model: &Model) -> Vec<Vec<bool>> {
    let mut trained: Vec<Vec<bool>> = model
        .tensors
        .iter()
        .map(|t| vec![t.source == Source::Parameter; t.axes.len()])
        .collect();
    for id in &model.order {
        let Source::Defined { node, labels } = &model.tensor(*id).source else {
            continue;
        };
        let mut found: Vec<Label> = Vec::new();
        let mut seen = std::collections::HashSet::new();
        let mut stack = vec![*node];
        while let Some(n) = stack.pop() {
            if !seen.insert(n) {
                continue;
            }
            let op = &model.node(n).op;
            stack.extend(op.arguments());
            if let Op::Access { tensor, index, .. } = op {
                let axes = index.iter().zip(&trained[tensor.index()]);
                axes.filter(|(_, t)| **t)
                    .for_each(|(e, _)| e.for_each_label(&mut |l| found.push(l)));
            }
        }
        trained[id.index()] = labels.iter().map(|l| found.contains(l)).collect();
    }
    trained
}

/// Parameters that must be taken apart alike: the copies of one in a block. With the block, and the
/// name in it.
fn families(model: &Model) -> Vec<(Option<Separate>, Vec<TensorId>)> {
    let mut copies: BTreeMap<Separate, Vec<TensorId>> = BTreeMap::new();
    let mut families = Vec::new();
    for id in model.parameters() {
        match model.copy_of(&model.tensor(id).name) {
            Some((repetition, local)) => copies
                .entry((repetition, local.to_owned()))
                .or_default()
                .push(id),
            None => families.push((None, vec![id])),
        }
    }
    families.extend(copies.into_iter().map(|(key, ids)| (Some(key), ids)));
    families
}

impl Swept {
    /// Takes a defined tensor apart; whether it is gone.
    fn definition(&mut self, id: TensorId, trained: &[bool]) -> bool {
        let draft = &mut self.draft;
        let Source::Defined { node, labels } = draft.model.tensor(id).source.clone() else {
            return false;
        };
        if draft.read_plainly(&[id]) {
            return false;
        }
        let free: Vec<bool> = labels
            .iter()
            .zip(trained)
            .map(|(l, trained)| *trained && !draft.runs_along(node, *l))
            .collect();
        let reads = draft.cuts(&[id], |axis| free[axis]);
        let Some(parts) = draft.parts(id, &reads) else {
            return false;
        };
        if let [part] = &parts[..]
            && draft.is_whole(id, part)
        {
            draft.read_whole(part, &reads);
            return false;
        }
        if parts.len() > SLICES {
            return false;
        }
        let suffixes = suffixes(&draft.model, id, &parts, false);
        let ids: Vec<TensorId> = parts
            .iter()
            .zip(&suffixes)
            .map(|(part, suffix)| self.define(id, part, suffix, &reads))
            .collect();
        self.order.extend(ids.iter().rev());
        self.replaced.insert(id, ids);
        true
    }

    /// The definition of a part of a defined tensor.
    fn define(&mut self, whole: TensorId, part: &Part, suffix: &str, reads: &[Read]) -> TensorId {
        let draft = &mut self.draft;
        let tensor = draft.model.tensor(whole).clone();
        let Source::Defined { node, labels } = tensor.source else {
            return whole;
        };
        let mut with = Substitution::new();
        let mut left = Vec::with_capacity(part.axes.len());
        for (of, own) in labels.iter().enumerate() {
            let axes: Vec<&PartAxis> = part.axes.iter().filter(|a| a.of == of).collect();
            let size = draft.model.axis_size(tensor.axes[of]);
            if let [axis] = axes[..]
                && axis.step >= 0
                && axis.count == size
            {
                draft.unite(axis.axis, tensor.axes[of]);
                left.push(*own);
                continue;
            }
            let mut place = Linear {
                constant: i128::from(part.base[of]),
                terms: Vec::new(),
            };
            for axis in axes {
                let letter = draft.fresh(axis.axis);
                left.push(letter);
                let step = i128::from(if axis.step == 0 { 1 } else { axis.step });
                place.terms.push((step, IndexExpr::Label(letter)));
            }
            with.insert(*own, place.expr());
        }
        let node = draft.substituted(node, &with, &mut HashMap::new());
        let axes = part.axes.iter().map(|a| a.axis).collect();
        let id = self.add(Tensor {
            name: format!("{}{suffix}", tensor.name),
            axes,
            source: Source::Defined { node, labels: left },
            ..tensor
        });
        self.draft.read_part(part, reads, |_| id);
        self.draft.live(node);
        id
    }

    /// Takes parameters apart that have the same axes and are read alike.
    fn parameters(&mut self, family: Option<Separate>, tensors: &[TensorId]) {
        let draft = &mut self.draft;
        let first = tensors[0];
        if draft.read_plainly(tensors) {
            return;
        }
        let reads = draft.cuts(tensors, |_| true);
        let Some(parts) = draft.parts(first, &reads) else {
            return;
        };
        if let [part] = &parts[..]
            && draft.is_whole(first, part)
        {
            draft.read_whole(part, &reads);
            return;
        }
        let taken = |p: &Part| p.axes.iter().map(|a| a.count).product::<u64>();
        let rest = draft.model.entries(first) - parts.iter().map(taken).sum::<u64>();
        let suffixes = suffixes(&draft.model, first, &parts, rest > 0);
        let mut replaced: HashMap<TensorId, Vec<TensorId>> = HashMap::new();
        for (part, suffix) in parts.iter().zip(&suffixes) {
            let mut place: HashMap<TensorId, TensorId> = HashMap::new();
            for whole in tensors {
                let id = self.part_of(*whole, part, suffix);
                place.insert(*whole, id);
                replaced.entry(*whole).or_default().push(id);
            }
            self.draft
                .read_part(part, &reads, |t| place.get(&t).copied().unwrap_or(t));
        }
        if rest > 0 {
            let axis = self.draft.made_axis("unread".into(), rest);
            for whole in tensors {
                let tensor = self.draft.model.tensor(*whole);
                let id = self.add(Tensor {
                    name: format!("{}[unread]", tensor.name),
                    axes: vec![axis],
                    ..tensor.clone()
                });
                let (of, place) = (*whole, None);
                self.views.insert(id, View { of, place });
                replaced.entry(*whole).or_default().push(id);
            }
        }
        self.replaced.extend(replaced);
        if let Some(family) = family {
            let unread = (rest > 0).then(|| "[unread]".to_owned());
            let all = suffixes.into_iter().chain(unread).collect();
            self.renamed.insert(family, all);
        }
    }

    fn part_of(&mut self, whole: TensorId, part: &Part, suffix: &str) -> TensorId {
        let model = &self.draft.model;
        let tensor = model.tensor(whole);
        let shape = model.shape(whole);
        let stride = |axis: usize| shape[axis + 1..].iter().product::<u64>() as i64;
        let base = part.base.iter().enumerate();
        let base = base.map(|(axis, b)| b * stride(axis)).sum();
        let steps = part.axes.iter().map(|a| a.step * stride(a.of)).collect();
        let id = self.add(Tensor {
            name: format!("{}{suffix}", tensor.name),
            axes: part.axes.iter().map(|a| a.axis).collect(),
            ..tensor.clone()
        });
        let place = Some((base, steps));
        self.views.insert(id, View { of: whole, place });
        id
    }

    fn add(&mut self, tensor: Tensor) -> TensorId {
        let id = TensorId(self.draft.model.tensors.len() as u32);
        self.draft.model.tensors.push(tensor);
        self.draft.reads.push(Vec::new());
        id
    }
}
