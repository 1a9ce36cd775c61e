//! Entrywise operations, row by row.

use super::super::graph::{Dim, Id};
use super::super::kernel::{Read, RowKind, Rows};
use super::super::slot::{Loop, Slot, loops};
use super::{Planner, Step};

impl Planner<'_> {
    /// The lane of an entrywise result: the replicas, or that of an argument with most dimensions.
    pub(super) fn entrywise_lane(&self, arguments: &[Id], dims: &[Dim]) -> Option<Dim> {
        if let Some(r) = self.replica.filter(|r| dims.contains(r)) {
            return Some(r);
        }
        let lanes = arguments.iter().filter_map(|a| {
            let slot = &self.plan.slots[a];
            slot.lane
                .filter(|l| dims.contains(l))
                .map(|l| (slot.len, l))
        });
        lanes
            .max_by_key(|l| l.0)
            .map(|l| l.1)
            .or_else(|| self.default_lane(dims))
    }

    pub(super) fn rows_of(&mut self, kind: RowKind, result: &Slot, operands: &[&Slot]) {
        let lane = result.lane;
        let outer: Vec<(Dim, usize)> = result
            .dims
            .iter()
            .filter(|d| Some(d.0) != lane)
            .map(|d| (d.0, d.1))
            .collect();
        let pick = |k: usize| *operands.get(k).unwrap_or(&operands[0]);
        let slots = [result, pick(0), pick(1), pick(2)];
        let reads = [1, 2, 3].map(|k| Self::read_of(slots[k], lane));
        let mut found: Vec<Loop<4>> = loops(&outer, slots);
        let mut blocks = self.blocks(lane);
        // Rows that follow each other without a gap are one row.
        if let Some(last) = found.last().copied() {
            let joins = (0..4).all(|k| {
                let vector = k == 0 && lane.is_some() || k > 0 && reads[k - 1] == Read::Vector;
                if vector {
                    last.strides[k] == blocks * self.width
                } else {
                    k > 0 && last.strides[k] == 0
                }
            });
            if joins {
                blocks *= last.size;
                found.pop();
            }
        }
        self.plan.steps.push(Step::Rows(Rows {
            kind,
            at: slots.map(|s| s.offset),
            reads,
            loops: found,
            blocks,
        }));
    }

    pub(super) fn rows(&mut self, kind: RowKind, arguments: &[Id], dims: &[Dim]) -> Slot {
        let lane = self.entrywise_lane(arguments, dims);
        let operands: Vec<(Slot, bool)> =
            arguments.iter().map(|a| self.with_lane(*a, lane)).collect();
        let result = self.place(dims, lane);
        self.rows_of(
            kind,
            &result,
            &operands.iter().map(|o| &o.0).collect::<Vec<_>>(),
        );
        operands.into_iter().for_each(|o| self.drop_copy(o));
        result
    }

    pub(super) fn select(&mut self, mask: Slot, then: Id, otherwise: Id, dims: &[Dim]) -> Slot {
        let lane = self
            .replica
            .filter(|r| dims.contains(r))
            .or(mask.lane)
            .or_else(|| self.entrywise_lane(&[then, otherwise], dims));
        let (a, b) = (self.with_lane(then, lane), self.with_lane(otherwise, lane));
        let result = self.place(dims, lane);
        self.rows_of(RowKind::Select, &result, &[&mask, &a.0, &b.0]);
        self.drop_copy(a);
        self.drop_copy(b);
        result
    }

    pub(super) fn combine(&mut self, terms: &[(Id, f64)], dims: &[Dim]) -> Slot {
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
}
