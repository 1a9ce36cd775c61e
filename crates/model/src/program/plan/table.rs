//! Reductions that are no sums, and moves by a table.

use super::super::graph::{Dim, Id, REPLICA};
use super::super::kernel::Read;
use super::super::moves::Move;
use super::super::reduce::{FirstMax, Reduce};
use super::super::slot::{Loop, Slot, loops};
use super::super::sparse::Sparse;
use super::place::View;
use super::{Planner, Step};

impl Planner<'_> {
    pub(super) fn reduced(&mut self, id: Id, max: bool, x: Id) -> Slot {
        let source = self.operand(id, x);
        let result = self.place(id);
        let lane = result.lane;
        let over = self.offsets(x, self.graph.dims(id), &source);
        let outer: Vec<(Dim, usize)> = result
            .dims
            .iter()
            .filter(|d| Some(d.0) != lane)
            .map(|d| (d.0, d.1))
            .collect();
        self.emit(Step::Reduce(Reduce {
            max,
            at: [result.offset, source.offset],
            read: Self::read_of(&source, lane),
            loops: loops(&outer, [&result, &source]),
            blocks: self.blocks(lane),
            over,
        }));
        result
    }

    /// Offsets of the dimensions of x that `dims` lacks, in the order of their numbers.
    fn offsets(&self, x: Id, dims: &[Dim], slot: &Slot) -> Vec<usize> {
        let own = self.graph.dims(x).iter().copied();
        let mut over: Vec<Dim> = own.filter(|d| !dims.contains(d)).collect();
        over.sort_unstable();
        (0..self.product(&over))
            .map(|k| slot.at(&over, self.sizes(), k))
            .collect()
    }

    pub(super) fn first_max(&mut self, id: Id, x: Id, y: Id) -> Slot {
        let kept = self.graph.dims(y).to_vec();
        let (source, maximum) = (self.operand(id, x), self.operand(id, y));
        let result = self.place(id);
        let lane = result.lane.filter(|l| kept.contains(l));
        let (into, from) = (
            self.offsets(x, &kept, &result),
            self.offsets(x, &kept, &source),
        );
        let outer: Vec<(Dim, usize)> = maximum
            .dims
            .iter()
            .filter(|d| Some(d.0) != lane)
            .map(|d| (d.0, d.1))
            .collect();
        self.emit(Step::FirstMax(FirstMax {
            at: [result.offset, source.offset, maximum.offset],
            read: [Self::read_of(&source, lane), Self::read_of(&maximum, lane)],
            loops: loops(&outer, [&result, &source, &maximum]),
            blocks: self.blocks(lane),
            over: into.into_iter().zip(from).map(|(i, f)| [i, f]).collect(),
            lanes: lane.is_some(),
        }));
        result
    }

    pub(super) fn gather(
        &mut self,
        id: Id,
        from: Id,
        [consumed, new]: [&[Dim]; 2],
        table: &[i32],
    ) -> Slot {
        let source = self.slot(from);
        let mut result = self.place(id);
        let own = self.graph.dims(from).iter().copied();
        let passing: Vec<Dim> = own.filter(|d| !consumed.contains(d)).collect();
        let lane = result
            .lane
            .filter(|l| source.lane == Some(*l) && passing.contains(l));
        let outer: Vec<(Dim, usize)> = passing
            .iter()
            .filter(|d| Some(**d) != lane)
            .map(|d| (*d, self.size(*d)))
            .collect();
        let entry = |(k, t): (usize, &i32)| {
            let from = usize::try_from(*t).ok();
            (
                result.at(new, self.sizes(), k),
                from.map(|t| source.at(consumed, self.sizes(), t)),
            )
        };
        let step = Move {
            at: [result.offset, source.offset],
            loops: loops(&outer, [&result, &source]),
            table: table.iter().enumerate().map(entry).collect(),
            blocks: lane.map_or(0, |l| self.blocks(Some(l))),
        };
        result.clean = step.blocks > 0 && source.clean;
        self.emit(Step::Move(step));
        result
    }

    /// Each result is a sum over the entries that the table sends there, in their order.
    pub(super) fn scatter(
        &mut self,
        id: Id,
        factors: &[Id],
        [consumed, new]: [&[Dim]; 2],
        table: &[i32],
    ) -> Slot {
        let mut views: Vec<View> = factors.iter().map(|f| self.view(id, *f)).collect();
        if views.len() == 1 {
            let slot = self.ones();
            views.insert(0, View { slot, table: None });
        }
        let mut result = self.place(id);
        let lane = result.lane.filter(|l| !new.contains(l));
        let read = |v: &View| Self::read_of(&v.slot, lane);
        if read(&views[0]) == Read::Vector && read(&views[1]) == Read::Splat {
            views.swap(0, 1);
        }
        let reads = [read(&views[0]), read(&views[1])];
        let of_vectors = |v: &View| read(v) == Read::Splat || v.slot.clean;
        result.clean =
            lane.is_some() && reads.contains(&Read::Vector) && views.iter().all(of_vectors);
        // Entries by the place that they go to.
        let mut entries: Vec<Vec<[usize; 2]>> = vec![Vec::new(); self.product(new)];
        for (k, t) in table.iter().enumerate() {
            let Ok(into) = usize::try_from(*t) else {
                continue;
            };
            let value = |d: Dim| self.digit(consumed, k, d);
            entries[into].push([0, 1].map(|v| views[v].at(&value, self.sizes())));
        }
        let mut rows = Vec::new();
        let mut all = Vec::new();
        for (k, own) in entries.into_iter().enumerate() {
            rows.push((result.at(new, self.sizes(), k), all.len() + own.len()));
            all.extend(own);
        }
        let passing: Vec<(Dim, usize)> = result
            .dims
            .iter()
            .filter(|d| !new.contains(&d.0) && Some(d.0) != lane)
            .map(|d| (d.0, d.1))
            .collect();
        let mut found: Vec<Loop<3>> = loops(&passing, [&result, &views[0].slot, &views[1].slot]);
        let step = |r: Read| if r == Read::Vector { self.width } else { 0 };
        if lane.is_some_and(|l| l != REPLICA) || self.blocks(lane) > 1 {
            found.push(Loop {
                size: self.blocks(lane),
                strides: [self.width, step(reads[0]), step(reads[1])],
            });
        }
        let columns = found.pop().unwrap_or(Loop {
            size: 1,
            strides: [0; 3],
        });
        self.emit(Step::Sparse(Sparse {
            at: [result.offset, views[0].slot.offset, views[1].slot.offset],
            reads,
            loops: found,
            columns,
            rows,
            entries: all,
            lanes: lane.is_some(),
        }));
        result
    }

    /// The value of a dimension in a flat index over several.
    fn digit(&self, over: &[Dim], mut flat: usize, wanted: Dim) -> usize {
        for d in over.iter().rev() {
            let n = self.size(*d);
            if *d == wanted {
                return flat % n;
            }
            flat /= n;
        }
        0
    }
}
