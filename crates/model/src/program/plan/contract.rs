//! Contractions: which factor is read along the lane, and what is tiled.

use super::super::contraction::{Contraction, Total};
use super::super::graph::{Dim, Id};
use super::super::kernel::{Read, RowKind};
use super::super::slot::{Loop, Slot, loops};
use super::{Planner, Step};

impl Planner<'_> {
    pub(super) fn contract(&mut self, factors: &[Id], dims: &[Dim]) -> Slot {
        let mut summed: Vec<Dim> = self
            .graph
            .union(factors)
            .into_iter()
            .filter(|d| !dims.contains(d))
            .collect();
        summed.sort_unstable();
        if summed.is_empty() {
            let kind = if factors.len() == 2 {
                RowKind::Product
            } else {
                RowKind::Copy
            };
            return self.rows(kind, factors, dims);
        }
        // The inner part of the sum is the largest dimension: a matter of the graph, not of the layout.
        summed.sort_by_key(|d| (self.size(*d), *d));
        let inner = summed.pop().unwrap_or(0);
        let total = dims.iter().all(|d| Some(*d) == self.replica);
        let lane = if total {
            self.replica.filter(|r| dims.contains(r))
        } else {
            self.contraction_lane(factors, dims)
        };
        let mut operands: Vec<(Slot, bool)> =
            factors.iter().map(|f| self.with_lane(*f, lane)).collect();
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
            outer = outer
                .iter()
                .flat_map(|(x, y)| (0..n).map(move |k| (x + k * p, y + k * q)))
                .collect();
        }
        let inner = (self.size(inner), stride(a, inner), stride(b, inner));
        let at = [result.offset, a.offset, b.offset];
        self.plan.operations += 2.0 * (self.product(dims) * outer.len() * inner.0) as f64;
        let blocks = self.blocks(lane);
        if total {
            let replicas = lane.is_some();
            self.plan.steps.push(Step::Total(Total {
                at,
                reads,
                blocks,
                outer,
                inner,
                replicas,
            }));
        } else {
            let step = self.tiled(&result, (a, b), (at, reads), (outer, inner), blocks);
            self.plan.steps.push(Step::Contraction(step));
        }
        operands.into_iter().for_each(|o| self.drop_copy(o));
        result
    }

    pub(super) fn tiled(
        &self,
        result: &Slot,
        (a, b): (&Slot, &Slot),
        (at, reads): ([usize; 3], [Read; 2]),
        (outer, inner): (Vec<(usize, usize)>, (usize, usize, usize)),
        blocks: usize,
    ) -> Contraction {
        let stride = |s: &Slot, d: Dim| s.stride(d).unwrap_or(0);
        let free: Vec<(Dim, usize)> = result
            .dims
            .iter()
            .filter(|d| Some(d.0) != result.lane && d.1 > 1)
            .map(|d| (d.0, d.1))
            .collect();
        let largest = |only: &Slot, without: &Slot| {
            free.iter()
                .copied()
                .filter(|d| only.has(d.0) && !without.has(d.0))
                .max_by_key(|d| d.1)
        };
        let row = largest(a, b);
        let mut column = largest(b, a);
        let mut rows = (1, 0, 0);
        if let Some((d, n)) = row {
            rows = (n, stride(result, d), stride(a, d));
        }
        // The vectors of the lane are a column where only B has them.
        let lanes_are_columns =
            reads == [Read::Splat, Read::Vector] && (blocks > 1 || column.is_none());
        let mut columns = (1, 0, 0);
        if lanes_are_columns {
            column = None;
            columns = (blocks, self.width, self.width);
        } else if let Some((d, n)) = column {
            columns = (n, stride(result, d), stride(b, d));
        }
        let rest: Vec<(Dim, usize)> = free
            .into_iter()
            .filter(|d| row.is_none_or(|r| r.0 != d.0) && column.is_none_or(|c| c.0 != d.0))
            .collect();
        let mut found = loops(&rest, [result, a, b]);
        if !lanes_are_columns && blocks > 1 {
            let step = |r: Read| if r == Read::Vector { self.width } else { 0 };
            found.push(Loop {
                size: blocks,
                strides: [self.width, step(reads[0]), step(reads[1])],
            });
        }
        // Splats on both sides fill a lane that neither has.
        Contraction {
            at,
            reads,
            loops: found,
            rows,
            columns,
            outer,
            inner,
        }
    }

    /// The replicas, or a lane that one factor has and the other has not.
    pub(super) fn contraction_lane(&self, factors: &[Id], dims: &[Dim]) -> Option<Dim> {
        if let Some(r) = self.replica.filter(|r| dims.contains(r)) {
            return Some(r);
        }
        let lanes: Vec<Dim> = factors
            .iter()
            .filter_map(|f| self.plan.slots[f].lane.filter(|l| dims.contains(l)))
            .collect();
        let alone = |l: &&Dim| {
            factors
                .iter()
                .filter(|f| self.graph.dims(**f).contains(l))
                .count()
                == 1
        };
        let best = lanes
            .iter()
            .filter(alone)
            .max_by_key(|l| self.size(**l))
            .or(lanes.first());
        best.copied()
            .or_else(|| dims.iter().copied().max_by_key(|d| self.size(*d)))
    }
}
