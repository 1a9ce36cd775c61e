//! The shift of a product: what its other factors and its sums make of it.

use super::{Form, Lost, Moved, Walk};
use symbias_model::expression::{Axial, Factor, Label, NodeId, Op, Source};

impl Walk<'_> {
    pub(super) fn product(
        &self,
        factors: &[Factor],
        summed: &[Label],
        moved: &[Option<Moved>],
    ) -> Result<Option<Moved>, Lost> {
        let mut shifted = moved
            .iter()
            .enumerate()
            .filter_map(|(i, m)| m.as_ref().map(|m| (i, m)));
        let (Some((at, shift)), None) = (shifted.next(), shifted.next()) else {
            return Err(Lost);
        };
        if factors[at].inverse {
            return Err(Lost);
        }
        let others: Vec<Factor> = factors
            .iter()
            .enumerate()
            .filter(|(i, _)| *i != at)
            .map(|(_, f)| *f)
            .collect();
        let lone: Vec<Label> = summed
            .iter()
            .copied()
            .filter(|l| {
                others
                    .iter()
                    .all(|f| !self.model.node(f.node).labels.contains(l))
            })
            .collect();
        if self.cancels(shift, &lone) || self.meets_zero_sum(&others, summed, shift) {
            return Ok(None);
        }
        let mut letters = shift.letters.clone();
        let mut form = shift.form.clone();
        for (i, factor) in others.iter().enumerate() {
            if self.sums_to_one(factor, summed, shift, &others, i) {
                // Σ_s p[.., s] = 1 and nothing else depends on s: the factor drops out. Its
                // other letters stay letters of the node, but not of the shift.
                continue;
            }
            let node = self.model.node(factor.node);
            letters.extend(&node.labels);
            form = form.and_then(|f| match &node.op {
                Op::Number(c) => {
                    let scale = if factor.inverse { 1.0 / c } else { *c };
                    Some(Form {
                        coefficient: f.coefficient * scale,
                        ..f
                    })
                }
                Op::Access { .. } if f.through.is_none() && !factor.inverse => {
                    let entry = self.model.bare_entry(factor.node)?;
                    let parameter =
                        matches!(self.model.tensor(entry.tensor).source, Source::Parameter);
                    parameter.then_some(Form {
                        through: Some((entry.tensor, entry.letters)),
                        ..f
                    })
                }
                _ => None,
            });
        }
        letters.retain(|l| !summed.contains(l));
        if let Some(f) = &mut form {
            let carried = |l: &&Label| {
                f.source.contains(l) || f.through.as_ref().is_some_and(|(_, q)| q.contains(l))
            };
            let more: Vec<Label> = summed.iter().filter(carried).copied().collect();
            f.summed.extend(more);
        }
        Ok(Some(Moved { letters, form }))
    }

    /// Whether the shift has zero sum along one of these letters.
    pub(super) fn cancels(&self, shift: &Moved, over: &[Label]) -> bool {
        let Some(form) = shift.form.as_ref().filter(|f| f.through.is_none()) else {
            return false;
        };
        let along = |axis: &usize| form.source.get(*axis).is_some_and(|l| over.contains(l));
        self.component.iter().any(along)
    }

    /// Whether a factor is centred along a letter that only it carries and that is summed here:
    /// Σ_h n[h] c = 0 for n = layernorm[h](…).
    fn meets_zero_sum(&self, others: &[Factor], summed: &[Label], shift: &Moved) -> bool {
        others.iter().enumerate().any(|(own, factor)| {
            let Some(over) = self.axial_letter(factor.node, |o| {
                matches!(o, Axial::LayerNorm | Axial::Standardize)
            }) else {
                return false;
            };
            let elsewhere = others
                .iter()
                .enumerate()
                .any(|(i, f)| i != own && self.model.node(f.node).labels.contains(&over));
            let moves = shift.letters.contains(&over)
                || shift
                    .form
                    .as_ref()
                    .is_some_and(|f| f.through.as_ref().is_some_and(|(_, q)| q.contains(&over)));
            !factor.inverse && summed.contains(&over) && !moves && !elsewhere
        })
    }

    /// Whether a factor is a softmax over a letter that only it carries and that is summed here.
    fn sums_to_one(
        &self,
        factor: &Factor,
        summed: &[Label],
        shift: &Moved,
        others: &[Factor],
        own: usize,
    ) -> bool {
        let Some(over) = self.axial_letter(factor.node, |o| o == Axial::Softmax) else {
            return false;
        };
        let elsewhere = others
            .iter()
            .enumerate()
            .any(|(i, f)| i != own && self.model.node(f.node).labels.contains(&over));
        // Letters of the softmax that are summed too (heads) must be carried by the shift's side.
        let extra_sums = self.model.node(factor.node).labels.iter().any(|l| {
            *l != over
                && summed.contains(l)
                && !shift.letters.contains(l)
                && !shift.form.as_ref().is_some_and(|f| f.source.contains(l))
                && !others
                    .iter()
                    .enumerate()
                    .any(|(i, f)| i != own && self.model.node(f.node).labels.contains(l))
        });
        !factor.inverse
            && summed.contains(&over)
            && !shift.letters.contains(&over)
            && !elsewhere
            && !extra_sums
    }

    /// The one letter that an operation of this kind runs over, seen through a definition.
    pub(super) fn axial_letter(
        &self,
        id: NodeId,
        kind: impl Fn(Axial) -> bool + Copy,
    ) -> Option<Label> {
        match &self.model.node(id).op {
            Op::Axial {
                operation, over, ..
            } if kind(*operation) => match over[..] {
                [letter] => Some(letter),
                _ => None,
            },
            Op::Access {
                tensor,
                index,
                zero: false,
            } => {
                let Source::Defined { node, labels } = &self.model.tensor(*tensor).source else {
                    return None;
                };
                let inner = self.axial_letter(*node, kind)?;
                index[labels.iter().position(|l| *l == inner)?].as_label()
            }
            _ => None,
        }
    }
}
