//! Terms of a target: the checked expression taken apart along its sums.

mod anchor;
mod whole;

use super::calls::{Call, CalledLeaf};
use super::spectral::Spectral;
use super::target::Kind;
pub(super) use anchor::Anchor;
use anchor::Seen;
use std::collections::HashMap;
use symbias_model::Model;
use symbias_model::error::{Error, ErrorKind, Result};
use symbias_model::expression::{Factor, Label, NodeId, Op, Reduction, Source, TensorId};
pub(super) use whole::NormLeaf;

/// weight · Π factors, a function of one entry, norm or singular value.
#[derive(Clone, Debug)]
pub(super) struct Leaf {
    pub component: TensorId,
    pub kind: Kind,
    /// Letters of the component's axes; none for those that r does not depend on.
    pub letters: Vec<Option<Label>>,
    pub factor: f64,
    pub weights: Vec<Factor>,
    pub factors: Vec<Factor>,
    pub anchors: HashMap<NodeId, Anchor>,
}

/// weight · Π factors, a function of one linear combination of entries, summed over letters.
#[derive(Clone, Debug)]
pub(super) struct LinearLeaf {
    pub component: TensorId,
    pub factor: f64,
    pub weights: Vec<Factor>,
    pub factors: Vec<Factor>,
    pub argument: NodeId,
    pub free: Vec<Label>,
}

/// The terms of a target.
#[derive(Default)]
pub(super) struct Leaves {
    /// Of entries, norms of groups that are apart, and singular values.
    pub own: Vec<Leaf>,
    /// Of linear combinations.
    pub linear: Vec<LinearLeaf>,
    /// Norms of groups that may overlap.
    pub norms: Vec<NormLeaf>,
    /// Functions of a component and a constant.
    pub called: Vec<CalledLeaf>,
}

/// The terms of the first output.
pub(super) fn leaves(model: &Model, spectral: &[Spectral], calls: &[Call]) -> Result<Leaves> {
    let mut reading = Reading {
        model,
        spectral,
        calls,
        found: Leaves::default(),
        dependent: HashMap::new(),
    };
    let root = model.outputs[0];
    let Source::Defined { node, labels } = &model.tensor(root).source else {
        return Ok(Leaves::default());
    };
    if !labels.is_empty() {
        return Err(refused(model, *node, "the target is one number"));
    }
    reading.sum(*node, 1.0, &[], &[])?;
    Ok(reading.found)
}

fn refused(model: &Model, node: NodeId, what: &str) -> Error {
    Error::new(ErrorKind::Unsupported, what.to_owned())
        .at(model.node(node).span)
        .remedy(
            "a target is a sum of terms, each of one component: sum[i](r(z[i])), sum[g](r(norm[k](z[g,k]))), nuclear[i,j](W[i,j])",
        )
}

struct Reading<'a> {
    model: &'a Model,
    spectral: &'a [Spectral],
    calls: &'a [Call],
    found: Leaves,
    dependent: HashMap<NodeId, bool>,
}

impl Reading<'_> {
    /// Whether a node depends on a component, or on singular values.
    fn depends(&mut self, node: NodeId) -> bool {
        if let Some(known) = self.dependent.get(&node) {
            return *known;
        }
        let model = self.model;
        let own = match &model.node(node).op {
            Op::Access { tensor, .. } => match &model.tensor(*tensor).source {
                Source::Parameter | Source::Input { .. } => true,
                Source::Defined { node, .. } => self.depends(*node),
                Source::Constant { .. } => false,
            },
            op => op.arguments().into_iter().any(|a| self.depends(a)),
        };
        self.dependent.insert(node, own);
        own
    }

    /// weights · Σ over `free` of a node.
    fn sum(&mut self, node: NodeId, factor: f64, weights: &[Factor], free: &[Label]) -> Result<()> {
        let model = self.model;
        if !self.depends(node) {
            return Ok(());
        }
        match &model.node(node).op {
            Op::Sum { terms } => {
                for t in terms {
                    let sign = if t.negative { -factor } else { factor };
                    self.sum(t.node, sign, weights, free)?;
                }
                Ok(())
            }
            Op::Reduce {
                reduction: reduction @ (Reduction::Sum | Reduction::Mean),
                over,
                argument,
            } => {
                let size: f64 = over.iter().map(|l| model.label_size(*l) as f64).product();
                let factor = match reduction {
                    Reduction::Mean => factor / size,
                    _ => factor,
                };
                let free: Vec<Label> = free.iter().chain(over).copied().collect();
                self.sum(*argument, factor, weights, &free)
            }
            Op::Product { factors, summed } => {
                let free: Vec<Label> = free.iter().chain(summed).copied().collect();
                let mut own = Vec::new();
                let mut weights = weights.to_vec();
                for f in factors {
                    if self.depends(f.node) {
                        own.push(*f);
                    } else {
                        weights.push(*f);
                    }
                }
                match own.as_slice() {
                    [one] if !one.inverse => self.sum(one.node, factor, &weights, &free),
                    _ => self.leaf(own, factor, weights, &free),
                }
            }
            _ => {
                let own = vec![Factor {
                    node,
                    inverse: false,
                }];
                self.leaf(own, factor, weights.to_vec(), free)
            }
        }
    }

    fn leaf(
        &mut self,
        factors: Vec<Factor>,
        factor: f64,
        weights: Vec<Factor>,
        free: &[Label],
    ) -> Result<()> {
        let node = factors[0].node;
        if let Some(leaf) = self.singular(&factors, factor, &weights, free)? {
            self.found.own.push(leaf);
            return Ok(());
        }
        if let Some(leaf) = self.called(&factors, factor, &weights, free)? {
            self.found.called.push(leaf);
            return Ok(());
        }
        let mut seen = Seen::default();
        for f in &factors {
            if let Err(error) = self.anchors(f.node, &mut seen) {
                if let Some(leaf) = self.norm(&factors, factor, &weights, free) {
                    self.found.norms.push(leaf);
                    return Ok(());
                }
                let Some((argument, component)) = self.argument(&factors) else {
                    return Err(error);
                };
                self.found.linear.push(LinearLeaf {
                    component,
                    factor,
                    weights,
                    factors,
                    argument,
                    free: free.to_vec(),
                });
                return Ok(());
            }
        }
        let Some((component, kind, letters)) = seen.of else {
            return Err(refused(
                self.model,
                node,
                "this term is no function of entries, norms or singular values of one component",
            ));
        };
        // Letters that the term does not have repeat it.
        let mut factor = factor;
        for l in free {
            if !letters.contains(&Some(*l)) && !self.within(&weights, *l) {
                factor *= self.model.label_size(*l) as f64;
            } else if !letters.contains(&Some(*l)) {
                return Err(refused(
                    self.model,
                    node,
                    "a weight has a letter that the component has not",
                )
                .remedy("sum the weight in a constant of its own"));
            }
        }
        for l in letters.iter().flatten() {
            if !free.contains(l) {
                return Err(refused(self.model, node, "the target is one number"));
            }
        }
        self.found.own.push(Leaf {
            component,
            kind,
            letters,
            factor,
            weights,
            factors,
            anchors: seen.anchors,
        });
        Ok(())
    }

    /// What a term is a function of, if that is one node which reads one component: linear, perhaps.
    fn argument(&mut self, factors: &[Factor]) -> Option<(NodeId, TensorId)> {
        let [one] = factors else { return None };
        let mut node = one.node;
        loop {
            let model = self.model;
            let own: Vec<NodeId> = match &model.node(node).op {
                Op::Map { argument, .. } => vec![*argument],
                Op::Power { base, exponent } if !self.depends(*exponent) => vec![*base],
                Op::Product { factors, summed } if summed.is_empty() => {
                    let own = factors.iter().filter(|f| self.depends(f.node));
                    own.map(|f| f.node).collect()
                }
                Op::Sum { terms } => {
                    let own = terms.iter().filter(|t| self.depends(t.node));
                    own.map(|t| t.node).collect()
                }
                _ => Vec::new(),
            };
            match own.as_slice() {
                [next] => node = *next,
                _ => break,
            }
        }
        Some((node, self.read_by(node)?))
    }

    /// The one component that a node reads.
    fn read_by(&self, node: NodeId) -> Option<TensorId> {
        let mut components = Vec::new();
        let mut stack = vec![node];
        while let Some(n) = stack.pop() {
            match &self.model.node(n).op {
                Op::Access { tensor, .. } => match &self.model.tensor(*tensor).source {
                    Source::Parameter => components.push(*tensor),
                    Source::Constant { .. } => {}
                    _ => return None,
                },
                op => stack.extend(op.arguments()),
            }
        }
        let first = *components.first()?;
        components.iter().all(|c| *c == first).then_some(first)
    }

    fn within(&self, weights: &[Factor], letter: Label) -> bool {
        weights
            .iter()
            .any(|w| self.model.node(w.node).labels.contains(&letter))
    }

    /// `nuclear` and its kin, c times a component.
    fn singular(
        &mut self,
        factors: &[Factor],
        factor: f64,
        weights: &[Factor],
        free: &[Label],
    ) -> Result<Option<Leaf>> {
        let model = self.model;
        let [one] = factors else { return Ok(None) };
        let Op::Access { tensor, index, .. } = &model.node(one.node).op else {
            return Ok(None);
        };
        let name = &model.tensor(*tensor).name;
        let Some(spectral) = self.spectral.iter().find(|s| s.name == *name) else {
            return Ok(None);
        };
        let missing = || refused(model, one.node, "the matrix is no component");
        let matrix = model.find(&spectral.matrix()).ok_or_else(missing)?;
        let Source::Defined { node, labels } = &model.tensor(matrix).source else {
            return Err(missing());
        };
        let (access, scale) = self.scaled(*node).ok_or_else(missing)?;
        let (component, letters) = self.bare(access).ok_or_else(missing)?;
        // Letters of the matrix's statement, seen from outside.
        let count = index.len();
        let outside: Vec<Option<Label>> = letters
            .iter()
            .map(|l| {
                let place = labels.iter().position(|x| x == l)?;
                (place < count).then(|| index[place].as_label()).flatten()
            })
            .collect();
        let find = |l: &Label| letters.iter().position(|x| x == l);
        let (rows, columns) = (&labels[count], &labels[count + 1]);
        let (Some(rows), Some(columns)) = (find(rows), find(columns)) else {
            return Err(missing());
        };
        if letters.len() != labels.len() || free.len() != count {
            return Err(missing());
        }
        let Source::Defined { node: own, .. } = &model.tensor(*tensor).source else {
            return Ok(None);
        };
        let Some(value) = model.find(&spectral.value()) else {
            return Err(missing());
        };
        let mut anchors = HashMap::new();
        for (number, n) in model.nodes.iter().enumerate() {
            if matches!(&n.op, Op::Access { tensor, .. } if *tensor == value) {
                let anchor = scale.map_or(Anchor::Plain, Anchor::Scaled);
                anchors.insert(NodeId(number as u32), anchor);
            }
        }
        Ok(Some(Leaf {
            component,
            kind: Kind::Singular([rows, columns]),
            letters: outside,
            factor,
            weights: weights.to_vec(),
            factors: vec![Factor {
                node: *own,
                inverse: false,
            }],
            anchors,
        }))
    }
}

impl Leaf {
    /// Whether it is the same function at every place.
    pub fn is_uniform(&self, model: &Model) -> bool {
        let mut stack: Vec<NodeId> = self
            .factors
            .iter()
            .chain(&self.weights)
            .map(|f| f.node)
            .collect();
        while let Some(node) = stack.pop() {
            if self.anchors.contains_key(&node) {
                continue;
            }
            let op = &model.node(node).op;
            match op {
                Op::Access { tensor, index, .. } => {
                    let mut has = false;
                    index
                        .iter()
                        .for_each(|e| e.for_each_label(&mut |_| has = true));
                    if has && matches!(model.tensor(*tensor).source, Source::Constant { .. }) {
                        return false;
                    }
                }
                Op::Position(e) => {
                    let mut has = false;
                    e.for_each_label(&mut |_| has = true);
                    if has {
                        return false;
                    }
                }
                Op::Where { .. } => return false,
                _ => stack.extend(op.arguments()),
            }
        }
        true
    }
}
