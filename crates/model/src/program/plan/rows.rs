//! Entrywise operations, row by row.

use super::super::graph::{Dim, Id, Pointwise};
use super::super::kernel::{Read, RowKind, Rows};
use super::super::slot::{Loop, Slot, loops};
use super::{Planner, Step};
use std::sync::Arc;

impl Planner<'_> {
    pub(super) fn rows_of(&mut self, kind: RowKind, result: &Slot, operands: &[&Slot]) {
        let lane = result.lane;
        if lane.is_none() && result.dims.iter().any(|d| d.1 > 1) {
            return self.flat_row(kind, result, operands);
        }
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
        let vector = |k: usize| k == 0 || reads[k - 1] == Read::Vector;
        let mut advance = [0, 1, 2, 3].map(|k| if vector(k) { self.width } else { 0 });
        // Rows that follow each other without a gap are one row, and so are rows of single vectors.
        while let Some(last) = found.last().copied() {
            let joins = (0..4).all(|k| last.strides[k] == blocks * advance[k]);
            if blocks == 1 {
                advance = last.strides;
            } else if !joins {
                break;
            }
            blocks *= last.size;
            found.pop();
        }
        self.emit(Step::Rows(Rows {
            kind,
            at: slots.map(|s| s.offset),
            reads,
            loops: found,
            blocks,
            advance,
        }));
    }

    /// Whether padding of the result of a row is zero: f(0, …) = 0 and operands have it so.
    fn stays_clean(kind: RowKind, result: &Slot, operands: &[Slot]) -> bool {
        let zero = match kind {
            RowKind::Copy | RowKind::Scale(_) | RowKind::Product(_) => true,
            RowKind::Sum(..) | RowKind::Add(_) => operands
                .iter()
                .all(|o| Self::read_of(o, result.lane) == Read::Vector),
            RowKind::Map(f) => matches!(
                f,
                Pointwise::Relu
                    | Pointwise::Step
                    | Pointwise::Abs
                    | Pointwise::Sign
                    | Pointwise::Tanh
                    | Pointwise::Sin
                    | Pointwise::Erf
                    | Pointwise::Sqrt
            ),
            RowKind::Select => false,
        };
        let vectors = || operands.iter().filter(|o| o.lane == result.lane);
        zero && result.lane.is_some() && vectors().count() > 0 && vectors().all(|o| o.clean)
    }

    /// Dense arrays as one row; operands are such arrays or single numbers.
    fn flat_row(&mut self, kind: RowKind, result: &Slot, operands: &[&Slot]) {
        let pick = |k: usize| *operands.get(k).unwrap_or(&operands[0]);
        let slots = [result, pick(0), pick(1), pick(2)];
        let read = |s: &Slot| match s.dims.iter().any(|d| d.1 > 1) {
            true => Read::Vector,
            false => Read::Splat,
        };
        self.emit(Step::Rows(Rows {
            kind,
            at: slots.map(|s| s.offset),
            reads: [1, 2, 3].map(|k| read(slots[k])),
            loops: Vec::new(),
            blocks: result.len / self.width,
            advance: [0, 1, 2, 3].map(|k| match k == 0 || read(slots[k]) == Read::Vector {
                true => self.width,
                false => 0,
            }),
        }));
    }

    pub(super) fn rows(&mut self, id: Id, kind: RowKind, arguments: &[Id]) -> Slot {
        let operands: Vec<Slot> = arguments.iter().map(|a| self.operand(id, *a)).collect();
        let mut result = self.place(id);
        self.rows_of(kind, &result, &operands.iter().collect::<Vec<_>>());
        result.clean = Self::stays_clean(kind, &result, &operands);
        result
    }

    pub(super) fn select(
        &mut self,
        id: Id,
        (over, mask): (&[Dim], &[bool]),
        branches: [Id; 2],
    ) -> Slot {
        let lane = self.lane_of(id);
        let entries: Arc<[f64]> = mask.iter().map(|m| f64::from(u8::from(*m))).collect();
        let own = lane.filter(|l| over.contains(l)).or(over.last().copied());
        let mask = self.reserve(over, own);
        self.plan
            .constants
            .push((mask.clone(), entries, over.to_vec()));
        let [a, b] = branches.map(|x| self.operand(id, x));
        let result = self.place(id);
        self.rows_of(RowKind::Select, &result, &[&mask, &a, &b]);
        result
    }

    pub(super) fn combine(&mut self, id: Id, terms: &[(Id, f64)]) -> Slot {
        if let Some(done) = terms.first().and_then(|t| self.joined.get(&t.0)) {
            return done.clone();
        }
        let operands: Vec<Slot> = terms.iter().map(|t| self.operand(id, t.0)).collect();
        let mut result = self.place(id);
        result.clean = Self::stays_clean(RowKind::Sum(1.0, 1.0), &result, &operands);
        match (terms, operands.as_slice()) {
            ([], _) => {
                let zero = self.constant(0.0);
                self.rows_of(RowKind::Copy, &result, &[&zero]);
            }
            ([one], [x]) => self.rows_of(RowKind::Scale(one.1), &result, &[x]),
            ([a, b, rest @ ..], [x, y, others @ ..]) => {
                self.rows_of(RowKind::Sum(a.1, b.1), &result, &[x, y]);
                for (term, operand) in rest.iter().zip(others) {
                    self.rows_of(RowKind::Add(term.1), &result, &[operand]);
                }
            }
            _ => {}
        }
        result
    }

    pub(super) fn constant(&mut self, x: f64) -> Slot {
        let slot = self.reserve(&[], None);
        self.plan
            .constants
            .push((slot.clone(), Arc::new([x]), Vec::new()));
        slot
    }

    pub(super) fn ones(&mut self) -> Slot {
        match &self.one {
            Some(slot) => slot.clone(),
            None => {
                let slot = self.constant(1.0);
                self.one.insert(slot).clone()
            }
        }
    }
}
