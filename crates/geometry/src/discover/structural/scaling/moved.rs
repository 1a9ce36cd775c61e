//! Families of translations, with what moves or scales along with them.

use super::family::{Choice, Function};
use super::{Solver, Vector};
use crate::discover::structural::shift::monomial::{Atom, Monomial, What};
use crate::discover::structural::weights::{Change, Unknown};
use crate::factor::action::Shape;
use crate::factor::action::{How, Share, Shift};
use symbias_model::expression::{AxisId, IndexExpr, Label, TensorId};

impl Solver<'_> {
    /// The family of functions that contains this solution: all coarser components with the same
    /// coefficients that are solutions too. `None` for what is found already.
    pub(in crate::discover::structural) fn moved_family(
        &mut self,
        vector: &Vector,
    ) -> Option<Shift> {
        let unknowns = &self.system.unknowns;
        let first = vector.keys().find(|u| self.column[**u].is_some())?;
        let items = self.items(&unknowns[*first]);
        if vector.keys().any(|u| self.items(&unknowns[*u]) != items) {
            return None;
        }
        let choices = self.choices(&items);
        let total = choices.len();
        let mut taken = Vec::new();
        for choice in choices {
            let component: Option<Vector> = vector
                .iter()
                .map(|(u, c)| Some((self.coarser(&self.system.unknowns[*u], &choice)?, *c)))
                .collect();
            let Some(component) = component.filter(|c| c.len() == vector.len()) else {
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
        let mut parts: Vec<Share> = vector.iter().map(|(u, c)| self.share(*u, *c)).collect();
        parts.sort_by_key(|p| (p.how.rank(), p.tensor));
        let unit = parts[0].coefficient;
        parts.iter_mut().for_each(|p| p.coefficient /= unit);
        let width = self.model.tensor(parts[0].tensor).field.width();
        Some(Shift {
            parts,
            sizes: functions.sizes,
            components: functions.components,
            dimension: functions.dimension * width as u128,
            width,
            unused: false,
        })
    }

    /// The functions of indices whose product an unknown's function is of, in one order.
    fn items(&self, unknown: &Unknown) -> Vec<Function> {
        match &unknown.change {
            Change::Scale(levels) => {
                let each = levels.iter().map(|l| self.identity(unknown.tensor, *l));
                let mut items: Vec<Function> = each.collect();
                items.sort_unstable();
                items
            }
            Change::Move(m) => m.items.iter().map(|i| (i.axis, i.level)).collect(),
        }
    }

    /// Axis positions and levels of a scale, in the order of its items.
    fn ordered(&self, tensor: TensorId, levels: &[(usize, usize)]) -> Vec<(usize, usize)> {
        let mut levels = levels.to_vec();
        levels.sort_by_key(|l| self.identity(tensor, *l));
        levels
    }

    /// The unknown of the same kind with coarser functions.
    fn coarser(&self, unknown: &Unknown, choice: &[Choice]) -> Option<usize> {
        let extra = |axis: AxisId| self.system.extra.get(&axis).copied();
        match &unknown.change {
            Change::Scale(levels) => {
                let mut kept = Vec::new();
                for (item, option) in self.ordered(unknown.tensor, levels).iter().zip(choice) {
                    match option {
                        Choice::Keep => kept.push(*item),
                        Choice::Coarsen => {
                            let axis = self.axis(unknown.tensor, item.0);
                            kept.push((item.0, extra(axis)?));
                        }
                        Choice::Drop => {}
                    }
                }
                self.unknown(unknown.tensor, &kept)
            }
            Change::Move(m) => {
                let mut coarse = m.clone();
                coarse.items.clear();
                for (item, option) in m.items.iter().zip(choice) {
                    match option {
                        Choice::Keep => coarse.items.push(item.clone()),
                        Choice::Coarsen => {
                            let level = extra(item.axis)?;
                            let at = item.at.clone();
                            coarse.items.push(self.system.item(item.axis, level, at));
                        }
                        Choice::Drop => {}
                    }
                }
                coarse.items.sort_by_key(|i| (i.axis, i.level));
                coarse.sort();
                self.number(&Unknown::moved(unknown.tensor, coarse))
            }
        }
    }

    /// What the unknown with this coefficient does.
    fn share(&self, unknown: usize, coefficient: f64) -> Share {
        let Unknown { tensor, change } = &self.system.unknowns[unknown];
        let shape = |level: usize| -> Shape { self.system.shapes[level].clone() };
        match change {
            Change::Scale(levels) => {
                let at = |p: usize| IndexExpr::Label(Label(p as u32));
                let ordered = self.ordered(*tensor, levels);
                Share {
                    tensor: *tensor,
                    coefficient,
                    how: How::Scale,
                    items: ordered.iter().map(|(p, l)| (at(*p), shape(*l))).collect(),
                    bound: Vec::new(),
                }
            }
            Change::Move(m) => Share {
                tensor: *tensor,
                coefficient: coefficient * m.scale(),
                how: how(m),
                items: m
                    .items
                    .iter()
                    .map(|i| (i.at.clone(), shape(i.level)))
                    .collect(),
                bound: m.bound.clone(),
            },
        }
    }
}

fn how(monomial: &Monomial) -> How {
    match &monomial.atoms[..] {
        [
            Atom {
                what: What::Tensor(other),
                at,
                ..
            },
        ] => How::Along(*other, at.clone()),
        _ => How::Constant,
    }
}
