//! Rules for diagonal symmetries: how the scale (or the phase) of every node follows from the
//! scales of the parameters.
//!
//! If entry `i, j, …` of a parameter is multiplied by `exp s(i, j, …)`, then by induction every
//! node is multiplied by the exponential of a function of its letters, provided that linear
//! conditions on the functions `s` hold. A function of several indices is split into components,
//! one for each subset of its indices (each with zero mean along each index of the subset), so
//! the conditions become linear equations between a few symbols, whatever the sizes. A level of
//! an axis may also be a function of its index (`h//2`, the plane of a rotary embedding).

use super::bonds::{LETTER, Shape, abstracted, has_lookup};
use super::rules::Reach;
use std::collections::{BTreeMap, HashMap};
use symbias_model::expression::{
    Axial, AxisId, Field, Function, IndexExpr, Label, Model, NodeId, Op, Reduction, RopeLayout,
    Source, TensorId,
};

/// Scales are real (θ → e^s θ), phases turn complex entries (θ → e^{is} θ).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Scale,
    Phase,
}

/// An unknown component: a tensor and, for a subset of its axes, which function of the index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unknown {
    pub tensor: TensorId,
    /// Axis positions, ascending, with the level (0 is the index itself).
    pub levels: Vec<(usize, usize)>,
}

/// A linear combination of unknowns.
pub(super) type Combination = BTreeMap<usize, f64>;

/// A component's place at a node: letters with levels, ascending.
type Key = Vec<(u32, usize)>;
type Weight = BTreeMap<Key, Combination>;

/// The linear system of all conditions.
pub(super) struct System {
    pub unknowns: Vec<Unknown>,
    pub equations: Vec<Combination>,
    /// Index functions by level; level 0 is the index itself.
    pub shapes: Vec<Shape>,
    /// The axis whose index an index function of another axis computes.
    pub targets: HashMap<(AxisId, usize), AxisId>,
    /// The extra level of an axis, if the model uses exactly one function of its index.
    pub extra: HashMap<AxisId, usize>,
}

impl System {
    /// Collects the conditions of the live graph.
    pub fn new(model: &Model, reach: &Reach, kind: Kind) -> System {
        let mut system = System {
            unknowns: Vec::new(),
            equations: Vec::new(),
            shapes: vec![None],
            targets: HashMap::new(),
            extra: HashMap::new(),
        };
        system.find_levels(model, reach);
        let mut at = Weights {
            model,
            kind,
            system,
            tensors: HashMap::new(),
            nodes: HashMap::new(),
        };
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
        }
        let mut system = at.system;
        system.equations.retain(|e| !e.is_empty());
        system.equations.sort_by(|a, b| {
            a.iter()
                .map(|(i, c)| (*i, c.to_bits()))
                .cmp(b.iter().map(|(i, c)| (*i, c.to_bits())))
        });
        system.equations.dedup();
        system
    }

    fn intern(&mut self, shape: &IndexExpr) -> usize {
        let position = self.shapes.iter().position(|s| s.as_ref() == Some(shape));
        position.unwrap_or_else(|| {
            self.shapes.push(Some(shape.clone()));
            self.shapes.len() - 1
        })
    }

    /// For each axis the one function of its index that the model uses, if there is just one.
    fn find_levels(&mut self, model: &Model, reach: &Reach) {
        let mut levels: HashMap<AxisId, Vec<usize>> = HashMap::new();
        let mut add = |system: &mut System, axis: AxisId, shape: &IndexExpr| {
            let level = system.intern(shape);
            let known = levels.entry(axis).or_default();
            if !known.contains(&level) {
                known.push(level);
            }
            level
        };
        for (n, node) in model
            .nodes
            .iter()
            .enumerate()
            .filter(|(n, _)| reach.nodes[*n])
        {
            let _ = n;
            match &node.op {
                Op::Rope { over, layout, .. } => {
                    let half = (model.label_size(*over) / 2) as i64;
                    let letter = Box::new(IndexExpr::Label(LETTER));
                    let shape = match layout {
                        RopeLayout::Half => IndexExpr::Mod(letter, half),
                        RopeLayout::Pairs => IndexExpr::FloorDiv(letter, 2),
                    };
                    add(self, model.labels[over.index()].axis, &shape);
                }
                Op::Access { tensor, index, .. } => {
                    for (position, expr) in index.iter().enumerate() {
                        let target = model.tensor(*tensor).axes[position];
                        if let Some((label, shape)) = covering(model, expr, target) {
                            let axis = model.labels[label.index()].axis;
                            let level = add(self, axis, &shape);
                            self.targets.insert((axis, level), target);
                        }
                    }
                }
                _ => {}
            }
        }
        self.extra = levels
            .into_iter()
            .filter(|(_, l)| l.len() == 1)
            .map(|(axis, l)| (axis, l[0]))
            .collect();
    }

    /// Number of values of a level of an axis.
    pub fn values(&self, model: &Model, axis: AxisId, level: usize) -> u64 {
        let n = model.axis_size(axis);
        match &self.shapes[level] {
            None => n,
            Some(shape) => {
                // Largest value + 1: the functions used as levels cover 0..m.
                (0..n.min(1 << 20) as i64)
                    .map(|i| shape.evaluate(&|_| i, &|_, _| 0) as u64 + 1)
                    .max()
                    .unwrap_or(1)
            }
        }
    }

    /// Dimension of the functions of one index at this level, modulo coarser levels.
    pub fn level_dimension(&self, model: &Model, axis: AxisId, level: usize) -> u64 {
        let coarser = match self.extra.get(&axis) {
            Some(extra) if level == 0 => self.values(model, axis, *extra),
            _ => 1,
        };
        self.values(model, axis, level) - coarser
    }
}

/// Letter and shape of `h//2` and the like, if the values run over the whole target axis.
fn covering(model: &Model, expr: &IndexExpr, target: AxisId) -> Option<(Label, IndexExpr)> {
    if !matches!(expr, IndexExpr::FloorDiv(..) | IndexExpr::Mod(..)) || has_lookup(expr) {
        return None;
    }
    let (label, shape) = abstracted(expr)?;
    let size = model.axis_size(target);
    if model.label_size(label) > 1 << 20 {
        return None;
    }
    let mut seen = vec![false; size as usize];
    for i in 0..model.label_size(label) as i64 {
        let value = shape.evaluate(&|_| i, &|_, _| 0);
        *seen.get_mut(usize::try_from(value).ok()?)? = true;
    }
    seen.iter().all(|s| *s).then_some((label, shape))
}

struct Weights<'a> {
    model: &'a Model,
    kind: Kind,
    system: System,
    /// Keys of tensors hold axis positions instead of letters.
    tensors: HashMap<TensorId, Weight>,
    nodes: HashMap<NodeId, Weight>,
}

fn add_to(into: &mut Combination, from: &Combination, factor: f64) {
    for (unknown, c) in from {
        let entry = into.entry(*unknown).or_insert(0.0);
        *entry += factor * c;
        if *entry == 0.0 {
            into.remove(unknown);
        }
    }
}

fn accumulate(into: &mut Weight, from: &Weight, factor: f64) {
    for (key, combination) in from {
        add_to(into.entry(key.clone()).or_default(), combination, factor);
    }
    into.retain(|_, c| !c.is_empty());
}

impl Weights<'_> {
    fn vanish(&mut self, combinations: impl IntoIterator<Item = Combination>) {
        self.system.equations.extend(combinations);
    }

    fn parameter(&mut self, id: TensorId) {
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
            let number = self.system.unknowns.len();
            let levels = key.iter().map(|(p, l)| (*p as usize, *l)).collect();
            self.system.unknowns.push(Unknown { tensor: id, levels });
            weight.insert(key, Combination::from([(number, 1.0)]));
        }
        self.tensors.insert(id, weight);
    }

    fn definition(&mut self, id: TensorId) {
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
        self.nodes.insert(id, weight);
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
            (Function::Square | Function::Abs2, _) => 2.0,
            (Function::Power(p), _) => p,
            (Function::Sqrt, Kind::Scale) => 0.5,
            (Function::Conj, Kind::Phase) => -1.0,
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
        let mut items: Vec<Option<(u32, usize)>> = Vec::new();
        for (position, expr) in index.iter().enumerate() {
            items.push(match expr.as_label() {
                Some(l) => Some((l.0, 0)),
                None if has_lookup(expr) => {
                    abstracted(expr).map(|(l, shape)| (l.0, self.system.intern(&shape)))
                }
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
