//! The heart of index notation (language §4–§8): which letters are summed where.
//!
//! `close(e, needed)` is the value of `e` in which every free letter outside `needed` has been
//! summed where the rules say so; its labels are a subset of `needed`.

use super::check::{Checker, Needed, Scope};
use super::occurrence::free;
use super::syntax::{Expr, ExprKind, Operator};
use crate::error::{Error, ErrorKind, Result, Span};
use crate::expression::{
    Factor, IndexExpr, Label, NodeId, Op, Reduction, Source, TensorId, Term, is_integer,
};
use std::f64::consts::PI;

impl Checker<'_> {
    pub(super) fn close(
        &mut self,
        expr: &Expr,
        needed: &Needed,
        scope: &Scope<'_>,
    ) -> Result<NodeId> {
        let span = expr.span;
        match &expr.kind {
            ExprKind::Number(x) => self.graph.number(*x, span),
            ExprKind::Integer(n) => self.graph.number(*n as f64, span),
            ExprKind::Name { name, index } => {
                self.name(name, index.as_deref(), span, needed, scope)
            }
            ExprKind::Call { .. } => self.call(expr, needed, scope),
            ExprKind::Negative(inner) => {
                let node = self.close(inner, needed, scope)?;
                self.graph.negative(node, span)
            }
            ExprKind::Sum(terms) => {
                let mut list = Vec::with_capacity(terms.len());
                for (negative, term) in terms {
                    list.push(Term {
                        node: self.close(term, needed, scope)?,
                        negative: *negative,
                    });
                }
                self.graph.sum(list, span)
            }
            ExprKind::Product(factors) => self.product(factors, span, needed, scope),
            ExprKind::Power(base, exponent) => {
                let base = self.close(base, needed, scope)?;
                let exponent = self.close(exponent, needed, scope)?;
                let integer = self.is_integer(exponent);
                self.graph.power(base, exponent, integer, span)
            }
            ExprKind::Text(text) => Err(Error::new(
                ErrorKind::Syntax,
                format!("the quoted word \"{}\" is not a value", text.escape_debug()),
            )
            .at(span)
            .remedy("quoted words stand in options only, layout = \"half\"")),
            ExprKind::Compare(..) | ExprKind::And(_) | ExprKind::Or(_) | ExprKind::Not(_) => {
                Err(Error::new(ErrorKind::Syntax, "a condition is not a value")
                    .at(span)
                    .remedy("conditions stand in where(condition, a, b)"))
            }
        }
    }

    /// A chain of `*` and `/` (language §6).
    fn product(
        &mut self,
        factors: &[(Operator, Expr)],
        span: Span,
        needed: &Needed,
        scope: &Scope<'_>,
    ) -> Result<NodeId> {
        // Letters outside `needed`, and in how many factors they occur.
        let mut counts: Vec<(Label, usize)> = Vec::new();
        for (_, factor) in factors {
            let mut seen = Needed::new();
            free(factor, &self.axes, &mut |label| {
                if needed.contains(&label) || !seen.insert(label) {
                    return;
                }
                match counts.iter_mut().find(|(l, _)| *l == label) {
                    Some((_, count)) => *count += 1,
                    None => counts.push((label, 1)),
                }
            });
        }
        let summed: Vec<Label> = counts
            .iter()
            .filter(|(_, count)| *count >= 2)
            .map(|(label, _)| *label)
            .collect();
        self.one_reading(factors, span, &summed)?;
        let inside: Needed = needed
            .iter()
            .copied()
            .chain(summed.iter().copied())
            .collect();
        let mut negative = false;
        let mut list = Vec::with_capacity(factors.len());
        for (times, factor) in factors {
            let mut factor = factor;
            while let ExprKind::Negative(inner) = &factor.kind {
                negative = !negative;
                factor = inner;
            }
            let inverse = match times {
                Operator::Times => false,
                Operator::Over => true,
                Operator::FloorDiv | Operator::Mod => {
                    return Err(Error::new(
                        ErrorKind::Syntax,
                        "// and % are for integers, in indices and conditions",
                    )
                    .at(span)
                    .remedy("write / for real division"));
                }
            };
            list.push(Factor {
                node: self.close(factor, &inside, scope)?,
                inverse,
            });
        }
        let node = self.graph.product(list, summed, span)?;
        if negative {
            return self.graph.negative(node, span);
        }
        Ok(node)
    }

    /// A bare name or an access.
    fn name(
        &mut self,
        name: &str,
        index: Option<&[Expr]>,
        span: Span,
        needed: &Needed,
        scope: &Scope<'_>,
    ) -> Result<NodeId> {
        match (name, index, scope.variable) {
            ("pi", None, _) => return self.graph.number(PI, span),
            ("inf", None, _) => {
                return Err(Error::new(
                    ErrorKind::Value,
                    "infinity is not a value; `-inf` stands as a branch of `where` only",
                )
                .at(span)
                .remedy("where(condition, a, -inf)"));
            }
            ("z", None, Some(variable)) => return Ok(variable),
            (_, _, Some(_)) => {
                return Err(Error::new(
                    ErrorKind::Unknown,
                    format!("`{name}` in a profile, which is an expression in z alone"),
                )
                .at(span)
                .remedy("a profile uses z, numbers, functions and other profiles"));
            }
            _ => {}
        }
        let tensor = self.find(name, span, scope)?;
        self.access(tensor, index.unwrap_or(&[]), false, span, needed, scope)
    }

    /// Entries of a tensor; a letter repeated in it and not needed is summed (language §7).
    pub(super) fn access(
        &mut self,
        tensor: TensorId,
        written: &[Expr],
        zero: bool,
        span: Span,
        needed: &Needed,
        scope: &Scope<'_>,
    ) -> Result<NodeId> {
        let mut index = Vec::with_capacity(written.len());
        for e in written {
            index.push(self.integer(e, true, scope)?);
        }
        self.fits(tensor, &index, written, zero, span)?;
        let found = &self.tensors[tensor.index()];
        if let Source::Input { index: Some(_), .. } | Source::Constant { index: Some(_), .. } =
            found.source
        {
            let shown = self.snippet(span);
            return Err(Error::new(
                ErrorKind::Value,
                format!("`{}` holds indices, not real numbers", found.name),
            )
            .at(span)
            .remedy(format!("as a real number it is pos({shown})")));
        }
        let field = found.field;
        let mut counts: Vec<(Label, usize)> = Vec::new();
        for e in &index {
            e.for_each_label(
                &mut |label| match counts.iter_mut().find(|(l, _)| *l == label) {
                    Some((_, count)) => *count += 1,
                    None => counts.push((label, 1)),
                },
            );
        }
        let mut traced = Vec::new();
        for (label, count) in &counts {
            match (needed.contains(label), count) {
                (true, _) => {}
                (false, 1) => return Err(self.left_over(*label, span)),
                (false, _) => traced.push(*label),
            }
        }
        let labels = counts.into_iter().map(|(label, _)| label).collect();
        let trainable = self.trains(tensor);
        let op = Op::Access {
            tensor,
            index,
            zero,
        };
        let node = self.graph.leaf(op, labels, field, trainable, span);
        if traced.is_empty() {
            return Ok(node);
        }
        self.graph.reduce(Reduction::Sum, traced, node, span)
    }

    fn is_integer(&self, node: NodeId) -> bool {
        is_integer(node, &|n| self.graph.node(n), &|t| {
            &self.tensors[t.index()].source
        })
    }

    /// Whether a tensor depends on a parameter.
    pub(super) fn trains(&self, tensor: TensorId) -> bool {
        match self.tensors[tensor.index()].source {
            Source::Parameter => true,
            Source::Defined { node, .. } => self.graph.trainable(node),
            _ => false,
        }
    }

    /// pos(e): letters outside `needed` are left over.
    pub(super) fn position(
        &mut self,
        expr: &Expr,
        span: Span,
        needed: &Needed,
        scope: &Scope<'_>,
    ) -> Result<NodeId> {
        let index = self.integer(expr, true, scope)?;
        self.position_fits(&index, span)?;
        if let IndexExpr::Constant(n) = index {
            return self.graph.number(n as f64, span);
        }
        let mut labels = Vec::new();
        index.for_each_label(&mut |label| {
            if !labels.contains(&label) {
                labels.push(label);
            }
        });
        self.all_needed(&labels, needed, span)?;
        let field = crate::expression::Field::Real;
        Ok(self
            .graph
            .leaf(Op::Position(index), labels, field, false, span))
    }

    pub(super) fn all_needed(&self, labels: &[Label], needed: &Needed, span: Span) -> Result<()> {
        match labels.iter().find(|label| !needed.contains(label)) {
            Some(label) => Err(self.left_over(*label, span)),
            None => Ok(()),
        }
    }

    /// The error of rule 7.
    fn left_over(&self, label: Label, span: Span) -> Error {
        let letter = self.axes.name(label);
        let shown = self.snippet(span);
        Error::new(
            ErrorKind::Index,
            format!(
                "the index `{letter}` is left over in `{shown}`: it is not on the left, and no \
                 other factor of a product shares it"
            ),
        )
        .at(span)
        .remedy(format!(
            "write sum[{letter}]({shown}) to sum over it, or put `{letter}` on the left"
        ))
    }
}
