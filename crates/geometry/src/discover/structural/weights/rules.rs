//! What scale (or phase) each operation gives its value, and what it demands for that.

use super::{Combination, Key, System, Unknown, Weight, accumulate, add_to, covering};
use crate::discover::structural::bonds::{covers, has_lookup};
use crate::discover::structural::rules::Reach;
use crate::discover::structural::shift::moves::Moved;
use crate::factor::action::Kind;
use crate::factor::action::{LETTER, abstracted};
use std::collections::HashMap;
use symbias_model::expression::{
    Axial, AxisId, Field, Function, IndexExpr, Label, Model, NodeId, Op, Reduction, RopeLayout,
    Source, TensorId,
};

pub(in crate::discover::structural) struct Weights<'a> {
    pub model: &'a Model,
    pub kind: Kind,
    pub system: System,
    /// Keys of tensors hold axis positions instead of letters.
    pub tensors: HashMap<TensorId, Weight>,
    pub nodes: HashMap<NodeId, Weight>,
    /// What is added to values beside the scale: δv = weight · v + move.
    pub moved_tensors: HashMap<TensorId, Moved>,
    pub moved_nodes: HashMap<NodeId, Moved>,
    /// How often each tensor is read.
    pub reads: HashMap<TensorId, usize>,
    /// Moves of parameters that would compensate others, to be unknowns of the next system.
    pub wanted: Vec<Unknown>,
}

impl Weights<'_> {
    /// The conditions of the live graph with these moves beside scales and translations, and the
    /// moves that were missing.
    pub fn solve(
        model: &Model,
        reach: &Reach,
        kind: Kind,
        system: System,
        known: &[Unknown],
    ) -> (System, Vec<Unknown>) {
        let mut at = Weights {
            model,
            kind,
            system,
            tensors: HashMap::new(),
            nodes: HashMap::new(),
            moved_tensors: HashMap::new(),
            moved_nodes: HashMap::new(),
            reads: reach.reads(model),
            wanted: Vec::new(),
        };
        // They come first, so that elimination expresses them by the others.
        at.compensations(known);
        for id in model.parameters().filter(|id| reach.tensors[id.index()]) {
            at.parameter(id);
        }
        for id in &model.order {
            if reach.tensors[id.index()] {
                at.definition(*id);
            }
        }
        for output in &model.outputs {
            let weight = at.tensors.get(output).cloned().unwrap_or_default();
            at.vanish(weight.into_values());
            let moved = at.moved_tensors.get(output).cloned().unwrap_or_default();
            at.vanish(moved.into_combinations());
        }
        let (mut system, mut wanted) = (at.system, at.wanted);
        system.equations.retain(|e| !e.is_empty());
        system.equations.sort_by(|a, b| {
            a.iter()
                .map(|(i, c)| (*i, c.to_bits()))
                .cmp(b.iter().map(|(i, c)| (*i, c.to_bits())))
        });
        system.equations.dedup();
        wanted.retain(|u| !known.contains(u));
        (system, wanted)
    }

    pub fn is_real(&self, id: NodeId) -> bool {
        self.model.node(id).field == Field::Real
    }

    pub fn vanish(&mut self, combinations: impl IntoIterator<Item = Combination>) {
        self.system.equations.extend(combinations);
    }

    pub fn parameter(&mut self, id: TensorId) {
        let tensor = self.model.tensor(id);
        if self.kind == Kind::Phase && tensor.field == Field::Real {
            return;
        }
        let mut subsets: Vec<Key> = vec![Vec::new()];
        for (position, axis) in tensor.axes.iter().enumerate() {
            let mut choices = vec![0];
            choices.extend(self.system.extra.get(axis));
            let extended: Vec<Key> = subsets
                .iter()
                .flat_map(|s| {
                    choices.iter().map(move |level| {
                        let mut with = s.clone();
                        with.push((position as u32, *level));
                        with
                    })
                })
                .collect();
            subsets.extend(extended);
        }
        let mut weight = Weight::new();
        for key in subsets {
            let levels: Vec<(usize, usize)> = key.iter().map(|(p, l)| (*p as usize, *l)).collect();
            if self.kind == Kind::Scale {
                self.translation(id, &levels);
            }
            let number = self.system.unknowns.len();
            self.system.unknowns.push(Unknown::scale(id, levels));
            weight.insert(key, Combination::from([(number, 1.0)]));
        }
        self.tensors.insert(id, weight);
    }

    pub fn definition(&mut self, id: TensorId) {
        let Source::Defined { node, labels } = &self.model.tensor(id).source else {
            return;
        };
        self.node(*node);
        let weight = self.nodes[node].clone();
        let place = |(letter, level): (u32, usize)| {
            let position = labels.iter().position(|l| l.0 == letter)?;
            Some((position as u32, level))
        };
        let axis_of = |item: &(u32, usize)| self.model.labels[item.0 as usize].axis;
        let moved = self.relabel(weight, place, axis_of);
        self.tensors.insert(id, moved);
        self.place_moves(id, *node, labels);
    }

    /// Renames the indices of all components; those that have no place, or whose two indices on
    /// one axis change their order, must vanish.
    fn relabel(
        &mut self,
        weight: Weight,
        place: impl Fn((u32, usize)) -> Option<(u32, usize)>,
        axis_of: impl Fn(&(u32, usize)) -> AxisId,
    ) -> Weight {
        let mut moved = Weight::new();
        for (key, combination) in weight {
            let new: Option<Key> = key.iter().map(|item| place(*item)).collect();
            let new = new.filter(|items| {
                (0..items.len()).all(|i| {
                    (0..i).all(|j| {
                        let flipped =
                            axis_of(&key[i]) == axis_of(&key[j]) && items[j].0 > items[i].0;
                        items[i].0 != items[j].0 && !flipped
                    })
                })
            });
            match new {
                Some(mut items) => {
                    items.sort_unstable();
                    add_to(moved.entry(items).or_default(), &combination, 1.0);
                }
                None => self.vanish([combination]),
            }
        }
        moved.retain(|_, c| !c.is_empty());
        moved
    }

    fn node(&mut self, id: NodeId) {
        if self.nodes.contains_key(&id) {
            return;
        }
        let op = &self.model.node(id).op;
        for argument in op.arguments() {
            self.node(argument);
        }
        let weight = self.rule(op);
        let moved = self.moves(id);
        self.nodes.insert(id, weight);
        self.moved_nodes.insert(id, moved);
    }

    fn rule(&mut self, op: &Op) -> Weight {
        match op {
            Op::Number(_) | Op::Position(_) => Weight::new(),
            Op::Access { tensor, index, .. } => self.access(*tensor, index),
            Op::Product { factors, summed } => {
                let mut total = Weight::new();
                for factor in factors {
                    accumulate(
                        &mut total,
                        &self.nodes[&factor.node],
                        if factor.inverse { -1.0 } else { 1.0 },
                    );
                }
                self.without(total, summed)
            }
            Op::Sum { terms } => {
                let terms: Vec<NodeId> = terms.iter().map(|t| t.node).collect();
                self.equal(&terms)
            }
            Op::Where {
                then, otherwise, ..
            } => self.equal(&[*then, *otherwise]),
            Op::Map { function, argument } => self.map(*function, *argument),
            Op::Power { base, exponent } => {
                self.nothing(*base);
                self.nothing(*exponent)
            }
            // max(ca, cb) = c max(a, b) for c > 0.
            Op::Extreme { pair, .. } if self.kind == Kind::Scale => self.equal(pair),
            Op::Extreme { pair, .. } => {
                self.nothing(pair[0]);
                self.nothing(pair[1])
            }
            Op::Reduce {
                reduction,
                over,
                argument,
            } => {
                let weight = self.nodes[argument].clone();
                match (reduction, self.kind) {
                    (Reduction::LogSumExp, _) => self.nothing(*argument),
                    // The modulus forgets the phase, whatever it depends on.
                    (Reduction::Norm, Kind::Phase) => Weight::new(),
                    _ => self.without(weight, over),
                }
            }
            Op::Axial {
                operation,
                over,
                eps,
                argument,
            } => match operation {
                Axial::Softmax | Axial::LogSoftmax => self.nothing(*argument),
                Axial::CumSum => {
                    let weight = self.nodes[argument].clone();
                    self.without(weight, over)
                }
                Axial::Normalize | Axial::RmsNorm | Axial::LayerNorm | Axial::Standardize => {
                    if *eps == 0.0 {
                        let weight = self.nodes[argument].clone();
                        self.without(weight, over);
                        Weight::new()
                    } else {
                        self.nothing(*argument)
                    }
                }
            },
            Op::Rope {
                over,
                argument,
                layout,
                ..
            } => {
                let half = (self.model.label_size(*over) / 2) as i64;
                let letter = Box::new(IndexExpr::Label(LETTER));
                let plane = self.system.intern(&match layout {
                    RopeLayout::Half => IndexExpr::Mod(letter, half),
                    RopeLayout::Pairs => IndexExpr::FloorDiv(letter, 2),
                });
                let weight = self.nodes[argument].clone();
                self.keeping(weight, |(letter, level)| letter != over.0 || level == plane)
            }
        }
    }

    /// Components that fail the test must vanish; the others pass.
    fn keeping(&mut self, weight: Weight, test: impl Fn((u32, usize)) -> bool) -> Weight {
        let (kept, lost): (Weight, Weight) = weight
            .into_iter()
            .partition(|(key, _)| key.iter().all(|i| test(*i)));
        self.vanish(lost.into_values());
        kept
    }

    fn without(&mut self, weight: Weight, letters: &[Label]) -> Weight {
        self.keeping(weight, |(letter, _)| !letters.iter().any(|l| l.0 == letter))
    }

    /// The argument must not be scaled at all.
    fn nothing(&mut self, argument: NodeId) -> Weight {
        let weight = self.nodes[&argument].clone();
        self.vanish(weight.into_values());
        Weight::new()
    }

    /// All terms must scale alike, except literal zeros (and −∞, which a positive scale keeps).
    fn equal(&mut self, terms: &[NodeId]) -> Weight {
        let free = |n: &NodeId| matches!(self.model.node(*n).op, Op::Number(x) if x == 0.0 || x.is_infinite());
        let live: Vec<NodeId> = terms.iter().copied().filter(|n| !free(n)).collect();
        let Some(first) = live.first() else {
            return Weight::new();
        };
        let weight = self.nodes[first].clone();
        for other in &live[1..] {
            let mut difference = weight.clone();
            accumulate(&mut difference, &self.nodes[other], -1.0);
            self.vanish(difference.into_values());
        }
        weight
    }

    fn map(&mut self, function: Function, argument: NodeId) -> Weight {
        let degree = match (function, self.kind) {
            (Function::Relu | Function::LeakyRelu(_), _) => 1.0,
            (Function::Abs | Function::Abs2, Kind::Phase) => return Weight::new(),
            (Function::Abs, _) => 1.0,
            (Function::Sign, Kind::Scale) => return Weight::new(),
            (Function::Square | Function::Abs2, _) => 2.0,
            (Function::Power(p), Kind::Scale) => p,
            // A power that is no integer has a cut, which a turn crosses.
            (Function::Power(p), Kind::Phase) if p.fract() == 0.0 => p,
            (Function::Sqrt, Kind::Scale) => 0.5,
            (Function::Conj, Kind::Phase) => -1.0,
            // log(e^s a) = log a + s, exp(a + s) = e^s exp(a): `shift::moves` has the other half.
            (Function::Log, Kind::Scale) if self.is_real(argument) => return Weight::new(),
            (Function::Exp, Kind::Scale) if self.is_real(argument) => {
                self.nothing(argument);
                return self.weight_of_moves(argument);
            }
            (Function::Conj | Function::Re | Function::Im, Kind::Scale) => 1.0,
            _ => return self.nothing(argument),
        };
        let mut weight = Weight::new();
        accumulate(&mut weight, &self.nodes[&argument], degree);
        weight
    }

    fn access(&mut self, tensor: TensorId, index: &[IndexExpr]) -> Weight {
        let weight = self.tensors.get(&tensor).cloned().unwrap_or_default();
        let axes = &self.model.tensor(tensor).axes;
        let mut letters = Vec::new();
        index
            .iter()
            .for_each(|e| e.for_each_label(&mut |l| letters.push(l)));
        if (1..letters.len()).any(|i| letters[..i].contains(&letters[i])) {
            // A diagonal says nothing of the entries beside it: two functions of one letter may cancel
            // on it, and then only scale what is not read.
            return self.keeping(weight, |_| false);
        }
        let mut items: Vec<Option<(u32, usize)>> = Vec::new();
        for (position, expr) in index.iter().enumerate() {
            items.push(match expr.as_label() {
                Some(l) => Some((l.0, 0)),
                None if has_lookup(expr) => abstracted(expr)
                    .filter(|_| covers(self.model, expr, axes[position]))
                    .map(|(l, shape)| (l.0, self.system.intern(&shape))),
                None => covering(self.model, expr, axes[position])
                    .map(|(l, shape)| (l.0, self.system.intern(&shape))),
            });
        }
        let place = |(position, level): (u32, usize)| {
            let (letter, outer) = items[position as usize]?;
            // An index function of an index function is not followed.
            (level == 0 || outer == 0).then_some((letter, level.max(outer)))
        };
        self.relabel(weight, place, |item| axes[item.0 as usize])
    }
}
