//! The graph of array operations that a program is compiled from: equal nodes are one, products are contracted two by two.

use std::collections::HashMap;
use std::sync::Arc;

pub(super) use super::vocabulary::{Dim, Id, Leaf, Node, Op, Pointwise};

/// Nodes in an order in which each comes after its arguments; equal nodes are one.
#[derive(Clone, Debug)]
pub(super) struct Graph {
    pub nodes: Vec<Node>,
    /// Of the dimensions; the first is that of the replicas.
    pub sizes: Vec<usize>,
    known: HashMap<String, Id>,
}

/// The dimension of the replicas. No node has it until everything else is decided, so that it decides nothing.
pub(super) const REPLICA: Dim = 0;

impl Default for Graph {
    fn default() -> Graph {
        Graph {
            nodes: Vec::new(),
            sizes: vec![1],
            known: HashMap::new(),
        }
    }
}

impl Graph {
    /// A new dimension.
    pub fn dim(&mut self, size: usize) -> Dim {
        self.sizes.push(size);
        (self.sizes.len() - 1) as Dim
    }

    pub fn dims(&self, id: Id) -> &[Dim] {
        &self.nodes[id as usize].dims
    }

    pub fn op(&self, id: Id) -> &Op {
        &self.nodes[id as usize].op
    }

    pub fn fixed(&self, id: Id) -> bool {
        self.nodes[id as usize].fixed
    }

    pub(super) fn push(&mut self, op: Op, dims: Vec<Dim>) -> Id {
        // Tables and constants are told apart by their address: sharing them is a matter of speed.
        let key = match &op {
            Op::Leaf(Leaf::Constant(c)) if c.len() > 4 => {
                format!("constant {:p} {dims:?}", Arc::as_ptr(c))
            }
            Op::Gather {
                from,
                consumed,
                new,
                table,
            } => format!(
                "gather {from} {consumed:?} {new:?} {:p}",
                Arc::as_ptr(table)
            ),
            Op::Scatter {
                factors,
                consumed,
                new,
                table,
            } => format!(
                "scatter {factors:?} {consumed:?} {new:?} {:p}",
                Arc::as_ptr(table)
            ),
            Op::Select {
                then,
                otherwise,
                mask,
                ..
            } => format!("select {then} {otherwise} {:p} {dims:?}", Arc::as_ptr(mask)),
            other => format!("{other:?} {dims:?}"),
        };
        if let Some(id) = self.known.get(&key) {
            return *id;
        }
        let id = self.nodes.len() as Id;
        let fixed = match &op {
            Op::Leaf(leaf) => matches!(leaf, Leaf::Constant(_)),
            other => other.arguments().iter().all(|a| self.fixed(*a)),
        };
        self.nodes.push(Node {
            op,
            dims,
            fixed,
            scale: 1.0,
        });
        self.known.insert(key, id);
        id
    }

    pub fn leaf(&mut self, leaf: Leaf, dims: Vec<Dim>) -> Id {
        self.push(Op::Leaf(leaf), dims)
    }

    pub fn number(&mut self, x: f64) -> Id {
        self.leaf(Leaf::Constant(Arc::new([x])), Vec::new())
    }

    /// The number, if the node is one.
    pub fn as_number(&self, id: Id) -> Option<f64> {
        match (&self.nodes[id as usize].op, self.dims(id)) {
            (Op::Leaf(Leaf::Constant(c)), []) => c.first().copied(),
            _ => None,
        }
    }

    /// The number that all entries are, if the node is a number spread over dimensions.
    fn as_equal_entries(&self, id: Id) -> Option<f64> {
        match self.op(id) {
            Op::Contract(factors) if factors.len() == 1 => self.as_number(factors[0]),
            _ => self.as_number(id),
        }
    }

    /// Dimensions of several nodes, without repeats, in order of first occurrence.
    pub fn union(&self, ids: &[Id]) -> Vec<Dim> {
        let mut dims: Vec<Dim> = Vec::new();
        for d in ids.iter().flat_map(|id| self.dims(*id)) {
            if !dims.contains(d) {
                dims.push(*d);
            }
        }
        dims
    }

    /// Σ Π factors over `dims`; any number of factors, contracted two by two: a dimension is
    /// summed as soon as no other factor has it.
    pub fn contract(&mut self, factors: &[Id], dims: &[Dim]) -> Id {
        let mut scale = 1.0;
        let mut rest: Vec<Id> = Vec::new();
        let mut spread: Vec<Dim> = Vec::new();
        for f in factors {
            match self.as_equal_entries(*f) {
                Some(x) => {
                    scale *= x;
                    spread.extend(self.dims(*f));
                }
                None => rest.push(*f),
            }
        }
        // Dimensions that only numbers have are summed by counting.
        spread.sort_unstable();
        spread.dedup();
        for d in spread.iter().filter(|d| !dims.contains(d)) {
            if rest.iter().all(|f| !self.dims(*f).contains(d)) {
                scale *= self.sizes[*d as usize] as f64;
            }
        }
        while rest.len() > 2 {
            let (i, j, kept) = self.cheapest(&rest, dims);
            let pair = vec![rest[i], rest[j]];
            let joined = self.push(Op::Contract(pair), kept);
            rest.remove(j);
            rest.remove(i);
            rest.push(joined);
        }
        if rest.is_empty() {
            rest.push(self.number(scale));
            scale = 1.0;
        }
        rest.sort_unstable();
        let same = rest.len() == 1 && self.same(rest[0], dims);
        let product = if same {
            rest[0]
        } else if let Some(joined) = self.reassociated(&rest, dims) {
            joined
        } else {
            self.push(Op::Contract(rest), dims.to_vec())
        };
        self.scaled(product, scale)
    }

    /// Whether a node has just these dimensions, in any order.
    fn same(&self, id: Id, dims: &[Dim]) -> bool {
        self.dims(id).len() == dims.len() && self.dims(id).iter().all(|d| dims.contains(d))
    }

    /// The pair whose product costs least, and the dimensions it keeps.
    pub(super) fn cheapest(&self, rest: &[Id], dims: &[Dim]) -> (usize, usize, Vec<Dim>) {
        let mut best: Option<(f64, usize, usize, Vec<Dim>)> = None;
        for i in 0..rest.len() {
            for j in i + 1..rest.len() {
                let all = self.union(&[rest[i], rest[j]]);
                let cost: f64 = all.iter().map(|d| self.sizes[*d as usize] as f64).product();
                if best.as_ref().is_some_and(|b| b.0 <= cost) {
                    continue;
                }
                let elsewhere = |d: &Dim| {
                    dims.contains(d)
                        || rest
                            .iter()
                            .enumerate()
                            .any(|(k, f)| k != i && k != j && self.dims(*f).contains(d))
                };
                best = Some((cost, i, j, all.into_iter().filter(elsewhere).collect()));
            }
        }
        best.map_or((0, 1, Vec::new()), |b| (b.1, b.2, b.3))
    }

    /// Entrywise product, over all dimensions of both.
    pub fn times(&mut self, a: Id, b: Id) -> Id {
        let dims = self.union(&[a, b]);
        self.contract(&[a, b], &dims)
    }

    pub fn scaled(&mut self, x: Id, c: f64) -> Id {
        match (c, self.as_number(x)) {
            (1.0, _) => x,
            (_, Some(n)) => self.number(c * n),
            _ => {
                let dims = self.dims(x).to_vec();
                self.combine(&[(x, c)], &dims)
            }
        }
    }

    /// Σ c·x over `dims`.
    pub fn combine(&mut self, terms: &[(Id, f64)], dims: &[Dim]) -> Id {
        let mut flat: Vec<(Id, f64)> = Vec::new();
        for (id, c) in terms {
            match self.op(*id).clone() {
                Op::Combine(inner) if self.same(*id, dims) => {
                    flat.extend(inner.iter().map(|(i, x)| (*i, c * x)))
                }
                _ => flat.push((*id, *c)),
            }
        }
        // Equal terms are one.
        let mut merged: Vec<(Id, f64)> = Vec::new();
        for (id, c) in flat {
            match merged.iter_mut().find(|m| m.0 == id) {
                Some(known) => known.1 += c,
                None => merged.push((id, c)),
            }
        }
        let flat = merged;
        match flat[..] {
            [(x, 1.0)] if self.same(x, dims) => x,
            _ => self.push(Op::Combine(flat), dims.to_vec()),
        }
    }

    /// a + c·b.
    pub fn plus(&mut self, a: Id, b: Id, c: f64) -> Id {
        let dims = self.union(&[a, b]);
        self.combine(&[(a, 1.0), (b, c)], &dims)
    }

    pub fn map(&mut self, f: Pointwise, x: Id) -> Id {
        let dims = self.dims(x).to_vec();
        self.push(Op::Map(f, x), dims)
    }

    /// x where c > 0, else y; over the dimensions of all three.
    pub fn choose(&mut self, c: Id, x: Id, y: Id) -> Id {
        let dims = self.union(&[c, x, y]);
        self.push(Op::Choose([c, x, y]), dims)
    }

    /// A reduction over the dimensions that `dims` lacks.
    pub fn reduce(&mut self, max: bool, x: Id, dims: Vec<Dim>) -> Id {
        self.push(if max { Op::Max(x) } else { Op::LogSumExp(x) }, dims)
    }

    pub fn first_max(&mut self, x: Id, y: Id) -> Id {
        let dims = self.dims(x).to_vec();
        self.push(Op::FirstMax(x, y), dims)
    }

    pub fn rename(&mut self, x: Id, names: &[(Dim, Dim)]) -> Id {
        let name = |d: &Dim| names.iter().find(|n| n.0 == *d).map_or(*d, |n| n.1);
        let own = self.dims(x).to_vec();
        let dims: Vec<Dim> = own.iter().map(name).collect();
        if dims == own {
            return x;
        }
        self.push(
            Op::Rename(x, own.into_iter().zip(dims.iter().copied()).collect()),
            dims,
        )
    }

    pub fn gather(&mut self, from: Id, consumed: &[Dim], new: &[Dim], table: Arc<[i32]>) -> Id {
        let dims = self
            .dims(from)
            .iter()
            .copied()
            .filter(|d| !consumed.contains(d))
            .chain(new.iter().copied())
            .collect();
        self.push(
            Op::Gather {
                from,
                consumed: consumed.to_vec(),
                new: new.to_vec(),
                table,
            },
            dims,
        )
    }

    pub fn scatter(&mut self, from: Id, consumed: &[Dim], new: &[Dim], table: Arc<[i32]>) -> Id {
        let dims = self
            .dims(from)
            .iter()
            .copied()
            .filter(|d| !consumed.contains(d))
            .chain(new.iter().copied())
            .collect();
        self.push(
            Op::Scatter {
                factors: vec![from],
                consumed: consumed.to_vec(),
                new: new.to_vec(),
                table,
            },
            dims,
        )
    }

    pub fn select(&mut self, dims: &[Dim], mask: Arc<[bool]>, then: Id, otherwise: Id) -> Id {
        let mut all = dims.to_vec();
        let of_branches = self.union(&[then, otherwise]);
        all.extend(of_branches.into_iter().filter(|d| !dims.contains(d)));
        self.push(
            Op::Select {
                dims: dims.to_vec(),
                mask,
                then,
                otherwise,
            },
            all,
        )
    }
}
