//! Reductions that are no sums, and moves by a table.

use super::super::graph::{Dim, Id};
use super::super::reduce::{FirstMax, Move, Reduce};
use super::super::slot::{Loop, Slot, loops};
use super::{Planner, Step};

impl Planner<'_> {
    pub(super) fn reduced(&mut self, max: bool, x: Id, dims: &[Dim]) -> Slot {
        let own = self.slot(x).lane.filter(|l| dims.contains(l));
        let lane = own.or_else(|| self.default_lane(dims));
        let source = self.with_lane(x, lane);
        let result = self.place(dims, lane);
        let over = self.offsets(x, dims, &source.0);
        let outer: Vec<(Dim, usize)> = result
            .dims
            .iter()
            .filter(|d| Some(d.0) != lane)
            .map(|d| (d.0, d.1))
            .collect();
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
    pub(super) fn offsets(&self, x: Id, dims: &[Dim], slot: &Slot) -> Vec<usize> {
        let mut over: Vec<Dim> = self
            .graph
            .dims(x)
            .iter()
            .copied()
            .filter(|d| !dims.contains(d))
            .collect();
        over.sort_unstable();
        (0..self.product(&over))
            .map(|k| slot.at(&over, self.sizes(), k))
            .collect()
    }

    pub(super) fn first_max(&mut self, x: Id, y: Id, dims: &[Dim]) -> Slot {
        let kept = self.graph.dims(y).to_vec();
        let lane = self.slot(y).lane.filter(|l| kept.contains(l));
        let source = self.with_lane(x, lane);
        let result = self.place(dims, lane.or_else(|| self.default_lane(dims)));
        let (into, from) = (
            self.offsets(x, &kept, &result),
            self.offsets(x, &kept, &source.0),
        );
        let maximum = self.slot(y);
        let outer: Vec<(Dim, usize)> = maximum
            .dims
            .iter()
            .filter(|d| Some(d.0) != lane)
            .map(|d| (d.0, d.1))
            .collect();
        self.plan.steps.push(Step::FirstMax(FirstMax {
            at: [result.offset, source.0.offset, maximum.offset],
            read: [
                Self::read_of(&source.0, lane),
                Self::read_of(&maximum, lane),
            ],
            loops: loops(&outer, [&result, &source.0, &maximum]),
            blocks: self.blocks(lane),
            over: into.into_iter().zip(from).map(|(i, f)| [i, f]).collect(),
            lanes: lane.is_some(),
        }));
        self.drop_copy(source);
        result
    }

    /// What passes through a gather or scatter: the loops over it, and the numbers per entry.
    pub(super) fn through(
        &self,
        passing: &[Dim],
        result: &Slot,
        source: &Slot,
    ) -> (Vec<Loop<2>>, usize) {
        let lane = result
            .lane
            .filter(|l| source.lane == Some(*l) && passing.contains(l));
        let outer: Vec<(Dim, usize)> = passing
            .iter()
            .filter(|d| Some(**d) != lane)
            .map(|d| (*d, self.size(*d)))
            .collect();
        (
            loops(&outer, [result, source]),
            lane.map_or(1, |l| self.size(l)),
        )
    }

    pub(super) fn gather(
        &mut self,
        from: Id,
        consumed: &[Dim],
        new: &[Dim],
        table: &[i32],
        dims: &[Dim],
    ) -> Slot {
        let source = self.slot(from);
        let passing: Vec<Dim> = self
            .graph
            .dims(from)
            .iter()
            .copied()
            .filter(|d| !consumed.contains(d))
            .collect();
        let lane = source
            .lane
            .filter(|l| passing.contains(l))
            .or_else(|| self.default_lane(dims));
        let result = self.place(dims, lane);
        let (found, run) = self.through(&passing, &result, &source);
        let table = table
            .iter()
            .enumerate()
            .map(|(k, t)| {
                let from = usize::try_from(*t)
                    .ok()
                    .map(|t| source.at(consumed, self.sizes(), t));
                (result.at(new, self.sizes(), k), from)
            })
            .collect();
        self.plan.steps.push(Step::Move(Move {
            at: [result.offset, source.offset],
            loops: found,
            table,
            run,
            add: None,
        }));
        result
    }

    pub(super) fn scatter(
        &mut self,
        from: Id,
        consumed: &[Dim],
        new: &[Dim],
        table: &[i32],
        dims: &[Dim],
    ) -> Slot {
        let source = self.slot(from);
        let passing: Vec<Dim> = self
            .graph
            .dims(from)
            .iter()
            .copied()
            .filter(|d| !consumed.contains(d))
            .collect();
        let lane = source
            .lane
            .filter(|l| passing.contains(l))
            .or_else(|| self.default_lane(dims));
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
        let step = Move {
            at: [result.offset, source.offset],
            loops: found,
            table,
            run,
            add: Some(result.len),
        };
        self.plan.steps.push(Step::Move(step));
        result
    }
}
