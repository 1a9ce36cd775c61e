//! What a loss compares with (language §16): an input, a constant, or what the experiment gives.

use super::{KINDS, no_output, output};
use crate::error::{Error, ErrorKind, Result};
use crate::expression::{AxisId, Field, Law, Source, Tensor, TensorId};
use crate::language::check::{Checker, Scope};
use crate::language::definition::{self, Body, Definition};
use crate::language::file::LossSpec;
use crate::language::occurrence;
use crate::language::syntax::Name;
use std::collections::HashSet;

/// The name of the input that stands for a target left to the experiment.
pub(super) const TARGET: &str = "target";

/// Adds the input `target` if the file leaves the target to the experiment.
pub(in crate::language) fn create_target(
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
    let axes: Vec<AxisId> = labels.iter().map(|l| checker.axes.axis(*l)).collect();
    no_candidate(checker, spec, definitions, &axes)?;
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

/// A target that is left to the experiment is a new input. An input or constant that could be it, and that nothing reads, was
/// meant to be.
fn no_candidate(
    checker: &Checker<'_>,
    spec: &LossSpec,
    definitions: &[Definition<'_>],
    axes: &[AxisId],
) -> Result<()> {
    let mut read: HashSet<TensorId> = HashSet::new();
    for definition in definitions {
        if let Body::Expr(expr) = &definition.body {
            occurrence::names(expr, &checker.axes, &mut |name| {
                read.extend(checker.lookup(name, &definition.scope()));
            });
        }
    }
    if let Some(expr) = &spec.expr {
        occurrence::names(expr, &checker.axes, &mut |name| {
            read.extend(checker.lookup(name, &Scope::default()));
        });
    }
    let could_be = |(number, tensor): &(usize, &Tensor)| {
        let index = match &tensor.source {
            Source::Input { index, .. } | Source::Constant { index, .. } => *index,
            _ => return false,
        };
        !read.contains(&TensorId(*number as u32))
            && match index {
                None => spec.kind.text != "expression" && tensor.axes == axes,
                Some(class) => {
                    spec.kind.text == "cross_entropy" && without(axes, class).contains(&tensor.axes)
                }
            }
    };
    let all = checker.tensors.iter().enumerate().filter(could_be);
    let found: Vec<&Tensor> = all.map(|(_, tensor)| tensor).collect();
    let Some(first) = found.first() else {
        return Ok(());
    };
    let names: Vec<String> = found.iter().map(|t| format!("`{}`", t.name)).collect();
    let (read, one) = match found.len() {
        1 => ("is read by no statement", ""),
        _ => ("are read by no statement", "one of them, "),
    };
    Err(Error::new(
        ErrorKind::Definition,
        format!(
            "the `target` of the loss is ambiguous: without the key it is a new input `{TARGET}`, and {} {read}",
            names.join(", ")
        ),
    )
    .at(spec.span)
    .note(first.span, format!("`{}` is declared here", first.name))
    .remedy(format!(
        "name {one}target = \"{}\", or drop what is not read",
        first.name
    )))
}

/// Axes without one that is the given axis, in every way.
fn without(axes: &[AxisId], axis: AxisId) -> Vec<Vec<AxisId>> {
    let places = (0..axes.len()).filter(|i| axes[*i] == axis);
    places
        .map(|place| {
            let mut rest = axes.to_vec();
            rest.remove(place);
            rest
        })
        .collect()
}

/// The tensor of the key `target`.
pub(super) fn named_target(checker: &Checker<'_>, name: &Name) -> Result<TensorId> {
    if let Some(found) = checker.lookup(&name.text, &Scope::default()) {
        return Ok(found);
    }
    let given = |t: &&Tensor| matches!(t.source, Source::Input { .. } | Source::Constant { .. });
    let known: Vec<&str> = checker
        .tensors
        .iter()
        .filter(given)
        .map(|t| t.name.as_str())
        .collect();
    let error = Error::new(
        ErrorKind::Unknown,
        format!("the target `{}` of the loss is not declared", name.text),
    )
    .at(name.span);
    Err(match crate::error::nearest(&name.text, known.iter().copied()) {
        Some(near) => error.remedy(format!("did you mean `{near}`?")),
        None => error.remedy(format!(
            "declare it in inputs or constants, or leave the key out: the target is then the input `{TARGET}`, which the \
             experiment gives"
        )),
    })
}

/// A target is given, not trained.
pub(super) fn fixed_target(checker: &Checker<'_>, target: TensorId, spec: &LossSpec) -> Result<()> {
    if !checker.trains(target) {
        return Ok(());
    }
    let tensor = &checker.tensors[target.index()];
    let what = match tensor.source {
        Source::Parameter => "a parameter",
        _ => "a statement that depends on a parameter",
    };
    Err(Error::new(
        ErrorKind::Definition,
        format!(
            "the target `{}` of the loss is {what}; a target is an input, a constant, or left to the experiment",
            tensor.name
        ),
    )
    .at(spec.target.as_ref().map_or(spec.span, |n| n.span))
    .note(tensor.span, format!("`{}` is defined here", tensor.name))
    .remedy("name an input or a constant, or write the loss as kind = \"expression\""))
}

pub(super) fn mentioned_target(
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
