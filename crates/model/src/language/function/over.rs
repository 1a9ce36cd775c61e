//! Operations along letters: reductions, those that keep their letters, rotary positions.

use super::Call;
use crate::error::{Error, ErrorKind, Result};
use crate::expression::{Axial, Label, NodeId, Op, Reduction, RopeLayout};
use crate::language::check::{Checker, Needed, Scope};
use crate::language::syntax::ExprKind;

impl Checker<'_> {
    /// The letters that an operation runs over, at least one, distinct.
    fn over(&self, call: &Call<'_>) -> Result<Vec<Label>> {
        let name = &call.name.text;
        let over = call.over.unwrap_or(&[]);
        if over.is_empty() {
            return Err(Error::new(
                ErrorKind::Syntax,
                format!("`{name}` runs over index letters, and none is given"),
            )
            .at(call.span)
            .remedy(format!("write {name}[i](…)")));
        }
        let mut labels = Vec::with_capacity(over.len());
        for letter in over {
            let label = self.axes.label(&letter.text, letter.span)?;
            if labels.contains(&label) {
                return Err(Error::new(
                    ErrorKind::Index,
                    format!("`{name}` runs over `{}` twice", letter.text),
                )
                .at(letter.span));
            }
            labels.push(label);
        }
        Ok(labels)
    }

    /// The argument of an operation over letters, each of which occurs in it.
    fn bound(
        &mut self,
        call: &Call<'_>,
        over: &[Label],
        needed: &Needed,
        scope: &Scope<'_>,
    ) -> Result<NodeId> {
        let inside: Needed = needed.iter().chain(over).copied().collect();
        let argument = self.close(&call.arguments[0], &inside, scope)?;
        let labels = self.graph.labels(argument);
        let Some(missing) = over.iter().find(|label| !labels.contains(label)) else {
            return Ok(argument);
        };
        let letter = self.axes.name(*missing);
        let name = &call.name.text;
        let error = Error::new(
            ErrorKind::Index,
            format!("`{name}` runs over `{letter}`, which does not occur in its argument"),
        )
        .at(call.span);
        Err(match name.as_str() {
            "sum" => error.remedy(format!("multiply by size({letter}) to count its values")),
            _ => error,
        })
    }

    pub(super) fn reducing(
        &mut self,
        call: &Call<'_>,
        reduction: Reduction,
        needed: &Needed,
        scope: &Scope<'_>,
    ) -> Result<NodeId> {
        let over = self.over(call)?;
        call.shape(1, &[])?;
        let argument = self.bound(call, &over, needed, scope)?;
        self.graph.reduce(reduction, over, argument, call.span)
    }

    pub(super) fn keeping(
        &mut self,
        call: &Call<'_>,
        operation: Axial,
        needed: &Needed,
        scope: &Scope<'_>,
    ) -> Result<NodeId> {
        let over = self.over(call)?;
        let options: &[&str] = match operation {
            Axial::Softmax | Axial::LogSoftmax | Axial::CumSum => &[],
            _ => &["eps"],
        };
        call.shape(1, options)?;
        if operation == Axial::CumSum && over.len() > 1 {
            return Err(
                Error::new(ErrorKind::Index, "`cumsum` runs over one letter").at(call.span),
            );
        }
        self.all_needed(&over, needed, call.span)?;
        let eps = match call.option("eps") {
            None => 0.0,
            Some(expr) => {
                let eps = self.constant(expr, scope)?;
                if eps < 0.0 {
                    return Err(
                        Error::new(ErrorKind::Value, format!("eps is {eps}, below 0"))
                            .at(expr.span),
                    );
                }
                eps
            }
        };
        let argument = self.bound(call, &over, needed, scope)?;
        if operation != Axial::CumSum {
            let what = format!("`{}`", call.name.text);
            crate::language::complex::real(&self.graph, &[argument], &what, call.span)?;
        }
        let op = Op::Axial {
            operation,
            over,
            eps,
            argument,
        };
        Ok(self.graph.like(op, argument, call.span))
    }

    pub(super) fn rope(
        &mut self,
        call: &Call<'_>,
        needed: &Needed,
        scope: &Scope<'_>,
    ) -> Result<NodeId> {
        let over = self.over(call)?;
        call.shape(2, &["base", "layout"])?;
        let [label] = over[..] else {
            return Err(
                Error::new(ErrorKind::Index, "`rope` rotates along one letter").at(call.span),
            );
        };
        let size = self.axes.size(label);
        if size % 2 == 1 {
            let axis = self.axes.describe(self.axes.axis(label));
            return Err(Error::new(
                ErrorKind::Shape,
                format!("`rope` rotates pairs of entries, and the axis {axis} is odd"),
            )
            .at(call.span));
        }
        self.all_needed(&over, needed, call.span)?;
        let base = match call.option("base") {
            None => 10000.0,
            Some(expr) => match self.constant(expr, scope)? {
                base if base > 0.0 => base,
                base => {
                    return Err(Error::new(
                        ErrorKind::Value,
                        format!("the base of `rope` is positive, found {base}"),
                    )
                    .at(expr.span));
                }
            },
        };
        let layout = match call.option("layout").map(|e| (&e.kind, e.span)) {
            None => RopeLayout::Half,
            Some((ExprKind::Text(t), _)) if t == "half" => RopeLayout::Half,
            Some((ExprKind::Text(t), _)) if t == "pairs" => RopeLayout::Pairs,
            Some((_, span)) => {
                return Err(Error::new(ErrorKind::Unknown, "unknown layout of `rope`")
                    .at(span)
                    .remedy("layout = \"half\" pairs m with m + n/2, \"pairs\" 2m with 2m + 1"));
            }
        };
        let argument = self.bound(call, &over, needed, scope)?;
        let outside: Needed = needed.iter().copied().filter(|l| *l != label).collect();
        let position = self.close(&call.arguments[1], &outside, scope)?;
        if self.graph.trainable(position) {
            return Err(Error::new(
                ErrorKind::Unsupported,
                "the position of `rope` depends on a parameter",
            )
            .at(call.arguments[1].span)
            .remedy("positions are pos(t), constants or inputs"));
        }
        let op = Op::Rope {
            over: label,
            argument,
            position,
            base,
            layout,
        };
        self.graph.real(op, "`rope`", call.span)
    }
}
