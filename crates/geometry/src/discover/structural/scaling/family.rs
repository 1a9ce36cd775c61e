//! The functions of indices that a solution belongs to.

use super::{Solver, Vector};
use crate::factor::action::{Part, Scaling, Span};
use std::collections::BTreeSet;
use symbias_model::expression::{AxisId, TensorId};

/// A parameter's share in a solution: exponent and levels.
type Share = (TensorId, f64, Vec<(usize, usize)>);

impl Solver<'_> {
    /// The family of functions that contains this solution: all coarser components with the same
    /// exponents that are solutions too.
    pub(super) fn family(&mut self, vector: &Vector) -> Option<Scaling> {
        let unknowns = &self.system.unknowns;
        // The items of each tensor in one common order.
        let mut parts: Vec<Share> = Vec::new();
        for (u, c) in vector {
            let mut levels = unknowns[*u].levels()?.to_vec();
            levels.sort_by_key(|l| self.identity(unknowns[*u].tensor, *l));
            parts.push((unknowns[*u].tensor, *c, levels));
        }
        let smallest = parts
            .iter()
            .map(|p| p.1.abs())
            .fold(f64::INFINITY, f64::min);
        parts.iter_mut().for_each(|p| p.1 /= smallest);
        let (tensor, _, items) = parts[0].clone();
        let identities: Vec<_> = items.iter().map(|l| self.identity(tensor, *l)).collect();
        let agree = parts.iter().all(|(t, _, levels)| {
            levels.len() == items.len()
                && levels
                    .iter()
                    .zip(&identities)
                    .all(|(l, i)| self.identity(*t, *l) == *i)
        });
        let distinct = identities.iter().collect::<BTreeSet<_>>().len() == identities.len();
        let tensors = parts.iter().map(|p| p.0).collect::<BTreeSet<_>>().len() == parts.len();
        let items: Vec<Function> = items
            .iter()
            .map(|(p, level)| (self.axis(tensor, *p), *level))
            .collect();
        let choices = self.choices(&items);
        let mut taken = Vec::new();
        let total = choices.len();
        for choice in choices {
            let keeps_all = choice.iter().all(|c| *c == Choice::Keep);
            if !(keeps_all || agree && distinct && tensors) {
                continue;
            }
            let Some(component) = self.component(&parts, &choice, keeps_all.then_some(vector))
            else {
                continue;
            };
            if self.solves(&component) && self.take(&component) {
                taken.push(choice);
            }
        }
        if taken.is_empty() {
            return None;
        }
        let functions = self.functions(&items, &taken, total);
        let parts = parts
            .into_iter()
            .map(|(tensor, exponent, levels)| {
                let axes = levels
                    .iter()
                    .map(|(p, l)| (*p, self.system.shapes[*l].clone()))
                    .collect();
                Part {
                    tensor,
                    exponent,
                    axes,
                }
            })
            .collect();
        Some(Scaling {
            kind: self.kind,
            parts,
            sizes: functions.sizes,
            components: functions.components,
            dimension: functions.dimension,
        })
    }

    fn component(
        &self,
        parts: &[Share],
        choice: &[Choice],
        whole: Option<&Vector>,
    ) -> Option<Vector> {
        if let Some(vector) = whole {
            return Some(vector.clone());
        }
        let mut component = Vector::new();
        for (tensor, exponent, levels) in parts {
            let mut kept = Vec::new();
            for (item, option) in levels.iter().zip(choice) {
                match option {
                    Choice::Keep => kept.push(*item),
                    Choice::Coarsen => {
                        kept.push((item.0, *self.system.extra.get(&self.axis(*tensor, item.0))?))
                    }
                    Choice::Drop => {}
                }
            }
            component.insert(self.unknown(*tensor, &kept)?, *exponent);
        }
        Some(component)
    }

    /// All ways to keep, coarsen and drop items.
    pub(super) fn choices(&self, items: &[Function]) -> Vec<Vec<Choice>> {
        let mut choices: Vec<Vec<Choice>> = vec![Vec::new()];
        for (axis, level) in items {
            let mut options = vec![Choice::Keep, Choice::Drop];
            if *level == 0 && self.system.extra.contains_key(axis) {
                options.insert(1, Choice::Coarsen);
            }
            choices = choices
                .iter()
                .flat_map(|c| {
                    options
                        .iter()
                        .map(move |o| c.iter().copied().chain([*o]).collect())
                })
                .collect();
        }
        choices
    }

    /// The functions of the items of which these components, of so many, occur.
    pub(super) fn functions(
        &self,
        items: &[Function],
        taken: &[Vec<Choice>],
        total: usize,
    ) -> Functions {
        let each = |c: &Vec<Choice>| {
            let spans = items.iter().zip(c).map(|(item, o)| self.span(*item, *o));
            spans.collect()
        };
        Functions {
            sizes: items
                .iter()
                .map(|(axis, level)| self.system.values(self.model, *axis, *level))
                .collect(),
            components: (taken.len() < total).then(|| taken.iter().map(each).collect()),
            dimension: taken.iter().map(|c| self.dimension(items, c)).sum(),
        }
    }

    fn dimension(&self, items: &[Function], choice: &[Choice]) -> u128 {
        let of = |((axis, level), option): (&Function, &Choice)| {
            u128::from(match option {
                Choice::Keep => self.system.level_dimension(self.model, *axis, *level),
                Choice::Coarsen => {
                    let level = self.system.extra[axis];
                    self.system.level_dimension(self.model, *axis, level)
                }
                Choice::Drop => 1,
            })
        };
        items.iter().zip(choice).map(of).product()
    }

    fn span(&self, (axis, level): Function, option: Choice) -> Span {
        let coarser = self.system.extra.get(&axis).filter(|_| level == 0);
        match (option, coarser) {
            (Choice::Drop, _) => Span::Constant,
            (Choice::Keep, None) => Span::Centred,
            (Choice::Keep, Some(level)) => Span::Fibre(self.system.shapes[*level].clone()),
            (Choice::Coarsen, Some(level)) => Span::Coarse(
                self.system.shapes[*level].clone(),
                self.system.values(self.model, axis, *level),
            ),
            (Choice::Coarsen, None) => Span::Constant,
        }
    }
}

/// A function of an index: its axis and level.
pub(super) type Function = (AxisId, usize);

/// The functions that a family ranges over.
pub(super) struct Functions {
    /// Number of values of each item.
    pub sizes: Vec<u64>,
    /// `None`: all functions.
    pub components: Option<Vec<Vec<Span>>>,
    pub dimension: u128,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Choice {
    Keep,
    Coarsen,
    Drop,
}
