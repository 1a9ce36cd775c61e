//! Contractions: which factor is read along the lane, and what is tiled.

use super::super::contraction::Contraction;
use super::super::dots::{Dots, Total, Totals};
use super::super::graph::{Dim, Id, Op, REPLICA};
use super::super::kernel::{Read, RowKind};
use super::super::slot::{Loop, Slot, loops};
use super::cost::Order;
use super::place::View;
use super::{Planner, Step};

/// Outer part of a sum, as offsets in A and B, and its inner part: size, strides of A and B.
type Terms = (Vec<(usize, usize)>, (usize, usize, usize));

impl Planner<'_> {
    pub(super) fn contract(&mut self, id: Id) -> Slot {
        let Op::Contract(factors) = self.graph.op(id).clone() else {
            unreachable!("the caller has looked at the operation")
        };
        let scale = self.graph.nodes[id as usize].scale;
        let Some(order) = self.orders[id as usize] else {
            let kind = match (factors.len(), scale) {
                (2, _) => RowKind::Product(scale),
                (_, 1.0) => RowKind::Copy,
                _ => RowKind::Scale(scale),
            };
            return self.rows(id, kind, &factors);
        };
        let (inner, split) = (order.inner, order.split);
        let mut views: Vec<View> = factors.iter().map(|f| self.view(id, *f)).collect();
        if views.len() == 1 {
            let slot = self.ones();
            views.push(View { slot, table: None });
        }
        let (mut result, joined) = self.place_of_sum(id, split < self.width);
        let replicas = result.lane == Some(REPLICA);
        let along = split == self.width;
        // The second factor is the one that is read as vectors if only one is.
        let lane = if along && !replicas {
            Some(inner)
        } else {
            result.lane
        };
        let read = |v: &View| Self::read_of(&v.slot, lane);
        if read(&views[0]) == Read::Vector && read(&views[1]) == Read::Splat {
            views.swap(0, 1);
        }
        let reads = [read(&views[0]), read(&views[1])];
        let (a, b) = (&views[0].slot, &views[1].slot);
        let terms = self.terms(id, order, (a, b));
        let at = [result.offset, a.offset, b.offset];
        let outputs = self.product(self.graph.dims(id)) as f64;
        if !self.once {
            self.plan.operations += 2.0 * outputs * (terms.0.len() * terms.1.0) as f64;
        }
        let no_tile = || {
            let dims = self
                .graph
                .dims(id)
                .iter()
                .filter(|d| self.size(**d) > 1 && **d != REPLICA);
            dims.clone().all(|d| a.has(*d) == b.has(*d)) || views.iter().any(|v| v.table.is_some())
        };
        let mut step = if along && replicas && no_tile() {
            Step::Totals(self.totals(&result, &views, (at, reads), terms, scale))
        } else if along && !replicas {
            self.dots(&result, &views, (at, reads), terms, scale)
        } else {
            Step::Contraction(self.tiled(&result, (a, b), (at, reads), terms, (split, scale)))
        };
        let of_vectors = |v: &View| read(v) == Read::Splat || v.slot.clean;
        result.clean = matches!(step, Step::Contraction(_))
            && reads.contains(&Read::Vector)
            && views.iter().all(of_vectors);
        if let (Step::Contraction(sum), Some((other, factors))) = (&mut step, joined) {
            let shift = other.offset.wrapping_sub(result.offset);
            sum.plus = Some((shift, factors));
            result.clean &= other.clean;
            let named = self
                .joined
                .values_mut()
                .filter(|s| s.offset == result.offset);
            named.for_each(|s| s.clean = result.clean);
            self.joined.insert(id, result.clone());
        }
        self.emit(step);
        result
    }

    /// Where a sum goes. If it is only used in c·sum + d·other, and the other array lies like it, that is computed at
    /// once, with the same roundings as later.
    fn place_of_sum(&mut self, id: Id, tiled: bool) -> (Slot, Option<(Slot, [f64; 2])>) {
        let uses = self.assigned.uses(id);
        if let ([(user, alias)], true, false) = (&uses[..], tiled, self.once)
            && self.is_used_once(id, *alias)
            && let Op::Combine(terms) = self.graph.op(*user)
            && let [(first, c), (other, d)] = terms[..]
            && first == *alias
            && self.lane_of(*user) == self.lane_of(*alias)
            && self.graph.dims(*user).len() == self.graph.dims(id).len()
            && let Some(array) = self.early(other)
        {
            let dims = self.graph.dims(*user).to_vec();
            let form = match self.pinned.get(user) {
                Some(slot) => slot.clone(),
                None => Slot::new(&dims, self.lane_of(*user), self.sizes(), self.width),
            };
            if form.dims == array.dims && form.lane == array.lane && form.lane.is_some() {
                let place = self.place(*user);
                let back = |d: &Dim| (*d, self.assigned.outward(*alias, *d));
                let names: Vec<(Dim, Dim)> = dims.iter().map(back).collect();
                let own = place.renamed(&names);
                self.joined.insert(*alias, place);
                return (own, Some((array, [c, d])));
            }
        }
        (self.place(id), None)
    }

    /// An array that is there already, though perhaps not yet by this name.
    fn early(&self, id: Id) -> Option<Slot> {
        match (self.plan.slots.get(&id), self.graph.op(id)) {
            (Some(slot), _) => Some(slot.clone()),
            (None, Op::Rename(x, names)) => Some(self.early(*x)?.renamed(names)),
            _ => None,
        }
    }

    /// Whether nothing but an alias of a node, and one user of that, has the node as an argument.
    fn is_used_once(&self, id: Id, mut alias: Id) -> bool {
        while self.uses[alias as usize] == 1 && alias != id {
            alias = self.graph.op(alias).arguments()[0];
        }
        alias == id && self.uses[id as usize] == 1
    }

    fn terms(&self, id: Id, order: Order, (a, b): (&Slot, &Slot)) -> Terms {
        let inner = order.inner;
        let stride = |s: &Slot, d: Dim| s.stride(d).unwrap_or(0);
        let mut outer = vec![(0, 0)];
        for d in self.assigned.summed(id).iter().filter(|d| **d != inner) {
            let (p, q, n) = (stride(a, *d), stride(b, *d), self.size(*d));
            outer = outer
                .iter()
                .flat_map(|(x, y)| (0..n).map(move |k| (x + k * p, y + k * q)))
                .collect();
        }
        let (n, p, q) = (self.size(inner), stride(a, inner), stride(b, inner));
        if order.backwards {
            for (x, y) in &mut outer {
                (*x, *y) = (*x + (n - 1) * p, *y + (n - 1) * q);
            }
            return (outer, (n, p.wrapping_neg(), q.wrapping_neg()));
        }
        (outer, (n, p, q))
    }

    /// Offsets in C, A and B of all results.
    fn listed(&self, result: &Slot, views: &[View]) -> Vec<[usize; 3]> {
        let dims: Vec<(Dim, usize)> = result
            .dims
            .iter()
            .filter(|d| d.0 != REPLICA)
            .map(|d| (d.0, d.1))
            .collect();
        let count: usize = dims.iter().map(|d| d.1).product();
        let mut at = vec![0; dims.len()];
        let mut found = Vec::with_capacity(count);
        for _ in 0..count {
            let value = |d: Dim| dims.iter().position(|x| x.0 == d).map_or(0, |p| at[p]);
            let own: usize = result.dims.iter().map(|d| d.2 * value(d.0)).sum();
            let [a, b] = [0, 1].map(|k| views[k].at(&value, self.sizes()));
            found.push([own, a, b]);
            for (i, d) in at.iter_mut().zip(&dims).rev() {
                *i += 1;
                if *i < d.1 {
                    break;
                }
                *i = 0;
            }
        }
        found
    }

    fn totals(
        &self,
        result: &Slot,
        views: &[View],
        (at, reads): ([usize; 3], [Read; 2]),
        (outer, inner): Terms,
        scale: f64,
    ) -> Totals {
        // Each vector of replicas by itself.
        let step = |k: usize| {
            if reads[k] == Read::Vector {
                self.width
            } else {
                0
            }
        };
        let listed = self.listed(result, views).into_iter();
        let blocks = self.blocks(result.lane);
        let outputs = listed.flat_map(|[c, a, b]| {
            (0..blocks).map(move |k| [c + k * self.width, a + k * step(0), b + k * step(1)])
        });
        Totals {
            at,
            reads,
            outputs: outputs.collect(),
            outer,
            inner,
            scale,
        }
    }

    fn dots(
        &self,
        result: &Slot,
        views: &[View],
        (at, reads): ([usize; 3], [Read; 2]),
        (outer, inner): Terms,
        scale: f64,
    ) -> Step {
        let listed = self.listed(result, views);
        if let [_] = listed[..] {
            return Step::Total(Total {
                at,
                reads,
                outer,
                inner,
                scale,
            });
        }
        // By the place of the result; padding computes what its neighbour does.
        let mut outputs = vec![None; result.len];
        for [c, a, b] in listed {
            outputs[c] = Some([a as u32, b as u32]);
        }
        let mut last = [0, 0];
        let outputs: Vec<[u32; 2]> = outputs
            .into_iter()
            .map(|o| {
                last = o.unwrap_or(last);
                last
            })
            .collect();
        let group = |k: usize| {
            outputs
                .chunks(self.width)
                .all(|g| g.iter().all(|o| o[k] == g[0][k]))
        };
        let swap = group(1) && !group(0) && reads == [Read::Vector; 2];
        let turn = |[a, b]: [u32; 2]| if swap { [b, a] } else { [a, b] };
        let outputs: Vec<[u32; 2]> = outputs.into_iter().map(turn).collect();
        let shared = outputs
            .chunks(self.width)
            .all(|g| g.iter().all(|o| o[0] == g[0][0]));
        let exchange = |(x, y): (usize, usize)| if swap { (y, x) } else { (x, y) };
        let (a, b) = exchange((at[1], at[2]));
        let mut outer: Vec<(usize, usize)> = outer.into_iter().map(exchange).collect();
        let (count, tail) = (inner.0 / self.width, inner.0 % self.width);
        let forward = |r: Read| if r == Read::Vector { self.width } else { 0 };
        let mut whole = (count, forward(reads[0]), forward(reads[1]));
        // A lane of one vector: the outer part takes its place if its terms are equally far apart.
        if let ((1, 0), [(0, 0), (x, y), ..]) = ((count, tail), &outer[..]) {
            let even = |(k, o): (usize, &(usize, usize))| *o == (k * x, k * y);
            if outer.iter().enumerate().all(even) {
                whole = (outer.len(), *x, *y);
                outer.truncate(1);
            }
        }
        Step::Dots(Dots {
            at: [at[0], a, b],
            first_is_vector: reads[0] == Read::Vector,
            shared,
            outputs,
            outer,
            whole,
            tail,
            scale,
        })
    }

    fn tiled(
        &self,
        result: &Slot,
        (a, b): (&Slot, &Slot),
        (at, reads): ([usize; 3], [Read; 2]),
        (outer, inner): (Vec<(usize, usize)>, (usize, usize, usize)),
        (split, scale): (usize, f64),
    ) -> Contraction {
        let blocks = self.blocks(result.lane);
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
        let longer = column.map(|c| c.1) > row.map(|r| r.1);
        if longer && reads == [Read::Vector; 2] {
            // Tiles are higher than wide.
            let outer = outer.into_iter().map(|(x, y)| (y, x)).collect();
            let inner = (inner.0, inner.2, inner.1);
            let at = [at[0], at[2], at[1]];
            return self.tiled(result, (b, a), (at, reads), (outer, inner), (split, scale));
        }
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
            split,
            scale,
            plus: None,
        }
    }
}
