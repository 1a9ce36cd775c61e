//! Rules for diagonal symmetries: how the scale (or the phase) of every node follows from the
//! scales of the parameters.
//!
//! If entry `i, j, …` of a parameter is multiplied by `exp s(i, j, …)`, then by induction every
//! node is multiplied by the exponential of a function of its letters, provided that linear
//! conditions on the functions `s` hold. A function of several indices is split into components,
//! one for each subset of its indices (each with zero mean along each index of the subset), so
//! the conditions become linear equations between a few symbols, whatever the sizes. A level of
//! an axis may also be a function of its index (`h//2`, the plane of a rotary embedding).

mod rules;

use super::bonds::{covers, has_lookup};
use super::rules::Reach;
use super::scaling::exact::plus;
use super::shift::monomial::{Item, Monomial, shaped};
use crate::factor::action::{Kind, LETTER, Shape, abstracted};
pub(super) use rules::Weights;
use std::collections::{BTreeMap, HashMap};
use symbias_model::expression::{AxisId, IndexExpr, Label, Model, Op, RopeLayout, TensorId};

/// An unknown: the coefficient of one way in which a parameter changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unknown {
    pub tensor: TensorId,
    pub change: Change,
}

/// How a parameter changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// It is scaled by a function of a subset of its axes: positions, ascending, with the level (0 is
    /// the index itself).
    Scale(Vec<(usize, usize)>),
    /// It is moved.
    Move(Monomial),
}

impl Unknown {
    pub fn scale(tensor: TensorId, levels: Vec<(usize, usize)>) -> Unknown {
        let change = Change::Scale(levels);
        Unknown { tensor, change }
    }

    /// Axis positions and levels of a scale.
    pub fn levels(&self) -> Option<&[(usize, usize)]> {
        match &self.change {
            Change::Scale(levels) => Some(levels),
            Change::Move(_) => None,
        }
    }

    pub fn moved(tensor: TensorId, by: Monomial) -> Unknown {
        let change = Change::Move(by);
        Unknown { tensor, change }
    }

    /// The levels of the axes that its function is one of.
    pub fn function_levels(&self) -> Vec<usize> {
        match &self.change {
            Change::Scale(levels) => levels.iter().map(|l| l.1).collect(),
            Change::Move(monomial) => monomial.items.iter().map(|i| i.level).collect(),
        }
    }
}

/// A linear combination of unknowns.
pub(super) type Combination = BTreeMap<usize, f64>;

/// A component's place at a node: letters with levels, ascending.
pub(super) type Key = Vec<(u32, usize)>;
pub(super) type Weight = BTreeMap<Key, Combination>;

/// How often moves are followed to what compensates them.
const PASSES: usize = 6;

/// The linear system of all conditions.
#[derive(Clone)]
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
        if kind == Kind::Phase {
            return Weights::solve(model, reach, kind, system, &[]).0;
        }
        // What compensates a move along a parameter is only known once the move has come there.
        let mut known: Vec<Unknown> = Vec::new();
        for _ in 0..PASSES {
            let (full, wanted) = Weights::solve(model, reach, kind, system.clone(), &known);
            if wanted.is_empty() {
                return full;
            }
            known.extend(wanted);
        }
        Weights::solve(model, reach, kind, system, &known).0
    }

    pub fn intern(&mut self, shape: &IndexExpr) -> usize {
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

    /// A function of an index, on the axis that it computes an index of if there is one.
    pub fn item(&self, axis: AxisId, level: usize, at: IndexExpr) -> Item {
        match self.targets.get(&(axis, level)) {
            Some(target) => Item {
                axis: *target,
                level: 0,
                at: shaped(&self.shapes[level], &at),
            },
            None => Item { axis, level, at },
        }
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
pub(super) fn covering(
    model: &Model,
    expr: &IndexExpr,
    target: AxisId,
) -> Option<(Label, IndexExpr)> {
    let regular = matches!(expr, IndexExpr::FloorDiv(..) | IndexExpr::Mod(..)) && !has_lookup(expr);
    abstracted(expr).filter(|_| regular && covers(model, expr, target))
}

pub(super) fn add_to(into: &mut Combination, from: &Combination, factor: f64) {
    for (unknown, c) in from {
        let entry = into.entry(*unknown).or_insert(0.0);
        *entry = plus(*entry, factor, *c);
        if *entry == 0.0 {
            into.remove(unknown);
        }
    }
}

pub(super) fn accumulate(into: &mut Weight, from: &Weight, factor: f64) {
    for (key, combination) in from {
        add_to(into.entry(key.clone()).or_default(), combination, factor);
    }
    into.retain(|_, c| !c.is_empty());
}
