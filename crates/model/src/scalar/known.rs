//! Values that are fixed before a program runs: numbers, positions, constants, and what is computed of these.

use super::{Arrays, Scalar};
use crate::expression::{
    Field, IndexExpr, Label, Model, Node, NodeId, Op, Reduction, Source, TensorId,
};
use std::cell::Cell;

/// Nodes that one value looks at, at most: definitions of definitions may unfold to more than any memory.
const NODES: usize = 1 << 16;

/// Nodes inside each other, at most.
const DEPTH: usize = 1 << 8;

/// What fixes values: a model and its arrays.
#[derive(Clone, Copy)]
pub(crate) struct Known<'a> {
    pub model: &'a Model,
    pub arrays: &'a Arrays,
}

type At<'a> = &'a dyn Fn(Label) -> i64;

impl Known<'_> {
    /// The value of a real node at these values of its letters, if no parameter and no real input decides it.
    pub fn value(self, node: NodeId, at: At<'_>) -> Option<f64> {
        let walk = Walk {
            known: self,
            left: Cell::new(NODES),
        };
        walk.value(node, at, DEPTH)
    }

    /// An entry of an integer tensor; −1 outside.
    pub fn lookup(self, tensor: TensorId, at: &[i64]) -> i64 {
        let flat = at
            .iter()
            .zip(self.model.shape(tensor))
            .fold(0_i64, |flat, (i, n)| {
                flat.wrapping_mul(n as i64).wrapping_add(*i)
            });
        let entries = self.arrays.get(tensor).unwrap_or(&[]);
        usize::try_from(flat)
            .ok()
            .and_then(|i| entries.get(i))
            .map_or(-1, |x| *x as i64)
    }
}

/// One value on the way.
struct Walk<'a> {
    known: Known<'a>,
    left: Cell<usize>,
}

impl Walk<'_> {
    fn integer(&self, index: &IndexExpr, at: At<'_>) -> i64 {
        index.evaluate(&at, &|t, i| self.known.lookup(t, i))
    }

    fn value(&self, id: NodeId, at: At<'_>, depth: usize) -> Option<f64> {
        self.left.set(self.left.get().checked_sub(1)?);
        let depth = depth.checked_sub(1)?;
        let of = |n: NodeId| self.value(n, at, depth);
        let node = self.known.model.node(id);
        if node.field == Field::Complex {
            return None;
        }
        match &node.op {
            Op::Number(x) => Some(*x),
            Op::Position(index) => Some(self.integer(index, at) as f64),
            Op::Access { .. } => self.entry(node, at, depth),
            Op::Product { factors, summed } => self.total(summed, at, &|at| {
                factors.iter().try_fold(1.0, |product, f| {
                    let x = self.value(f.node, at, depth)?;
                    Some(if f.inverse { product / x } else { product * x })
                })
            }),
            Op::Sum { terms } => terms.iter().try_fold(0.0, |sum, t| {
                let x = of(t.node)?;
                Some(if t.negative { sum - x } else { sum + x })
            }),
            Op::Map { function, argument } => of(*argument)?.apply(*function),
            Op::Where {
                condition,
                then,
                otherwise,
            } => of(
                match condition.evaluate(&at, &|t, i| self.known.lookup(t, i)) {
                    true => *then,
                    false => *otherwise,
                },
            ),
            Op::Reduce {
                reduction: Reduction::Sum,
                over,
                argument,
            } => self.total(over, at, &|at| self.value(*argument, at, depth)),
            Op::Power { .. }
            | Op::Extreme { .. }
            | Op::Reduce { .. }
            | Op::Axial { .. }
            | Op::Rope { .. } => None,
        }
    }

    fn entry(&self, node: &Node, at: At<'_>, depth: usize) -> Option<f64> {
        let Op::Access {
            tensor,
            index,
            zero,
        } = &node.op
        else {
            return None;
        };
        let values: Vec<i64> = index.iter().map(|i| self.integer(i, at)).collect();
        let shape = self.known.model.shape(*tensor);
        let inside = |(v, n): (&i64, &u64)| u64::try_from(*v).is_ok_and(|v| v < *n);
        if !values.iter().zip(&shape).all(inside) {
            return zero.then_some(0.0);
        }
        match &self.known.model.tensor(*tensor).source {
            Source::Constant { index: None, .. } => {
                let flat = values
                    .iter()
                    .zip(&shape)
                    .fold(0, |flat, (v, n)| flat * *n as usize + *v as usize);
                self.known.arrays.get(*tensor)?.get(flat).copied()
            }
            Source::Defined { node, labels } => {
                let own = |l: Label| {
                    let place = labels.iter().position(|x| *x == l);
                    place.map_or(0, |place| values[place])
                };
                self.value(*node, &own, depth)
            }
            _ => None,
        }
    }

    /// Σ over the values of some letters.
    fn total(
        &self,
        over: &[Label],
        at: At<'_>,
        term: &dyn Fn(At<'_>) -> Option<f64>,
    ) -> Option<f64> {
        let sizes: Vec<u64> = over
            .iter()
            .map(|l| self.known.model.label_size(*l))
            .collect();
        let count = sizes.iter().try_fold(1_u64, |n, s| n.checked_mul(*s))?;
        (0..count).try_fold(0.0, |sum, mut k| {
            let own: Vec<i64> = sizes
                .iter()
                .map(|n| {
                    let value = (k % n) as i64;
                    k /= n;
                    value
                })
                .collect();
            let here = |l: Label| match over.iter().position(|x| *x == l) {
                Some(place) => own[place],
                None => at(l),
            };
            Some(sum + term(&here)?)
        })
    }
}
