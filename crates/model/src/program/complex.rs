//! Products, functions and reductions of values that may be complex: pairs of real arrays.

use super::graph::{Dim, Graph, Id, Pointwise};
use super::lower::{Lowering, Pair};
use crate::error::Result;
use crate::expression::{Factor, Function, Reduction};

impl Lowering<'_> {
    pub(super) fn product(&mut self, factors: &[Factor], dims: &[Dim]) -> Result<Pair> {
        let mut values: Vec<Pair> = Vec::new();
        for factor in factors {
            let x = self.nodes[&factor.node];
            values.push(if factor.inverse { self.inverse(x) } else { x });
        }
        let kept = |this: &Self, ids: &[Id]| -> Vec<Dim> {
            let wanted = |d: &Dim| dims.contains(d) || this.sample == Some(*d);
            this.graph.union(ids).into_iter().filter(wanted).collect()
        };
        if values.iter().all(|v| v.1.is_none()) {
            let ids: Vec<Id> = values.iter().map(|v| v.0).collect();
            let kept = kept(self, &ids);
            return Ok((self.graph.contract(&ids, &kept), None));
        }
        // Two by two: all choices of parts of many complex factors would be 2ⁿ products.
        let wanted: Vec<Dim> = dims.iter().copied().chain(self.sample).collect();
        while values.iter().filter(|v| v.1.is_some()).count() > 2 {
            let parts: Vec<Id> = values.iter().map(|v| v.0).collect();
            let (i, j, kept) = self.graph.cheapest(&parts, &wanted);
            let (y, x) = (values.remove(j), values.remove(i));
            values.push(self.choices(&[x, y], |_, _| kept.clone()));
        }
        Ok(self.choices(&values, kept))
    }

    /// Π of complex factors: every choice of parts, i² = −1.
    fn choices(&mut self, values: &[Pair], kept: impl Fn(&Self, &[Id]) -> Vec<Dim>) -> Pair {
        let (mut re, mut im) = (Vec::new(), Vec::new());
        for choice in 0..1_u32 << values.len() {
            let parts: Option<Vec<Id>> = values
                .iter()
                .enumerate()
                .map(|(k, v)| if choice >> k & 1 == 0 { Some(v.0) } else { v.1 })
                .collect();
            let Some(parts) = parts else { continue };
            let kept = kept(self, &parts);
            let product = self.graph.contract(&parts, &kept);
            match choice.count_ones() % 4 {
                0 => re.push((product, 1.0)),
                1 => im.push((product, 1.0)),
                2 => re.push((product, -1.0)),
                _ => im.push((product, -1.0)),
            }
        }
        let imaginary = (!im.is_empty()).then(|| self.total(&im, &[]));
        (self.total(&re, &[]), imaginary)
    }

    pub(super) fn inverse(&mut self, x: Pair) -> Pair {
        let Some(im) = x.1 else {
            return (self.graph.map(Pointwise::Inverse, x.0), None);
        };
        let norm = self.modulus_squared(x);
        let inverse = self.graph.map(Pointwise::Inverse, norm);
        let minus = self.graph.scaled(im, -1.0);
        (
            self.graph.times(x.0, inverse),
            Some(self.graph.times(minus, inverse)),
        )
    }

    pub(super) fn modulus_squared(&mut self, x: Pair) -> Id {
        let square = self.graph.times(x.0, x.0);
        match x.1 {
            Some(i) => {
                let other = self.graph.times(i, i);
                self.graph.plus(square, other, 1.0)
            }
            None => square,
        }
    }

    pub(super) fn times(&mut self, x: Pair, y: Pair) -> Pair {
        let re = self.graph.times(x.0, y.0);
        match (x.1, y.1) {
            (None, None) => (re, None),
            (Some(i), None) => (re, Some(self.graph.times(i, y.0))),
            (None, Some(i)) => (re, Some(self.graph.times(x.0, i))),
            (Some(a), Some(b)) => {
                let (square, left, right) = (
                    self.graph.times(a, b),
                    self.graph.times(x.0, b),
                    self.graph.times(a, y.0),
                );
                (
                    self.graph.plus(re, square, -1.0),
                    Some(self.graph.plus(left, right, 1.0)),
                )
            }
        }
    }

    pub(super) fn reduce(&mut self, reduction: Reduction, over: &[Dim], x: Pair) -> Pair {
        let count: usize = over.iter().map(|d| self.graph.sizes[*d as usize]).product();
        let left = |g: &Graph, x: Id| -> Vec<Dim> {
            g.dims(x)
                .iter()
                .copied()
                .filter(|d| !over.contains(d))
                .collect()
        };
        let sum = |this: &mut Self, x: Id, scale: f64| {
            let full = this.spread(x, over);
            let dims = left(&this.graph, full);
            let total = this.graph.contract(&[full], &dims);
            this.graph.scaled(total, scale)
        };
        match reduction {
            Reduction::Sum => (sum(self, x.0, 1.0), x.1.map(|i| sum(self, i, 1.0))),
            Reduction::Mean => {
                let scale = 1.0 / count as f64;
                (sum(self, x.0, scale), x.1.map(|i| sum(self, i, scale)))
            }
            Reduction::Max | Reduction::LogSumExp => {
                let full = self.spread(x.0, over);
                let dims = left(&self.graph, full);
                (
                    self.graph.reduce(reduction == Reduction::Max, full, dims),
                    None,
                )
            }
            Reduction::Norm => {
                let square = self.modulus_squared(x);
                let total = sum(self, square, 1.0);
                (self.graph.map(Pointwise::Sqrt, total), None)
            }
        }
    }

    pub(super) fn function(&mut self, function: Function, x: Pair) -> Pair {
        match (function, x.1) {
            (Function::Conj, Some(i)) => (x.0, Some(self.graph.scaled(i, -1.0))),
            (Function::Conj | Function::Re, _) => (x.0, None),
            (Function::Im, i) => (i.unwrap_or_else(|| self.graph.number(0.0)), None),
            (Function::Abs2, _) => (self.modulus_squared(x), None),
            (Function::Abs, Some(_)) => {
                let square = self.modulus_squared(x);
                (self.graph.map(Pointwise::Sqrt, square), None)
            }
            (Function::Square, _) => self.times(x, x),
            (Function::Power(p), Some(_)) => self.integer_power(x, &[], &[p]),
            (Function::Exp, Some(i)) => {
                let g = &mut self.graph;
                let size = g.map(Pointwise::Exp, x.0);
                let (cos, sin) = (g.map(Pointwise::Cos, i), g.map(Pointwise::Sin, i));
                (g.times(size, cos), Some(g.times(size, sin)))
            }
            _ => (self.real_function(function, x.0), None),
        }
    }
}
