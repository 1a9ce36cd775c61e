//! What a step costs, in cycles of a core that starts one multiply-add, one load and half a store of vectors in each.

use super::super::graph::{Dim, Id, Op, Pointwise};
use super::lanes::Assignment;

/// Cycles to begin a step.
const BEGIN: f64 = 25.0;
/// Cycles to turn as many sums as a vector has lanes into one vector, by element of the vector.
const TURN: f64 = 4.0;
/// Vectors that fill much of the nearest cache.
const LARGE: f64 = 256.0;

/// The order of a sum: element j of the innermost dimension goes to accumulator j mod `split`, and these are added by
/// halves.
#[derive(Clone, Copy, Debug)]
pub(super) struct Order {
    pub inner: Dim,
    pub split: usize,
    /// Whether the innermost dimension begins at its end.
    pub backwards: bool,
}

/// Latency of a multiply-add.
const LATENCY: f64 = 4.0;

impl Assignment<'_> {
    /// The cost of computing a node as it is assigned now.
    pub(super) fn step(&self, id: Id) -> f64 {
        let node = &self.graph.nodes[id as usize];
        let lane = self.now.lane[id as usize];
        let own = self.vectors(&node.dims, lane);
        let cost = match &node.op {
            // Arrays that are dense are small; between two that cost the same, the smaller.
            Op::Leaf(_) => 0.02 * own,
            Op::Rename(..) => 0.0,
            Op::Contract(_) if !self.summed(id).is_empty() => BEGIN + self.contraction(id, lane),
            Op::Map(f, _) => BEGIN + own * function(*f),
            Op::Contract(_) | Op::Combine(_) | Op::Choose(_) | Op::Select { .. } => {
                let operands = node.op.arguments().len().max(1) as f64;
                BEGIN + own * (1.5 + 0.75 * operands)
            }
            Op::LogSumExp(x) | Op::Max(x) | Op::FirstMax(x, _) => {
                let all = self.vectors(self.graph.dims(*x), lane);
                BEGIN
                    + all
                        * if matches!(node.op, Op::LogSumExp(_)) {
                            28.0
                        } else {
                            3.0
                        }
                    + own * 20.0
            }
            Op::Gather { from, consumed, .. } => {
                let passes =
                    lane.is_some_and(|l| self.lane(*from) == lane && !consumed.contains(&l));
                BEGIN
                    + if passes {
                        3.0 * own
                    } else {
                        1.5 * self.product(&node.dims)
                    }
            }
            Op::Scatter { factors, .. } => {
                let all = self.graph.union(factors);
                BEGIN
                    + 2.5
                        * self.vectors(
                            &all,
                            lane.filter(|l| all.contains(l) && self.product(&all) > 0.0),
                        )
                        * if lane.is_some_and(|l| all.contains(&l)) {
                            1.0
                        } else {
                            self.width as f64
                        }
                    + own * 4.0
            }
        };
        // What is computed once costs the memory that it fills.
        if node.fixed {
            1e-4 * cost + 0.1 * own
        } else {
            cost
        }
    }

    fn contraction(&self, id: Id, lane: Option<Dim>) -> f64 {
        let dims = self.graph.dims(id);
        let summed = self.summed(id);
        let factors = self.graph.op(id).arguments();
        let terms = self.product(&summed);
        if let Some(along) = self.now.along[id as usize] {
            let count = self.product(dims);
            let steps = self.vectors(&summed, Some(along));
            let shared = dims.iter().all(|d| {
                let all = factors.iter().all(|f| self.graph.dims(*f).contains(d));
                !all || self.graph.sizes[*d as usize] == 1
            });
            // One load for each multiply-add if a factor is shared by neighbours, else two.
            let loads = if shared && Some(lane) != Some(None) {
                1.2
            } else {
                2.2
            };
            if dims.is_empty() || count == 1.0 {
                return steps * LATENCY + 20.0;
            }
            let groups = self.vectors(dims, lane) * self.width as f64;
            return groups * (steps * loads + TURN);
        }
        let vectors = self.vectors(dims, lane);
        let (rows, columns, _) = self.tile(id, lane);
        let (rows, columns) = (rows.min(4.0), columns.min(4.0));
        let loads = 1.0 / rows + 1.0 / columns;
        let chains = (rows * columns).max(self.split(id) as f64);
        let each = loads.max(1.0).max(LATENCY / chains);
        vectors * (terms * each + 2.0 + 8.0 / (rows * columns))
    }

    /// Sizes of what only one factor and only the other has, outside of the lane, and blocks of the lane.
    fn tile(&self, id: Id, lane: Option<Dim>) -> (f64, f64, f64) {
        let factors = self.graph.op(id).arguments();
        let has = |f: Option<&Id>, d: Dim| f.is_some_and(|f| self.graph.dims(*f).contains(&d));
        let (a, b) = (factors.first(), factors.get(1));
        let blocks = lane.map_or(1.0, |l| {
            self.graph.sizes[l as usize].div_ceil(self.width) as f64
        });
        let largest = |in_first: bool| {
            let only =
                |d: &&Dim| Some(**d) != lane && has(a, **d) == in_first && has(b, **d) != in_first;
            self.graph
                .dims(id)
                .iter()
                .filter(only)
                .map(|d| self.graph.sizes[*d as usize] as f64)
                .fold(1.0, f64::max)
        };
        let (mut first, mut second) = (largest(true), largest(false));
        // The blocks of the lane are columns of the factor that alone has the lane.
        let alone = lane.and_then(|l| match (has(a, l), has(b, l)) {
            (true, false) => Some(true),
            (false, true) => Some(false),
            _ => None,
        });
        match alone {
            Some(true) if blocks > 1.0 || first == 1.0 => first = blocks,
            Some(false) if blocks > 1.0 || second == 1.0 => second = blocks,
            _ => {}
        }
        (first, second, blocks)
    }

    /// The order of a sum.
    pub(super) fn order(&self, id: Id) -> Option<Order> {
        let largest = self.summed(id).pop()?;
        let inner = self.now.along[id as usize].unwrap_or(largest);
        let split = self.split(id);
        let backwards = split == 1 && self.meets_again(id);
        Some(Order {
            inner,
            split,
            backwards,
        })
    }

    /// Whether a factor is a constant beyond the nearest cache that an earlier sum has gone through: from its end, a
    /// good part of it is still there.
    fn meets_again(&self, id: Id) -> bool {
        self.graph.op(id).arguments().iter().any(|f| {
            let owner = self.owner(*f);
            self.graph.fixed(owner)
                && self.is_large(owner)
                && self
                    .uses(owner)
                    .iter()
                    .any(|u| u.0 < id && !self.summed(u.0).is_empty())
        })
    }

    /// Whether an array fills much of the nearest cache.
    pub(super) fn is_large(&self, id: Id) -> bool {
        self.vectors(self.graph.dims(id), self.now.lane[id as usize]) > LARGE
    }

    /// Into how many accumulators, in turn, the innermost sum goes: as many as lanes if it runs along them, more than
    /// one where a tile has too few sums to hide the latency of a multiply-add.
    pub(super) fn split(&self, id: Id) -> usize {
        let lane = self.now.lane[id as usize];
        if self.now.along[id as usize].is_some() {
            return self.width;
        }
        let Some(inner) = self.summed(id).pop() else {
            return 1;
        };
        let (rows, columns, _) = self.tile(id, lane);
        let narrow = rows * columns < LATENCY;
        if narrow && self.graph.sizes[inner as usize] >= 8 {
            4
        } else {
            1
        }
    }
}

/// Cycles per vector.
fn function(f: Pointwise) -> f64 {
    match f {
        Pointwise::Relu
        | Pointwise::Step
        | Pointwise::Leaky(_)
        | Pointwise::LeakyStep(_)
        | Pointwise::Abs
        | Pointwise::Sign => 2.5,
        Pointwise::Power(_) => 12.0,
        Pointwise::Curve(_) => 160.0,
        _ => 25.0,
    }
}
