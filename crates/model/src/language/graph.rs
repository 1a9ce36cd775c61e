//! Nodes as they are made: labels and fields inferred, constants folded, equal nodes shared,
//! products of products and sums of sums written as one.

use super::complex;
use crate::error::{Error, ErrorKind, Result, Span};
use crate::expression::{
    Condition, Factor, Field, Function, Label, Node, NodeId, Op, Reduction, Term,
};
use std::collections::HashMap;

/// Parts of one product or sum up to which it takes in those of its parts: profiles of profiles unfold to more than any memory.
const PARTS: usize = 1 << 12;

/// Nodes under construction.
#[derive(Debug, Default)]
pub(super) struct Graph {
    pub nodes: Vec<Node>,
    trainable: Vec<bool>,
    known: HashMap<String, NodeId>,
}

impl Graph {
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.index()]
    }

    pub fn labels(&self, id: NodeId) -> &[Label] {
        &self.node(id).labels
    }

    pub fn field(&self, id: NodeId) -> Field {
        self.node(id).field
    }

    /// Whether the value depends on a parameter.
    pub fn trainable(&self, id: NodeId) -> bool {
        self.trainable[id.index()]
    }

    pub fn as_number(&self, id: NodeId) -> Option<f64> {
        match self.node(id).op {
            Op::Number(x) => Some(x),
            _ => None,
        }
    }

    /// The node of this operation, shared with an equal one.
    pub fn leaf(
        &mut self,
        op: Op,
        labels: Vec<Label>,
        field: Field,
        trainable: bool,
        span: Span,
    ) -> NodeId {
        let key = format!("{op:?}");
        if let Some(id) = self.known.get(&key) {
            return *id;
        }
        let id = NodeId(self.nodes.len() as u32);
        self.nodes.push(Node {
            op,
            labels,
            field,
            span,
        });
        self.trainable.push(trainable);
        self.known.insert(key, id);
        id
    }

    fn push(&mut self, op: Op, labels: Vec<Label>, field: Field, span: Span) -> NodeId {
        let trainable = op.arguments().iter().any(|a| self.trainable(*a));
        self.leaf(op, labels, field, trainable, span)
    }

    /// A finite number.
    pub fn number(&mut self, value: f64, span: Span) -> Result<NodeId> {
        if value.is_finite() {
            return Ok(self.leaf(Op::Number(value), vec![], Field::Real, false, span));
        }
        Err(Error::new(
            ErrorKind::Value,
            format!("this constant expression is not finite: {value}"),
        )
        .at(span))
    }

    /// −∞, a branch of `where`.
    pub fn minus_infinity(&mut self, span: Span) -> NodeId {
        let op = Op::Number(f64::NEG_INFINITY);
        self.leaf(op, vec![], Field::Real, false, span)
    }

    fn union(&self, nodes: impl IntoIterator<Item = NodeId>, without: &[Label]) -> Vec<Label> {
        let mut labels = Vec::new();
        for node in nodes {
            for label in self.labels(node) {
                if !without.contains(label) && !labels.contains(label) {
                    labels.push(*label);
                }
            }
        }
        labels
    }

    fn joint_field(&self, nodes: impl IntoIterator<Item = NodeId>) -> Field {
        nodes
            .into_iter()
            .map(|n| self.field(n))
            .max()
            .unwrap_or_default()
    }

    /// Σ over `summed` of a product.
    pub fn product(
        &mut self,
        factors: Vec<Factor>,
        summed: Vec<Label>,
        span: Span,
    ) -> Result<NodeId> {
        let (mut above, mut below) = (1.0, 1.0);
        let mut kept: Vec<Factor> = Vec::with_capacity(factors.len());
        for factor in factors {
            let inner = match &self.node(factor.node).op {
                Op::Product { factors, summed }
                    if summed.is_empty() && kept.len() + factors.len() <= PARTS =>
                {
                    factors.clone()
                }
                _ => vec![Factor {
                    node: factor.node,
                    inverse: false,
                }],
            };
            for f in inner {
                let inverse = f.inverse != factor.inverse;
                match (self.as_number(f.node), inverse) {
                    (Some(x), false) => above *= x,
                    (Some(x), true) => below *= x,
                    (None, _) => kept.push(Factor {
                        node: f.node,
                        inverse,
                    }),
                }
            }
        }
        let quotient = above / below;
        if kept.is_empty() || !quotient.is_finite() {
            return self.number(quotient, span);
        }
        if quotient.fract() == 0.0 && quotient * below == above {
            (above, below) = (quotient, 1.0);
        }
        let numbers = [(above, false), (below, true)];
        for (value, inverse) in numbers.into_iter().rev().filter(|(v, _)| *v != 1.0) {
            let node = self.number(value, span)?;
            kept.insert(0, Factor { node, inverse });
        }
        if let [only] = kept[..]
            && !only.inverse
            && summed.is_empty()
        {
            return Ok(only.node);
        }
        let nodes = || kept.iter().map(|f| f.node);
        let labels = self.union(nodes(), &summed);
        let field = self.joint_field(nodes());
        let op = Op::Product {
            factors: kept,
            summed,
        };
        Ok(self.push(op, labels, field, span))
    }

    /// A sum of terms.
    pub fn sum(&mut self, terms: Vec<Term>, span: Span) -> Result<NodeId> {
        let mut flat = Vec::with_capacity(terms.len());
        for term in terms {
            match &self.node(term.node).op {
                Op::Sum { terms } if flat.len() + terms.len() <= PARTS => {
                    flat.extend(terms.iter().map(|t| Term {
                        node: t.node,
                        negative: t.negative != term.negative,
                    }))
                }
                _ => flat.push(term),
            }
        }
        let numbers: Option<f64> = flat
            .iter()
            .map(|t| {
                let x = self.as_number(t.node)?;
                Some(if t.negative { -x } else { x })
            })
            .sum();
        if let Some(total) = numbers {
            return self.number(total, span);
        }
        if let [only] = flat[..]
            && !only.negative
        {
            return Ok(only.node);
        }
        let nodes = || flat.iter().map(|t| t.node);
        let labels = self.union(nodes(), &[]);
        let field = self.joint_field(nodes());
        Ok(self.push(Op::Sum { terms: flat }, labels, field, span))
    }

    pub fn negative(&mut self, node: NodeId, span: Span) -> Result<NodeId> {
        let negative = true;
        self.sum(vec![Term { node, negative }], span)
    }

    /// A pointwise function.
    pub fn map(&mut self, function: Function, argument: NodeId, span: Span) -> Result<NodeId> {
        if let Some(done) = complex::map(self, function, argument, span)? {
            return Ok(done);
        }
        if let Some(value) = self.as_number(argument).and_then(|x| fold(function, x)) {
            return self.number(value, span);
        }
        let labels = self.labels(argument).to_vec();
        let field = match function {
            Function::Conj | Function::Exp | Function::Power(_) => self.field(argument),
            _ => Field::Real,
        };
        Ok(self.push(Op::Map { function, argument }, labels, field, span))
    }

    /// base^exponent; `integer` says whether the exponent is one by its form.
    pub fn power(
        &mut self,
        base: NodeId,
        exponent: NodeId,
        integer: bool,
        span: Span,
    ) -> Result<NodeId> {
        match self.as_number(exponent) {
            Some(1.0) => return Ok(base),
            Some(2.0) => return self.map(Function::Square, base, span),
            Some(0.5) => return self.map(Function::Sqrt, base, span),
            Some(p) => return self.map(Function::Power(p), base, span),
            None => {}
        }
        let field = complex::power(self, base, exponent, integer, span)?;
        let labels = self.union([base, exponent], &[]);
        let op = Op::Power { base, exponent };
        Ok(self.push(op, labels, field, span))
    }

    /// The larger or the smaller of two real values.
    pub fn extreme(&mut self, largest: bool, pair: [NodeId; 2], span: Span) -> Result<NodeId> {
        if let [Some(a), Some(b)] = pair.map(|node| self.as_number(node)) {
            let value = if largest { a.max(b) } else { a.min(b) };
            return self.number(value, span);
        }
        self.real(Op::Extreme { largest, pair }, "min and max", span)
    }

    /// A reduction; a sum of a product is the product summed.
    pub fn reduce(
        &mut self,
        reduction: Reduction,
        over: Vec<Label>,
        argument: NodeId,
        span: Span,
    ) -> Result<NodeId> {
        let field = match reduction {
            Reduction::Sum | Reduction::Mean => self.field(argument),
            Reduction::Norm => Field::Real,
            Reduction::Max | Reduction::LogSumExp => {
                complex::real(self, &[argument], "max and logsumexp", span)?;
                Field::Real
            }
        };
        if let (Reduction::Sum, Op::Product { factors, summed }) =
            (reduction, &self.node(argument).op)
        {
            let mut all = summed.clone();
            all.extend(over);
            let factors = factors.clone();
            return self.product(factors, all, span);
        }
        let labels = self.union([argument], &over);
        let op = Op::Reduce {
            reduction,
            over,
            argument,
        };
        Ok(self.push(op, labels, field, span))
    }

    /// `where`.
    pub fn choose(
        &mut self,
        condition: Condition,
        then: NodeId,
        otherwise: NodeId,
        span: Span,
    ) -> NodeId {
        let mut labels = Vec::new();
        condition.for_each_label(&mut |label| {
            if !labels.contains(&label) {
                labels.push(label);
            }
        });
        for label in self.union([then, otherwise], &[]) {
            if !labels.contains(&label) {
                labels.push(label);
            }
        }
        let field = self.joint_field([then, otherwise]);
        let op = Op::Where {
            condition,
            then,
            otherwise,
        };
        self.push(op, labels, field, span)
    }

    /// An operation of real arguments with labels inferred as their union.
    pub fn real(&mut self, op: Op, what: &str, span: Span) -> Result<NodeId> {
        let arguments = op.arguments();
        complex::real(self, &arguments, what, span)?;
        let labels = self.union(arguments, &[]);
        Ok(self.push(op, labels, Field::Real, span))
    }

    /// An operation that keeps labels and field of its argument.
    pub fn like(&mut self, op: Op, argument: NodeId, span: Span) -> NodeId {
        let (labels, field) = (self.labels(argument).to_vec(), self.field(argument));
        self.push(op, labels, field, span)
    }

    /// Drops the nodes that none of `roots` uses; says where each node went.
    pub fn compact(self, roots: impl IntoIterator<Item = NodeId>) -> (Vec<Node>, Vec<NodeId>) {
        let mut used = vec![false; self.nodes.len()];
        roots.into_iter().for_each(|r| used[r.index()] = true);
        for i in (0..self.nodes.len()).rev() {
            if used[i] {
                for argument in self.nodes[i].op.arguments() {
                    used[argument.index()] = true;
                }
            }
        }
        let mut place = Vec::with_capacity(used.len());
        let mut nodes = Vec::new();
        for (mut node, used) in self.nodes.into_iter().zip(used) {
            place.push(NodeId(nodes.len() as u32));
            if used {
                move_arguments(&mut node.op, &place);
                nodes.push(node);
            }
        }
        (nodes, place)
    }
}

fn move_arguments(op: &mut Op, place: &[NodeId]) {
    let to = |id: &mut NodeId| *id = place[id.index()];
    match op {
        Op::Number(_) | Op::Position(_) | Op::Access { .. } => {}
        Op::Product { factors, .. } => factors.iter_mut().for_each(|f| to(&mut f.node)),
        Op::Sum { terms } => terms.iter_mut().for_each(|t| to(&mut t.node)),
        Op::Map { argument, .. } | Op::Reduce { argument, .. } | Op::Axial { argument, .. } => {
            to(argument);
        }
        Op::Power { base, exponent } => [base, exponent].into_iter().for_each(to),
        Op::Extreme { pair, .. } => pair.iter_mut().for_each(to),
        Op::Where {
            then, otherwise, ..
        } => [then, otherwise].into_iter().for_each(to),
        Op::Rope {
            argument, position, ..
        } => [argument, position].into_iter().for_each(to),
    }
}

/// The value of a function of a number, where the standard library has it.
fn fold(function: Function, x: f64) -> Option<f64> {
    Some(match function {
        Function::Relu => x.max(0.0),
        Function::LeakyRelu(slope) => {
            if x > 0.0 {
                x
            } else {
                slope * x
            }
        }
        Function::Abs => x.abs(),
        Function::Square => x * x,
        Function::Power(p) => x.powf(p),
        Function::Exp => x.exp(),
        Function::Log => x.ln(),
        Function::Sqrt => x.sqrt(),
        Function::Sign if x == 0.0 => 0.0,
        Function::Sign => x.signum(),
        Function::Erf => libm::erf(x),
        Function::Tanh => x.tanh(),
        Function::Sin => x.sin(),
        Function::Cos => x.cos(),
        _ => return None,
    })
}
