//! From the graph to steps over one arena: which dimension is the lane of each array, where it
//! lies, and which kernel computes it.

mod contract;
mod rows;
mod table;

use super::contraction::{Contraction, Total};
use super::graph::{Dim, Graph, Id, Leaf, Op};
use super::kernel::{Read, RowKind, Rows};
use super::reduce::{Clear, FirstMax, Move, Reduce};
use super::slot::{DEEPEST, Slot, loops};
use crate::error::{Error, ErrorKind, Result};
use std::collections::HashMap;
use std::sync::Arc;

/// One step of a program.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Rows(Rows),
    Contraction(Contraction),
    Total(Total),
    Reduce(Reduce),
    FirstMax(FirstMax),
    Move(Move),
    Clear(Clear),
}

/// Steps, and where everything lies.
#[derive(Clone, Debug, Default)]
pub(super) struct Plan {
    pub steps: Vec<Step>,
    pub slots: HashMap<Id, Slot>,
    /// Fixed entries, loaded once.
    pub constants: Vec<(Slot, Arc<[f64]>, Vec<Dim>)>,
    /// Numbers in the arena.
    pub len: usize,
    /// Multiply-adds per run and replica, counted as two operations each.
    pub operations: f64,
    /// Where ∇L goes, one region per leaf of θ; empty if the task has no gradient.
    pub gradient: Vec<Slot>,
    /// Numbers of θ, which begin the arena; ∇L follows in the same order.
    pub resident: usize,
}

pub(super) struct Planner<'a> {
    graph: &'a Graph,
    replica: Option<Dim>,
    width: usize,
    plan: Plan,
    /// Uses of each node that are still to come.
    uses: Vec<usize>,
    /// Freed regions: length → offsets.
    free: HashMap<usize, Vec<usize>>,
    /// Renamed nodes share the region of their argument.
    owner: HashMap<Id, Id>,
    one: Option<Slot>,
}

/// Plans the computation of `roots`; they and the leaves keep their places. The leaves of θ come
/// first in the arena, then their gradients, if there are any, in the same order and form.
pub(super) fn plan(
    graph: &Graph,
    roots: &[Id],
    theta: &[Id],
    gradient: &[Id],
    replica: Option<Dim>,
    width: usize,
) -> Result<Plan> {
    let count = graph.nodes.len();
    let mut live = vec![false; count];
    let mut stack: Vec<Id> = roots.to_vec();
    while let Some(id) = stack.pop() {
        if !std::mem::replace(&mut live[id as usize], true) {
            stack.extend(graph.op(id).arguments());
        }
    }
    let mut planner = Planner {
        graph,
        replica,
        width,
        plan: Plan::default(),
        uses: vec![0; count],
        free: HashMap::new(),
        owner: HashMap::new(),
        one: None,
    };
    for id in (0..count as Id).filter(|id| live[*id as usize]) {
        for argument in graph.op(id).arguments() {
            planner.uses[argument as usize] += 1;
        }
    }
    for root in roots {
        planner.uses[*root as usize] += 1;
    }
    for leaf in theta {
        let dims = graph.dims(*leaf);
        let slot = planner.reserve(dims, planner.default_lane(dims));
        planner.plan.slots.insert(*leaf, slot);
    }
    planner.plan.resident = planner.plan.len;
    for (leaf, _) in theta.iter().zip(gradient) {
        let mut slot = planner.slot(*leaf);
        slot.offset = planner.plan.len;
        planner.plan.len += slot.len;
        planner.plan.gradient.push(slot);
    }
    for id in (0..count as Id).filter(|id| live[*id as usize]) {
        planner.node(id)?;
    }
    for (k, root) in gradient.iter().enumerate() {
        planner.deliver(*root, k);
    }
    Ok(planner.plan)
}

impl Planner<'_> {
    fn sizes(&self) -> &[usize] {
        &self.graph.sizes
    }

    fn size(&self, d: Dim) -> usize {
        self.graph.sizes[d as usize]
    }

    fn product(&self, dims: &[Dim]) -> usize {
        dims.iter().map(|d| self.size(*d)).product()
    }

    fn allocate(&mut self, mut slot: Slot) -> Slot {
        slot.offset = match self.free.get_mut(&slot.len).and_then(Vec::pop) {
            Some(offset) => offset,
            None => {
                let offset = self.plan.len;
                self.plan.len += slot.len;
                offset
            }
        };
        slot
    }

    /// A region of its own: what is loaded before the steps run must not be written by them.
    fn reserve(&mut self, dims: &[Dim], lane: Option<Dim>) -> Slot {
        let mut slot = Slot::new(dims, lane, self.sizes(), self.width);
        slot.offset = self.plan.len;
        self.plan.len += slot.len;
        slot
    }

    fn place(&mut self, dims: &[Dim], lane: Option<Dim>) -> Slot {
        let slot = Slot::new(dims, lane, self.sizes(), self.width);
        self.allocate(slot)
    }

    /// One use less; a region without uses can be taken again.
    fn release(&mut self, id: Id) {
        let root = self.owner.get(&id).copied().unwrap_or(id);
        self.uses[id as usize] -= 1;
        if self.uses[id as usize] > 0 {
            return;
        }
        if root != id {
            return self.release(root);
        }
        if !matches!(self.graph.op(id), Op::Leaf(_)) {
            let slot = &self.plan.slots[&id];
            self.free.entry(slot.len).or_default().push(slot.offset);
        }
    }

    /// The lane of an array over these dimensions that nothing else decides.
    fn default_lane(&self, dims: &[Dim]) -> Option<Dim> {
        self.replica
            .filter(|r| dims.contains(r))
            .or_else(|| dims.last().copied())
    }

    fn slot(&self, id: Id) -> Slot {
        self.plan.slots[&id].clone()
    }

    /// The argument with this lane: itself, or a copy laid out anew.
    fn with_lane(&mut self, id: Id, lane: Option<Dim>) -> (Slot, bool) {
        let slot = self.slot(id);
        match lane {
            Some(l) if slot.has(l) && slot.lane != Some(l) => {
                let dims = self.graph.dims(id).to_vec();
                let new = self.place(&dims, Some(l));
                let all: Vec<(Dim, usize)> = new.dims.iter().map(|d| (d.0, d.1)).collect();
                let inner = all
                    .iter()
                    .position(|d| d.0 == l)
                    .map(|p| all[p])
                    .unwrap_or((l, 1));
                let outer: Vec<(Dim, usize)> = all.into_iter().filter(|d| d.0 != l).collect();
                let stride = slot.stride(l).unwrap_or(0);
                self.plan.steps.push(Step::Move(Move {
                    at: [new.offset, slot.offset],
                    loops: loops(&outer, [&new, &slot]),
                    table: (0..inner.1).map(|k| (k, Some(k * stride))).collect(),
                    run: 1,
                    add: None,
                }));
                (new, true)
            }
            _ => (slot, false),
        }
    }

    fn drop_copy(&mut self, (slot, copied): (Slot, bool)) {
        if copied {
            self.free.entry(slot.len).or_default().push(slot.offset);
        }
    }

    /// Copies a gradient to its region and clears the padding there.
    fn deliver(&mut self, root: Id, number: usize) {
        let into = self.plan.gradient[number].clone();
        let from = self.with_lane(root, into.lane);
        self.rows_of(RowKind::Copy, &into, &[&from.0]);
        self.drop_copy(from);
        let size = into.lane.map_or(1, |l| self.size(l));
        let padded = self.blocks(into.lane) * self.width;
        if size < padded {
            self.plan.steps.push(Step::Clear(Clear {
                at: into.offset,
                rows: into.len / padded,
                padded,
                size,
            }));
        }
    }

    fn read_of(slot: &Slot, lane: Option<Dim>) -> Read {
        match lane {
            Some(l) if slot.lane == Some(l) => Read::Vector,
            _ => Read::Splat,
        }
    }

    fn blocks(&self, lane: Option<Dim>) -> usize {
        lane.map_or(1, |l| self.size(l).div_ceil(self.width))
    }

    fn node(&mut self, id: Id) -> Result<()> {
        let dims = self.graph.dims(id).to_vec();
        let slot = match self.graph.op(id).clone() {
            Op::Leaf(Leaf::Theta(..)) => return Ok(()),
            Op::Leaf(leaf) => {
                let slot = self.reserve(&dims, self.default_lane(&dims));
                if let Leaf::Constant(entries) = leaf {
                    self.plan.constants.push((slot.clone(), entries, dims));
                }
                slot
            }
            Op::Rename(x, names) => {
                let owner = self.owner.get(&x).copied().unwrap_or(x);
                self.owner.insert(id, owner);
                // The region lives as long as any of its names: one use of the owner stays taken.
                if owner != x {
                    self.uses[owner as usize] += 1;
                    self.release(x);
                }
                let slot = self.slot(x).renamed(&names);
                self.plan.slots.insert(id, slot);
                return Ok(());
            }
            Op::Contract(factors) => self.contract(&factors, &dims),
            Op::Combine(terms) => self.combine(&terms, &dims),
            Op::Map(f, x) => self.rows(RowKind::Map(f), &[x], &dims),
            Op::LogSumExp(x) => self.reduced(false, x, &dims),
            Op::Max(x) => self.reduced(true, x, &dims),
            Op::FirstMax(x, y) => self.first_max(x, y, &dims),
            Op::Gather {
                from,
                consumed,
                new,
                table,
            } => self.gather(from, &consumed, &new, &table, &dims),
            Op::Scatter {
                from,
                consumed,
                new,
                table,
            } => self.scatter(from, &consumed, &new, &table, &dims),
            Op::Select {
                dims: over,
                mask,
                then,
                otherwise,
            } => {
                let entries: Arc<[f64]> = mask.iter().map(|m| f64::from(u8::from(*m))).collect();
                let mask = self.reserve(&over, self.default_lane(&over));
                self.plan.constants.push((mask.clone(), entries, over));
                self.select(mask, then, otherwise, &dims)
            }
        };
        if slot.dims.len() > DEEPEST {
            return Err(Error::new(
                ErrorKind::Unsupported,
                format!("a value has more than {DEEPEST} indices"),
            ));
        }
        self.plan.slots.insert(id, slot);
        for argument in self.graph.op(id).arguments() {
            self.release(argument);
        }
        Ok(())
    }

    fn constant(&mut self, x: f64) -> Slot {
        let slot = self.reserve(&[], None);
        self.plan
            .constants
            .push((slot.clone(), Arc::new([x]), Vec::new()));
        slot
    }

    fn ones(&mut self) -> Slot {
        if self.one.is_none() {
            self.one = Some(self.constant(1.0));
        }
        self.one
            .clone()
            .unwrap_or_else(|| Slot::new(&[], None, &[], 1))
    }
}
