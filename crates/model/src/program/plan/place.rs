//! Regions of the arena, and copies in other layouts.

use super::super::graph::{Dim, Id, Op, REPLICA};
use super::super::kernel::Read;
use super::super::moves::{Move, Transpose};
use super::super::slot::{Slot, loops};
use super::{Planner, Step};

/// An operand: an array, or one that is read through a table.
pub(super) struct View {
    pub slot: Slot,
    /// Dimensions of the table and the offset of each of its entries.
    pub table: Option<(Vec<Dim>, Vec<usize>)>,
}

impl View {
    /// Offset of an entry, given the values of dimensions.
    pub fn at(&self, value: &dyn Fn(Dim) -> usize, sizes: &[usize]) -> usize {
        let own = self.slot.dims.iter();
        let plain: usize = own.map(|d| d.2 * value(d.0)).sum();
        match &self.table {
            None => plain,
            Some((new, offsets)) => {
                let flat = new
                    .iter()
                    .fold(0, |k, d| k * sizes[*d as usize] + value(*d));
                plain + offsets[flat]
            }
        }
    }
}

/// The position that stands for no lane in the list of copies.
const DENSE: usize = usize::MAX;

impl Planner<'_> {
    pub(super) fn sizes(&self) -> &[usize] {
        &self.graph.sizes
    }

    pub(super) fn size(&self, d: Dim) -> usize {
        self.graph.sizes[d as usize]
    }

    pub(super) fn product(&self, dims: &[Dim]) -> usize {
        dims.iter().map(|d| self.size(*d)).product()
    }

    pub(super) fn lane_of(&self, id: Id) -> Option<Dim> {
        self.assigned.lane(id)
    }

    pub(super) fn slot(&self, id: Id) -> Slot {
        self.plan.slots[&id].clone()
    }

    pub(super) fn blocks(&self, lane: Option<Dim>) -> usize {
        lane.map_or(1, |l| self.size(l).div_ceil(self.width))
    }

    pub(super) fn read_of(slot: &Slot, lane: Option<Dim>) -> Read {
        match lane {
            Some(l) if slot.lane == Some(l) => Read::Vector,
            _ => Read::Splat,
        }
    }

    /// A region of its own: what is written before the steps run must not be written by them.
    pub(super) fn reserve(&mut self, dims: &[Dim], lane: Option<Dim>) -> Slot {
        let mut slot = Slot::new(dims, lane, self.sizes(), self.width);
        slot.offset = self.plan.len;
        slot.clean = true;
        self.plan.len += slot.len;
        slot
    }

    fn allocate(&mut self, dims: &[Dim], lane: Option<Dim>) -> Slot {
        if self.once {
            let mut slot = self.reserve(dims, lane);
            slot.clean = false;
            return slot;
        }
        let mut slot = Slot::new(dims, lane, self.sizes(), self.width);
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

    /// Where a node goes.
    pub(super) fn place(&mut self, id: Id) -> Slot {
        match self.pinned.get(&id) {
            Some(slot) => Slot {
                clean: false,
                ..slot.clone()
            },
            None => self.allocate(self.graph.dims(id), self.lane_of(id)),
        }
    }

    /// One use less; a region without uses can be taken again.
    pub(super) fn release(&mut self, id: Id) {
        let root = self.owner.get(&id).copied().unwrap_or(id);
        self.uses[id as usize] -= 1;
        if self.uses[id as usize] > 0 {
            return;
        }
        if root != id {
            return self.release(root);
        }
        if self.graph.fixed(id) {
            return;
        }
        let mut freed: Vec<Slot> = self
            .copies
            .remove(&id)
            .unwrap_or_default()
            .into_iter()
            .map(|c| c.1)
            .collect();
        let lent = self.joined.contains_key(&id);
        if !matches!(self.graph.op(id), Op::Leaf(_)) && !self.pinned.contains_key(&id) && !lent {
            freed.push(self.slot(id));
        }
        for slot in freed {
            self.free.entry(slot.len).or_default().push(slot.offset);
        }
    }

    /// An argument as its user reads it.
    pub(super) fn operand(&mut self, user: Id, argument: Id) -> Slot {
        let wanted = self.assigned.wanted(user, argument);
        self.with_lane(argument, wanted)
    }

    /// The same, also of a gather that is read in place.
    pub(super) fn view(&mut self, user: Id, argument: Id) -> View {
        let Op::Gather {
            from,
            consumed,
            new,
            table,
        } = self.graph.op(argument)
        else {
            let slot = self.operand(user, argument);
            return View { slot, table: None };
        };
        if !self.assigned.is_alias(argument) {
            let slot = self.operand(user, argument);
            return View { slot, table: None };
        }
        let wanted = self.assigned.wanted(user, argument);
        let mut slot = self.with_lane(*from, wanted);
        let offset = |t: &i32| slot.at(consumed, self.sizes(), usize::try_from(*t).unwrap_or(0));
        let offsets = table.iter().map(offset).collect();
        slot.dims.retain(|d| !consumed.contains(&d.0));
        View {
            slot,
            table: Some((new.clone(), offsets)),
        }
    }

    /// An array with this lane, if it matters: itself, or a copy laid out anew, which lives as long.
    pub(super) fn with_lane(&mut self, id: Id, wanted: Option<Option<Dim>>) -> Slot {
        let slot = self.slot(id);
        let Some(lane) = wanted else { return slot };
        let effective = slot.dims.iter().filter(|d| d.1 > 1).count();
        let same = lane == slot.lane
            || lane != Some(REPLICA) && effective == 0
            || lane.is_none() && effective == 1;
        if same {
            return slot;
        }
        let owner = self.owner.get(&id).copied().unwrap_or(id);
        let position = lane.map_or(DENSE, |l| {
            slot.dims.iter().position(|d| d.0 == l).unwrap_or(DENSE)
        });
        let own = self.slot(owner);
        // Renaming keeps the order of dimensions.
        let names: Vec<(Dim, Dim)> = own
            .dims
            .iter()
            .map(|d| d.0)
            .zip(slot.dims.iter().map(|d| d.0))
            .collect();
        let known = self.copies.get(&owner);
        if let Some((_, copy)) = known.and_then(|k| k.iter().find(|c| c.0 == position)) {
            return copy.renamed(&names);
        }
        let before = std::mem::replace(&mut self.once, self.graph.fixed(owner));
        // A dense array has the order of the graph, in which others that are dense lie too.
        let dims = self.graph.dims(id).to_vec();
        let mut copy = self.allocate(&dims, lane);
        copy.clean = self.move_of(&copy, &slot);
        self.once = before;
        let back: Vec<(Dim, Dim)> = names.iter().map(|n| (n.1, n.0)).collect();
        self.copies
            .entry(owner)
            .or_default()
            .push((position, copy.renamed(&back)));
        copy
    }

    /// Copies all entries of an array to where another layout has them; whether padding becomes zero.
    pub(super) fn move_of(&mut self, into: &Slot, from: &Slot) -> bool {
        let contiguous = |s: &Slot| s.dims.iter().find(|d| d.1 > 1 && d.2 == 1).map(|d| d.0);
        let step = match (into.lane, contiguous(from)) {
            (Some(lane), Some(other)) if lane != other && from.has(lane) && into.has(other) => {
                let rest: Vec<(Dim, usize)> = into
                    .dims
                    .iter()
                    .filter(|d| d.0 != lane && d.0 != other)
                    .map(|d| (d.0, d.1))
                    .collect();
                let stride = |s: &Slot, d: Dim| s.stride(d).unwrap_or(0);
                Step::Transpose(Transpose {
                    at: [into.offset, from.offset],
                    loops: loops(&rest, [into, from]),
                    rows: (self.size(lane), stride(from, lane)),
                    columns: (self.size(other), stride(into, other)),
                })
            }
            _ => {
                // The innermost loop is over what is contiguous in the result.
                let inner = into.dims.iter().filter(|d| d.1 > 1).min_by_key(|d| d.2);
                let inner = inner.map_or((REPLICA, 1), |d| (d.0, d.1));
                let outer: Vec<(Dim, usize)> = into
                    .dims
                    .iter()
                    .filter(|d| d.0 != inner.0)
                    .map(|d| (d.0, d.1))
                    .collect();
                let stride = |s: &Slot| s.stride(inner.0).unwrap_or(0);
                let (p, q) = (stride(into), stride(from));
                Step::Move(Move {
                    at: [into.offset, from.offset],
                    loops: loops(&outer, [into, from]),
                    table: (0..inner.1).map(|k| (k * p, Some(k * q))).collect(),
                    blocks: 0,
                })
            }
        };
        let clean = matches!(step, Step::Transpose(_));
        self.emit(step);
        clean
    }
}
