//! From the graph to steps over one arena: which dimension is the lane of each array, where it
//! lies, and which kernel computes it.

use super::contraction::{Contraction, Total};
use super::graph::{Dim, Graph, Id, Leaf, Op};
use super::kernel::{FirstMax, Move, Read, Reduce, RowKind, Rows};
use super::slot::{DEEPEST, Loop, Slot, loops};
use crate::error::{Error, ErrorKind, Result};
use std::collections::HashMap;
use std::rc::Rc;

/// One step of a program.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Rows(Rows),
    Contraction(Contraction),
    Total(Total),
    Reduce(Reduce),
    FirstMax(FirstMax),
    Move(Move),
}

/// Steps, and where everything lies.
#[derive(Clone, Debug, Default)]
pub(super) struct Plan {
    pub steps: Vec<Step>,
    pub slots: HashMap<Id, Slot>,
    /// Fixed entries, loaded once.
    pub constants: Vec<(Slot, Rc<[f64]>, Vec<Dim>)>,
    /// Numbers in the arena.
    pub len: usize,
    /// Multiply-adds per run and replica, counted as two operations each.
    pub operations: f64,
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

/// Plans the computation of `roots`; they and the leaves keep their places.
pub(super) fn plan(graph: &Graph, roots: &[Id], replica: Option<Dim>, width: usize) -> Result<Plan> {
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
    for id in (0..count as Id).filter(|id| live[*id as usize]) {
        planner.node(id)?;
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
        self.replica.filter(|r| dims.contains(r)).or_else(|| dims.last().copied())
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
                let inner = all.iter().position(|d| d.0 == l).map(|p| all[p]).unwrap_or((l, 1));
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
            Op::Gather { from, consumed, new, table } => self.gather(from, &consumed, &new, &table, &dims),
            Op::Scatter { from, consumed, new, table } => self.scatter(from, &consumed, &new, &table, &dims),
            Op::Select { dims: over, mask, then, otherwise } => {
                let entries: Rc<[f64]> = mask.iter().map(|m| f64::from(u8::from(*m))).collect();
                let mask = self.reserve(&over, self.default_lane(&over));
                self.plan.constants.push((mask.clone(), entries, over));
                self.select(mask, then, otherwise, &dims)
            }
        };
        if slot.dims.len() > DEEPEST {
            return Err(Error::new(ErrorKind::Unsupported, format!("a value has more than {DEEPEST} indices")));
        }
        self.plan.slots.insert(id, slot);
        for argument in self.graph.op(id).arguments() {
            self.release(argument);
        }
        Ok(())
    }

    /// The lane of an entrywise result: the replicas, or that of an argument with most dimensions.
    fn entrywise_lane(&self, arguments: &[Id], dims: &[Dim]) -> Option<Dim> {
        if let Some(r) = self.replica.filter(|r| dims.contains(r)) {
            return Some(r);
        }
        let lanes = arguments.iter().filter_map(|a| {
            let slot = &self.plan.slots[a];
            slot.lane.filter(|l| dims.contains(l)).map(|l| (slot.len, l))
        });
        lanes.max_by_key(|l| l.0).map(|l| l.1).or_else(|| self.default_lane(dims))
    }

    fn rows_of(&mut self, kind: RowKind, result: &Slot, operands: &[&Slot]) {
        let lane = result.lane;
        let outer: Vec<(Dim, usize)> = result.dims.iter().filter(|d| Some(d.0) != lane).map(|d| (d.0, d.1)).collect();
        let pick = |k: usize| *operands.get(k).unwrap_or(&operands[0]);
        let slots = [result, pick(0), pick(1), pick(2)];
        let reads = [1, 2, 3].map(|k| Self::read_of(slots[k], lane));
        let mut found: Vec<Loop<4>> = loops(&outer, slots);
        let mut blocks = self.blocks(lane);
        // Rows that follow each other without a gap are one row.
        if let Some(last) = found.last().copied() {
            let joins = (0..4).all(|k| {
                let vector = k == 0 && lane.is_some() || k > 0 && reads[k - 1] == Read::Vector;
                if vector { last.strides[k] == blocks * self.width } else { k > 0 && last.strides[k] == 0 }
            });
            if joins {
                blocks *= last.size;
                found.pop();
            }
        }
        self.plan.steps.push(Step::Rows(Rows { kind, at: slots.map(|s| s.offset), reads, loops: found, blocks }));
    }

    fn rows(&mut self, kind: RowKind, arguments: &[Id], dims: &[Dim]) -> Slot {
        let lane = self.entrywise_lane(arguments, dims);
        let operands: Vec<(Slot, bool)> = arguments.iter().map(|a| self.with_lane(*a, lane)).collect();
        let result = self.place(dims, lane);
        self.rows_of(kind, &result, &operands.iter().map(|o| &o.0).collect::<Vec<_>>());
        operands.into_iter().for_each(|o| self.drop_copy(o));
        result
    }

    fn select(&mut self, mask: Slot, then: Id, otherwise: Id, dims: &[Dim]) -> Slot {
        let lane = self.replica.filter(|r| dims.contains(r)).or(mask.lane).or_else(|| self.entrywise_lane(&[then, otherwise], dims));
        let (a, b) = (self.with_lane(then, lane), self.with_lane(otherwise, lane));
        let result = self.place(dims, lane);
        self.rows_of(RowKind::Select, &result, &[&mask, &a.0, &b.0]);
        self.drop_copy(a);
        self.drop_copy(b);
        result
    }

    fn combine(&mut self, terms: &[(Id, f64)], dims: &[Dim]) -> Slot {
        let ids: Vec<Id> = terms.iter().map(|t| t.0).collect();
        let lane = self.entrywise_lane(&ids, dims);
        let operands: Vec<(Slot, bool)> = ids.iter().map(|a| self.with_lane(*a, lane)).collect();
        let result = self.place(dims, lane);
        match (terms, operands.as_slice()) {
            ([], _) => {
                let zero = self.constant(0.0);
                self.rows_of(RowKind::Copy, &result, &[&zero]);
            }
            ([one], [x]) => self.rows_of(RowKind::Scale(one.1), &result, &[&x.0]),
            ([a, b, rest @ ..], [x, y, others @ ..]) => {
                self.rows_of(RowKind::Sum(a.1, b.1), &result, &[&x.0, &y.0]);
                for (term, operand) in rest.iter().zip(others) {
                    self.rows_of(RowKind::Add(term.1), &result, &[&operand.0]);
                }
            }
            _ => {}
        }
        operands.into_iter().for_each(|o| self.drop_copy(o));
        result
    }

    fn constant(&mut self, x: f64) -> Slot {
        let slot = self.reserve(&[], None);
        self.plan.constants.push((slot.clone(), Rc::new([x]), Vec::new()));
        slot
    }

    fn ones(&mut self) -> Slot {
        if self.one.is_none() {
            self.one = Some(self.constant(1.0));
        }
        self.one.clone().unwrap_or_else(|| Slot::new(&[], None, &[], 1))
    }

    fn contract(&mut self, factors: &[Id], dims: &[Dim]) -> Slot {
        let mut summed: Vec<Dim> = self.graph.union(factors).into_iter().filter(|d| !dims.contains(d)).collect();
        summed.sort_unstable();
        if summed.is_empty() {
            let kind = if factors.len() == 2 { RowKind::Product } else { RowKind::Copy };
            return self.rows(kind, factors, dims);
        }
        // The inner part of the sum is the largest dimension: a matter of the graph, not of the layout.
        summed.sort_by_key(|d| (self.size(*d), *d));
        let inner = summed.pop().unwrap_or(0);
        let total = dims.iter().all(|d| Some(*d) == self.replica);
        let lane = if total { self.replica.filter(|r| dims.contains(r)) } else { self.contraction_lane(factors, dims) };
        let mut operands: Vec<(Slot, bool)> = factors.iter().map(|f| self.with_lane(*f, lane)).collect();
        if operands.len() == 1 {
            let ones = self.ones();
            operands.push((ones, false));
        }
        // The second factor is the one that is read as vectors if only one is.
        let read = |o: &(Slot, bool)| Self::read_of(&o.0, lane);
        if read(&operands[0]) == Read::Vector && read(&operands[1]) == Read::Splat {
            operands.swap(0, 1);
        }
        let result = self.place(dims, lane);
        let (a, b) = (&operands[0].0, &operands[1].0);
        let reads = [Self::read_of(a, lane), Self::read_of(b, lane)];
        let stride = |s: &Slot, d: Dim| s.stride(d).unwrap_or(0);
        let mut outer = vec![(0, 0)];
        for d in &summed {
            let (p, q, n) = (stride(a, *d), stride(b, *d), self.size(*d));
            outer = outer.iter().flat_map(|(x, y)| (0..n).map(move |k| (x + k * p, y + k * q))).collect();
        }
        let inner = (self.size(inner), stride(a, inner), stride(b, inner));
        let at = [result.offset, a.offset, b.offset];
        self.plan.operations += 2.0 * (self.product(dims) * outer.len() * inner.0) as f64;
        let blocks = self.blocks(lane);
        if total {
            let replicas = lane.is_some();
            self.plan.steps.push(Step::Total(Total { at, reads, blocks, outer, inner, replicas }));
        } else {
            let step = self.tiled(&result, (a, b), (at, reads), (outer, inner), blocks);
            self.plan.steps.push(Step::Contraction(step));
        }
        operands.into_iter().for_each(|o| self.drop_copy(o));
        result
    }

    fn tiled(
        &self,
        result: &Slot,
        (a, b): (&Slot, &Slot),
        (at, reads): ([usize; 3], [Read; 2]),
        (outer, inner): (Vec<(usize, usize)>, (usize, usize, usize)),
        blocks: usize,
    ) -> Contraction {
        let stride = |s: &Slot, d: Dim| s.stride(d).unwrap_or(0);
        let free: Vec<(Dim, usize)> =
            result.dims.iter().filter(|d| Some(d.0) != result.lane && d.1 > 1).map(|d| (d.0, d.1)).collect();
        let largest = |only: &Slot, without: &Slot| {
            free.iter().copied().filter(|d| only.has(d.0) && !without.has(d.0)).max_by_key(|d| d.1)
        };
        let row = largest(a, b);
        let mut column = largest(b, a);
        let mut rows = (1, 0, 0);
        if let Some((d, n)) = row {
            rows = (n, stride(result, d), stride(a, d));
        }
        // The vectors of the lane are a column where only B has them.
        let lanes_are_columns = reads == [Read::Splat, Read::Vector] && (blocks > 1 || column.is_none());
        let mut columns = (1, 0, 0);
        if lanes_are_columns {
            column = None;
            columns = (blocks, self.width, self.width);
        } else if let Some((d, n)) = column {
            columns = (n, stride(result, d), stride(b, d));
        }
        let rest: Vec<(Dim, usize)> =
            free.into_iter().filter(|d| row.is_none_or(|r| r.0 != d.0) && column.is_none_or(|c| c.0 != d.0)).collect();
        let mut found = loops(&rest, [result, a, b]);
        if !lanes_are_columns && blocks > 1 {
            let step = |r: Read| if r == Read::Vector { self.width } else { 0 };
            found.push(Loop { size: blocks, strides: [self.width, step(reads[0]), step(reads[1])] });
        }
        // Splats on both sides fill a lane that neither has.
        Contraction { at, reads, loops: found, rows, columns, outer, inner }
    }

    /// The replicas, or a lane that one factor has and the other has not.
    fn contraction_lane(&self, factors: &[Id], dims: &[Dim]) -> Option<Dim> {
        if let Some(r) = self.replica.filter(|r| dims.contains(r)) {
            return Some(r);
        }
        let lanes: Vec<Dim> =
            factors.iter().filter_map(|f| self.plan.slots[f].lane.filter(|l| dims.contains(l))).collect();
        let alone = |l: &&Dim| factors.iter().filter(|f| self.graph.dims(**f).contains(l)).count() == 1;
        let best = lanes.iter().filter(alone).max_by_key(|l| self.size(**l)).or(lanes.first());
        best.copied().or_else(|| dims.iter().copied().max_by_key(|d| self.size(*d)))
    }

    fn reduced(&mut self, max: bool, x: Id, dims: &[Dim]) -> Slot {
        let own = self.slot(x).lane.filter(|l| dims.contains(l));
        let lane = own.or_else(|| self.default_lane(dims));
        let source = self.with_lane(x, lane);
        let result = self.place(dims, lane);
        let over = self.offsets(x, dims, &source.0);
        let outer: Vec<(Dim, usize)> = result.dims.iter().filter(|d| Some(d.0) != lane).map(|d| (d.0, d.1)).collect();
        self.plan.steps.push(Step::Reduce(Reduce {
            max,
            at: [result.offset, source.0.offset],
            read: Self::read_of(&source.0, lane),
            loops: loops(&outer, [&result, &source.0]),
            blocks: self.blocks(lane),
            over,
        }));
        self.drop_copy(source);
        result
    }

    /// Offsets of the dimensions of x that `dims` lacks, in the order of their numbers.
    fn offsets(&self, x: Id, dims: &[Dim], slot: &Slot) -> Vec<usize> {
        let mut over: Vec<Dim> = self.graph.dims(x).iter().copied().filter(|d| !dims.contains(d)).collect();
        over.sort_unstable();
        (0..self.product(&over)).map(|k| slot.at(&over, self.sizes(), k)).collect()
    }

    fn first_max(&mut self, x: Id, y: Id, dims: &[Dim]) -> Slot {
        let kept = self.graph.dims(y).to_vec();
        let lane = self.slot(y).lane.filter(|l| kept.contains(l));
        let source = self.with_lane(x, lane);
        let result = self.place(dims, lane.or_else(|| self.default_lane(dims)));
        let (into, from) = (self.offsets(x, &kept, &result), self.offsets(x, &kept, &source.0));
        let maximum = self.slot(y);
        let outer: Vec<(Dim, usize)> = maximum.dims.iter().filter(|d| Some(d.0) != lane).map(|d| (d.0, d.1)).collect();
        self.plan.steps.push(Step::FirstMax(FirstMax {
            at: [result.offset, source.0.offset, maximum.offset],
            read: [Self::read_of(&source.0, lane), Self::read_of(&maximum, lane)],
            loops: loops(&outer, [&result, &source.0, &maximum]),
            blocks: self.blocks(lane),
            over: into.into_iter().zip(from).map(|(i, f)| [i, f]).collect(),
            lanes: lane.is_some(),
        }));
        self.drop_copy(source);
        result
    }

    /// What passes through a gather or scatter: the loops over it, and the numbers per entry.
    fn through(&self, passing: &[Dim], result: &Slot, source: &Slot) -> (Vec<Loop<2>>, usize) {
        let lane = result.lane.filter(|l| source.lane == Some(*l) && passing.contains(l));
        let outer: Vec<(Dim, usize)> = passing.iter().filter(|d| Some(**d) != lane).map(|d| (*d, self.size(*d))).collect();
        (loops(&outer, [result, source]), lane.map_or(1, |l| self.size(l)))
    }

    fn gather(&mut self, from: Id, consumed: &[Dim], new: &[Dim], table: &[i32], dims: &[Dim]) -> Slot {
        let source = self.slot(from);
        let passing: Vec<Dim> = self.graph.dims(from).iter().copied().filter(|d| !consumed.contains(d)).collect();
        let lane = source.lane.filter(|l| passing.contains(l)).or_else(|| self.default_lane(dims));
        let result = self.place(dims, lane);
        let (found, run) = self.through(&passing, &result, &source);
        let table = table
            .iter()
            .enumerate()
            .map(|(k, t)| {
                let from = usize::try_from(*t).ok().map(|t| source.at(consumed, self.sizes(), t));
                (result.at(new, self.sizes(), k), from)
            })
            .collect();
        self.plan.steps.push(Step::Move(Move { at: [result.offset, source.offset], loops: found, table, run, add: None }));
        result
    }

    fn scatter(&mut self, from: Id, consumed: &[Dim], new: &[Dim], table: &[i32], dims: &[Dim]) -> Slot {
        let source = self.slot(from);
        let passing: Vec<Dim> = self.graph.dims(from).iter().copied().filter(|d| !consumed.contains(d)).collect();
        let lane = source.lane.filter(|l| passing.contains(l)).or_else(|| self.default_lane(dims));
        let result = self.place(dims, lane);
        let (found, run) = self.through(&passing, &result, &source);
        let table = table
            .iter()
            .enumerate()
            .filter_map(|(k, t)| {
                let into = result.at(new, self.sizes(), usize::try_from(*t).ok()?);
                Some((into, Some(source.at(consumed, self.sizes(), k))))
            })
            .collect();
        let step = Move { at: [result.offset, source.offset], loops: found, table, run, add: Some(result.len) };
        self.plan.steps.push(Step::Move(step));
        result
    }
}
