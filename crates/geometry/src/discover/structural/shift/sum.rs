//! The shift of a sum, and the later parameter that can move against it.

use super::{Compensation, Form, Lost, Moved, Walk};
use symbias_model::expression::{Node, NodeId, Op, Source, TensorId};

impl Walk<'_> {
    pub(super) fn sum(
        &mut self,
        node: &Node,
        moved: &[Option<Moved>],
    ) -> Result<Option<Moved>, Lost> {
        let Op::Sum { terms } = &node.op else {
            return Err(Lost);
        };
        let live: Vec<(usize, &Moved)> = moved
            .iter()
            .enumerate()
            .filter_map(|(i, m)| m.as_ref().map(|m| (i, m)))
            .collect();
        if let [(at, shift)] = live[..] {
            let form = shift.form.clone().map(|f| Form {
                coefficient: if terms[at].negative {
                    -f.coefficient
                } else {
                    f.coefficient
                },
                ..f
            });
            if self.compensation.is_none()
                && let Some(form) = &form
                && let Some(compensation) = self.compensate(terms, shift, form)
            {
                self.compensation = Some(compensation);
                return Ok(None);
            }
            return Ok(Some(Moved {
                letters: shift.letters.clone(),
                form,
            }));
        }
        Ok(Some(Moved {
            letters: live.iter().flat_map(|(_, m)| m.letters.clone()).collect(),
            form: None,
        }))
    }

    /// A term of the sum that is a parameter read only here and that has all letters of the shift.
    fn compensate(
        &self,
        terms: &[symbias_model::expression::Term],
        shift: &Moved,
        form: &Form,
    ) -> Option<Compensation> {
        terms.iter().find_map(|term| {
            let entry = self.model.bare_entry(term.node)?;
            let (tensor, letters) = (&entry.tensor, entry.letters);
            let parameter = matches!(self.model.tensor(*tensor).source, Source::Parameter);
            let once = entry
                .through
                .iter()
                .chain([tensor])
                .all(|t| self.reads(*t) == 1 && !self.model.outputs.contains(t));
            // Of two plain terms the earlier one is shifted and the later one compensates.
            let ordered = form.through.is_some() || *tensor > self.tensor;
            let free = form
                .through
                .as_ref()
                .is_none_or(|(q, _)| q != tensor && *q != self.tensor);
            let covers = shift.letters.iter().all(|l| letters.contains(l));
            (parameter && *tensor != self.tensor && once && ordered && covers && free).then(|| {
                Compensation {
                    tensor: *tensor,
                    letters,
                    coefficient: if term.negative {
                        -form.coefficient
                    } else {
                        form.coefficient
                    },
                    source: form.source.clone(),
                    summed: form.summed.clone(),
                    through: form.through.clone(),
                }
            })
        })
    }

    /// How often the outputs read entries of a tensor. Equal expressions are one node with several
    /// users, so users are counted.
    fn reads(&self, tensor: TensorId) -> usize {
        let accesses = |id: NodeId| matches!(&self.model.node(id).op, Op::Access { tensor: t, .. } if *t == tensor);
        let reached =
            |(n, node): (usize, &'_ Node)| self.reach.nodes[n].then(|| node.op.arguments());
        let inside = self
            .model
            .nodes
            .iter()
            .enumerate()
            .filter_map(reached)
            .flatten();
        let bare = self
            .model
            .order
            .iter()
            .filter_map(|id| match &self.model.tensor(*id).source {
                Source::Defined { node, .. } if self.reach.tensors[id.index()] => Some(*node),
                _ => None,
            });
        inside.chain(bare).filter(|n| accesses(*n)).count()
    }
}
