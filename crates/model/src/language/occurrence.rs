//! What an expression mentions: its free index letters (language §4–§8) and its tensors.

use super::axes::Axes;
use super::function;
use super::syntax::{Expr, ExprKind};
use crate::expression::Label;

/// Visits the free letters of a value (or condition), with repeats. Letters bound by a
/// reducing operation are not free outside it; `size(i)` is no occurrence.
pub(super) fn free(expr: &Expr, axes: &Axes, visit: &mut dyn FnMut(Label)) {
    match &expr.kind {
        ExprKind::Name { index, .. } => {
            for e in index.iter().flatten() {
                free_index(e, axes, visit);
            }
        }
        ExprKind::Call {
            name, arguments, ..
        } if name.text == "pos" => arguments.iter().for_each(|e| free_index(e, axes, visit)),
        ExprKind::Call { name, .. } if name.text == "size" => {}
        ExprKind::Call {
            name,
            over: Some(over),
            ..
        } if function::reduction(&name.text).is_some() => {
            let bound: Vec<Option<Label>> = over.iter().map(|l| axes.find(&l.text)).collect();
            expr.for_each_child(&mut |child| {
                free(child, axes, &mut |label| {
                    if !bound.contains(&Some(label)) {
                        visit(label);
                    }
                });
            });
        }
        _ => expr.for_each_child(&mut |child| free(child, axes, visit)),
    }
}

fn free_index(expr: &Expr, axes: &Axes, visit: &mut dyn FnMut(Label)) {
    match &expr.kind {
        ExprKind::Name { name, index: None } => {
            if let Some(label) = axes.find(name) {
                visit(label);
            }
        }
        ExprKind::Call { name, .. } if name.text == "size" => {}
        _ => expr.for_each_child(&mut |child| free_index(child, axes, visit)),
    }
}

/// Visits the names of tensors that a value may read.
pub(super) fn names(expr: &Expr, axes: &Axes, visit: &mut dyn FnMut(&str)) {
    match &expr.kind {
        ExprKind::Name { name, index } => {
            visit(name);
            for e in index.iter().flatten() {
                index_names(e, axes, visit);
            }
        }
        ExprKind::Call {
            name, arguments, ..
        } if name.text == "pos" => arguments.iter().for_each(|e| index_names(e, axes, visit)),
        ExprKind::Call { name, .. } if name.text == "size" => {}
        _ => expr.for_each_child(&mut |child| names(child, axes, visit)),
    }
}

fn index_names(expr: &Expr, axes: &Axes, visit: &mut dyn FnMut(&str)) {
    match &expr.kind {
        ExprKind::Name { name, index } => {
            if index.is_some() || axes.find(name).is_none() {
                visit(name);
            }
            for e in index.iter().flatten() {
                index_names(e, axes, visit);
            }
        }
        ExprKind::Call { name, .. } if name.text == "size" => {}
        _ => expr.for_each_child(&mut |child| index_names(child, axes, visit)),
    }
}
