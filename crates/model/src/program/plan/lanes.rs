//! Which dimension is the lane of each array of a single run, and in what order sums run: the assignment of least
//! estimated cost, found by descent from several starts.
//!
//! The graph has no replicas yet, so that they decide nothing: a replica adds in the order that is chosen here.

use super::super::fuse::Fused;
use super::super::graph::{Dim, Graph, Id, Leaf, Op, REPLICA};

/// The lane of each array, and of each sum its order.
///
/// An array without a lane lies dense, and is read as one row by who has its dimensions.
#[derive(Clone, Debug)]
pub(super) struct Lanes {
    pub lane: Vec<Option<Dim>>,
    /// The summed dimension that runs along the lanes of a contraction.
    pub along: Vec<Option<Dim>>,
}

/// What is assigned, and by what it is judged.
pub(super) struct Assignment<'a> {
    pub graph: &'a Graph,
    pub fused: &'a Fused,
    /// Leaves of θ and where their gradients come from: both lie alike in the end.
    pub delivered: Vec<(Id, Id)>,
    pub width: usize,
    pub now: Lanes,
}

/// Results of a contraction along the lane, at most: they are listed.
const MOST_DOTS: usize = 1 << 16;

/// Nodes up to which the search is thorough.
const SMALL: usize = 600;

/// A lane and the summed lane of a contraction.
type Candidate = (Option<Dim>, Option<Dim>);

/// The assignment for a graph.
pub(super) fn assign(
    graph: &Graph,
    fused: &Fused,
    delivered: Vec<(Id, Id)>,
    width: usize,
) -> Lanes {
    let count = graph.nodes.len();
    let mut search = Assignment {
        graph,
        fused,
        delivered,
        width,
        now: Lanes {
            lane: vec![None; count],
            along: vec![None; count],
        },
    };
    let owners: Vec<Id> = (0..count as Id)
        .filter(|id| fused.live[*id as usize] && !search.is_alias(*id))
        .chain(search.unused_theta())
        .collect();
    let candidates: Vec<Vec<Candidate>> = owners.iter().map(|id| search.candidates(*id)).collect();
    let (starts, sweeps) = if owners.len() <= SMALL {
        (6, 6)
    } else {
        (1, 2)
    };
    let mut best: Option<(f64, Lanes)> = None;
    for preferred in search.preferences(starts) {
        for (id, all) in owners.iter().zip(&candidates) {
            search.set(*id, preferred_of(all, preferred));
        }
        for _ in 0..sweeps {
            if !search.sweep(&owners, &candidates) {
                break;
            }
        }
        let all: Vec<Id> = owners.clone();
        let cost = search.total(&all);
        if best.as_ref().is_none_or(|b| cost < b.0) {
            best = Some((cost, search.now.clone()));
        }
    }
    best.map_or(search.now, |b| b.1)
}

/// The candidate that has this dimension along the lane, or else the first.
fn preferred_of(candidates: &[Candidate], preferred: Dim) -> Candidate {
    let kept = candidates.iter().find(|c| c.0 == Some(preferred));
    let summed = candidates.iter().find(|c| c.1 == Some(preferred));
    *kept.or(summed).unwrap_or(&candidates[0])
}

impl Assignment<'_> {
    fn set(&mut self, id: Id, (lane, along): Candidate) {
        self.now.lane[id as usize] = lane;
        self.now.along[id as usize] = along;
    }

    fn unused_theta(&self) -> Vec<Id> {
        let theta = |id: &Id| matches!(self.graph.op(*id), Op::Leaf(Leaf::Theta(..)));
        (0..self.graph.nodes.len() as Id)
            .filter(|id| theta(id) && !self.fused.live[*id as usize])
            .collect()
    }

    /// Dimensions to begin with: those of the most numbers.
    fn preferences(&self, most: usize) -> Vec<Dim> {
        let mut weight = vec![0.0; self.graph.sizes.len()];
        for (id, node) in self.graph.nodes.iter().enumerate() {
            if self.fused.live[id] && !node.fixed {
                let size = self.product(&node.dims);
                node.dims.iter().for_each(|d| weight[*d as usize] += size);
            }
        }
        let mut dims: Vec<Dim> = (1..self.graph.sizes.len() as Dim)
            .filter(|d| self.graph.sizes[*d as usize] > 1 && weight[*d as usize] > 0.0)
            .collect();
        dims.sort_by(|a, b| weight[*b as usize].total_cmp(&weight[*a as usize]));
        dims.truncate(most);
        if dims.is_empty() {
            dims.push(REPLICA);
        }
        dims
    }

    /// One round of changes of one node, or of a leaf of θ and its gradient; whether any was for the better.
    fn sweep(&mut self, owners: &[Id], candidates: &[Vec<Candidate>]) -> bool {
        let mut better = false;
        for (id, all) in owners.iter().zip(candidates) {
            better |= self.improve(&[(*id, all)]);
        }
        for (leaf, gradient) in self.delivered.clone() {
            let gradient = self.owner(gradient);
            let of = |id: Id| owners.iter().position(|o| *o == id);
            if let (Some(l), Some(g), true) = (of(leaf), of(gradient), leaf != gradient) {
                better |= self.improve(&[(leaf, &candidates[l]), (gradient, &candidates[g])]);
            }
        }
        better
    }

    /// Tries all candidates of one or two nodes.
    fn improve(&mut self, nodes: &[(Id, &Vec<Candidate>)]) -> bool {
        let ids: Vec<Id> = nodes.iter().map(|n| n.0).collect();
        let terms = self.terms(&ids);
        let current = |this: &Self, id: Id| -> Candidate {
            (this.now.lane[id as usize], this.now.along[id as usize])
        };
        let before: Vec<Candidate> = ids.iter().map(|id| current(self, *id)).collect();
        let mut best = (self.sum(&terms), before.clone());
        let start = best.0;
        let mut trial = |this: &mut Self, choice: Vec<Candidate>| {
            ids.iter()
                .zip(&choice)
                .for_each(|(id, c)| this.set(*id, *c));
            let cost = this.sum(&terms);
            if cost < best.0 * (1.0 - 1e-9) {
                best = (cost, choice);
            }
        };
        for first in nodes[0].1 {
            match nodes.get(1) {
                None => trial(self, vec![*first]),
                Some((_, seconds)) => seconds
                    .iter()
                    .for_each(|second| trial(self, vec![*first, *second])),
            }
        }
        let (cost, choice) = best;
        ids.iter()
            .zip(&choice)
            .for_each(|(id, c)| self.set(*id, *c));
        cost < start
    }

    /// Nodes whose cost may change with these: (node, whether its step or its copies).
    fn terms(&self, ids: &[Id]) -> Vec<(Id, bool)> {
        let mut terms = Vec::new();
        for id in ids {
            terms.extend([(*id, true), (*id, false)]);
            let arguments = self.graph.op(*id).arguments();
            terms.extend(arguments.iter().map(|a| (self.owner(*a), false)));
            let gathers = self.uses(*id).into_iter().map(|u| u.0);
            terms.extend(gathers.map(|user| (user, true)));
            let delivered = self.delivered.iter().filter(|d| d.0 == *id);
            terms.extend(delivered.map(|d| (self.owner(d.1), false)));
        }
        terms.sort_unstable();
        terms.dedup();
        terms
    }

    fn sum(&self, terms: &[(Id, bool)]) -> f64 {
        let cost = |(id, step): &(Id, bool)| match step {
            true => self.step(*id),
            false => self.copies(*id),
        };
        terms.iter().map(cost).sum()
    }

    fn total(&self, owners: &[Id]) -> f64 {
        owners.iter().map(|o| self.step(*o) + self.copies(*o)).sum()
    }

    /// Whether a node is another one by other names, or read through its table.
    pub fn is_alias(&self, id: Id) -> bool {
        matches!(self.graph.op(id), Op::Rename(..)) || self.fused.in_place[id as usize]
    }

    /// The node that is computed and stored for this one.
    pub fn owner(&self, mut id: Id) -> Id {
        while self.is_alias(id) {
            id = self.graph.op(id).arguments()[0];
        }
        id
    }

    /// A dimension of an alias as a dimension of its owner.
    pub fn outward(&self, mut id: Id, mut d: Dim) -> Dim {
        while self.is_alias(id) {
            if let Op::Rename(_, names) = self.graph.op(id) {
                d = names.iter().find(|n| n.1 == d).map_or(d, |n| n.0);
            }
            id = self.graph.op(id).arguments()[0];
        }
        d
    }

    /// The lane of a node by its own names.
    pub fn lane(&self, id: Id) -> Option<Dim> {
        match self.graph.op(id) {
            Op::Rename(x, names) => {
                let lane = self.lane(*x)?;
                Some(names.iter().find(|n| n.0 == lane).map_or(lane, |n| n.1))
            }
            Op::Gather { from, consumed, .. } if self.fused.in_place[id as usize] => {
                self.lane(*from).filter(|l| !consumed.contains(l))
            }
            _ => self.now.lane[id as usize],
        }
    }

    /// Users of an owner, each with the alias that it reads.
    pub fn uses(&self, id: Id) -> Vec<(Id, Id)> {
        let (mut found, mut stack) = (Vec::new(), vec![id]);
        while let Some(alias) = stack.pop() {
            for user in &self.fused.users[alias as usize] {
                if *user == alias {
                    continue;
                }
                if self.is_alias(*user) {
                    stack.push(*user);
                } else {
                    found.push((*user, alias));
                }
            }
        }
        found
    }

    /// Dimensions of more than one value.
    pub fn effective(&self, dims: &[Dim]) -> Vec<Dim> {
        let matter = |d: &Dim| self.graph.sizes[*d as usize] > 1;
        dims.iter().copied().filter(matter).collect()
    }

    pub fn product(&self, dims: &[Dim]) -> f64 {
        dims.iter()
            .map(|d| self.graph.sizes[*d as usize] as f64)
            .product()
    }

    /// Summed dimensions of a contraction, smallest first.
    pub fn summed(&self, id: Id) -> Vec<Dim> {
        let Op::Contract(factors) = self.graph.op(id) else {
            return Vec::new();
        };
        let dims = self.graph.dims(id);
        let mut summed = self.graph.union(factors);
        summed.retain(|d| !dims.contains(d));
        summed.sort_by_key(|d| (self.graph.sizes[*d as usize], *d));
        summed
    }

    fn candidates(&self, id: Id) -> Vec<Candidate> {
        let own = self.effective(self.graph.dims(id));
        let lanes = || -> Vec<Candidate> { own.iter().map(|d| (Some(*d), None)).collect() };
        let dense = (own.len() != 1).then_some((None, None));
        let found: Vec<Candidate> = match self.graph.op(id) {
            Op::Leaf(_) | Op::Gather { .. } => lanes().into_iter().chain(dense).collect(),
            Op::Contract(_) if !self.summed(id).is_empty() => self.of_contraction(id, &own),
            Op::Scatter {
                consumed, factors, ..
            } => {
                let passing = |d: &Dim| {
                    !consumed.contains(d) && factors.iter().any(|f| self.graph.dims(*f).contains(d))
                };
                let passing: Vec<Candidate> = own
                    .iter()
                    .filter(|d| passing(d))
                    .map(|d| (Some(*d), None))
                    .collect();
                match passing.is_empty() {
                    true => vec![(own.last().copied(), None)],
                    false => passing,
                }
            }
            Op::FirstMax(_, y) => {
                let kept = self.effective(self.graph.dims(*y));
                let all: Vec<Candidate> = kept.iter().map(|d| (Some(*d), None)).collect();
                match all.is_empty() {
                    true => vec![(own.last().copied(), None)],
                    false => all,
                }
            }
            Op::LogSumExp(_) | Op::Max(_) => lanes(),
            _ => {
                let dense = dense.filter(|_| self.may_be_flat(id, &own));
                lanes().into_iter().chain(dense).collect()
            }
        };
        if found.is_empty() {
            vec![(None, None)]
        } else {
            found
        }
    }

    fn of_contraction(&self, id: Id, own: &[Dim]) -> Vec<Candidate> {
        let summed = self.summed(id);
        let Op::Contract(factors) = self.graph.op(id) else {
            return Vec::new();
        };
        let mut along: Vec<Dim> = self.effective(&summed);
        if along.is_empty() {
            along.extend(summed.last());
        }
        // Through a table only dimensions that pass are contiguous.
        let tables = factors.iter().any(|f| self.fused.in_place[*f as usize]);
        let by_dots = own.is_empty() || tables;
        let mut found: Vec<Candidate> = Vec::new();
        if !by_dots {
            found.extend(own.iter().map(|d| (Some(*d), None)));
        }
        if by_dots || self.product(own) <= MOST_DOTS as f64 {
            for s in along {
                let dense = (own.len() != 1).then_some(None);
                let lanes = own.iter().map(|d| Some(*d)).chain(dense);
                found.extend(lanes.map(|l| (l, Some(s))));
            }
        }
        found
    }

    /// Whether an entrywise operation can run over whole arrays as one row.
    fn may_be_flat(&self, id: Id, own: &[Dim]) -> bool {
        let alike = |a: &Id| {
            let dims = self.effective(self.graph.dims(*a));
            dims.is_empty() || dims == own
        };
        !matches!(self.graph.op(id), Op::Select { .. })
            && self.graph.op(id).arguments().iter().all(alike)
    }

    /// How a user reads an argument: along which lane, or as one dense row; `None` if it does not matter.
    pub fn wanted(&self, user: Id, argument: Id) -> Option<Option<Dim>> {
        let dims = self.effective(self.graph.dims(argument));
        let has =
            |l: Dim| (l == REPLICA || dims.contains(&l)) && self.graph.dims(argument).contains(&l);
        let lane = self.now.lane[user as usize];
        let lane = match (lane, self.now.along[user as usize]) {
            (Some(REPLICA), _) => lane,
            (_, Some(along)) => return has(along).then_some(Some(along)),
            _ => lane,
        };
        match self.graph.op(user) {
            Op::Gather { .. } => None,
            Op::Scatter { consumed, .. } => {
                let lane = lane.filter(|l| !consumed.contains(l) && has(*l))?;
                Some(Some(lane))
            }
            Op::FirstMax(_, y) => {
                let lane = lane.filter(|l| self.graph.dims(*y).contains(l) && has(*l))?;
                Some(Some(lane))
            }
            Op::LogSumExp(_) | Op::Max(_) => lane.filter(|l| has(*l)).map(Some),
            _ => match lane {
                Some(l) => has(l).then_some(Some(l)),
                None => (!dims.is_empty()).then_some(None),
            },
        }
    }

    /// Layouts of an owner that its users want and that it has not, by its own names.
    fn copied(&self, id: Id) -> Vec<Option<Dim>> {
        let own = self.now.lane[id as usize];
        let mut found: Vec<Option<Dim>> = Vec::new();
        let mut want = |wanted: Option<Dim>| {
            if wanted != own && !found.contains(&wanted) {
                found.push(wanted);
            }
        };
        for (user, alias) in self.uses(id) {
            if let Some(wanted) = self.wanted(user, alias) {
                want(wanted.map(|d| self.outward(alias, d)));
            }
        }
        for (leaf, gradient) in &self.delivered {
            if self.owner(*gradient) == id
                && self.graph.dims(*gradient).len() == self.graph.dims(*leaf).len()
            {
                want(self.now.lane[*leaf as usize].map(|d| self.outward(*gradient, d)));
            }
        }
        found
    }

    fn copies(&self, id: Id) -> f64 {
        let dims = self.graph.dims(id);
        let each = |lane: &Option<Dim>| {
            let vectors = self.vectors(dims, *lane);
            if self.graph.fixed(id) {
                // Computed once, but two copies of what does not fit the nearest cache are loaded twice.
                vectors * if self.is_large(id) { 1.0 } else { 0.3 }
            } else {
                30.0 + 7.0 * vectors
            }
        };
        if self.effective(dims).is_empty() {
            return 0.0;
        }
        self.copied(id).iter().map(each).sum()
    }

    /// Vectors of an array with this lane.
    pub fn vectors(&self, dims: &[Dim], lane: Option<Dim>) -> f64 {
        let size = |d: Dim| self.graph.sizes[d as usize];
        match lane.filter(|l| dims.contains(l)) {
            Some(l) => {
                let blocks = size(l).div_ceil(self.width) as f64;
                self.product(dims) / size(l) as f64 * blocks
            }
            None => (self.product(dims) / self.width as f64).ceil(),
        }
    }
}
