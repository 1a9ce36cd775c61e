//! Where a term reads its component: entries, norms, sums of squares, singular values.

use super::{Kind, Reading, refused};
use std::collections::HashMap;
use symbias_model::Model;
use symbias_model::error::Result;
use symbias_model::expression::{
    Function, IndexExpr, Label, NodeId, Op, Reduction, Source, TensorId,
};

/// What a node is in terms of r's argument x.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::design) enum Anchor {
    /// x.
    Plain,
    /// x².
    Square,
    /// |c|·x with this c.
    Scaled(NodeId),
}

impl Reading<'_> {
    /// c · e with c free of components and of letters.
    pub(super) fn scaled(&mut self, node: NodeId) -> Option<(NodeId, Option<NodeId>)> {
        let Op::Product { factors, summed } = &self.model.node(node).op else {
            return Some((node, None));
        };
        let [a, b] = factors.as_slice() else {
            return None;
        };
        if !summed.is_empty() || a.inverse || b.inverse {
            return None;
        }
        let (own, scale) = if self.depends(a.node) { (a, b) } else { (b, a) };
        if self.depends(scale.node) || !self.model.node(scale.node).labels.is_empty() {
            return None;
        }
        Some((own.node, Some(scale.node)))
    }

    /// An entry of a component with distinct letters.
    pub(super) fn bare(&self, node: NodeId) -> Option<(TensorId, Vec<Label>)> {
        let Op::Access {
            tensor,
            index,
            zero: false,
        } = &self.model.node(node).op
        else {
            return None;
        };
        if !matches!(self.model.tensor(*tensor).source, Source::Parameter) {
            return None;
        }
        let letters: Vec<Label> = index
            .iter()
            .map(IndexExpr::as_label)
            .collect::<Option<_>>()?;
        let distinct = (1..letters.len()).all(|i| !letters[..i].contains(&letters[i]));
        distinct.then_some((*tensor, letters))
    }

    /// Where a term reads its component.
    pub(super) fn anchors(&mut self, node: NodeId, seen: &mut Seen) -> Result<()> {
        let model = self.model;
        if seen.anchors.contains_key(&node) || !self.depends(node) {
            return Ok(());
        }
        if let Some((tensor, letters)) = self.bare(node) {
            let all = letters.into_iter().map(Some).collect();
            return seen.add(model, node, Anchor::Plain, (tensor, Kind::Entries, all));
        }
        if let Some((access, over, anchor)) = self.radial(node)
            && let Some((tensor, letters)) = self.bare(access)
        {
            let inner: Vec<usize> = (0..letters.len())
                .filter(|a| over.contains(&letters[*a]))
                .collect();
            if inner.len() != over.len() {
                return Err(refused(model, node, "a norm over a letter that it has not"));
            }
            let outside = letters.iter().enumerate();
            let outside = outside
                .map(|(a, l)| (!inner.contains(&a)).then_some(*l))
                .collect();
            return seen.add(model, node, anchor, (tensor, Kind::Groups(inner), outside));
        }
        match &model.node(node).op {
            Op::Access { tensor, .. } => match &model.tensor(*tensor).source {
                Source::Parameter => Err(refused(
                    model,
                    node,
                    &format!(
                        "`{}` is read at another place than its own letters",
                        model.tensor(*tensor).name
                    ),
                )),
                _ => Err(refused(
                    model,
                    node,
                    "singular values stand in a term of their own, times numbers",
                )),
            },
            Op::Reduce { .. } | Op::Axial { .. } | Op::Rope { .. } => Err(refused(
                model,
                node,
                "this operation mixes entries in a way that no block has",
            )),
            Op::Product { summed, .. } if !summed.is_empty() => Err(refused(
                model,
                node,
                "this sum of products mixes entries in a way that no block has",
            )),
            op => {
                for a in op.arguments() {
                    self.anchors(a, seen)?;
                }
                Ok(())
            }
        }
    }

    /// A norm, or a sum of squares: what of, over which letters, and what it is.
    fn radial(&mut self, node: NodeId) -> Option<(NodeId, Vec<Label>, Anchor)> {
        let model = self.model;
        match &model.node(node).op {
            Op::Reduce {
                reduction: Reduction::Norm,
                over,
                argument,
            } => {
                let (access, scale) = self.scaled(*argument)?;
                let anchor = scale.map_or(Anchor::Plain, Anchor::Scaled);
                Some((access, over.clone(), anchor))
            }
            Op::Reduce {
                reduction: Reduction::Sum,
                over,
                argument,
            } => Some((self.square(*argument)?, over.clone(), Anchor::Square)),
            Op::Product { factors, summed } if !summed.is_empty() => match factors.as_slice() {
                [a, b] if a == b && !a.inverse => Some((a.node, summed.clone(), Anchor::Square)),
                [a] if !a.inverse => Some((self.square(a.node)?, summed.clone(), Anchor::Square)),
                _ => None,
            },
            _ => None,
        }
    }

    /// What a square is of.
    fn square(&self, node: NodeId) -> Option<NodeId> {
        let model = self.model;
        match &model.node(node).op {
            Op::Map {
                function: Function::Square | Function::Abs2,
                argument,
            } => Some(*argument),
            Op::Map {
                function: Function::Power(p),
                argument,
            } if *p == 2.0 => match &model.node(*argument).op {
                Op::Map {
                    function: Function::Abs,
                    argument,
                } => Some(*argument),
                _ => Some(*argument),
            },
            Op::Product { factors, summed } if summed.is_empty() => match factors.as_slice() {
                [a, b] if a == b && !a.inverse => Some(a.node),
                _ => None,
            },
            _ => None,
        }
    }
}

/// What the anchors of a term agree on.
#[derive(Default)]
pub(super) struct Seen {
    pub(super) of: Option<(TensorId, Kind, Vec<Option<Label>>)>,
    pub(super) anchors: HashMap<NodeId, Anchor>,
}

impl Seen {
    fn add(
        &mut self,
        model: &Model,
        node: NodeId,
        anchor: Anchor,
        of: (TensorId, Kind, Vec<Option<Label>>),
    ) -> Result<()> {
        match &self.of {
            Some(known) if *known != of => {
                return Err(refused(
                    model,
                    node,
                    "a term reads two different entries or norms",
                ));
            }
            Some(_) => {}
            None => self.of = Some(of),
        }
        self.anchors.insert(node, anchor);
        Ok(())
    }
}
