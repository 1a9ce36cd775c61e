//! Powers whose exponents differ from entry to entry (language §10).

use super::graph::{Dim, Id, Pointwise};
use super::lower::{Lowering, Pair};
use crate::error::{Error, ErrorKind, Result};
use crate::expression::{Node, NodeId};
use std::sync::Arc;

/// Integers up to here are floats of their own.
const LARGEST: f64 = 9_007_199_254_740_992.0;

fn is_integer(x: f64) -> bool {
    x.fract() == 0.0 && x.abs() <= LARGEST
}

impl Lowering<'_> {
    /// base^exponent. Where the exponent is known and an integer it is a product of bases, exact for negative and complex ones and 1
    /// for the exponent 0; elsewhere exp(exponent · log base).
    pub(super) fn power(
        &mut self,
        node: &Node,
        base: Pair,
        (exponent, value): (NodeId, Id),
    ) -> Result<Pair> {
        let labels = self.model.node(exponent).labels.clone();
        let known = match self.known().value(exponent, &|_| 0) {
            // A table is made only if there may be something in it.
            None if !self.model.is_integer(exponent) => None,
            _ => Some(self.table(&labels, |at| {
                Ok(self.known().value(exponent, &at).unwrap_or(f64::NAN))
            })?),
        };
        let whole: Arc<[bool]> = known
            .iter()
            .flat_map(|k| k.iter())
            .map(|p| is_integer(*p))
            .collect();
        let integers = !whole.is_empty() && whole.iter().all(|w| *w);
        if base.1.is_some() && !integers {
            return Err(Error::new(
                ErrorKind::Unsupported,
                "the exponent of a complex base has no value before the program runs",
            )
            .at(node.span));
        }
        let Some(known) = known.filter(|_| whole.contains(&true)) else {
            return Ok((self.real_power(base.0, value), None));
        };
        let dims = self.dims_of(&labels);
        let exponents: Vec<f64> = known
            .iter()
            .map(|p| if is_integer(*p) { *p } else { 0.0 })
            .collect();
        let power = self.integer_power(base, &dims, &exponents);
        if integers {
            return Ok(power);
        }
        // Bases of integer powers may be negative: they do not enter the logarithm.
        let one = self.graph.number(1.0);
        let positive = self.graph.select(&dims, whole.clone(), one, base.0);
        let real = self.real_power(positive, value);
        let chosen = self.graph.select(&dims, whole, power.0, real);
        Ok((chosen, None))
    }

    fn real_power(&mut self, base: Id, exponent: Id) -> Id {
        let log = self.graph.map(Pointwise::Log, base);
        let product = self.graph.times(exponent, log);
        self.graph.map(Pointwise::Exp, product)
    }

    /// x^n for integers n over `dims`, by repeated squaring. An entry that needs no higher square goes on with 1, so that
    /// nothing overflows that is not used.
    pub(super) fn integer_power(&mut self, x: Pair, dims: &[Dim], n: &[f64]) -> Pair {
        let sizes: Vec<u64> = n.iter().map(|n| n.abs() as u64).collect();
        let largest = sizes.iter().copied().max().unwrap_or(0);
        let one = (self.graph.number(1.0), None);
        let (mut power, mut square) = (one, x);
        for bit in 0..u64::BITS - largest.leading_zeros() {
            let higher = sizes.iter().map(|n| n >> bit > 0).collect();
            square = self.where_or_one(dims, higher, square);
            let own = sizes.iter().map(|n| n >> bit & 1 == 1).collect();
            let factor = self.where_or_one(dims, own, square);
            power = self.times(power, factor);
            if bit + 1 < u64::BITS - largest.leading_zeros() {
                square = self.times(square, square);
            }
        }
        let below: Vec<bool> = n.iter().map(|n| *n < 0.0).collect();
        if !below.contains(&true) {
            return power;
        }
        let divisor = self.where_or_one(dims, below.clone(), power);
        let inverse = self.inverse(divisor);
        if !below.contains(&false) {
            return inverse;
        }
        let above = below.iter().map(|b| !b).collect();
        let kept = self.where_or_one(dims, above, power);
        self.times(kept, inverse)
    }

    /// x where the mask holds, and 1 elsewhere.
    fn where_or_one(&mut self, dims: &[Dim], mask: Vec<bool>, x: Pair) -> Pair {
        let one = self.graph.number(1.0);
        match (mask.contains(&true), mask.contains(&false)) {
            (_, false) => return x,
            (false, true) => return (one, None),
            _ => {}
        }
        let mask: Arc<[bool]> = mask.into();
        let re = self.graph.select(dims, mask.clone(), x.0, one);
        let im = x.1.map(|im| {
            let zero = self.graph.number(0.0);
            self.graph.select(dims, mask, im, zero)
        });
        (re, im)
    }
}
