//! The loss (language §16), lowered to one scalar node.
//!
//! * `mse`: Σ (o − y)².
//! * `cross_entropy`: −Σ log_softmax(o) at the class of an integer target, or
//!   −Σ y · log_softmax(o) for a target of probabilities. The classes are the axis that the
//!   integer target indexes, or the last axis of the output. Its mean divides by the number of
//!   distributions, not by the number of classes.
//! * `logistic`: Σ log(1 + exp(−y·o)), labels ±1.
//! * `expression`: as written.

mod target;

pub(super) use target::create_target;

use super::check::{Checker, Needed, Scope};
use super::definition::whole;
use super::file::{LossSpec, Reduce};
use super::syntax::Name;
use crate::error::{Error, ErrorKind, Result, Span};
use crate::expression::{
    Axial, AxisId, Divisor, Factor, Field, Function, IndexExpr, Label, Loss, NodeId, Op, Reduction,
    Source, TensorId, Term,
};
use target::{TARGET, fixed_target, mentioned_target, named_target};

const KINDS: [&str; 4] = ["mse", "cross_entropy", "logistic", "expression"];

/// The output that the loss judges: `of`, or the only output.
fn output<'a>(checker: &Checker<'a>, spec: &'a LossSpec) -> Result<&'a Name> {
    match (&spec.of, checker.file.outputs.as_slice()) {
        (Some(of), _) => Ok(of),
        (None, [only]) => Ok(only),
        (None, outputs) => {
            let names: Vec<String> = outputs.iter().map(|n| format!("`{}`", n.text)).collect();
            let names = names.join(", ");
            let said = match spec.target {
                Some(_) => {
                    format!("the loss lacks the key `of`: the model has the outputs {names}")
                }
                None => format!(
                    "the loss lacks the key `of`: its `target` is left to the experiment and has the axes of the output \
                     that `of` names, and the model has the outputs {names}"
                ),
            };
            Err(Error::new(ErrorKind::Definition, said)
                .at(spec.span)
                .remedy(format!(
                    "write of = \"{}\", the output that is compared with the target",
                    outputs.first().map_or("y", |n| n.text.as_str())
                )))
        }
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
        (Some(name), _) => Some(named_target(checker, name)?),
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
    if let Some(target) = target {
        fixed_target(checker, target, spec)?;
    }
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
    if of.iter().filter(|a| **a == axis).count() > 1 {
        return Err(Error::new(
            ErrorKind::Shape,
            format!(
                "the classes `{}` index {}, which stands twice in the output `{}`",
                target.name,
                checker.axes.describe(axis),
                checker.tensors[parts.of.index()].name
            ),
        )
        .at(span)
        .remedy("give the axis of the classes a size of its own"));
    }
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
