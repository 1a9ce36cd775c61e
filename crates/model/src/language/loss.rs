//! The loss (language §16), lowered to one scalar node.
//!
//! * `mse`: Σ (o − y)².
//! * `cross_entropy`: −Σ log_softmax(o) at the class of an integer target, or
//!   −Σ y · log_softmax(o) for a target of probabilities. The classes are the axis that the
//!   integer target indexes, or the last axis of the output. Its mean divides by the number of
//!   distributions, not by the number of classes.
//! * `logistic`: Σ log(1 + exp(−y·o)), labels ±1.
//! * `expression`: as written.

use super::check::{Checker, Needed, Scope};
use super::definition::{self, Definition, whole};
use super::file::{LossSpec, Reduce};
use super::occurrence;
use super::syntax::Name;
use crate::error::{Error, ErrorKind, Result, Span};
use crate::expression::{
    Axial, AxisId, Divisor, Factor, Field, Function, IndexExpr, Label, Law, Loss, NodeId, Op,
    Reduction, Source, Tensor, TensorId, Term,
};

const TARGET: &str = "target";

const KINDS: [&str; 4] = ["mse", "cross_entropy", "logistic", "expression"];

/// Adds the input `target` if the file leaves the target to the experiment.
pub(super) fn create_target(
    checker: &mut Checker<'_>,
    definitions: &[Definition<'_>],
) -> Result<Option<TensorId>> {
    let Some(spec) = &checker.file.loss else {
        return Ok(None);
    };
    if !KINDS.contains(&spec.kind.text.as_str()) {
        return Err(Error::new(
            ErrorKind::Unknown,
            format!("unknown loss \"{}\"", spec.kind.text.escape_debug()),
        )
        .at(spec.kind.span)
        .remedy(format!("one of: {}", KINDS.join(", "))));
    }
    let exists = checker.names.contains_key(TARGET) || definitions.iter().any(|d| d.name == TARGET);
    let mentioned = match &spec.expr {
        None => spec.kind.text != "expression",
        Some(expr) => {
            let mut found = false;
            occurrence::names(expr, &checker.axes, &mut |name| found |= name == TARGET);
            found
        }
    };
    if spec.target.is_some() || exists || !mentioned {
        return Ok(None);
    }
    let of = output(checker, spec)?;
    let Some(definition) = definitions.iter().find(|d| d.name == of.text) else {
        return Err(no_output(checker, of));
    };
    let labels = definition::left(checker, definition.letters)?;
    let axes = labels.iter().map(|l| checker.axes.axis(*l)).collect();
    let target = checker.add(Tensor {
        name: TARGET.into(),
        axes,
        field: Field::Real,
        source: Source::Input {
            law: match spec.kind.text.as_str() {
                "logistic" => Law::Sign,
                _ => Law::Normal,
            },
            index: None,
        },
        span: spec.span,
    })?;
    Ok(Some(target))
}

/// The output that the loss judges: `of`, or the only output.
fn output<'a>(checker: &Checker<'a>, spec: &'a LossSpec) -> Result<&'a Name> {
    match (&spec.of, checker.file.outputs.as_slice()) {
        (Some(of), _) => Ok(of),
        (None, [only]) => Ok(only),
        (None, _) => Err(
            Error::new(ErrorKind::Definition, "the loss lacks the key `of`")
                .at(spec.span)
                .remedy("of = \"y\", the output that it judges"),
        ),
    }
}

fn no_output(checker: &Checker<'_>, of: &Name) -> Error {
    let statements = checker.file.statements.iter();
    Error::new(
        ErrorKind::Unknown,
        format!("the loss is of `{}`, which no statement defines", of.text),
    )
    .at(of.span)
    .suggest(&of.text, statements.map(|s| s.name.text.as_str()))
}

/// What a loss of an output and a target is made of.
struct Parts {
    of: TensorId,
    labels: Vec<Label>,
    output: NodeId,
    target: TensorId,
    span: Span,
}

/// Lowers the loss to nodes.
pub(super) fn lower(
    checker: &mut Checker<'_>,
    spec: &LossSpec,
    created: Option<TensorId>,
) -> Result<Loss> {
    let mut target = match (&spec.target, created) {
        (Some(name), _) => Some(checker.find(&name.text, name.span, &Scope::default())?),
        (None, Some(created)) => Some(created),
        (None, None) => checker.names.get(TARGET).copied(),
    };
    let kind = spec.kind.text.as_str();
    let (node, entries) = if kind == "expression" {
        if spec.target.is_none() && created.is_none() {
            target = mentioned_target(checker, spec, target);
        }
        expression(checker, spec)?
    } else {
        if let Some(expr) = &spec.expr {
            return Err(Error::new(
                ErrorKind::Definition,
                format!("`expr` stands beside the loss \"{kind}\""),
            )
            .at(expr.span)
            .remedy("write kind = \"expression\""));
        }
        let parts = parts(checker, spec, target)?;
        match kind {
            "mse" => mse(checker, &parts)?,
            "logistic" => logistic(checker, &parts)?,
            _ => cross_entropy(checker, &parts)?,
        }
    };
    Ok(Loss {
        kind: kind.to_owned(),
        node,
        divisor: match spec.reduce {
            Reduce::Mean => Divisor::Mean { entries },
            Reduce::Sum => Divisor::Sum,
            Reduce::Number(n) => Divisor::Number(n),
        },
        target,
    })
}

fn mentioned_target(
    checker: &Checker<'_>,
    spec: &LossSpec,
    target: Option<TensorId>,
) -> Option<TensorId> {
    let mut found = false;
    if let Some(expr) = &spec.expr {
        occurrence::names(expr, &checker.axes, &mut |name| found |= name == TARGET);
    }
    target.filter(|_| found)
}

fn expression(checker: &mut Checker<'_>, spec: &LossSpec) -> Result<(NodeId, u64)> {
    let Some(expr) = &spec.expr else {
        return Err(Error::new(
            ErrorKind::Definition,
            "a loss of kind \"expression\" lacks the key `expr`",
        )
        .at(spec.span)
        .remedy("expr = \"sum[o](square(y[o] - target[o]))\""));
    };
    let node = checker.close(expr, &Needed::new(), &Scope::default())?;
    if checker.graph.field(node) == Field::Complex {
        return Err(Error::new(ErrorKind::Unsupported, "the loss is complex")
            .at(expr.span)
            .remedy("take abs2(z) or re(z)"));
    }
    let entries = match &spec.of {
        None => 1,
        Some(of) => {
            let id = checker.find(&of.text, of.span, &Scope::default())?;
            let axes = checker.tensors[id.index()].axes.clone();
            entries(checker, &axes, None)
        }
    };
    Ok((node, entries))
}

/// Number of entries per sample, without the classes.
fn entries(checker: &Checker<'_>, axes: &[AxisId], classes: Option<usize>) -> u64 {
    axes.iter()
        .enumerate()
        .filter(|(i, axis)| Some(**axis) != checker.axes.batch && Some(*i) != classes)
        .map(|(_, axis)| checker.axes.axes[axis.index()].size)
        .fold(1, u64::saturating_mul)
}

fn parts(checker: &mut Checker<'_>, spec: &LossSpec, target: Option<TensorId>) -> Result<Parts> {
    let of = output(checker, spec)?;
    let id = checker.names.get(&of.text).copied();
    let labels = match id.map(|id| &checker.tensors[id.index()].source) {
        Some(Source::Defined { labels, .. }) => labels.clone(),
        _ => return Err(no_output(checker, of)),
    };
    let (Some(id), Some(target)) = (id, target) else {
        return Err(no_output(checker, of));
    };
    for (tensor, name) in [(id, of), (target, spec.target.as_ref().unwrap_or(of))] {
        if checker.tensors[tensor.index()].field == Field::Complex {
            return Err(Error::new(
                ErrorKind::Unsupported,
                format!(
                    "the loss compares real values, `{}` is complex",
                    checker.tensors[tensor.index()].name
                ),
            )
            .at(name.span));
        }
    }
    let span = spec.span;
    Ok(Parts {
        of: id,
        output: whole(checker, id, &labels, span),
        labels,
        target,
        span,
    })
}

/// The target's entries, one per entry of the output.
fn same_shape(checker: &mut Checker<'_>, parts: &Parts) -> Result<NodeId> {
    let target = &checker.tensors[parts.target.index()];
    let of = &checker.tensors[parts.of.index()];
    if is_index(&target.source) {
        return Err(Error::new(
            ErrorKind::Value,
            format!(
                "the target `{}` holds indices; this loss compares real numbers",
                target.name
            ),
        )
        .at(parts.span)
        .remedy("integer targets are classes: kind = \"cross_entropy\""));
    }
    if target.axes != of.axes {
        return Err(Error::new(
            ErrorKind::Shape,
            format!(
                "the target `{}` has the axes [{}], the output `{}` has [{}]",
                target.name,
                checker.axes_of(parts.target),
                of.name,
                checker.axes_of(parts.of)
            ),
        )
        .at(parts.span)
        .note(target.span, "the target is declared here"));
    }
    Ok(whole(checker, parts.target, &parts.labels, parts.span))
}

fn is_index(source: &Source) -> bool {
    matches!(
        source,
        Source::Input { index: Some(_), .. } | Source::Constant { index: Some(_), .. }
    )
}

fn total(checker: &mut Checker<'_>, node: NodeId, over: &[Label], span: Span) -> Result<NodeId> {
    if over.is_empty() {
        return Ok(node);
    }
    checker
        .graph
        .reduce(Reduction::Sum, over.to_vec(), node, span)
}

fn difference(checker: &mut Checker<'_>, a: NodeId, b: NodeId, span: Span) -> Result<NodeId> {
    let term = |node, negative| Term { node, negative };
    checker.graph.sum(vec![term(a, false), term(b, true)], span)
}

fn product(checker: &mut Checker<'_>, nodes: &[NodeId], span: Span) -> Result<NodeId> {
    let factor = |node: &NodeId| Factor {
        node: *node,
        inverse: false,
    };
    checker
        .graph
        .product(nodes.iter().map(factor).collect(), vec![], span)
}

fn count(checker: &Checker<'_>, parts: &Parts, classes: Option<usize>) -> u64 {
    entries(checker, &checker.tensors[parts.of.index()].axes, classes)
}

fn mse(checker: &mut Checker<'_>, parts: &Parts) -> Result<(NodeId, u64)> {
    let span = parts.span;
    let target = same_shape(checker, parts)?;
    let error = difference(checker, parts.output, target, span)?;
    let square = checker.graph.map(Function::Square, error, span)?;
    let node = total(checker, square, &parts.labels, span)?;
    Ok((node, count(checker, parts, None)))
}

/// log(1 + exp(−m)) = logsumexp over e ∈ {0, 1} of −m·e, stable for every margin m.
fn logistic(checker: &mut Checker<'_>, parts: &Parts) -> Result<(NodeId, u64)> {
    let span = parts.span;
    let target = same_shape(checker, parts)?;
    let side = checker.axes.hidden("logistic.side", 2);
    let position = Op::Position(IndexExpr::Label(side));
    let side_value = checker
        .graph
        .leaf(position, vec![side], Field::Real, false, span);
    let margin = product(checker, &[target, parts.output, side_value], span)?;
    let negative = checker.graph.negative(margin, span)?;
    let one = checker
        .graph
        .reduce(Reduction::LogSumExp, vec![side], negative, span)?;
    let node = total(checker, one, &parts.labels, span)?;
    Ok((node, count(checker, parts, None)))
}

fn cross_entropy(checker: &mut Checker<'_>, parts: &Parts) -> Result<(NodeId, u64)> {
    let span = parts.span;
    let classes = match &checker.tensors[parts.target.index()].source {
        Source::Input { index: Some(a), .. } | Source::Constant { index: Some(a), .. } => Some(*a),
        _ => None,
    };
    if let Some(axis) = classes {
        return classified(checker, parts, axis);
    }
    let Some(last) = parts.labels.len().checked_sub(1) else {
        return Err(Error::new(
            ErrorKind::Shape,
            "cross entropy needs an axis of classes, the output is a scalar",
        )
        .at(span)
        .remedy("for two classes and one number use kind = \"logistic\""));
    };
    let target = same_shape(checker, parts)?;
    let op = Op::Axial {
        operation: Axial::LogSoftmax,
        over: vec![parts.labels[last]],
        eps: 0.0,
        argument: parts.output,
    };
    let logs = checker.graph.like(op, parts.output, span);
    let terms = product(checker, &[target, logs], span)?;
    let sum = total(checker, terms, &parts.labels, span)?;
    let node = checker.graph.negative(sum, span)?;
    Ok((node, count(checker, parts, Some(last))))
}

/// Integer targets: logsumexp(o) − o at the class.
fn classified(checker: &mut Checker<'_>, parts: &Parts, axis: AxisId) -> Result<(NodeId, u64)> {
    let span = parts.span;
    let of = checker.tensors[parts.of.index()].axes.clone();
    let target = &checker.tensors[parts.target.index()];
    let place = of.iter().rposition(|a| *a == axis);
    let mut rest = of.clone();
    if let Some(place) = place {
        rest.remove(place);
    }
    let Some(place) = place.filter(|_| rest == target.axes) else {
        return Err(Error::new(
            ErrorKind::Shape,
            format!(
                "the classes `{}` have the axes [{}] and index {}, the output `{}` has [{}]",
                target.name,
                checker.axes_of(parts.target),
                checker.axes.describe(axis),
                checker.tensors[parts.of.index()].name,
                checker.axes_of(parts.of)
            ),
        )
        .at(span)
        .remedy("classes have the axes of the output without the axis that they index"));
    };
    let mut others = parts.labels.clone();
    let class = others.remove(place);
    let lookup = IndexExpr::Lookup {
        tensor: parts.target,
        index: others.iter().map(|l| IndexExpr::Label(*l)).collect(),
    };
    let index = parts
        .labels
        .iter()
        .map(|l| {
            if *l == class {
                lookup.clone()
            } else {
                IndexExpr::Label(*l)
            }
        })
        .collect();
    let trainable = checker.graph.trainable(parts.output);
    let op = Op::Access {
        tensor: parts.of,
        index,
        zero: false,
    };
    // Labels in the order of first occurrence: those of the lookup come where the class stood.
    let mut labels = parts.labels[..place].to_vec();
    labels.extend(others.iter().filter(|l| !parts.labels[..place].contains(l)));
    let chosen = checker.graph.leaf(op, labels, Field::Real, trainable, span);
    let all = checker
        .graph
        .reduce(Reduction::LogSumExp, vec![class], parts.output, span)?;
    let loss = difference(checker, all, chosen, span)?;
    let node = total(checker, loss, &others, span)?;
    Ok((node, count(checker, parts, Some(place))))
}
