//! Products with constants, the constants first: c₁·(c₂·x) = (c₁·c₂)·x where it costs no more, since c₁·c₂ is computed
//! once. A cumulative sum before a measurement matrix disappears into it.

use super::graph::{Dim, Graph, Id, Op};

impl Graph {
    /// The contraction of these factors over `dims` with its constants joined, if it is one of that kind.
    pub(super) fn reassociated(&mut self, factors: &[Id], dims: &[Dim]) -> Option<Id> {
        let (outer, moving) = self.constant_and_other(factors)?;
        let (product, mut names) = self.behind_names(moving);
        let Op::Contract(inner) = self.op(product).clone() else {
            return None;
        };
        let (constant, x) = self.constant_and_other(&inner)?;
        // What the inner product sums must not be taken for a dimension outside.
        let taken: Vec<Dim> = self
            .union(&[outer, moving])
            .into_iter()
            .chain(dims.iter().copied())
            .collect();
        let mut summed = self.union(&inner);
        summed.retain(|d| !self.dims(product).contains(d));
        for d in summed {
            let other = if taken.contains(&d) {
                self.dim(self.sizes[d as usize])
            } else {
                d
            };
            names.push((d, other));
        }
        let named = |d: &Dim| names.iter().find(|n| n.0 == *d).map_or(*d, |n| n.1);
        let own: Vec<Dim> = self.dims(x).iter().map(named).collect();
        let mut kept: Vec<Dim> = self.dims(outer).to_vec();
        kept.extend(self.dims(constant).iter().map(named));
        kept.sort_unstable();
        kept.dedup();
        kept.retain(|d| dims.contains(d) || own.contains(d));
        let (new, old) = (
            self.joint_size(&own, &kept),
            self.joint_size(self.dims(outer), self.dims(moving)),
        );
        if new > old {
            return None;
        }
        let constant = self.rename(constant, &names);
        let x = self.rename(x, &names);
        let joined = self.contract(&[outer, constant], &kept);
        Some(self.contract(&[joined, x], dims))
    }

    /// Of two factors the one that is fixed and the one that is not.
    fn constant_and_other(&self, factors: &[Id]) -> Option<(Id, Id)> {
        match *factors {
            [a, b] if self.fixed(a) && !self.fixed(b) => Some((a, b)),
            [a, b] if self.fixed(b) && !self.fixed(a) => Some((b, a)),
            _ => None,
        }
    }

    /// The node behind renamings, and the name outside of each of its dimensions.
    fn behind_names(&self, id: Id) -> (Id, Vec<(Dim, Dim)>) {
        let mut inside = id;
        while let Op::Rename(x, _) = self.op(inside) {
            inside = *x;
        }
        // Renaming keeps the order of the dimensions.
        let names = self.dims(inside).iter().copied();
        (inside, names.zip(self.dims(id).iter().copied()).collect())
    }

    /// Product of the sizes of dimensions that are in either list.
    fn joint_size(&self, a: &[Dim], b: &[Dim]) -> f64 {
        let more = b.iter().filter(|d| !a.contains(d));
        a.iter()
            .chain(more)
            .map(|d| self.sizes[*d as usize] as f64)
            .product()
    }
}
