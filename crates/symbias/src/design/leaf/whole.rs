//! Terms that penalise a component as a whole: norms over groups that may overlap, and functions of it and a constant.

use super::{LinearLeaf, Reading, refused};
use crate::design::calls::CalledLeaf;
use symbias_model::error::Result;
use symbias_model::expression::{Factor, Label, Op, Reduction, Source};

/// weights · norms of vectors that are linear in entries: the last letters of `linear` are those of a norm.
#[derive(Clone, Debug)]
pub(in crate::design) struct NormLeaf {
    pub linear: LinearLeaf,
    /// Letters of the groups.
    pub groups: usize,
}

impl Reading<'_> {
    /// The norm of a vector that reads one component.
    pub(super) fn norm(
        &self,
        factors: &[Factor],
        factor: f64,
        weights: &[Factor],
        free: &[Label],
    ) -> Option<NormLeaf> {
        let [one] = factors else { return None };
        let Op::Reduce {
            reduction: Reduction::Norm,
            over,
            argument,
        } = &self.model.node(one.node).op
        else {
            return None;
        };
        let linear = LinearLeaf {
            component: self.read_by(*argument)?,
            factor,
            weights: weights.to_vec(),
            factors: Vec::new(),
            argument: *argument,
            free: free.iter().chain(over).copied().collect(),
        };
        Some(NormLeaf {
            linear,
            groups: free.len(),
        })
    }

    /// A call of a function of a component and a constant.
    pub(super) fn called(
        &mut self,
        factors: &[Factor],
        factor: f64,
        weights: &[Factor],
        free: &[Label],
    ) -> Result<Option<CalledLeaf>> {
        let model = self.model;
        let [one] = factors else { return Ok(None) };
        let Op::Access { tensor, .. } = &model.node(one.node).op else {
            return Ok(None);
        };
        let name = &model.tensor(*tensor).name;
        let Some(call) = self.calls.iter().find(|c| c.name == *name) else {
            return Ok(None);
        };
        let wrong = |what: &str| refused(model, one.node, what);
        if !free.is_empty() {
            return Err(wrong(
                "this function of the whole component stands in a sum over letters",
            ));
        }
        let missing = || {
            wrong("its first argument is no component").remedy(format!(
                "write a component with its own letter, {}[i,k](w[i], …), times a number at most",
                call.function.word()
            ))
        };
        let vector = model.find(&call.vector()).ok_or_else(missing)?;
        let Source::Defined { node, .. } = &model.tensor(vector).source else {
            return Err(missing());
        };
        let (access, scale) = self.scaled(*node).ok_or_else(missing)?;
        let (component, _) = self.bare(access).ok_or_else(missing)?;
        Ok(Some(CalledLeaf {
            component,
            call: call.clone(),
            factor,
            weights: weights.to_vec(),
            scale,
            span: model.node(one.node).span,
        }))
    }
}
