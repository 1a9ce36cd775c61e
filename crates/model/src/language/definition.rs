//! Statements as definitions of tensors: collected, ordered without cycles, resolved.

use super::block::Expansion;
use super::check::{Checker, Definitions, Needed, Scope, twice};
use super::occurrence;
use super::syntax::{Expr, ExprKind, Name, Statement};
use crate::error::{Error, ErrorKind, Result, Span};
use crate::expression::{Field, IndexExpr, Label, NodeId, Op, Source, Tensor, TensorId};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// A tensor to be defined.
pub(super) struct Definition<'a> {
    /// Its name in the model.
    pub name: String,
    pub span: Span,
    pub letters: &'a [Name],
    pub body: Body<'a>,
    /// Local names of the copy of a block that it belongs to.
    pub rename: Option<Rc<HashMap<String, String>>>,
}

/// The right side.
pub(super) enum Body<'a> {
    Expr(&'a Expr),
    /// The tensor of that name, whole: what a block call leaves.
    Copy(String),
}

impl Definition<'_> {
    pub fn scope(&self) -> Scope<'_> {
        Scope {
            rename: self.rename.as_deref(),
            variable: None,
        }
    }
}

/// Root statements and the copies of blocks that they call.
pub(super) fn collect<'a>(
    checker: &mut Checker<'a>,
    blocks: &[Expansion<'a>],
) -> Result<Definitions<'a>> {
    let mut list = Vec::new();
    let mut called = HashSet::new();
    for statement in &checker.file.statements {
        if statement.prime {
            return Err(Error::new(
                ErrorKind::Definition,
                format!("`{}'` with a prime outside a block", statement.name.text),
            )
            .at(statement.name.span)
            .remedy("a prime marks the next value of a block's carry"));
        }
        match super::block::call(statement, blocks)? {
            Some((block, argument)) => {
                let again = !called.insert(block.spec.name.text.as_str());
                super::block::expand(checker, block, statement, argument, again, &mut list)?;
            }
            None => list.push(Definition {
                name: statement.name.text.clone(),
                span: statement.name.span,
                letters: &statement.letters,
                body: Body::Expr(&statement.right),
                rename: None,
            }),
        }
    }
    for block in blocks {
        let name = &block.spec.name;
        if !called.contains(name.text.as_str()) {
            return Err(Error::new(
                ErrorKind::Definition,
                format!("the block `{}` is never called", name.text),
            )
            .at(name.span)
            .remedy(format!("call it by a statement z[t,c] = {}(x)", name.text)));
        }
    }
    Ok(list)
}

/// The labels of left letters: declared and distinct.
pub(super) fn left(checker: &Checker<'_>, letters: &[Name]) -> Result<Vec<Label>> {
    let mut labels = Vec::with_capacity(letters.len());
    for letter in letters {
        let label = checker.axes.label(&letter.text, letter.span)?;
        if labels.contains(&label) {
            return Err(Error::new(
                ErrorKind::Index,
                format!("the left index `{}` stands twice", letter.text),
            )
            .at(letter.span)
            .remedy("left indices are distinct; an alias of the axis gives another letter"));
        }
        labels.push(label);
    }
    Ok(labels)
}

/// Adds the defined tensors, still without values; the position of the first.
pub(super) fn declare(checker: &mut Checker<'_>, definitions: &[Definition<'_>]) -> Result<usize> {
    let first = checker.tensors.len();
    for definition in definitions {
        let labels = left(checker, definition.letters)?;
        let axes = labels.iter().map(|l| checker.axes.axis(*l)).collect();
        checker.add(Tensor {
            name: definition.name.clone(),
            axes,
            field: Field::Real,
            source: Source::Defined {
                node: NodeId(0),
                labels,
            },
            span: definition.span,
        })?;
    }
    Ok(first)
}

/// An order in which each definition comes after those that it uses, or the cycle.
pub(super) fn order(checker: &Checker<'_>, definitions: &[Definition<'_>]) -> Result<Vec<usize>> {
    let places: HashMap<&str, usize> = definitions
        .iter()
        .enumerate()
        .map(|(i, d)| (d.name.as_str(), i))
        .collect();
    let uses: Vec<Vec<usize>> = definitions
        .iter()
        .map(|definition| {
            let mut used = Vec::new();
            let scope = definition.scope();
            let mut visit = |name: &str| {
                if let Some(i) = places.get(checker.full(name, &scope)) {
                    used.push(*i);
                }
            };
            match &definition.body {
                Body::Expr(expr) => occurrence::names(expr, &checker.axes, &mut visit),
                Body::Copy(name) => visit(name),
            }
            used
        })
        .collect();
    let mut order = Vec::with_capacity(definitions.len());
    // 0: not seen, 1: on the path, 2: done.
    let mut state = vec![0u8; definitions.len()];
    for start in 0..definitions.len() {
        if state[start] != 0 {
            continue;
        }
        let mut path = vec![(start, 0)];
        state[start] = 1;
        while let Some((node, next)) = path.last_mut() {
            let node = *node;
            let Some(used) = uses[node].get(*next).copied() else {
                state[node] = 2;
                order.push(node);
                path.pop();
                continue;
            };
            *next += 1;
            match state[used] {
                0 => {
                    state[used] = 1;
                    path.push((used, 0));
                }
                1 => return Err(cycle(definitions, &path, used)),
                _ => {}
            }
        }
    }
    Ok(order)
}

fn cycle(definitions: &[Definition<'_>], path: &[(usize, usize)], again: usize) -> Error {
    let from = path.iter().position(|(i, _)| *i == again).unwrap_or(0);
    let mut names: Vec<&str> = path[from..]
        .iter()
        .map(|(i, _)| definitions[*i].name.as_str())
        .collect();
    names.push(&definitions[again].name);
    Error::new(
        ErrorKind::Definition,
        format!("definitions form a cycle: {}", names.join(" -> ")),
    )
    .at(definitions[again].span)
    .remedy("a model is a map without feedback; repeat a step with [blocks.name]")
}

/// Gives a defined tensor its value.
pub(super) fn resolve(
    checker: &mut Checker<'_>,
    definition: &Definition<'_>,
    place: usize,
) -> Result<()> {
    let labels = match &checker.tensors[place].source {
        Source::Defined { labels, .. } => labels.clone(),
        _ => Vec::new(),
    };
    let node = match &definition.body {
        Body::Copy(name) => copy(checker, name, &labels, definition.span)?,
        Body::Expr(expr) => {
            let needed: Needed = labels.iter().copied().collect();
            let node = checker.close(expr, &needed, &definition.scope())?;
            let found = checker.graph.labels(node);
            if let Some(i) = labels.iter().position(|l| !found.contains(l)) {
                let letter = &definition.letters[i];
                return Err(Error::new(
                    ErrorKind::Index,
                    format!(
                        "the left index `{}` does not occur on the right",
                        letter.text
                    ),
                )
                .at(letter.span)
                .remedy(format!(
                    "drop it, or multiply by a tensor with the index `{}`",
                    letter.text
                )));
            }
            node
        }
    };
    checker.tensors[place].field = checker.graph.field(node);
    checker.tensors[place].source = Source::Defined { node, labels };
    Ok(())
}

fn copy(checker: &mut Checker<'_>, name: &str, labels: &[Label], span: Span) -> Result<NodeId> {
    let tensor = checker.find(name, span, &Scope::default())?;
    Ok(whole(checker, tensor, labels, span))
}

/// The access of a whole tensor with one letter per axis.
pub(super) fn whole(
    checker: &mut Checker<'_>,
    tensor: TensorId,
    labels: &[Label],
    span: Span,
) -> NodeId {
    let field = checker.tensors[tensor.index()].field;
    let trainable = checker.trains(tensor);
    let op = Op::Access {
        tensor,
        index: labels.iter().map(|l| IndexExpr::Label(*l)).collect(),
        zero: false,
    };
    checker
        .graph
        .leaf(op, labels.to_vec(), field, trainable, span)
}

/// The tensors that make up F(θ): statements, real, each once.
pub(super) fn outputs(checker: &Checker<'_>) -> Result<Vec<TensorId>> {
    let mut list: Vec<TensorId> = Vec::new();
    for name in &checker.file.outputs {
        let id = checker.find(&name.text, name.span, &Scope::default())?;
        let tensor = &checker.tensors[id.index()];
        if !matches!(tensor.source, Source::Defined { .. }) {
            let letters = checker.axes_of(id);
            return Err(Error::new(
                ErrorKind::Definition,
                format!("the output `{}` is not defined by a statement", name.text),
            )
            .at(name.span)
            .remedy(format!(
                "define one, y[{letters}] = {}[{letters}]",
                name.text
            )));
        }
        if tensor.field == Field::Complex {
            return Err(Error::new(
                ErrorKind::Unsupported,
                format!("the output `{}` is complex; outputs are real", name.text),
            )
            .at(name.span)
            .remedy("take re(z), im(z), abs(z) or abs2(z) in a last statement"));
        }
        if list.contains(&id) {
            return Err(twice(name, Span::default()));
        }
        list.push(id);
    }
    Ok(list)
}

/// A statement whose whole right side is a call of `name(…)` with one argument.
pub(super) fn called(statement: &Statement) -> Option<(&Name, &[Expr])> {
    match &statement.right.kind {
        ExprKind::Call {
            name,
            over: None,
            arguments,
            named,
        } if named.is_empty() => Some((name, arguments)),
        _ => None,
    }
}
