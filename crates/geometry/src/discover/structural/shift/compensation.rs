//! What moves against a move: parameters that are terms of the sum that it has come to.
//!
//! A move that is a function alone is met by the translations of the other terms. One along a
//! parameter Q, Σ β·Q, is only met by a move of a term along Q, which is no unknown before it is asked for.

use super::monomial::{Atom, Item, Monomial, What};
use super::moves::Moved;
use crate::discover::structural::bonds::has_lookup;
use crate::discover::structural::weights::{Change, Combination, Unknown, Weights};
use symbias_model::expression::{Field, IndexExpr, Label, NodeId, Op, Source, TensorId, Term};

/// Definitions that are looked through for a parameter that compensates.
const DEPTH: usize = 16;

impl Weights<'_> {
    /// Makes the moves of parameters along others unknowns.
    pub fn compensations(&mut self, known: &[Unknown]) {
        for unknown in known {
            if let Change::Move(monomial) = &unknown.change {
                self.unknown_move(unknown.tensor, monomial.clone());
            }
        }
    }

    pub(super) fn unknown_move(&mut self, tensor: TensorId, monomial: Monomial) {
        let number = self.system.unknowns.len();
        let change = Change::Move(monomial.clone());
        self.system.unknowns.push(Unknown { tensor, change });
        let moved = self.moved_tensors.entry(tensor).or_default();
        moved.add(monomial, &Combination::from([(number, 1.0)]), 1.0);
    }

    /// Asks for the moves of the terms of a sum that would meet its moves.
    pub(super) fn compensate(&mut self, terms: &[Term], total: &Moved) {
        let met = |m: &Monomial| m.is_plain() && m.scale() == 1.0;
        if total.monomials().all(met) {
            return;
        }
        let nodes: Vec<NodeId> = terms.iter().map(|t| t.node).collect();
        for (tensor, letters) in self.addends(&nodes, DEPTH) {
            for monomial in total.monomials() {
                self.want(tensor, &letters, monomial);
            }
        }
    }

    /// Parameters that are plain terms of a sum, with the letters of their axes.
    fn addends(&self, nodes: &[NodeId], depth: usize) -> Vec<(TensorId, Vec<Label>)> {
        let mut found = Vec::new();
        for id in nodes {
            match &self.model.node(*id).op {
                Op::Sum { terms } if depth > 0 => {
                    let nodes: Vec<NodeId> = terms.iter().map(|t| t.node).collect();
                    found.extend(self.addends(&nodes, depth - 1));
                }
                Op::Product { factors, summed } if summed.is_empty() && depth > 0 => {
                    let mut live = factors
                        .iter()
                        .filter(|f| !matches!(self.model.node(f.node).op, Op::Number(_)));
                    if let (Some(one), None) = (live.next(), live.next())
                        && !one.inverse
                    {
                        found.extend(self.addends(&[one.node], depth - 1));
                    }
                }
                Op::Access { .. } => found.extend(self.addend(*id, depth)),
                _ => {}
            }
        }
        found
    }

    fn addend(&self, id: NodeId, depth: usize) -> Vec<(TensorId, Vec<Label>)> {
        let Some(entry) = self.model.bare_entry(id) else {
            return Vec::new();
        };
        match &self.model.tensor(entry.tensor).source {
            Source::Parameter => vec![(entry.tensor, entry.letters)],
            // What others read too would move them.
            Source::Defined { node, labels } if depth > 0 && self.reads[&entry.tensor] == 1 => {
                let outer = |l: &Label| {
                    let position = labels.iter().position(|x| x == l)?;
                    Some(entry.letters[position])
                };
                let inner = self.addends(&[*node], depth - 1).into_iter();
                inner
                    .filter_map(|(t, letters)| {
                        Some((t, letters.iter().map(outer).collect::<Option<_>>()?))
                    })
                    .collect()
            }
            _ => Vec::new(),
        }
    }

    /// Asks for the move of a parameter that would compensate this one, where it is affine in θ.
    fn want(&mut self, tensor: TensorId, letters: &[Label], monomial: &Monomial) {
        let info = self.model.tensor(tensor);
        let along = match &monomial.atoms[..] {
            [] => monomial.bound.is_empty() && monomial.scale() != 1.0,
            [
                Atom {
                    what: What::Tensor(q),
                    at,
                    inverse: false,
                },
            ] => {
                let other = self.model.tensor(*q);
                other.source == Source::Parameter
                    && *q != tensor
                    && (info.field == Field::Complex || other.field == Field::Real)
                    && !at.iter().any(has_lookup)
            }
            _ => false,
        };
        let looks_up = |i: &Item| {
            has_lookup(&i.at) || self.system.shapes[i.level].as_ref().is_some_and(has_lookup)
        };
        if !along || monomial.field != info.field || monomial.items.iter().any(looks_up) {
            return;
        }
        let place = |l: Label| {
            let position = letters.iter().position(|x| *x == l)?;
            Some(IndexExpr::Label(Label(position as u32)))
        };
        let Some(placed) = monomial.renamed(&place) else {
            return;
        };
        let moved = self.moved_tensors.get(&tensor);
        let known = |m: &Monomial| moved.is_some_and(|k| k.of(m).is_some());
        // A constant move is one of the parameter's translations, times the constant.
        let natural = || known(&Monomial::new(placed.field, placed.items.clone()));
        if known(&placed) || placed.is_plain() && !natural() {
            return;
        }
        let change = Change::Move(placed);
        let unknown = Unknown { tensor, change };
        if !self.wanted.contains(&unknown) {
            self.wanted.push(unknown);
        }
    }
}
